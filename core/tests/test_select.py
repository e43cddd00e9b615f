"""The quick select says what Django's own says."""

from typing import Any

import pytest
from django import forms
from django.test import SimpleTestCase

from core.select import QuickSelect, quick

GROUPED = [("", "请选择"), ("一层", [("1", "A01 & B"), ("2", "<大厅>")]), (3, "三层"), (None, "无")]


@pytest.mark.parametrize("value", ["", None, "2", 3, "3", "nothing", '"><script>'])
@pytest.mark.parametrize("attrs", [{}, {"id": "x", "class": "form-select", "required": True, "disabled": False}])
def test_it_says_what_djangos_own_says(value: Any, attrs: dict[str, Any]) -> None:
    slow = forms.Select(attrs={"data-a": 'b"c'}, choices=GROUPED)
    fast = quick(slow)
    assert isinstance(fast, QuickSelect)
    SimpleTestCase().assertHTMLEqual(fast.render("place", value, attrs), slow.render("place", value, attrs))


def test_a_value_twice_is_chosen_once() -> None:
    html = quick(forms.Select(choices=[("1", "one"), ("1", "again")])).render("x", "1")
    assert html.count("selected") == 1


def test_other_widgets_are_left_alone() -> None:
    several = forms.SelectMultiple(choices=GROUPED)
    assert quick(several) is several
