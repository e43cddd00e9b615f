"""Keeps the parties of a contract, their units and windows, the vendors and everybody's contacts. Nothing is ever deleted."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, TypeVar

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from core import audit
from core.errors import Conflict, DomainError, Invalid, NotAllowed
from parties.models import Contact, Contract, Membership, Organisation, Unit, User, Vendor, Window
from parties.permissions import can_administer, can_keep_contacts
from parties.querysets import contacts_of, organisations_of, units_of, vendors_of

Row = TypeVar("Row", Organisation, Unit, Window, Vendor, Contact, Contract)
Switched = TypeVar("Switched", Unit, Window, Vendor, Contact)


@transaction.atomic
def organisation_edit(
    *,
    organisation: Organisation,
    contract: Contract,
    legal_name: str,
    short_name: str,
    aliases: Sequence[str],
    address: str,
    phone: str,
    actor: User,
    at: datetime,
) -> Organisation:
    """Correct what a party of the contract is called and where it sits; prints use the legal name. Clause 八.1.

    Raises NotAllowed and Conflict (another organisation has this legal name).
    """
    _administers(actor, contract, organisations_of(contract), organisation)
    taken = _("Another organisation has this legal name.")
    return _edit(
        organisation,
        "organisation_edit",
        contract,
        actor,
        at,
        taken=Conflict(taken, fields={"legal_name": taken}),
        legal_name=legal_name,
        short_name=short_name,
        aliases=list(aliases),
        address=address,
        phone=phone,
    )


@transaction.atomic
def unit_add(*, contract: Contract, name: str, actor: User, at: datetime) -> Unit:
    """Add a unit of the client. Raises NotAllowed, Conflict (the client has a unit of this name)."""
    _administers(actor, contract)
    return _add(Unit(organisation_id=contract.client_id, name=name), "unit_add", contract, actor, at, _unit_taken())


@transaction.atomic
def unit_edit(*, unit: Unit, contract: Contract, name: str, actor: User, at: datetime) -> Unit:
    """Rename a unit; its people, windows and devices stay with it. Raises NotAllowed, Conflict."""
    _administers(actor, contract, units_of(contract), unit)
    return _edit(unit, "unit_edit", contract, actor, at, taken=_unit_taken(), name=name)


@transaction.atomic
def unit_deactivate(*, unit: Unit, contract: Contract, confirmed: bool, actor: User, at: datetime) -> Unit:
    """Close a unit: nobody can be added to it or report for it any more.

    Raises NotAllowed, and Conflict when it is closed already or still has active clerks or windows and nobody has confirmed that.
    """
    _administers(actor, contract, units_of(contract), unit)
    windows, clerks = unit_in_use(unit)
    if (windows or clerks) and not confirmed:
        raise Conflict(_("This unit still has active clerks or windows."), code="in_use")
    return _switch(
        unit,
        False,
        "unit_deactivate",
        contract,
        actor,
        at,
        after={"windows": windows, "clerks": clerks, "name": unit.name},
    )


@transaction.atomic
def unit_reactivate(*, unit: Unit, contract: Contract, actor: User, at: datetime) -> Unit:
    """Open a closed unit again. Raises NotAllowed, Conflict."""
    _administers(actor, contract, units_of(contract), unit)
    return _switch(unit, True, "unit_reactivate", contract, actor, at)


def unit_in_use(unit: Unit) -> tuple[int, int]:
    """How many active windows a unit has, and how many active people belong to it."""
    people = Membership.objects.filter(unit=unit, is_active=True, user__is_active=True)
    return Window.objects.filter(unit=unit, is_active=True).count(), people.values("user").distinct().count()


@transaction.atomic
def window_add(*, unit: Unit, contract: Contract, code: str, actor: User, at: datetime) -> Window:
    """Add a window to a unit. Raises NotAllowed, Conflict (the unit has this window)."""
    _administers(actor, contract, units_of(contract), unit)
    return _add(Window(unit=unit, code=code), "window_add", contract, actor, at, _window_taken())


@transaction.atomic
def window_edit(*, window: Window, contract: Contract, code: str, actor: User, at: datetime) -> Window:
    """Give a window another number. Raises NotAllowed, Conflict."""
    _administers(actor, contract, units_of(contract), window.unit)
    return _edit(window, "window_edit", contract, actor, at, taken=_window_taken(), code=code)


@transaction.atomic
def window_switch(*, window: Window, contract: Contract, active: bool, actor: User, at: datetime) -> Window:
    """Close a window or open it again. Raises NotAllowed, Conflict (it is so already)."""
    _administers(actor, contract, units_of(contract), window.unit)
    verb = "window_reactivate" if active else "window_deactivate"
    return _switch(window, active, verb, contract, actor, at)


@transaction.atomic
def vendor_add(
    *,
    contract: Contract,
    name: str,
    service_scope: str,
    sla_hours: int | None,
    contract_end: date | None,
    actor: User,
    at: datetime,
) -> Vendor:
    """Add a third party who repairs or supplies in this hall. Raises NotAllowed, Conflict (the hall has one of this name)."""
    _keeps_contacts(actor, contract)
    vendor = Vendor(
        hall_id=contract.hall_id,
        name=name,
        service_scope=service_scope,
        sla_hours=sla_hours,
        contract_end=contract_end,
    )
    return _add(vendor, "vendor_add", contract, actor, at, _vendor_taken())


@transaction.atomic
def vendor_edit(
    *,
    vendor: Vendor,
    contract: Contract,
    name: str,
    service_scope: str,
    sla_hours: int | None,
    contract_end: date | None,
    actor: User,
    at: datetime,
) -> Vendor:
    """Correct a vendor's name, scope, promised response (hours) or the end of its contract. Raises NotAllowed, Conflict."""
    _keeps_contacts(actor, contract, vendors_of(contract), vendor)
    return _edit(
        vendor,
        "vendor_edit",
        contract,
        actor,
        at,
        taken=_vendor_taken(),
        name=name,
        service_scope=service_scope,
        sla_hours=sla_hours,
        contract_end=contract_end,
    )


