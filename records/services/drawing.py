"""Judges handwriting: a PNG made anew and strokes that somebody really drew. A blank pad, a dot or a stamp is refused."""

import base64
import binascii
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import hypot, isfinite
from typing import Any

from django.utils.translation import gettext as _
from PIL import Image, ImageDraw

from core.errors import Invalid

MAX_PNG_BYTES = 300 * 1024
MAX_SENT_EDGE_PX = 4096
"""A wide window on a fine screen draws this many pixels; what is stored is made smaller."""
MAX_WIDTH_PX, MAX_HEIGHT_PX = 1600, 800
MIN_INK_PX, MAX_INK_SHARE = 60, 0.6
INK_BELOW = 160
"""Of 255: what is darker counts as ink."""
MAX_STROKES, MAX_POINTS, MAX_STROKES_CHARS = 300, 12_000, 1_500_000
MIN_POINTS, MIN_EXTENT_PX, MIN_PATH_PX = 8, 24.0, 60.0
"""Less than a short name: fewer points, a smaller box or a shorter path (CSS pixels of the pad) is no handwriting."""
MAX_COORDINATE, MAX_TIME_MS = 10_000, 3_600_000

Stroke = list[list[int]]
"""Points of one stroke: x and y in CSS pixels of the pad, milliseconds since the first point."""
FIELD = "image"


@dataclass(frozen=True)
class Drawing:
    """A signature ready to be stored."""

    png: bytes
    strokes: list[Stroke]


def drawing_of(image: str | bytes, strokes: str | Sequence[Any] | dict[str, Any]) -> Drawing:
    """Check what a signature pad sent: the picture as data URL or PNG bytes, and the strokes as JSON or lists, bare or
    under the key "strokes" of the pad's own form.

    Raises Invalid with `fields={"image": message}`.
    """
    clean = _strokes(strokes)
    return Drawing(png=_png(image), strokes=clean)


def drawn(strokes: Sequence[Stroke], *, width_px: int = 600, height_px: int = 220) -> bytes:
    """The PNG of given strokes, black on white, as a signature pad draws them."""
    picture = Image.new("L", (width_px, height_px), 255)
    pen = ImageDraw.Draw(picture)
    for stroke in strokes:
        pen.line([(point[0], point[1]) for point in stroke], fill=20, width=3, joint="curve")
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _png(image: str | bytes) -> bytes:
    raw = image if isinstance(image, bytes) else _from_data_url(image)
    if not raw:
        raise _refused(_("Please sign by hand first."))
    if len(raw) > MAX_PNG_BYTES:
        raise _refused(_("The picture of the signature is too large. Please clear the pad and sign again."))
    if not raw.startswith(b"\x89PNG\r\n\x1a\n"):
        raise _refused(_("The signature was not received as a picture. Please sign again."))
    try:
        with Image.open(io.BytesIO(raw), formats=["PNG"]) as source:
            if max(source.size) > MAX_SENT_EDGE_PX or min(source.size) < 20:
                raise _refused(_("The picture of the signature is too large. Please clear the pad and sign again."))
            source.load()
            inked = source.convert("RGBA")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise _refused(_("The signature was not received as a picture. Please sign again.")) from error
    paper = Image.new("RGBA", inked.size, (255, 255, 255, 255))
    paper.alpha_composite(inked)
    plain = paper.convert("L")
    plain.thumbnail((MAX_WIDTH_PX, MAX_HEIGHT_PX))
    ink = sum(plain.histogram()[:INK_BELOW])
    if ink < MIN_INK_PX or ink > MAX_INK_SHARE * plain.width * plain.height:
        raise _refused(_("The box holds no signature yet. Please write your name."))
    buffer = io.BytesIO()
    plain.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _from_data_url(text: str) -> bytes:
    head, comma, body = text.partition(",")
    if not text:
        return b""
    if not comma or head != "data:image/png;base64" or len(body) > MAX_PNG_BYTES * 2:
        raise _refused(_("The signature was not received as a picture. Please sign again."))
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _refused(_("The signature was not received as a picture. Please sign again.")) from error


def _strokes(given: Any) -> list[Stroke]:
    if isinstance(given, str):
        if len(given) > MAX_STROKES_CHARS:
            raise _refused(_("The signature has too many strokes. Please clear the pad and sign again."))
        try:
            given = json.loads(given or "[]")
        except (ValueError, RecursionError) as error:
            raise _refused(_("The strokes of the signature were not received. Please sign again.")) from error
    if isinstance(given, dict):
        given = given.get("strokes", [])
    if not isinstance(given, list | tuple):
        raise _refused(_("The strokes of the signature were not received. Please sign again."))
    if len(given) > MAX_STROKES:
        raise _refused(_("The signature has too many strokes. Please clear the pad and sign again."))
    raw: list[list[tuple[float, float, float]]] = []
    for stroke in given:
        points = stroke.get("points") if isinstance(stroke, dict) else stroke
        if not isinstance(points, list | tuple):
            raise _refused(_("The strokes of the signature were not received. Please sign again."))
        raw.append([_point(point) for point in points])
        if sum(map(len, raw)) > MAX_POINTS:
            raise _refused(_("The signature has too many strokes. Please clear the pad and sign again."))
    raw = [stroke for stroke in raw if stroke]
    _refuse_unless_written(raw)
    begin = raw[0][0][2]
    return [[[round(x), round(y), min(max(round(t - begin), 0), MAX_TIME_MS)] for x, y, t in stroke] for stroke in raw]


def _point(point: Any) -> tuple[float, float, float]:
    """One point, as [x, y, t] or as the pad's {"x", "y", "time"}."""
    if isinstance(point, dict):
        point = [point.get("x"), point.get("y"), point.get("time", 0)]
    if not isinstance(point, list | tuple) or not 2 <= len(point) <= 4:
        raise _refused(_("The strokes of the signature were not received. Please sign again."))
    numbers = [number for number in point[:3] if isinstance(number, int | float) and not isinstance(number, bool)]
    in_bounds = all(isfinite(number) for number in numbers) and all(abs(n) <= MAX_COORDINATE for n in numbers[:2])
    if len(numbers) != len(point[:3]) or not in_bounds:
        raise _refused(_("The strokes of the signature were not received. Please sign again."))
    return numbers[0], numbers[1], numbers[2] if len(numbers) > 2 else 0.0


def _refuse_unless_written(strokes: list[list[tuple[float, float, float]]]) -> None:
    points = [point for stroke in strokes for point in stroke]
    if len(points) < MIN_POINTS:
        raise _refused(_("The box holds no signature yet. Please write your name."))
    across = max(x for x, _y, _t in points) - min(x for x, _y, _t in points)
    down = max(y for _x, y, _t in points) - min(y for _x, y, _t in points)
    path = sum(
        hypot(after[0] - before[0], after[1] - before[1]) for stroke in strokes for before, after in pairwise(stroke)
    )
    if max(across, down) < MIN_EXTENT_PX or path < MIN_PATH_PX:
        raise _refused(_("The box holds no signature yet. Please write your name."))


def _refused(message: str) -> Invalid:
    return Invalid(message, fields={FIELD: message})
