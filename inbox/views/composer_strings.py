"""The sentences of the composer."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inbox.wording import both


def composer_strings() -> dict[str, str]:
    """By name, as `strings` has them."""
    return {**_writing(), **_held(), **_too_much()}


def _writing() -> dict[str, str]:
    return {
        "tab_public": _("Public reply"),
        "tab_private": _("Reply"),
        "tab_group": _("Reply to the group"),
        "tab_private_reply": _("Private reply"),
        "tab_note": _("Note"),
        "loading": _("Loading…"),
        "rule_note": _("Only colleagues see this; it never leaves the house."),
        "write_public": _("Write a public answer: everybody can read it"),
        "write_private": _("Write a private answer: only this customer can read it"),
        "write_group": _("Write to the group: all of them can read it"),
        "write_note": _("Write a note: only colleagues can read it"),
        "send_public": _("Answer publicly"),
        "send_private": _("Answer privately"),
        "send_group": _("Answer the group"),
        "send_note": _("Add the note"),
        "window_left": _("{time} left"),
        "window_over": _("The time is over."),
        "draft_kept": _("Draft kept"),
        "answer_to": _("Answer to {name}: {words}"),
        "answer_to_lost": _("The message this draft was for is gone. It would now go to {name}: {words}"),
        "open_page": _("Open the page"),
        "no_link": _("This is no link. It should begin with https://."),
        "not_reached": _("The server did not answer. Try again: it will not be sent twice."),
        "open_on": _("Open on {name}"),
    }


def _held() -> dict[str, str]:
    """Why words are held back until the agent has looked once more."""
    return {
        "held_personal": _("This will be public and seems to hold an e-mail address or a long number."),
        "held_personal_group": _("The group will read this, and it seems to hold an e-mail address or a long number."),
        **both(
            "held_newer",
            lambda n: ngettext("Not sent yet: something new was said.", "Not sent yet: {n} new messages.", n),
        ),
        **both(
            "held_answered",
            lambda n: ngettext(
                "Not sent yet: a colleague answered meanwhile.",
                "Not sent yet: colleagues sent {n} answers meanwhile.",
                n,
            ),
        ),
    }


def _too_much() -> dict[str, str]:
    """What an answer costs, and where it is too dear or too long."""
    return {
        "price": _("Costs {price}"),
        "price_link": _("Costs {price}, because of the link"),
        "price_parts": _("Costs {price} together"),
        "price_link_parts": _("Costs {price} together, because of links"),
        "too_dear": _("This would cost {price}, and {left} are left of this month’s ceiling."),
        **both("split_into", lambda n: ngettext("Send as {n} post", "Send as {n} posts", n)),
        **both("too_long", lambda n: ngettext("{n} character too many", "{n} characters too many", n)),
        **both(
            "too_long_weighted",
            lambda n: ngettext("{n} too many as {name} counts", "{n} too many as {name} counts", n),
        ),
    }
