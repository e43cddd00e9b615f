"""Template tags and filters of the design system: icons, instants, figures, and the components that wrap content.

Loaded as builtins, so that no template has to ask for them. Every instant is shown in the project's zone (Asia/Shanghai).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache
from pathlib import Path
from typing import Any

from django import forms, template
from django.conf import settings
from django.contrib.staticfiles import finders
from django.forms.boundfield import BoundField
from django.http import QueryDict
from django.template import Context, Engine
from django.templatetags.static import static
from django.utils import dateformat, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from core.markup import text
from core.widgets import one_of_many, quick

register = template.Library()

NOTHING = "—"
LONG_FORMATS = {"zh": ("Y年n月j日（l）", " H:i"), "en": ("l, j F Y", ", H:i")}

# Tone and symbol of every state the product shows; colour is never the only signal, so each tone has a symbol as well.
STATUS_LOOKS: Mapping[str, tuple[str, str]] = {
    # major incidents, late entries, hand-overs
    "declared": ("danger", "alert-octagon"),
    "reported": ("warn", "phone-check"),
    "handling": ("warn", "tool"),
    "ended": ("info", "circle-check"),
    "reviewed": ("ok", "clipboard-text"),
    "taken": ("ok", "circle-check"),
    "offered": ("warn", "clock"),
    "accepted": ("ok", "circle-check"),
    # tickets
    "pending_response": ("info", "bell"),
    "responded": ("info", "phone-check"),
    "scheduled": ("info", "calendar-event"),
    "in_progress": ("info", "tool"),
    "waiting_vendor": ("warn", "hourglass"),
    "waiting_part": ("warn", "hourglass"),
    "waiting_customer": ("warn", "player-pause"),
    "escalated": ("warn", "arrow-up-circle"),
    "to_verify": ("info", "checks"),
    "to_sign": ("warn", "signature"),
    "returned": ("danger", "arrow-back-up"),
    "handed_back": ("muted", "arrow-back-up"),
    "signed": ("ok", "circle-check"),
    "rated": ("ok", "star"),
    "archived": ("muted", "archive"),
    "cancelled": ("muted", "ban"),
    "merged": ("muted", "arrow-merge"),
    "closed_unsigned": ("muted", "circle-minus"),
    # promise clocks
    "running": ("info", "clock"),
    "waiting": ("muted", "clock-pause"),
    "paused": ("warn", "player-pause"),
    "at_risk": ("warn", "alert-triangle"),
    "breached": ("danger", "alert-octagon"),
    "kept": ("ok", "circle-check"),
    "missed": ("danger", "circle-x"),
    # reports, records, devices
    "draft": ("muted", "pencil"),
    "checked": ("info", "checks"),
    "committed": ("ok", "circle-check"),
    "undone": ("muted", "arrow-back-up"),
    "discarded": ("muted", "trash"),
    "issued": ("ok", "file-check"),
    "sent": ("ok", "circle-check"),
    "pending": ("info", "clock"),
    "failed": ("danger", "circle-x"),
    "whole": ("ok", "shield-check"),
    "broken": ("danger", "shield-x"),
    "valid": ("ok", "shield-check"),
    "invalid": ("danger", "shield-x"),
    "called": ("info", "phone-call"),
    "called_off": ("muted", "ban"),
    "arrived": ("info", "truck-delivery"),
    "replaced": ("ok", "circle-check"),
    "in_use": ("ok", "circle-check"),
    "faulty": ("danger", "alert-octagon"),
    "in_repair": ("warn", "tool"),
    "under_repair": ("warn", "tool"),
    "spare": ("muted", "box"),
    "stopped": ("muted", "circle-minus"),
    "retired": ("muted", "archive"),
    "stored": ("muted", "box"),
    "out_of_use": ("muted", "circle-minus"),
    "disposed": ("muted", "trash"),
    "scrapped": ("muted", "trash"),
    "active": ("ok", "circle-check"),
    "inactive": ("muted", "circle-minus"),
    "expired": ("muted", "clock-off"),
    "revoked": ("muted", "ban"),
    "free": ("muted", "circle"),
    "reserved": ("info", "lock"),
    "requested": ("info", "hourglass"),
    "withdrawn": ("muted", "arrow-back-up"),
    "refused": ("danger", "circle-x"),
    "approved": ("ok", "circle-check"),
    "used": ("ok", "circle-check"),
    # checks with a signed result, access cards
    "open": ("info", "progress"),
    "finished": ("warn", "signature"),
    "result_signed": ("warn", "signature"),
    "confirmed": ("ok", "circle-check"),
    # loans
    "lent": ("info", "arrow-right"),
    "brought_back": ("ok", "circle-check"),
    "brought_back_wrong": ("warn", "alert-triangle"),
    "lost": ("danger", "circle-x"),
    "drafted": ("muted", "pencil"),
    "submitted": ("info", "send"),
    "in_force": ("ok", "circle-check"),
    "done": ("ok", "checks"),
}
TONE_ICONS: Mapping[str, str] = {
    "info": "info-circle",
    "warn": "alert-triangle",
    "danger": "alert-octagon",
    "ok": "circle-check",
    "muted": "circle-minus",
}


@lru_cache(maxsize=1)
def _sprite() -> str:
    return static("vendor/icons.svg")


def _component(context: Context, name: str, values: dict[str, Any]) -> SafeString:
    """Render templates/components/<name>.html with these values only: what a component takes is what its head lists."""
    template = context.template
    engine = template.engine if template is not None else Engine.get_default()
    component = engine.get_template(f"components/{name}.html")
    return component.render(context.new(values))


# --- icons ------------------------------------------------------------------------------------------------------------


@register.simple_tag
@lru_cache(maxsize=512)
def icon(name: str, extra: str = "") -> SafeString:
    """One icon of the sprite, hidden from readers: the word beside it says what it means.

    `name` must be listed in script/icons.txt; `extra` adds CSS classes.
    """
    return format_html(
        '<svg class="icon{}{}" width="20" height="20" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        " " if extra else "",
        extra,
        _sprite(),
        name,
    )


@register.simple_tag
def sprite() -> str:
    """The address of the icon sprite, for components that place several symbols."""
    return _sprite()


# --- instants ---------------------------------------------------------------------------------------------------------


def _local(value: datetime) -> datetime:
    return timezone.localtime(value) if timezone.is_aware(value) else value


@register.filter
def pairs(items: Iterable[Any]) -> list[tuple[Any, Any, Any]]:
    """Facts as (label, value, address or ""), from pairs or dicts; those without a value are left out."""
    rows = (
        (row["label"], row["value"], row.get("url", "")) if isinstance(row, Mapping) else (*row, "") for row in items
    )
    return [row for row in rows if row[1] is not None and row[1] != ""]


@register.filter
def when(value: datetime | date | None) -> str:
    """An instant as tables show it: 2024-03-18 08:45 (a plain date: 2024-03-18)."""
    if not value:
        return NOTHING
    if isinstance(value, datetime):
        return _local(value).strftime("%Y-%m-%d %H:%M")
    return value.strftime("%Y-%m-%d")


@register.filter
def when_long(value: datetime | date | None) -> str:
    """An instant as sentences show it: 2024年3月18日（星期一） 08:45, or Monday, 18 March 2024, 08:45."""
    if not value:
        return NOTHING
    day, minute = LONG_FORMATS["zh" if (get_language() or "zh").startswith("zh") else "en"]
    if isinstance(value, datetime):
        return dateformat.format(_local(value), day + minute)
    return dateformat.format(value, day)


@register.filter
def when_short(value: datetime | None) -> str:
    """An instant of this year without the year: 03-18 08:45."""
    return _local(value).strftime("%m-%d %H:%M") if value else NOTHING


@register.filter
def clock_time(value: datetime | None) -> str:
    """The hour and minute of an instant: 08:45."""
    return _local(value).strftime("%H:%M") if value else NOTHING


@register.filter
def clock_seconds(value: datetime | None) -> str:
    """The time of day to the second: 08:45:10."""
    return _local(value).strftime("%H:%M:%S") if value else NOTHING


@register.filter
def iso(value: datetime | None) -> str:
    """An instant for a datetime attribute: ISO 8601 with its offset, or nothing."""
    return _local(value).isoformat(timespec="seconds") if value else ""


@register.filter
def epoch_ms(value: datetime | None) -> str:
    """An instant in milliseconds since 1970 (UTC) for scripts, or nothing."""
    if not value:
        return ""
    aware = value if timezone.is_aware(value) else value.replace(tzinfo=UTC)
    return str(int(aware.timestamp() * 1000))


@register.filter
def windows_json(windows: Any) -> str:
    """Service windows (pairs of instants) as JSON pairs of epoch milliseconds."""
    if not windows:
        return "[]"
    return "[" + ",".join(f"[{_ms(start)},{_ms(end)}]" for start, end in windows) + "]"


def _ms(value: datetime | int | float) -> str:
    return epoch_ms(value) if isinstance(value, datetime) else str(int(value))


@register.filter
def duration(seconds: float | int | None) -> str:
    """A span in seconds, in its two leading units: 2 min 10 s, 1 h 5 min, 3 d 4 h."""
    if seconds is None:
        return NOTHING
    rest = abs(round(seconds))
    days, rest = divmod(rest, 86_400)
    hours, rest = divmod(rest, 3_600)
    minutes, secs = divmod(rest, 60)
    parts = [
        (days, _("%(n)d d")),
        (hours, _("%(n)d h")),
        (minutes, _("%(n)d min")),
        (secs, _("%(n)d s")),
    ]
    while len(parts) > 1 and parts[0][0] == 0:
        parts.pop(0)
    shown = [pattern % {"n": number} for number, pattern in parts[:2] if number] or [parts[0][1] % {"n": 0}]
    return ("−" if seconds < 0 else "") + " ".join(shown)


# --- figures ----------------------------------------------------------------------------------------------------------


@register.filter
def money(value: Decimal | int | float | str | None) -> str:
    """An amount of yuan: ￥1,296,000.00."""
    if value is None or value == "":
        return NOTHING
    try:
        amount = Decimal(str(value)).quantize(Decimal("0.01"), ROUND_HALF_UP)
    except InvalidOperation:
        return NOTHING
    return f"{'−' if amount < 0 else ''}￥{abs(amount):,.2f}"


@register.filter
def percent(ratio: float | Decimal | None, digits: int = 1) -> str:
    """A ratio (0.9) as 90.0%; no denominator (None) is a dash, never 0% or 100%."""
    return NOTHING if ratio is None else f"{float(ratio) * 100:.{int(digits)}f}%"


@register.filter
def mask_phone(value: str | None) -> str:
    """A phone number as others may see it: 138****0000; a shorter number keeps its last four digits."""
    digits = re.sub(r"\D", "", value or "")
    if not digits:
        return NOTHING
    if len(digits) == 11 and digits.startswith("1"):
        return f"{digits[:3]}****{digits[7:]}"
    return "*" * max(len(digits) - 4, 1) + digits[-4:]


@register.filter
def initial(name: Any) -> str:
    """What stands for a person in a small circle: the last character of a Chinese name (or its number), another's first letter."""
    shown = re.split("[（(]", str(name or ""))[0].strip() or str(name or "").strip()
    if not shown:
        return "?"
    if not shown[0].isascii() and (number := re.search(r"\d{1,2}$", shown)):
        return number[0]
    return shown[0].upper() if shown[0].isascii() else shown[-1]


