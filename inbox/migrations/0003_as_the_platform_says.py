from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inbox", "0002_walls")]
    operations = [
        migrations.AlterField(
            model_name="identity",
            name="external_id",
            field=models.CharField(max_length=260),
        ),
        migrations.AddField(
            model_name="message",
            name="standby",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="message",
            name="moved",
            field=models.JSONField(default=dict),
        ),
    ]
