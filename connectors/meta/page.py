"""What the channels of one Facebook page share: subscription, health, names, and the page's messages."""

from __future__ import annotations

import unicodedata
from abc import ABC
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from connectors.contract import (
    Account,
    Author,
    Channel,
    ConnectorError,
    Disconnected,
    Field,
    Health,
    Reason,
    Refused,
    Reply,
    Sent,
    Surface,
    UnknownOutcome,
)
from connectors.meta.errors import withholds_profile
from connectors.meta.graph import GraphClient
from connectors.reading import as_list, as_object, ident, link, point_in_time, title

DATA_ACCESS_NOTICE = timedelta(days=14)
CLOCKS_DIFFER = timedelta(seconds=5)
READABLE_MESSAGES = 20


class PageChannel(Channel, ABC):
    """A channel of a page. The channels of a page share one subscription and leave each other's fields be."""

    fields: ClassVar[tuple[str, ...]]
    profile_fields: ClassVar[str] = "name,profile_pic"
    account_id = Field(
        "external_id", "Page ID", pattern=r"\d{5,20}", help="On the page itself: About → Page transparency."
    )
    account_fields = (
        Field(
            "access_token",
            "Page access token",
            secret=True,
            help="A token of the page itself, made from a long-lived user token or a system user's.",
        ),
    )

    def profile(self, account: Account, external_id: str) -> Author | None:
        with GraphClient(account) as graph:
            try:
                person = graph.get_object(external_id, fields=self.profile_fields)
            except ConnectorError as error:
                if withholds_profile(error):
                    return None
                raise
        picture = as_object(as_object(person.get("picture")).get("data")).get("url")
        return Author(external_id, title(person.get("name")), avatar_url=link(person.get("profile_pic") or picture))

    def subscribe(self, account: Account) -> None:
        with GraphClient(account) as graph:
            present = subscribed_fields(graph, account)
            _set_fields(graph, account, [*present, *(name for name in self.fields if name not in present)])

    def unsubscribe(self, account: Account) -> None:
        with GraphClient(account) as graph:
            present = subscribed_fields(graph, account)
            remaining = [name for name in present if name not in self.fields]
            if remaining:
                _set_fields(graph, account, remaining)
            elif present:
                graph.remove_connection(account.external_id, "subscribed_apps")

    def health(self, account: Account) -> Health:
        """A token of another page gives that page's id and name, a warning, and nothing subscribed."""
        with GraphClient(account) as graph:
            me = graph.get_object("me", fields="id,name")
            found, name = ident(me.get("id")), title(me.get("name"))
            token, warnings = _inspect(graph, account)
            present: list[str] = []
            if found == account.external_id:
                present = subscribed_fields(graph, account)
            else:
                warnings.append(f"The token belongs to {name or 'another page'} ({found}), not to this page.")
            warnings += graph.warnings()
        granted = [scope for scope in as_list(token.get("scopes")) if isinstance(scope, str)]
        return Health(
            found,
            name,
            granted=tuple(scope for scope in self.permissions if scope in granted),
            missing=tuple(scope for scope in self.permissions if scope not in granted) if token else (),
            subscribed=tuple(field for field in self.fields if field in present),
            unsubscribed=tuple(field for field in self.fields if field not in present),
            expires_at=_moment(token.get("expires_at")),
            warnings=tuple(warnings),
        )


def refuse_unsendable(surface: Surface, reply: Reply) -> None:
    """Raise Refused for a text no platform should be bothered with."""
    limit = surface.private_max_length if reply.private else surface.max_length
    if not reply.text.strip():
        raise Refused(Reason.EMPTY)
    if limit is not None and surface.length_of(reply.text) > limit:
        raise Refused(Reason.TOO_LONG, f"longer than {limit}")


def sent(answer: Mapping[str, Any], name: str) -> Sent:
    """What Graph calls our words. Without an id they may be out, and nobody could tell an echo of them."""
    if external_id := ident(answer.get(name)):
        return Sent(external_id)
    raise UnknownOutcome(f"Graph took it and gave no {name}")


