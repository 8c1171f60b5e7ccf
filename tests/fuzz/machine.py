"""A state machine over the real database: its clock stands still until it is moved, and all it wrote is taken back."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime

import time_machine
from django.db import transaction
from hypothesis.stateful import RuleBasedStateMachine

from socialcare.valkey import valkey


class Machine(RuleBasedStateMachine):
    """It begins at `START`; `clock` moves."""

    START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

    def __init__(self) -> None:
        super().__init__()
        self.open = ExitStack()
        self.clock = self.open.enter_context(time_machine.travel(self.START, tick=False))
        self.open.enter_context(transaction.atomic())
        self.open.callback(transaction.set_rollback, True)
        valkey().flushdb()

    def teardown(self) -> None:
        self.open.close()
