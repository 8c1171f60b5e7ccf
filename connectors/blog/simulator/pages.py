"""The blogs as anybody sees them in a browser, and the form by which readers comment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from html import escape
from urllib.parse import parse_qsl, urlsplit

from connectors.blog.simulator import shapes, text
from connectors.blog.simulator.deeds import Deeds
from connectors.blog.simulator.refusals import Refusal
from connectors.blog.simulator.world import Article, Comment, Entry, Other, Site, World
from connectors.simulator.asgi import Request, Response

HEADERS = {
    "content-type": "text/html; charset=UTF-8",
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
}
SHELL = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="/static/simulator/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/static/blog/site.css">
<script type="module" src="/static/blog/site.js"></script>
{links}
</head>
<body>
<header class="top"><p class="name"><a href="{home}">{name}</a></p>
<p class="not">A made-up blog. Nothing leaves this machine.</p></header>
<main>
{main}
</main>
<footer><a href="/blog/">All blogs</a> · <a href="/">The simulator</a></footer>
</body>
</html>
"""
FORM = """<form id="respond" class="respond" method="post" action="{action}">
<h2>{heading}</h2>
<input type="hidden" name="comment_post_ID" value="{article}">
<input type="hidden" name="comment_parent" value="{parent}">
<label for="comment">Comment</label>
<textarea id="comment" name="comment" rows="5" required maxlength="65525"></textarea>
<div class="who">
<div><label for="author">Name</label><input id="author" name="author" required maxlength="245"
 autocomplete="name"></div>
<div><label for="email">Email</label><input id="email" name="email" type="email" required maxlength="100"
 autocomplete="email"></div></div>
<p class="hint">Your email address will not be published.</p>
<button type="submit">Post comment</button>
</form>"""
REFUSED = """<h1>Your comment was not posted</h1>
<p class="refused" role="alert">{words}</p>
<p><a href="{back}">Back</a></p>"""
TOO_FAST, NEEDED = 429, "Please fill the required fields."


def blogs(world: World) -> Response:
    """Where a visitor begins: every blog there is."""

    def item(one: Site | Other) -> str:
        return f'<li><a href="{_path(one.url)}/">{escape(one.name)}</a></li>'

    sites = "".join(item(site) for site in world.sites.values())
    others = "".join(item(other) for other in world.others.values())
    main = f"<h1>Blogs</h1><h2>Of companies</h2><ul>{sites}</ul><h2>Of other people</h2><ul>{others}</ul>"
    return Response(200, _shell("Blogs", "Blogs", "/blog/", main), dict(HEADERS))


def home(site: Site) -> Response:
    newest = sorted(site.articles.values(), key=lambda one: one.at, reverse=True)
    main = "".join(_teaser(site, one) for one in newest if one.state == "publish")
    return _page(site, site.name, f"<h1 class='quiet'>Latest posts</h1>{main}")


def article(site: Site, one: Article, query: Mapping[str, str]) -> Response:
    """A post with its thread. `unapproved` is the reader's own comment that waits to be approved."""
    asked = site.comments.get(_whole(query.get("replytocom", "")))
    main = (
        f"<article><h1>{escape(one.title)}</h1>{_time(one.at)}{text.shown(escape(one.text))}</article>"
        f'<section id="comments" aria-label="Comments" data-version="{site.version}">'
        f"{_thread(site, one, _whole(query.get('unapproved', '')))}</section>"
        f"{_form(site, one, asked)}"
    )
    alternate = f'<link rel="alternate" type="application/rss+xml" title="Comments" href="{site.url}/{one.slug}/feed/">'
    return _page(site, f"{one.title} – {site.name}", main, alternate)


def other_home(other: Other) -> Response:
    main = "".join(
        f'<article><h2><a href="{_path(one.link)}">{escape(one.title)}</a></h2>{_time(one.at)}'
        f"<p>By {escape(one.author)}</p></article>"
        for one in other.entries
    )
    return _other_page(other, other.name, f"<h1 class='quiet'>Latest posts</h1>{main}")


def entry(other: Other, one: Entry) -> Response:
    below = [comment for comment in other.comments if comment.link.startswith(f"{one.link}#")]
    remarks = "".join(
        f'<li class="comment"><p class="by"><strong>{escape(comment.author)}</strong> {_time(comment.at)}</p>'
        f"<p>{comment.text}</p></li>"
        for comment in reversed(below)
    )
    main = (
        f'<article class="h-entry"><h1 class="p-name">{escape(one.title)}</h1>{_time(one.at)}'
        f'<p>By <span class="p-author h-card">{escape(one.author)}</span></p>'
        f'<div class="e-content"><p>{one.text}</p></div></article>'
        f'<section id="comments" aria-label="Comments"><ol>{remarks}</ol></section>'
    )
    return _other_page(other, f"{one.title} – {other.name}", main)


