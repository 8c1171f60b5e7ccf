"""Codes an admin may meet, and what to do about each; in English, translated where they are shown."""

EXPLAINED = {
    "rest_not_logged_in": "WordPress did not see the password. Some hosts take it out of the request: ask yours to let "
    "the Authorization header through.",
    "rest_comment_login_required": "WordPress did not see the password when writing. Some hosts take it out of the "
    "request: ask yours to let the Authorization header through.",
    "incorrect_password": "The application password is wrong or was taken back. Make a new one under Users → Profile.",
    "invalid_username": "There is no user of that name. Give the user name, not the name that is shown.",
    "invalid_email": "There is no user with that e-mail address.",
    "application_passwords_disabled": "Application passwords are switched off on this site: it needs https, and some "
    "security plugins forbid them.",
    "application_passwords_disabled_for_user": "This user may not use application passwords.",
    "rest_forbidden_context": "The user may not moderate comments. It must be an editor or an administrator.",
    "rest_forbidden_param": "The user may not list held comments. It must be an editor or an administrator.",
    "rest_cannot_edit": "The user may not moderate this comment. It must be an editor or an administrator.",
    "plain_http": "The password would travel in clear. Give the address with https://.",
    "no_address": "This is no web address. It should look like https://blog.example.com.",
    "no_rest": "No WordPress answers there. Give the address of the blog's front page, and let no plugin close its "
    "REST API.",
    "no_json": "The site answered with a page instead of data: a security plugin or a sign-in page stands before it.",
    "redirected": "The site sends us elsewhere. Give the address it sends to.",
    "blocked_scheme": "Only addresses that begin with http:// or https:// are read.",
    "blocked_userinfo": "The address holds a name or password: leave that out.",
    "blocked_length": "The address is too long.",
    "blocked_port": "Only the ports 80, 443, 8080 and 8443 are gone to.",
    "blocked_address": "The address leads to a private or special network. Only public ones are gone to.",
    "blocked_downgrade": "The site sends us from https to plain http.",
    "blocked_redirects": "The site sends us round in circles.",
    "too_large": "What is there is too large. It was switched off so that it does not harm the others.",
    "too_slow": "It takes too long to read. It was switched off so that it does not harm the others.",
    "too_hard": "It cannot be read within its limits. It was switched off so that it does not harm the others.",
    "not_a_feed": "There is a page, but no feed. Give the address of the feed itself.",
    "feed_gone": "The feed is gone for good (410). Give another address, or remove the account.",
    "keeps_failing": "It could not be read for days. Look whether the address is still right.",
}
