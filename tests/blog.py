"""A small WordPress on loopback, and blog accounts; for tests of what a blog's user would see."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors import deliveries, gateway
from connectors.models import ChannelAccount, PlatformApp
from inbox import intake, polling
from socialcare.models import Workspace
from tests.connectors.blog.host import Asked, Host, Says, running

PASSWORD = "abcd EFGH 1234 ijkl MNOP 5678"
ME = 7
CAN = {"moderate_comments": True, "edit_posts": True}
SETTINGS = {"blog": {"allow_loopback": "1"}}


class Site:
    """Comments as WordPress keeps them; `hidden` ids are left out of lists as if we might not read them."""

    def __init__(self, host: Host) -> None:
        self.host, self.comments, self.capabilities = host, {}, dict(CAN)
        self.per_page, self.hidden, self.fault = 100, set(), None
        self.comments: dict[int, dict[str, Any]] = {}
        self.hidden: set[int] = set()
        self.fault: Says | None = None
        self.before: dict[int, str] = {}
        host.pages |= {
            "/": Says(b"<html></html>", headers={"Link": f'<{host.url}/wp-json/>; rel="https://api.w.org/"'}),
            "/wp-json/wp/v2/comments": self.list_or_add,
            "/wp-json/wp/v2/users/me": self.me,
            "/wp-json/wp/v2/users": Says({"code": "rest_forbidden_context"}, 403),
            "/wp-json/wp/v2/posts/4": Says(
                {"id": 4, "author": ME, "title": {"rendered": "Parcels &amp; more"},
                 "excerpt": {"rendered": "<p>We moved.</p>"}, "date_gmt": "2026-11-01T08:00:00",
                 "link": f"{host.url}/parcels/"}
            ),
        }  # fmt: skip

    def write(self, text: str = "Where is my parcel?", *, at: datetime | None = None, **more: Any) -> int:
        number = len(self.comments) + 101
        when = (at or datetime.now(UTC)).astimezone(UTC)
        said = {
            "id": number, "post": 4, "parent": 0, "author": 0, "author_name": "Ada", "author_email": "ada@example.org",
            "author_ip": "203.0.113.9", "date": when.astimezone().strftime("%Y-%m-%dT%H:%M:%S"),
            "date_gmt": when.strftime("%Y-%m-%dT%H:%M:%S"), "content": {"raw": text, "rendered": f"<p>{text}</p>\n"},
            "link": f"{self.host.url}/parcels/#comment-{number}", "status": "approved", "type": "comment", **more,
        }  # fmt: skip
        self.comments[number] = said
        self.host.pages[f"/wp-json/wp/v2/comments/{number}"] = self.change
        return number

    def signed_in(self, asked: Asked) -> Says | None:
        if self.fault:
            return self.fault
        return None if "authorization" in asked.headers else Says({"code": "rest_not_logged_in"}, 401)

    def me(self, asked: Asked) -> Says:
        return self.signed_in(asked) or Says({"id": ME, "name": "Acme team", "capabilities": self.capabilities})

    def list_or_add(self, asked: Asked) -> Says:
        if refused := self.signed_in(asked):
            return refused
        return self.add(asked) if asked.method == "POST" else self.list(asked.query)

    def add(self, asked: Asked) -> Says:
        body = asked.json
        same = [one for one in self.comments.values() if one["content"]["raw"] == body["content"]]
        if any(one["author"] == ME and one["parent"] == body["parent"] for one in same):
            return Says({"code": "comment_duplicate"}, 409)
        number = self.write(body["content"], author=ME, author_name="Acme team", parent=body["parent"])
        return Says(self.comments[number], 201)

    def list(self, query: dict[str, str]) -> Says:
        wanted = {"hold": ("hold",), "approve": ("approved",), "any": ("hold", "approved", "spam", "trash")}
        all_of = [one for one in self.comments.values() if one["status"] in wanted[query["status"]]]
        if include := query.get("include"):
            all_of = [one for one in all_of if str(one["id"]) in include.split(",")]
        if after := query.get("after"):
            all_of = [one for one in all_of if one["date_gmt"] > after.rstrip("Z")]
        page, size = int(query.get("page", "1")), min(int(query.get("per_page", "10")), self.per_page)
        some = all_of[(page - 1) * size : page * size]
        total = str(max(1, -(-len(all_of) // size)))
        return Says([one for one in some if one["id"] not in self.hidden], headers={"X-WP-TotalPages": total})

    def change(self, asked: Asked) -> Says:
        if refused := self.signed_in(asked):
            return refused
        one = self.comments.get(int(asked.path.rpartition("/")[2]))
        if one is None:
            return Says({"code": "rest_comment_invalid_id"}, 404)
        if asked.method == "GET":
            return Says(one)
        wanted = asked.json["status"]
        if wanted == one["status"]:
            return Says({"code": "rest_comment_failed_edit"}, 500)
        if wanted in ("spam", "trash"):
            self.before[one["id"]] = one["status"]
        back = self.before.get(one["id"], "hold")
        one["status"] = {"approve": "approved", "unspam": back, "untrash": back}.get(wanted, wanted)
        return Says(one)


@contextmanager
def wordpress() -> Iterator[Site]:
    with running() as host:
        yield Site(host)


def app_of(place: Workspace) -> PlatformApp:
    return PlatformApp.objects.create(workspace=place, platform="blog", name="Blogs")


def blog_of(place: Workspace, site: Site, **options: Any) -> ChannelAccount:
    return ChannelAccount.objects.create(
        app=app_of(place),
        channel="blog",
        external_id=site.host.url.removeprefix("http://"),
        name="Acme’s blog",
        credentials={"url": site.host.url, "username": "acme", "application_password": PASSWORD},
        options=options,
        connected_at=datetime.now(UTC) - timedelta(hours=1),
    )


def feed_of(place: Workspace, url: str, channel: str = "feed", **options: Any) -> ChannelAccount:
    app = PlatformApp.objects.own().filter(platform="blog").first() or app_of(place)
    return ChannelAccount.objects.create(
        app=app,
        channel=channel,
        external_id=gateway.identify(app, channel, {"url": url}),
        name="A feed",
        credentials={"url": url},
        options=options,
        connected_at=datetime.now(UTC) - timedelta(hours=1),
    )


def look(account: ChannelAccount) -> ChannelAccount:
    """Poll once, whenever it is due, and take in what came."""
    account.refresh_from_db()
    if account.channel != "blog":
        account.cursor = account.cursor.replace('"next": "2', '"next": "1')
        account.save(update_fields=["cursor"])
    polling.poll_account(account.pk)
    while batch := deliveries.claim(200):
        intake.take_in(batch)
        deliveries.release(batch)
    account.refresh_from_db()
    return account
