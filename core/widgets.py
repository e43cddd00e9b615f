"""Form controls written in Python: Django renders a template for every option and every attribute.

200 places in a select then cost more than the rest of the page, and one input as much as a row of the list.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.safestring import SafeString, mark_safe

from core.markup import text


class QuickSelect(forms.Select):
    """The same markup as `forms.Select` with the usual templates."""

    def render(self, name: str, value: Any, attrs: Mapping[str, Any] | None = None, renderer: Any = None) -> SafeString:  # noqa: ARG002 - Django passes a renderer
        """The select with its options and groups; the first one whose value reads the same is chosen, as Django does it."""
        chosen = set(self.format_value(value))
        options = "\n".join(_options(self.choices, chosen))
        shown = flatatt(self.build_attrs(self.attrs, dict(attrs or {})))
        return mark_safe(f'<select name="{text(name)}"{shown}>{options}</select>')  # noqa: S308 - escaped part by part


class QuickInput(forms.TextInput):
    """The same markup as `forms.TextInput` with the usual templates."""

    def render(self, name: str, value: Any, attrs: Mapping[str, Any] | None = None, renderer: Any = None) -> SafeString:  # noqa: ARG002 - Django passes a renderer
        """The input with its value, where it has one."""
        given = self.format_value(value)
        held = "" if given is None else f' value="{text(given)}"'
        shown = flatatt(self.build_attrs(self.attrs, dict(attrs or {})))
        return mark_safe(f'<input type="{text(self.input_type)}" name="{text(name)}"{held}{shown}>')  # noqa: S308 - escaped part by part


def one_of_many(kind: str, name: str, value: Any, attrs: Mapping[str, Any]) -> SafeString:
    """A radio button or check box of several, as Django's templates write it; `attrs` say whether it is checked."""
    return mark_safe(f'<input type="{text(kind)}" name="{text(name)}" value="{text(value)}"{flatatt(dict(attrs))}>')  # noqa: S308 - escaped part by part


_TWINS: dict[type[forms.Widget], type[forms.Widget]] = {forms.Select: QuickSelect, forms.TextInput: QuickInput}


def quick(widget: forms.Widget) -> forms.Widget:
    """The quick twin of a plain select or text input; any other widget as it is."""
    kind = _TWINS.get(type(widget))
    if kind is None:
        return widget
    twin = kind.__new__(kind)
    twin.__dict__.update(widget.__dict__)
    return twin


def _options(choices: Iterable[Any], chosen: set[str]) -> Iterable[str]:
    for value, label in choices:
        if isinstance(label, list | tuple):
            yield f'<optgroup label="{text(value)}">'
            yield from _options(label, chosen)
            yield "</optgroup>"
            continue
        key = "" if value is None else str(value)
        mark = ""
        if key in chosen:
            mark = " selected"
            chosen.clear()
        yield f'<option value="{text(key)}"{mark}>{text(label)}</option>'
