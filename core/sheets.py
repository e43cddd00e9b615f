"""Tables that people hand in: xlsx and csv, read as nothing but text, whatever somebody put into the file.

An xlsx file is a zip of XML: before anything is parsed, its parts are looked at without unpacking more than the limits allow
(size, number of cells and strings, no document type, no entity, only UTF-8). Formulas are never computed: their text is taken and
their place is told in `Table.formulas`, so that whoever reads the table can ask for the value instead.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from django.utils.translation import gettext as _
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from core.errors import Invalid

MAX_ROWS = 3_000
MAX_BYTES = 5 * 1024 * 1024
MAX_COLUMNS = 80
CELL_LIMIT = 2_000
"""Characters of one cell; no field of the house takes more."""
UNPACKED_LIMIT = 24 * 1024 * 1024
"""Bytes of all parts of an xlsx together: 3,000 rows of 40 columns need about six million."""
PART_LIMIT = 2 * 1024 * 1024
"""Bytes of a part that holds neither cells nor strings (styles, names of sheets)."""
CELLS_LIMIT = 120_000
ROWS_LIMIT = 60_000
"""Rows that a sheet may name, empty ones included; what is beyond them is read no more than a refusal takes (2 seconds)."""
PARTS_LIMIT = 300
LAST_ROW = 1_048_576
ZIP = b"PK\x03\x04"
OLD_EXCEL = b"\xd0\xcf\x11\xe0"
DELIMITERS = (",", ";", "\t", "，", "；")


@dataclass(frozen=True)
class Table:
    """What stands in a file: the head, and below it the rows that are not empty, each as wide as the head.

    `numbers` says in which row of the file each stands (the head is in row 1 unless empty rows precede it); `formulas` holds the
    (row number, column index) of cells that a formula filled.
    """

    header: list[str]
    rows: list[list[str]]
    sheet: str = ""
    numbers: list[int] = field(default_factory=list)
    formulas: frozenset[tuple[int, int]] = frozenset()


def read_table(file: BinaryIO | Any, *, max_rows: int = MAX_ROWS, max_bytes: int = MAX_BYTES) -> Table:
    """The first sheet of an xlsx, or a csv in UTF-8 or GB18030 separated by comma, semicolon or tab.

    Raises Invalid with fields["file"] when it is too large, damaged, dangerous, empty, or has more than `max_rows` rows.
    """
    data = file.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise _refused(_("The file is larger than %(limit)s MB.") % {"limit": max_bytes // (1024 * 1024) or 1})
    if not data.strip():
        raise _refused(_("The file is empty."))
    if data.startswith(OLD_EXCEL):
        raise _refused(_("This is an old or a protected Excel file. Please save it as xlsx without a password."))
    if data.startswith(ZIP):
        return _read_xlsx(data, max_rows)
    return _read_csv(data, max_rows)


def _refused(message: str) -> Invalid:
    return Invalid(message, fields={"file": message})


def _damaged() -> Invalid:
    return _refused(_("The file cannot be read as a table. Please save it as xlsx or csv again."))


def _table(cells: Iterable[tuple[int, list[str], list[int]]], max_rows: int, sheet: str) -> Table:
    """Head and rows from (row number, texts, indexes of formulas); empty rows are left out."""
    header: list[str] = []
    rows: list[list[str]] = []
    numbers: list[int] = []
    formulas: set[tuple[int, int]] = set()
    for number, texts, computed in cells:
        if not any(texts):
            continue
        for index, text in enumerate(texts):
            if len(text) > CELL_LIMIT:
                raise _refused(
                    _("Cell %(cell)s holds more than %(limit)s characters.")
                    % {"cell": f"{get_column_letter(index + 1)}{number}", "limit": CELL_LIMIT}
                )
        if not header:
            while texts and not texts[-1]:
                texts.pop()
            if len(texts) > MAX_COLUMNS:
                raise _refused(_("The table has more than %(limit)s columns.") % {"limit": MAX_COLUMNS})
            header = texts
            continue
        if len(rows) >= max_rows:
            raise _refused(_("The table has more than %(limit)s rows.") % {"limit": max_rows})
        if any(texts[len(header) :]):
            raise _refused(_("Row %(row)s has more cells than the head.") % {"row": number})
        rows.append((texts + [""] * len(header))[: len(header)])
        numbers.append(number)
        formulas.update((number, index) for index in computed)
    if not header:
        raise _refused(_("The file is empty."))
    return Table(header, rows, sheet, numbers, frozenset(formulas))


# ---- csv


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            break
        return text
    raise _damaged()


def _read_csv(data: bytes, max_rows: int) -> Table:
    text = _decoded(data)
    head = re.sub(r'"[^"]*"', "", text.lstrip("\r\n")[:20_000].split("\n", 1)[0])
    delimiter = max(DELIMITERS, key=head.count)

    def rows() -> Iterator[tuple[int, list[str], list[int]]]:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        number = 0
        try:
            for number, row in enumerate(reader, start=1):
                texts = [_exported(cell.strip()) for cell in row]
                yield number, texts, [index for index, cell in enumerate(texts) if cell.startswith(("=", "＝"))]
        except csv.Error as error:
            raise _refused(
                _("Row %(row)s cannot be read: a quotation mark is missing or too many.") % {"row": number + 1}
            ) from error

    return _table(rows(), max_rows, "")


def _exported(text: str) -> str:
    """A cell that our own export made inert with an apostrophe, as it was before."""
    return (
        text[1:]
        if text.startswith("'") and text[1:].lstrip(" \u3000\ufeff").startswith(tuple("=+-@＝＋－＠"))
        else text
    )


# ---- xlsx

_ENCODING = re.compile(rb"""^\s*<\?xml[^>]*encoding\s*=\s*["']([^"']+)["']""")


def _check_parts(data: bytes) -> None:
    """Raise Invalid unless every XML part is small, UTF-8, and without document type; nothing is parsed here.

    A zip's directory says how large a part is, and the reader stops there: a part that is larger is damaged, not a bomb.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            if len(parts) > PARTS_LIMIT or sum(part.file_size for part in parts) > UNPACKED_LIMIT:
                raise _refused(_("The file unpacks to more than is accepted."))
            if len({part.filename for part in parts}) != len(parts) or any(part.flag_bits & 1 for part in parts):
                raise _damaged()
            for part in parts:
                if PurePosixPath(part.filename).suffix.lower() in {".xml", ".rels", ".vml"}:
                    _check_xml(part, archive.read(part))
    except (zipfile.BadZipFile, NotImplementedError, OSError, EOFError, ValueError, zipfile.zlib.error) as error:  # type: ignore[attr-defined]
        raise _damaged() from error


