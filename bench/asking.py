"""What the database does for us while something is asked: how long it takes, and by which plan."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

from bench.measure import Wrong

# A scan of a whole table that reads more rows than this is not what an index was made for.
MANY = 20_000


class Heard:
    """The statements that were executed, with their parameters and milliseconds."""

    def __init__(self) -> None:
        self.statements: list[tuple[str, Any]] = []
        self.milliseconds = 0.0

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            self.milliseconds += (time.perf_counter() - began) * 1000
            self.statements.append((sql, params))


@contextmanager
def listening() -> Iterator[Heard]:
    heard = Heard()
    with connection.execute_wrapper(heard):
        yield heard


def pages(statement: str, params: Any) -> int:
    """The 8 kB pages that a query touches. Raises Wrong where it reads a big table from end to end."""
    *before, query = [part for part in statement.strip().rstrip(";").split(";\n") if part.strip()]
    setting = "".join(f"{part};\n" for part in before)
    with connection.cursor() as cursor:
        cursor.execute(f"{setting}EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {query}", params)
        plan = cursor.fetchone()[0][0]["Plan"]
    for node in _nodes(plan):
        read = (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
        if node["Node Type"] == "Seq Scan" and read > MANY:
            raise Wrong(f"{node['Relation Name']} is read from end to end ({read:,.0f} rows) by: {query}")
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


def _nodes(plan: Any) -> Iterator[Any]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from _nodes(part)
