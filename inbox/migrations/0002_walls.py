from django.db import migrations

from socialcare.tenancy import wall

TABLES = ("contact", "identity", "ticket", "message", "note", "event", "story", "early", "seen", "idempotency")


class Migration(migrations.Migration):
    dependencies = [("inbox", "0001_initial"), ("sla", "0001_initial")]
    operations = [
        wall(*(f"inbox_{table}" for table in TABLES)),
        migrations.RunSQL(
            "ALTER TABLE sla_timer ADD CONSTRAINT timer_of_ticket FOREIGN KEY (ticket_id)"
            " REFERENCES inbox_ticket (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED",
            "ALTER TABLE sla_timer DROP CONSTRAINT timer_of_ticket",
        ),
    ]
