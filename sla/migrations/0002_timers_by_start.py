from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sla", "0001_initial")]
    operations = [
        migrations.AddIndex(
            model_name="timer",
            index=models.Index(fields=["workspace", "metric", "started_at"], name="timers_by_start"),
        ),
    ]
