"""Which workspace the current code works for, and walls no query can forget.

Every model that holds a customer's data extends `WorkspaceOwned`. Its manager refuses
to answer outside a `workspace(...)` block and filters inside one; PostgreSQL's row-level
security does the same for everything that goes around the manager.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from django.db import connection, models, transaction
from django.db.migrations import RunSQL

from socialcare import rows

T = TypeVar("T", bound=models.Model, covariant=True)
_current: ContextVar[int | None] = ContextVar("workspace", default=None)
# What each connection was told last, where no rollback can take it back.
_told: WeakKeyDictionary[Any, int | None] = WeakKeyDictionary()


class NoWorkspace(RuntimeError):
    """Customer data was asked for outside any workspace."""


class WrongWorkspace(RuntimeError):
    """A row of one workspace was written while working for another."""


def current_workspace() -> int:
    workspace_id = _current.get()
    if workspace_id is None:
        raise NoWorkspace("enter a `with workspace(id):` block first")
    return workspace_id


@contextmanager
def workspace(workspace_id: int) -> Iterator[None]:
    """Work for one workspace until the block ends, in our code and in the database."""
    before = _current.get()
    token = _current.set(workspace_id)
    try:
        if before != workspace_id or not connection.in_atomic_block:
            _tell_database(workspace_id)
        yield
    finally:
        _current.reset(token)
        if before != workspace_id:
            _tell_database(before)


def _tell_database(workspace_id: int | None) -> None:
    """Row-level security reads this setting. A rolled-back transaction restores it by itself."""
    if connection.needs_rollback:
        return
    # A connection not yet made knows of no workspace, as one that was told of none.
    knows = None if connection.connection is None else _told.get(connection.connection, 0)
    if knows == workspace_id:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('socialcare.workspace', %s, false)", [str(workspace_id or "")])
    if connection.in_atomic_block:
        _told.pop(connection.connection, None)
    else:
        _told[connection.connection] = workspace_id


class WorkspaceQuerySet(models.QuerySet[T]):
    def bulk_create(self, objs: Iterable[Any], *args: Any, **kwargs: Any) -> list[Any]:
        """One INSERT for all rows; with options, Django's own. Keys may be reserved before (`rows.reserve`)."""
        made = list(objs)
        for row in made:
            claim(row)
        if args or kwargs:
            return super().bulk_create(made, *args, **kwargs)
        if made:
            rows.insert(self.model, made)
        return made

    def bulk_update(self, objs: Iterable[Any], fields: Iterable[str], batch_size: int | None = None) -> int:
        """One UPDATE for each `batch_size` rows. Values only, no expressions."""
        changed = list(objs)
        for row in changed:
            claim(row)
        columns = [self.model._meta.get_field(name) for name in fields]
        size = batch_size or len(changed) or 1
        mine = f"t.workspace_id = {current_workspace():d}"
        with transaction.atomic(using=self.db, savepoint=False):
            parts = [changed[start : start + size] for start in range(0, len(changed), size)]
            return sum(rows.update(self.model, columns, part, mine) for part in parts)


class WorkspaceManager(models.Manager[T]):
    def get_queryset(self) -> models.QuerySet[T]:
        return WorkspaceQuerySet(self.model, using=self._db).filter(workspace_id=current_workspace())


class CrossWorkspaceManager(WorkspaceManager[T]):
    """For the few tables without a customer's words that the clockwork asks as a whole."""

    def everywhere(self) -> models.QuerySet[T]:
        return models.QuerySet(self.model, using=self._db)


def wall(*tables: str) -> RunSQL:
    """A migration step: the database itself hides these tables' rows of other workspaces."""
    return RunSQL(
        [
            f"""ALTER TABLE {table} ENABLE ROW LEVEL SECURITY; ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
            CREATE POLICY workspace ON {table} USING
            (workspace_id = (SELECT nullif(current_setting('socialcare.workspace', true), '')::bigint))"""
            for table in tables
        ],
        [
            f"DROP POLICY workspace ON {table}; ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY;"
            f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY"
            for table in tables
        ],
    )


def searched(table: str, words: str, columns: Sequence[str]) -> RunSQL:
    """A migration step: rows of `table` can be found by their words, through `<table>_search` and an index.

    PostgreSQL asks an index only for what a row-level policy itself asks, or for operators that cannot leak a hidden
    row; `@@` is none of those. So the words sought, in the setting `socialcare.search`, are part of the policy of a
    parent table, which has no rows of its own. `words`: a tsvector of the row; `columns`: what it and a query read.
    """
    view, index = f"{table}_search", f"{table}_words"
    return RunSQL(
        [
            f"CREATE INDEX {index} ON {table} USING gin ({words})",
            f"CREATE TABLE {view} (id bigint, workspace_id bigint, {', '.join(columns)})",
            f"ALTER TABLE {table} INHERIT {view}",
            f"""ALTER TABLE {view} ENABLE ROW LEVEL SECURITY; ALTER TABLE {view} FORCE ROW LEVEL SECURITY;
            CREATE POLICY workspace ON {view} FOR SELECT USING
            (workspace_id = (SELECT nullif(current_setting('socialcare.workspace', true), '')::bigint)
             AND {words} @@ nullif(current_setting('socialcare.search', true), '')::tsquery)""",
        ],
        [f"ALTER TABLE {table} NO INHERIT {view}", f"DROP TABLE {view}", f"DROP INDEX {index}"],
    )


class WorkspaceKey(models.ForeignKey[Any, Any]):
    """Filled in from the current workspace; refuses to be written from another one."""

    def __init__(self, to: str = "socialcare.Workspace", on_delete: Any = models.CASCADE, **kwargs: Any) -> None:
        super().__init__(to, on_delete, **{"editable": False, "related_name": "+", "db_index": False, **kwargs})

    def get_default(self) -> None:
        """None until `claim` fills it in; said here because it is asked for every new row."""

    def pre_save(self, model_instance: models.Model, add: bool) -> int:
        return claim(model_instance)


def claim(row: Any) -> int:
    """Give a row to the current workspace, or raise WrongWorkspace if it is another's."""
    workspace_id = current_workspace()
    if row.workspace_id not in (None, workspace_id):
        raise WrongWorkspace(f"{type(row).__name__} {row.pk} belongs to another workspace")
    row.workspace_id = workspace_id
    return workspace_id


class WorkspaceOwned(models.Model):
    """A row that belongs to the workspace it was made in."""

    workspace = WorkspaceKey()
    workspace_id: int

    objects = WorkspaceManager()

    class Meta:
        abstract = True
