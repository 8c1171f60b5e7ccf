"""Many rows in one statement: a value that all rows share is said once, the others stand in a list of values.

Django writes every value of every row with a placeholder of its own, and a CASE for every updated one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from django.db import connection, models

# What the driver understands as it is; everything else is asked of the field.
PLAIN = frozenset((str, int, bool, datetime, type(None)))


def reserve(model: type[models.Model], number: int) -> list[int]:
    """Keys for rows that are about to be inserted, so that others can already name them."""
    if not number:
        return []
    sequence = f"pg_get_serial_sequence('{model._meta.db_table}', '{model._meta.pk.column}')"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT nextval({sequence}) FROM generate_series(1, %s)", [number])  # noqa: S608
        return [pk for (pk,) in cursor.fetchall()]


def insert(model: type[models.Model], rows: Sequence[Any]) -> None:
    """Insert rows, all with a reserved key or all without; those get the one the database gives."""
    meta = model._meta
    keyed = rows[0].pk is not None
    fields = [field for field in meta.concrete_fields if not field.primary_key and not field.generated]
    key = _key(model)
    with connection.cursor() as cursor:
        given = _Given(cursor, fields, rows, [row.pk if keyed else at for at, row in enumerate(rows)])
        sources = {key: "v.row", **given.sources} if keyed else given.sources
        cursor.execute(
            f"INSERT INTO {_quoted(meta.db_table)} ({', '.join(sources)})"  # noqa: S608
            f" SELECT {', '.join(sources.values())} FROM {given.list} RETURNING {key}"
        )
        for row, (pk,) in zip(rows, cursor.fetchall(), strict=True):
            row.pk, row._state.adding, row._state.db = pk, False, connection.alias


def update(model: type[models.Model], fields: Sequence[Any], rows: Sequence[Any], where: str = "true") -> int:
    """Write these fields of rows that are there. `where`: SQL about `t`, the table. Returns how many were."""
    meta = model._meta
    with connection.cursor() as cursor:
        given = _Given(cursor, fields, rows, [row.pk for row in rows])
        changes = ", ".join(f"{name} = {value}" for name, value in given.sources.items())
        cursor.execute(
            f"UPDATE {_quoted(meta.db_table)} AS t SET {changes} FROM {given.list}"  # noqa: S608
            f" WHERE t.{_key(model)} = v.row AND {where}"
        )
        return int(cursor.rowcount)


class _Given:
    """`list`: a list of values named v, whose first column `row` is the key. `sources`: by column, whence its value."""

    def __init__(self, cursor: Any, fields: Sequence[Any], rows: Sequence[Any], keys: Sequence[int]) -> None:
        self.sources: dict[str, str] = {}
        types, columns, names = ["bigint"], [keys], ["row"]
        for field in fields:
            values = [row.__dict__[field.attname] for row in rows]
            name, kind = _quoted(field.column), _type(field)
            if all(value == values[0] for value in values):
                word = cursor.mogrify("%s", [_prepared(field, values[0])]).decode()
                self.sources[name] = f"{word}::{kind}"
                continue
            self.sources[name] = f"v.{name}"
            types.append(kind)
            columns.append([_prepared(field, value) for value in values])
            names.append(name)
        # The first line says the types; lists of numbers have to say theirs every time.
        first = f"({', '.join(f'%s::{kind}' for kind in types)})"
        others = f"({', '.join(f'%s::{kind}' if kind.endswith('[]') else '%s' for kind in types)})"
        lines = [cursor.mogrify(others if at else first, line) for at, line in enumerate(zip(*columns, strict=True))]
        self.list = f"(VALUES {b', '.join(lines).decode()}) AS v ({', '.join(names)})"


def _prepared(field: Any, value: Any) -> Any:
    if type(value) in PLAIN and not isinstance(field, models.JSONField):
        return value
    return field.get_db_prep_save(value, connection)


@cache
def _type(field: Any) -> str:
    """Without a length: a cast would cut what is too long, in silence."""
    return str(field.db_type(connection)).partition("(")[0]


def _key(model: type[models.Model]) -> str:
    return _quoted(model._meta.pk.name)


def _quoted(name: str) -> str:
    return str(connection.ops.quote_name(name))
