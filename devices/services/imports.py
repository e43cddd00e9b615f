"""Import of the register: a dry run of every row through the real validators, then all of them or none, and back again.

A file becomes a DeviceBatch with its rows in the database, so that every step survives a reload and another worker. Nothing that a
file names and nobody knows is ever created or guessed: it is an error until somebody says for which existing thing the word stands.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import uuid4

from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from core.errors import Conflict, DomainError, Invalid
from core.flow import claim
from core.roles import MANAGER
from core.search import normal
from core.sheets import Table
from devices.columns import BY_KEY as COLUMNS
from devices.finds.network import addresses_of
from devices.finds.register import Catalogue, catalogue_of
from devices.models import Address, Device, DeviceBatch, DeviceBatchRow, Place, Subnet
from devices.models.device import PowerPolicy
from devices.rules_import import BY_KEY, EXTRA, FIELDS, columns_of, day_of, doubles, yes_no
from devices.rules_network import key_of, parse_address
from devices.rules_register import extra_value
from devices.services.common import check_input, needed, require_keeper
from devices.services.network import device_address_set
from devices.services.orders import order_in_force
from devices.services.register import (
    MANAGERS_VERBS,
    device_complaints,
    device_create,
    device_edit,
    device_status_set,
    status_verb,
)
from devices.states import DEVICE_BATCH_FLOW, AddressStatus, BatchStatus, DeviceStatus
from parties.models import Contract, Unit, User, Vendor, Window
from parties.querysets import role_in
from records.models import Source
from records.services.audit import audit_write

CHUNK = 500
CHOICES: dict[str, type[models.TextChoices]] = {
    "status": DeviceStatus,
    "power_policy": PowerPolicy,
    "criticality": Device.Criticality,
    "ownership": Device.Ownership,
}
DATES = ("installed_on", "warranty_until")
REFERENCES = ("category", "place", "window", "unit", "vendor")
Outcome = DeviceBatchRow.Outcome


def both(text: Any) -> tuple[str, str]:
    """A lazy text in both languages of the house: files are written in either."""
    with override("zh-hans"):
        chinese = str(text)
    with override("en"):
        return chinese, str(text)


# What the rows of a file may name ---------------------------------------------------------------------------------------


@dataclass
class Known:
    """Everything that a row can refer to, read once for the whole file; `mapping` is what somebody said a word stands for."""

    contract: Contract
    catalogue: Catalogue
    mapping: Mapping[str, Mapping[str, int]]
    rows: dict[str, dict[int, Any]] = field(default_factory=dict)
    words: dict[str, dict[str, set[int]]] = field(default_factory=dict)
    choices: dict[str, dict[str, str]] = field(default_factory=dict)
    devices: dict[str, Device] = field(default_factory=dict)
    addresses: dict[int, list[str]] = field(default_factory=dict)
    subnets: list[Subnet] = field(default_factory=list)
    taken: dict[str, tuple[str, int | None]] = field(default_factory=dict)
    """By address: its status in the ledger, and the device that has it."""

    def find(self, kind: str, word: str) -> tuple[Any, str]:
        """The thing of this kind that a word names, or None with the complaint."""
        mapped = self.mapping.get(kind, {}).get(word)
        if mapped is not None and mapped in self.rows[kind]:
            return self.rows[kind][mapped], ""
        found = self.words[kind].get(normal(word), set())
        if len(found) == 1:
            return self.rows[kind][next(iter(found))], ""
        if found:
            return None, _("Several are called “%(word)s”; please say which one is meant.") % {"word": word[:40]}
        return None, _("Nothing of the register is called “%(word)s”.") % {"word": word[:40]}


def known_of(contract: Contract, mapping: Mapping[str, Mapping[str, int]], codes: Iterable[str] = ()) -> Known:
    """Read what the rows of a file may refer to, and the devices that have these numbers; a fixed number of statements."""
    hall = contract.hall
    known = Known(contract, catalogue_of(hall), mapping)
    sources: dict[str, Iterable[tuple[Any, tuple[str, ...]]]] = {
        "category": [(row, (row.name, row.code)) for row in known.catalogue.categories.values() if row.is_active],
        "place": [
            (row, (row.name, row.code, *([row.alias] if row.alias else [])))
            for row in Place.objects.filter(hall=hall, is_active=True)
        ],
        "window": [
            (row, (row.code,))
            for row in Window.objects.filter(unit__organisation=contract.client_id, is_active=True).select_related(
                "unit"
            )
        ],
        "unit": [(row, (row.name,)) for row in Unit.objects.filter(organisation=contract.client_id, is_active=True)],
        "vendor": [(row, (row.name,)) for row in Vendor.objects.filter(hall=hall, is_active=True)],
    }
    for kind, things in sources.items():
        known.rows[kind], known.words[kind] = {}, {}
        for row, names in things:
            known.rows[kind][row.pk] = row
            for name in names:
                known.words[kind].setdefault(normal(name), set()).add(row.pk)
    for name, choices in CHOICES.items():
        known.choices[name] = {
            normal(word): str(choice.value) for choice in choices for word in (*both(choice.label), str(choice.value))
        }
    wanted = sorted({code for code in codes if code})
    for start in range(0, len(wanted), CHUNK):
        rows = Device.objects.filter(hall=hall, code__in=wanted[start : start + CHUNK]).select_related(
            "hall", "category", "place", "window", "unit", "vendor"
        )
        known.devices |= {row.code: row for row in rows}
    known.subnets = list(Subnet.objects.filter(hall=hall))
    ids = [row.pk for row in known.devices.values()]
    for start in range(0, len(ids), CHUNK):
        known.addresses |= addresses_of(ids[start : start + CHUNK])
    return known


def _read_ledger(known: Known, addresses: Iterable[str]) -> None:
    wanted = sorted(set(addresses))
    for start in range(0, len(wanted), CHUNK):
        rows = Address.objects.filter(subnet__hall=known.contract.hall_id, address__in=wanted[start : start + CHUNK])
        known.taken |= {row[0]: (row[1], row[2]) for row in rows.values_list("address", "status", "device_id")}


# One row -----------------------------------------------------------------------------------------------------------------


@dataclass
class Read:
    """What a row says, and what would come of it."""

    device: Device | None = None
    values: dict[str, Any] = field(default_factory=dict)
    status: str = ""
    addresses: list[str] | None = None
    errors: dict[str, str] = field(default_factory=dict)
    unknown: dict[str, str] = field(default_factory=dict)
    diff: list[dict[str, str]] = field(default_factory=list)
    before: dict[str, Any] = field(default_factory=dict)

    @property
    def outcome(self) -> Outcome:
        """What the row is: an error, a new device, a changed one, or nothing to do."""
        if self.errors:
            return Outcome.ERROR
        if self.device is None:
            return Outcome.NEW
        return Outcome.CHANGED if self.diff else Outcome.SAME


def addresses_in(text: str) -> list[str]:
    """The addresses that a cell lists, in one form each; raises ValueError for anything else."""
    parts = text.replace("，", ",").replace("、", ",").replace(";", ",").replace("；", ",").split(",")
    return list(dict.fromkeys(str(parse_address(part)) for part in parts if part.strip()))


def _read_row(known: Known, keys: Sequence[str], cells: Sequence[str], at: datetime) -> Read:
    read = Read()
    texts = {key: cell for key, cell in zip(keys, cells, strict=True) if key}
    read.device = known.devices.get(texts.get("code", ""))
    extras: dict[str, str] = {}
    for key, text in texts.items():
        if key.startswith(EXTRA):
            extras[key.removeprefix(EXTRA)] = text
        elif not BY_KEY[key].note and (text or BY_KEY[key].emptied):
            _read_cell(known, read, key, text)
    _place_window(known, read, texts)
    _read_extras(known, read, extras)
    if not read.errors:
        wrong = device_complaints(known.contract.hall, read.values, device=read.device, catalogue=known.catalogue)
        labels = {f"extra_{one.key}": f"{EXTRA}{one.label}" for rows in known.catalogue.fields.values() for one in rows}
        read.errors |= {labels.get(name, name): message for name, message in wrong.items()}
    _compare(known, read)
    _check_status(read)
    _check_addresses(known, read, at)
    return read


def _read_cell(known: Known, read: Read, key: str, text: str) -> None:
    if key in REFERENCES:
        if not text:
            read.values[key] = None
        elif key != "window":
            found, complaint = known.find(key, text)
            if found is None:
                read.errors[key], read.unknown[key] = complaint, text
            else:
                read.values[key] = found
    elif key in CHOICES:
        value = known.choices[key].get(normal(text), "")
        if not value:
            read.errors[key] = _("“%(word)s” is none of the values of this column.") % {"word": text[:40]}
        elif key == "status":
            read.status = value
        else:
            read.values[key] = value
    elif key in DATES:
        day = day_of(text) if text else None
        if text and day is None:
            read.errors[key] = _("Please enter a day as 2024-03-18.")
        else:
            read.values[key] = day
    elif key == "is_key":
        answer = yes_no(text)
        if answer is None:
            read.errors[key] = _("Please enter yes or no.")
        else:
            read.values[key] = answer
    elif key == "addresses":
        try:
            read.addresses = addresses_in(text)
        except ValueError:
            read.errors[key] = _("Please write one address, e.g. 10.20.1.1.")
    else:
        read.values[key] = text


def _place_window(known: Known, read: Read, texts: Mapping[str, str]) -> None:
    """Windows of two units may have the same number: the unit of the row decides which one is meant."""
    word = texts.get("window", "")
    if not word:
        return
    mapped = known.mapping.get("window", {}).get(word)
    found = {mapped} if mapped in known.rows["window"] else known.words["window"].get(normal(word), set())
    unit = read.values.get("unit") or (read.device.unit if read.device is not None and "unit" not in texts else None)
    fitting = {pk for pk in found if unit is not None and known.rows["window"][pk].unit_id == unit.pk}
    if len(fitting) == 1 or len(found) == 1:
        read.values["window"] = known.rows["window"][next(iter(fitting or found))]
    else:
        _thing, read.errors["window"] = known.find("window", word)
        read.unknown["window"] = word


def _read_extras(known: Known, read: Read, extras: Mapping[str, str]) -> None:
    category = read.values.get("category") or (read.device.category if read.device is not None else None)
    if category is None:
        return
    own = {one.label: one for one in known.catalogue.fields_of(category)}
    extra = dict(read.device.extra) if read.device is not None else {}
    for label, text in extras.items():
        if label in own:
            extra[own[label].key] = text
        elif text:
            read.errors[f"{EXTRA}{label}"] = _("The category %(category)s has no such field.") % {"category": category}
    if extras or read.device is None:
        read.values["extra"] = extra


def _shown(value: Any) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    return str(value)


def _compare(known: Known, read: Read) -> None:
    """What would be different: cell by cell for a stored device, everything for a new one."""
    if read.errors:
        return
    device = read.device
    for key, value in list(read.values.items()):
        if key == "extra":
            _compare_extras(known, read)
            continue
        if key == "mac" and value:
            value = value.upper().replace("-", ":")
        old = getattr(device, key) if device is not None else None
        if device is not None and (old == value or _shown(old) == _shown(value) == ""):
            continue
        if device is None and (not _shown(value) or value is False):
            continue
        read.diff.append(_line(key, _worded(key, old), _worded(key, value)))
        if device is not None:
            read.before[key] = _raw(old)
    if device is None:
        return
    # What is the same is not written: a retired device with nothing new in its row is no error.
    read.values = {key: value for key, value in read.values.items() if key in read.before}


def _compare_extras(known: Known, read: Read) -> None:
    device = read.device
    category = read.values.get("category") or (device.category if device is not None else None)
    old = dict(device.extra) if device is not None else {}
    new = dict(read.values["extra"])
    for one in known.catalogue.fields_of(category) if category is not None else ():
        new[one.key] = extra_value(one, new.get(one.key))
        if old.get(one.key) != new[one.key]:
            read.diff.append(_line(f"{EXTRA}{one.label}", _shown(old.get(one.key)), _shown(new[one.key])))
    kept = {key: value for key, value in new.items() if value is not None}
    if device is not None and kept != old:
        read.before["extra"] = old


def _check_status(read: Read) -> None:
    if not read.status:
        return
    device = read.device
    if device is None:
        if read.status == DeviceStatus.RETIRED:
            read.errors["status"] = _("A new device cannot be retired already.")
        elif read.status != DeviceStatus.IN_USE:
            read.diff.append(_line("status", "", _worded("status", read.status)))
        return
    if device.status == read.status:
        read.status = ""
        return
    try:
        verb = status_verb(device, read.status)
    except Conflict as error:
        read.errors["status"] = error.message
        return
    if verb in MANAGERS_VERBS:
        read.errors["status"] = _("A device is retired, or taken back, on its own page, not by an import.")
        return
    read.diff.append(_line("status", _worded("status", device.status), _worded("status", read.status)))
    read.before["status"] = device.status


def _check_addresses(known: Known, read: Read, at: datetime) -> None:
    """The same questions as the ledger asks: is there a subnet, is it in use, is the address free or this device's own."""
    if read.addresses is None or "addresses" in read.errors:
        return
    device = read.device
    old = known.addresses.get(device.pk, []) if device is not None else []
    if sorted(old) == sorted(read.addresses):
        read.addresses = None
        return
    for text in read.addresses:
        if text in old:
            continue
        address = parse_address(text)
        key = key_of(address)
        subnet = next(
            (one for one in known.subnets if one.family == address.version and one.first <= key <= one.last), None
        )
        status, holder = known.taken.get(text, (AddressStatus.FREE, None))
        if subnet is None:
            read.errors["addresses"] = _("No subnet of this hall holds %(address)s. Please enter the subnet first.") % {
                "address": text
            }
        elif not subnet.is_active:
            read.errors["addresses"] = _("The subnet %(name)s is out of use.") % {"name": subnet}
        elif status != AddressStatus.FREE and (device is None or holder != device.pk):
            read.errors["addresses"] = _("%(address)s is taken already.") % {"address": text}
    if device is not None and device.is_key and order_in_force(device, at) is None:
        read.errors["addresses"] = _(
            "This is a key device: its address is changed under a change order, not by an import."
        )
    read.diff.append(_line("addresses", "、".join(old), "、".join(read.addresses)))
    if device is not None:
        read.before["addresses"] = old


