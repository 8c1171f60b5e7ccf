"""What the bell says, on every page of a workspace."""

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

register = template.Library()


@register.simple_tag
def bell_strings() -> dict[str, str]:
    """All its sentences, for a page whose scripts need no others."""
    return {
        **newest_strings(),
        "signed_out": _("You are signed out. Sign in in another tab, then go on here."),
        "told_of": _("{name}: {words}"),
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


def newest_strings() -> dict[str, str]:
    """What stands for the newest of a ticket, and where it was said."""
    return {
        "no_words": _("(no words)"),
        "removed": _("Removed"),
        "removed_protected": _("Protected by its author"),
        "removed_suspended": _("Its author is suspended"),
        "answered_there": _("Answered there: {host}"),
        "channel_facebook": _("Facebook"),
        "channel_messenger": _("Messenger"),
        "channel_twitter": _("X"),
        "channel_blog": _("Blog"),
        "channel_feed": _("Blog comments"),
        "channel_watch": _("Other blog"),
        "attachment_image": _("Picture"),
        "attachment_video": _("Video"),
        "attachment_audio": _("Sound"),
        "attachment_file": _("File"),
        "attachment_sticker": _("Sticker"),
        "attachment_location": _("Place"),
        "attachment_link": _("Link"),
        "attachment_template": _("Buttons"),
        "attachment_share": _("Shared post"),
        "attachment_target": _("Our page that is mentioned"),
        "attachment_answer": _("Answer given there"),
        "attachment_unknown": _("Attachment"),
        "attachment_encrypted": _("Encrypted message: read it on the platform"),
        "attachment_without_link": _("no link"),
    }
