"""Network registrations: asked for with a security promise, decided by somebody else, ended by their day."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from core.errors import Conflict, NotAllowed
from core.flow import claim
from core.roles import ENGINEER, LEADER, MANAGER, SUPERVISOR
from devices.models import Address, Registration, Subnet
from devices.rules_network import normal_mac
from devices.services.common import check_input, code_for, local_day, needed, optional, people_of, require_role
from devices.services.network import address_edit, address_free, address_stop, address_take
from devices.states import REGISTRATION_FLOW, AddressStatus, RegistrationStatus
from notifications.services.outbox import message_post
from parties.models import Contract, User
from parties.querysets import role_in
from records.models import Source
from records.services.audit import audit_write

PREFIX = "RW"
TOPIC = "devices"
REQUESTERS = (ENGINEER, MANAGER, SUPERVISOR, LEADER)
DECIDERS = (MANAGER, SUPERVISOR)
LONGEST_DAYS = 3 * 366
"""So long a registration may hold at most before somebody looks at it again."""


def registration_complaints(values: Mapping[str, Any], *, hall_id: int, today: date) -> dict[str, str]:
    """What is wrong with the entries of a registration, by field."""
    device, subnet = values["device"], values["subnet"]
    wrong = {
        "applicant": needed(values["applicant"], 40),
        "purpose": needed(values["purpose"], 200),
        "foreign_device": optional(values["foreign_device"], 120),
        "valid_to": _end_complaint(values["valid_to"], today),
    }
    if (device is None) == (not values["foreign_device"].strip()):
        wrong["foreign_device"] = _("Please name a device of the register, or describe the other device; one of them.")
    if device is not None and device.hall_id != hall_id:
        wrong["device"] = _("This device stands in another hall.")
    if subnet is None or subnet.hall_id != hall_id or not subnet.is_active:
        wrong["subnet"] = _("Please choose a subnet in use.")
    if values["unit"] is None:
        wrong["unit"] = _("Please choose the unit.")
    if not values["promised"]:
        wrong["promised"] = _("Nothing is connected without the security promise.")
    try:
        if not (normal_mac(values["mac"]) or (device is not None and device.mac)):
            wrong["mac"] = _("Please fill in this field.")
    except ValueError:
        wrong["mac"] = _("Please write a MAC address such as 00-1A-2B-3C-4D-5E.")
    return wrong


def _end_complaint(day: date | None, today: date) -> str:
    if day is None or day < today:
        return _("The last day must not be over.")
    if (day - today).days > LONGEST_DAYS:
        return _("Three years at most; it can be renewed.")
    return ""


@transaction.atomic
def registration_request(
    *, contract: Contract, values: Mapping[str, Any], actor: User, at: datetime, source: str = Source.PAGE
) -> Registration:
    """Ask for a connection. `values`: applicant, unit, device or foreign_device, mac, purpose, promised, valid_to, subnet.

    Raises NotAllowed, Invalid.
    """
    require_role(actor, contract, *REQUESTERS)
    check_input(registration_complaints(values, hall_id=contract.hall_id, today=local_day(at)))
    device = values["device"]
    registration = Registration.objects.create(
        contract=contract,
        code=code_for(contract, PREFIX, at),
        applicant=values["applicant"].strip(),
        unit=values["unit"],
        device=device,
        foreign_device=values["foreign_device"].strip(),
        mac=normal_mac(values["mac"]) or device.mac,
        purpose=values["purpose"].strip(),
        promised=True,
        valid_to=values["valid_to"],
        subnet=values["subnet"],
        requested_by=actor,
        requested_at=at,
        updated_at=at,
    )
    names = ("applicant", "unit", "device", "foreign_device", "mac", "purpose", "promised", "valid_to", "subnet")
    after = {name: getattr(registration, name) for name in names}
    _enter(registration, "registration_request", actor, at, source, after={"code": registration.code, **after})
    deciders = [person for person in people_of(contract, at, *DECIDERS) if person.pk != actor.pk]
    _tell(registration, deciders, gettext_noop("Network registration %(code)s asks for approval"), at)
    return registration


@transaction.atomic
def registration_approve(
    *,
    registration: Registration,
    version_seen: int,
    actor: User,
    at: datetime,
    address: str = "",
    decision: str = "",
    source: str = Source.PAGE,
) -> Registration:
    """Approve: the registration takes the given address, the one its device has in that subnet, or the next free one.

    Who asked never approves. Raises NotAllowed, Invalid, Conflict when it is decided already or no address is left.
    """
    _may_decide(registration, actor)
    check_input({"decision": optional(decision, 200), "valid_to": _end_complaint(registration.valid_to, local_day(at))})
    _same(registration, version_seen)
    row = _address_for(registration, registration.subnet, address.strip(), actor, at, source)
    claim(
        registration,
        REGISTRATION_FLOW,
        "registration_approve",
        address=row,
        decided_by=actor,
        decided_at=at,
        decision=decision.strip(),
        updated_at=at,
    )
    _enter(registration, "registration_approve", actor, at, source, after={"address": row.address}, reason=decision)
    _tell(registration, [registration.requested_by], gettext_noop("Network registration %(code)s is approved"), at)
    return registration


@transaction.atomic
def registration_refuse(
    *,
    registration: Registration,
    version_seen: int,
    decision: str,
    actor: User,
    at: datetime,
    source: str = Source.PAGE,
) -> Registration:
    """Refuse and say why. Raises NotAllowed, Invalid without a reason, Conflict when it is decided already."""
    _may_decide(registration, actor)
    check_input({"decision": needed(decision, 200, _("Please say why it is refused."))})
    _same(registration, version_seen)
    claim(
        registration,
        REGISTRATION_FLOW,
        "registration_refuse",
        decided_by=actor,
        decided_at=at,
        decision=decision.strip(),
        updated_at=at,
    )
    _enter(registration, "registration_refuse", actor, at, source, reason=decision)
    _tell(registration, [registration.requested_by], gettext_noop("Network registration %(code)s is refused"), at)
    return registration


@transaction.atomic
def registration_withdraw(
    *, registration: Registration, actor: User, at: datetime, source: str = Source.PAGE
) -> Registration:
    """Withdraw one's own request. Raises NotAllowed, Conflict when it is decided already."""
    if actor.pk != registration.requested_by_id:
        raise NotAllowed(_("Only who asked for it may withdraw it."))
    claim(registration, REGISTRATION_FLOW, "registration_withdraw", ended_at=at, updated_at=at)
    _enter(registration, "registration_withdraw", actor, at, source)
    return registration


