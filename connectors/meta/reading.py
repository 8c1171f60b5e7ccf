"""What the items of one of Meta's entries share. Single values are read by `connectors.reading`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors.reading import point_in_time


@dataclass(frozen=True, slots=True)
class Entry:
    """What the items of one entry share. `time` is raw: seconds, milliseconds or anything else."""

    account: str
    time: Any
    received_at: datetime

    def moment(self, value: Any) -> tuple[datetime, bool]:
        """When an item happened, and whether Meta said so. Without an own time the entry's counts."""
        found = point_in_time(self.time if value is None else value, self.received_at)
        return (found, True) if found else (self.received_at, False)

    @property
    def sent_at(self) -> datetime:
        return self.moment(None)[0]
