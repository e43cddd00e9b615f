"""Categories of devices and their own fields. What hangs on a category (repair class, power policy) is the manager's to change."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from core.errors import Conflict, Invalid, NotAllowed
from core.roles import MANAGER
from devices.models import CategoryField, Device, DeviceCategory
from devices.models.device import PowerPolicy, RepairClass, SparePolicy
from devices.services.common import SYSTEM_SOURCES, check_input, fields_write, needed, optional
from devices.services.listing import search_refresh
from parties.models import Contract, Hall, User
from parties.querysets import role_in
from records.models import Source
from records.services.audit import audit_write

CODE = re.compile(r"[A-Z][A-Z0-9]{0,7}")
CATEGORY_FIELDS = ("code", "name", "repair_class", "power_policy", "spare_policy", "position", "is_active")
FIELD_FIELDS = ("label", "unit", "choices", "required", "position")
FIELDS_LIMIT = 30
"""Fields in use of one category: more than that fit on no form."""
CHOICES_LIMIT = 40


def _require_manager(actor: User | None, contract: Contract, source: str) -> None:
    if actor is None and source in SYSTEM_SOURCES:
        return
    if actor is None or role_in(actor, contract.pk) != MANAGER:
        raise NotAllowed(_("Only the project manager changes categories."))


def _category_values(values: Mapping[str, Any]) -> dict[str, Any]:
    given = {name: values[name] for name in CATEGORY_FIELDS if name in values}
    given["code"] = str(given.get("code") or "").strip().upper()
    given["name"] = str(given.get("name") or "").strip()
    unknown = _("Please choose one of the values offered.")
    check_input(
        {
            "code": "" if CODE.fullmatch(given["code"]) else _("One to eight capital letters and digits, such as WS."),
            "name": needed(given["name"], 40),
            "repair_class": "" if given.get("repair_class") in RepairClass.values else unknown,
            "power_policy": "" if given.get("power_policy") in PowerPolicy.values else unknown,
            "spare_policy": "" if given.get("spare_policy") in SparePolicy.values else unknown,
        }
    )
    return given


def _code_twice() -> Invalid:
    message = _("Another category has this code already.")
    return Invalid(message, fields={"code": message})


@transaction.atomic
def category_create(
    *,
    hall: Hall,
    contract: Contract,
    values: Mapping[str, Any],
    actor: User | None,
    at: datetime,
    source: str = Source.PAGE,
) -> DeviceCategory:
    """Add a category to the hall, behind those that stand there. Raises NotAllowed and Invalid."""
    _require_manager(actor, contract, source)
    given = _category_values(values)
    if not given.get("position"):
        last = DeviceCategory.objects.filter(hall=hall).aggregate(last=Max("position"))["last"]
        given["position"] = (last or 0) + 1
    try:
        with transaction.atomic():
            category = DeviceCategory.objects.create(hall=hall, **given)
    except IntegrityError:
        raise _code_twice() from None
    audit_write(
        contract=contract, subject=category, verb="create", actor=actor, at=at, source=source, after=given,
    )  # fmt: skip
    return category


@transaction.atomic
def category_edit(
    *,
    category: DeviceCategory,
    contract: Contract,
    version_seen: int,
    values: Mapping[str, Any],
    actor: User | None,
    at: datetime,
    source: str = Source.PAGE,
    reason: str = "",
) -> DeviceCategory:
    """Change a category. Its code may change while no device has been numbered by it. Raises NotAllowed, Invalid, Conflict."""
    _require_manager(actor, contract, source)
    given = _category_values(values)
    if given["code"] != category.code and Device.objects.filter(category=category).exists():
        message = _("Devices are numbered by this code; it stays.")
        raise Invalid(message, fields={"code": message})
    renamed = given["name"] != category.name
    try:
        with transaction.atomic():
            fields_write(
                category, given, contract=contract, actor=actor, at=at, source=source, reason=reason,
                version_seen=version_seen,
            )  # fmt: skip
    except IntegrityError:
        raise _code_twice() from None
    if renamed:
        search_refresh(Device.objects.filter(category=category))
    return category


def _field_values(kind: str, values: Mapping[str, Any]) -> dict[str, Any]:
    given = {name: values[name] for name in FIELD_FIELDS if name in values}
    given["label"] = str(given.get("label") or "").strip()
    given["unit"] = str(given.get("unit") or "").strip() if kind == CategoryField.Kind.NUMBER else ""
    lines = [line.strip() for line in str(given.get("choices") or "").splitlines() if line.strip()]
    given["choices"] = "\n".join(lines) if kind == CategoryField.Kind.CHOICE else ""
    choices = ""
    if kind == CategoryField.Kind.CHOICE:
        if len(lines) < 2 or len(set(lines)) != len(lines):
            choices = _("Please enter at least two different choices, one a line.")
        elif len(lines) > CHOICES_LIMIT or max(map(len, lines)) > 60:
            choices = _("At most %(count)s choices of at most 60 characters.") % {"count": CHOICES_LIMIT}
    check_input(
        {
            "label": needed(given["label"], 30),
            "kind": "" if kind in CategoryField.Kind.values else _("Please choose one of the values offered."),
            "unit": optional(given["unit"], 12),
            "choices": choices,
        }
    )
    return given


def _label_twice() -> Invalid:
    message = _("This category has a field of this name already.")
    return Invalid(message, fields={"label": message})


@transaction.atomic
def field_add(
    *,
    category: DeviceCategory,
    contract: Contract,
    kind: str,
    values: Mapping[str, Any],
    actor: User | None,
    at: datetime,
    source: str = Source.PAGE,
) -> CategoryField:
    """Give a category a field of its own, behind the others. Raises NotAllowed and Invalid."""
    _require_manager(actor, contract, source)
    given = _field_values(kind, values)
    existing = CategoryField.objects.filter(category=category)
    if existing.filter(is_active=True).count() >= FIELDS_LIMIT:
        raise Invalid(_("A category has at most %(limit)s fields of its own.") % {"limit": FIELDS_LIMIT})
    if existing.filter(is_active=True, label=given["label"]).exists():
        raise _label_twice()
    if not given.get("position"):
        given["position"] = (existing.aggregate(last=Max("position"))["last"] or 0) + 1
    try:
        with transaction.atomic():
            field = CategoryField.objects.create(category=category, key=f"f{existing.count() + 1}", kind=kind, **given)
    except IntegrityError:
        raise Conflict(_("Somebody else has just added a field. Please save again.")) from None
    audit_write(
        contract=contract, subject=category, verb="field_add", actor=actor, at=at, source=source,
        after={"of": f"categoryfield:{field.pk}", "name": field.label, "kind": kind, **given},
    )  # fmt: skip
    return field


@transaction.atomic
def field_edit(
    *,
    field: CategoryField,
    contract: Contract,
    version_seen: int,
    values: Mapping[str, Any],
    actor: User | None,
    at: datetime,
    source: str = Source.PAGE,
) -> CategoryField:
    """Change a field but for its kind, so that what was entered stays true. Raises NotAllowed, Invalid, Conflict."""
    _require_manager(actor, contract, source)
    given = _field_values(field.kind, values)
    gone = set(field.options) - set(given["choices"].splitlines())
    if field.kind == CategoryField.Kind.CHOICE and gone:
        used = {
            extra.get(field.key)
            for extra in Device.objects.filter(category=field.category_id).values_list("extra", flat=True)
        } & gone
        if used:
            message = _("Devices still have: %(choices)s") % {"choices": "、".join(sorted(used))}
            raise Invalid(message, fields={"choices": message})
    try:
        with transaction.atomic():
            fields_write(
                field, given, contract=contract, actor=actor, at=at, verb="field_edit", source=source,
                version_seen=version_seen, subject=field.category,
            )  # fmt: skip
    except IntegrityError:
        raise _label_twice() from None
    return field


@transaction.atomic
def field_switch(
    *,
    field: CategoryField,
    contract: Contract,
    active: bool,
    actor: User | None,
    at: datetime,
    source: str = Source.PAGE,
) -> CategoryField:
    """Retire a field, or take it back; the values that were entered stay. Raises NotAllowed and Invalid."""
    _require_manager(actor, contract, source)
    try:
        with transaction.atomic():
            fields_write(
                field, {"is_active": active}, contract=contract, actor=actor, at=at,
                verb="field_restore" if active else "field_retire", source=source, subject=field.category,
            )  # fmt: skip
    except IntegrityError:
        raise _label_twice() from None
    return field
