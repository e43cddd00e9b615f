"""A select written in Python: Django's own renders a template an option; 200 places then cost more than the page."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe


class QuickSelect(forms.Select):
    """The same markup as `forms.Select` with the usual templates."""

    def render(self, name: str, value: Any, attrs: Mapping[str, Any] | None = None, renderer: Any = None) -> SafeString:  # noqa: ARG002 - Django passes a renderer
        """The select with its options and groups; the first one whose value reads the same is chosen, as Django does it."""
        chosen = set(self.format_value(value))
        options = mark_safe("\n".join(_options(self.choices, chosen)))  # noqa: S308 - escaped one by one below
        shown = flatatt(self.build_attrs(self.attrs, dict(attrs or {})))
        return format_html('<select name="{}"{}>{}</select>', name, shown, options)


def quick(widget: forms.Widget) -> forms.Widget:
    """The quick twin of a plain select; any other widget as it is."""
    if type(widget) is not forms.Select:
        return widget
    twin = QuickSelect.__new__(QuickSelect)
    twin.__dict__.update(widget.__dict__)
    return twin


def _options(choices: Iterable[Any], chosen: set[str]) -> Iterable[str]:
    for value, label in choices:
        if isinstance(label, list | tuple):
            yield f'<optgroup label="{conditional_escape(value)}">'
            yield from _options(label, chosen)
            yield "</optgroup>"
            continue
        text = "" if value is None else str(value)
        mark = ""
        if text in chosen:
            mark = " selected"
            chosen.clear()
        yield f'<option value="{conditional_escape(text)}"{mark}>{conditional_escape(label)}</option>'
