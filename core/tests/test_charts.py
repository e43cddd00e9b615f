"""Charts tell the truth, say it in words too, and pass a strict CSP."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable

import pytest
from django.utils import translation

from core import charts

DAYS = ["06-10", "06-11", "06-12"]
MADE: dict[str, Callable[[], str]] = {
    "columns": lambda: charts.columns(DAYS, [12, 0, 6], title="每日工单", unit="件"),
    "bars": lambda: charts.bars(["自助<设备>", "门禁"], [18, 9], title="各类工单", unit="件"),
    "stacked": lambda: charts.stacked(
        ["一周", "二周"], [("满意", [8, 4]), ("不满意", [2, 0])], title="评价", unit="次"
    ),
    "line": lambda: charts.line(DAYS, [2.5, None, 4], title="响应", unit="分钟", limit=5, limit_label="约定 5 分钟"),
    "sparkline": lambda: charts.sparkline([1, 2, 3], title="近况"),
}


def numbers(svg: str, shape: str, name: str) -> list[float]:
    return [float(found) for found in re.findall(rf'<{shape} [^>]*\b{name}="([\d.]+)"', svg)]


@pytest.mark.parametrize("make", MADE.values(), ids=MADE)
def test_a_chart_is_sound_svg_with_title_words_and_no_style(make: Callable[[], str]) -> None:
    svg = make()
    root = ET.fromstring(svg)  # noqa: S314 - our own text
    assert root.get("role") == "img"
    names = [child.tag.rpartition("}")[2] for child in root]
    assert names[:2] == ["title", "desc"]
    assert "style=" not in svg
    assert "Noto Sans CJK SC" in root.get("font-family", "")
    assert "nan" not in svg.lower()


def test_columns_are_as_tall_as_their_figures_from_zero() -> None:
    svg = charts.columns(DAYS, [12, 3, 6], title="每日工单")
    heights = numbers(svg, "rect", "height")
    assert heights[0] == pytest.approx(4 * heights[1], rel=0.01)
    assert heights[0] == pytest.approx(2 * heights[2], rel=0.01)
    assert ">0<" in svg
    for figure in (12, 3, 6):
        assert f">{figure}<" in svg


def test_bars_are_as_long_as_their_figures() -> None:
    long, short = numbers(charts.bars(["甲", "乙"], [18, 9], title="各类"), "rect", "width")
    assert long == pytest.approx(2 * short, rel=0.01)


def test_a_gap_is_a_gap_and_never_a_zero() -> None:
    svg = charts.line(DAYS, [2.5, None, 4], title="响应")
    assert svg.count("<circle") == 2
    assert "<polyline" not in svg, "single points are not joined over a gap"
    assert charts.columns(DAYS, [2, None, 4], title="每日").count("<rect") == 2
    assert "06-11 —" in svg


def test_the_limit_lies_on_the_scale_even_above_all_figures() -> None:
    svg = charts.line(DAYS, [1, 1, 1], title="响应", limit=5, limit_label="约定 5 分钟")
    assert "约定 5 分钟" in svg
    limit = re.search(r'<line [^>]*y1="([\d.]+)"[^>]*stroke-dasharray', svg)
    assert limit
    assert 0 < float(limit[1]) < min(numbers(svg, "circle", "cy"))


def test_series_are_told_apart_without_colour() -> None:
    svg = charts.stacked(["一周"], [("满意", [8]), ("基本满意", [7]), ("不满意", [5])], title="评价")
    assert svg.count("url(#") >= 2
    for name in ("满意", "基本满意", "不满意"):
        assert f">{name}<" in svg
    assert ">20<" in svg
    with pytest.raises(ValueError, match="series"):
        charts.stacked(["一"], [(str(n), [1]) for n in range(7)], title="太多")


def test_two_charts_on_one_page_do_not_share_pattern_names() -> None:
    one = charts.stacked(["一"], [("甲", [1]), ("乙", [1])], title="周报评价")
    two = charts.stacked(["一"], [("甲", [1]), ("乙", [1])], title="月报评价")
    ids = [set(re.findall(r'id="([^"]+)"', svg)) for svg in (one, two)]
    assert not ids[0] & ids[1]


def test_no_data_is_said_and_labels_are_escaped() -> None:
    with translation.override("en"):
        assert "No data" in charts.columns([], [], title="每日")
        assert "No data" in charts.stacked(["一"], [("甲", [0])], title="评价")
        assert "No data" in charts.line(DAYS, [None, None, None], title="响应")
    assert charts.sparkline([None, 3], title="近况") == ""
    assert "自助&lt;设备&gt;" in MADE["bars"]()


def test_labels_and_figures_must_pair() -> None:
    for make in (charts.columns, charts.bars, charts.line):
        with pytest.raises(ValueError, match="zip"):
            make(DAYS, [1, 2], title="错")


@pytest.mark.parametrize(
    ("most", "top"), [(0, 1), (1, 1), (3, 3), (7, 8), (15, 15), (99, 100), (0.4, 0.4), (1234, 1500)]
)
def test_an_axis_ends_at_a_round_figure_at_or_above_the_greatest(most: float, top: float) -> None:
    ceiling, step = charts._ceiling([most])
    assert ceiling == pytest.approx(top)
    assert (ceiling / step) == pytest.approx(round(ceiling / step))
