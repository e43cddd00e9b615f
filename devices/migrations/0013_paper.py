"""A further source of what was written down: paper, entered later."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("devices", "0012_checks")]

    operations = [
        migrations.AlterField(
            model_name="configversion",
            name="source",
            field=models.CharField(
                choices=[
                    ("page", "Page"),
                    ("link", "One-time link"),
                    ("api", "Interface"),
                    ("task", "Scheduled task"),
                    ("command", "Command"),
                    ("import", "Import"),
                    ("demo", "Demo"),
                    ("paper", "Paper, entered later"),
                ],
                default="page",
                max_length=10,
            ),
        ),
    ]