@transaction.atomic
def vendor_switch(*, vendor: Vendor, contract: Contract, active: bool, actor: User, at: datetime) -> Vendor:
    """Close a vendor or open it again; its devices keep it. Raises NotAllowed, Conflict (it is so already)."""
    _keeps_contacts(actor, contract, vendors_of(contract), vendor)
    verb = "vendor_reactivate" if active else "vendor_deactivate"
    return _switch(vendor, active, verb, contract, actor, at)


@transaction.atomic
def contact_add(
    *,
    contract: Contract,
    of: Organisation | Vendor,
    name: str,
    title: str,
    phone: str,
    email: str,
    actor: User,
    at: datetime,
    is_office: bool = False,
) -> Contact:
    """Add somebody to call at a party or a vendor. Only the contractor has an office. Raises NotAllowed, Invalid."""
    contact = Contact(name=name, title=title, phone=phone, email=email, is_office=is_office)
    if isinstance(of, Vendor):
        _keeps_contacts(actor, contract, vendors_of(contract), of)
        contact.vendor = of
    else:
        _keeps_contacts(actor, contract, organisations_of(contract), of)
        contact.organisation = of
    _check_contact(contract, contact)
    contact.save(force_insert=True)
    audit.write(
        contract=contract,
        subject=contact,
        verb="contact_add",
        actor=actor,
        at=at,
        source=audit.PAGE,
        after={"of": of, **_told(contact)},
        internal=True,
    )
    return contact


@transaction.atomic
def contact_edit(
    *,
    contact: Contact,
    contract: Contract,
    name: str,
    title: str,
    phone: str,
    email: str,
    actor: User,
    at: datetime,
    is_office: bool = False,
) -> Contact:
    """Correct a contact; before and after are kept, for a change must be told without delay (clause 八.1).

    Raises NotAllowed, Invalid.
    """
    _keeps_contacts(actor, contract, contacts_of(contract), contact)
    new = {"name": name, "title": title, "phone": phone, "email": email, "is_office": is_office}
    _check_contact(contract, Contact(organisation=contact.organisation, vendor=contact.vendor, **new))
    return _edit(contact, "contact_edit", contract, actor, at, taken=None, **new)


@transaction.atomic
def contact_switch(*, contact: Contact, contract: Contract, active: bool, actor: User, at: datetime) -> Contact:
    """Take a contact out of use, or back. Raises NotAllowed, Conflict (it is so already)."""
    _keeps_contacts(actor, contract, contacts_of(contract), contact)
    verb = "contact_reactivate" if active else "contact_deactivate"
    return _switch(contact, active, verb, contract, actor, at, before=_told(contact))


