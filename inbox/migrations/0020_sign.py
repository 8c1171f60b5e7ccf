from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("inbox", "0019_price_in_line"),
    ]

    operations = [
        # Null tells the tickets that were there before.
        migrations.AddField(
            model_name="ticket",
            name="sign",
            field=models.CharField(blank=True, max_length=20, null=True),
        ),
        migrations.AlterField(
            model_name="ticket",
            name="sign",
            field=models.CharField(blank=True, default="", max_length=20, null=True),
        ),
    ]
