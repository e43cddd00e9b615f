"""A staff list from a CSV file: first everything that would happen and everything that is wrong, then all of it or nothing."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models.functions import Lower
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from core import audit, roles
from core.errors import Conflict, Invalid, NotAllowed
from parties.models import AccountLink, Contract, Membership, Role, Unit, User
from parties.permissions import can_administer
from parties.querysets import units_of
from parties.rules import (
    MAX_STAFF_BYTES,
    MAX_STAFF_ROWS,
    STAFF_COLUMNS,
    StaffLine,
    StaffTable,
    UnreadableError,
    can_be_phone,
    read_day,
    read_staff,
)
from parties.services.contracts import check_membership
from parties.services.links import links_make

LANGUAGES = ("zh-hans", "en")
HEADINGS = {
    "account": gettext_lazy("Account"),
    "name": gettext_lazy("Full name"),
    "phone": gettext_lazy("Phone"),
    "email": gettext_lazy("E-mail"),
    "role": gettext_lazy("Role"),
    "unit": gettext_lazy("Unit"),
    "title": gettext_lazy("Position"),
    "valid_to": gettext_lazy("Valid to"),
}
BATCH = 500
"""Rows per statement: SQLite takes a bounded number of values."""


@dataclass(frozen=True)
class StaffRow:
    """One line of the file: what would be made, and everything that is wrong with it."""

    line: int
    cells: dict[str, str]
    role: str
    unit: Unit | None
    valid_to: date | None
    problems: tuple[str, ...]

    @property
    def role_label(self) -> str:
        """The role in the page's language, or what was written in its place."""
        return str(Role(self.role).label) if self.role else self.cells["role"]


@dataclass(frozen=True)
class StaffList:
    """A file that was read and checked against the contract."""

    encoding: str
    rows: tuple[StaffRow, ...]
    unknown: tuple[str, ...]

    @property
    def bad(self) -> tuple[StaffRow, ...]:
        """The rows with which the whole file is refused."""
        return tuple(row for row in self.rows if row.problems)


def headings() -> dict[str, list[str]]:
    """Every accepted name of each column: its code, and its word in each language of the interface."""
    names: dict[str, list[str]] = {column: [column] for column in STAFF_COLUMNS}
    for language in LANGUAGES:
        with override(language):
            for column, label in HEADINGS.items():
                names[column].append(str(label))
    return names


def staff_list_read(*, data: bytes, contract: Contract) -> StaffList:
    """Read a staff list and check every row, in a number of statements that does not grow with the rows.

    Raises Invalid (field file) when it is no such file at all.
    """
    if len(data) > MAX_STAFF_BYTES:
        raise _refused(_("The file is larger than 1 MB. Please split it."))
    try:
        table = read_staff(data, headings())
    except UnreadableError as error:
        raise _refused(_reason(str(error))) from error
    if table.missing:
        names = _(", ").join(str(HEADINGS[column]) for column in table.missing)
        raise _refused(
            _("The first row must name the columns. Missing: %(names)s. Please use the template.") % {"names": names}
        )
    return StaffList(table.encoding, tuple(_checked(table, contract)), table.unknown)


@transaction.atomic
def people_import(
    *, data: bytes, contract: Contract, actor: User, at: datetime
) -> list[tuple[User, Membership, AccountLink, str]]:
    """Make the accounts of a staff list with their memberships and invitations, all or none; returns them with the links' tokens.

    Raises NotAllowed, Invalid (a bad row, or no such file) and Conflict (a name was taken in this moment).
    """
    if not can_administer(actor, contract):
        raise NotAllowed(_("You do not administer this contract."))
    staff = staff_list_read(data=data, contract=contract)
    if staff.bad:
        raise _refused(_("The file is refused as a whole while one of its rows is wrong."))
    new = []
    for row in staff.rows:
        user = User(
            username=row.cells["account"], name=row.cells["name"], phone=row.cells["phone"], email=row.cells["email"]
        )
        user.set_unusable_password()
        new.append(user)
    try:
        with transaction.atomic():
            users = User.objects.bulk_create(new, batch_size=BATCH)
    except IntegrityError as error:
        raise Conflict(_("One of the account names was taken a moment ago. Please check the file again.")) from error
    memberships = Membership.objects.bulk_create(
        (
            Membership(
                user=user,
                contract=contract,
                role=row.role,
                unit=row.unit,
                title=row.cells["title"],
                valid_to=row.valid_to,
            )
            for user, row in zip(users, staff.rows, strict=True)
        ),
        batch_size=BATCH,
    )
    links = links_make(users, actor=actor, at=at)
    audit.write_many(
        entry
        for user, membership, (link, _token) in zip(users, memberships, links, strict=True)
        for entry in (
            {
                "contract": None,
                "subject": user,
                "verb": "user_create",
                "actor": actor,
                "at": at,
                "source": audit.IMPORT,
                "after": {"username": user.username, "name": user.name, "expires_at": link.expires_at},
            },
            {
                "contract": contract,
                "subject": membership,
                "verb": "membership_give",
                "actor": actor,
                "at": at,
                "source": audit.IMPORT,
                "after": {
                    "user": user,
                    "role": membership.role,
                    "unit": membership.unit,
                    "title": membership.title,
                    "valid_to": membership.valid_to,
                    "new": True,
                },
            },
        )
    )
    return [(user, row, *link) for user, row, link in zip(users, memberships, links, strict=True)]