def send_message(graph: GraphClient, account: Account, body: Mapping[str, Any]) -> Sent:
    return sent(graph.post_json(account.external_id, "messages", body), "message_id")


def find_message(graph: GraphClient, account: Account, customer: str, text: str, since: datetime) -> Sent | None:
    """The page's own message with this text in a conversation; only its newest twenty can be read."""
    fields = f"messages.limit({READABLE_MESSAGES}){{id,created_time,from,message}}"
    found = graph.get_connections(
        account.external_id, "conversations", platform="messenger", user_id=customer, fields=fields
    )
    for conversation in as_list(found.get("data")):
        messages = as_list(as_object(as_object(conversation).get("messages")).get("data"))
        if match := find_own(messages, account.external_id, text, since):
            return match
    return None


def find_own(nodes: Iterable[Any], page: str, text: str, since: datetime) -> Sent | None:
    """The earliest message or comment the page wrote since then with exactly this text."""
    found = []
    for node in map(as_object, nodes):
        at, external_id = created(node), ident(node.get("id"))
        own = ident(as_object(node.get("from")).get("id")) == page
        if own and external_id and at and at >= since - CLOCKS_DIFFER and _same(node.get("message"), text):
            found.append(Sent(external_id, at, link(node.get("permalink_url"))))
    return min(found, key=lambda one: one.at or since, default=None)


def created(node: Mapping[str, Any]) -> datetime | None:
    return point_in_time(node.get("created_time"), datetime.now(UTC))


def subscribed_fields(graph: GraphClient, account: Account) -> list[str]:
    """What the page sends to our app; empty where it sends nothing."""
    apps = [
        as_object(app) for app in as_list(graph.get_connections(account.external_id, "subscribed_apps").get("data"))
    ]
    ours = [app for app in apps if ident(app.get("id")) == account.app.external_id or not account.app.external_id]
    fields = as_list(ours[0].get("subscribed_fields")) if ours else []
    names = (field.get("name") if isinstance(field, dict) else field for field in fields)
    return [name for name in names if isinstance(name, str)]


def _set_fields(graph: GraphClient, account: Account, fields: Iterable[str]) -> None:
    graph.put_object(account.external_id, "subscribed_apps", subscribed_fields=",".join(fields))


def _inspect(graph: GraphClient, account: Account) -> tuple[Mapping[str, Any], list[str]]:
    """What Graph knows of the token, {} where it does not say; a dead one raises Disconnected."""
    app = account.app
    if not (app.external_id and app.secrets):
        return {}, ["The permissions could not be checked: the app's id or secret is missing."]
    try:
        token = graph.debug_access_token(account.credentials["access_token"], app.external_id, app.secrets[0])
    except Disconnected as error:
        return {}, [f"The permissions could not be checked: the app's id and secret do not fit ({error.code})."]
    except ConnectorError as error:
        return {}, [f"The permissions could not be checked ({error.code or type(error).__name__})."]
    if token.get("is_valid") is False:
        raise Disconnected(
            "Graph calls the token invalid", code=str(as_object(token.get("error")).get("code", ""))[:20]
        )
    warnings = []
    if ident(token.get("app_id")) not in ("", app.external_id):
        warnings.append("The token was made for another app: this app will hear nothing of the page.")
    ends = _moment(token.get("data_access_expires_at"))
    if ends and ends - datetime.now(UTC) < DATA_ACCESS_NOTICE:
        warnings.append(
            f"Access to people's data ends on {ends.date().isoformat()} unless the page is connected again."
        )
    return token, warnings


def _moment(value: Any) -> datetime | None:
    """Seconds since 1970 in the future or the past; 0 stands for never."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 10**11:
        return None
    return datetime.fromtimestamp(value, UTC)


def _same(one: Any, other: str) -> bool:
    return isinstance(one, str) and _plain(one) == _plain(other)


def _plain(text: str) -> str:
    """Meta trims, and keeps line ends its own way."""
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n")).strip()
