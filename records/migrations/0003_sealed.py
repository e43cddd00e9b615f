from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("records", "0002_purposes")]

    operations: list[migrations.operations.base.Operation] = []
