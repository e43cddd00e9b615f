"""Forms of the weekly report's verbs."""

from django import forms
from django.utils.translation import gettext_lazy as _


class SummaryForm(forms.Form):
    """The manager's own sentences. An empty text gives the summary back to the figures."""

    summary = forms.CharField(
        label=_("Summary"), required=False, max_length=3000, widget=forms.Textarea(attrs={"rows": 10, "lang": "zh-CN"})
    )
    version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)


class IssueForm(forms.Form):
    """Issuing cannot be undone, so it is said once more what will happen."""

    version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    confirmed = forms.BooleanField(
        label=_("I have checked the figures and the text. Freeze this report and give it to the client."),
        error_messages={"required": _("Please confirm that the report has been checked.")},
    )
