import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

import socialcare.tenancy
from socialcare.tenancy import wall

# The owner of the table is behind the wall too; on X somebody may be written to in private as often as they allow.
ONCE = """
ALTER TABLE inbox_message NO FORCE ROW LEVEL SECURITY;
UPDATE inbox_message SET once = true FROM connectors_channelaccount AS account
WHERE account.id = account_id AND account.channel <> 'twitter'
AND private AND origin = 'agent' AND kind <> 'direct';
ALTER TABLE inbox_message FORCE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("connectors", "0008_account_not_page"),
        ("inbox", "0011_queue_of_an_account"),
        ("socialcare", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="message",
            name="once",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="message",
            name="looked_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.RunSQL(ONCE, migrations.RunSQL.noop),
        migrations.RemoveConstraint(model_name="message", name="one_private_reply"),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.UniqueConstraint(
                condition=Q(once=True, origin="agent", state__in=["queued", "sending", "sent", "unknown"]),
                fields=("account", "parent_id"),
                name="one_private_reply",
            ),
        ),
        migrations.CreateModel(
            name="Participants",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("thread_id", models.CharField(max_length=200)),
                ("people", models.JSONField(default=dict)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="connectors.channelaccount",
                    ),
                ),
                (
                    "workspace",
                    socialcare.tenancy.WorkspaceKey(
                        db_index=False,
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="socialcare.workspace",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "participants",
                "constraints": [models.UniqueConstraint(fields=("account", "thread_id"), name="one_group_of_people")],
            },
        ),
        wall("inbox_participants"),
    ]
