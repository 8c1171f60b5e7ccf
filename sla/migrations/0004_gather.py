"""A policy was a target for one metric on one channel; now it holds conditions and a target for each metric."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import migrations

from socialcare.tenancy import workspace

Old = tuple[str, str, str, timedelta]


def gathered(olds: Sequence[Old]) -> list[tuple[str, str, dict[str, timedelta]]]:
    """New policies that promise on each channel what the old ones did: of each metric the first that fits counts.

    `olds`: (name, channel, metric, target) in their order.
    """

    def on(channel: str) -> tuple[dict[str, timedelta], list[str]]:
        targets: dict[str, timedelta] = {}
        names = []
        for name, where, metric, target in olds:
            if where in ("", channel) and metric not in targets:
                targets[metric] = target
                names.append(name)
        return targets, names

    general, names = on("")
    made = []
    for channel in dict.fromkeys(where for _, where, _, _ in olds if where):
        targets, own = on(channel)
        if targets != general:
            made.append((own[0], channel, targets))
    if general:
        made.append((names[0] if len(names) == 1 else "Promise", "", general))
    return made


def gather(apps: Any, schema_editor: Any) -> None:
    policies = apps.get_model("sla", "Policy").objects
    for workspace_id in list(policies.order_by().values_list("workspace_id", flat=True).distinct()):
        with workspace(workspace_id):
            mine = policies.filter(workspace_id=workspace_id)
            olds = list(mine.order_by("position", "id").values_list("name", "channel", "metric", "target"))
            mine.delete()
            for position, (name, channel, targets) in enumerate(gathered(olds)):
                # The old columns are still there, and go with the next migration.
                old = {"metric": "", "target": timedelta()}
                policies.create(name=name, channel=channel, position=position, **targets, **old)


class Migration(migrations.Migration):
    dependencies = [("sla", "0003_promises")]
    operations = [
        migrations.RunPython(gather, migrations.RunPython.noop),
        # What was promised when a clock started is what it was due after.
        migrations.RunSQL("UPDATE sla_timer SET target = due_at - started_at", migrations.RunSQL.noop),
    ]
