from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("tickets", "0005_outage")]

    operations: list[migrations.operations.base.Operation] = []
