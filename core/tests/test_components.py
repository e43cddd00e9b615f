"""The design system keeps its own rules: components say what they take, the styleguide shows them all, nothing breaks the CSP."""

import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django import forms
from django.conf import settings
from django.contrib.staticfiles import finders
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.test.signals import template_rendered
from django.utils import translation

from core.pdf import pdf_render
from core.styleguide import examples
from core.templatetags import ui

ROOT = Path(settings.BASE_DIR)
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
COMPONENTS = sorted((ROOT / "templates" / "components").glob("*.html"))
STYLES = sorted((ROOT / "static" / "css").rglob("*.css"))
NOON = datetime(2024, 3, 18, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai, a Monday
COMMENT = re.compile(r"\{% comment %\}(.*?)\{% endcomment %\}", re.DOTALL)


def markup(path: Path) -> str:
    """A template without its comments."""
    return COMMENT.sub("", path.read_text())


def render(text: str, **values: Any) -> str:
    return Template(text).render(Context(values))


@pytest.fixture
def shown() -> Iterator[list[str]]:
    """The names of all templates rendered, included ones too."""
    names: list[str] = []

    def note(template: Template, **_more: Any) -> None:
        names.append(str(template.name))

    template_rendered.connect(note)
    yield names
    template_rendered.disconnect(note)


# --- the components and their styleguide ------------------------------------------------------------------------------


@pytest.mark.parametrize("path", COMPONENTS, ids=lambda path: path.stem)
def test_a_component_opens_with_the_list_of_its_variables(path: Path) -> None:
    text = path.read_text()
    assert text.startswith("{% comment %}"), "the first thing in a component is its comment"
    listed = COMMENT.search(text)
    assert listed
    body = markup(path)
    local = (
        set(re.findall(r"\{% for (\w+)", body))
        | set(re.findall(r"\bas (\w+) %\}", body))
        | set(re.findall(r"\bwith (\w+)=", body))
        | {"forloop", "level", "word"}
    )
    used = set(re.findall(r"\{\{\s*(\w+)", body)) | set(re.findall(r"\{% if (?:not )?(\w+)", body))
    silent = {name for name in used - local if name not in re.findall(r"\w+", listed[1])}
    assert not silent, f"{path.name} takes {silent} and does not say so"


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_styleguide_renders_every_component(shown: list[str], language: str) -> None:
    with translation.override(language):
        page = render_to_string("styleguide.html", examples(NOON))
    missing = {f"components/{path.name}" for path in COMPONENTS} - set(shown)
    assert not missing
    assert {path.stem for path in COMPONENTS if f"components/{path.stem}" not in page} == set(), "shown with its name"


def test_the_styleguide_lets_everything_pass_that_a_strict_csp_would_stop() -> None:
    page = render_to_string("styleguide.html", examples(NOON))
    assert not re.findall(r"<[^>]+\sstyle=", page)
    assert not re.findall(r"<[^>]+\son\w+=", page)
    assert not re.findall(r"<script(?![^>]*\ssrc=)", page)
    assert "<style" not in page
    assert "http://www.w3.org/" not in re.sub(r'xmlns="http://www.w3.org/2000/svg"', "", page)
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_no_template_needs_inline_style_or_script(path: Path) -> None:
    body = markup(path)
    assert not re.findall(r"<[^>{]+\sstyle=", body)
    assert not re.findall(r"<[a-z][^>{]*\son[a-z]+=", body)
    assert not re.findall(r"<script(?![^>]*\b(?:src|nonce)=)", body)
    if "inline_css" not in body:  # documents for the PDF carry their style sheet; no browser is shown one
        assert "<style" not in body


def test_every_icon_used_is_in_the_sprite() -> None:
    listed = set((ROOT / "script" / "icons.txt").read_text().split())
    used = {symbol for _tone, symbol in ui.STATUS_LOOKS.values()} | set(ui.TONE_ICONS.values())
    for path in TEMPLATES:
        body = markup(path)
        used |= set(re.findall(r'\{% icon "([\w-]+)"', body)) | set(re.findall(r'\b(?:icon|symbol)="([\w-]+)"', body))
        used |= set(re.findall(r"sprite %\}#([\w-]+)", body))
    used |= {symbol for _level, symbol in ui._LEVELS.values()}
    for path in (ROOT / "static" / "js").glob("*.js"):
        used |= set(re.findall(r'svg\("([\w-]+)"\)', path.read_text()))
    assert used - listed == set()


def test_every_static_file_that_a_template_names_exists() -> None:
    named = {name for path in TEMPLATES for name in re.findall(r"""\{% static ['"]([^'"]+)""", markup(path))}
    named |= {name for path in TEMPLATES for name in re.findall(r'\{% inline_css "([^"]+)"', markup(path))}
    own = {name for name in named if not name.startswith("vendor/")}  # vendor/ is fetched by script/setup
    assert own
    assert {name for name in own if not finders.find(name)} == set()


@pytest.mark.parametrize("path", [path for path in STYLES if "print" not in path.parts], ids=lambda path: path.stem)
def test_styles_use_only_what_the_oldest_browsers_know(path: Path) -> None:
    """Chromium 108 and WebKit 16: newer colour functions would leave no colour at all there, nesting no rule at all."""
    text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
    for unknown in (
        "light-dark(",
        "color-mix(",
        "oklch(",
        "@scope",
        "@starting-style",
        "anchor(",
        "subgrid",
        "interpolate-size",
    ):
        assert unknown not in text
    assert not re.search(r"^\s*&", text, re.MULTILINE), "nested rules"


def _tokens(theme: str) -> dict[str, str]:
    text = (ROOT / "static" / "css" / "tokens.css").read_text()
    light = dict(re.findall(r"(--[\w-]+): (#[0-9a-f]{6});", text.split("@media")[0]))
    dark_block = text.split('\n[data-bs-theme="dark"] {', 1)[1].split("}", 1)[0]
    return light if theme == "light" else light | dict(re.findall(r"(--[\w-]+): (#[0-9a-f]{6});", dark_block))


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2.2, 1 … 21."""
    bright, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_has_the_contrast_of_wcag_aa_in_both_themes(theme: str) -> None:
    token = _tokens(theme)
    pairs = [
        (ink, ground) for ink in ("--ink", "--ink-2", "--ink-3") for ground in ("--surface", "--surface-2", "--canvas")
    ]
    for tone in ("blue", "amber", "red", "green", "grey"):
        pairs += [(f"--{tone}-ink", f"--{tone}-tint"), (f"--{tone}-ink", "--surface")]
    pairs += [("--on-solid", "--blue"), ("--on-solid", "--red"), ("--ink-3", "--surface-3")]
    pairs += [("--rail-ink", "--rail"), ("--rail-mute", "--rail")]
    weak = {pair: round(contrast(token[pair[0]], token[pair[1]]), 2) for pair in pairs}
    assert {pair: ratio for pair, ratio in weak.items() if ratio < 4.5} == {}
    assert contrast(token["--line-strong"], token["--surface"]) >= 3, "the edge of an input"
    assert contrast(token["--focus"], token["--canvas"]) >= 3


# --- instants and figures ---------------------------------------------------------------------------------------------


def test_instants_are_shown_in_shanghai_time() -> None:
    instant = datetime(2024, 3, 18, 0, 45, 10, tzinfo=UTC)
    assert ui.when(instant) == "2024-03-18 08:45"
    assert ui.when(date(2024, 3, 18)) == "2024-03-18"
    assert ui.when_short(instant) == "03-18 08:45"
    assert ui.clock_time(instant) == "08:45"
    assert ui.clock_seconds(instant) == "08:45:10"
    assert ui.iso(instant) == "2024-03-18T08:45:10+08:00"
    assert ui.epoch_ms(instant) == "1710722710000"
    assert ui.when(datetime(2024, 3, 17, 16, 30, tzinfo=UTC)) == "2024-03-18 00:30"
    assert ui.when(None) == ui.when_long(None) == ui.clock_time(None) == "—"
    assert ui.epoch_ms(None) == ui.iso(None) == ""


def test_the_long_form_follows_the_language() -> None:
    instant = datetime(2024, 3, 18, 0, 45, tzinfo=UTC)
    assert ui.when_long(instant) == "2024年3月18日（星期一） 08:45"
    with translation.override("en"):
        assert ui.when_long(instant) == "Monday, 18 March 2024, 08:45"
        assert ui.when_long(date(2024, 3, 18)) == "Monday, 18 March 2024"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (9, "9 s"),
        (130, "2 min 10 s"),
        (120, "2 min"),
        (3_600, "1 h"),
        (3_900, "1 h 5 min"),
        (273_600, "3 d 4 h"),
        (-75, "−1 min 15 s"),
        (59.6, "1 min"),
        (None, "—"),
    ],
)
def test_a_span_is_told_in_its_two_leading_units(seconds: float | None, said: str) -> None:
    with translation.override("en"):
        assert ui.duration(seconds) == said


def test_money_and_ratios() -> None:
    assert ui.money(Decimal("1296000")) == "￥1,296,000.00"
    assert ui.money("23328.005") == "￥23,328.01"
    assert ui.money(-1.5) == "−￥1.50"
    assert ui.money(None) == ui.money("") == ui.money("abc") == "—"
    assert ui.percent(0.984375) == "98.4%"
    assert ui.percent(Decimal(1), 0) == "100%"
    assert ui.percent(None) == "—"


def test_phones_are_masked_and_people_have_an_initial() -> None:
    assert ui.mask_phone("13800000000") == "138****0000"
    assert ui.mask_phone("138 0000 0000") == "138****0000"
    assert ui.mask_phone("010-60000001") == "*******0001"
    assert ui.mask_phone("") == ui.mask_phone(None) == "—"
    assert [ui.initial(name) for name in ("工程师甲", "窗口人员11", "联系人07（演示）", "alice", "", None)] == [
        "甲", "11", "07", "A", "?", "?",
    ]  # fmt: skip


def test_a_changed_query_forgets_the_page_and_drops_what_is_empty() -> None:
    request = RequestFactory().get("/tickets/", {"state": "open", "mine": "1", "after": "77"})
    assert render('{% query mine="" q="A 05" %}', request=request) == "?state=open&amp;q=A+05"
    assert render('{% query state="" mine="" %}', request=request) == "?"


# --- single components ------------------------------------------------------------------------------------------------


def clock(**change: Any) -> dict[str, Any]:
    return {
        "state": "running",
        "due_at": NOON + timedelta(minutes=5),
        "windows": [(NOON, NOON + timedelta(minutes=5))],
        "total_seconds": 300,
        "label": "5 分钟响应",
        "why_url": "",
        "stopped_at": None,
        "breached_at": None,
        "kept": None,
        **change,
    }


def test_a_running_countdown_carries_the_instants_and_reads_without_scripts() -> None:
    html = render("{% countdown clock %}", clock=clock())
    assert 'data-due="1710734700000"' in html
    assert 'data-windows="[[1710734400000,1710734700000]]"' in html
    assert 'data-total="300"' in html
    assert ">12:05<" in html
    assert 'datetime="2024-03-18T12:05:00+08:00"' in html


def test_a_stopped_countdown_says_kept_or_late_and_counts_no_more() -> None:
    kept = render("{% countdown clock %}", clock=clock(state="stopped", stopped_at=NOON, kept=True))
    late = render("{% countdown clock %}", clock=clock(state="stopped", stopped_at=NOON, kept=False))
    assert 'data-level="kept"' in kept
    assert 'data-level="missed"' in late
    assert "data-countdown" not in kept + late
    assert render("{% countdown clock %}", clock=None) == ""


def test_a_breached_and_a_paused_countdown_are_told_apart_without_colour() -> None:
    breached = render("{% countdown clock %}", clock=clock(state="breached"))
    paused = render("{% countdown clock %}", clock=clock(state="paused", due_at=None))
    assert 'data-level="breached"' in breached
    assert 'data-level="paused"' in paused
    assert "#player-pause" in paused
    with translation.override("en"):
        assert "Overdue" in render("{% countdown clock %}", clock=clock(state="breached"))


def test_a_promise_of_days_is_told_in_days() -> None:
    day = timedelta(days=1)
    windows = [(NOON + day * n, NOON + day * n + timedelta(hours=9)) for n in range(3)]
    with translation.override("en"):
        working = render(
            "{% countdown clock %}", clock=clock(total_seconds=None, windows=windows, due_at=windows[-1][1])
        )
        ongoing = render("{% countdown clock %}", clock=clock(total_seconds=None, windows=[(NOON, NOON + 10 * day)]))
        cancelled = render("{% countdown clock %}", clock=clock(state="cancelled"))
    assert 'data-text="3 working days"' in working
    assert 'data-text="10 days"' in ongoing
    assert "Cancelled" in cancelled


def test_a_status_badge_has_colour_symbol_and_word() -> None:
    html = render('{% status_badge "to_sign" "待客户签字" %}')
    assert "badge-warn" in html
    assert "#signature" in html
    assert "待客户签字" in html
    assert "badge-muted" in render('{% status_badge "something_new" "新状态" %}')


class OneForm(forms.Form):
    name = forms.CharField(label="姓名", help_text="如身份证所示")
    kind = forms.ChoiceField(label="类别", choices=[("", "—"), ("a", "甲类")], widget=forms.RadioSelect)
    secret = forms.CharField(widget=forms.HiddenInput, required=False)


def test_a_field_ties_label_help_and_error_to_its_input() -> None:
    html = render("{% field form.name %}", form=OneForm({"name": "", "kind": "a"}))
    assert 'for="id_name"' in html
    assert 'aria-describedby="id_name_help id_name_error"' in html
    assert 'aria-invalid="true"' in html
    assert 'id="id_name_help"' in html
    assert 'id="id_name_error"' in html
    assert html.count("aria-describedby") == 1


def test_choices_have_a_legend_and_offer_no_empty_choice() -> None:
    html = render("{% field form.kind %}", form=OneForm())
    assert "<legend" in html
    assert html.count('type="radio"') == 1
    assert "checked" not in html
    assert 'type="hidden"' in render("{% field form.secret %}", form=OneForm())


def test_what_a_person_typed_is_escaped_in_every_component() -> None:
    evil = '<img src=x onerror=alert(1)>"'
    outputs = [
        render_to_string("components/badge.html", {"label": evil, "title": evil}),
        render_to_string("components/person.html", {"name": evil, "note": evil, "phone": evil}),
        render_to_string("components/toast.html", {"title": evil, "text": evil}),
        render_to_string("components/facts.html", {"items": [(evil, evil)]}),
        render_to_string(
            "components/timeline.html", {"entries": [{"at": NOON, "title": evil, "actor": evil, "text": evil}]}
        ),
        render_to_string("components/picker_options.html", {"options": [{"code": evil, "name": evil, "note": evil}]}),
        render_to_string("components/device_picker.html", {"url": "/", "value": evil, "display": evil}),
        render("{% field form.name %}", form=OneForm({"name": evil})),
        render("{% card title=evil %}{{ evil }}{% endcard %}", evil=evil),
    ]
    for html in outputs:
        assert "<img src=x" not in html
        assert '"&quot;' not in html.replace("=", "")


def test_nobody_is_rated_beforehand() -> None:
    html = render_to_string("components/rating.html", {})
    assert html.count('type="radio"') == 5
    assert "checked" not in html
    assert render_to_string("components/rating.html", {"value": 4}).count("checked") == 1


def test_the_phone_shows_four_places_in_the_order_of_the_menu() -> None:
    nav = [{"key": key, "phone": key in "bdef"} for key in "abcdef"]
    assert [entry["key"] for entry in ui.phone_places(nav)] == ["b", "d", "e", "f"]
    assert [entry["key"] for entry in ui.phone_places(nav[:3])] == ["a", "b", "c"]
    assert ui.phone_places(None) == []


def test_the_print_sheet_is_a4_with_page_numbers_and_its_code(tmp_path: Path) -> None:
    sheet = (
        '{% extends "base_print.html" %}{% block title %}试验{% endblock %}{% block sheet_title %}技术支持工单{% endblock %}'
        "{% block content %}<table><thead><tr><th>时间</th></tr></thead><tbody>"
        "{% for n in rows %}<tr><td>第 {{ n }} 行</td></tr>{% endfor %}</tbody></table>{% endblock %}"
    )
    html = render(sheet, code="GD-20240318-0001", project="综合技术保障服务", made_at=NOON, rows=range(90))
    pdf = pdf_render(html)
    path = tmp_path / "sheet.pdf"
    path.write_bytes(pdf)
    info = subprocess.run(["pdfinfo", str(path)], check=True, capture_output=True, text=True).stdout
    text = subprocess.run(["pdftotext", "-layout", str(path), "-"], check=True, capture_output=True, text=True).stdout
    pages = int(re.search(r"Pages:\s+(\d+)", info)[1])  # type: ignore[index]
    assert "(A4)" in info
    assert pages > 1
    assert text.count("时间") >= pages, "the head of the table is repeated"
    assert text.count("GD-20240318-0001") == pages + 1
    assert re.search(rf"第\s*{pages}\s*页\s*/\s*共\s*{pages}\s*页", text)
