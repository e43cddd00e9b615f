"""Sheets signed by hand on paper: one person uploads the photos, another confirms them; only then there is a signature."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from core import clock, subjects
from core.errors import Conflict, Invalid, NotAllowed
from core.roles import LEADER, STAFF_ROLES, SUPERVISOR
from parties.models import User
from parties.querysets import role_in
from records.models import Identity, PaperSheet, PaperState, Purpose, Signature, Source, Way
from records.models.attachment import SIGNED_KIND
from records.services.attachments import PreparedImage, attachments_store
from records.services.audit import audit_write
from records.services.documents import document_of, may_ask, signature_of, sitting_of, spec_of
from records.services.signatures import already_signed, signatures_store

MAX_PHOTOS = 3
CONFIRMERS = (*STAFF_ROLES, SUPERVISOR, LEADER)


@transaction.atomic
def paper_upload(
    *,
    subject: models.Model,
    purpose: Purpose | str,
    also: bool = False,
    version: int,
    signer_name: str,
    signer_unit: str = "",
    signed_on: date,
    photos: Sequence[PreparedImage],
    actor: User,
    at: datetime,
    source: str = Source.PAGE,
) -> PaperSheet:
    """Store photos of a sheet that was printed, signed by hand and photographed; it counts for nothing until it is confirmed.

    `version` is the one printed on the sheet and must be the record's present one; `also`: the other block of the sheet (acceptance
    beside completion) is signed too. Raises NotAllowed, Invalid (no name, no photo, a date to come, another version) and Conflict
    (signed already, or a sheet waits for confirmation).
    """
    spec = spec_of(subject, purpose)
    if not may_ask(actor, subject, purpose):
        raise NotAllowed(_("You may not ask for this signature, or the record is not ready to be signed."))
    document = document_of(subject, purpose)
    wrong: dict[str, str] = {}
    if not signer_name.strip():
        wrong["signer_name"] = _("Please enter whose signature is on the sheet.")
    if not 1 <= len(photos) <= MAX_PHOTOS:
        wrong["photos"] = _("Please take one to three photos of the sheet.")
    if signed_on > at.astimezone(clock.SHANGHAI).date():
        wrong["signed_on"] = _("This day is still to come.")
    if version != document.version:
        wrong["version"] = _(
            "The record has version %(now)d, the sheet version %(sheet)d. What was changed since is not on that paper: please "
            "print the sheet again and have it signed."
        ) % {"now": document.version, "sheet": version}
    if wrong:
        raise Invalid(_("Some entries need another look; nothing was saved."), fields=wrong)
    first = signature_of(subject, purpose, version)
    if first is not None:
        raise Conflict(already_signed(first))
    second = sitting_of(subject, purpose) if also else ""
    contract = subject.contract  # type: ignore[attr-defined]
    try:
        with transaction.atomic():
            sheet = PaperSheet.objects.create(
                contract=contract,
                subject_type=subjects.key_of(subject),
                subject_id=subject.pk,
                purpose=purpose,
                also=second,
                version=version,
                canonical_sha256=document.sha256,
                also_sha256=document_of(subject, second).sha256 if second else "",
                signer_name=signer_name.strip()[:40],
                signer_unit=signer_unit.strip()[:80],
                signed_on=signed_on,
                uploaded_by=actor,
                uploaded_at=at,
            )
    except IntegrityError:
        raise Conflict(_("A signed sheet of this version was uploaded before and waits for confirmation.")) from None
    sheet.photos.set(
        attachments_store(
            photos, contract=contract, subject=subject, kind=SIGNED_KIND, actor=actor, at=at, source=source
        )
    )
    _enter(sheet, subject, "paper_upload", actor, at, source)
    if spec.on_paper is not None:
        spec.on_paper(subject, sheet=sheet, at=at, source=source)
    return sheet


def may_confirm(user: Any, sheet: PaperSheet) -> bool:
    """Whether this account may say that the photo shows the signed sheet: a colleague of who uploaded it, or the client's
    supervisor or leader; never who uploaded it."""
    return (
        sheet.state == PaperState.UPLOADED
        and user.pk != sheet.uploaded_by_id
        and role_in(user, sheet.contract_id) in CONFIRMERS
    )


@transaction.atomic
def paper_confirm(*, sheet: PaperSheet, actor: User, at: datetime, source: str = Source.PAGE) -> Signature:
    """Confirm that the photos show the signed sheet of that version: the signature is sealed over them and counts from now on.

    Raises NotAllowed (the same person), Conflict (decided before, signed otherwise, or the record has changed since).
    """
    if role_in(actor, sheet.contract_id) not in CONFIRMERS:
        raise _refusal(sheet, actor)
    if (
        not PaperSheet.objects.filter(pk=sheet.pk, state=PaperState.UPLOADED)
        .exclude(uploaded_by=actor)
        .update(state=PaperState.CONFIRMED, decided_by=actor, decided_at=at)
    ):
        raise _refusal(sheet, actor)
    subject = subjects.load(sheet.subject_type, sheet.subject_id)
    photos = list(sheet.photos.order_by("pk").values_list("sha256", flat=True))
    texts = [*([(sheet.also, sheet.also_sha256)] if sheet.also else []), (sheet.purpose, sheet.canonical_sha256)]
    signature = signatures_store(
        [
            Signature(
                subject_type=sheet.subject_type,
                subject_id=sheet.subject_id,
                purpose=purpose,
                version=sheet.version,
                way=Way.PAPER,
                signer_name=sheet.signer_name,
                signer_unit=sheet.signer_unit,
                identity=Identity.WITNESS,
                witness=sheet.uploaded_by,
                paper=sheet,
                paper_date=sheet.signed_on,
                evidence={"photos": photos, "confirmed_by": actor.pk},
                canonical_sha256=sha256,
                image_png=b"",
                strokes=[],
                signed_at=at,
            )
            for purpose, sha256 in texts
        ],
        subject=subject,
        source=source,
    )
    sheet.refresh_from_db()
    _enter(sheet, subject, "paper_confirm", actor, at, source)
    _tell(subject, sheet, at, source)
    return signature


@transaction.atomic
def paper_refuse(*, sheet: PaperSheet, actor: User, at: datetime, reason: str, source: str = Source.PAGE) -> PaperSheet:
    """Say that the photos do not show what they should. Raises Invalid (no reason), NotAllowed and Conflict."""
    if not reason.strip():
        message = _("Please say what is wrong with it.")
        raise Invalid(message, fields={"reason": message})
    if not may_confirm(actor, sheet):
        raise _refusal(sheet, actor)
    if (
        not PaperSheet.objects.filter(pk=sheet.pk, state=PaperState.UPLOADED)
        .exclude(uploaded_by=actor)
        .update(state=PaperState.REFUSED, decided_by=actor, decided_at=at, reason=reason.strip()[:300])
    ):
        raise _refusal(sheet, actor)
    sheet.refresh_from_db()
    subject = subjects.load(sheet.subject_type, sheet.subject_id)
    _enter(sheet, subject, "paper_refuse", actor, at, source, reason=reason.strip())
    _tell(subject, sheet, at, source)
    return sheet


def _refusal(sheet: PaperSheet, actor: User) -> NotAllowed | Conflict:
    if PaperSheet.objects.filter(pk=sheet.pk).exclude(state=PaperState.UPLOADED).exists():
        return Conflict(_("Somebody decided about this sheet before."))
    if sheet.uploaded_by_id == actor.pk:
        return NotAllowed(_("You uploaded this sheet, so somebody else has to confirm it."))
    return NotAllowed(_("Your role may not confirm a signed sheet."))


def _tell(subject: Any, sheet: PaperSheet, at: datetime, source: str) -> None:
    spec = subjects.get(sheet.subject_type)
    if spec.on_paper is not None:
        spec.on_paper(subject, sheet=sheet, at=at, source=source)


def _enter(
    sheet: PaperSheet, subject: Any, verb: str, actor: User, at: datetime, source: str, reason: str = ""
) -> None:
    audit_write(
        contract=sheet.contract,
        subject=subject,
        verb=verb,
        actor=actor,
        at=at,
        source=source,
        reason=reason,
        after={
            "sheet": sheet.pk,
            "purpose": sheet.purpose,
            "also": sheet.also,
            "version": sheet.version,
            "signer_name": sheet.signer_name,
            "signed_on": sheet.signed_on,
            "photos": list(sheet.photos.order_by("pk").values_list("sha256", flat=True)),
        },
    )
