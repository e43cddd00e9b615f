"""What the rows of another system's file say, read through the same eyes each time: values, and what is wrong with each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from core import clock
from core.search import normal
from devices.models import Device, Place
from parties.models import Unit
from tickets import rules_outage
from tickets.models import GridBatch, Ticket
from tickets.services.report import PHONE
from tickets.states import TicketStatus, Urgency


@dataclass
class GridRow:
    """One row: where it stands, the arguments of the report, and what is wrong by column."""

    number: int
    cells: list[str]
    values: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)


def grid_rows(batch: GridBatch, at: datetime) -> list[GridRow]:
    """Every row of a batch as it stands now; a fixed number of statements whatever the number of rows.

    Nothing that a file names and the hall does not know is guessed: it is an error, unless the batch says which unit and place
    stand in where a row names none.
    """
    contract = batch.contract
    columns: Mapping[str, int] = {key: int(index) for key, index in batch.columns.items()}
    units = _named((row, (row.name,)) for row in Unit.objects.filter(organisation=contract.client_id, is_active=True))
    places = _named(
        (row, (row.name, row.code, row.alias)) for row in Place.objects.filter(hall=contract.hall_id, is_active=True)
    )
    wanted = {cells[columns["device"]] for cells in _cells(batch)} - {""} if "device" in columns else set()
    devices = {
        row.code: row
        for row in Device.objects.filter(hall=contract.hall_id, code__in=wanted).select_related(
            "place", "window", "unit"
        )
    }
    numbers = [cells[columns["external_no"]] for cells in _cells(batch)] if "external_no" in columns else []
    here = Ticket.objects.filter(contract=contract, source_system=batch.source_system, external_no__in=set(numbers))
    known = dict(here.exclude(status=TicketStatus.CANCELLED).values_list("external_no", "code"))
    seen: dict[str, int] = {}
    rows = []
    for raw in batch.rows:
        row = GridRow(int(raw["number"]), [str(cell) for cell in raw["cells"]])
        texts = {key: row.cells[index].strip() for key, index in columns.items() if index < len(row.cells)}
        _plain_values(row, texts, contract, at)
        _number(row, texts, known, seen)
        _things(row, texts, batch, units, places, devices)
        rows.append(row)
    return rows


def _cells(batch: GridBatch) -> list[list[str]]:
    return [[str(cell).strip() for cell in raw["cells"]] for raw in batch.rows]


def _named(pairs: Any) -> dict[str, set[Any]]:
    found: dict[str, set[Any]] = {}
    for row, names in pairs:
        for name in names:
            if name:
                found.setdefault(normal(name), set()).add(row)
    return found


def _plain_values(row: GridRow, texts: Mapping[str, str], contract: Any, at: datetime) -> None:
    for name, limit in (("description", 2000), ("reporter_name", 40), ("title", 80), ("reporter_phone", 20)):
        text = texts.get(name, "")
        if not text and name in rules_outage.NEEDED:
            row.errors[name] = _("Please fill in this field.")
        elif len(text) > limit:
            row.errors[name] = _("At most %(limit)s characters.") % {"limit": limit}
        row.values[name] = text
    if row.values["reporter_phone"] and not PHONE.match(row.values["reporter_phone"]):
        row.errors["reporter_phone"] = _("Please give a telephone number.")
    urgency = texts.get("urgency", "")
    row.values["urgency"] = rules_outage.URGENCIES.get(urgency.lower(), "") if urgency else Urgency.MEDIUM.value
    if not row.values["urgency"]:
        row.errors["urgency"] = _("“%(word)s” is none of the values of this column.") % {"word": urgency[:40]}
    row.values["external_at"] = instant = _instant(texts.get("external_at", ""))
    if instant is None:
        row.errors["external_at"] = _("Please write day and time as 2024-03-18 09:12.")
    elif instant > at:
        row.errors["external_at"] = _("The request cannot have come in later than now.")
    elif not contract.in_force_on(instant.astimezone(clock.SHANGHAI).date()):
        row.errors["external_at"] = _("The contract was not in force on that day.")


def _instant(text: str) -> datetime | None:
    parts = rules_outage.wall_clock(text)
    if parts is None:
        return None
    try:
        return datetime(*parts, tzinfo=clock.SHANGHAI)
    except ValueError:
        return None


def _number(row: GridRow, texts: Mapping[str, str], known: Mapping[str, str], seen: dict[str, int]) -> None:
    number = texts.get("external_no", "")
    row.values["external_no"] = number
    if not number:
        row.errors["external_no"] = _("Please enter the number in that system.")
    elif len(number) > 60:
        row.errors["external_no"] = _("At most %(limit)s characters.") % {"limit": 60}
    elif number in known:
        row.errors["external_no"] = _("This work order is here already: %(code)s.") % {"code": known[number]}
    elif number in seen:
        row.errors["external_no"] = _("The same external number stands in row %(row)s.") % {"row": seen[number]}
    seen.setdefault(number, row.number)


def _things(
    row: GridRow,
    texts: Mapping[str, str],
    batch: GridBatch,
    units: Mapping[str, set[Any]],
    places: Mapping[str, set[Any]],
    devices: Mapping[str, Device],
) -> None:
    code = texts.get("device", "")
    device = devices.get(code)
    if code and device is None:
        row.errors["device"] = _("There is no device %(code)s in this hall.") % {"code": code[:40]}
    for name, named, own, usual in (
        ("unit", units, device.unit if device else None, batch.unit),
        ("place", places, device.place if device else None, batch.place),
    ):
        word = texts.get(name, "")
        found = named.get(normal(word), set()) if word else set()
        if word and len(found) != 1:
            row.errors[name] = _("Nothing of this hall is called “%(word)s”.") % {"word": word[:40]}
        row.values[name] = next(iter(found)) if len(found) == 1 else own or usual
        if row.values[name] is None and name not in row.errors:
            row.errors[name] = _("The row names none; please choose one for such rows above.")
    row.values["device"] = device
    unit = row.values["unit"]
    window = device.window if device is not None else None
    row.values["window"] = window if window is not None and unit is not None and window.unit_id == unit.pk else None
