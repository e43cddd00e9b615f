"""Tables as CSV that opens right in a spreadsheet and never runs anything there."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from django.http import StreamingHttpResponse

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

    safe = "".join(sign for sign in name if sign.isprintable() and sign not in '/\\"')
    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f"attachment; filename=\"export.csv\"; filename*=UTF-8''{quote(safe)}.csv"
    response["X-Content-Type-Options"] = "nosniff"
    return response
