from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("inbox", "0010_notifications"),
        ("connectors", "0007_queue_of_an_account"),
    ]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE connectors_channelaccount ADD CONSTRAINT account_of_queue FOREIGN KEY (queue_id)"
            " REFERENCES inbox_queue (id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED",
            "ALTER TABLE connectors_channelaccount DROP CONSTRAINT account_of_queue",
        ),
    ]