@transaction.atomic
def contract_edit(
    *, contract: Contract, hotline: str, project_contact: Contact | None, actor: User, at: datetime
) -> Contract:
    """Change the hotline (clause 一.3) and whom the cover page names as contact. Raises NotAllowed, Invalid."""
    _administers(actor, contract)
    if project_contact is not None and project_contact.organisation_id != contract.contractor_id:
        message = _("The project contact is one of the contractor's.")
        raise Invalid(message, fields={"project_contact": message})
    return _edit(
        contract, "contract_edit", contract, actor, at, taken=None, hotline=hotline, project_contact=project_contact
    )


def _check_contact(contract: Contract, contact: Contact) -> None:
    if not contact.phone and not contact.email:
        message = _("Please give a telephone number or an e-mail address.")
        raise Invalid(message, fields={"phone": message})
    if contact.is_office and contact.organisation_id != contract.contractor_id:
        message = _("Only the contractor has an office that gets the last rung.")
        raise Invalid(message, fields={"is_office": message})


def _told(contact: Contact) -> dict[str, Any]:
    return {name: getattr(contact, name) for name in ("name", "title", "phone", "email", "is_office")}


def _unit_taken() -> Conflict:
    message = _("The client already has a unit of this name.")
    return Conflict(message, fields={"name": message})


def _window_taken() -> Conflict:
    message = _("This unit already has a window of this number.")
    return Conflict(message, fields={"code": message})


def _vendor_taken() -> Conflict:
    message = _("The hall already has a vendor of this name.")
    return Conflict(message, fields={"name": message})


def _administers(
    actor: User, contract: Contract, rows: models.QuerySet[Any] | None = None, row: models.Model | None = None
) -> None:
    if not can_administer(actor, contract) or not _is_among(rows, row):
        raise NotAllowed(_("Only an administrator of this contract may do this."))


def _keeps_contacts(
    actor: User, contract: Contract, rows: models.QuerySet[Any] | None = None, row: models.Model | None = None
) -> None:
    if not can_keep_contacts(actor, contract) or not _is_among(rows, row):
        raise NotAllowed(_("Only an administrator or the project manager of this contract may do this."))


def _is_among(rows: models.QuerySet[Any] | None, row: models.Model | None) -> bool:
    return rows is None or row is None or rows.filter(pk=row.pk).exists()


def _save(row: models.Model, taken: DomainError | None, **how: Any) -> None:
    """Save in a savepoint, so that a name that somebody else took a moment ago is told and not a failure."""
    try:
        with transaction.atomic():
            row.save(**how)
    except IntegrityError as error:
        if taken is None:
            raise
        raise taken from error


def _add(row: Row, verb: str, contract: Contract, actor: User, at: datetime, taken: DomainError) -> Row:
    _save(row, taken, force_insert=True)
    audit.write(
        contract=contract,
        subject=row,
        verb=verb,
        actor=actor,
        at=at,
        source=audit.PAGE,
        after={"name": str(row)},
        internal=True,
    )
    return row


def _edit(
    row: Row, verb: str, contract: Contract, actor: User, at: datetime, *, taken: DomainError | None, **new: Any
) -> Row:
    row.refresh_from_db(fields=list(new))
    before = {name: getattr(row, name) for name, value in new.items() if getattr(row, name) != value}
    if not before:
        return row
    for name in before:
        setattr(row, name, new[name])
    _save(row, taken, update_fields=list(before))
    audit.write(
        contract=contract,
        subject=row,
        verb=verb,
        actor=actor,
        at=at,
        source=audit.PAGE,
        before=before,
        after={name: new[name] for name in before},
        internal=True,
    )
    return row


def _switch(
    row: Switched, active: bool, verb: str, contract: Contract, actor: User, at: datetime, **told: Any
) -> Switched:
    rows = type(row)._default_manager.filter(pk=row.pk, is_active=not active)
    if not rows.update(is_active=active):
        raise Conflict(_("It is so already: somebody was quicker."))
    row.is_active = active
    audit.write(contract=contract, subject=row, verb=verb, actor=actor, at=at, source=audit.PAGE, internal=True, **told)
    return row
