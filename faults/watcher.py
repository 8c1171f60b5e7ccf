"""A browser that watches the whole time, is cut off now and then, and must know in the end what the server knows."""

from __future__ import annotations

import json
import logging
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

import requests
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from connectors.http import Session

# It tells of every connection that we cut.
logging.getLogger("websockets.client").setLevel(logging.CRITICAL)
AGAIN, QUIET = 0.2, 0.5
TIMEOUT = (3.05, 15.0)


class Watcher:
    """`rows`: tickets as last told, by id. Run in a thread of its own between `start` and `stop`."""

    def __init__(self, address: str, cookies: Mapping[str, str]) -> None:
        self._api = f"{address}/api/"
        self._live = f"{address.replace('http', 'ws', 1)}/live/"
        self._origin = address.split("/w/")[0]
        self._cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
        self._session = Session(timeout=TIMEOUT)
        self._session.cookies.update(cookies)
        self.rows: dict[int, dict[str, Any]] = {}
        self.connected = self.resumed = self.reloaded = 0
        self._seq: int | None = None
        self._socket: ClientConnection | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self.drop()
        self._thread.join(sum(TIMEOUT))

    def drop(self) -> None:
        """Cut the connection without a word, as a tunnel does."""
        if self._socket is not None:
            with suppress(OSError):
                self._socket.socket.shutdown(socket.SHUT_RDWR)

    def differences(self, truth: Mapping[int, int]) -> Iterator[str]:
        """What it knows wrongly, given the versions of the open tickets."""
        for pk, version in truth.items():
            row = self.rows.get(pk)
            if row is None or row["v"] != version:
                yield f"ticket {pk} is at version {version}, the browser knows {row and row['v']}"
        for pk, row in self.rows.items():
            if row["st"] == "open" and pk not in truth:
                yield f"the browser still shows ticket {pk} as open"

    def _work(self) -> None:
        while not self._stop.is_set():
            with suppress(OSError, WebSocketException, requests.RequestException, ValueError, KeyError):
                self._watch()
            self._stop.wait(AGAIN)

    def _watch(self) -> None:
        headers = {"Cookie": self._cookie}
        origin = Origin(self._origin)
        with connect(self._live, origin=origin, additional_headers=headers, compression=None) as live:
            self._socket = live
            self.connected += 1
            live.send(json.dumps({"hello": {"since": self._seq}}))
            while not self._stop.is_set():
                with suppress(TimeoutError):
                    self._hear(live, json.loads(live.recv(QUIET)))

    def _hear(self, live: ClientConnection, frame: dict[str, Any]) -> None:
        if frame.get("resync") or frame.get("offline"):
            self._reload()
            return
        first, last = frame.get("s", (None, None))
        welcomed = [told for kind, told in frame.get("e", ()) if kind == "welcome"]
        if welcomed:
            self.resumed += bool(welcomed[0]["resumed"])
            if not welcomed[0]["resumed"]:
                self._reload()
            return
        if first is not None and self._seq is not None and first > self._seq + 1:
            live.send(json.dumps({"hello": {"since": self._seq}}))
            return
        for kind, told in frame.get("e", ()):
            if kind == "ticket":
                self._learn(told)
        if last is not None:
            self._seq = max(self._seq or 0, last)

    def _learn(self, row: dict[str, Any]) -> None:
        known = self.rows.get(row["id"])
        if known is None or row["v"] >= known["v"]:
            self.rows[row["id"]] = row

    def _reload(self) -> None:
        """All open tickets anew; what is not among them is forgotten."""
        self.reloaded += 1
        rows: dict[int, dict[str, Any]] = {}
        after, seq = "", None
        while True:
            answer = self._session.get(f"{self._api}tickets/?view=open&limit=100&after={after}")
            answer.raise_for_status()
            page = answer.json()
            seq = page["seq"] if seq is None else seq
            rows |= {row["id"]: row for row in page["items"]}
            after = page["next"] or ""
            if not after:
                break
        self.rows, self._seq = rows, seq
