"""Labels with QR codes at true size: formats, what fits on them, and the drawing of the code. No database, no request.

A label carries the plain address (typed or scanned, SITE_URL/d/<short code>/), the short code in large letters, and what a person
standing before the device needs: its name, place and number, the hall and its hotline.
"""

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import segno
from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.errors import Invalid
from devices.models import Device

MODULE_LEAST_MM = 0.33
"""The smallest module that the camera of any phone reads from a hand's breadth (ISO/IEC 18004 leaves it to the application)."""
QUIET = 4
"""Modules of white around a code, as ISO/IEC 18004 asks."""
MAX_LABELS = 1000
MM_PER_POINT = 25.4 / 72
PAD_MM = 1.4
LINE = 1.22
STEPS = tuple(range(100, 34, -5))
"""By how much the text of a label may shrink, in percent of the format's own sizes."""


@dataclass(frozen=True)
class Format:
    """One kind of label: its size, and how many stand where on a sheet (all in mm). A single label is its own sheet."""

    key: str
    label: Any
    width: float
    height: float
    columns: int = 1
    rows: int = 1
    left: float = 0
    top: float = 0
    gap: float = 0
    page: tuple[float, float] | None = None
    qr: float = 16
    name_pt: float = 8

    @property
    def per_page(self) -> int:
        return self.columns * self.rows

    @property
    def page_size(self) -> tuple[float, float]:
        return self.page or (self.width, self.height)

    def cell(self, index: int) -> tuple[float, float]:
        """Left and top (mm) of a label's corner on its sheet, counted row by row from 0."""
        row, column = divmod(index, self.columns)
        return (self.left + column * (self.width + self.gap), self.top + row * self.height)


A4 = (210.0, 297.0)
FORMATS: dict[str, Format] = {
    one.key: one
    for one in (
        Format(
            "a4-24", gettext_lazy("A4 sheet, 3 × 8, 63.5 × 33.9 mm"), 63.5, 33.9, 3, 8, 7.25, 12.9, 2.5, A4, 21.5, 9
        ),
        Format(
            "a4-14", gettext_lazy("A4 sheet, 2 × 7, 99.1 × 38.1 mm"), 99.1, 38.1, 2, 7, 4.65, 15.15, 2.5, A4, 23.5, 12
        ),
        Format("a4-40", gettext_lazy("A4 sheet, 4 × 10, 48.5 × 25.4 mm"), 48.5, 25.4, 4, 10, 8, 21.5, 0, A4, 15.5, 7),
        Format("50x30", gettext_lazy("Single label, 50 × 30 mm"), 50, 30, qr=18.5, name_pt=8),
        Format("60x40", gettext_lazy("Single label, 60 × 40 mm"), 60, 40, qr=26, name_pt=9),
    )
}
SIZES: dict[str, float] = {"code": 0.8, "place": 0.8, "foot": 0.6}
"""Sizes of the other lines as shares of the name's."""


@dataclass(frozen=True)
class Printed:
    """One label as the template prints it; `cell` is its position on the sheet, `step` the percentage its text is shrunk to."""

    name: str
    place: str
    code: str
    short_code: str
    hall: str
    hotline: str
    url: str
    svg: SafeString
    cell: int
    step: int


def label_url(short_code: str) -> str:
    """The plain address behind a label, without anything that could expire."""
    return f"{settings.SITE_URL}{reverse('device_short', args=[short_code])}"


@lru_cache(maxsize=2048)
def matrix_of(text: str) -> tuple[tuple[bool, ...], ...]:
    """The modules of a text's QR code without quiet zone: error correction M, which survives a scratch."""
    code = segno.make(text, error="m", micro=False, boost_error=False)
    return tuple(tuple(bool(cell) for cell in row) for row in code.matrix)


def path_of(matrix: Sequence[Sequence[bool]]) -> str:
    """The dark modules as one SVG path: a rectangle for every run of a row, one unit a module, quiet zone included."""
    parts = []
    for y, row in enumerate(matrix):
        x = 0
        while x < len(row):
            if not row[x]:
                x += 1
                continue
            start = x
            while x < len(row) and row[x]:
                x += 1
            parts.append(f"M{start + QUIET} {y + QUIET}h{x - start}v1h{start - x}z")
    return "".join(parts)


def modules_of(text: str) -> int:
    """How many modules a code is wide, quiet zone included."""
    return len(matrix_of(text)) + 2 * QUIET


def label_svg(device: Device) -> SafeString:
    """The QR code of a device's label as an SVG element without any style."""
    return qr_svg(label_url(device.short_code))


def qr_svg(text: str) -> SafeString:
    """A text's QR code as an SVG element without any style; its size is given by whoever shows it."""
    size = modules_of(text)
    head = f'<svg class="label-qr" viewBox="0 0 {size} {size}" role="img"><title>QR</title>'
    drawn = f'{head}<path d="{path_of(matrix_of(text))}"/></svg>'
    return mark_safe(drawn)  # noqa: S308 - figures only