@transaction.atomic
def registration_renew(
    *,
    registration: Registration,
    version_seen: int,
    valid_to: date,
    reason: str,
    actor: User,
    at: datetime,
    source: str = Source.PAGE,
) -> Registration:
    """Let a registration hold longer; one that has expired gets its stopped address back, or the next free one.

    Raises NotAllowed, Invalid when the new day is not later, Conflict.
    """
    _may_decide(registration, actor)
    wrong = {"valid_to": _end_complaint(valid_to, local_day(at)), "reason": needed(reason, 200)}
    if not wrong["valid_to"] and valid_to <= registration.valid_to:
        wrong["valid_to"] = _("The new last day must be later than the present one.")
    check_input(wrong)
    _same(registration, version_seen)
    row = registration.address
    if registration.status == RegistrationStatus.EXPIRED:
        row = _address_back(registration, actor, at, source)
    before = {"valid_to": registration.valid_to}
    claim(
        registration,
        REGISTRATION_FLOW,
        "registration_renew",
        valid_to=valid_to,
        address=row,
        ended_at=None,
        updated_at=at,
    )
    after = {"valid_to": valid_to, "address": row.address if row else ""}
    _enter(registration, "registration_renew", actor, at, source, before=before, after=after, reason=reason)
    _tell(registration, [registration.requested_by], gettext_noop("Network registration %(code)s is renewed"), at)
    return registration


@transaction.atomic
def registration_revoke(
    *, registration: Registration, version_seen: int, reason: str, actor: User, at: datetime, source: str = Source.PAGE
) -> Registration:
    """Take a registration back: its address is free again. Raises NotAllowed, Invalid without a reason, Conflict."""
    require_role(actor, registration.contract, *DECIDERS)
    check_input({"reason": needed(reason, 200)})
    _same(registration, version_seen)
    claim(
        registration,
        REGISTRATION_FLOW,
        "registration_revoke",
        ended_at=at,
        ended_reason=reason.strip(),
        updated_at=at,
    )
    row = registration.address
    if row is not None and _still_its(registration, row):
        address_free(
            address=row,
            contract=registration.contract,
            actor=actor,
            at=at,
            source=source,
            reason=f"{registration.code} {reason.strip()}"[:500],
            permit=_decided_above,
        )
    _enter(registration, "registration_revoke", actor, at, source, reason=reason)
    _tell(registration, [registration.requested_by], gettext_noop("Network registration %(code)s is revoked"), at)
    return registration


def registrations_expire(*, at: datetime) -> int:
    """End every registration whose last day is over and stop its address; returns how many. Any number may run at once."""
    rows = Registration.objects.filter(status=RegistrationStatus.APPROVED, valid_to__lt=local_day(at))
    ended = 0
    for registration in rows.select_related("contract", "address__device", "address__subnet", "requested_by"):
        try:
            _expire(registration, at)
        except Conflict:
            continue  # renewed, revoked or ended by another worker meanwhile
        ended += 1
    return ended


