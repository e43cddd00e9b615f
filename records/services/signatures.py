"""Gives a signature: once per record, purpose and version, whoever presses how often."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, models, transaction
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from core import clock, subjects
from core.errors import Conflict, Invalid, NotAllowed
from core.request import current
from parties.models import User
from parties.querysets import membership_in
from records.models import Identity, Purpose, Signature, SignLink, Source, Visibility, Way
from records.services.audit import audit_write
from records.services.documents import document_of, may_ask, may_sign, signature_of, spec_of
from records.services.drawing import drawing_of
from records.services.links import link_claim, refuse_dead_link
from records.services.proof import signature_seal

CHANGED = "changed_since_shown"
"""The code of the Conflict that asks the page to show the record anew."""
MAX_COMMENT = 500


@dataclass(frozen=True)
class Seen:
    """A text as the signer saw it: its purpose and its SHA-256; the version is that of the record."""

    purpose: str
    sha256: str


def signature_give(
    *,
    subject: models.Model,
    purpose: Purpose | str,
    way: Way | str,
    image: str | bytes,
    strokes: str | Sequence[Any] | dict[str, Any],
    signer: User | None = None,
    signer_name: str = "",
    signer_unit: str = "",
    witness: User | None = None,
    link: SignLink | None = None,
    version_seen: int,
    sha256_seen: str,
    at: datetime,
    rating: int | None = None,
    comment: str = "",
    source: str = "",
    also: Seen | None = None,
) -> Signature:
    """Sign a record by hand (五.1(2)); what happens then is the subject's `on_signed`, in the same transaction.

    `also` is a second text of the same record that the signer saw in full in the same sitting: one handwriting, two signatures,
    both or none. Whoever signed that text before keeps it signed. The one under `purpose` is returned.

    Three ways, each with its proof: `account` needs `signer`; `link` needs `link`, whose issuer is the witness; `handover`
    needs `witness` and `signer_name`. The same person sending the same signature again gets the first one back. Raises
    Invalid (no handwriting, wrong rating), NotAllowed, Gone (dead link), Conflict (signed by somebody else; or, with code
    CHANGED, the record is no longer what was shown).
    """
    drawing = drawing_of(image, strokes)
    if rating is not None and rating not in range(1, 6):
        raise Invalid(
            _("Please choose one of the five levels."), fields={"rating": _("Please choose one of the five levels.")}
        )
    if len(comment) > MAX_COMMENT:
        message = _("The comment may have at most %(count)d characters.") % {"count": MAX_COMMENT}
        raise Invalid(message, fields={"comment": message})
    if way == Way.LINK:
        if link is None:
            raise ValueError("a signature by link needs its link")
        signer, witness = None, link.issued_by
        signer_name, signer_unit = link.signer_name, link.signer_unit
        if also is not None and also.purpose != link.also:
            raise ValueError("a link is signed for its own purposes only")
    elif way == Way.ACCOUNT:
        if signer is None:
            raise ValueError("a signature by account needs its signer")
        membership = membership_in(signer, subject.contract_id)  # type: ignore[attr-defined]
        signer_name = signer_name or signer.name
        signer_unit = signer_unit or (str(membership.unit) if membership and membership.unit else "")
    elif witness is None or not signer_name.strip():
        raise ValueError("a signature on a handed-over phone needs its witness and the signer's name")
    facts = current.get()
    rows = [
        Signature(
            subject_type=subjects.key_of(subject),
            subject_id=subject.pk,
            purpose=seen.purpose,
            version=version_seen,
            way=way,
            signer=signer,
            signer_name=signer_name.strip()[:40],
            signer_unit=signer_unit.strip()[:80],
            identity=_identity(way, link),
            told_to=link.told_to if link is not None else "",
            witness=None if way == Way.ACCOUNT else witness,
            link=link if way == Way.LINK else None,
            canonical_sha256=seen.sha256,
            image_png=drawing.png,
            strokes=drawing.strokes,
            signed_at=at,
            ip=facts.ip,
            user_agent=facts.user_agent,
        )
        for seen in (*([also] if also is not None else []), Seen(purpose, sha256_seen))
    ]
    return signatures_store(
        rows,
        subject=subject,
        rating=rating,
        comment=comment.strip(),
        source=source or (Source.LINK if way == Way.LINK else Source.PAGE),
    )


def _identity(way: Way | str, link: SignLink | None) -> Identity:
    if way == Way.ACCOUNT:
        return Identity.ACCOUNT
    return Identity.CODE if link is not None and link.code_hash else Identity.WITNESS


@transaction.atomic
def signatures_store(
    rows: Sequence[Signature], *, subject: models.Model, rating: int | None = None, comment: str = "", source: str
) -> Signature:
    """Seal and store the signatures of one sitting, all or none; the last one is the one that counts and is returned.

    The rows carry what the signer saw: version and `canonical_sha256`. Raises NotAllowed, Gone and Conflict as signature_give does.
    """
    main = rows[-1]
    link, at = main.link, main.signed_at
    # Claim first: of many equal posts one gets the link, the others wait for it and then find its signature.
    claimed = link is None or link_claim(link, at=at)
    first = signature_of(subject, main.purpose, main.version)
    if first is not None:
        return _first_or_conflict(first, main)
    if link is not None and not claimed:
        link.refresh_from_db()
        refuse_dead_link(link, at=at)
        raise _changed()
    for row in rows[:-1]:
        if signature_of(subject, row.purpose, row.version) is None:
            _store(row, subject=subject, rating=None, comment="", source=source)
    return _store(main, subject=subject, rating=rating, comment=comment, source=source)


def _store(row: Signature, *, subject: models.Model, rating: int | None, comment: str, source: str) -> Signature:
    purpose, at, sha256_seen = row.purpose, row.signed_at, row.canonical_sha256
    spec = spec_of(subject, purpose)
    # The row itself is the claim: of all who sign this version at this moment one gets past its unique constraint.
    present: Any = spec.model._default_manager.get(pk=subject.pk)
    document = document_of(present, purpose)
    row.contract_id = present.contract_id
    row.canonical_text, row.canonical_sha256 = document.text, document.sha256
    row.recorded_at = clock.now()
    signature_seal(row)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        first = signature_of(subject, purpose, row.version)
        if first is None:
            raise
        return _first_or_conflict(first, row)
    present = spec.model._default_manager.get(pk=subject.pk)
    _refuse_without_permission(row, present)
    for shown in (document, document_of(present, purpose)):
        if shown.version != row.version or shown.sha256 != sha256_seen:
            raise _changed()
    if row.link is not None and row.link.version != row.version:
        raise _changed()
    if spec.on_signed is not None:
        spec.on_signed(present, signature=row, at=at, rating=rating, comment=comment, source=source)
        # The subject's own row is claimed now; had it changed since it was read above, this would show it.
        if spec.signed_version and spec.signed_version(spec.model._default_manager.get(pk=subject.pk)) != row.version:
            raise _changed()
    others = SignLink.objects.filter(
        subject_type=row.subject_type, subject_id=row.subject_id, purpose=purpose, used_at=None, revoked_at=None
    )
    others.update(revoked_at=at)
    # The proof, for whoever checks; the step of the record's own flow is entered by the subject.
    audit_write(
        contract=row.contract,
        subject=present,
        verb="signature_give",
        actor=row.signer,
        actor_label=row.signer_name,
        at=at,
        source=source,
        visibility=Visibility.INTERNAL,
        after={
            "signature": row.pk,
            "purpose": purpose,
            "way": row.way,
            "version": row.version,
            "sha256": row.canonical_sha256,
            "seal": row.seal,
            "seal_key_id": row.seal_key_id,
            "signer_name": row.signer_name,
            "signer_unit": row.signer_unit,
            "witness": row.witness,
        },
    )
    return row


def _refuse_without_permission(row: Signature, subject: models.Model) -> None:
    if row.way == Way.ACCOUNT and not may_sign(row.signer, subject, row.purpose):
        raise NotAllowed(_("You may not sign this record, or it is not ready to be signed."))
    if row.way == Way.HANDOVER and not may_ask(row.witness, subject, row.purpose):
        raise NotAllowed(_("You may not ask for this signature, or the record is not ready to be signed."))


def _first_or_conflict(first: Signature, wanted: Signature) -> Signature:
    """The first signature, when it is the same person's by the same way; else the message that says who was quicker."""
    if first.way == wanted.way and (
        (first.signer_id, first.link_id, first.witness_id) == (wanted.signer_id, wanted.link_id, wanted.witness_id)
        and first.signer_name == wanted.signer_name
    ):
        return first
    raise Conflict(already_signed(first))


def already_signed(signature: Signature) -> str:
    """The sentence that says by whom and when a version was signed."""
    return _("%(name)s already signed this at %(instant)s.") % {
        "name": signature.signer_name,
        "instant": date_format(localtime(signature.signed_at), "Y-m-d H:i"),
    }


def _changed() -> Conflict:
    return Conflict(
        _("The record was changed after it was shown to you. Please read its present text below and sign again."),
        code=CHANGED,
    )
