"""One address: webhooks and sockets on the event loop, pages and API in a bounded pool of threads."""

import asyncio
import gc
import os
from typing import Any, cast

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "socialcare.settings")
wsgi = get_wsgi_application()

from a2wsgi import WSGIMiddleware  # noqa: E402
from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import URLRouter  # noqa: E402
from channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402
from django.urls import path  # noqa: E402

from inbox import hooks  # noqa: E402
from inbox.actions import announce  # noqa: E402
from inbox.consumers import BellConsumer, LiveConsumer, WallConsumer  # noqa: E402
from inbox.hooks import Receive, Scope, Send  # noqa: E402

# The libraries describe the same ASGI in types that do not fit each other.
live: Any = LiveConsumer.as_asgi()
bell: Any = BellConsumer.as_asgi()
wall: Any = WallConsumer.as_asgi()
routes: Any = [path("w/<slug:slug>/live/", live), path("w/<slug:slug>/live/bell/", bell)]
pages: Any = WSGIMiddleware(cast(Any, wsgi), workers=settings.WEB_THREADS)
sockets: Any = AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(routes)))
# A wall has no session, and its socket no token in its address.
walls: Any = AllowedHostsOriginValidator(URLRouter([path("wall/live/", wall)]))


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        answer = hooks.receive if scope["path"].startswith("/hooks/") else pages
        await answer(scope, receive, send)
    elif scope["type"] == "websocket":
        answer = walls if scope["path"].startswith("/wall/") else sockets
        await answer(scope, receive, send)
    elif scope["type"] == "lifespan":
        await _lifespan(receive, send)


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await asyncio.to_thread(announce.begun)
            # What the process consists of stays: the collector need not stop the loop to walk through it again.
            gc.freeze()
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await send({"type": "lifespan.shutdown.complete"})
            return
