from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("inbox", "0016_tags_in_any_case"),
    ]

    operations = [
        migrations.AddField(
            model_name="identity",
            name="takes_messages",
            field=models.BooleanField(null=True),
        ),
    ]
