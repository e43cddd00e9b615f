"""The seal of a signature: what it stands over, how it is made, and whether it still holds (电子签名法第十三条).

What is sealed is one line of JSON in UTF-8 with sorted keys and no blanks, exactly the fields of `sealed_bytes`; its first field
"format" names this agreement, so that a later one can differ. Instants are ISO 8601 in UTC with microseconds. Text, picture and
strokes stand in it by their SHA-256, computed anew from what the database holds whenever a seal is checked. docs/signatures.md
shows how anybody can do that without this program.
"""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import structlog
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import seal
from core.errors import DomainError
from records.models import Signature

log = structlog.get_logger()
FORMAT = "guarantee-signature/1"
VALID, ALTERED, UNKNOWN_KEY = "valid", "altered", "unknown_key"
STATES = {
    VALID: gettext_lazy("Seal valid"),
    ALTERED: gettext_lazy("Altered: the seal does not fit"),
    UNKNOWN_KEY: gettext_lazy("Seal made with an unknown key"),
}


class CannotSeal(DomainError):
    """The key that seals is missing, so nothing is signed (503)."""

    status = 503


def sealed_bytes(signature: Signature) -> bytes:
    """What the seal stands over, from the row's own columns and from nothing else."""
    facts: dict[str, Any] = {
        "format": FORMAT,
        "contract": signature.contract_id,
        "subject_type": signature.subject_type,
        "subject_id": signature.subject_id,
        "purpose": str(signature.purpose),
        "version": signature.version,
        "text_sha256": hashlib.sha256(signature.canonical_text.encode()).hexdigest(),
        "image_sha256": hashlib.sha256(bytes(signature.image_png)).hexdigest(),
        "strokes_sha256": hashlib.sha256(_plain(signature.strokes)).hexdigest(),
        "evidence": signature.evidence,
        "signer": signature.signer_id,
        "signer_name": signature.signer_name,
        "signer_unit": signature.signer_unit,
        "identity": str(signature.identity),
        "told_to": signature.told_to,
        "witness": signature.witness_id,
        "way": str(signature.way),
        "link": signature.link_id,
        "paper": signature.paper_id,
        "paper_date": signature.paper_date.isoformat() if signature.paper_date else None,
        "verify_code": signature.verify_code,
        "signed_at": _instant(signature.signed_at),
        "recorded_at": _instant(signature.recorded_at),
        "ip": signature.ip,
        "user_agent": signature.user_agent,
    }
    return _plain(facts)


def signature_seal(signature: Signature) -> None:
    """Seal a signature that is about to be stored; every column must be set. Raises CannotSeal."""
    try:
        signature.seal, signature.seal_key_id = seal.sign(sealed_bytes(signature))
    except (ImproperlyConfigured, OSError) as error:
        log.error("seal_key_missing", error=str(error))
        raise CannotSeal(
            _("The signature cannot be sealed now, so nothing was signed. Please tell the administrator.")
        ) from error


def signature_state(signature: Signature) -> str:
    """Whether what is stored is what was signed: VALID, ALTERED, or UNKNOWN_KEY when its key is on no list any more.

    A row without a seal counts as altered: none was ever stored without. Needs the columns of picture and strokes.
    """
    if not signature.seal or not signature.seal_key_id:
        return ALTERED
    if hashlib.sha256(signature.canonical_text.encode()).hexdigest() != signature.canonical_sha256:
        return ALTERED
    if signature.paper is not None:
        # The seal stands over the photos' SHA-256; the stored photos themselves are checked with the attachments.
        photos = sorted(signature.paper.photos.values_list("sha256", flat=True))
        if photos != sorted(signature.evidence.get("photos", [])):
            return ALTERED
    try:
        holds = seal.verify(sealed_bytes(signature), signature.seal, signature.seal_key_id)
    except seal.UnknownKey:
        return UNKNOWN_KEY
    return VALID if holds else ALTERED


def _plain(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")
