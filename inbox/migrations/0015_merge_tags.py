"""Tags that differ in their case alone become one, spelt as it was first."""

from typing import Any

from django.db import connection, migrations
from django.db.models.functions import Lower

from socialcare.tenancy import workspace

_MERGE = (
    """UPDATE inbox_ticket SET tag_ids = ARRAY(
        SELECT DISTINCT CASE tag WHEN %(double)s THEN %(kept)s ELSE tag END FROM unnest(tag_ids) tag ORDER BY 1)
    WHERE workspace_id = %(workspace)s AND tag_ids @> ARRAY[%(double)s]::bigint[]""",
    "UPDATE sla_policy SET tag_id = %(kept)s WHERE workspace_id = %(workspace)s AND tag_id = %(double)s",
    "DELETE FROM inbox_tally WHERE workspace_id = %(workspace)s AND dimension = 'tag' AND key = %(double)s",
    "DELETE FROM inbox_tag WHERE workspace_id = %(workspace)s AND id = %(double)s",
)


def merge(apps: Any, schema_editor: Any) -> None:
    tags = apps.get_model("inbox", "Tag").objects
    for place in apps.get_model("socialcare", "Workspace").objects.values_list("id", flat=True):
        with workspace(place), connection.cursor() as cursor:
            kept: dict[str, int] = {}
            named = tags.filter(workspace_id=place).annotate(lower=Lower("name")).order_by("id")
            doubles = [
                (pk, kept[lower]) for pk, lower in named.values_list("id", "lower") if kept.setdefault(lower, pk) != pk
            ]
            for double, into in doubles:
                for statement in _MERGE:
                    cursor.execute(statement, {"workspace": place, "double": double, "kept": into})
            if doubles:
                # Reports add everything up anew.
                cursor.execute("INSERT INTO inbox_stale (workspace_id, marked_at) VALUES (%s, now())", [place])


class Migration(migrations.Migration):
    dependencies = [("inbox", "0014_pages_of_walls")]
    operations = [migrations.RunPython(merge, migrations.RunPython.noop)]
