from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("parties", "0003_vendor_contacts")]
    operations = [
        migrations.RemoveField(model_name="vendor", name="contact"),
        migrations.RemoveField(model_name="vendor", name="phone"),
    ]
