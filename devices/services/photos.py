"""Photos of a device, and which of them stands for it."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from core.errors import Invalid, NotFound
from devices.models import Device
from devices.services.common import fields_write, require_keeper
from parties.models import Contract, User
from records.models import Attachment, Source
from records.querysets import attachments_of
from records.services.attachments import PreparedImage, attachments_store


@transaction.atomic
def photos_add(
    *,
    device: Device,
    contract: Contract,
    photos: Sequence[PreparedImage],
    actor: User | None,
    at: datetime,
    source: str = Source.PAGE,
) -> list[Attachment]:
    """Keep photos of a device; the first one ever becomes its main photo. Raises NotAllowed, Invalid (none), StorageFull."""
    require_keeper(actor, contract, source=source)
    if not photos:
        message = _("Please take or choose a photo.")
        raise Invalid(message, fields={"photos": message})
    rows = attachments_store(photos, contract=contract, subject=device, actor=actor, at=at, source=source)
    # Not a change that anybody edits against: whoever has the form open keeps their entries.
    if Device.objects.filter(pk=device.pk, main_photo__isnull=True).update(main_photo=rows[0]):
        device.main_photo = rows[0]
    return rows


@transaction.atomic
def photo_main(
    *, device: Device, contract: Contract, photo_id: int, actor: User, at: datetime, source: str = Source.PAGE
) -> Device:
    """Let one of the device's photos stand for it. Raises NotAllowed, and NotFound when it is not one of them."""
    require_keeper(actor, contract, source=source)
    photo = attachments_of(device, "photo").filter(pk=photo_id).first()
    if photo is None:
        raise NotFound(_("There is no such photo of this device."))
    fields_write(device, {"main_photo": photo}, contract=contract, actor=actor, at=at, verb="main_photo", source=source)
    return device
