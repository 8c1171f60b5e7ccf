"""What webhooks missed: mentions, keywords and direct messages, read where they are due and given back one by one.

A cursor is JSON: for each of the three where it stands and when it is due. A watermark moves only with the
last page, and the cursor only once all of a run is kept; so a crash between pages loses nothing. The same
thing read twice gives the same bytes.
"""

from __future__ import annotations

import json
import logging
import time
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.contract import Account, Forbidden, Page, Reason, Refused, Throttled, Unavailable
from connectors.reading import as_list, as_object, ident, words
from connectors.twitter import search
from connectors.twitter.client import Sheet, XClient
from connectors.twitter.posts import SNOWFLAKES_SINCE, number
from connectors.twitter.prices import cost

log = logging.getLogger(__name__)
MENTIONS, SEARCH, DIRECT = "mentions", "search", "direct"
# Seconds between two looks, where X's limits leave room. Of groups nobody tells us: messages are looked for first.
EVERY = {DIRECT: 60, MENTIONS: 60, SEARCH: 120}
# Polls do not begin by the second: what is due as soon as this is due now, and not at the next poll.
SOON = 5
# Seconds after which a poll begins with no further kind.
PATIENCE = 15
WHEN_REFUSED = 3600
MOST_PAGES = 5
INDEXED = 10
# The list of messages cannot be asked for new ones only: what stands on its first page is paid for once a day.
MESSAGES_A_PAGE = 20
SEARCHABLE = timedelta(days=6, hours=12)
# A word that is added later is searched for from then on, and a little before.
LATELY = timedelta(minutes=5)
# A message may be listed a while after a later one.
OVERLAP = timedelta(minutes=10)
LONGEST_CURSOR = 500

POST_FIELDS = (
    "attachments,author_id,conversation_id,created_at,display_text_range,edit_history_tweet_ids,entities,"
    "in_reply_to_user_id,note_tweet,referenced_tweets,reply_settings"
)
USER_FIELDS = "name,profile_image_url,protected,receives_your_dm,username"
MEDIA_FIELDS = "alt_text,preview_image_url,type,url,variants"
POSTS: Mapping[str, str] = {
    "tweet.fields": POST_FIELDS,
    "user.fields": USER_FIELDS,
    "media.fields": MEDIA_FIELDS,
    "expansions": "attachments.media_keys,author_id,referenced_tweets.id,referenced_tweets.id.author_id",
}
MESSAGES: Mapping[str, str] = {
    "dm_event.fields": "attachments,created_at,dm_conversation_id,entities,event_type,participant_ids,sender_id,text",
    "user.fields": USER_FIELDS,
    "media.fields": MEDIA_FIELDS,
    "expansions": "attachments.media_keys,sender_id",
}


@dataclass(frozen=True, slots=True)
class Place:
    """`since`: the newest that is kept. `due`: seconds since 1970. `token`, `newest`: of a run that stopped midway.

    `trouble`: why X does not show this, and of what was asked then, "search_refused:1a2b3c4d".
    """

    since: str = ""
    due: int = 0
    token: str = ""
    newest: str = ""
    trouble: str = ""


def snowflake(at: datetime) -> str:
    """The id a post made at that moment would have."""
    return str((int(at.timestamp() * 1000) - SNOWFLAKES_SINCE) << 22)


def poll(account: Account, cursor: str) -> Page:
    """Each kind for itself: what one of them cannot be asked now does not keep the others waiting.

    What was found waits no longer than PATIENCE for the kinds that are still to be asked: they come first next time.
    """
    places, now, began = read_cursor(cursor), int(time.time()), time.monotonic()
    bodies: list[bytes] = []
    asked: list[str] = []
    failures: list[Unavailable] = []
    due = [name for name in _wanted(account) if _is_due(account, name, places.get(name, Place()), now)]
    with XClient(account) as client:
        for name in sorted(due, key=lambda one: places.get(one, Place()).due):
            if asked and time.monotonic() - began > PATIENCE:
                break
            asked.append(name)
            try:
                found, places[name] = _read(client, name, places.get(name, Place()), now)
                bodies += found
            except Unavailable as error:
                failures.append(error)
    if failures and len(failures) == len(asked):
        raise failures[0]
    return Page(tuple(bodies), write_cursor(places), _unseen(account, places))


