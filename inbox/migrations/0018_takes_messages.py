from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("inbox", "0017_windows_of_words"),
    ]

    operations = [
        migrations.AddField(
            model_name="identity",
            name="takes_messages",
            field=models.BooleanField(null=True),
        ),
    ]
