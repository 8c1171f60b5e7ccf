from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("connectors", "0001_initial")]
    operations = [
        migrations.AddField(
            model_name="platformapp",
            name="removed_at",
            field=models.DateTimeField(null=True),
        )
    ]