def _is_due(account: Account, name: str, place: Place, now: int) -> bool:
    """Or X refused it, and something else is to be asked by now."""
    asked = place.trouble.partition(":")[2]
    return place.due <= now + SOON or bool(asked and asked != _asked(account, name))


def _asked(account: Account, name: str) -> str:
    return f"{zlib.crc32((query_of(account) if name == SEARCH else name).encode()):08x}"


def _unseen(account: Account, places: Mapping[str, Place]) -> tuple[str, ...]:
    troubles = (places[name].trouble for name in _wanted(account) if name in places)
    return tuple(trouble.partition(":")[0] for trouble in troubles if trouble)


def read_cursor(cursor: str) -> dict[str, Place]:
    """Nonsense counts as a first look."""
    try:
        said = json.loads(cursor) if cursor else {}
        return {name: _place(one) for name, one in said.items() if name in EVERY}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}


def _place(said: Mapping[str, Any]) -> Place:
    since, newest = number(said["since"]), number(said["newest"])
    return Place(since, int(said["due"]), words(said["token"]), newest, words(said.get("trouble")))


def write_cursor(places: Mapping[str, Place]) -> str:
    """Where tokens would not fit, the same stretch is read anew."""
    for keeps in (True, False):
        said = {
            name: asdict(place if keeps else Place(place.since, place.due, trouble=place.trouble))
            for name, place in sorted(places.items())
        }
        text = json.dumps(said, separators=(",", ":"))
        if len(text) <= LONGEST_CURSOR:
            return text
    return ""


def query_of(account: Account) -> str:
    """What to search for, from the account's keywords; "" where there are none."""
    return search.question(search.words_of(str(account.options.get("keywords") or "")), account.external_id)


def _wanted(account: Account) -> list[str]:
    return [name for name in EVERY if name != SEARCH or query_of(account)]


def _read(client: XClient, name: str, place: Place, now: int) -> tuple[list[bytes], Place]:
    """What is new of one kind. What X refuses is asked again in an hour, and told until then."""
    try:
        return _read_on(client, name, place, now)
    except Throttled as error:
        return [], replace(place, due=int(error.retry_at.timestamp()) + 1 + SOON)
    except (Forbidden, Refused) as error:
        if isinstance(error, Refused) and error.reason is Reason.INVALID and place.token:
            return [], Place(place.since)
        log.warning("X does not show %s: %s %s", name, type(error).__name__, error.code)
        why = "refused" if isinstance(error, Refused) else "forbidden"
        trouble = f"{name}_{why}:{_asked(client.account, name)}"
        return [], Place(place.since, now + WHEN_REFUSED, trouble=trouble)


def _read_on(client: XClient, name: str, place: Place, now: int) -> tuple[list[bytes], Place]:
    account, bodies = client.account, list[bytes]()
    begin = account.connected_at or datetime.now(UTC)
    if name == SEARCH:
        begin = max(begin, datetime.now(UTC) - LATELY)
    since = place.since or snowflake(begin)
    if not place.since and name == MENTIONS:
        bodies += _index(client, since)
    newest, token = place.newest, place.token
    for sheet in _sheets(client, name, since, place.token):
        newest = newest or sheet.newest or _newest(sheet)
        token = sheet.then
        fresh = _fresh(sheet, name, since)
        bodies += [_body(account, name, item, sheet.includes) for item in fresh]
        if len(fresh) < len(sheet.items):
            token = ""
            break
    bodies.reverse()
    due = 0 if token else now + _pause(client, name)
    if token:
        return bodies, Place(since, due, token, newest)
    return bodies, Place(max(since, newest or since, key=int), due)


