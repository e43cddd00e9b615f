"""What people type about appointments, waiting, verification, handing over, correcting, reopening; and cause codes."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contract.models import ServiceCategory
from devices.models import Device, Place
from devices.querysets import device_by_code, places_of
from parties.models import Unit, User, Window
from sla.states import AskedBy
from tickets.finds.flow import engineers_of
from tickets.forms.core import grouped_categories, local_instant
from tickets.models import Ticket
from tickets.states import ContactMethod, FaultType, Impact, Urgency, WaitCause

SOON = [
    ("15", gettext_lazy("in 15 min")),
    ("30", gettext_lazy("in 30 min")),
    ("60", gettext_lazy("in 1 h")),
    ("120", gettext_lazy("in 2 h")),
]
LONG_WAYS = [one for one in ContactMethod.choices if one[0] != ContactMethod.REMOTE.value]


def _words(rows: int = 2) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


class ScheduleForm(forms.Form):
    """When and where, agreed with whom. Half an hour away needs no typing."""

    appointment_in = forms.ChoiceField(
        label=gettext_lazy("When"), choices=SOON, widget=forms.RadioSelect, required=False, initial="30"
    )
    appointment_at = local_instant(label=gettext_lazy("or exactly at"), required=False)
    appointment_place = forms.CharField(label=gettext_lazy("Where"), max_length=100)
    appointment_with = forms.CharField(label=gettext_lazy("Agreed with"), max_length=40)
    how = forms.ChoiceField(
        label=gettext_lazy("Agreed by"), choices=LONG_WAYS, widget=forms.RadioSelect, initial=ContactMethod.PHONE
    )
    reason = forms.CharField(
        label=gettext_lazy("The client's reason, when it is more than four hours away"),
        max_length=300,
        required=False,
        widget=_words(),
    )

    def __init__(self, *args: Any, ticket: Ticket, **kwargs: Any) -> None:
        places = (ticket.place.name, ticket.window.code if ticket.window else "")
        initial = {
            "appointment_place": ticket.appointment_place or " ".join(part for part in places if part),
            "appointment_with": ticket.appointment_with or ticket.contact_person or ticket.reporter_name,
        }
        kwargs.setdefault("initial", initial)
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if not data.get("appointment_at") and not data.get("appointment_in") and "appointment_at" not in self.errors:
            self.add_error("appointment_in", _("Please say by when."))
        return data

    def values(self, at: datetime) -> dict[str, Any]:
        """The arguments of the service; a span counts from `at`."""
        data = dict(self.cleaned_data)
        span = data.pop("appointment_in", "")
        data["appointment_at"] = data["appointment_at"] or at + timedelta(minutes=int(span))
        return data


class RescheduleForm(ScheduleForm):
    """The new appointment, who asked for it, and why."""

    asked_by = forms.ChoiceField(
        label=gettext_lazy("Who asks for it?"), choices=AskedBy.choices, widget=forms.RadioSelect
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=300, widget=_words())
    field_order = (
        "asked_by",
        "appointment_in",
        "appointment_at",
        "appointment_place",
        "appointment_with",
        "how",
        "reason",
    )


class WaitCustomerForm(forms.Form):
    """What the client is waited for, and who of them knows."""

    cause = forms.ChoiceField(
        label=gettext_lazy("Waiting for"),
        choices=WaitCause.choices,
        widget=forms.RadioSelect,
        initial=WaitCause.CLIENT_DECISION,
    )
    reason = forms.CharField(label=gettext_lazy("What exactly?"), max_length=300, widget=_words())
    known_by = forms.CharField(label=gettext_lazy("Who of the client knows of it?"), max_length=40)

    def __init__(self, *args: Any, ticket: Ticket, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"known_by": ticket.reporter_name, "cause": WaitCause.CLIENT_DECISION})
        super().__init__(*args, **kwargs)


class WaitPartForm(forms.Form):
    """What is missing, or why it is sent in."""

    reason = forms.CharField(
        label=gettext_lazy("What is missing, or why is it sent in?"), max_length=300, widget=_words()
    )

    def __init__(self, *args: Any, ticket: Ticket, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"reason": ticket.part_asked_why if ticket.part_asked_at else ""})
        super().__init__(*args, **kwargs)


class ApprovePartForm(WaitPartForm):
    """The manager's word, and until when it is expected to last."""

    until = local_instant(label=gettext_lazy("Expected"), required=False)


class NoteForm(forms.Form):
    """A remark that may be left out."""

    note = forms.CharField(label=gettext_lazy("Note"), max_length=300, required=False, widget=_words())


class SummaryForm(forms.Form):
    """What was done in a remote session."""

    summary = forms.CharField(label=gettext_lazy("What was done"), max_length=500, widget=_words(3))