def _line(key: str, before: str, after: str) -> dict[str, str]:
    return {"key": key, "before": before, "after": after}


def _worded(key: str, value: Any) -> str:
    """A value as a difference keeps it: choices and yes or no as they are stored, to be put into words for whoever reads it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value or "") if key in CHOICES else _shown(value)


def in_words(key: str, text: str) -> str:
    """A kept value of a column in the reader's language."""
    if text and key in CHOICES:
        return str(CHOICES[key](text).label)
    if key == "is_key" and text in ("yes", "no"):
        return _("Yes") if text == "yes" else _("No")
    return text


def _raw(value: Any) -> Any:
    """A value as JSON keeps it for undo: records by their id, days as text."""
    if isinstance(value, models.Model):
        return value.pk
    return value.isoformat() if isinstance(value, date) else value


# The steps ---------------------------------------------------------------------------------------------------------------


def keys_of(catalogue: Catalogue, header: Sequence[str]) -> list[str]:
    """The key of each column of a file's head; "" for one that nobody knows."""
    labels = {key: both(COLUMNS[key].label) for key in BY_KEY if key in COLUMNS}
    extras = {one.label for rows in catalogue.fields.values() for one in rows}
    return columns_of(header, labels, sorted(extras))


def _check_header(header: Sequence[str], keys: Sequence[str]) -> None:
    """Raise Invalid when a column is unknown, stands twice, or what every row needs is missing."""
    strangers = [head or "?" for head, key in zip(header, keys, strict=True) if not key]
    twice = sorted({head for head, key in zip(header, keys, strict=True) if key and keys.count(key) > 1})
    message = ""
    if strangers:
        message = _("These columns are not known: %(names)s. Please use the heads of the template.") % {
            "names": "、".join(strangers[:8])
        }
    elif twice:
        message = _("These columns stand in the file more than once: %(names)s.") % {"names": "、".join(twice[:8])}
    elif "code" not in keys and not {"name", "category", "place"} <= set(keys):
        message = _("The file needs a column %(code)s, or %(name)s, %(category)s and %(place)s for new devices.") % {
            name: BY_KEY[name].names[0] for name in ("code", "name", "category", "place")
        }
    if message:
        raise Invalid(message, fields={"file": message})


