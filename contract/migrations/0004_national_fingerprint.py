from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("contract", "0003_calendar_fingerprint")]

    operations = [
        migrations.AddField(
            model_name="publishedyear",
            name="fingerprint",
            field=models.CharField(default="", max_length=64),
            preserve_default=False,
        ),
    ]