class ReassignForm(forms.Form):
    """To whom, and why."""

    engineer = forms.ModelChoiceField(
        label=gettext_lazy("Engineer"), queryset=User.objects.none(), empty_label=gettext_lazy("Please choose")
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=300, widget=_words())

    def __init__(self, *args: Any, ticket: Ticket, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = [one.pk for one in engineers_of(ticket.contract, at) if one.pk != ticket.assignee_id]
        engineer: Any = self.fields["engineer"]
        engineer.queryset = User.objects.filter(pk__in=others).order_by("name", "pk")
        engineer.label_from_instance = lambda row: row.name


class CorrectForm(forms.Form):
    """What was noted about the request; what is left as it is stays."""

    seen = forms.IntegerField(widget=forms.HiddenInput)
    impact = forms.ChoiceField(
        label=gettext_lazy("How far does it reach?"), choices=Impact.choices, widget=forms.RadioSelect
    )
    urgency = forms.ChoiceField(
        label=gettext_lazy("How urgent is it?"), choices=Urgency.choices, widget=forms.RadioSelect
    )
    category = forms.ChoiceField(label=gettext_lazy("Service category"), required=False)
    fault_type = forms.ChoiceField(
        label=gettext_lazy("Fault type"),
        required=False,
        choices=[("", gettext_lazy("Not yet known")), *FaultType.choices],
    )
    device = forms.CharField(label=gettext_lazy("Device"), required=False, max_length=80)
    place = forms.ModelChoiceField(label=gettext_lazy("Place"), queryset=Place.objects.none(), empty_label=None)
    window = forms.ModelChoiceField(
        label=gettext_lazy("Window"),
        queryset=Window.objects.none(),
        required=False,
        empty_label=gettext_lazy("No window"),
    )
    unit = forms.ModelChoiceField(
        label=gettext_lazy("Unit"),
        queryset=Unit.objects.none(),
        required=False,
        empty_label=gettext_lazy("Please choose"),
    )
    title = forms.CharField(label=gettext_lazy("Title"), max_length=80)
    description = forms.CharField(label=gettext_lazy("Symptom"), max_length=2000, widget=_words(3))
    reporter_name = forms.CharField(label=gettext_lazy("Reported by"), max_length=40)
    reporter_phone = forms.CharField(
        label=gettext_lazy("Phone"),
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs={"type": "tel", "inputmode": "tel"}),
    )
    reason = forms.CharField(label=gettext_lazy("Why it is corrected"), max_length=300, widget=_words())

    def __init__(self, *args: Any, ticket: Ticket, **kwargs: Any) -> None:
        self.ticket = ticket
        initial = {name: getattr(ticket, name) for name in self.base_fields if name not in ("seen", "reason", "device")}
        initial |= {
            "seen": ticket.version,
            "category": ticket.category_id or "",
            "device": ticket.device.code if ticket.device else "",
        }
        kwargs.setdefault("initial", initial)
        super().__init__(*args, **kwargs)
        contract = ticket.contract
        fields: dict[str, Any] = self.fields
        fields["category"].choices = grouped_categories(contract)
        fields["place"].queryset = places_of(contract.hall)
        fields["unit"].queryset = Unit.objects.filter(organisation=contract.client_id, is_active=True)
        fields["window"].queryset = (
            Window.objects.filter(unit__organisation=contract.client_id, is_active=True)
            .select_related("unit")
            .order_by("code")
        )
        fields["window"].label_from_instance = lambda row: f"{row.code} · {row.unit.name}"

    def clean_device(self) -> Device | None:
        text = str(self.cleaned_data["device"]).strip()
        if not text:
            return None
        hall = self.ticket.contract.hall
        device = device_by_code(hall, text.split(" · ")[-1]) or device_by_code(hall, text)
        if device is None:
            raise ValidationError(
                _("There is no device %(code)s in this hall. Please choose one from the list, or leave it empty."),
                params={"code": text},
            )
        return device

    def values(self) -> dict[str, Any]:
        """The arguments of `ticket_correct` beside ticket, actor and at."""
        data = dict(self.cleaned_data)
        seen, reason = data.pop("seen"), data.pop("reason")
        contract = self.ticket.contract_id
        data["category"] = (
            ServiceCategory.objects.filter(pk=data["category"], contract=contract).first() if data["category"] else None
        )
        return {"seen": seen, "reason": reason, "values": data}


class CauseForm(forms.Form):
    """A cause of its own, for one kind of work or any."""

    category = forms.ModelChoiceField(
        label=gettext_lazy("Kind of work"),
        queryset=ServiceCategory.objects.none(),
        required=False,
        empty_label=gettext_lazy("Any kind of work"),
    )
    code = forms.CharField(label=gettext_lazy("Code"), max_length=20)
    name = forms.CharField(label=gettext_lazy("Cause"), max_length=60)

    def __init__(self, *args: Any, contract: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        category: Any = self.fields["category"]
        category.queryset = ServiceCategory.objects.filter(contract=contract, parent=None, is_active=True)


class CauseChangeForm(forms.Form):
    """Another name for a cause, and whether it is still offered."""

    name = forms.CharField(label=gettext_lazy("Cause"), max_length=60)
    is_active = forms.BooleanField(label=gettext_lazy("Offered"), required=False)
