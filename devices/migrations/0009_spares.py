from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ("devices", "0008_network"),
    ]

    operations = []
