"""What people type about a major incident."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from devices.models import Place
from devices.querysets import places_of
from tickets import rules_major
from tickets.forms.core import local_instant
from tickets.states import Impact, ReportWay


def text(label: Any, limit: int, rows: int = 3) -> forms.CharField:
    """A field for some lines."""
    return forms.CharField(label=label, max_length=limit, widget=forms.Textarea(attrs={"rows": rows}))


class DeclareForm(forms.Form):
    """What happened, where, how far it reaches, since when we know."""

    form_token = forms.UUIDField(required=False, widget=forms.HiddenInput)
    kind = forms.ChoiceField(label=gettext_lazy("Kind of incident"), widget=forms.RadioSelect)
    title = forms.CharField(label=gettext_lazy("Title"), max_length=80)
    place = forms.ModelChoiceField(
        label=gettext_lazy("Place"), queryset=Place.objects.none(), empty_label=gettext_lazy("Please choose")
    )
    reach = forms.ChoiceField(
        label=gettext_lazy("How far does it reach?"),
        choices=Impact.choices,
        widget=forms.RadioSelect,
        initial=Impact.HALL,
    )
    description = text(gettext_lazy("What happened"), 2000)
    impact = text(gettext_lazy("What cannot be done in the hall now"), 500, 2)
    knowledge_at = local_instant(label=gettext_lazy("Known since, if not since then"), required=False)
    knowledge_reason = forms.CharField(label=gettext_lazy("Why another instant"), max_length=300, required=False)

    def __init__(self, *args: Any, contract: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds: Any = self.fields["kind"]
        kinds.choices = list(rules_major.kinds().items())
        places: Any = self.fields["place"]
        places.queryset = places_of(contract.hall)


class IncidentReportForm(forms.Form):
    """Whom the client's side was told, how and when."""

    reported_how = forms.ChoiceField(
        label=gettext_lazy("Reported by way of"), choices=ReportWay.choices, widget=forms.RadioSelect
    )
    reported_to = forms.CharField(label=gettext_lazy("Reported to"), max_length=60)
    reported_text = text(gettext_lazy("What was reported"), 1000)
    reported_at = local_instant(label=gettext_lazy("Reported at, if not just now"), required=False)
    report_reason = forms.CharField(label=gettext_lazy("Why it is entered later"), max_length=300, required=False)


class InstructForm(forms.Form):
    """What the client wants done."""

    given_how = forms.ChoiceField(
        label=gettext_lazy("Given by way of"), choices=ReportWay.choices, widget=forms.RadioSelect
    )
    given_by = forms.CharField(label=gettext_lazy("Given by"), max_length=60)
    text = text(gettext_lazy("Instruction"), 1000)
    given_at = local_instant(label=gettext_lazy("Given at, if not just now"), required=False)


class FollowForm(forms.Form):
    """What was done about an instruction."""

    done_text = text(gettext_lazy("What was done about it"), 1000)
    done_at = local_instant(label=gettext_lazy("Done at, if not just now"), required=False)


class IncidentNoteForm(forms.Form):
    """One line of what happens."""

    text = text(gettext_lazy("What happens"), 500, 2)
    happened_at = local_instant(label=gettext_lazy("At, if not just now"), required=False)


class EndForm(forms.Form):
    """How it ended."""

    end_text = text(gettext_lazy("How it ended"), 1000)
    ended_at = local_instant(label=gettext_lazy("Ended at, if not just now"), required=False)


class ReviewForm(forms.Form):
    """The review: what the report on the incident says."""

    cause = text(gettext_lazy("Cause"), 2000)
    effect = text(gettext_lazy("Effect in figures"), 2000, 2)
    handled = text(gettext_lazy("How it was handled"), 2000)
    measures = text(gettext_lazy("Measures"), 2000)
    measures_due = forms.DateField(
        label=gettext_lazy("Measures done by"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    lessons = text(gettext_lazy("Lessons"), 2000)
