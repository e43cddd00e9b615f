"""Charts as SVG text, made by pure functions: the same figure on a page and in a PDF.

Honest: axes begin at zero, every mark carries its figure, nothing is told by colour alone (patterns and labels survive a black and
white printer). Only presentation attributes, no style attribute, so that a strict content security policy shows them.
All functions take labels and figures and return safe SVG text; a figure of None is a gap, never a zero.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

FONT = "Noto Sans CJK SC, PingFang SC, Microsoft YaHei, sans-serif"
INK = "#18212f"
MUTED = "#5d6879"
RULE = "#d5dbe3"
MAIN = "#0e57c2"
ALARM = "#c2261c"
# Fill, and the pattern laid over it: four steps that stay apart in grey, and for the colour-blind.
SERIES = (
    ("#0b469d", ""),
    ("#6fa3ec", "rise"),
    ("#c9ced6", ""),
    ("#b06a00", "dots"),
    ("#ffffff", "fall"),
    ("#465266", ""),
)

Figure = float | int | None


def _n(value: float) -> str:
    """A coordinate: at most two decimals, no trailing zeros."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _figure(value: Figure) -> str:
    if value is None:
        return "—"
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"


def _wide(text: str, size: float) -> float:
    """About how wide a text is: Chinese characters take a full em, others a good half."""
    return sum(size if ord(char) > 0x2E7F else size * 0.58 for char in text)


def _text(
    x: float, y: float, text: str, *, size: int = 12, anchor: str = "start", fill: str = INK, bold: bool = False
) -> str:
    weight = ' font-weight="600"' if bold else ""
    return f'<text x="{_n(x)}" y="{_n(y)}" font-size="{size}" text-anchor="{anchor}" fill="{fill}"{weight}>{escape(text)}</text>'


def _rect(x: float, y: float, width: float, height: float, fill: str, stroke: str = "") -> str:
    edge = f' stroke="{stroke}" stroke-width="1"' if stroke else ""
    return f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}" fill="{fill}"{edge}/>'


def _rule(x1: float, y1: float, x2: float, y2: float, stroke: str = RULE, dash: str = "", width: float = 1) -> str:
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<line x1="{_n(x1)}" y1="{_n(y1)}" x2="{_n(x2)}" y2="{_n(y2)}" stroke="{stroke}" stroke-width="{_n(width)}"{dashes}/>'


def _sheet(
    width: float, height: float, title: str, said: str, body: list[str], defs: str = "", kind: str = "graph"
) -> SafeString:
    return mark_safe(  # noqa: S308 - every text went through escape(), every number through _n()
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{kind}" role="img" viewBox="0 0 {_n(width)} {_n(height)}" '
        f'width="{_n(width)}" height="{_n(height)}" font-family="{FONT}">'
        f"<title>{escape(title)}</title><desc>{escape(said)}</desc>{defs}{''.join(body)}</svg>"
    )


def _said(labels: Sequence[str], values: Sequence[Figure], unit: str) -> str:
    return "; ".join(
        f"{label} {_figure(value)}{unit and ' ' + unit}" for label, value in zip(labels, values, strict=True)
    )


def _ceiling(values: Sequence[Figure]) -> tuple[float, float]:
    """The top of an axis that begins at zero, and the distance of its rules: 1, 2 or 5 times a power of ten."""
    most = max((float(value) for value in values if value is not None), default=0.0)
    if most <= 0:
        return 1.0, 1.0
    rough = most / 4
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)
    if all(value is None or float(value).is_integer() for value in values):
        step = max(step, 1.0)
    return math.ceil(most / step) * step, step


def _scale(top: float, step: float, left: float, right: float, y_of: float, height: float) -> list[str]:
    out = []
    for index in range(round(top / step) + 1):
        value = index * step
        y = y_of - height * value / top
        out.append(_rule(left, y, right, y, MUTED if index == 0 else RULE))
        out.append(_text(left - 6, y + 4, _figure(value), size=11, anchor="end", fill=MUTED))
    return out


def _nothing(title: str, width: float = 640) -> SafeString:
    return _sheet(
        width, 60, title, _("No data"), [_text(width / 2, 34, _("No data"), size=13, anchor="middle", fill=MUTED)]
    )