@transaction.atomic
def import_start(*, contract: Contract, table: Table, file_name: str, actor: User, at: datetime) -> DeviceBatch:
    """Keep a file's rows and make the dry run; nothing of the register changes.

    Raises NotAllowed, and Invalid(file) when its columns are not understood.
    """
    require_keeper(actor, contract, source=Source.PAGE)
    if not table.rows:
        message = _("The file has a head but no rows.")
        raise Invalid(message, fields={"file": message})
    _check_header(table.header, keys_of(catalogue_of(contract.hall), table.header))
    batch = DeviceBatch.objects.create(
        hall=contract.hall,
        contract=contract,
        kind=DeviceBatch.Kind.IMPORT,
        key=uuid4().hex,
        file_name=file_name[-120:],
        header=table.header,
        created_by=actor,
        created_at=at,
    )
    formulas: dict[int, list[int]] = {}
    for number, index in table.formulas:
        formulas.setdefault(number, []).append(index)
    DeviceBatchRow.objects.bulk_create(
        [
            DeviceBatchRow(
                batch=batch,
                number=number,
                cells=cells,
                formulas=sorted(formulas.get(number, [])),
                outcome=Outcome.ERROR,
            )
            for number, cells in zip(table.numbers, table.rows, strict=True)
        ],
        batch_size=CHUNK,
    )
    import_check(batch=batch, at=at)
    return batch