def posted(deeds: Deeds, site: Site, request: Request) -> Response:
    """What the form sends. Refused comments get a page, at times with 200, as WordPress does."""
    given = dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
    one = site.articles.get(_whole(given.get("comment_post_ID", "")))
    if one is None or one.state != "publish" or one.guarded:
        return Response(200, b"", dict(HEADERS))
    back = f"{_path(site.url)}/{one.slug}/"
    words, name, email = given.get("comment", "").strip(), given.get("author", "").strip(), given.get("email", "")
    if not (name and "@" in email):
        return _refused(site, 200, NEEDED, back)
    if not words or len(words.encode()) > text.LONGEST:
        return _refused(site, 200, "Your comment is too long." if words else "Please type your comment text.", back)
    parent = _whole(given.get("comment_parent", ""))
    try:
        made = deeds.visit(site, one, name, words, parent=parent, email=email, url=given.get("url", ""), hurried=True)
    except Refusal as refusal:
        status = TOO_FAST if refusal.code == "comment_flood" else refusal.status
        return _refused(site, status, refusal.message.replace("&#8217;", "’"), back)
    waits = f"?unapproved={made.id}" if made.status == "hold" else ""
    return Response(302, b"", HEADERS | {"location": f"{back}{waits}#comment-{made.id}"})


def _refused(site: Site, status: int, words: str, back: str) -> Response:
    page = _page(site, "Comment Submission Failure", REFUSED.format(words=escape(words), back=back))
    page.status = status
    return page


def _teaser(site: Site, one: Article) -> str:
    count = sum(1 for _ in site.shown(one))
    words = f"{count} comment{'' if count == 1 else 's'}" if one.open else "Comments are closed"
    return (
        f'<article><h2><a href="{_path(site.url)}/{one.slug}/">{escape(one.title)}</a></h2>{_time(one.at)}'
        f'{text.shown(escape(one.text))}<p class="hint">{words}</p></article>'
    )


def _thread(site: Site, one: Article, waiting: int) -> str:
    shown = sorted((c for c in site.shown(one) if c.kind != "note"), key=lambda c: (c.at, c.id))
    own = site.comments.get(waiting)
    if own and own.article == one.id and own.status == "hold":
        shown.append(own)
    below: dict[int, list[Comment]] = {}
    known = {comment.id for comment in shown}
    for comment in shown:
        below.setdefault(comment.parent if comment.parent in known else 0, []).append(comment)
    heading = f"{len(shown)} comment{'' if len(shown) == 1 else 's'}" if shown else "No comments yet"
    return f"<h2>{heading}</h2>{_level(site, one, below, 0)}"


def _level(site: Site, one: Article, below: Mapping[int, list[Comment]], parent: int) -> str:
    items = "".join(_comment(site, one, c, _level(site, one, below, c.id)) for c in below.get(parent, ()))
    return f"<ol>{items}</ol>" if items else ""


def _comment(site: Site, article: Article, one: Comment, answers: str) -> str:
    person = site.people.get(one.author)
    badge = f' <span class="badge">{escape(site.name)}</span>' if person and person.moderates else ""
    waits = '<p class="hint">Your comment is awaiting moderation.</p>' if one.status == "hold" else ""
    reply = f'<p><a class="reply" href="{_path(site.url)}/{article.slug}/?replytocom={one.id}#respond">Reply</a></p>'
    return (
        f'<li class="comment{" official" if badge else ""}" id="comment-{one.id}">'
        f'<p class="by"><strong>{escape(one.name)}</strong>{badge} {_time(one.at)}</p>{waits}'
        f'<div class="words">{text.shown(one.text)}</div>{reply if article.open else ""}{answers}</li>'
    )


def _form(site: Site, one: Article, asked: Comment | None) -> str:
    if not one.open:
        return '<p class="hint">Comments are closed.</p>'
    heading = f"Reply to {escape(asked.name)}" if asked else "Leave a comment"
    action = f"{_path(site.url)}/wp-comments-post.php"
    return FORM.format(action=action, heading=heading, article=one.id, parent=asked.id if asked else 0)


def _page(site: Site, title: str, main: str, more: str = "") -> Response:
    links = (
        f'<link rel="https://api.w.org/" href="{shapes.root(site)}">\n'
        f'<link rel="alternate" type="application/rss+xml" title="Feed" href="{site.url}/feed/">\n'
        f'<link rel="alternate" type="application/rss+xml" title="Comments" href="{site.url}/comments/feed/">\n{more}'
    )
    headers = [f'<{shapes.root(site)}>; rel="https://api.w.org/"']
    if site.mentions:
        links += f'\n<link rel="webmention" href="{escape(site.mentions)}">'
        headers.append(f'<{site.mentions}>; rel="webmention"')
    body = _shell(title, site.name, f"{_path(site.url)}/", main, links)
    return Response(200, body, HEADERS | {"link": ", ".join(headers)})


def _other_page(other: Other, title: str, main: str) -> Response:
    links = f'<link rel="alternate" type="application/rss+xml" title="Feed" href="{other.url}/feed/rss">'
    return Response(200, _shell(title, other.name, f"{_path(other.url)}/", main, links), dict(HEADERS))


def _shell(title: str, name: str, home: str, main: str, links: str = "") -> bytes:
    return SHELL.format(title=escape(title), name=escape(name), home=home, main=main, links=links).encode()


def _time(at: datetime) -> str:
    return f'<time datetime="{at:%Y-%m-%dT%H:%M:%SZ}">{at:%B %-d, %Y at %H:%M} UTC</time>'


def _path(url: str) -> str:
    return urlsplit(url).path


def _whole(given: str) -> int:
    return int(given) if given.isdecimal() and len(given) < 16 else 0
