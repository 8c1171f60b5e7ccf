from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("connectors", "0007_queue_of_an_account")]
    operations = [
        migrations.AlterField(
            model_name="oddity",
            name="what",
            field=models.CharField(
                choices=[("event", "Unknown event"), ("account", "Account that is not connected")], max_length=8
            ),
        ),
    ]
