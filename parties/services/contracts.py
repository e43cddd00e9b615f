"""Who works for whom: contracts, accounts and memberships come into being here."""

from datetime import date, datetime

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from core import audit, roles
from core.errors import Conflict, Invalid
from parties.models import Contract, Hall, Membership, Organisation, Unit, User


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
    language: str = "zh-hans",
    must_change_password: bool = True,
    source: str = audit.COMMAND,
) -> User:
    """Make an account; it may do nothing until it has a membership. Without a password nobody can log in with it.

    Raises Conflict when the name is taken, Invalid when the password is too weak.
    """
    if User.objects.filter(username__iexact=username).exists():
        raise Conflict(_("This account name is already taken."))
    user = User(username=username, name=name, phone=phone, language=language, must_change_password=must_change_password)
    if password is not None:
        check_password_strength(password, user)
    user.set_password(password)
    user.save()
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

    Raises Invalid when a clerk has no unit, the unit is not the client's, an auditor has no last day, or the dates are reversed.
    """
    if role not in roles.ROLES:
        raise ValueError(f"unknown role {role!r}")
    if role == roles.CLERK and unit is None:
        raise Invalid(_("A window clerk belongs to a unit."), fields={"unit": _("A window clerk belongs to a unit.")})
    if unit is not None and unit.organisation_id != contract.client_id:
        raise Invalid(
            _("This unit is not one of the client's."), fields={"unit": _("This unit is not one of the client's.")}
        )
    if role == roles.AUDITOR and valid_to is None:
        message = _("An auditor's access needs a last day.")
        raise Invalid(message, fields={"valid_to": message})
    if valid_from and valid_to and valid_to < valid_from:
        message = _("The last day must not lie before the first.")
        raise Invalid(message, fields={"valid_to": message})
    membership, created = Membership.objects.update_or_create(
        user=user,
        contract=contract,
        defaults={
            "role": role,
            "unit": unit,
            "title": title,
            "valid_from": valid_from,
            "valid_to": valid_to,
            "is_active": True,
        },
    )
    audit.write(
        contract=contract,
        subject=membership,
        verb="membership_give",
        actor=actor,
        at=at,
        source=source,
        after={
            "user": user,
            "role": role,
            "unit": unit,
            "valid_from": valid_from,
            "valid_to": valid_to,
            "new": created,
        },
        internal=True,
    )
    return membership


def check_password_strength(password: str, user: User) -> None:
    """Raise Invalid, naming the field new_password1, with everything that is wrong with a password."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        message = " ".join(error.messages)
        raise Invalid(message, fields={"new_password1": message}) from error
