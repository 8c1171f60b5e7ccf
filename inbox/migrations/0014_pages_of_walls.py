from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inbox", "0013_standing")]
    operations = [
        migrations.AddField(
            model_name="wall",
            name="turns",
            field=models.CharField(
                choices=[
                    ("queues", "Everything, then each queue"),
                    ("channels", "Everything, then each channel"),
                    ("both", "Everything, then each queue and each channel"),
                    ("nothing", "Everything on one page"),
                ],
                db_default="queues",
                default="queues",
                max_length=10,
            ),
        ),
    ]
