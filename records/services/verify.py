"""What anybody may learn about a printed signature by its code: whether it is valid, and of which record, day and person."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import structlog
from django.utils.translation import gettext as _

from core import clock, subjects
from core.errors import NotFound
from records.models import Signature
from records.models.signature import CODE_LENGTH
from records.services.documents import stands
from records.services.guesses import guess_add, guesses_in_window, network_of
from records.services.links import TooMany
from records.services.proof import VALID, signature_state

log = structlog.get_logger()
MAX_UNKNOWN = 30
"""Unknown codes that one address may ask for within a quarter of an hour; a code has 80 random bits."""
READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1"})


@dataclass(frozen=True)
class Verdict:
    """All that the public page shows."""

    state: str
    present: bool
    code: str
    day: date
    name: str


def verdict_of(code: str, *, at: datetime, ip: str) -> Verdict:
    """Check the signature behind a printed code. Raises NotFound (counted by network) and TooMany."""
    key = f"verify:{network_of(ip)}"
    if guesses_in_window(key, at=at) >= MAX_UNKNOWN:
        raise TooMany(_("Too many unknown codes were asked for from your network. Please wait a quarter of an hour."))
    rows = Signature.objects.select_related("paper")
    wanted = clean_code(code)
    signature = rows.filter(verify_code=wanted).first() if len(wanted) == CODE_LENGTH else None
    if signature is None:
        if guess_add(key, at=at) == MAX_UNKNOWN:
            log.warning("verify_code_guesses", network=network_of(ip))
        raise NotFound(_("There is no signature under this code. Please compare it with the paper, sign by sign."))
    spec = subjects.get(signature.subject_type)
    subject = subjects.load(signature.subject_type, signature.subject_id)
    state = signature_state(signature)
    shown_on = signature.paper_date or signature.signed_at.astimezone(clock.SHANGHAI).date()
    return Verdict(
        state=state,
        present=state == VALID and stands(subject, signature),
        code=_number(spec, subject),
        day=shown_on,
        name=masked_name(signature.signer_name),
    )


def _number(spec: subjects.Subject, subject: Any) -> str:
    """The record's number; never its label, which may hold more."""
    number = spec.summary(subject, "").get("code") if spec.summary is not None else ""
    return str(number or f"{spec.key.upper()}-{subject.pk}")


def clean_code(code: str) -> str:
    """A code as it is stored, however it was copied from the paper: small letters, blanks, dashes, O for 0, I and L for 1."""
    return "".join(sign for sign in code.upper() if sign.isalnum()).translate(READ_AS)


def shown_code(code: str) -> str:
    """A code in groups of four, as it is printed."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def masked_name(name: str) -> str:
    """The first sign of a name and a star for each other one, two at most: 李**."""
    name = name.strip()
    return name[:1] + "*" * min(max(len(name) - 1, 1), 2)
