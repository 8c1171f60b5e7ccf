"""Words of the account itself that come back: our own replies, answers given elsewhere, and the page's posts."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import replace

from django.db.models import Q, QuerySet

from connectors.contract import Kind, Post, is_automatic
from connectors.models import ChannelAccount
from inbox.actions import announce, changes, early, stories
from inbox.actions.outcomes import answered, settle_as_sent
from inbox.models import Event, Identity, Message, Ticket

RESOLVED = Q(status=Ticket.Status.RESOLVED)
State = Message.State
# One that is sent has no id where a human saw it on the platform before its echo came.
NAMELESS = (State.SENDING, State.UNKNOWN, State.FAILED, State.SENT)


def take(account: ChannelAccount, posts: Sequence[Post]) -> None:
    """Each echo settles the reply it repeats, or is kept as an answer given outside, or as a story to show.

    One that came before what it answers may have been told again since: it is taken once.
    """
    waiting, taken = deque(posts), _there(account, posts)
    while waiting:
        post = waiting.popleft()
        if post.external_id in taken:
            continue
        taken.add(post.external_id)
        if is_automatic(account.options, post.app_id):
            post = replace(post, automatic=True)
        if post.context_only:
            stories.keep(account, post)
        elif reply := _reply_behind(account, post):
            settle_as_sent(reply.pk, post.external_id, post.created_at, post.permalink)
        else:
            answers = _answered_outside(account, post)
            taken |= _there(account, answers)
            waiting.extend(answers)


def _there(account: ChannelAccount, posts: Sequence[Post]) -> set[str | None]:
    """The ids of those that are messages already."""
    if not posts:
        return set()
    known = Message.objects.filter(account=account, external_id__in=[post.external_id for post in posts])
    return set(known.values_list("external_id", flat=True))


def _reply_behind(account: ChannelAccount, post: Post) -> Message | None:
    """Our own message that this echo repeats: by our token, else by the same words to the same place, of no id yet."""
    ours = Message.objects.filter(account=account, origin=Message.Origin.AGENT)
    if post.token and (found := _by_token(account, post.token)):
        return found
    if post.token or (post.app_id and post.app_id != account.app.as_app().external_id):
        return None
    waiting = ours.filter(state__in=NAMELESS, external_id=None, text=post.text)
    # One question after the other: the database finds a thread by its index, but "this or that" by reading everything.
    here = waiting.filter(ticket__account=account, ticket__thread_id=post.thread_id)
    if post.kind != Kind.DIRECT:
        return _at_its_place(account, here.filter(private=False).order_by("id"), post)
    if found := here.order_by("id").first():
        return found
    them = Identity.objects.filter(account=account, external_id=post.thread_id).first()
    if them is None:
        return None
    to_them = waiting.filter(ticket__contact=them.contact_id, ticket__identity=them, private=True)
    return to_them.order_by("id").first()


def _at_its_place(account: ChannelAccount, waiting: QuerySet[Message], post: Post) -> Message | None:
    """Of equal words under one post, those that answer what the echo hangs on; else the first."""
    below = Message.objects.filter(account=account, parent_id=post.parent_id).values("external_id")
    answers_it = waiting.filter(parent_id=post.parent_id).first() or waiting.filter(parent_id__in=below).first()
    return answers_it or waiting.first()


def _by_token(account: ChannelAccount, token: str) -> Message | None:
    """A private reply to a comment is echoed by the page's Messenger account: look on its sibling accounts too."""
    siblings = ChannelAccount.objects.filter(app_id=account.app_id, external_id=account.external_id)
    try:
        return Message.objects.filter(account__in=siblings, origin=Message.Origin.AGENT, token=token).first()
    except (ValueError, TypeError):
        return None


def _answered_outside(account: ChannelAccount, post: Post) -> list[Post]:
    """Somebody answered with another tool: shown on the ticket, and the clock stops.

    Returns what was added to that answer and came before it.
    """
    ticket = _ticket_of(account, post)
    if ticket is None:
        early.keep_answer(account, post)
        if not post.rooted:
            # Somebody may answer it, and only we know in which thread it stands.
            stories.keep(account, post)
        return []
    message = _message(ticket, post)
    added = changes.catch_up([message])
    message.save()
    if post.automatic:
        announce.history(Event(ticket=ticket, verb="answered_by_itself", data={"app": post.app_id}))
    else:
        answered(ticket, post.created_at, announce.preview(message.text))
        announce.history(Event(ticket=ticket, verb="answered_outside", data={"app": post.app_id}))
    announce.save([ticket])
    announce.said([message])
    return added


def _message(ticket: Ticket, post: Post) -> Message:
    ticket.seq += 1
    return Message(
        ticket=ticket,
        account_id=ticket.account_id,
        seq=ticket.seq,
        origin=Message.Origin.OUTSIDE,
        state=State.SENT,
        kind=post.kind,
        external_id=post.external_id,
        parent_id=post.parent_id,
        text=post.text,
        attachments=[item.as_json() for item in post.attachments],
        permalink=post.permalink[:1000],
        raw_kind=post.raw_kind[:60],
        at=post.created_at,
        dated=post.dated,
        automatic=post.automatic,
    )


def _ticket_of(account: ChannelAccount, post: Post) -> Ticket | None:
    """The ticket an outside answer belongs to: where the customer had written before, or whose words it answers.

    It may go on from an answer of ours, as the second part of a long one does.
    """
    tickets = Ticket.objects.filter(account=account, thread_id=post.thread_id)
    said = Message.objects.filter(account=account)
    if post.kind == Kind.DIRECT:
        said = said.filter(origin=Message.Origin.CUSTOMER, ticket__in=tickets, at__lte=post.created_at)
    else:
        said = said.filter(external_id=post.parent_id)
    tickets = tickets.filter(pk__in=said.values("ticket_id"))
    latest = tickets.alias(done=RESOLVED).order_by("done", "-id").values_list("id", flat=True).first()
    return announce.locked(latest) if latest else None
