"""Who wrote: an identity per account and person, a contact above them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, Q
from django.utils import timezone

from connectors.contract import Author, Post, Reason
from connectors.models import ChannelAccount
from inbox.actions import announce
from inbox.models import Contact, Identity, Message, Ticket

UNKNOWN = "unknown:"


def identify(account: ChannelAccount, posts: Sequence[Post]) -> dict[str, Identity]:
    """The identity behind each post, by the post's external id; new people are written down.

    A post without an author gets an identity of its own: two strangers are never one person.
    """
    authors = {post.external_id: post.author or Author(UNKNOWN + post.external_id) for post in posts}
    wanted = {author.external_id: author for author in authors.values()}
    siblings = ChannelAccount.objects.filter(app_id=account.app_id, external_id=account.external_id)
    there = list(Identity.objects.filter(account__in=siblings, external_id__in=list(wanted)))
    known = {identity.external_id: identity for identity in there if identity.account_id == account.pk}
    missing = [author for external_id, author in wanted.items() if external_id not in known]
    known |= _write_down(account, missing, {identity.external_id: identity.contact_id for identity in there})
    for external_id, author in wanted.items():
        if author.name and known[external_id].name != author.name:
            _rename(known[external_id], author)
    return {post: known[author.external_id] for post, author in authors.items()}


def _write_down(
    account: ChannelAccount, authors: Sequence[Author], elsewhere: Mapping[str, int]
) -> dict[str, Identity]:
    """New identities; somebody already known on the page's other channel keeps their contact."""
    strangers = [author for author in authors if author.external_id not in elsewhere]
    contacts = Contact.objects.bulk_create(
        Contact(name=author.name[:200], avatar_url=author.avatar_url[:1000]) for author in strangers
    )
    contact_of = {
        **elsewhere,
        **{author.external_id: contact.pk for author, contact in zip(strangers, contacts, strict=True)},
    }
    written = Identity.objects.bulk_create(
        Identity(
            account=account,
            contact_id=contact_of[author.external_id],
            external_id=author.external_id,
            name=author.name[:200],
            handle=author.handle[:200],
            avatar_url=author.avatar_url[:1000],
            takes_messages=author.takes_messages,
        )
        for author in authors
    )
    return {identity.external_id: identity for identity in written}


def _rename(identity: Identity, author: Author) -> None:
    identity.name, identity.handle = author.name[:200], author.handle[:200]
    identity.avatar_url = author.avatar_url[:1000] or identity.avatar_url
    identity.save(update_fields=["name", "handle", "avatar_url"])
    Contact.objects.filter(pk=identity.contact_id).update(name=identity.name, avatar_url=identity.avatar_url)


def told_of(account_id: int, authors: Sequence[Author]) -> bool:
    """Remember who takes our private messages, where the platform said so; whether somebody newly does or does not."""
    said = {author.external_id: author.takes_messages for author in authors if author.takes_messages is not None}
    if not said:
        return False
    known = Identity.objects.filter(account=account_id, external_id__in=list(said))
    news = [identity for identity in known if identity.takes_messages != said[identity.external_id]]
    turns = any(False in (identity.takes_messages, said[identity.external_id]) for identity in news)
    for identity in news:
        identity.takes_messages = said[identity.external_id]
    if news:
        Identity.objects.bulk_update(news, ["takes_messages"])
    return turns


def is_unreachable(ticket: Ticket, since: datetime) -> bool:
    """The platform says that they take no private messages of ours, or refused one since then."""
    tried = Message.objects.filter(account=ticket.account_id, ticket=ticket, origin=Message.Origin.AGENT, private=True)
    refused = tried.filter(failure=Reason.RECIPIENT_UNAVAILABLE, at__gt=since)
    here = Ticket.objects.filter(pk=ticket.pk)
    return here.filter(Q(identity__takes_messages=False) | Q(Exists(refused))).exists()


def nameless(account: ChannelAccount, limit: int = 20) -> list[Identity]:
    """People without a name whose profile was never asked for."""
    asked = Identity.objects.filter(account=account, name="", profile_asked_at=None)
    return list(asked.exclude(external_id__startswith=UNKNOWN).order_by("-id")[:limit])


@transaction.atomic
def profile_came(identity: Identity, author: Author | None) -> None:
    """What the platform says of a person; None when it does not tell, so that it is not asked again."""
    Identity.objects.filter(pk=identity.pk).update(profile_asked_at=timezone.now())
    if author and told_of(identity.account_id, [author]):
        announce.account_changed(identity.account)
    if author is None or not author.name:
        return
    _rename(identity, author)
    announce.changed(Ticket.objects.filter(contact_id=identity.contact_id).values_list("id", flat=True)[:50])
