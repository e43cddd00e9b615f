"""Verb `spot_check`: somebody looked at a device and says what they found."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core.errors import Conflict
from devices.models import Device, SpotCheck
from devices.services.common import check_input, needed, optional, require_keeper
from devices.states import SpotVerdict
from parties.models import Contract, User
from records.models import Source
from records.services.attachments import PreparedImage, attachments_store
from records.services.audit import audit_write

RECORDED = "recorded"
"""The code of the Conflict that a form sent twice is answered with."""


@transaction.atomic
def spot_check(
    *,
    device: Device,
    contract: Contract,
    verdict: str,
    note: str = "",
    photos: Sequence[PreparedImage] = (),
    form_token: UUID | None = None,
    actor: User | None,
    at: datetime,
    source: str = Source.PAGE,
) -> SpotCheck:
    """Write down one look at one device at `at`. Abnormal says what is wrong.

    Raises NotAllowed, Invalid, or Conflict with code RECORDED when a form with this token has made its check already.
    """
    require_keeper(actor, contract, source=source)
    abnormal = verdict == SpotVerdict.ABNORMAL
    check_input(
        {
            "verdict": "" if verdict in SpotVerdict.values else _("Please choose normal or abnormal."),
            "note": needed(note, 300, _("Please say what is wrong.")) if abnormal else optional(note, 300),
        }
    )
    check = SpotCheck(
        contract=contract,
        device=device,
        place=device.place,
        verdict=verdict,
        note=note.strip(),
        at=at,
        by=actor,
        form_token=form_token,
    )
    try:
        with transaction.atomic():
            check.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(_("This check has been recorded already."), code=RECORDED) from error
    audit_write(
        contract=contract,
        subject=check,
        verb="spot_check",
        actor=actor,
        at=at,
        source=source,
        after={"device": device, "place": device.place, "verdict": verdict, "note": check.note},
    )
    if photos:
        attachments_store(photos, contract=contract, subject=check, actor=actor, at=at, source=source)
    return check
