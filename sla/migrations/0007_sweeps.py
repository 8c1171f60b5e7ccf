from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sla", "0006_timers_running")]
    operations = [
        # The table keeps its name: processes from before read it until they have ended.
        migrations.AlterModelTable("change", "sla_change"),
        migrations.RenameModel("Change", "Sweep"),
        migrations.AlterField(
            model_name="sweep",
            name="why",
            field=models.CharField(choices=[("policy", "Policy"), ("hours", "Hours"), ("tag", "Tag")], max_length=20),
        ),
    ]
