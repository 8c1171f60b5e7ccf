from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("sla", "0004_gather")]
    operations = [
        migrations.RemoveField(model_name="policy", name="metric"),
        migrations.RemoveField(model_name="policy", name="target"),
    ]
