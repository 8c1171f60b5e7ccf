from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("inbox", "0018_takes_messages"),
    ]

    operations = [
        migrations.AddField(
            model_name="outgoing",
            name="price",
            field=models.DecimalField(db_default=0, decimal_places=4, max_digits=12),
        ),
    ]