@register.filter
def person_name(user: Any) -> str:
    """A person's name as others see it; empty without a person."""
    return str(getattr(user, "name", "") or user or "")


# --- small parts of components ------------------------------------------------------------------------------------------

_MESSAGE_TONES = {"success": "ok", "warning": "warn", "error": "danger"}


@register.filter
def tone(level_tag: str) -> str:
    """The tone of a Django message's level."""
    return _MESSAGE_TONES.get(level_tag, "info")


@register.filter
def tone_icon(name: str) -> str:
    """The symbol that goes with a tone."""
    return TONE_ICONS.get(name, "info-circle")


@register.filter
def dots(number: int) -> range:
    """`number` turns for a loop."""
    return range(int(number))


@register.simple_tag
def rating_levels() -> list[tuple[int, str]]:
    """The five levels, best first (5 … 1), with their words."""
    return [
        (5, _("Very satisfied")),
        (4, _("Satisfied")),
        (3, _("Mostly satisfied")),
        (2, _("Dissatisfied")),
        (1, _("Very dissatisfied")),
    ]


@register.simple_tag
def phone_places(nav: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    """The four places of a phone's tab bar: the menu entries marked `phone`, filled up with the first others."""
    entries = nav or []
    marked = [entry for entry in entries if entry.get("phone")]
    others = [entry for entry in entries if not entry.get("phone")]
    chosen = (marked + others)[:4]
    return [entry for entry in entries if entry in chosen]


# --- small components -------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1024)
def badge(tone: str, symbol: str, label: str, title: str = "") -> SafeString:
    """A small mark with colour, symbol and word. Kept: a list shows the same few a hundred times."""
    return _component(Context(), "badge", {"tone": tone, "icon": symbol, "label": label, "title": title})


@register.simple_tag
def status_badge(status: Any, label: Any = "", title: str = "") -> SafeString:
    """The badge of a state: colour, symbol and word. `status` is the stored value (or the enum member, which knows its label)."""
    key = str(getattr(status, "value", status))
    tone, symbol = STATUS_LOOKS.get(key, ("muted", "circle-dot"))
    return badge(tone, symbol, str(label or getattr(status, "label", key)), str(title))


@register.simple_tag
def countdown(clock: Mapping[str, Any] | None, size: str = "sm") -> SafeString:
    """The countdown of a promise clock, from sla.present.clock_view; nothing when there is no clock. Size sm (in lists), md or lg.

    The product's signature, and fifty times on a list: so it is written here and not in a template. static/js/countdown.js counts
    service time by the server's clock; without scripts the due instant stands here.
    """
    if not clock:
        return SafeString("")
    shown = _countdown(clock)
    live, at, label = shown["live"], shown["at"], shown["label"]
    told = f' datetime="{text(at)}"' if at else ""
    told += f' title="{text(label)}"' if label else ""
    bar = ""
    if live:
        days = f' data-text="{text(shown["text"])}"' if shown["text"] else ""
        told += (
            f' role="timer" data-countdown data-due="{text(shown["due"])}" data-windows="{text(shown["windows"])}" '
            f'data-total="{text(shown["total"])}"{days}'
        )
        bar = '<span class="countdown-bar" aria-hidden="true"></span>'
    return mark_safe(  # noqa: S308 - escaped part by part
        f'<time class="countdown countdown-{text(size)}" data-state="{text(shown["state"])}" data-level="{shown["level"]}"{told}>'
        f'<svg class="icon" aria-hidden="true"><use href="{text(_sprite())}#{shown["symbol"]}"></use></svg>'
        f'<span class="countdown-digits">{text(shown["digits"])}</span><span class="countdown-word">{text(shown["words"])}</span>'
        f"{bar}</time>"
    )


_LEVELS: Mapping[str, tuple[str, str]] = {
    "running": ("due", "clock"),
    "waiting": ("waiting", "clock-pause"),
    "breached": ("breached", "alert-octagon"),
    "paused": ("paused", "player-pause"),
    "cancelled": ("paused", "ban"),
}


def _countdown(clock: Mapping[str, Any]) -> dict[str, Any]:
    """What the component shows before any script runs: exact instants and a word for the state."""
    state, due = str(clock["state"]), clock.get("due_at")
    due_words = _("due %(at)s") % {"at": when_short(due)} if due else ""
    shown: dict[str, Any] = {"state": state, "label": clock.get("label", ""), "live": False}
    if state == "stopped":
        late = clock.get("kept") is False or bool(clock.get("breached_at"))
        stopped = clock.get("stopped_at")
        return shown | {
            "level": "missed" if late else "kept",
            "symbol": "circle-x" if late else "circle-check",
            "digits": clock_seconds(stopped),
            "words": " · ".join(filter(None, [_("Late") if late else _("Kept"), due_words])),
            "at": iso(stopped),
        }
    level, symbol = _LEVELS.get(state, _LEVELS["running"])
    shown |= {"level": level, "symbol": symbol}
    if state in {"paused", "cancelled"} or not due:
        return shown | {"digits": "–:––", "words": _("Cancelled") if state == "cancelled" else _("Paused"), "at": ""}
    windows, total = clock.get("windows") or [], clock.get("total_seconds")
    return shown | {
        "live": True,
        "digits": clock_time(due),
        "words": f"{_('Overdue')} · {due_words}" if state == "breached" else due_words,
        "at": iso(due),
        "due": epoch_ms(due),
        "windows": windows_json(windows),
        "total": "" if total is None else total,
        "text": clock.get("text") or (_days_left(windows) if total is None else ""),
    }


def _days_left(windows: Any) -> str:
    """A promise of days is told in days: as many as windows of service are left, or as lie in the one window that never closes."""
    if not windows:
        return ""
    if len(windows) > 1:
        return ngettext("%(n)d working day", "%(n)d working days", len(windows)) % {"n": len(windows)}
    days = (int(_ms(windows[0][1])) - int(_ms(windows[0][0]))) // 86_400_000
    return ngettext("%(n)d day", "%(n)d days", days) % {"n": days} if days else ""


_UNCHANGING: dict[tuple[str | None, ...], SafeString] = {}


@register.simple_tag(takes_context=True)
def unchanging(context: Context, name: str, *given: str) -> SafeString:
    """A template whose text depends on the language and on `given` alone: drawn once a process. While developing, every time."""
    key = (name, get_language(), *given)
    if key not in _UNCHANGING or settings.DEBUG:
        _UNCHANGING[key] = context.template.engine.get_template(name).render(context)  # type: ignore[union-attr]
    return _UNCHANGING[key]


@register.simple_tag(takes_context=True)
def query(context: Context, **changes: Any) -> str:
    """The page's query string with these parameters changed; None or an empty value drops one. Paging never survives a change."""
    request = context.get("request")
    params = request.GET.copy() if request is not None else QueryDict(mutable=True)
    for name in ("after", "before", "page"):
        params.pop(name, None)
    for name, value in changes.items():
        if value is None or value == "":
            params.pop(name, None)
        else:
            params[name] = str(value)
    return f"?{params.urlencode()}" if params else "?"


# --- forms ------------------------------------------------------------------------------------------------------------

_NUMBER_KEYS = {"number": "decimal", "tel": "tel", "email": "email", "url": "url"}


def _choices(bound: BoundField) -> list[tuple[SafeString, Any]]:
    """The buttons or boxes of a field with their labels, without the one for nothing; Django takes three templates for each."""
    return [
        (one_of_many(one.data["type"], one.data["name"], one.data["value"], one.data["attrs"]), one.choice_label)
        for one in bound
        if one.data["value"] not in (None, "")
    ]


@register.simple_tag(takes_context=True)
def field(context: Context, bound: BoundField, **options: Any) -> SafeString:
    """A form field with label, required mark, help and error, tied together for readers.

    Options: label, help (replace the form's own), hide_label, autofocus, placeholder, rows, autocomplete, inputmode,
    unit, wide, plain (no required mark).
    """
    widget = bound.field.widget
    if isinstance(widget, forms.HiddenInput | forms.MultipleHiddenInput):
        return mark_safe(str(bound))  # noqa: S308 - Django rendered and escaped it
    if isinstance(widget, forms.CheckboxInput):
        kind = "check"
    elif isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
        kind = "choices"
    else:
        kind = "control"
    help_text = options.get("help") or bound.help_text
    ids = []
    if help_text:
        ids.append(f"{bound.auto_id}_help")
    if bound.errors:
        ids.append(f"{bound.auto_id}_error")
    attrs: dict[str, Any] = {}
    if kind == "check":
        attrs["class"] = "form-check-input"
    elif kind == "control":
        attrs["class"] = "form-select" if isinstance(widget, forms.Select) else "form-control"
    own = widget.attrs.get("class")
    if own and attrs.get("class"):
        attrs["class"] = f"{attrs['class']} {own}"
    if bound.errors and "class" in attrs:
        attrs["class"] += " is-invalid"
    if ids and kind != "choices":
        attrs["aria-describedby"] = " ".join(ids)
    if bound.errors and kind != "choices":
        attrs["aria-invalid"] = "true"
    input_type = getattr(widget, "input_type", "")
    if input_type in _NUMBER_KEYS:
        attrs["inputmode"] = _NUMBER_KEYS[input_type]
    for name in ("placeholder", "rows", "autocomplete", "inputmode"):
        if options.get(name):
            attrs[name] = options[name]
    if options.get("autofocus"):
        attrs["autofocus"] = True
    values = {
        "kind": kind,
        "choices": _choices(bound) if kind == "choices" else (),
        "control": "" if kind == "choices" else bound.as_widget(quick(widget), attrs=attrs),
        "label": options.get("label") or bound.label,
        "help": help_text,
        "required": bound.field.required,
        "hide_label": options.get("hide_label", False),
        "unit": options.get("unit", ""),
        "wide": options.get("wide", False),
        "plain": options.get("plain", False),
        "errors": bound.errors,
        "auto_id": bound.auto_id,
        "described_by": " ".join(ids),
    }
    return _component(context, "field", values)


# --- components that wrap content -------------------------------------------------------------------------------------


@register.simple_block_tag
def capture(content: str) -> SafeString:
    """{% capture as name %}…{% endcapture %}: rendered content in a variable, to hand it to a component."""
    return mark_safe(content)  # noqa: S308 - rendered, and escaped, by this very template


@register.simple_block_tag(takes_context=True)
def card(context: Context, content: str, title: Any = "", **options: Any) -> SafeString:
    """{% card title="…" %}…{% endcard %}. Options: icon, hint, actions (HTML from capture), tone, flush, id, level, extra."""
    return _component(context, "card", {"content": content, "title": title, "level": 2, **options})


@register.simple_block_tag(takes_context=True)
def dialog(context: Context, content: str, title: Any, **options: Any) -> SafeString:
    """{% dialog id="…" title="…" %}…{% enddialog %}; opened by a button with data-dialog-open="#id". Options: wide, open."""
    return _component(context, "dialog", {"content": content, "title": title, **options})


@register.simple_block_tag(takes_context=True)
def callout(context: Context, content: str, tone: str = "info", title: Any = "", icon: str = "") -> SafeString:
    """{% callout tone="warn" title="…" %}…{% endcallout %}: something the reader has to know before acting."""
    values = {"content": content, "tone": tone, "title": title, "icon": icon or TONE_ICONS.get(tone, "info-circle")}
    return _component(context, "callout", values)


@register.simple_block_tag(takes_context=True)
def datatable(context: Context, content: str, columns: Any, caption: Any, **options: Any) -> SafeString:
    """{% datatable columns=… caption="…" %}<tr>…</tr>{% enddatatable %}. Options: stack (cards on a phone), empty (HTML), id."""
    return _component(context, "table", {"content": content, "columns": columns, "caption": caption, **options})


@register.simple_block_tag(takes_context=True)
def act(context: Context, content: str, hint: Any = "") -> SafeString:
    """{% act %}…{% endact %}: the page's next act; stays in reach of the thumb on a phone."""
    return _component(context, "act", {"content": content, "hint": hint})


# --- print ------------------------------------------------------------------------------------------------------------


@register.simple_tag
def inline_css(path: str) -> SafeString:
    """A style sheet's own text, for documents that must carry everything with them (PDF). `path` as in {% static %}.

    Raises FileNotFoundError when there is no such file.
    """
    found = finders.find(path)
    source = Path(str(found)) if found else Path(str(settings.BASE_DIR)) / "static" / path
    return mark_safe(source.read_text(encoding="utf-8").replace("</", "<\\/"))  # noqa: S308 - our own file, never user input
