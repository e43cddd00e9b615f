"""Configuration of devices: every value an item ever had stays, secrets lie sealed and are never told to the history."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import uuid4

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from core import vault
from core.errors import Conflict, Invalid, NotAllowed
from devices.finds.history import current_of, versions_on
from devices.models import ChangeOrder, ConfigBaseline, ConfigItem, ConfigVersion, Device
from devices.rules_history import KEY_LIMIT, PASTE_LINES, VALUE_LIMIT
from devices.services.common import check_input, local_day, needed, optional, require_keeper
from devices.services.orders import order_required
from parties.models import Contract, User
from records.models import Source, Visibility
from records.services.audit import audit_write

REASON_LIMIT = 300


@transaction.atomic
def config_set(
    *,
    device: Device,
    contract: Contract,
    key: str,
    value: str,
    secret: bool = False,
    effective_from: date,
    actor: User | None,
    at: datetime,
    source: str = Source.PAGE,
    reason: str,
    order: ChangeOrder | None = None,
    batch: str = "",
    label: str | None = None,
    unit: str | None = None,
    emergency: str = "",
    number_seen: int | None = None,
) -> ConfigVersion:
    """Add a parameter to a device, or give one a new value from a day on; what it was stays.

    A secret one stays secret for ever. `number_seen` is the newest version that the writer had in view (0 for none). A key device
    needs an order in force or the `emergency` reason. An equal value adds nothing. Raises NotAllowed; Invalid; Conflict when
    somebody else was quicker.
    """
    require_keeper(actor, contract, source=source)
    key, value = key.strip(), value.strip()
    _check(device, contract, key, value, effective_from, reason, label, unit, at)
    found = ConfigItem.objects.filter(device=device, key=key).first()
    if found is not None and secret and not found.is_secret:
        message = _(
            "This parameter is kept openly, and its old values stay so. Please write the secret under another name."
        )
        raise Invalid(message, fields={"is_secret": message})
    if found is not None and number_seen == 0 and current_of(found, local_day(at)) is not None:
        message = _("This device already has a parameter of this name. Please change that one.")
        raise Conflict(message, fields={"key": message})
    under = order_required(
        device=device,
        contract=contract,
        what=_("Configuration: %(key)s") % {"key": key},
        emergency=emergency,
        actor=actor,
        at=at,
        source=source,
    )
    return _put(
        device=device,
        contract=contract,
        key=key,
        value=value,
        secret=secret,
        effective_from=effective_from,
        actor=actor,
        at=at,
        source=source,
        reason=reason.strip(),
        order=order or under,
        batch=batch,
        label=label,
        unit=unit,
        emergency=emergency.strip() if under is None and device.is_key else "",
        number_seen=number_seen,
    )


@transaction.atomic
def config_withdraw(
    *,
    item: ConfigItem,
    contract: Contract,
    number_seen: int,
    reason: str,
    actor: User,
    at: datetime,
    source: str = Source.PAGE,
    emergency: str = "",
) -> ConfigVersion:
    """Take a parameter away from today on; its values stay readable. Raises as config_set does, Conflict when it is gone."""
    require_keeper(actor, contract, source=source)
    check_input({"reason": needed(reason, REASON_LIMIT, _("Please give the reason."))})
    device, today = item.device, local_day(at)
    current = current_of(item, today)
    if current is None:
        raise Conflict(_("This parameter is withdrawn already."))
    under = order_required(
        device=device,
        contract=contract,
        what=_("Configuration withdrawn: %(key)s") % {"key": item.key},
        emergency=emergency,
        actor=actor,
        at=at,
        source=source,
    )
    urgent = bool(under is None and device.is_key and emergency.strip())
    version = _append(
        item,
        number_seen,
        is_withdrawn=True,
        effective_from=today,
        by=actor,
        at=at,
        source=source,
        reason=reason.strip(),
        order=under,
        is_emergency=urgent,
    )
    before, after = _told(item, current), {"item": item, "withdrawn": True}
    _audit(device, contract, "config_withdraw", actor, at, source, before, _marked(after, under, urgent), reason, "")
    return version


@transaction.atomic
def config_reveal(
    *, item: ConfigItem, contract: Contract, actor: User, at: datetime, reason: str = "", source: str = Source.PAGE
) -> str:
    """The value of a secret parameter, with an entry that it was looked at.

    Raises NotAllowed for anybody but engineers and the manager; Conflict when there is none now, or its key is not given any more.
    """
    require_keeper(actor, contract, source=source)
    check_input({"reason": optional(reason, REASON_LIMIT)})
    current = current_of(item, local_day(at))
    if current is None or not item.is_secret:
        raise Conflict(_("There is nothing to show here."))
    try:
        value = vault.unseal(current.sealed)
    except vault.CannotOpen:
        raise Conflict(
            _("This secret was sealed with a key that is not given any more. Please enter the value again.")
        ) from None
    audit_write(
        contract=contract,
        subject=item.device,
        verb="config_reveal",
        actor=actor,
        at=at,
        source=source,
        after={"item": item, "number": current.number},
        reason=reason.strip(),
        visibility=Visibility.INTERNAL,
    )
    return value


@transaction.atomic
def baseline_mark(
    *, device: Device, contract: Contract, name: str, on: date, actor: User, at: datetime, source: str = Source.PAGE
) -> ConfigBaseline:
    """Keep the set that was in force on a day under a name. Raises NotAllowed; Invalid (nothing there, a known name)."""
    require_keeper(actor, contract, source=source)
    held = versions_on([device], on)[device.pk]
    check_input(
        {
            "name": needed(name, 60),
            "on": _("This day is still to come.") if on > local_day(at) else "",
        }
    )
    if not held:
        message = _("On that day the device had no parameters.")
        raise Invalid(message, fields={"on": message})
    try:
        with transaction.atomic():
            baseline = ConfigBaseline.objects.create(
                device=device, name=name.strip(), on=on, marked_by=actor, marked_at=at
            )
    except IntegrityError:
        message = _("There is another baseline of this name.")
        raise Invalid(message, fields={"name": message}) from None
    baseline.versions.set(held)
    audit_write(
        contract=contract,
        subject=device,
        verb="baseline_mark",
        actor=actor,
        at=at,
        source=source,
        after={"baseline": baseline, "on": on, "parameters": len(held)},
    )
    return baseline


@transaction.atomic
def config_import(
    *,
    device: Device,
    contract: Contract,
    pairs: Sequence[tuple[str, str]],
    secrets: Sequence[str] = (),
    effective_from: date,
    reason: str,
    actor: User,
    at: datetime,
    emergency: str = "",
    source: str = Source.IMPORT,
) -> int:
    """Set several parameters of a device at once, all or nothing, under one batch; returns how many really changed.

    Raises as config_set does.
    """
    require_keeper(actor, contract, source=source)
    if not 0 < len(pairs) <= PASTE_LINES:
        message = _("Please paste 1 to %(limit)d lines.") % {"limit": PASTE_LINES}
        raise Invalid(message, fields={"text": message})
    for key, value in pairs:
        _check(device, contract, key, value, effective_from, reason, None, None, at)
    today = local_day(at)
    known = {version.item.key: version for version in versions_on([device], today)[device.pk]}
    changed = [(key, value) for key, value in pairs if not _equal(known.get(key), value)]
    if not changed:
        return 0
    under = order_required(
        device=device,
        contract=contract,
        what=_("Configuration: %(count)d parameters") % {"count": len(changed)},
        emergency=emergency,
        actor=actor,
        at=at,
        source=source,
    )
    batch = uuid4().hex
    for key, value in changed:
        _put(
            device=device,
            contract=contract,
            key=key,
            value=value,
            secret=key in secrets,
            effective_from=effective_from,
            actor=actor,
            at=at,
            source=source,
            reason=reason.strip(),
            order=under,
            batch=batch,
            label=None,
            unit=None,
            emergency=emergency.strip() if under is None and device.is_key else "",
            number_seen=None,
        )
    return len(changed)


# ----------------------------------------------------------------------------------------------------------------------


def _check(
    device: Device,
    contract: Contract,
    key: str,
    value: str,
    effective_from: date,
    reason: str,
    label: str | None,
    unit: str | None,
    at: datetime,
) -> None:
    if device.hall_id != contract.hall_id:
        raise NotAllowed(_("Your role may not change the register."))
    check_input(
        {
            "key": needed(key, KEY_LIMIT),
            "value": needed(value, VALUE_LIMIT),
            "effective_from": _("This day is still to come.") if effective_from > local_day(at) else "",
            "reason": needed(reason, REASON_LIMIT, _("Please give the reason.")),
            "label": optional(label or "", 80),
            "unit": optional(unit or "", 16),
        }
    )


def _put(
    *,
    device: Device,
    contract: Contract,
    key: str,
    value: str,
    secret: bool,
    effective_from: date,
    actor: User | None,
    at: datetime,
    source: str,
    reason: str,
    order: ChangeOrder | None,
    batch: str,
    label: str | None,
    unit: str | None,
    emergency: str,
    number_seen: int | None,
) -> ConfigVersion:
    item, is_new = ConfigItem.objects.get_or_create(
        device=device, key=key, defaults={"label": label or "", "unit": unit or "", "is_secret": secret}
    )
    renamed = {} if is_new else _renamed(item, label, unit)
    current = current_of(item, local_day(at))
    if current is not None and _equal(current, value) and not renamed:
        return current
    version = _append(
        item,
        number_seen,
        value="" if item.is_secret else value,
        sealed=vault.seal(value) if item.is_secret else "",
        effective_from=effective_from,
        by=actor,
        at=at,
        source=source,
        reason=reason,
        order=order,
        is_emergency=bool(emergency),
    )
    after = {**_told(item, version), "from": effective_from, **renamed}
    before = _told(item, current) if current is not None else {}
    _audit(
        device, contract, "config_set", actor, at, source, before, _marked(after, order, bool(emergency)), reason, batch
    )
    return version


def _renamed(item: ConfigItem, label: str | None, unit: str | None) -> dict[str, str]:
    """Give an item the label and unit that were written, where they differ; returns what changed."""
    given = {"label": label, "unit": unit}
    fresh = {
        name: text.strip() for name, text in given.items() if text is not None and text.strip() != getattr(item, name)
    }
    if fresh:
        ConfigItem.objects.filter(pk=item.pk).update(**fresh)
        for name, text in fresh.items():
            setattr(item, name, text)
    return fresh


def _append(item: ConfigItem, number_seen: int | None, **values: Any) -> ConfigVersion:
    """The item's next version; whoever has seen an older one, or comes second, gets a Conflict."""
    newest = int(ConfigVersion.objects.filter(item=item).aggregate(last=Max("number"))["last"] or 0)
    refused = _("Somebody else has changed this parameter meanwhile. Please look at its present value.")
    if number_seen is not None and number_seen not in (0, newest):
        raise Conflict(refused)
    try:
        with transaction.atomic():
            return ConfigVersion.objects.create(item=item, number=newest + 1, **values)
    except IntegrityError:
        raise Conflict(refused) from None


def _equal(version: ConfigVersion | None, value: str) -> bool:
    if version is None:
        return False
    if not version.item.is_secret:
        return version.value == value
    try:
        return vault.unseal(version.sealed) == value
    except vault.CannotOpen:
        return False


def _told(item: ConfigItem, version: ConfigVersion) -> dict[str, Any]:
    """What the history keeps of a version: the value of an open one, of a secret one only which it is."""
    if item.is_secret:
        return {"item": item, "secret": True, "number": version.number}
    return {"item": item, "value": f"{version.value} {item.unit}".strip()}


def _marked(after: dict[str, Any], order: ChangeOrder | None, urgent: bool) -> dict[str, Any]:
    if order is not None:
        after["order"] = order
    if urgent:
        after["emergency"] = True
    return after


def _audit(
    device: Device,
    contract: Contract,
    verb: str,
    actor: User | None,
    at: datetime,
    source: str,
    before: dict[str, Any],
    after: dict[str, Any],
    reason: str,
    batch: str,
) -> None:
    audit_write(
        contract=contract,
        subject=device,
        verb=verb,
        actor=actor,
        at=at,
        source=source,
        before=before,
        after=after,
        reason=reason,
        batch=batch,
    )
