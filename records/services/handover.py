"""Hand-over mode: the engineer's phone in the client's hands, locked to one signing page until the engineer's PIN."""

from datetime import datetime

from django.contrib.auth.hashers import check_password
from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.errors import Conflict, DomainError, Invalid, NotAllowed
from parties.models import User
from records.services.audit import audit_write
from records.services.documents import document_of, may_ask, signature_of
from records.services.guesses import guess_add, guesses_forget

MAX_PIN_TRIES = 5


class PinMissing(DomainError):
    """The engineer has no PIN yet, so the phone could not be unlocked again (409)."""

    status = 409


class PinRefused(DomainError):
    """The PIN was wrong as often as is allowed: the session has to end (403)."""

    status = 403


@transaction.atomic
def handover_start(*, subject: models.Model, purpose: str, signer_name: str, actor: User, at: datetime) -> None:
    """Enter that the actor hands the phone over for this signature; the caller locks the session.

    Raises NotAllowed, PinMissing, Invalid (no name) and Conflict (signed already).
    """
    if not may_ask(actor, subject, purpose):
        raise NotAllowed(_("You may not ask for this signature, or the record is not ready to be signed."))
    if not actor.pin_hash:
        raise PinMissing(_("Please set a PIN first: without it you could not unlock your phone again."))
    if not signer_name.strip():
        message = _("Please enter who is to sign.")
        raise Invalid(message, fields={"signer_name": message})
    if signature_of(subject, purpose, document_of(subject, purpose).version):
        raise Conflict(_("This version of the record is already signed."))
    guesses_forget(_key(actor))
    _enter(subject, "handover_start", actor, at, purpose=purpose, signer_name=signer_name.strip())


def handover_end(*, subject: models.Model, purpose: str, pin: str, actor: User, at: datetime) -> None:
    """Check the PIN that ends hand-over mode. Raises Invalid (wrong) and PinRefused (wrong for the fifth time).

    Every try is counted before it is judged, so that tries sent at once are no way round the limit.
    """
    tries = guess_add(_key(actor), at=at)
    if tries <= MAX_PIN_TRIES and pin and check_password(pin, actor.pin_hash):
        with transaction.atomic():
            guesses_forget(_key(actor))
            _enter(subject, "handover_end", actor, at, purpose=purpose)
        return
    _enter(subject, "handover_pin_wrong", actor, at, purpose=purpose, tries=tries)
    left = MAX_PIN_TRIES - tries
    if left <= 0:
        raise PinRefused(_("The PIN was wrong too often. You were signed out; please sign in again."))
    message = ngettext("The PIN is wrong. %(left)d try is left.", "The PIN is wrong. %(left)d tries are left.", left)
    raise Invalid(message % {"left": left}, fields={"pin": message % {"left": left}})


def _key(user: User) -> str:
    return f"pin:{user.pk}"


def _enter(subject: models.Model, verb: str, actor: User, at: datetime, **after: object) -> None:
    audit_write(
        contract=subject.contract,  # type: ignore[attr-defined]
        subject=subject,
        verb=verb,
        actor=actor,
        at=at,
        after=after,
        visibility="internal",
    )