def columns(
    labels: Sequence[str], values: Sequence[Figure], *, title: str, unit: str = "", width: int = 640, height: int = 220
) -> SafeString:
    """Upright columns, one a day or week, each with its figure on top. ValueError when labels and values differ in number."""
    said = _said(labels, values, unit)
    if not labels:
        return _nothing(title, width)
    left, bottom, top_edge = 44.0, height - 26.0, 30.0
    top, step = _ceiling(values)
    body = _scale(top, step, left, width - 8, bottom, bottom - top_edge)
    if unit:
        body.append(_text(left - 6, 14, unit, size=11, anchor="end", fill=MUTED))
    slot = (width - 8 - left) / len(labels)
    bar = min(36.0, slot * 0.6)
    every = max(1, math.ceil(max(_wide(label, 11) for label in labels) / slot)) if slot else 1
    for index, (label, value) in enumerate(zip(labels, values, strict=True)):
        middle = left + slot * (index + 0.5)
        tall = 0.0 if value is None else (bottom - top_edge) * float(value) / top
        if tall > 0:
            body.append(_rect(middle - bar / 2, bottom - tall, bar, tall, MAIN))
        if slot >= 14:
            body.append(_text(middle, bottom - tall - 5, _figure(value), size=11, anchor="middle"))
        if index % every == 0:
            body.append(_text(middle, height - 8, label, size=11, anchor="middle", fill=MUTED))
    return _sheet(width, height, title, said, body)


def bars(
    labels: Sequence[str], values: Sequence[Figure], *, title: str, unit: str = "", width: int = 640, row: int = 26
) -> SafeString:
    """Lying bars, one a category, label at the left and figure at the end. ValueError when labels and values differ in number."""
    said = _said(labels, values, unit)
    if not labels:
        return _nothing(title, width)
    left = min(max(_wide(label, 12) for label in labels) + 12, width * 0.4)
    room = max(_wide(f"{_figure(value)} {unit}", 12) for value in values) + 12
    most = max((float(value) for value in values if value is not None), default=0.0) or 1.0
    height = len(labels) * row + 4
    body = [_rule(left, 0, left, height, MUTED)]
    for index, (label, value) in enumerate(zip(labels, values, strict=True)):
        y = 2.0 + index * row
        long = 0.0 if value is None else (width - left - room) * float(value) / most
        body.append(_text(left - 8, y + row / 2 + 4, label, anchor="end"))
        if long > 0:
            body.append(_rect(left, y + 4, long, row - 8, MAIN))
        body.append(_text(left + long + 6, y + row / 2 + 4, f"{_figure(value)}{unit and ' ' + unit}"))
    return _sheet(width, height, title, said, body)


_PATTERNS = "".join(
    f'<pattern id="{{id}}-{name}" width="{size}" height="{size}" patternUnits="userSpaceOnUse">{shape}</pattern>'
    for name, size, shape in (
        ("rise", 6, '<path d="M0 6L6 0" stroke="#0b469d" stroke-width="1.2"/>'),
        ("fall", 5, '<path d="M0 0L5 5" stroke="#18212f" stroke-width="1"/>'),
        ("dots", 5, '<circle cx="2.5" cy="2.5" r="1" fill="#fff"/>'),
    )
)


def stacked(
    labels: Sequence[str],
    series: Sequence[tuple[str, Sequence[Figure]]],
    *,
    title: str,
    unit: str = "",
    width: int = 640,
    row: int = 30,
) -> SafeString:
    """Lying bars of several parts: one bar a label, one part a series (name, figures), with a key and the figure in each part.

    At most six series; ValueError for more, or when a series has not one figure a label.
    """
    if len(series) > len(SERIES):
        raise ValueError(f"At most {len(SERIES)} series can be told apart, not {len(series)}.")
    totals = [sum(float(values[i] or 0) for _name, values in series) for i in range(len(labels))]
    said = " | ".join(f"{name}: {_said(labels, values, unit)}" for name, values in series)
    if not labels or not any(totals):
        return _nothing(title, width)
    mark = "chart-" + "".join(char for char in title if char.isalnum())
    left = 8.0 if len(labels) == 1 else min(max(_wide(label, 12) for label in labels) + 12, width * 0.35)
    room = _wide(f"{_figure(max(totals))} {unit}", 12) + 16
    most = max(totals)
    body: list[str] = []
    x, y = 0.0, 0.0
    for (name, _values), (fill, pattern) in zip(series, SERIES, strict=False):
        wide = _wide(name, 12) + 34
        if x and x + wide > width:
            x, y = 0.0, y + 20
        body += _part(x, y + 3, 12, 12, fill, pattern, mark)
        body.append(_text(x + 18, y + 13, name))
        x += wide
    start = y + 26
    for index, label in enumerate(labels):
        top = start + index * row
        at = left
        if len(labels) > 1:
            body.append(_text(left - 8, top + row / 2 + 4, label, anchor="end"))
        for (_name, values), (fill, pattern) in zip(series, SERIES, strict=False):
            value = values[index]
            if not value:
                continue
            long = (width - left - room) * float(value) / most
            body += _part(at, top + 3, long, row - 6, fill, pattern, mark)
            figure = _figure(value)
            if long > _wide(figure, 12) + 12:
                # On patterns the figure stands on a small white ground, so that it can be read in any colour.
                wide = _wide(figure, 12) + 8
                if pattern:
                    body.append(_rect(at + long / 2 - wide / 2, top + 7, wide, row - 14, "#ffffff"))
                dark = not pattern and fill in {"#0b469d", "#465266"}
                body.append(
                    _text(at + long / 2, top + row / 2 + 4, figure, anchor="middle", fill="#ffffff" if dark else INK)
                )
            at += long
        body.append(_text(at + 6, top + row / 2 + 4, f"{_figure(totals[index])}{unit and ' ' + unit}"))
    return _sheet(
        width, start + len(labels) * row + 2, title, said, body, f"<defs>{_PATTERNS.replace('{id}', mark)}</defs>"
    )