@transaction.atomic
def import_check(*, batch: DeviceBatch, at: datetime) -> dict[str, int]:
    """The dry run: read every row against the register as it is now, and keep what would come of it. Returns counts by outcome."""
    claim(batch, DEVICE_BATCH_FLOW, "check")
    rows = list(batch.rows.all())
    counts = dict.fromkeys(Outcome.values, 0)
    for row, read in zip(rows, _dry_run(batch, rows, at), strict=True):
        for name, value in _result(read).items():
            setattr(row, name, value)
        counts[row.outcome] += 1
    DeviceBatchRow.objects.bulk_update(
        rows, ["outcome", "device", "code", "seen_version", "diff", "errors", "unknown", "before"], batch_size=100
    )
    return counts


def _result(read: Read) -> dict[str, Any]:
    return {
        "outcome": read.outcome,
        "device": read.device,
        "code": (read.device.code if read.device is not None else str(read.values.get("code", "")))[:30],
        "seen_version": read.device.version if read.device is not None else None,
        "diff": read.diff,
        "errors": read.errors,
        "unknown": read.unknown,
        "before": read.before,
    }


def _dry_run(batch: DeviceBatch, rows: Sequence[DeviceBatchRow], at: datetime) -> list[Read]:
    contract = batch.contract
    keys = keys_of(catalogue_of(contract.hall), batch.header)
    index = keys.index("code") if "code" in keys else -1
    codes = [row.cells[index].strip() if index >= 0 else "" for row in rows]
    known = known_of(contract, batch.mapping, codes)
    address = keys.index("addresses") if "addresses" in keys else -1
    named: list[tuple[int, str]] = []
    for row in rows if address >= 0 else ():
        try:
            named += [(row.number, text) for text in addresses_in(row.cells[address])]
        except ValueError:
            continue  # the row itself says so
    _read_ledger(known, [text for _number, text in named])
    reads = [_read_row(known, keys, row.cells, at) for row in rows]
    same_code = doubles((row.number, code.casefold()) for row, code in zip(rows, codes, strict=True))
    same_address = doubles(named)
    for row, read in zip(rows, reads, strict=True):
        for column in row.formulas:
            if column < len(keys) and keys[column] and not _is_note(keys[column]):
                read.errors[keys[column]] = _("This cell holds a formula; please paste its value.")
        if row.number in same_code:
            read.errors["code"] = _("Row %(row)s has the same number.") % {"row": same_code[row.number]}
        if row.number in same_address:
            read.errors["addresses"] = _("Row %(row)s has the same address.") % {"row": same_address[row.number]}
        if read.device is None and "code" in keys and not read.values.get("name") and "name" not in keys:
            read.errors.setdefault(
                "code", _("There is no device with this number, and the file has no name for a new one.")
            )
        if read.device is not None and read.device.status == DeviceStatus.RETIRED and read.diff:
            read.errors.setdefault(
                "code", _("This device is retired; take it back into the register before changing it.")
            )
    return reads


