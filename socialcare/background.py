"""Work put off until later stays in the workspace it was put off from."""

import logging
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from typing import Any

import redis
from celery import Task
from django.db import DatabaseError, InterfaceError, transaction
from kombu.exceptions import OperationalError

from socialcare.tenancy import NoWorkspace, current_workspace, workspace
from socialcare.valkey import valkey

log = logging.getLogger(__name__)
QUIET = 1.0
BELL_MILLISECONDS = 1000
_silent_until = 0.0


class WorkspaceTask(Task[Any, Any]):
    """A task that runs in the workspace it was called from; it cannot be called from none."""

    abstract = True

    def apply_async(self, args: Any = None, kwargs: Any = None, **options: Any) -> Any:  # type: ignore[override]
        headers = {**(options.pop("headers", None) or {}), "workspace": current_workspace()}
        return super().apply_async(args, kwargs, headers=headers, **options)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        workspace_id = (self.request.headers or {}).get("workspace")
        if workspace_id is None:
            current_workspace()
            return super().__call__(*args, **kwargs)
        with workspace(int(workspace_id)):
            return super().__call__(*args, **kwargs)


def after_commit(call: Callable[[], object], otherwise: Callable[[], object] | None = None) -> None:
    """Call once the data is safely there, still in this workspace (or in none, if there was none).

    `otherwise` is called where the database fails then: the data is there all the same, so nobody hears an error.
    """
    try:
        place = workspace(current_workspace())
    except NoWorkspace:
        place = None

    def run() -> None:
        try:
            with place or nullcontext():
                call()
        except (DatabaseError, InterfaceError):
            if otherwise is None:
                raise
            log.warning("the database failed just after a commit")
            otherwise()

    transaction.on_commit(run)


def ring(task: Any, *args: Any, once: Sequence[str] = ()) -> None:
    """Wake a worker. A broker that does not answer costs nothing: rows are the truth, the clock process looks.

    `once` names bells: one at least must have been answered since it last rang (see `answer`).
    """
    global _silent_until
    if time.monotonic() < _silent_until:
        return
    try:
        if once and not any(_rung(once)):
            return
        task.apply_async(args)
    except (OperationalError, OSError, redis.RedisError) as error:
        _silent_until = time.monotonic() + QUIET
        log.warning("the broker does not answer (%s); the clock process will find the work", type(error).__name__)


def _rung(bells: Sequence[str]) -> list[Any]:
    with valkey().pipeline(transaction=False) as line:
        for bell in bells:
            line.set(f"bell:{bell}", 1, nx=True, px=BELL_MILLISECONDS)
        return list(line.execute())


def hush(bell: str, seconds: float) -> None:
    """Whoever rings in the next seconds is not heard."""
    with suppress(redis.RedisError):
        valkey().set(f"bell:{bell}", 1, px=round(seconds * 1000))


def answer(bell: str) -> None:
    """A worker is about to look: whoever rings from now on rings anew."""
    with suppress(redis.RedisError):
        valkey().delete(f"bell:{bell}")