def _part(x: float, y: float, width: float, height: float, fill: str, pattern: str, mark: str) -> list[str]:
    out = [_rect(x, y, width, height, fill, "#18212f" if fill == "#ffffff" else "#ffffff")]
    if pattern:
        out.append(_rect(x, y, width, height, f"url(#{mark}-{pattern})"))
    return out


def line(
    labels: Sequence[str],
    values: Sequence[Figure],
    *,
    title: str,
    unit: str = "",
    limit: float | None = None,
    limit_label: str = "",
    width: int = 640,
    height: int = 220,
) -> SafeString:
    """A line over time from zero, with a point and figure for each value and, where promised, the limit as a dashed rule.

    A None breaks the line. ValueError when labels and values differ in number.
    """
    said = _said(labels, values, unit)
    if not any(value is not None for value in values):
        return _nothing(title, width)
    left, bottom, top_edge = 44.0, height - 26.0, 30.0
    top, step = _ceiling([*values, limit])
    tall = bottom - top_edge
    body = _scale(top, step, left, width - 8, bottom, tall)
    if unit:
        body.append(_text(left - 6, 14, unit, size=11, anchor="end", fill=MUTED))
    slot = (width - 8 - left) / len(labels)
    every = max(1, math.ceil(max(_wide(label, 11) for label in labels) / slot))
    if limit is not None:
        y = bottom - tall * limit / top
        body.append(_rule(left, y, width - 8, y, ALARM, "6 4", 1.5))
        body.append(
            _text(width - 10, y - 5, limit_label or f"{_figure(limit)} {unit}", size=11, anchor="end", fill=ALARM)
        )
    runs: list[list[str]] = [[]]
    marks: list[str] = []
    for index, (label, value) in enumerate(zip(labels, values, strict=True)):
        x = left + slot * (index + 0.5)
        if index % every == 0:
            body.append(_text(x, height - 8, label, size=11, anchor="middle", fill=MUTED))
        if value is None:
            runs.append([])
            continue
        y = bottom - tall * float(value) / top
        runs[-1].append(f"{_n(x)},{_n(y)}")
        marks.append(f'<circle cx="{_n(x)}" cy="{_n(y)}" r="3.5" fill="#ffffff" stroke="{MAIN}" stroke-width="2"/>')
        if slot >= 26:
            wide = _wide(_figure(value), 11) + 4
            marks.append(_rect(x - wide / 2, y - 20, wide, 14, "#ffffff"))
            marks.append(_text(x, y - 9, _figure(value), size=11, anchor="middle"))
    for run in runs:
        if len(run) > 1:
            body.append(f'<polyline points="{" ".join(run)}" fill="none" stroke="{MAIN}" stroke-width="2"/>')
    return _sheet(width, height, title, said, body + marks)


def sparkline(values: Sequence[Figure], *, title: str, width: int = 120, height: int = 28) -> SafeString:
    """A small line without axes beside a figure that says how much; it only says which way. Begins at zero as well."""
    known = [(index, float(value)) for index, value in enumerate(values) if value is not None]
    if len(known) < 2:
        return mark_safe("")
    top = max(value for _index, value in known) or 1.0
    gap = (width - 8) / (len(values) - 1)
    points = [(4 + gap * index, height - 3 - (height - 7) * value / top) for index, value in known]
    path = " ".join(f"{_n(x)},{_n(y)}" for x, y in points)
    last_x, last_y = points[-1]
    body = [
        f'<polyline points="{path}" fill="none" stroke="currentColor" stroke-width="1.5"/>',
        f'<circle cx="{_n(last_x)}" cy="{_n(last_y)}" r="2.5" fill="currentColor"/>',
    ]
    return _sheet(width, height, title, ", ".join(_figure(value) for value in values), body, kind="graph graph-small")
