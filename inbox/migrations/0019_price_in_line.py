from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("inbox", "0018_takes_messages"),
    ]

    operations = [
        migrations.AddField(
            model_name="outgoing",
            name="price",
            field=models.DecimalField(decimal_places=4, default=0, max_digits=12),
        ),
    ]
