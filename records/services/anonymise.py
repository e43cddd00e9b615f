"""Makes a person unknown: what must stay as proof stays whole, what names the person is gone (个人信息保护法第四十七条).

Destroyed is the person's key, and with it every personal value in the history; cleared are the account's own columns and what
other apps keep (core.forgetting). What stays readable stands in docs/operations.md: above all what was signed, whose text is the
proof.
"""

from datetime import datetime

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.db import transaction
from django.utils.translation import gettext as _

from core import forgetting
from core.errors import Conflict, Invalid, NotAllowed
from parties.models import AccountLink, Contract, User
from parties.permissions import can_administer_account
from parties.services.sessions import sessions_drop
from records.models import PersonKey, Source, Visibility
from records.services.audit import audit_write
from records.services.personal import ACCOUNT, GONE


@transaction.atomic
def person_anonymise(*, user: User, reason: str, actor: User, at: datetime, source: str = Source.PAGE) -> User:
    """Anonymise an account that was deactivated before. It cannot be undone.

    Raises NotAllowed (as for deactivating), Conflict (still active, or anonymised before), Invalid (no reason).
    """
    if user.pk == actor.pk or not can_administer_account(actor, user):
        raise NotAllowed(_("Only whoever administers every contract of this account may do this."))
    if not reason.strip():
        message = _("Please give the reason.")
        raise Invalid(message, fields={"reason": message})
    old = user.username
    unknown = f"anonymous-{user.pk}"
    cleared = {"username": unknown, "name": GONE, "phone": "", "email": "", "pin_hash": "", "password": "!"}
    claimed = User.objects.filter(pk=user.pk, is_active=False).exclude(username=unknown).update(**cleared)
    if not claimed:
        raise Conflict(_("Please deactivate the account first; an anonymised one stays as it is."))
    for name, value in cleared.items():
        setattr(user, name, value)
    sessions_drop(user)
    AccountLink.objects.filter(user=user, used_at=None, revoked_at=None).update(revoked_at=at)
    for model in (AccessAttempt, AccessLog, AccessFailureLog):
        model.objects.filter(username=old).delete()
    _destroy(ACCOUNT, user.pk, contract=None, reason=reason, actor=actor, at=at, source=source)
    return user


@transaction.atomic
def record_anonymise(
    *, subject_type: str, subject_id: int, contract: Contract | None, reason: str, actor: User | None, at: datetime
) -> None:
    """Anonymise whoever a record names that has no account (the sender of a scanned report, the borrower on a slip); for the
    command. Raises Conflict when nothing personal is kept there."""
    _destroy(subject_type, subject_id, contract=contract, reason=reason, actor=actor, at=at, source=Source.COMMAND)


def _destroy(
    kind: str, pk: int, *, contract: Contract | None, reason: str, actor: User | None, at: datetime, source: str
) -> None:
    forgotten = forgetting.forget_everywhere(kind, pk)
    keys = PersonKey.objects.filter(kind=kind, subject_id=pk, destroyed_at=None)
    destroyed = keys.update(sealed_key="", destroyed_at=at, destroyed_by=actor)
    if kind != ACCOUNT and not destroyed and not forgotten:
        raise Conflict(_("Nothing personal is kept there."))
    audit_write(
        contract=contract,
        subject_type=kind,
        subject_id=pk,
        verb="anonymise",
        actor=actor,
        at=at,
        source=source,
        visibility=Visibility.INTERNAL,
        after={"keys": destroyed, "cleared": forgotten},
        reason=reason.strip(),
    )
