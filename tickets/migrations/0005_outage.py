from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("tickets", "0004_repair")]

    operations: list[migrations.operations.base.Operation] = []
