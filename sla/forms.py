"""What people type about promises. Forms turn it into values; services decide whether it holds."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contract.models import CalendarRevision
from parties.models import Contract
from sla import rules
from sla.models import Policy
from sla.states import ExemptionCause
from sla.words import TARGETS, rung_when

SECONDS_IN_MINUTE = 60


class ExemptionForm(forms.Form):
    """Why a promise should not count, and what proves it."""

    cause = forms.ChoiceField(label=gettext_lazy("Cause"), choices=ExemptionCause.choices, widget=forms.RadioSelect)
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=300, widget=forms.Textarea(attrs={"rows": 3}))
    evidence = forms.CharField(
        label=gettext_lazy("Evidence"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("What proves it: a letter, a call record, a notice of the power supplier."),
    )


class ExplainForm(forms.Form):
    """Why a promise was missed."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=300, widget=forms.Textarea(attrs={"rows": 3}))


class DecisionForm(forms.Form):
    """The client's answer."""

    answer = forms.ChoiceField(
        label=gettext_lazy("Answer"),
        choices=[("approve", gettext_lazy("Approve")), ("refuse", gettext_lazy("Refuse"))],
        widget=forms.RadioSelect,
    )
    note = forms.CharField(
        label=gettext_lazy("Remark"),
        required=False,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("A refusal needs a reason."),
    )


class AmendForm(forms.Form):
    """Another revision of the calendar, or an instant agreed by hand."""

    way = forms.ChoiceField(
        label=gettext_lazy("How is it amended?"),
        choices=[
            ("calendar", gettext_lazy("By the calendar in force")),
            ("agreed", gettext_lazy("By agreement with the client")),
        ],
        widget=forms.RadioSelect,
    )
    due_at = forms.DateTimeField(
        label=gettext_lazy("New deadline"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
    )
    agreed_with = forms.CharField(
        label=gettext_lazy("Agreed with"),
        required=False,
        max_length=120,
        help_text=gettext_lazy("Who of the client, and how: by phone, in writing, on site."),
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=300, widget=forms.Textarea(attrs={"rows": 3}))

    def clean(self) -> dict[str, Any]:
        """The way that was chosen needs its own fields."""
        given: dict[str, Any] = super().clean() or {}
        if given.get("way") == "agreed" and not given.get("due_at") and "due_at" not in self.errors:
            self.add_error("due_at", _("Please give the new deadline."))
        return given

    def arguments(self, contract: Contract) -> dict[str, Any]:
        """What clock_amend takes."""
        given = self.cleaned_data
        if given["way"] == "agreed":
            return {"due_at": given["due_at"], "agreed_with": given["agreed_with"], "reason": given["reason"]}
        newest = CalendarRevision.objects.filter(contract=contract).order_by("-number").first()
        return {"revision": newest, "reason": given["reason"]}


class PolicyForm(forms.Form):
    """The next version of a promise: its target, and when and whom each rung of its ladder tells."""

    amount = forms.DecimalField(label=gettext_lazy("Promised"), min_value=0, max_digits=9, decimal_places=2)
    effective_from = forms.DateField(
        label=gettext_lazy("In effect from"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    reason = forms.CharField(
        label=gettext_lazy("Why it changes"), max_length=300, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, data: Any = None, *, policy: Policy, today: date) -> None:
        in_seconds = policy.target_kind in (Policy.TargetKind.SERVICE_SECONDS, Policy.TargetKind.CONTINUOUS_SECONDS)
        self.unit_seconds = SECONDS_IN_MINUTE if in_seconds else 1
        self.policy = policy
        initial: dict[str, Any] = {
            "amount": _short(policy.target_amount / self.unit_seconds),
            "effective_from": max(today, policy.effective_from),
        }
        super().__init__(data, initial=initial)
        for number, rung in enumerate(policy.ladder):
            self._add_rung(number, rung)

    def _add_rung(self, number: int, rung: Mapping[str, Any]) -> None:
        form = form_of(rung)
        if form != "breach":
            seconds = form in ("after", "before_due")
            amount = rung[form] / SECONDS_IN_MINUTE if seconds else rung[form]
            self.fields[f"when_{number}"] = forms.DecimalField(
                label=rung_when(rung), min_value=0, max_digits=9, decimal_places=2, initial=_short(amount)
            )
        self.fields[f"to_{number}"] = forms.MultipleChoiceField(
            label=_("Tells"),
            choices=[(target, _(label)) for target, label in TARGETS.items()],
            widget=forms.CheckboxSelectMultiple,
            initial=list(rung.get("to", ())),
        )
        self.fields[f"urgent_{number}"] = forms.BooleanField(
            label=_("Urgent: by every channel, at any hour"), required=False, initial=bool(rung.get("urgent"))
        )

    @property
    def unit(self) -> str:
        """The word after the target."""
        words = {
            Policy.TargetKind.SERVICE_SECONDS: _("minutes of service time"),
            Policy.TargetKind.CONTINUOUS_SECONDS: _("minutes, day and night"),
            Policy.TargetKind.WORKING_DAYS: _("working days"),
            Policy.TargetKind.CALENDAR_DAYS: _("calendar days"),
        }
        return words[Policy.TargetKind(self.policy.target_kind)]

    @property
    def rungs(self) -> list[dict[str, Any]]:
        """The rungs with their fields, for the page."""
        units = {
            "after": _("minutes after the start"),
            "before_due": _("minutes before the end"),
            "before_days": _("days before the last day"),
            "on_day": _("working days after the first"),
            "breach": "",
        }
        found = []
        for number, rung in enumerate(self.policy.ladder):
            form = form_of(rung)
            found.append(
                {
                    "title": rung_when(rung),
                    "when": self[f"when_{number}"] if form != "breach" else None,
                    "unit": units[form],
                    "time": rung.get("time", ""),
                    "to": self[f"to_{number}"],
                    "urgent": self[f"urgent_{number}"],
                }
            )
        return found

    def arguments(self) -> dict[str, Any]:
        """What policy_publish takes."""
        given = self.cleaned_data
        return {
            "target_amount": round(given["amount"] * self.unit_seconds),
            "ladder": [self._rung(number, rung) for number, rung in enumerate(self.policy.ladder)],
            "effective_from": given["effective_from"],
            "reason": given["reason"],
        }

    def _rung(self, number: int, rung: Mapping[str, Any]) -> dict[str, Any]:
        form = form_of(rung)
        changed: dict[str, Any] = {
            "to": list(self.cleaned_data[f"to_{number}"]),
            "urgent": self.cleaned_data[f"urgent_{number}"],
        }
        if form != "breach":
            seconds = form in ("after", "before_due")
            changed[form] = round(self.cleaned_data[f"when_{number}"] * (SECONDS_IN_MINUTE if seconds else 1))
        return {**rung, **changed}


def form_of(rung: Mapping[str, Any]) -> str:
    """Which way of saying its instant a rung uses."""
    found: Sequence[str] = [name for name in rules.RUNG_FORMS if name in rung]
    return found[0]


def _short(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")