def _check_xml(part: zipfile.ZipInfo, text: bytes) -> None:
    encoding = _ENCODING.match(text[:200].removeprefix(b"\xef\xbb\xbf"))
    if b"\x00" in text or (encoding and encoding.group(1).lower() not in {b"utf-8", b"us-ascii", b"ascii"}):
        raise _damaged()
    if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        raise _refused(_("The file holds declarations that no table needs. Please save it as xlsx again."))
    name = part.filename.lower()
    if "worksheets/" in name or "sharedstrings" in name:
        # Namespaces may be prefixed: what ends a cell, a row or a string is counted, not how it is called.
        rows = text.count(b"<row") + text.count(b":row")
        cells = text.count(b"<c ") + text.count(b"<c>") + text.count(b"<c/") + text.count(b":c ") + text.count(b":c/")
        if rows > ROWS_LIMIT or cells > CELLS_LIMIT or text.count(b"<") > 6 * CELLS_LIMIT:
            raise _refused(_("The file holds more cells than are accepted."))
    elif part.file_size > PART_LIMIT or text.count(b"<") > 40_000:
        raise _refused(_("The file unpacks to more than is accepted."))


def _read_xlsx(data: bytes, max_rows: int) -> Table:
    _check_parts(data)
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
        try:
            if not book.worksheets:
                raise _damaged()
            sheet = book.worksheets[0]
            return _table(_cells(sheet), max_rows, str(sheet.title))
        finally:
            book.close()
    except Invalid:
        raise
    except Exception as error:
        # openpyxl raises whatever its parsers raise on a damaged file: KeyError, ValueError, ParseError, TypeError …
        raise _damaged() from error


def _cells(sheet: Any) -> Iterator[tuple[int, list[str], list[int]]]:
    # The dimension in the file is the sender's word: an own bound of rows and columns counts instead.
    sheet.reset_dimensions()
    rows = sheet.iter_rows(min_row=1, max_col=MAX_COLUMNS + 1, max_row=LAST_ROW)
    before: Any = None
    for number, row in enumerate(rows, start=1):
        # openpyxl fills a gap between rows with one and the same empty row; up to a million of them cost nothing here.
        if row is before:
            continue
        before = row
        texts = []
        computed = []
        for index, cell in enumerate(row):
            if cell.value is None:
                texts.append("")
                continue
            if cell.data_type == "f":
                computed.append(index)
            texts.append(cell_text(cell.value))
        yield number, texts, computed


def cell_text(value: Any) -> str:
    """A cell's value as text: days as 2024-03-18, whole numbers without a point, yes and no as 是 and 否."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d}" if value.time() == time() else f"{value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, timedelta):
        return str(value)
    return str(getattr(value, "text", value)).replace("\x00", "").strip()