def _is_note(key: str) -> bool:
    return key in BY_KEY and BY_KEY[key].note


@transaction.atomic
def import_map(
    *, batch: DeviceBatch, mapping: Mapping[str, Mapping[str, int]], actor: User, at: datetime
) -> dict[str, int]:
    """Remember for this import which existing thing a word stands for (only things of this hall), and make the dry run again."""
    require_keeper(actor, batch.contract, source=Source.PAGE)
    known = known_of(batch.contract, {})
    kept = {kind: dict(words) for kind, words in batch.mapping.items()}
    for kind, words in mapping.items():
        for word, pk in words.items():
            if kind in known.rows and pk in known.rows[kind]:
                kept.setdefault(kind, {})[word] = pk
    batch.mapping = kept
    DeviceBatch.objects.filter(pk=batch.pk, status=BatchStatus.CHECKED).update(mapping=kept)
    return import_check(batch=batch, at=at)


@transaction.atomic
def import_discard(*, batch: DeviceBatch, actor: User) -> None:
    """Lay an import aside that is not wanted; nothing of the register had changed."""
    require_keeper(actor, batch.contract, source=Source.PAGE)
    claim(batch, DEVICE_BATCH_FLOW, "discard")


@transaction.atomic
def import_commit(*, batch: DeviceBatch, reason: str, actor: User, at: datetime) -> int:
    """Carry out every row, or none. Returns how many devices are new or changed.

    The dry run is made once more: raises Conflict when a row is wrong, or would do something else than what was shown. NotAllowed,
    Invalid (no reason).
    """
    require_keeper(actor, batch.contract, source=Source.PAGE)
    check_input({"reason": needed(reason, 200, _("Please say why."))})
    claim(
        batch,
        DEVICE_BATCH_FLOW,
        "commit",
        refused=_("This import was carried out or laid aside meanwhile."),
        committed_by=actor,
        committed_at=at,
        reason=reason.strip(),
    )
    rows = list(batch.rows.select_related("device"))
    reads = _dry_run(batch, rows, at)
    if any(read.errors for read in reads) or any(row.outcome == Outcome.ERROR for row in rows):
        raise Conflict(_("Some rows are wrong; nothing was imported. Please look at them."))
    for row, read in zip(rows, reads, strict=True):
        fresh = _result(read)
        if any(fresh[name] != getattr(row, name) for name in ("outcome", "seen_version", "diff")):
            raise Conflict(
                _(
                    "Row %(row)s would do something else now than what was checked; nothing was imported. Please look again."
                )
                % {"row": row.number}
            )
    done = 0
    acts = _acts(batch, actor, at, reason.strip())
    # Addresses that move from one row's device to another's are given back before anybody takes them.
    for row, read in zip(rows, reads, strict=True):
        if row.outcome in (Outcome.NEW, Outcome.CHANGED):
            try:
                with transaction.atomic():
                    _apply(batch, row, read, acts)
            except DomainError as error:
                words = "；".join(error.fields.values()) or error.message
                raise Conflict(
                    _("Row %(row)s: %(words)s Nothing was imported.") % {"row": row.number, "words": words}
                ) from error
            done += 1
    DeviceBatchRow.objects.bulk_update(rows, ["device", "code", "made_version"], batch_size=100)
    counts = {str(value): sum(row.outcome == value for row in rows) for value in Outcome}
    audit_write(
        contract=batch.contract,
        subject=batch,
        verb="import",
        actor=actor,
        at=at,
        source=Source.IMPORT,
        after={"file": batch.file_name, **counts},
        reason=reason.strip(),
        batch=batch.key,
    )
    return done


