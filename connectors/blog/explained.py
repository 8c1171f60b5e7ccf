"""Codes an admin may meet, and what to do about each; in English, translated where they are shown."""


def gettext_noop(words: str) -> str:
    """Marks a sentence for translation; a platform's folder knows no Django."""
    return words


def explained(code: str) -> str:
    """What a code means; of statuses without an entry, what their hundred means. "" for what only WordPress knows."""
    if len(code) == 3 and code.isascii() and code.isdigit():
        return EXPLAINED.get(code) or HUNDREDS.get(code[0], "")
    return EXPLAINED.get(code, "")


HUNDREDS = {
    "2": gettext_noop("The site answered with nothing that can be read. Look at the address in a browser."),
    "3": gettext_noop("The site sends us elsewhere. Give the address it sends to."),
    "4": gettext_noop("The site refuses this address. Look at it in a browser, and check each letter."),
    "5": gettext_noop("The site has a fault of its own at the moment. Try again in a few minutes."),
}
EXPLAINED = {
    "401": gettext_noop("The site wants a user name and a password for this address, or refuses the one given."),
    "403": gettext_noop("The site forbids us this address. A security plugin or a firewall may stand before it."),
    "404": gettext_noop("There is nothing at this address (404). Check each letter, also the end."),
    "410": gettext_noop("The site says that this is gone for good (410). Give another address."),
    "429": gettext_noop("The site is asked too often at the moment (429). Try again in a few minutes."),
    "503": gettext_noop("The site is busy or under maintenance at the moment (503). Try again in a few minutes."),
    "no_name": gettext_noop("No site has this name. Check each letter of the address."),
    "no_answer": gettext_noop("The site does not answer. Check the address, and whether a browser can open it."),
    "rest_not_logged_in": gettext_noop(
        "WordPress does not know this user name and application password, or did not see them: some hosts take "
        "them out of the request. Make a new password, or ask the host to let the Authorization header through."
    ),
    "rest_comment_login_required": gettext_noop(
        "WordPress did not see the password when writing. Some hosts take it out of the request: ask yours to let "
        "the Authorization header through."
    ),
    "incorrect_password": gettext_noop(
        "The application password is wrong or was taken back. Make a new one under Users → Profile."
    ),
    "invalid_username": gettext_noop("There is no user of that name. Give the user name, not the name that is shown."),
    "invalid_email": gettext_noop("There is no user with that e-mail address."),
    "application_passwords_disabled": gettext_noop(
        "Application passwords are switched off on this site: it needs https, and some security plugins forbid them."
    ),
    "application_passwords_disabled_for_user": gettext_noop("This user may not use application passwords."),
    "rest_forbidden_context": gettext_noop(
        "The application password is no longer good, or the user is no editor or administrator."
    ),
    "rest_forbidden_param": gettext_noop(
        "The user may not list held comments. It must be an editor or an administrator."
    ),
    "rest_cannot_edit": gettext_noop(
        "The user may not moderate this comment. It must be an editor or an administrator."
    ),
    "plain_http": gettext_noop("The password would travel in clear. Give the address with https://."),
    "no_address": gettext_noop("This is no web address. It should look like https://blog.example.com."),
    "no_rest": gettext_noop(
        "No WordPress answers there. Give the address of the blog's front page, and let no plugin close its REST API."
    ),
    "no_json": gettext_noop(
        "The site answered with a page instead of data: a security plugin or a sign-in page stands before it."
    ),
    "redirected": gettext_noop("The site sends us elsewhere. Give the address it sends to."),
    "blocked_malformed": gettext_noop("The address, or one the site sends us to, is none at all. Check each letter."),
    "blocked_scheme": gettext_noop("Only addresses that begin with http:// or https:// are read."),
    "blocked_userinfo": gettext_noop(
        "The address holds a user name or a password, before an @. Leave that out: an address is kept and shown openly."
    ),
    "blocked_length": gettext_noop("The address is too long."),
    "blocked_port": gettext_noop(
        "Only the ports 80, 443, 8080 and 8443 are gone to. Give one of these, or leave the number out of the address."
    ),
    "blocked_address": gettext_noop("The address leads to a private or special network. Only public ones are gone to."),
    "blocked_downgrade": gettext_noop("The site sends us from https to plain http."),
    "blocked_redirects": gettext_noop("The site sends us round in circles."),
    "too_large": gettext_noop(
        "What is there is too large, at least once it is unpacked. It is not read, so that it does not harm the "
        "others. Give the address of something shorter."
    ),
    "too_slow": gettext_noop(
        "It takes too long to read. It is not read, so that it does not harm the others. Give another address, or "
        "ask whoever runs the site."
    ),
    "too_hard": gettext_noop(
        "It cannot be read within its limits. It is not read, so that it does not harm the others. Give the address "
        "of something simpler."
    ),
    "not_a_feed": gettext_noop("There is a page, but no feed. Give the address of the feed itself."),
    "feed_gone": gettext_noop("The feed is gone for good (410). Give another address, or remove the account."),
    "keeps_failing": gettext_noop("It could not be read for days. Look whether the address is still right."),
}
