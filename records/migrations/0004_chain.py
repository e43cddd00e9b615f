from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("records", "0003_sealed")]

    operations: list[migrations.operations.base.Operation] = []
