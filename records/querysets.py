"""Finds: history, signatures and files of a record. Whoever calls has already decided who may see the record."""

from django.db.models import Model, QuerySet

from records.models import Attachment, AuditEntry, PaperSheet, PaperState, Purpose, Signature, SignLink, Visibility
from records.services.audit import subject_key
from records.services.proof import signature_state


def entries_of(subject: Model, visibility: str = Visibility.INTERNAL) -> QuerySet[AuditEntry]:
    """The record's history, oldest first; with visibility "client" only what the client may see."""
    rows = AuditEntry.objects.filter(subject_type=subject_key(subject), subject_id=subject.pk).select_related("actor")
    if visibility == Visibility.CLIENT:
        rows = rows.filter(visibility=Visibility.CLIENT)
    return rows.order_by("at", "id")


def attachments_of(subject: Model, kind: str = "") -> QuerySet[Attachment]:
    """The record's files in the order in which they came, of one kind where one is given."""
    rows = Attachment.objects.filter(subject_type=subject_key(subject), subject_id=subject.pk).select_related(
        "added_by"
    )
    return rows.filter(kind=kind) if kind else rows


def signatures_of(subject: Model, purpose: str = "") -> QuerySet[Signature]:
    """The record's signatures, oldest first, without image and strokes: those are served on their own."""
    rows = Signature.objects.filter(subject_type=subject_key(subject), subject_id=subject.pk)
    if purpose:
        rows = rows.filter(purpose=purpose)
    return rows.defer("image_png", "strokes").select_related("signer", "witness").order_by("signed_at", "id")


def sealed_signatures_of(subject: Model, purpose: str = "") -> list[Signature]:
    """The record's signatures, oldest first, each with `state`: whether its seal holds (records.services.proof)."""
    rows = Signature.objects.filter(subject_type=subject_key(subject), subject_id=subject.pk)
    if purpose:
        rows = rows.filter(purpose=purpose)
    found = list(rows.select_related("signer", "witness", "paper").order_by("signed_at", "id"))
    for signature in found:
        signature.state = signature_state(signature)  # type: ignore[attr-defined]
    return found


def papers_waiting_of(subject: Model) -> list[PaperSheet]:
    """Sheets signed on paper that somebody else has to confirm."""
    rows = PaperSheet.objects.filter(
        subject_type=subject_key(subject), subject_id=subject.pk, state=PaperState.UPLOADED
    )
    return list(rows.select_related("uploaded_by"))


def latest_link_of(subject: Model, purpose: Purpose | str) -> SignLink | None:
    """The newest one-time link of the record and purpose, whatever became of it; None when none was issued."""
    rows = SignLink.objects.filter(subject_type=subject_key(subject), subject_id=subject.pk, purpose=purpose)
    return rows.select_related("issued_by", "contract").order_by("-issued_at", "-id").first()
