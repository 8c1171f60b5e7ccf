"""What the bell says, on every page of a workspace."""

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

register = template.Library()


@register.simple_tag
def bell_strings() -> dict[str, str]:
    """All its sentences, for a page whose scripts need no others."""
    return {
        "do_notifications": _("Notifications"),
        "look": _("Look at it"),
        "just_now": _("now"),
        "unknown_author": _("Unknown author"),
        "notifications_new_one": ngettext("{n} new notification.", "{n} new notifications.", 1),
        "notifications_new_other": ngettext("{n} new notification.", "{n} new notifications.", 2),
        "warned_first_response": _("{share} % of the time for a first answer is over."),
        "warned_next_response": _("{share} % of the time for an answer is over."),
        "warned_resolution": _("{share} % of the time to resolve a ticket is over."),
        "ran_out_first_response": _("The time for a first answer ran out."),
        "ran_out_next_response": _("The time for an answer ran out."),
        "ran_out_resolution": _("The time to resolve a ticket ran out."),
    }
