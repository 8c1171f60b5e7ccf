"""The simulator, from outside: over HTTP, with the real client on one side and a real server on the other."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from connectors.contract import (
    Account,
    AlreadyDone,
    App,
    Can,
    Disconnected,
    Forbidden,
    Kind,
    Raw,
    Reason,
    Refused,
    Reply,
    Thread,
    Throttled,
    Unavailable,
    UnknownOutcome,
    Usage,
    Webhook,
)
from connectors.contract import Post as PostRecord
from connectors.meta.facebook import facebook
from connectors.meta.graph import GraphClient
from connectors.meta.messenger import messenger
from connectors.meta.platform import platform
from connectors.meta.simulator import play
from connectors.simulator.plan import Connected, ConnectedPage
from connectors.simulator.serve import beside

SECRET, VERIFY, TOKEN = "0123456789abcdef0123456789abcdef", "verify-me", "EAAGpage"
APP_ID, PAGE, OTHER = "200000000000001", "100000000000017", "100000000000018"


@dataclass
class Receiver:
    """A webhook: keeps what was sent and answers with the statuses it is given, then 200."""

    url: str
    deliveries: list[tuple[bytes, dict[str, str]]] = field(default_factory=list)
    refuse: list[int] = field(default_factory=list)
    challenges: list[str] = field(default_factory=list)

    def items(self, lane: str) -> list[dict]:
        bodies = [json.loads(body) for body, _ in list(self.deliveries)]
        return [item for body in bodies for entry in body["entry"] for item in entry.get(lane, [])]

    def posts(self) -> list[PostRecord]:
        now = datetime.now(UTC)
        records = [record for body, _ in list(self.deliveries) for record in platform.parse(Raw(body, now))]
        return [record for record in records if isinstance(record, PostRecord)]


@contextmanager
def receiving(port: int = 0) -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
            right = query["hub.verify_token"] == VERIFY and query["hub.mode"] == "subscribe"
            kept.challenges.append(query["hub.challenge"])
            self._answer(200 if right else 403, query["hub.challenge"].encode())

        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            status = kept.refuse.pop(0) if kept.refuse else 200
            if status == 200:
                kept.deliveries.append((body, {name.lower(): value for name, value in self.headers.items()}))
            self._answer(status, b"")

        def _answer(self, status, body):
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    kept = Receiver(f"http://127.0.0.1:{server.server_port}/hooks/meta/key/")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield kept
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as kept:
        yield kept


def connected(url: str) -> Connected:
    both = frozenset({"facebook", "messenger"})
    pages = (ConnectedPage(PAGE, "Lumière", TOKEN, both), ConnectedPage(OTHER, "Other", "EAAGother", both))
    return Connected("meta", "key", APP_ID, SECRET, url, VERIFY, pages)


@dataclass
class Stand:
    """The simulator under test, and what a test does with it."""

    url: str
    receiver: Receiver
    account: Account
    usage: list[Usage]

    def say(self, do: str, text: str = "", **order) -> str:
        order = {"page": PAGE, "do": do, "text": text, "author": "Amélie Petit"} | order
        response = requests.post(f"{self.url}/control/say", json=order, timeout=5)
        assert response.status_code == 201, response.text
        return response.json()["id"]

    def control(self, what: str, **order) -> dict:
        response = requests.post(f"{self.url}/control/{what}", json=order, timeout=5)
        assert response.ok, response.text
        return response.json()

    def state(self) -> dict:
        return requests.get(f"{self.url}/control/state", timeout=5).json()

    def page(self, id: str = PAGE) -> dict:
        return next(page for page in self.state()["networks"]["meta"]["pages"] if page["id"] == id)

    def story(self) -> str:
        return next(words["id"] for words in self.page()["words"] if words["ours"] and words["kind"] == "post")

    def person(self, name: str = "Amélie Petit") -> str:
        return next(one["author_id"] for one in self.page()["words"] if one["author"] == name)

    def reply(self, to: str, text: str = "Bonjour !", recipient: str = "", **more) -> Reply:
        kind = Kind.DIRECT if recipient else Kind.COMMENT
        opened = datetime.now(UTC) - more.pop("ago", timedelta())
        thread = Thread(kind, post_created_at=opened, last_customer_at=opened)
        return Reply(text, to, recipient or to, recipient, thread, more.pop("token", "our-token"), **more)


def until(true: Callable[[], object], seconds: float = 8.0) -> object:
    deadline = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)
    return found


@pytest.fixture
def stand(receiver: Receiver) -> Iterator[Stand]:
    with beside(lambda: [connected(receiver.url)], seed=7) as url:
        usage: list[Usage] = []
        config = {"graph_url": f"{url}/graph", "graph_version": "v25.0", "timeout": "2,2"}
        app = App("key", APP_ID, (SECRET,), VERIFY, config)
        account = Account("messenger", PAGE, {"access_token": TOKEN}, app, {"human_agent": True}, usage.append)
        requests.post(f"{url}/control/look", json={}, timeout=5)
        until(lambda: receiver.challenges)
        yield Stand(url, receiver, account, usage)


# ---------------------------------------------------------------- webhooks


def test_it_greets_the_webhook(stand):
    until(lambda: [app["handshake"] for app in stand.state()["networks"]["meta"]["apps"]] == ["verified"])


def test_deliveries_are_signed_over_bytes_escaped_as_meta_does(stand):
    stand.say("comment", "Déçue… 😡 https://x.example/a", to=stand.story())
    until(lambda: stand.receiver.deliveries)
    body, headers = stand.receiver.deliveries[0]
    assert rb"D\u00e9\u00e7ue\u2026 \ud83d\ude21 https:\/\/x.example\/a" in body
    assert body.isascii()
    expected = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    assert headers["x-hub-signature-256"] == f"sha256={expected}"
    platform.verify(App("key", APP_ID, (SECRET,)), Webhook(body, headers))


def test_what_customers_do_reads_as_posts(stand):
    story = stand.story()
    comment = stand.say("comment", "Bonjour", to=story)
    reply = stand.say("comment", "Moi aussi", to=comment, author="Hugo Delmas")
    deeper = stand.say("comment", "Et moi", to=reply, author="Zoé Lacroix")
    visitor = stand.say("post", "Hello page", attachments=[{"type": "image"}])
    mention = stand.say("mention", "J’ai vu Lumière hier")
    review = stand.say("review", "Bien", rating=4)
    message = stand.say("message", "Coucou", attachments=[{"type": "sticker"}, {"type": "location"}])
    found = until(lambda: len(posts := stand.receiver.posts()) == 7 and posts)
    by_id = {post.external_id: post for post in found}
    assert by_id.keys() == {comment, reply, deeper, visitor, mention, review, message}
    assert (by_id[comment].kind, by_id[comment].thread_id, by_id[comment].author.name) == (
        Kind.COMMENT, story, "Amélie Petit",
    )  # fmt: skip
    assert by_id[reply].parent_id == by_id[deeper].parent_id == comment
    assert by_id[visitor].attachments[0].type == "image"
    assert (by_id[mention].kind, by_id[mention].author) == (Kind.MENTION, None)
    assert (by_id[review].kind, by_id[review].rating) == (Kind.REVIEW, 4)
    assert [one.type for one in by_id[message].attachments] == ["sticker", "location"]
    assert len(by_id[message].author.external_id) in (16, 17)
    assert all(post.dated and not post.ours for post in found)


def test_changes_of_mind_are_told(stand):
    comment = stand.say("comment", "Bonjour", to=stand.story())
    stand.say("edit", "Bonsoir", to=comment)
    stand.say("remove", to=comment)
    message = stand.say("message", "Salut")
    stand.say("edit", "Salut !", to=message)
    stand.say("react", "❤", to=message)
    stand.say("unsend", to=message)
    stand.say("postback", "Aide", payload="HELP")
    until(lambda: len(stand.receiver.deliveries) == 8)
    verbs = [item["value"]["verb"] for item in stand.receiver.items("changes")]
    kinds = [next(name for name in item if name not in ("sender", "recipient", "timestamp"))
             for item in stand.receiver.items("messaging")]  # fmt: skip
    assert verbs == ["add", "edited", "remove"]
    assert kinds == ["message", "message_edit", "reaction", "message", "postback"]
    assert stand.receiver.items("messaging")[3]["message"] == {"mid": message, "is_deleted": True}


def test_what_has_no_deed_can_be_sent_as_it_is(stand):
    item = {"sender": {"id": "1234567890123456"}, "recipient": {"id": PAGE}, "timestamp": 1, "take_thread_control": {}}
    stand.say("raw", field="messaging_handovers", lane="messaging", item=item)
    stand.say("raw", field="unheard_of", lane="messaging", item=item)
    assert until(lambda: stand.receiver.items("messaging")) == [item]


def test_a_refused_delivery_comes_again_and_lets_others_pass(stand):
    stand.receiver.refuse[:] = [503, 503]
    first = stand.say("comment", "first", to=stand.story())
    until(lambda: not stand.receiver.refuse)
    assert stand.state()["webhooks"]["waiting"] == 1
    second = stand.say("comment", "second", to=stand.story())
    until(lambda: len(stand.receiver.deliveries) == 2)
    assert [item["value"]["comment_id"] for item in stand.receiver.items("changes")] == [second, first]
    counts = stand.state()["webhooks"]
    assert (counts["refused"], counts["accepted"], counts["waiting"]) == (2, 2, 0)


def test_nothing_is_lost_while_the_app_is_down():
    with receiving() as before:
        url = before.url
    with beside(lambda: [connected(url)]) as base_url:
        stand = Stand(base_url, before, None, [])  # type: ignore[arg-type]
        stand.control("look")
        said = [stand.say("message", f"number {number}") for number in range(5)]
        until(lambda: stand.state()["webhooks"]["refused"] >= 5)
        with receiving(urlsplit(url).port) as after:
            until(lambda: len(after.deliveries) == 5)
            assert sorted(item["message"]["mid"] for item in after.items("messaging")) == sorted(said)
        assert stand.state()["webhooks"]["waiting"] == 0


def test_duplicates_are_the_same_bytes(stand):
    stand.control("webhooks", duplicates=1)
    stand.say("message", "une fois")
    until(lambda: len(stand.receiver.deliveries) == 2)
    assert stand.receiver.deliveries[0][0] == stand.receiver.deliveries[1][0]


def test_reordering_shuffles_and_loses_nothing(stand):
    stand.control("webhooks", reorder=True)
    said = [stand.say("message", f"{number}") for number in range(12)]
    until(lambda: len(stand.receiver.deliveries) == 12)
    came = [item["message"]["mid"] for item in stand.receiver.items("messaging")]
    assert came != said
    assert sorted(came) == sorted(said)


def test_a_batch_holds_several_pages_and_several_items(stand):
    stand.control("webhooks", batch=0.4)
    stand.say("message", "un")
    stand.say("message", "deux")
    stand.say("message", "autre page", page=OTHER)
    stand.say("comment", "trois", to=stand.story())
    until(lambda: stand.receiver.deliveries)
    (body, _), *more = stand.receiver.deliveries
    assert not more
    entries = json.loads(body)["entry"]
    assert [(entry["id"], len(entry.get("messaging", entry.get("changes")))) for entry in entries] == [
        (PAGE, 2), (OTHER, 1), (PAGE, 1),
    ]  # fmt: skip
    assert entries[0]["time"] > 10**12 > entries[2]["time"]


def test_ids_do_not_come_again_after_a_restart(receiver):
    ids = []
    for _ in range(2):
        with beside(lambda: [connected(receiver.url)], seed=7) as url:
            stand = Stand(url, receiver, None, [])  # type: ignore[arg-type]
            stand.control("look")
            ids += [stand.say("message", "moi"), stand.say("comment", "moi", to=stand.story())]
            ids += [words["id"] for words in stand.page()["words"] if words["ours"]]
            people = {words["author_id"] for words in stand.page()["words"] if not words["ours"]}
    assert len(set(ids)) == len(ids)
    assert len(people) == 1


# ---------------------------------------------------------------- the real client


def test_an_answer_appears_on_the_page_and_comes_back_as_the_pages_own(stand):
    comment = stand.say("comment", "Où est mon colis ?", to=stand.story())
    sent = facebook.send(stand.account, stand.reply(comment, "Il arrive demain."))
    words = next(one for one in stand.page()["words"] if one["id"] == sent.external_id)
    assert (words["text"], words["parent"], words["ours"], words["origin"]) == (
        "Il arrive demain.", comment, True, APP_ID,
    )  # fmt: skip
    until(lambda: any(post.external_id == sent.external_id and post.ours for post in stand.receiver.posts()))
    since = datetime.now(UTC) - timedelta(minutes=1)
    assert facebook.settle(stand.account, stand.reply(comment, "Il arrive demain."), since).external_id == (
        sent.external_id
    )
    assert stand.usage
    assert all(0 <= usage.percent < 80 for usage in stand.usage)


def test_moderation_is_done_and_told(stand):
    comment = stand.say("comment", "spam", to=stand.story())
    facebook.act(stand.account, Can.HIDE, comment)
    facebook.act(stand.account, Can.LIKE, comment)
    facebook.act(stand.account, Can.LIKE, comment, on=False)
    facebook.act(stand.account, Can.HIDE, comment, on=False)
    facebook.act(stand.account, Can.DELETE, comment)
    facebook.act(stand.account, Can.DELETE, comment)
    until(lambda: len(stand.receiver.deliveries) == 6)
    told = [(item["value"]["item"], item["value"]["verb"]) for item in stand.receiver.items("changes")]
    assert told == [
        ("comment", "add"), ("comment", "hide"), ("reaction", "add"), ("reaction", "remove"), ("comment", "unhide"),
        ("comment", "remove"),
    ]  # fmt: skip
    assert comment not in [words["id"] for words in stand.page()["words"]]


def test_a_message_is_echoed_delivered_and_read(stand):
    message = stand.say("message", "Bonjour")
    person = until(lambda: stand.receiver.items("messaging"))[0]["sender"]["id"]
    messenger.act(stand.account, Can.TYPING, person)
    sent = messenger.send(stand.account, stand.reply(message, "Bonjour, oui ?", person, token="uuid-1"))
    items = until(lambda: len(found := stand.receiver.items("messaging")) == 4 and found)
    echo, delivered, read = items[1:]
    assert echo["message"]["mid"] == delivered["delivery"]["mids"][0] == sent.external_id
    assert (echo["message"]["metadata"], str(echo["message"]["app_id"])) == ("uuid-1", APP_ID)
    assert (echo["sender"]["id"], echo["recipient"]["id"]) == (PAGE, person)
    assert read["read"]["watermark"] >= items[1]["timestamp"]
    kept = stand.page()["messages"][-1]
    assert (kept["token"], kept["seen"]) == ("uuid-1", True)
    again = messenger.settle(
        stand.account, stand.reply(message, "Bonjour, oui ?", person), datetime.now(UTC) - timedelta(minutes=1)
    )
    assert again.external_id == sent.external_id


def test_a_private_reply_goes_once_and_within_seven_days(stand):
    comment = stand.say("comment", "Mon numéro est le 06…", to=stand.story())
    person = stand.person()
    sent = facebook.send(stand.account, stand.reply(comment, "Parlons ici", private=True))
    assert [one["mid"] for one in stand.page()["messages"]] == [sent.external_id]
    with pytest.raises(AlreadyDone) as used:
        facebook.send(stand.account, stand.reply(comment, "Encore", private=True))
    assert used.value.code == "100/2534025"
    with pytest.raises(Refused) as unopened:
        messenger.send(stand.account, stand.reply(sent.external_id, "Vous êtes là ?", person))
    assert unopened.value.code == "10/2018278"
    old = stand.say("comment", "Vieux", to=stand.story(), age=8 * 86400)
    with pytest.raises(Refused) as expired:
        facebook.send(stand.account, stand.reply(old, "Trop tard", private=True))
    assert expired.value.code == "10/2534022"
    assert len(stand.page()["messages"]) == 1


def test_the_window_closes_after_a_day_and_for_people_after_a_week(stand):
    def graph(body):
        with GraphClient(stand.account) as client:
            return client.post_json(PAGE, "messages", body)

    stand.say("message", "Hier", age=30 * 3600)
    person = stand.page()["messages"][0]["person"]
    content = {"recipient": {"id": person}, "message": {"text": "Bonjour"}}
    with pytest.raises(Refused) as closed:
        graph({**content, "messaging_type": "RESPONSE"})
    assert (closed.value.reason, closed.value.code) == (Reason.WINDOW_CLOSED, "10/2018278")
    with pytest.raises(Refused) as dead:
        graph({**content, "messaging_type": "MESSAGE_TAG", "tag": "ACCOUNT_UPDATE"})
    assert dead.value.code == "100"
    assert graph({**content, "messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"})["recipient_id"] == person
    stand.control("page", page=PAGE, human_agent=False)
    with pytest.raises(Forbidden):
        messenger.send(stand.account, stand.reply("", "Bonjour", person, ago=timedelta(hours=30)))
    stand.say("message", "Il y a longtemps", age=8 * 86400, author="Hugo Delmas")
    old = stand.page()["messages"][-1]["person"]
    stand.control("page", page=PAGE, human_agent=True)
    with pytest.raises(Refused):
        graph(
            {"recipient": {"id": old}, "message": {"text": "?"}, "messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
        )


def test_polling_finds_what_webhooks_told(stand):
    comment = stand.say("comment", "Bonjour", to=stand.story(), attachments=[{"type": "image"}])
    reply = stand.say("comment", "Moi aussi", to=comment, author="Hugo Delmas")
    visitor = stand.say("post", "Hello", attachments=[{"type": "image"}])
    message = stand.say("message", "Coucou", attachments=[{"type": "image"}])
    mention = stand.say("mention", "Chez Lumière")
    until(lambda: len(stand.receiver.deliveries) == 5)
    polled = [body for channel in (facebook, messenger) for body in channel.poll(stand.account, "").bodies]
    now = datetime.now(UTC)
    found = {post.external_id: post for body in polled for post in platform.parse(Raw(body, now)) if not post.ours}
    assert found.keys() == {comment, reply, visitor, message, mention}
    for post in stand.receiver.posts():
        polled_post = found[post.external_id]
        assert (polled_post.text, polled_post.kind, polled_post.thread_id, polled_post.parent_id) == (
            post.text, post.kind, post.thread_id, post.parent_id,
        )  # fmt: skip
        assert [one.url for one in polled_post.attachments] == [one.url for one in post.attachments]


def test_long_lists_come_in_pages(stand):
    story = stand.story()
    ids = [stand.say("comment", f"{number}", to=story, author=f"Person {number}") for number in range(7)]
    with GraphClient(stand.account) as graph:
        sheets = [[one["id"] for one in sheet.items] for sheet in graph.pages(story, "comments", most=9, limit=3)]
    assert [len(sheet) for sheet in sheets] == [3, 3, 1]
    assert [id for sheet in sheets for id in sheet] == ids


def test_health_subscription_and_profile(stand):
    comment = stand.say("comment", "Bonjour", to=stand.story())
    person = stand.person()
    assert facebook.profile(stand.account, person).name == "Amélie Petit"
    assert facebook.look_up(stand.account, stand.story()).text
    assert facebook.look_up(stand.account, comment).text == "Bonjour"
    health = facebook.health(stand.account)
    assert (health.external_id, health.name, health.missing, health.unsubscribed) == (PAGE, "Lumière", (), ())
    assert messenger.health(stand.account).unsubscribed == ()
    stand.control("page", page=PAGE, lacking=["pages_manage_engagement"])
    assert facebook.health(stand.account).missing == ("pages_manage_engagement",)
    with pytest.raises(Forbidden):
        facebook.send(stand.account, stand.reply(comment))
    facebook.unsubscribe(stand.account)
    before = len(stand.receiver.deliveries)
    stand.say("comment", "unheard", to=stand.story())
    stand.say("message", "heard")
    until(lambda: len(stand.receiver.deliveries) > before)
    assert "message" in stand.receiver.items("messaging")[-1]
    assert not any(item["value"].get("message") == "unheard" for item in stand.receiver.items("changes"))
    facebook.subscribe(stand.account)
    assert facebook.health(stand.account).unsubscribed == ()
    stand.say("hide_profile")
    assert messenger.profile(stand.account, person) is None


def test_a_page_that_waits_can_be_connected_with_its_token(stand):
    spare = requests.get(f"{stand.url}/meta/pages", timeout=5).json()["spare"][0]
    account = replace(stand.account, external_id=spare["id"], credentials={"access_token": spare["token"]})
    health = facebook.health(account)
    assert (health.name, health.missing) == (spare["name"], ())
    assert health.unsubscribed == facebook.fields
    facebook.subscribe(account)
    assert facebook.health(account).unsubscribed == ()


def test_who_may_not_come_in(stand):
    def ask(path="me", **args):
        return requests.get(f"{stand.url}/graph/v25.0/{path}", timeout=5, **args)

    proof = hmac.new(SECRET.encode(), TOKEN.encode(), hashlib.sha256).hexdigest()
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    assert ask().json()["error"]["code"] == 104
    assert ask(headers={"Authorization": "Bearer no"}).json()["error"]["code"] == 190
    assert ask(headers=bearer).json()["error"]["code"] == 100
    assert ask(headers=bearer, params={"appsecret_proof": "0" * 64}).json()["error"]["code"] == 100
    good = ask(headers=bearer, params={"appsecret_proof": proof})
    assert good.json() == {"name": "Lumière", "id": PAGE}
    assert good.headers["facebook-api-version"] == "v25.0"
    assert ask(params={"access_token": TOKEN, "appsecret_proof": proof}).json()["id"] == PAGE
    elsewhere = ask(OTHER, headers=bearer, params={"appsecret_proof": proof}).json()["error"]
    assert (elsewhere["code"], elsewhere["error_subcode"]) == (100, 33)
    assert elsewhere["fbtrace_id"]
    old = requests.get(f"{stand.url}/v9.0/me", headers=bearer, params={"appsecret_proof": proof}, timeout=5)
    assert old.headers["facebook-api-version"] == "v21.0"
    assert requests.get(f"{stand.url}/v99.0/me", headers=bearer, timeout=5).json()["error"]["code"] == 2500
    stand.control("page", page=PAGE, tokens="kill")
    with pytest.raises(Disconnected):
        facebook.act(stand.account, Can.LIKE, stand.story())
    token = stand.control("page", page=PAGE, tokens="new")["token"]
    facebook.act(replace(stand.account, credentials={"access_token": token}), Can.LIKE, stand.story())


# ---------------------------------------------------------------- trouble


@pytest.mark.parametrize(
    ("fault", "error", "code"),
    [
        ({"kind": "throttled", "code": 4}, Throttled, "4"),
        ({"kind": "throttled", "code": 613, "minutes": 17}, Throttled, "613"),
        ({"kind": "server_error"}, UnknownOutcome, "2"),
        ({"kind": "html"}, UnknownOutcome, ""),
        ({"kind": "cut"}, UnknownOutcome, ""),
        ({"kind": "hang", "seconds": 3}, UnknownOutcome, ""),
        ({"kind": "dead_token"}, Disconnected, "190/460"),
        ({"kind": "window_closed"}, Refused, "10/2018278"),
        ({"kind": "permission"}, Forbidden, "200"),
        ({"kind": "restricted"}, Refused, "368"),
        ({"kind": "error", "code": 551, "subcode": 1545041, "message": "Indisponible"}, Refused, "551/1545041"),
    ],
    ids=lambda value: value.get("kind") if isinstance(value, dict) else "",
)
def test_a_scripted_fault_hits_once_and_nothing_is_done(stand, fault, error, code):
    comment = stand.say("comment", "Bonjour", to=stand.story())
    stand.control("faults", page=PAGE, on="send", **fault)
    now = datetime.now(UTC)
    with pytest.raises(error) as hit:
        facebook.send(stand.account, stand.reply(comment))
    assert type(hit.value) is error
    assert hit.value.code == code
    if isinstance(hit.value, Throttled):
        minutes = (hit.value.retry_at - now).total_seconds() / 60
        assert minutes == pytest.approx(fault.get("minutes", 5), abs=0.2)
    assert not [words for words in stand.page()["words"] if words["parent"] == comment]
    facebook.send(stand.account, stand.reply(comment))
    assert len([words for words in stand.page()["words"] if words["parent"] == comment]) == 1


def test_a_lost_answer_was_done(stand):
    comment = stand.say("comment", "Bonjour", to=stand.story())
    stand.control("faults", kind="lost_answer", seconds=30, on="write")
    with pytest.raises(UnknownOutcome):
        facebook.send(stand.account, stand.reply(comment, "Une fois"))
    since = datetime.now(UTC) - timedelta(minutes=1)
    assert facebook.settle(stand.account, stand.reply(comment, "Une fois"), since) is not None
    assert [words["text"] for words in stand.page()["words"] if words["parent"] == comment] == ["Une fois"]


def test_faults_stay_where_they_were_put_until_cleared(stand):
    stand.control("faults", kind="html", page=OTHER, on="read", times=0)
    assert facebook.health(stand.account).name == "Lumière"
    other = replace(stand.account, external_id=OTHER, credentials={"access_token": "EAAGother"})
    for _ in range(2):
        with pytest.raises(Unavailable):
            facebook.health(other)
    [standing] = stand.state()["faults"]
    requests.delete(f"{stand.url}/control/faults/{standing['id']}", timeout=5)
    assert facebook.health(other).name == "Other"


def test_usage_grows_with_the_calls_and_can_be_set(stand):
    with GraphClient(stand.account) as graph:
        for _ in range(120):
            graph.get_object("me")
    shown = [usage.percent for usage in stand.usage if usage.bucket == f"pages:{PAGE}"]
    assert shown == sorted(shown)
    assert shown[-1] > shown[0]
    stand.control("page", page=PAGE, usage=85)
    facebook.health(stand.account)
    assert max(usage.percent for usage in stand.usage if usage.bucket == f"pages:{PAGE}") >= 85


@pytest.mark.parametrize(
    ("path", "order"),
    [
        ("say", {"page": "1", "do": "post", "text": "x", "author": "y"}),
        ("say", {"page": PAGE, "do": "dance"}),
        ("say", {"page": PAGE, "do": "post", "text": " ", "author": "y"}),
        ("say", {"page": PAGE, "do": "comment", "text": "x", "author": "y", "to": "9_9"}),
        ("say", {"page": PAGE, "do": "post", "text": "x"}),
        ("say", {"page": PAGE, "do": "message", "text": "x", "author": "y", "age": -1}),
        ("faults", {"kind": "flood"}),
        ("faults", {"kind": "html", "times": "3"}),
        ("faults", {"kind": "html", "on": "moon"}),
        ("webhooks", {"duplicates": 2}),
        ("webhooks", {"speed": 2}),
        ("trickle", {"per_minute": -1}),
        ("page", {"page": PAGE, "lacking": ["everything"]}),
    ],
)
def test_nonsense_is_refused_with_the_reason(stand, path, order):
    response = requests.post(f"{stand.url}/control/{path}", json=order, timeout=5)
    assert response.status_code == 400
    assert response.json()["error"]


def test_other_web_sites_cannot_post_to_it(stand):
    body = json.dumps({"page": PAGE, "do": "post", "text": "x", "author": "y"})
    response = requests.post(f"{stand.url}/control/say", data=body, headers={"Content-Type": "text/plain"}, timeout=5)
    assert response.status_code == 400
    assert not stand.receiver.deliveries


# ---------------------------------------------------------------- the trickle and the page


def test_the_trickle_plays_customers(stand):
    stand.control("trickle", per_minute=600)
    until(lambda: len(stand.receiver.posts()) >= 12, 20)
    stand.control("trickle", per_minute=0)
    posts = stand.receiver.posts()
    assert {post.channel for post in posts} == {"facebook", "messenger"}
    assert len({post.text for post in posts if post.text}) > 8
    assert not any("{" in post.text for post in posts)


def test_the_same_seed_plays_the_same(receiver):
    said = []
    for seed in (11, 11, 12):
        with beside(lambda: [connected(receiver.url)], seed=seed, per_minute=600):
            until(lambda: len(receiver.deliveries) >= 8, 20)
        said.append([post.text for post in receiver.posts()][:6])
        receiver.deliveries.clear()
    assert said[0] == said[1] != said[2]


def test_played_customers_react_to_answers(stand, monkeypatch):
    def comments():
        return [one for one in stand.page()["words"] if one["kind"] == "comment" and one["parent"] == one["post"]]

    monkeypatch.setattr(play, "THINKING", (0.1, 0.2))
    monkeypatch.setattr(play, "ANSWERS", 1.0)
    stand.control("trickle", per_minute=600)
    until(lambda: len(comments()) > 1, 20)
    stand.control("trickle", per_minute=1)
    asked = comments()[0]
    sent = facebook.send(stand.account, stand.reply(asked["id"], "Nous regardons.")).external_id

    def reaction():
        below = [one for one in stand.page()["words"] if one["parent"] == asked["id"]]
        after = below[[one["id"] for one in below].index(sent) + 1 :]
        return [one for one in after if one["author"] == asked["author"]]

    assert until(reaction)[0]["text"]


def test_the_page_and_its_parts_are_served_under_a_strict_policy(stand):
    page = requests.get(f"{stand.url}/", timeout=5)
    assert "not Facebook" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    for path in ("simulator/simulator.js", "simulator/simulator.css", "simulator/icon.svg", "meta/meta.js"):
        assert requests.get(f"{stand.url}/static/{path}", timeout=5).status_code == 200, path
    for path in ("meta/../network.py", "simulator/nothing.js", "nothing/x.js"):
        assert requests.get(f"{stand.url}/static/{path}", timeout=5).status_code == 404, path
    view = requests.get(f"{stand.url}/meta/pages/{PAGE}", timeout=5).json()
    assert [post["ours"] for post in view["posts"]] == [True] * 3


def test_reset_forgets_words_and_faults_and_keeps_pages(stand):
    stand.say("message", "Bonjour")
    stand.control("faults", kind="html", times=0)
    stand.control("reset")
    assert stand.state()["faults"] == []
    assert stand.page()["messages"] == []
    assert facebook.health(stand.account).name == "Lumière"
