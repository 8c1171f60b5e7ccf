"""The sentences that scripts need; all others stand in the templates, translated once."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from inbox.models import Priority
from inbox.templatetags.bell import bell_strings
from inbox.views.composer_strings import composer_strings
from inbox.wording import both


def strings() -> dict[str, str]:
    """By name, in the language of the request; `{places}` are filled by the browser.

    A name ending in _one or _other is chosen by the browser's plural rules.
    """
    said = {**_thread(), **_moderation(), **_news(), **_places()}
    ticket = {**_tickets(), **_list(), **said, **_states(), **composer_strings()}
    told = {**bell_strings(), **_people(), **_connection()}
    return {**_time(), **ticket, **told, **_commands(), **_board(), **_team()}


def board_strings() -> dict[str, str]:
    """Those of the dashboard and the walls."""
    return {**_time(), **bell_strings(), **_tickets(), **_people(), **_board(), **_team()}


def _time() -> dict[str, str]:
    return {
        "hours_minutes": _("{h} h {m}"),
        "days_short": _("{n} d"),
        "left": _("left"),
        "late": _("late"),
        "took": _("took {time}"),
        "metric_first_response": _("First answer"),
        "metric_next_response": _("Next answer"),
        "metric_resolution": _("Resolution"),
        "took_both": _("took {time}, {ours} since we heard of it"),
        "not_needed": _("no answer needed"),
        "not_given": _("no answer in {time}"),
        "stands_still": _("stands still, {time} left"),
        "due_instead": _("due {after}, not {before}"),
        "due_after": _("due {after}"),
        "due_before": _("was due {before}"),
        "never_due": _("never: nobody is open"),
        "none_queue": pgettext("queue", "None"),
        "none_group": pgettext("group", "None"),
    }


def _tickets() -> dict[str, str]:
    return {
        "kind_post": _("Post"),
        "kind_comment": _("Comment"),
        "kind_mention": _("Mention"),
        "kind_review": _("Review"),
        "kind_direct": _("Private message"),
        "status_open": _("Open"),
        "status_pending": _("Waiting for the customer"),
        "status_resolved": _("Resolved"),
        **{f"prio_{value}": str(label) for value, label in Priority.choices},
        "short_pending": _("Waiting"),
        "short_resolved": _("Resolved"),
        "me": _("Me"),
        "nobody": _("Nobody"),
        "somebody": _("Somebody"),
        "no_such_tag": _("There is no such tag. An admin adds tags in the settings."),
        "remove_tag": _("Remove the tag {name}"),
    }


def _list() -> dict[str, str]:
    return {
        "draft": _("Draft"),
        "looked_for": _("Search: {words}"),
        "taken_back": _("Taken back. The clock runs on as if it had not been recorded."),
        "ghost_resolved": _("Resolved."),
        "ghost_answered": _("Answered."),
        "ghost_assigned": _("Now with {name}."),
        "ghost_gone": _("No longer in this view."),
        "ghost_unfound": _("No longer among what was searched for."),
        "press_j": _("Press j to go on."),
        **both("newcomers", lambda n: ngettext("{n} new", "{n} new", n)),
        **both("tickets_new", lambda n: ngettext("{n} new ticket.", "{n} new tickets.", n)),
        **both("tickets_late", lambda n: ngettext("{n} ticket is late.", "{n} tickets are late.", n)),
    }


def _thread() -> dict[str, str]:
    return {
        "assign": _("Assign"),
        "our_side": _("Our account"),
        "our_post": _("our post"),
        "their_post": _("post"),
        "public_reply": _("Public"),
        "private_word": _("Private"),
        "group_word": _("Group"),
        **both("group_of", lambda n: ngettext("Group: {n} person", "Group: {n} people", n)),
        "not_shown": _("The platform sent something that cannot be shown ({kind})."),
        "undated": _("The platform gave no usable time; this is when it arrived."),
        "own_answer": _("Answered at {time}"),
        "no_own_answer": _("No answer to this one yet"),
        "edited": _("Edited"),
        "edited_at": _("Edited at {time}"),
        "cannot_load": _("The conversation could not be loaded."),
        "account_attention": _("This channel needs attention: answers may not go out."),
        "account_paused": _("This channel is paused."),
        "account_removed": _("This channel was removed; the history stays."),
        "customer_since": _("customer since {date}"),
        "on_account": _("on {account}"),
        **both("stars", lambda n: ngettext("{n} star of 5", "{n} stars of 5", n)),
        **both(
            "others", lambda n: ngettext("{n} other comment under this post", "{n} other comments under this post", n)
        ),
    }


def _moderation() -> dict[str, str]:
    return {
        "delete_title": _("Delete this from {place}?"),
        "delete_text": _("The customer’s words disappear for everybody. This cannot be undone."),
        "delete_yes": _("Delete"),
        "trash_title": _("Move this to the trash?"),
        "trash_text": _(
            "It disappears from the page, and its clock stops. "
            "It can be restored for as long as the page keeps its trash."
        ),
        "trash_yes": _("Move to the trash"),
        "standing_held": _("Not public yet: waits for approval"),
        "standing_spam": _("Marked as spam: nobody can read it"),
        "standing_trash": _("In the page’s trash"),
        "spam_title": _("Mark this as spam?"),
        "spam_text": _("It disappears from the page, its clock stops, and the blog learns that it is spam."),
        "spam_yes": _("Mark as spam"),
    }


def _news() -> dict[str, str]:
    return {
        **both(
            "others_group",
            lambda n: ngettext("{n} other message in this group", "{n} other messages in this group", n),
        ),
        **both(
            "said_new", lambda n: ngettext("New message from {name}.", "{n} new messages, the last from {name}.", n)
        ),
        **both("new_messages", lambda n: ngettext("{n} new message", "{n} new messages", n)),
    }


def _places() -> dict[str, str]:
    """What the place is called where words stand, and what is done there."""
    return {
        "place_facebook": _("the page"),
        "place_messenger": _("Messenger"),
        "place_twitter": _("X"),
        "place_blog": _("the blog"),
        "place_feed": _("the blog"),
        "place_watch": _("the blog"),
        "act_hide": _("Hide on {place}"),
        "act_delete": _("Delete from {place}"),
        "hidden_there": _("Hidden on {place}"),
        "delete_own_text": _(
            "Our answer disappears for everybody, and the customer waits for us again. This cannot be undone."
        ),
    }


def _states() -> dict[str, str]:
    return {
        "sending_in": _("Sending in {n} s"),
        "state_queued": _("Waiting to be sent"),
        "state_sending": _("Sending"),
        "state_sent": _("Sent"),
        "state_delivered": _("Delivered at {time}"),
        "state_read": _("Read at {time}"),
        "state_failed": _("Not sent"),
        "state_unknown": _("Sent or not? The platform did not say."),
        "looked_public": _(
            "We looked at {time} among our newest answers there, and did not find it. Look yourself: it is there, "
            "or send it again."
        ),
        "looked_private": _(
            "We looked at {time} in the conversation there, and did not find it. Look yourself: it is there, "
            "or send it again."
        ),
        "not_looked": _(
            "We tried to look at {time}, and the platform did not show it to us. Look yourself: it is there, "
            "or send it again."
        ),
        "look_on": _("Look on {name}"),
        "retry_unknown_title": _("Send it again?"),
        "retry_unknown_text": _(
            "It may already be on the platform. Look there first: sent again, the customer could read it twice."
        ),
        "retry_unknown_yes": _("It is not there, send it"),
    }


def _people() -> dict[str, str]:
    return {
        "me_name": _("{name} (me)"),
        "presence_present": _("present"),
        "presence_pause": _("takes no tickets now"),
        "presence_away": _("away"),
        "open_tickets_of_person": _("Open tickets"),
        "taking_tickets": _("You get tickets now."),
        "on_a_break": _("You get no new tickets until you switch this on again."),
        **both("is_typing", lambda n: ngettext("{names} is writing an answer", "{names} are writing an answer", n)),
        **both(
            "is_viewing",
            lambda n: ngettext("{names} is looking at this ticket", "{names} are looking at this ticket", n),
        ),
    }


def _connection() -> dict[str, str]:
    return {
        "connection_live": _("Live"),
        "connection_connecting": _("Connecting…"),
        "connection_polling": _("No live connection: asking every 5 s"),
        "connection_offline": _("Offline"),
        **both("connection_waiting", lambda n: ngettext("Connecting again in {n} s", "Connecting again in {n} s", n)),
    }


def _commands() -> dict[str, str]:
    return {
        "group_move": _("Move"),
        "group_write": _("Write"),
        "group_ticket": _("Ticket"),
        "do_next": _("Next ticket"),
        "do_previous": _("Previous ticket"),
        "do_read": _("Into the conversation"),
        "do_leave": _("Back to the list"),
        "do_search": _("Search"),
        "do_go_open": _("All open"),
        "do_go_mine": _("Mine"),
        "do_go_unassigned": _("Unassigned"),
        "do_go_breached": _("Breached"),
        "do_go_pending": _("Waiting for the customer"),
        "do_go_resolved": _("Resolved"),
        "do_reply": _("Reply"),
        "do_private": _("Private reply"),
        "do_note": _("Internal note"),
        "do_send": _("Send"),
        "do_resolve": _("Resolve or reopen"),
        "do_reopen": _("Reopen"),
        "do_assign": _("Assign"),
        "do_assign_me": _("Take it"),
        "do_tags": _("Tags"),
        "do_help": _("These keys"),
        "resolved": _("Resolved"),
        "reopen": _("Reopen"),
        "unassigned": _("Nobody has it now."),
        "assigned_to": _("{name} has it now."),
    }


def _board() -> dict[str, str]:
    return {
        "do_go_dashboard": _("Dashboard"),
        "all_channels": _("All channels"),
        "all_queues": _("All queues"),
        "no_queue": _("No queue"),
        "percent_goal": _("goal {share}"),
        "share_of": _("{n} of {all}"),
        "today_share": _("today {share}"),
        "risk_under": _("less than {time} left"),
        "nothing_waits": _("Nobody is waiting"),
        "nobody_answered": _("No answer within the last 60 min"),
        "p90": _("9 of 10 within {time}"),
        "band_late": _("Late"),
        "band_minutes": _("{from}–{to} min"),
        "band_more": _("more"),
        "band_none": _("no clock"),
        "minute_in": _("{time}: {n} in"),
        "minute_out": _("{time}: {n} out"),
        "flow_in": _("{n} in"),
        "flow_out": _("{n} out"),
        "last_minute": _("last whole one:"),
        "minutes_ago": _("−{n} min"),
        "level_good": _("good"),
        "level_warn": _("watch it"),
        "level_bad": _("act now"),
        "fresh_at": _("As of {time}"),
        "stale": _("Stale: {time} old"),
        "wall_gone": _("This link was revoked."),
        "account_connected": _("connected"),
        "account_needs": _("needs attention"),
        "account_pauses": _("paused"),
        "account_gone": _("removed"),
        "on_break": _("on a break"),
        **both("missed", lambda n: ngettext("{n} missed", "{n} missed", n)),
        **both("waiting", lambda n: ngettext("{n} waiting", "{n} waiting", n)),
        **both("unassigned_now", lambda n: ngettext("{n} with nobody", "{n} with nobody", n)),
        **both("open_of_agent", lambda n: ngettext("{n} open ticket", "{n} open tickets", n)),
        **both("late_of_agent", lambda n: ngettext("{n} late", "{n} late", n)),
    }


def _team() -> dict[str, str]:
    return {
        **both("rows_more", lambda n: ngettext("and {n} more", "and {n} more", n)),
        **both("team_present", lambda n: ngettext("{n} present", "{n} present", n)),
        **both("team_pause", lambda n: ngettext("{n} on a break", "{n} on a break", n)),
    }