def _acts(batch: DeviceBatch, actor: User | None, at: datetime, reason: str, key: str = "") -> dict[str, Any]:
    return {
        "contract": batch.contract,
        "actor": actor,
        "at": at,
        "source": Source.IMPORT if batch.kind == DeviceBatch.Kind.IMPORT else Source.PAGE,
        "reason": reason,
        "batch": key or batch.key,
    }


def _apply(batch: DeviceBatch, row: DeviceBatchRow, read: Read, acts: Mapping[str, Any]) -> None:
    device = read.device
    if device is None:
        device = device_create(
            hall=batch.hall, values=read.values | ({"status": read.status} if read.status else {}), **acts
        )
    else:
        if read.values:
            device_edit(device=device, version_seen=device.version, values=read.values, **acts)
        if read.status:
            device = device_status_set(device=device, status=read.status, **acts)
    if read.addresses is not None:
        device_address_set(device=device, address_text=",".join(read.addresses), **acts)
    device.refresh_from_db(fields=["version"])
    row.device, row.code, row.made_version = device, device.code, device.version


# Back again --------------------------------------------------------------------------------------------------------------


@transaction.atomic
def batch_undo(*, batch: DeviceBatch, actor: User, at: datetime) -> int:
    """Give every device of a batch back what it had before; devices that the batch made leave the register. Returns how many.

    Only while nothing of them has changed since: raises Conflict, naming the first device that has, or the new one on which
    something hangs already (a ticket, a loan, a part …). What was done and what was undone both stay in the history. NotAllowed for
    anybody but keepers; new devices are removed by a manager only.
    """
    require_keeper(actor, batch.contract, source=Source.PAGE)
    claim(
        batch,
        DEVICE_BATCH_FLOW,
        "undo",
        refused=_("This was undone already, or never carried out."),
        undone_by=actor,
        undone_at=at,
    )
    rows = list(
        batch.rows.filter(outcome__in=(Outcome.NEW, Outcome.CHANGED)).select_related(
            "device__hall", "device__category", "device__place", "device__window", "device__unit", "device__vendor"
        )
    )
    made = [row.device for row in rows if row.outcome == Outcome.NEW and row.device is not None]
    if made and role_in(actor, batch.contract_id) != MANAGER:
        raise Conflict(_("This import made new devices; only the project manager may take them out again."))
    reason = _("Undo of %(batch)s") % {"batch": batch}
    acts = _acts(batch, actor, at, reason[:200], f"{batch.key}-undo")
    held = addresses_of([row.device for row in rows if row.device is not None])
    for row in rows:
        if row.device is None or row.device.version != row.made_version or _address_moved(row, held):
            raise Conflict(_("%(device)s has changed since; nothing was undone.") % {"device": row.device or row.code})
    for row in rows:
        if row.outcome == Outcome.CHANGED and row.device is not None:
            _give_back(row, row.device, acts)
    for device in made:
        if held.get(device.pk):
            device_address_set(device=device, address_text="", **acts)
    _remove(made, acts)
    audit_write(subject=batch, verb="undo", after={"devices": len(rows)}, **acts)
    return len(rows)


