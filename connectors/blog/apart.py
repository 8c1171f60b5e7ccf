"""Reads a feed in a process of its own, with an end to its time and memory: a bomb costs nobody else anything."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path

from connectors.blog import feed
from connectors.blog.feed import Feed
from connectors.contract import Reason, Refused, Unreadable

WITHIN = 20
MEMORY = 768 * 1024 * 1024
ROOT = Path(__file__).parent.parent.parent


def read(body: bytes, *, content_type: str, url: str) -> Feed:
    """As `feed.read`; Refused with the code too_hard where it takes too long or too much."""
    asked = json.dumps({"content_type": content_type, "url": url}).encode() + b"\n" + body
    try:
        done = subprocess.run(
            [sys.executable, "-m", "connectors.blog.apart"],
            input=asked,
            capture_output=True,
            timeout=WITHIN,
            cwd=ROOT,
            env={"PYTHONPATH": str(ROOT)},
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Refused(Reason.INVALID, "reading took too long", code="too_hard") from None
    if done.returncode:
        raise Refused(Reason.INVALID, f"reading ended with {done.returncode}", code="too_hard")
    said = json.loads(done.stdout)
    if "unreadable" in said:
        raise Unreadable(said["unreadable"])
    entries = tuple(feed.from_plain(one) for one in said.pop("entries"))
    return Feed(entries=entries, **said)


def main() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (WITHIN, WITHIN))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    about, _, body = sys.stdin.buffer.read().partition(b"\n")
    try:
        found = feed.read(body, **json.loads(about))
    except Unreadable as error:
        sys.stdout.write(json.dumps({"unreadable": str(error)}))
        return
    plain = {name: getattr(found, name) for name in ("title", "flaws", "minutes", "hub", "topic")}
    sys.stdout.write(json.dumps({**plain, "entries": [entry.plain() for entry in found.entries]}))


if __name__ == "__main__":
    main()
