"""What is signed: the exact text of a record for one purpose, its version and its SHA-256."""

import hashlib
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import translation
from django.utils.translation import gettext as _

from core import subjects
from core.errors import NotFound
from core.roles import STAFF_ROLES
from core.subjects import Subject
from parties.querysets import role_in
from records.models import Signature


@dataclass(frozen=True)
class Document:
    """The text that a signer sees in full, and what binds a signature to it."""

    text: str
    sha256: str
    version: int


def document_of(subject: models.Model, purpose: str) -> Document:
    """The record's text for this purpose, the same in whatever language the page is. Raises NotFound without such a text."""
    spec = spec_of(subject, purpose)
    with translation.override(settings.LANGUAGE_CODE):
        text = spec.canonical[purpose](subject)
    version = spec.signed_version(subject) if spec.signed_version else 1
    return Document(text=text, sha256=hashlib.sha256(text.encode()).hexdigest(), version=version)


def spec_of(subject: models.Model, purpose: str) -> Subject:
    """The subject's registration, when it knows this purpose of signature. Raises NotFound."""
    spec = subjects.get(subjects.key_of(subject))
    if purpose not in spec.canonical:
        raise NotFound(_("There is nothing to sign here."))
    return spec


def signable(*, subject_type: str, subject_id: int, purpose: str, user: Any, contract: Any) -> Any:
    """The record behind an address, when the user may see it in this contract and it knows the purpose. Raises NotFound."""
    try:
        spec = subjects.get(subject_type)
    except KeyError:
        raise NotFound(_("There is nothing to sign here.")) from None
    subject = subjects.seen_within(spec, user, contract).filter(pk=subject_id).first()
    if subject is None or purpose not in spec.canonical:
        raise NotFound(_("There is nothing to sign here."))
    return subject


def may_sign(user: Any, subject: models.Model, purpose: str) -> bool:
    """Whether this account may give this signature now."""
    spec = spec_of(subject, purpose)
    return bool(
        spec.can_sign and spec.visible_to(user).filter(pk=subject.pk).exists() and spec.can_sign(user, subject, purpose)
    )


def may_ask(user: Any, subject: models.Model, purpose: str) -> bool:
    """Whether this account may ask for the signature: issue a one-time link, or hand its phone over."""
    spec = spec_of(subject, purpose)
    if not spec.visible_to(user).filter(pk=subject.pk).exists():
        return False
    if spec.can_ask is not None:
        return spec.can_ask(user, subject, purpose)
    contract_id: int = subject.contract_id  # type: ignore[attr-defined]
    return (role_in(user, contract_id) or "") in STAFF_ROLES


def sitting_of(subject: models.Model, purpose: str) -> str:
    """The purpose whose text is signed in the same sitting as this one, while nobody has; "" where there is none."""
    spec = spec_of(subject, purpose)
    return spec.sitting(subject, purpose) if spec.sitting is not None else ""


def stands(subject: models.Model, signature: Signature) -> bool:
    """Whether a signature stands under what the record says now, and not only under what it said once."""
    spec = spec_of(subject, signature.purpose)
    if spec.still_stands is not None:
        return spec.still_stands(subject, signature)
    return signature.version == (spec.signed_version(subject) if spec.signed_version else 1)


def signature_of(subject: models.Model, purpose: str, version: int) -> Signature | None:
    """The signature under this version of the record, None while there is none."""
    rows = Signature.objects.filter(
        subject_type=subjects.key_of(subject), subject_id=subject.pk, purpose=purpose, version=version
    )
    return rows.select_related("signer", "witness").first()
