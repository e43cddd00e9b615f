"""Forms about service quality: periods, and the steps of a follow-up."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from core import clock
from core.roles import STAFF_ROLES
from parties.models import User
from parties.querysets import people_with_role
from tickets.forms.core import local_instant
from tickets.models import FollowUp
from tickets.states import ContactMethod, FollowUpStatus


class AssignForm(forms.Form):
    """Who follows it up: one of our people who did not do the work that was rated."""

    person = forms.ModelChoiceField(
        label=gettext_lazy("Person responsible"),
        queryset=User.objects.none(),
        empty_label=gettext_lazy("Please choose"),
    )

    def __init__(self, *args: Any, follow_up: FollowUp, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"person": follow_up.assignee_id})
        super().__init__(*args, **kwargs)
        today = clock.now().astimezone(clock.SHANGHAI).date()
        people = [
            person
            for role in STAFF_ROLES
            for person in people_with_role(follow_up.contract, role, on=today)
            if person.pk != follow_up.ticket.assignee_id
        ]
        field: Any = self.fields["person"]
        field.queryset = User.objects.filter(pk__in=[person.pk for person in people]).order_by("name", "pk")
        field.label_from_instance = lambda person: person.name


class CallForm(forms.Form):
    """The call to the client."""

    called_whom = forms.CharField(label=gettext_lazy("Spoke with"), max_length=40)
    called_how = forms.ChoiceField(
        label=gettext_lazy("Contact by"), choices=ContactMethod.choices, widget=forms.RadioSelect, initial="phone"
    )
    called_at = local_instant(label=gettext_lazy("When, if it was earlier"), required=False)
    said = forms.CharField(
        label=gettext_lazy("What was said"), max_length=1000, widget=forms.Textarea(attrs={"rows": 4})
    )

    def __init__(self, *args: Any, follow_up: FollowUp, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"called_whom": follow_up.rating.rater_name, "called_how": "phone"})
        super().__init__(*args, **kwargs)


class MeasuresForm(forms.Form):
    """What is done so that it does not happen again."""

    measures = forms.CharField(
        label=gettext_lazy("Measures"), max_length=1000, widget=forms.Textarea(attrs={"rows": 4})
    )
    done = forms.BooleanField(label=gettext_lazy("The measures are done"), required=False)

    def __init__(self, *args: Any, follow_up: FollowUp, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"measures": follow_up.measures})
        super().__init__(*args, **kwargs)


class CloseForm(forms.Form):
    """What it came to."""

    conclusion = forms.CharField(
        label=gettext_lazy("Conclusion"), max_length=500, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, follow_up: FollowUp, **kwargs: Any) -> None:  # noqa: ARG002 - as the others
        super().__init__(*args, **kwargs)


class FollowUpFilter(forms.Form):
    """What the list of follow-ups is narrowed by."""

    q = forms.CharField(label=gettext_lazy("Number, ticket, device"), max_length=60, required=False)
    status = forms.ChoiceField(
        label=gettext_lazy("Status"),
        choices=[("", gettext_lazy("Any status")), *FollowUpStatus.choices],
        required=False,
    )
    late = forms.BooleanField(label=gettext_lazy("Late"), required=False)
    since = forms.DateField(
        label=gettext_lazy("Opened from"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    until = forms.DateField(
        label=gettext_lazy("Opened until"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )


PERIODS = (
    ("week", gettext_lazy("This week")),
    ("last_week", gettext_lazy("Last week")),
    ("month", gettext_lazy("This month")),
    ("last_month", gettext_lazy("Last month")),
    ("contract", gettext_lazy("Whole contract")),
)


class PeriodForm(forms.Form):
    """Two days of one's own, both included."""

    since = forms.DateField(label=gettext_lazy("From"), widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=gettext_lazy("Until"), widget=forms.DateInput(attrs={"type": "date"}))
