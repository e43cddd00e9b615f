"""The quick select says what Django's own says."""

from typing import Any

import pytest
from django import forms
from django.test import SimpleTestCase

from core.widgets import QuickInput, QuickSelect, one_of_many, quick

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


@pytest.mark.parametrize("value", ["", None, 7, "一&二", '"><script>'])
@pytest.mark.parametrize("attrs", [{}, {"id": "x", "class": "form-control", "required": True, "disabled": False}])
def test_a_text_input_says_what_djangos_own_says(value: Any, attrs: dict[str, Any]) -> None:
    slow = forms.TextInput(attrs={"data-a": 'b"c', "maxlength": 30})
    fast = quick(slow)
    assert isinstance(fast, QuickInput)
    SimpleTestCase().assertHTMLEqual(fast.render("name", value, attrs), slow.render("name", value, attrs))


@pytest.mark.parametrize("widget", [forms.RadioSelect, forms.CheckboxSelectMultiple])
def test_one_of_many_says_what_djangos_own_says(widget: type[forms.RadioSelect]) -> None:
    class Form(forms.Form):
        x = forms.ChoiceField(choices=[("a", "<甲>"), ('b"', "乙")], widget=widget(attrs={"class": "c"}))

    for one in Form(data={"x": ['b"']} if widget is forms.CheckboxSelectMultiple else {"x": 'b"'})["x"]:
        data = one.data
        SimpleTestCase().assertHTMLEqual(
            one_of_many(data["type"], data["name"], data["value"], data["attrs"]), one.tag(wrap_label=False)
        )
