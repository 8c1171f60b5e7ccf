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
}
