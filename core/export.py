"""Tables as CSV and xlsx that open right in a spreadsheet and never run anything there."""

import csv
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from django.http import FileResponse, StreamingHttpResponse
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from core.clock import SHANGHAI

STARTERS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What makes a spreadsheet read a cell as a formula, full-width forms included."""


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, value: str) -> str:
        return value


def inert(value: Any) -> str:
    """A cell's text that no spreadsheet takes for a formula; instants as local time to the second."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")
    text = str(value).replace("\x00", "")
    return f"'{text}" if text.lstrip(" \u3000\ufeff").startswith(STARTERS) or text.startswith(STARTERS) else text


def csv_response(name: str, header: Sequence[Any], rows: Iterable[Sequence[Any]]) -> StreamingHttpResponse:
    """A CSV download with a byte order mark, sent row by row. `name` is the file's name without extension."""
    writer = csv.writer(_Echo())

    def lines() -> Iterator[str]:
        yield "\ufeff"
        yield str(writer.writerow([inert(cell) for cell in header]))
        for row in rows:
            yield str(writer.writerow([inert(cell) for cell in row]))

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = disposition(name, "csv")
    response["X-Content-Type-Options"] = "nosniff"
    return response


def disposition(name: str, extension: str) -> str:
    """The header that saves a download under a name in any script."""
    safe = "".join(sign for sign in name if sign.isprintable() and sign not in '/\\"')
    return f"attachment; filename=\"export.{extension}\"; filename*=UTF-8''{quote(safe)}.{extension}"


XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HEAD_FILL = PatternFill("solid", fgColor="E8F0FE")
TEXT_LIMIT = 32_767
"""Characters that a cell of a spreadsheet may hold."""


def sheet_cell(sheet: Any, value: Any) -> Any:
    """A cell for a write-only sheet: numbers and days as such, everything else as text that no spreadsheet computes.

    Text keeps its own characters (no apostrophe is put before it): its cell says "text" in its type and its style.
    """
    if isinstance(value, bool | int | float | Decimal) and not isinstance(value, bool):
        return WriteOnlyCell(sheet, value=value)
    if isinstance(value, datetime):
        value = inert(value)
    elif isinstance(value, date):
        cell = WriteOnlyCell(sheet, value=value)
        cell.number_format = "yyyy-mm-dd"
        return cell
    text = "" if value is None else ILLEGAL_CHARACTERS_RE.sub("", str(value))[:TEXT_LIMIT]
    cell = WriteOnlyCell(sheet, value=text or None)
    if text:
        cell.data_type = "s"
        cell.number_format = "@"
        if text.lstrip(" \u3000\ufeff").startswith(STARTERS):
            style = copy(cell._style)
            style.quotePrefix = 1
            cell._style = style
    return cell


def head_cells(sheet: Any, header: Sequence[Any]) -> list[Any]:
    """The cells of a head: bold on a tint, wrapped."""
    cells = []
    for label in header:
        cell = sheet_cell(sheet, str(label))
        cell.font = Font(bold=True)
        cell.fill = HEAD_FILL
        cell.alignment = Alignment(vertical="center", wrap_text=True)
        cells.append(cell)
    return cells


def book_response(book: Workbook, name: str) -> FileResponse:
    """A workbook as a download. `name` is the file's name without extension."""
    file = tempfile.SpooledTemporaryFile(max_size=4 * 1024 * 1024)  # noqa: SIM115 - the response closes it
    book.save(file)
    file.seek(0)
    response = FileResponse(file, content_type=XLSX)
    response["Content-Disposition"] = disposition(name, "xlsx")
    response["X-Content-Type-Options"] = "nosniff"
    return response


def xlsx_response(name: str, header: Sequence[Any], rows: Iterable[Sequence[Any]], *, sheet: str = "") -> FileResponse:
    """An xlsx download with a frozen head, written row by row: 10,000 rows need no more memory than ten."""
    book = Workbook(write_only=True)
    page = book.create_sheet(sheet[:31] or "Sheet1")
    page.freeze_panes = "A2"
    for index, label in enumerate(header, start=1):
        wide = sum(2 if ord(sign) > 0x2E80 else 1 for sign in str(label))
        page.column_dimensions[get_column_letter(index)].width = min(40, max(12, wide + 4))
    page.append(head_cells(page, header))
    for row in rows:
        page.append([sheet_cell(page, value) for value in row])
    return book_response(book, name)


def table_response(
    fmt: str, name: str, header: Sequence[Any], rows: Iterable[Sequence[Any]], *, sheet: str = ""
) -> StreamingHttpResponse | FileResponse:
    """A download as csv, or as xlsx when `fmt` says so; inert in both."""
    if fmt == "xlsx":
        return xlsx_response(name, header, rows, sheet=sheet)
    return csv_response(name, header, rows)
