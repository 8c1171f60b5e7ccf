from django.db import migrations, models
from django.db.models.functions import Lower


class Migration(migrations.Migration):
    dependencies = [("inbox", "0015_merge_tags")]
    operations = [
        migrations.RemoveConstraint(model_name="tag", name="one_tag"),
        migrations.AddConstraint(
            model_name="tag", constraint=models.UniqueConstraint("workspace", Lower("name"), name="one_tag")
        ),
    ]
