"""What an administrator does with accounts and with what people may be in a contract. Nothing is ever deleted."""

from datetime import date, datetime, timedelta
from typing import Any

from axes.models import AccessAttempt
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from core import audit, roles
from core.errors import Conflict, Invalid, NotAllowed
from core.transactions import joined
from parties.models import AccountLink, Contract, Membership, Unit, User
from parties.permissions import can_administer, can_administer_account
from parties.services.contracts import keep_an_administrator, membership_give, user_create
from parties.services.links import account_link_issue, attempts_forget
from parties.services.sessions import sessions_drop


@transaction.atomic
def user_add(
    *,
    username: str,
    name: str,
    phone: str,
    email: str,
    language: str,
    contract: Contract,
    role: str,
    actor: User,
    at: datetime,
    unit: Unit | None = None,
    title: str = "",
    valid_from: date | None = None,
    valid_to: date | None = None,
) -> tuple[User, AccountLink, str]:
    """Make an account with its first membership and a one-time invitation; returns them with the link's token.

    Raises NotAllowed, Conflict (the name is taken) and what membership_give raises.
    """
    if not can_administer(actor, contract):
        raise NotAllowed(_("You do not administer this contract."))
    user = user_create(
        username=username,
        name=name,
        password=None,
        phone=phone,
        email=email,
        language=language,
        must_change_password=False,
        actor=actor,
        at=at,
        source=audit.PAGE,
    )
    membership_give(
        user=user,
        contract=contract,
        role=role,
        unit=unit,
        title=title,
        valid_from=valid_from,
        valid_to=valid_to,
        actor=actor,
        at=at,
        source=audit.PAGE,
    )
    link, token = account_link_issue(user=user, actor=actor, at=at)
    return user, link, token


@transaction.atomic
def user_attach(*, username: str, contract: Contract, role: str, actor: User, at: datetime, **rest: Any) -> Membership:
    """Let an existing account, named exactly, work in a contract too.

    Raises NotAllowed, and Invalid with one and the same text whether there is no such account or it cannot be attached.
    """
    if not can_administer(actor, contract):
        raise NotAllowed(_("You do not administer this contract."))
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None or Membership.objects.filter(user=user, contract=contract).exists():
        message = _(
            "This account cannot be added here. Please check the exact account name, and whether it is listed already."
        )
        raise Invalid(message, fields={"username": message})
    return membership_give(user=user, contract=contract, role=role, actor=actor, at=at, source=audit.PAGE, **rest)


@transaction.atomic
def user_edit(*, user: User, name: str, phone: str, email: str, language: str, actor: User, at: datetime) -> User:
    """Correct a person's name, telephone, e-mail or language. What was signed before keeps the name it was signed with.

    Raises NotAllowed.
    """
    _may_administer(user, actor)
    new = {"name": name, "phone": phone, "email": email, "language": language}
    stored = User.objects.filter(pk=user.pk).values(*new).get()
    changed = [field for field, value in new.items() if stored[field] != value]
    if not changed:
        return user
    User.objects.filter(pk=user.pk).update(**new)
    user.refresh_from_db(fields=list(new))
    _enter(
        user,
        "user_edit",
        actor,
        at,
        before={field: stored[field] for field in changed},
        after={field: new[field] for field in changed},
    )
    return user


@transaction.atomic
def user_deactivate(*, user: User, reason: str, actor: User, at: datetime) -> User:
    """Close an account: every session and every link of it ends at once; what the person did stays.

    Raises NotAllowed (one's own account, another hall's person), Conflict (deactivated before, or the last administrator
    of a contract), Invalid (no reason).
    """
    _may_administer(user, actor)
    if user.pk == actor.pk:
        raise NotAllowed(_("You cannot deactivate your own account."))
    if not reason.strip():
        message = _("Please give the reason.")
        raise Invalid(message, fields={"reason": message})
    rows = Membership.objects.filter(user=user, role=roles.ADMIN, is_active=True).select_related("contract")
    for row in rows.order_by("contract_id"):
        keep_an_administrator(row.contract, without=user, at=at)
    if not User.objects.filter(pk=user.pk, is_active=True).update(is_active=False):
        raise Conflict(_("This account is deactivated already."))
    user.is_active = False
    AccountLink.objects.filter(user=user, used_at=None, revoked_at=None).update(revoked_at=at)
    ended = sessions_drop(user)
    _enter(user, "user_deactivate", actor, at, after={"sessions": ended}, reason=reason.strip())
    return user


