"""An existing list of cards from a file: every row is checked before any is written, and all are written or none."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.errors import Invalid
from core.sheets import Table
from devices.finds.access import number_hash
from devices.models import AccessCard, Door, DoorGroup
from devices.rules_access import number_of
from devices.services.cards import (
    Approval,
    CardData,
    card_complaints,
    card_issue,
    live_hashes,
    number_complaint,
)
from devices.services.common import require_keeper
from parties.models import Contract, Membership, Unit, User
from records.models import Source

HEADINGS = {
    "number": "卡号",
    "holder_name": "持卡人",
    "username": "账号",
    "unit": "单位",
    "kind": "类型",
    "groups": "门组",
    "doors": "门",
    "valid_from": "有效期起",
    "valid_to": "有效期止",
    "requested_by": "申请人",
    "approved_by": "批准人",
    "document": "批准依据",
}
"""The columns of the template, in Chinese in every language: the file belongs to the hall."""
OPTIONAL = {"username", "unit", "groups", "doors"}
KINDS = {"员工": "staff", "临时": "temporary", "访客": "visitor", "承包商": "contractor"}
SEPARATORS = ("、", "；", ";", "，", ",")
MAX_CARDS = 1000


@dataclass
class Row:
    """One row of the file: where it stands, what would be issued, and what is wrong with it."""

    line: int
    shown: str
    holder_name: str
    number: str
    data: CardData | None = None
    approval: Approval | None = None
    problems: list[str] = field(default_factory=list)


def card_list_read(*, table: Table, contract: Contract) -> list[Row]:
    """Check every row of a list of cards. Raises Invalid when it is no such list at all. Five statements, however long it is."""
    columns = {title: index for index, title in enumerate(table.header)}
    lacking = [title for key, title in HEADINGS.items() if key not in OPTIONAL and title not in columns]
    if lacking:
        message = _("Columns are missing: %(names)s. Please use the template.") % {"names": "、".join(lacking)}
        raise Invalid(message, fields={"file": message})
    known = _Known(contract)
    rows = []
    for cells, line in zip(table.rows, table.numbers, strict=True):
        given = {key: cells[columns[title]].strip() if title in columns else "" for key, title in HEADINGS.items()}
        rows.append(_row(line, given, contract, known))
    _numbers_once(rows, contract)
    return rows


class _Known:
    """What rows may name, read once."""

    def __init__(self, contract: Contract) -> None:
        hall = contract.hall
        self.groups = {group.name: group for group in DoorGroup.objects.filter(hall=hall, is_active=True)}
        self.doors = {door.code: door for door in Door.objects.filter(hall=hall, is_active=True)}
        self.units = {unit.name: unit for unit in Unit.objects.filter(organisation_id=contract.client_id)}
        rows = Membership.objects.filter(contract__hall=hall, is_active=True, user__is_active=True)
        self.people = {row.user.username: row.user for row in rows.select_related("user")}


def _row(line: int, given: dict[str, str], contract: Contract, known: _Known) -> Row:
    problems: list[str] = []

    def one(key: str, table: dict[str, Any]) -> Any:
        if not given[key]:
            return None
        found = table.get(given[key])
        if found is None:
            problems.append(_("%(column)s: there is no “%(value)s”.") % {"column": HEADINGS[key], "value": given[key]})
        return found

    def several(key: str, table: dict[str, Any]) -> list[Any]:
        text = given[key]
        for separator in SEPARATORS:
            text = text.replace(separator, "\n")
        names = [name.strip() for name in text.split("\n") if name.strip()]
        problems.extend(
            _("%(column)s: there is no “%(value)s”.") % {"column": HEADINGS[key], "value": name}
            for name in names
            if name not in table
        )
        return [table[name] for name in dict.fromkeys(names) if name in table]

    def day(key: str) -> date | None:
        try:
            # Also 2026/3/8 and 2026.3.8, as spreadsheets write days.
            year, month, number = given[key].replace("/", "-").replace(".", "-").split("-")
            return date(int(year), int(month), int(number))
        except ValueError:
            problems.append(_("%(column)s: please write the day as 2026-03-18.") % {"column": HEADINGS[key]})
            return None

    holder = one("username", known.people)
    starts, ends = day("valid_from"), day("valid_to")
    number = number_of(given["number"])
    if complaint := number_complaint(number):
        problems.append(complaint)
    if given["kind"] not in KINDS:
        problems.append(_("%(column)s: one of %(values)s.") % {"column": HEADINGS["kind"], "values": "、".join(KINDS)})
    row = Row(line, f"****{number[-4:]}" if number else "", given["holder_name"], number, problems=problems)
    unit, groups, doors = one("unit", known.units), several("groups", known.groups), several("doors", known.doors)
    row.approval = Approval(given["requested_by"], given["approved_by"], given["document"])
    if starts and ends and given["kind"] in KINDS:
        row.data = CardData(
            holder_name=given["holder_name"],
            kind=KINDS[given["kind"]],
            valid_from=starts,
            valid_to=ends,
            holder=holder,
            unit=unit,
            groups=groups,
            doors=doors,
        )
        for key, message in card_complaints(row.data, row.approval, contract.hall).items():
            row.problems.append(f"{HEADINGS.get(key, key)}：{message}")
    return row


def _numbers_once(rows: list[Row], contract: Contract) -> None:
    hashes = {row.line: number_hash(contract.hall, row.number) for row in rows if row.number}
    taken = live_hashes(contract.hall, hashes.values())
    first: dict[str, int] = {}
    for row in rows:
        key = hashes.get(row.line, "")
        if key in taken:
            row.problems.append(_("A card with this number is in somebody's hands already."))
        if key and key in first:
            row.problems.append(_("The same number stands in row %(row)s.") % {"row": first[key]})
        first.setdefault(key, row.line)


@transaction.atomic
def cards_import(*, table: Table, contract: Contract, actor: User, at: datetime) -> list[AccessCard]:
    """Issue every card of a list under one batch, or none. Raises NotAllowed, Invalid (any row is wrong)."""
    require_keeper(actor, contract, source=Source.IMPORT)
    rows = card_list_read(table=table, contract=contract)
    bad = [row for row in rows if row.problems]
    if bad or not rows:
        message = (
            ngettext(
                "%(n)d row is wrong, so nothing was imported.",
                "%(n)d rows are wrong, so nothing was imported.",
                len(bad),
            )
            % {"n": len(bad)}
            if bad
            else _("The file holds no card.")
        )
        raise Invalid(message, fields={"file": message})
    batch = f"cards:{at:%Y%m%d%H%M%S}:{actor.pk}"
    issue: Callable[..., AccessCard] = card_issue
    return [
        issue(
            contract=contract,
            number=row.number,
            data=row.data,
            approval=row.approval,
            actor=actor,
            at=at,
            source=Source.IMPORT,
            batch=batch,
        )
        for row in rows
    ]