@transaction.atomic
def _expire(registration: Registration, at: datetime) -> None:
    _same(registration, registration.version)
    claim(registration, REGISTRATION_FLOW, "registration_expire", ended_at=at, updated_at=at)
    row = registration.address
    if row is not None and _still_its(registration, row) and row.status == AddressStatus.IN_USE:
        address_stop(
            address=row,
            contract=registration.contract,
            actor=None,
            at=at,
            source=Source.TASK,
            reason=registration.code,
        )
    _enter(registration, "registration_expire", None, at, Source.TASK, after={"valid_to": registration.valid_to})
    people = {person.pk: person for person in people_of(registration.contract, at, MANAGER)}
    people.setdefault(registration.requested_by_id, registration.requested_by)
    _tell(registration, list(people.values()), gettext_noop("Network registration %(code)s has expired"), at)


def _decided_above() -> None:
    """Stands for the question who may: the registration's verb has asked it."""


def _still_its(registration: Registration, row: Address) -> bool:
    """Whether the address is still held for this registration, and not by somebody who got it later."""
    return row.status in (AddressStatus.IN_USE, AddressStatus.STOPPED) and row.mac == registration.mac


def _may_decide(registration: Registration, actor: User) -> None:
    if role_in(actor, registration.contract_id) not in DECIDERS:
        raise NotAllowed(_("Only the project manager and the client's supervisors decide on registrations."))
    if actor.pk == registration.requested_by_id:
        raise NotAllowed(_("Who asked for it cannot approve it as well."))


def may_decide(user: Any, registration: Registration) -> bool:
    """Whether this account decides on this registration."""
    return user.pk != registration.requested_by_id and role_in(user, registration.contract_id) in DECIDERS


def _same(registration: Registration, version_seen: int) -> None:
    """Claim the row by its version before anything hangs on it: whoever comes second changes nothing."""
    rows = Registration.objects.filter(pk=registration.pk, version=version_seen)
    if not rows.update(version=models.F("version") + 1):
        raise Conflict(
            _("Somebody else has changed %(code)s meanwhile. Please look at it again.") % {"code": registration.code}
        )


def _holder(registration: Registration) -> dict[str, Any]:
    return {
        "device": registration.device,
        "mac": registration.mac,
        "unit": registration.unit,
        "person": registration.applicant,
        "note": registration.code,
    }


def _address_for(
    registration: Registration, subnet: Subnet, address: str, actor: User, at: datetime, source: str
) -> Address:
    act: dict[str, Any] = {
        "contract": registration.contract, "actor": actor, "at": at, "source": source, "reason": registration.code,
    }  # fmt: skip
    if registration.device is not None:
        own = subnet.addresses.filter(device=registration.device, status=AddressStatus.IN_USE).select_related("device")
        row = (own.filter(address=address) if address else own).first()
        if row is not None:
            values = {"mac": registration.mac, "note": registration.code}
            return address_edit(address=row, version_seen=row.version, values=values, permit=_decided_above, **act)
    return address_take(subnet=subnet, address=address, permit=_decided_above, **_holder(registration), **act)


def _address_back(registration: Registration, actor: User, at: datetime, source: str) -> Address:
    row = registration.address
    if row is None or row.status != AddressStatus.STOPPED or row.mac != registration.mac:
        return _address_for(registration, registration.subnet, "", actor, at, source)
    return address_edit(
        address=row,
        contract=registration.contract,
        version_seen=row.version,
        values={"status": AddressStatus.IN_USE},
        actor=actor,
        at=at,
        source=source,
        reason=registration.code,
        permit=_decided_above,
    )


def _enter(
    registration: Registration,
    verb: str,
    actor: User | None,
    at: datetime,
    source: str,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
) -> None:
    audit_write(
        contract=registration.contract,
        subject=registration,
        verb=verb,
        actor=actor,
        at=at,
        source=source,
        before=before,
        after={**(after or {}), "status": registration.status},
        reason=reason.strip(),
    )


def _tell(registration: Registration, people: list[User], title: str, at: datetime) -> None:
    message_post(
        contract=registration.contract,
        topic=TOPIC,
        recipients=people,
        title=title,
        body=gettext_noop("%(applicant)s, %(unit)s, until %(valid_to)s: %(purpose)s"),
        params={
            "code": registration.code,
            "applicant": registration.applicant,
            "unit": registration.unit.name,
            "valid_to": registration.valid_to.isoformat(),
            "purpose": registration.purpose,
        },
        url=f"/devices/network/registrations/{registration.code}/",
        subject=registration,
        at=at,
    )
