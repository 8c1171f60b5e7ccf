from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inbox", "0003_as_the_platform_says")]
    operations = [
        migrations.AddIndex(
            model_name="identity",
            index=models.Index(
                condition=models.Q(("name", ""), ("profile_asked_at", None)),
                fields=["account", "-id"],
                name="identities_to_ask",
            ),
        ),
    ]