@transaction.atomic
def user_reactivate(*, user: User, actor: User, at: datetime) -> User:
    """Open a deactivated account again, with the password and the memberships it had. Raises NotAllowed, Conflict."""
    _may_administer(user, actor)
    if not User.objects.filter(pk=user.pk, is_active=False).update(is_active=True):
        raise Conflict(_("This account is active already."))
    user.is_active = True
    _enter(user, "user_reactivate", actor, at)
    return user


@transaction.atomic
def user_unlock(*, user: User, actor: User, at: datetime) -> int:
    """Lift the lock that failed sign-ins put on an account; returns from how many places. Raises NotAllowed, Conflict."""
    _may_administer(user, actor)
    places = attempts_forget(user)
    if not places:
        raise Conflict(_("This account is not locked."))
    _enter(user, "user_unlock", actor, at, after={"places": places})
    return places


@joined
def user_reveal(*, user: User, contract: Contract, actor: User, at: datetime) -> User:
    """Show a person's telephone and e-mail to somebody who sees them masked otherwise; the looking is entered."""
    audit.write(
        contract=contract,
        subject=user,
        verb="user_reveal",
        actor=actor,
        at=at,
        source=audit.PAGE,
        internal=True,
    )
    return user


@transaction.atomic
def membership_change(
    *,
    membership: Membership,
    role: str,
    actor: User,
    at: datetime,
    unit: Unit | None = None,
    title: str = "",
    valid_from: date | None = None,
    valid_to: date | None = None,
) -> Membership:
    """Change what a person is in a contract, or give it again after it was ended.

    Raises NotAllowed (another's contract, or one's own membership), Conflict (the last administrator) and what membership_give
    raises.
    """
    _may_change(membership, actor)
    return membership_give(
        user=membership.user,
        contract=membership.contract,
        role=role,
        unit=unit,
        title=title,
        valid_from=valid_from,
        valid_to=valid_to,
        actor=actor,
        at=at,
        source=audit.PAGE,
    )


@transaction.atomic
def membership_end(*, membership: Membership, reason: str, actor: User, at: datetime) -> Membership:
    """End a person's work in a contract now. Raises NotAllowed, Conflict (ended before, the last administrator), Invalid."""
    _may_change(membership, actor)
    if not reason.strip():
        message = _("Please give the reason.")
        raise Invalid(message, fields={"reason": message})
    if membership.role == roles.ADMIN:
        keep_an_administrator(membership.contract, without=membership.user, at=at)
    if not Membership.objects.filter(pk=membership.pk, is_active=True).update(is_active=False):
        raise Conflict(_("This membership has ended already."))
    membership.is_active = False
    audit.write(
        contract=membership.contract,
        subject=membership,
        verb="membership_end",
        actor=actor,
        at=at,
        source=audit.PAGE,
        before={"user": membership.user, "role": membership.role},
        reason=reason.strip(),
        internal=True,
    )
    return membership


def locked_accounts(usernames: list[str], *, at: datetime) -> set[str]:
    """Which of these accounts are locked somewhere by failed sign-ins at an instant."""
    since = at - timedelta(hours=settings.AXES_COOLOFF_TIME)
    rows = AccessAttempt.objects.filter(
        username__in=usernames, failures_since_start__gte=settings.AXES_FAILURE_LIMIT, attempt_time__gt=since
    )
    return set(rows.values_list("username", flat=True))


def _may_administer(user: User, actor: User) -> None:
    if not can_administer_account(actor, user):
        raise NotAllowed(_("Only whoever administers every contract of this account may do this."))


def _may_change(membership: Membership, actor: User) -> None:
    if not can_administer(actor, membership.contract):
        raise NotAllowed(_("You do not administer this contract."))
    if membership.user_id == actor.pk:
        raise NotAllowed(_("What you are in a contract is changed by another administrator."))


def _enter(user: User, verb: str, actor: User, at: datetime, **rest: Any) -> None:
    audit.write(contract=None, subject=user, verb=verb, actor=actor, at=at, source=audit.PAGE, internal=True, **rest)