def _checked(table: StaffTable, contract: Contract) -> Iterable[StaffRow]:
    units = {unit.name: unit for unit in units_of(contract)}
    words = _role_words()
    names = {unicodedata.normalize("NFKC", line.cells["account"]).lower() for line in table.lines}
    taken = _taken(names)
    first_line: dict[str, int] = {}
    for line in table.lines:
        cells = line.cells | {"account": unicodedata.normalize("NFKC", line.cells["account"])}
        key = cells["account"].lower()
        problems = list(_person_problems(cells))
        if key in taken:
            problems.append(_("This account name is already taken."))
        if key and key in first_line:
            problems.append(_("The same account stands in line %(line)s already.") % {"line": first_line[key]})
        first_line.setdefault(key, line.line)
        yield _placed(line, cells, contract, units, words, problems)


def _placed(
    line: StaffLine,
    cells: dict[str, str],
    contract: Contract,
    units: dict[str, Unit],
    words: dict[str, str],
    problems: list[str],
) -> StaffRow:
    """The row with role, unit and last day found, and what is wrong with them."""
    role = words.get(cells["role"].casefold(), "")
    unit = units.get(cells["unit"])
    valid_to = read_day(cells["valid_to"]) if cells["valid_to"] else None
    placed = True
    if not role:
        placed = False
        problems.append(_("Unknown role: %(role)s.") % {"role": cells["role"] or _("(empty)")})
    if cells["unit"] and unit is None:
        placed = False
        problems.append(_("The client has no unit of this name: %(unit)s.") % {"unit": cells["unit"]})
    if cells["valid_to"] and valid_to is None:
        placed = False
        problems.append(_("Not a date: %(text)s. Please write it like 2025-03-15.") % {"text": cells["valid_to"]})
    if placed:
        try:
            check_membership(contract=contract, role=role, unit=unit, valid_from=None, valid_to=valid_to)
        except Invalid as error:
            problems.append(error.message)
    return StaffRow(line.line, cells, role, unit, valid_to, tuple(problems))


def _person_problems(cells: dict[str, str]) -> Iterable[str]:
    """What is wrong with account, name, telephone, e-mail and position, whatever the contract."""
    if not cells["account"]:
        yield _("The account is missing.")
    else:
        try:
            UnicodeUsernameValidator()(cells["account"])
        except ValidationError:
            yield _("An account has letters, digits and @ . + - _ only.")
    if not cells["name"]:
        yield _("The full name is missing.")
    limits = {"account": 150, "name": 40, "phone": 20, "email": 254, "title": 40}
    for column, limit in limits.items():
        if len(cells[column]) > limit:
            yield _("%(column)s is longer than %(limit)d characters.") % {"column": HEADINGS[column], "limit": limit}
    if cells["phone"] and not can_be_phone(cells["phone"]):
        yield _("Please enter a phone number with digits only.")
    if cells["email"]:
        try:
            validate_email(cells["email"])
        except ValidationError as error:
            yield " ".join(error.messages)


def _taken(names: set[str]) -> set[str]:
    """Which of these account names, in small letters, somebody has."""
    wanted = sorted(names)
    found: set[str] = set()
    for start in range(0, len(wanted), BATCH):
        rows = User.objects.annotate(small=Lower("username")).filter(small__in=wanted[start : start + BATCH])
        found.update(rows.values_list("small", flat=True))
    return found


def _role_words() -> dict[str, str]:
    """Every accepted word for a role: its code, and its name in each language."""
    words = {role: role for role in roles.ROLES}
    for language in LANGUAGES:
        with override(language):
            words |= {str(role.label).casefold(): str(role.value) for role in Role}
    return words


def _reason(code: str) -> str:
    reasons = {
        "encoding": _("The file is neither UTF-8 nor GB18030 text. Please save it as CSV."),
        "control": _("The file holds signs that no text has. Please save it as CSV, not as a workbook."),
        "csv": _("The file is not a CSV table: a quotation mark is not closed."),
        "rows": _("The file has more than %(rows)d people. Please split it.") % {"rows": MAX_STAFF_ROWS},
        "empty": _("The file names nobody below its first row."),
    }
    return reasons[code]


def _refused(message: str) -> Invalid:
    return Invalid(message, fields={"file": message})
