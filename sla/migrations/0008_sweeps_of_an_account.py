from django.conf import settings
from django.db import migrations, models
from django.db.models.deletion import SET_NULL


class Migration(migrations.Migration):
    dependencies = [("sla", "0007_sweeps"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]
    operations = [
        migrations.AlterField(
            model_name="sweep",
            name="why",
            field=models.CharField(
                choices=[("policy", "Policy"), ("hours", "Hours"), ("tag", "Tag"), ("account", "Account")],
                max_length=20,
            ),
        ),
        migrations.AddField(
            model_name="sweep",
            name="by",
            field=models.ForeignKey(
                db_index=False, null=True, on_delete=SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
    ]
