from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("parties", "0001_initial")]

    operations = [
        migrations.AlterField(
            model_name="user", name="name", field=models.CharField(max_length=40, verbose_name="Full name")
        ),
    ]
