from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("reports", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="weeklyreport",
            name="summary_basis",
            field=models.TextField(blank=True, default=""),
            preserve_default=False,
        ),
    ]
