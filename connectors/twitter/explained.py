"""What an admin may meet, in English, translated where it is shown: troubles with what to do, and what costs money."""


def gettext_noop(words: str) -> str:
    """Marks a sentence for translation; a platform's folder knows no Django."""
    return words


EXPLAINED = {
    "search_refused": gettext_noop(
        "X does not accept the words to search for, so nothing is found by them; mentions and messages still come in. "
        "Change the words under “Edit or reconnect”."
    ),
    "search_forbidden": gettext_noop(
        "X does not let this app search, so nothing is found by words; mentions and messages still come in. "
        "Look at the app’s access at X, or take the words out under “Edit or reconnect”."
    ),
    "mentions_refused": gettext_noop(
        "X does not show us the account’s mentions: only what its webhook tells comes in. Test the account."
    ),
    "mentions_forbidden": gettext_noop(
        "X does not let us read the account’s mentions: only what its webhook tells comes in. "
        "Reconnect the account and grant all permissions."
    ),
    "direct_refused": gettext_noop(
        "X does not show us the account’s direct messages: groups are not heard of. Test the account."
    ),
    "direct_forbidden": gettext_noop(
        "X does not let us read the account’s direct messages: groups are not heard of. "
        "Reconnect the account and grant all permissions."
    ),
    "64": gettext_noop(
        "X has suspended this account: nothing is read or sent until X lifts that. Its owner has to object at X; "
        "a new token does not help."
    ),
    "326": gettext_noop(
        "X has locked this account until its owner signs in there and confirms that it is theirs. Test the "
        "account afterwards; a new token does not help."
    ),
    "client-forbidden": gettext_noop(
        "X does not let this app do that: it has to belong to a project with access to API v2. Look at the app "
        "in X’s developer console."
    ),
    "oauth1-permissions": gettext_noop(
        "The app may only read. Give it “Read, write and direct messages” in X’s developer console, then connect "
        "the account anew."
    ),
}

COSTS = {
    "post_read": gettext_noop("Posts read"),
    "user_read": gettext_noop("People looked up"),
    "dm_read": gettext_noop("Private messages read"),
    "post_event": gettext_noop("Posts told by the webhook"),
    "dm_event": gettext_noop("Private messages told by the webhook"),
    "summoned_reply": gettext_noop("Public answers"),
    "post_create": gettext_noop("Further posts of a split answer, and answers to posts that do not name us"),
    "post_with_link": gettext_noop("Public answers with a link"),
    "dm_create": gettext_noop("Private messages sent"),
    "post_delete": gettext_noop("Answers deleted"),
    "hide": gettext_noop("Replies hidden or shown again"),
}