def _sheets(client: XClient, name: str, since: str, token: str) -> Iterator[Sheet]:
    """The pages of one kind; what they bring is charged."""
    if name == DIRECT:
        asked = {"max_results": MESSAGES_A_PAGE, **MESSAGES}
        sheets = client.sheets("/2/dm_events", "pagination_token", token, most=MOST_PAGES, **asked)
    elif name == SEARCH:
        oldest = snowflake(datetime.now(UTC) - SEARCHABLE)
        asked = {"query": query_of(client.account), "since_id": max(since, oldest, key=int), "max_results": 100}
        sheets = client.sheets("/2/tweets/search/recent", "next_token", token, most=MOST_PAGES, **asked, **POSTS)
    else:
        route = f"/2/users/{client.account.external_id}/mentions"
        asked = {"since_id": since, "max_results": 100}
        sheets = client.sheets(route, "pagination_token", token, most=MOST_PAGES, **asked, **POSTS)
    for sheet in sheets:
        _charge(client.account, "dm_read" if name == DIRECT else "post_read", sheet)
        yield sheet


def _index(client: XClient, until: str) -> list[bytes]:
    """The latest mentions from before the account was ours: to be read above later ones, never tickets."""
    route = f"/2/users/{client.account.external_id}/mentions"
    bodies = []
    for sheet in client.sheets(route, "pagination_token", most=1, until_id=until, max_results=INDEXED, **POSTS):
        _charge(client.account, "post_read", sheet)
        bodies = [_body(client.account, MENTIONS, item, sheet.includes, index=True) for item in sheet.items]
    return bodies


def _fresh(sheet: Sheet, name: str, since: str) -> list[Mapping[str, Any]]:
    """Direct messages know no since: the list goes on into the past."""
    if name != DIRECT:
        return sheet.items
    oldest = int(since) - (int(OVERLAP.total_seconds() * 1000) << 22)
    return [item for item in sheet.items if int(number(item.get("id")) or 0) > oldest]


def _newest(sheet: Sheet) -> str:
    return max((found for item in sheet.items if (found := number(item.get("id")))), key=int, default="")


def _pause(client: XClient, name: str) -> int:
    """Seconds to the next look: what is left of X's limit is spread over what is left of its time."""
    ends = {MENTIONS: "/mentions", SEARCH: "/search/recent", DIRECT: "/dm_events"}[name]
    left = next((one for call, one in client.left.items() if call.endswith(ends)), None)
    if left is None:
        return EVERY[name]
    seconds = (left.until - datetime.now(UTC)).total_seconds()
    return int(max(EVERY[name], min(seconds / max(left.remaining, 1), 900)))


def _charge(account: Account, kind: str, sheet: Sheet) -> None:
    account.report_cost(cost(account.app, kind, [ident(item.get("id")) for item in sheet.items]))


def _body(
    account: Account, name: str, item: Mapping[str, Any], includes: Mapping[str, Any], *, index: bool = False
) -> bytes:
    """One thing as a delivery of its own, with the users, posts and media it speaks of."""
    said: dict[str, Any] = {"for_user_id": account.external_id, "how": name, "includes": _around(item, includes)}
    said |= {"event": item} if name == DIRECT else {"post": item}
    said |= {"index": True} if index else {}
    return json.dumps({"polled": said}, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode(
        "utf-8", "surrogatepass"
    )


def _around(item: Mapping[str, Any], includes: Mapping[str, Any]) -> dict[str, list[Any]]:
    refs = as_list(item.get("referenced_tweets")) or as_list(item.get("referenced_posts"))
    near = {ident(one.get("id")) for one in map(as_object, refs)}
    posts = [
        one for one in map(as_object, as_list(includes.get("tweets") or includes.get("posts"))) if one.get("id") in near
    ]
    people = {ident(one.get("author_id")) for one in (item, *posts)} | {ident(item.get("sender_id"))}
    keys = as_object(item.get("attachments")).get("media_keys")
    keys = set(map(ident, keys)) if isinstance(keys, list) else set()
    found = {
        "tweets": posts,
        "users": [one for one in map(as_object, as_list(includes.get("users"))) if one.get("id") in people],
        "media": [one for one in map(as_object, as_list(includes.get("media"))) if one.get("media_key") in keys],
    }
    return {name: value for name, value in found.items() if value}
