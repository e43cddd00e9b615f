"""Who works for whom: contracts, accounts and memberships come into being here."""

from datetime import date, datetime

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from core import audit, clock, roles
from core.errors import Conflict, Invalid, NotAllowed
from parties.models import Contract, Hall, Membership, Organisation, Unit, User
from parties.permissions import can_administer


@transaction.atomic
def contract_create(
    *,
    code: str,
    project_name: str,
    hall: Hall,
    client: Organisation,
    contractor: Organisation,
    signed_on: date,
    starts_on: date,
    ends_on: date,
    actor: User | None,
    at: datetime,
    number_tag: str = "",
    renews: Contract | None = None,
    hotline: str = "",
    is_demo: bool = False,
    source: str = audit.COMMAND,
) -> Contract:
    """Enter a contract: its parties, its hall and its term (cover page, clause 二).

    Raises Conflict when the code is taken or another hall uses the same tag in its record codes, Invalid when the term ends before
    it starts or a renewal is of another hall.
    """
    if ends_on < starts_on:
        raise Invalid(
            _("The term must not end before it starts."),
            fields={"ends_on": _("The term must not end before it starts.")},
        )
    if renews is not None and renews.hall_id != hall.pk:
        raise Invalid(_("A renewal is for the same hall."), fields={"renews": _("A renewal is for the same hall.")})
    if Contract.objects.filter(code=code).exists():
        raise Conflict(_("There is already a contract with this code."))
    if Contract.objects.filter(number_tag=number_tag).exclude(hall=hall).exists():
        raise Conflict(_("Another hall already uses this tag in its record codes."))
    contract = Contract.objects.create(
        code=code,
        number_tag=number_tag,
        project_name=project_name,
        hall=hall,
        client=client,
        contractor=contractor,
        signed_on=signed_on,
        starts_on=starts_on,
        ends_on=ends_on,
        renews=renews,
        hotline=hotline,
        is_demo=is_demo,
    )
    audit.write(
        contract=contract,
        subject=contract,
        verb="contract_create",
        actor=actor,
        at=at,
        source=source,
        after={"code": code, "starts_on": starts_on, "ends_on": ends_on, "client": client, "contractor": contractor},
    )
    return contract


@transaction.atomic
def user_create(
    *,
    username: str,
    name: str,
    password: str | None,
    actor: User | None,
    at: datetime,
    phone: str = "",
    email: str = "",
    language: str = "zh-hans",
    must_change_password: bool = True,
    password_expires_at: datetime | None = None,
    source: str = audit.COMMAND,
) -> User:
    """Make an account; it may do nothing until it has a membership. Without a password nobody can log in with it.

    Raises Conflict when the name is taken, Invalid when the password is too weak.
    """
    taken = Conflict(
        _("This account name is already taken."), fields={"username": _("This account name is already taken.")}
    )
    if User.objects.filter(username__iexact=username).exists():
        raise taken
    user = User(
        username=username,
        name=name,
        phone=phone,
        email=email,
        language=language,
        must_change_password=must_change_password,
        password_expires_at=password_expires_at,
    )
    if password is not None:
        check_password_strength(password, user)
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError as error:
        # Somebody gave the same name between the question and the answer.
        raise taken from error
    audit.write(
        contract=None,
        subject=user,
        verb="user_create",
        actor=actor,
        at=at,
        source=source,
        after={"username": username, "name": name},
        internal=True,
    )
    return user


@transaction.atomic
def membership_give(
    *,
    user: User,
    contract: Contract,
    role: str,
    actor: User | None,
    at: datetime,
    unit: Unit | None = None,
    title: str = "",
    valid_from: date | None = None,
    valid_to: date | None = None,
    source: str = audit.COMMAND,
) -> Membership:
    """Let a person work in a contract in one role; given again, the newer values count.

    Raises Invalid when a clerk has no unit, the unit is not the client's or no longer active, an auditor has no last day, or the
    dates are reversed, NotAllowed when the actor does not administer the contract, and Conflict when it would lose its last
    administrator.
    """
    if role not in roles.ROLES:
        raise ValueError(f"unknown role {role!r}")
    if actor is not None and not can_administer(actor, contract):
        raise NotAllowed(_("You do not administer this contract."))
    check_membership(contract=contract, role=role, unit=unit, valid_from=valid_from, valid_to=valid_to)
    present = Membership.objects.filter(user=user, contract=contract).first()
    new = {
        "role": role,
        "unit": unit,
        "title": title,
        "valid_from": valid_from,
        "valid_to": valid_to,
        "is_active": True,
    }
    before = {name: getattr(present, name) for name in new} if present else {}
    if present is not None and present.is_active and present.role == roles.ADMIN:
        today = at.astimezone(clock.SHANGHAI).date()
        stays = role == roles.ADMIN and valid_to is None and (valid_from is None or valid_from <= today)
        if not stays:
            keep_an_administrator(contract, without=user, at=at)
    membership, created = Membership.objects.update_or_create(user=user, contract=contract, defaults=new)
    audit.write(
        contract=contract,
        subject=membership,
        verb="membership_give",
        actor=actor,
        at=at,
        source=source,
        before={name: value for name, value in before.items() if value != new[name]},
        after={
            "user": user,
            "role": role,
            "unit": unit,
            "title": title,
            "valid_from": valid_from,
            "valid_to": valid_to,
            "new": created,
        },
        internal=True,
    )
    return membership


def check_membership(
    *, contract: Contract, role: str, unit: Unit | None, valid_from: date | None, valid_to: date | None
) -> None:
    """Raise Invalid, naming the field, when these do not make a membership of the contract."""
    message, field = "", ""
    if role == roles.CLERK and unit is None:
        message, field = _("A window clerk belongs to a unit."), "unit"
    elif unit is not None and unit.organisation_id != contract.client_id:
        message, field = _("This unit is not one of the client's."), "unit"
    elif unit is not None and not unit.is_active:
        message, field = _("This unit is no longer active."), "unit"
    elif role == roles.AUDITOR and valid_to is None:
        message, field = _("An auditor's access needs a last day."), "valid_to"
    elif valid_from and valid_to and valid_to < valid_from:
        message, field = _("The last day must not lie before the first."), "valid_to"
    if message:
        raise Invalid(message, fields={field: message})


def keep_an_administrator(contract: Contract, *, without: User, at: datetime) -> None:
    """Raise Conflict unless the contract has an administrator without a last day beside this one.

    The contract's row is written first, so that two administrators who remove each other at once wait for one another.
    """
    Contract.objects.filter(pk=contract.pk).update(code=F("code"))
    today = at.astimezone(clock.SHANGHAI).date()
    others = Membership.objects.valid_on(today).filter(contract=contract, role=roles.ADMIN, valid_to=None)
    if not others.exclude(user=without).exists():
        raise Conflict(
            _("%(who)s is the last administrator of %(code)s without a last day. Please name another one first.")
            % {"who": without, "code": contract.code}
        )


def check_password_strength(password: str, user: User) -> None:
    """Raise Invalid, naming the field new_password1, with everything that is wrong with a password."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        message = " ".join(error.messages)
        raise Invalid(message, fields={"new_password1": message}) from error