def module_mm(form: Format, text: str) -> float:
    """How wide one module is on a label of this format, in mm."""
    return form.qr / modules_of(text)


def ems(text: str) -> float:
    """How wide a text is, in widths of a Chinese character; a little too wide rather than too narrow."""
    return sum(
        1.0 if unicodedata.east_asian_width(sign) in "WFA" else 0.68 if sign.isupper() else 0.58 for sign in text
    )


def lines_of(text: str, points: float, width_mm: float) -> int:
    """How many lines a text needs at a size when it may break anywhere."""
    if not text:
        return 0
    per_line = max(math.floor(width_mm / (points * MM_PER_POINT) * 2) / 2 - 1, 1)
    wide = ems(text)
    return 1 if wide <= per_line + 1 else math.ceil(wide / per_line)


def step_for(form: Format, *, name: str, place: str, code: str, foot: Sequence[str]) -> int | None:
    """The largest step at which everything stands on the label; None when not even the smallest is small enough."""
    beside = form.width - 2 * PAD_MM - form.qr - 1
    across = form.width - 2 * PAD_MM
    for step in STEPS:
        size = form.name_pt * step / 100
        right = sum(
            lines_of(text, size * share, beside) * size * share * LINE * MM_PER_POINT
            for text, share in ((name, 1.0), (code, SIZES["code"]), (place, SIZES["place"]))
        )
        # The letters of the short code stand below the code, always at their full size.
        left = form.qr + form.name_pt * LINE * MM_PER_POINT
        below = size * SIZES["foot"]
        bottom = sum(lines_of(text, below, across) for text in foot) * below * LINE * MM_PER_POINT
        if max(left, right) + bottom <= form.height - 2 * PAD_MM:
            return step
    return None


def foot_of(hall: str, hotline: str, url: str) -> list[str]:
    """The lines across the foot of a label."""
    words, invitation = _("Service hotline"), _("Scan to report a fault:")
    return [f"{hall} · {words} {hotline}" if hotline else hall, f"{invitation} {url}"]


def labels_for(form: Format, devices: Sequence[Device], *, hall: str, hotline: str, start: int) -> list[list[Printed]]:
    """The labels of devices, sheet by sheet; on the first one `start - 1` labels are used up already.

    Raises Invalid, with the reason, when an address is too long for a code of readable modules, or a text for its label.
    """
    pages: list[list[Printed]] = []
    position = min(max(start, 1), form.per_page) - 1
    for device in devices:
        url = label_url(device.short_code)
        if module_mm(form, url) < MODULE_LEAST_MM:
            raise Invalid(
                _("The address of this site is too long for labels of this size; please choose a larger one."),
                fields={"format": _("Please choose a larger label.")},
            )
        foot = foot_of(hall, hotline, url)
        step = step_for(form, name=device.name, place=device.place.name, code=device.code, foot=foot)
        if step is None:
            raise Invalid(
                _("What stands on the label of %(code)s is too long for this size; please choose a larger one.")
                % {"code": device.code},
                fields={"format": _("Please choose a larger label.")},
            )
        page, cell = divmod(position, form.per_page)
        if page == len(pages):
            pages.append([])
        pages[page].append(
            Printed(
                name=device.name,
                place=device.place.name,
                code=device.code,
                short_code=device.short_code,
                hall=foot[0],
                hotline=hotline,
                url=foot[1],
                svg=qr_svg(url),
                cell=cell,
                step=step,
            )
        )
        position += 1
    return pages


def sheet_css(form: Format) -> SafeString:
    """The style sheet of a format: page, label, code and text at true size in mm and points."""
    wide, high = form.page_size
    rules = [
        f"@page {{ size: {wide}mm {high}mm; margin: 0; }}",
        f".label-page {{ width: {wide}mm; height: {high}mm; }}",
        f".label {{ width: {form.width}mm; height: {form.height}mm; }}",
        f".label-qr {{ width: {form.qr}mm; height: {form.qr}mm; }}",
        f".label-side {{ left: {PAD_MM + form.qr + 1}mm; top: {PAD_MM}mm; width: {form.width - 2 * PAD_MM - form.qr - 1:.2f}mm; }}",
        f".label-left {{ left: {PAD_MM}mm; top: {PAD_MM}mm; width: {form.qr}mm; }}",
        f".label-short {{ font-size: {form.name_pt}pt; line-height: {LINE}; }}",
        f".label-foot {{ left: {PAD_MM}mm; bottom: {PAD_MM}mm; width: {form.width - 2 * PAD_MM:.2f}mm; }}",
    ]
    for index in range(form.per_page):
        left, top = form.cell(index)
        rules.append(f".c{index} {{ left: {left:.2f}mm; top: {top:.2f}mm; }}")
    for step in STEPS:
        size = form.name_pt * step / 100
        rules.append(f".s{step} .label-name {{ font-size: {size:.2f}pt; }}")
        rules += [f".s{step} .label-{name} {{ font-size: {size * share:.2f}pt; }}" for name, share in SIZES.items()]
    return mark_safe("\n".join(rules))  # noqa: S308 - figures only
