from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("inbox", "0012_groups_and_looks"),
    ]

    operations = [
        migrations.AddField(
            model_name="message",
            name="standing",
            field=models.CharField(blank=True, db_default="", default="", max_length=8),
        ),
    ]