def _address_moved(row: DeviceBatchRow, held: Mapping[int, list[str]]) -> bool:
    line = next((line for line in row.diff if line["key"] == "addresses"), None)
    now = held.get(row.device_id or 0, [])
    return line is not None and sorted(now) != sorted(part for part in line["after"].split("、") if part)


def _give_back(row: DeviceBatchRow, device: Device, acts: Mapping[str, Any]) -> None:
    values: dict[str, Any] = {}
    for name, raw in row.before.items():
        if name in REFERENCES:
            column = Device._meta.get_field(name)
            related: Any = column.related_model
            values[name] = related.objects.get(pk=raw) if raw is not None else None
        elif name in DATES:
            values[name] = date.fromisoformat(raw) if raw else None
        elif name not in ("status", "addresses"):
            values[name] = raw
    try:
        if "status" in row.before:
            device = device_status_set(device=device, status=row.before["status"], **acts)
        if values:
            device_edit(device=device, version_seen=device.version, values=values, **acts)
        if "addresses" in row.before:
            device_address_set(device=device, address_text=",".join(row.before["addresses"]), **acts)
    except DomainError as error:
        words = "；".join(error.fields.values()) or error.message
        raise Conflict(_("%(device)s: %(words)s Nothing was undone.") % {"device": device, "words": words}) from error


