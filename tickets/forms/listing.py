"""What is typed for several tickets at once."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class AssignForm(forms.Form):
    """Who gets the chosen tickets, and why. `key` names the form, so that sending it twice acts once."""

    engineer = forms.TypedChoiceField(label=_("Engineer"), coerce=int)
    reason = forms.CharField(label=_("Reason"), max_length=300)
    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, engineers: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["engineer"].choices = [("", gettext("Please choose")), *engineers]  # type: ignore[attr-defined]


class TagForm(forms.Form):
    """Which tag the chosen tickets get."""

    tag = forms.TypedChoiceField(label=_("Tag"), coerce=int)
    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, tags: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["tag"].choices = [("", gettext("Please choose")), *tags]  # type: ignore[attr-defined]
