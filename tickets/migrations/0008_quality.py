from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("tickets", "0007_talk")]

    operations: list[migrations.operations.base.Operation] = []
