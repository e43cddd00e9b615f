"""Decides, without Django: how personal data is masked, and how a staff list is read from a CSV file."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

STAFF_COLUMNS = ("account", "name", "phone", "email", "role", "unit", "title", "valid_to")
"""What a staff list says of each person, in the order of the template."""
REQUIRED_COLUMNS = ("account", "name", "role")
MAX_STAFF_ROWS = 2000
MAX_STAFF_BYTES = 1024 * 1024


def mask_email(value: str) -> str:
    """An address as others may see it: the first sign and the domain, z***@example.com."""
    name, at, domain = value.partition("@")
    return f"{name[:1]}***@{domain}" if at else ""


def can_be_phone(value: str) -> bool:
    """Whether a text is a telephone number: digits with the usual signs between them, at least five digits."""
    return set(value) <= set("0123456789+-() ") and sum(sign.isdigit() for sign in value) >= 5


BROWSERS = (
    ("wxwork", "WeCom"), ("MicroMessenger", "WeChat"), ("DingTalk", "DingTalk"), ("Edg", "Edge"), ("OPR", "Opera"),
    ("Firefox", "Firefox"), ("360SE", "360"), ("QIHU", "360"), ("Chrome", "Chrome"), ("Safari", "Safari"),
)  # fmt: skip
SYSTEMS = (
    ("HarmonyOS", "HarmonyOS"), ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
    ("Mac OS", "macOS"), ("Linux", "Linux"),
)  # fmt: skip


def browser_name(agent: str) -> str:
    """What a browser says of itself, in two words: Chrome · Windows; empty when it says nothing known."""
    found = [next((name for sign, name in table if sign in agent), "") for table in (BROWSERS, SYSTEMS)]
    return " · ".join(name for name in found if name)


@dataclass(frozen=True)
class StaffLine:
    """One row of the file as text: the number of its line and what stands under each known heading."""

    line: int
    cells: dict[str, str]


@dataclass(frozen=True)
class StaffTable:
    """A file that could be read. `encoding` is utf-8 or gb18030; `missing` and `unknown` name headings."""

    encoding: str
    lines: tuple[StaffLine, ...]
    missing: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


class UnreadableError(ValueError):
    """The file is no CSV text; the argument says why: encoding, control, csv, rows or empty."""


def decode(data: bytes) -> tuple[str, str]:
    """The text of a file and how it was encoded: UTF-8 with or without its mark, else GB18030, which Excel writes in China.

    Raises UnreadableError("encoding").
    """
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding), encoding.removesuffix("-sig")
        except UnicodeDecodeError:
            continue
    raise UnreadableError("encoding")


def read_staff(data: bytes, headings: Mapping[str, Sequence[str]]) -> StaffTable:
    """Read a staff list. `headings` gives the accepted names of each column. Nothing is computed: a formula is its text.

    Empty rows are passed over. Raises UnreadableError.
    """
    text, encoding = decode(data)
    if any(ord(sign) < 32 and sign not in "\r\n\t" for sign in text):
        raise UnreadableError("control")
    known = {name.strip().casefold(): column for column, names in headings.items() for name in names}
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    columns: list[str | None] = []
    unknown: list[str] = []
    lines: list[StaffLine] = []
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if not columns:
                columns = [known.get(cell.strip().casefold()) for cell in cells]
                unknown = [
                    cell.strip() for cell, column in zip(cells, columns, strict=True) if not column and cell.strip()
                ]
                continue
            if len(lines) == MAX_STAFF_ROWS:
                raise UnreadableError("rows")
            found = {column: " ".join(cell.split()) for cell, column in zip(cells, columns, strict=False) if column}
            lines.append(StaffLine(reader.line_num, {name: found.get(name, "") for name in STAFF_COLUMNS}))
    except csv.Error as error:
        raise UnreadableError("csv") from error
    if not lines:
        raise UnreadableError("empty")
    missing = tuple(name for name in REQUIRED_COLUMNS if name not in columns)
    return StaffTable(encoding, tuple(lines), missing, tuple(unknown))


def read_day(value: str) -> date | None:
    """A date as people and spreadsheets write it: 2024-03-18, 2024/3/18, 2024.3.18 or 2024年3月18日; None when it is none."""
    plain = value.strip().rstrip("日")
    for sign in "/.年月":
        plain = plain.replace(sign, "-")
    parts = plain.split("-")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() for part in parts):
        return None
    try:
        return date(*(int(part) for part in parts))
    except ValueError:
        return None
