"""The one contact that a vendor had becomes the first of its contacts."""

from typing import Any

from django.db import migrations


def move(apps: Any, _editor: Any) -> None:
    """Copy name and number of each vendor that has either."""
    vendor_model, contact_model = apps.get_model("parties", "Vendor"), apps.get_model("parties", "Contact")
    contact_model.objects.bulk_create(
        contact_model(vendor=vendor, name=vendor.contact or vendor.name[:40], phone=vendor.phone)
        for vendor in vendor_model.objects.order_by("pk")
        if vendor.contact or vendor.phone
    )


class Migration(migrations.Migration):
    dependencies = [("parties", "0002_contact")]
    operations = [migrations.RunPython(move, migrations.RunPython.noop)]