def _remove(devices: Sequence[Device], acts: Mapping[str, Any]) -> None:
    """Take devices out of the register on which nothing hangs; the record of it stays. Raises Conflict otherwise."""
    ids = [device.pk for device in devices]
    names = {device.pk: device for device in devices}
    own = {DeviceBatchRow}
    for start in range(0, len(ids), CHUNK):
        part = ids[start : start + CHUNK]
        for relation in Device._meta.related_objects:
            if relation.related_model in own:
                continue
            taken = relation.related_model._base_manager.filter(**{f"{relation.field.name}__in": part})
            first = taken.values_list(relation.field.name, flat=True).first()
            if first is not None:
                raise Conflict(
                    _("%(device)s is used already (%(what)s); nothing was undone.")
                    % {"device": names[first], "what": relation.related_model._meta.verbose_name}
                )
    for device in devices:
        audit_write(
            subject=device,
            verb="remove",
            before={"code": device.code, "name": device.name, "category": device.category, "place": device.place},
            **acts,
        )
    # The rows of imports keep number and name of what they made.
    DeviceBatchRow.objects.filter(device_id__in=ids).update(device=None)
    Device.objects.filter(pk__in=ids).delete()


# Several at once ---------------------------------------------------------------------------------------------------------

CHANGEABLE = ("place", "custodian", "vendor", "power_policy", "is_key", "criticality", "status")
"""What may be changed for several devices at once."""


@transaction.atomic
def devices_change(
    *, contract: Contract, devices: Sequence[Device], values: Mapping[str, Any], reason: str, actor: User, at: datetime
) -> DeviceBatch:
    """Set the same values (keys of CHANGEABLE) for several devices, all or none, as one batch that can be undone.

    Raises NotAllowed; Invalid without a reason or a value; Conflict naming the device that cannot take it.
    """
    require_keeper(actor, contract, source=Source.PAGE)
    check_input({"reason": needed(reason, 200, _("Please say why."))})
    if not values or not devices:
        raise Invalid(_("Please choose what to change."))
    batch = DeviceBatch.objects.create(
        hall=contract.hall,
        contract=contract,
        kind=DeviceBatch.Kind.CHANGE,
        key=uuid4().hex,
        status=BatchStatus.COMMITTED,
        header=[name for name in CHANGEABLE if name in values],
        reason=reason.strip(),
        created_by=actor,
        created_at=at,
        committed_by=actor,
        committed_at=at,
    )
    acts = _acts(batch, actor, at, reason.strip())
    rows = []
    for number, device in enumerate(devices, start=1):
        read = Read(device=device, status=values.get("status", ""))
        read.values = {
            name: value for name, value in values.items() if name != "status" and getattr(device, name) != value
        }
        for name, value in read.values.items():
            read.diff.append(_line(name, _worded(name, getattr(device, name)), _worded(name, value)))
            read.before[name] = _raw(getattr(device, name))
        if read.status == device.status:
            read.status = ""
        if read.status:
            read.diff.append(_line("status", _worded("status", device.status), _worded("status", read.status)))
            read.before["status"] = device.status
        row = DeviceBatchRow(batch=batch, number=number, **_result(read))
        if read.diff:
            try:
                with transaction.atomic():
                    _apply(batch, row, read, acts)
            except DomainError as error:
                words = "；".join(error.fields.values()) or error.message
                raise Conflict(
                    _("%(device)s: %(words)s Nothing was changed.") % {"device": device, "words": words}
                ) from error
        rows.append(row)
    DeviceBatchRow.objects.bulk_create(rows, batch_size=CHUNK)
    return batch


CHANGEABLE_BY_COMMAND = tuple(one.key for one in FIELDS if not one.note and one.key not in ("code", "addresses"))


def values_of_words(contract: Contract, device: Device, words: Mapping[str, str]) -> tuple[dict[str, Any], str]:
    """The values, and the status, that words stand for as they would in a file; raises Invalid with the fields that do not."""
    known = known_of(contract, {})
    read = Read(device=device)
    for key, text in words.items():
        if text or BY_KEY[key].emptied:
            _read_cell(known, read, key, text.strip())
        else:
            read.errors[key] = _("Please fill in this field.")
    _place_window(known, read, words)
    check_input(read.errors)
    return read.values, read.status


def field_label(key: str) -> str:
    """How a page calls the field of a column key, a category's own ones by their label."""
    if key.startswith(EXTRA):
        return key.removeprefix(EXTRA)
    return str(COLUMNS[key].label) if key in COLUMNS else key
