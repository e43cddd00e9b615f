"""What people type after an outage, about another system's work orders, and when they hand open tickets over."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contract.models import ServiceCategory
from core.roles import STAFF_ROLES
from devices.models import Device, Place
from devices.querysets import device_by_code, places_of
from parties.models import Contract, Unit, User
from tickets import rules_outage
from tickets.forms.core import STAFF_CHANNELS, grouped_categories, local_instant
from tickets.forms.major import text
from tickets.states import (
    BlankKind,
    CommitmentKind,
    ContactMethod,
    HandoverReason,
    Impact,
    Result,
    ServiceMode,
    Triage,
    Urgency,
)

CHOOSE = gettext_lazy("Please choose")


def staff_of(contract: Contract) -> Any:
    """The contractor's people who work on tickets of a contract."""
    members = contract.memberships.filter(role__in=STAFF_ROLES).values("user_id")
    return User.objects.filter(pk__in=members, is_active=True).order_by("name", "pk")


class BlankForm(forms.Form):
    """Which sheets, and how many."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Sheet"), choices=BlankKind.choices, widget=forms.RadioSelect, initial=BlankKind.ORDER
    )
    count = forms.IntegerField(
        label=gettext_lazy("How many"), min_value=1, max_value=rules_outage.MOST_SHEETS, initial=10
    )


class LateForm(forms.Form):
    """A sheet, in the order in which it is read: the outage, the request, the response, the work."""

    form_token = forms.UUIDField(required=False, widget=forms.HiddenInput)
    paper_no = forms.CharField(label=gettext_lazy("Number on the sheet"), max_length=40, required=False)
    paper_line = forms.IntegerField(
        label=gettext_lazy("Line of the daily log"), min_value=1, max_value=rules_outage.LOG_LINES, required=False
    )
    outage_from = local_instant(label=gettext_lazy("Outage from"))
    outage_to = local_instant(label=gettext_lazy("Outage until"))
    reason = text(gettext_lazy("Why it could not be entered at once"), 300, 2)

    received_at = local_instant(label=gettext_lazy("Received at"))
    channel = forms.ChoiceField(
        label=gettext_lazy("How did it come in?"), choices=STAFF_CHANNELS, widget=forms.RadioSelect, initial="phone"
    )
    description = text(gettext_lazy("What is wrong?"), 2000)
    reporter_name = forms.CharField(label=gettext_lazy("Reported by"), max_length=40)
    reporter_phone = forms.CharField(
        label=gettext_lazy("Phone"),
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs={"type": "tel", "inputmode": "tel"}),
    )
    unit = forms.ModelChoiceField(label=gettext_lazy("Unit"), queryset=Unit.objects.none(), empty_label=CHOOSE)
    device = forms.CharField(label=gettext_lazy("Device"), required=False, max_length=80)
    place = forms.ModelChoiceField(
        label=gettext_lazy("Place"), queryset=Place.objects.none(), required=False, empty_label=CHOOSE
    )
    impact = forms.ChoiceField(
        label=gettext_lazy("How far does it reach?"), choices=Impact.choices, widget=forms.RadioSelect, initial="point"
    )
    urgency = forms.ChoiceField(
        label=gettext_lazy("How urgent is it?"), choices=Urgency.choices, widget=forms.RadioSelect, initial="medium"
    )
    category = forms.ChoiceField(label=gettext_lazy("Service category"), required=False)

    engineer = forms.ModelChoiceField(
        label=gettext_lazy("Engineer who did the work"), queryset=User.objects.none(), empty_label=CHOOSE
    )
    responded_at = local_instant(label=gettext_lazy("Responded at"), required=False)
    contact_method = forms.ChoiceField(
        label=gettext_lazy("Contact by"), choices=ContactMethod.choices, widget=forms.RadioSelect, required=False
    )
    contact_person = forms.CharField(label=gettext_lazy("Spoke with"), max_length=40, required=False)
    triage = forms.ChoiceField(
        label=gettext_lazy("First triage"), choices=Triage.choices, widget=forms.RadioSelect, required=False
    )
    analysis = forms.CharField(label=gettext_lazy("First analysis"), max_length=500, required=False)
    commitment_kind = forms.ChoiceField(
        label=gettext_lazy("Commitment"), choices=CommitmentKind.choices, widget=forms.RadioSelect, required=False
    )
    commitment_at = local_instant(label=gettext_lazy("Committed for"), required=False)

    arrived_at = local_instant(label=gettext_lazy("Arrived at"), required=False)
    service_mode = forms.ChoiceField(
        label=gettext_lazy("Service mode"),
        choices=ServiceMode.choices,
        widget=forms.RadioSelect,
        required=False,
        initial=ServiceMode.ON_SITE,
    )
    authorised_by = forms.CharField(label=gettext_lazy("Remote session allowed by"), max_length=40, required=False)
    tool = forms.CharField(label=gettext_lazy("Tool"), max_length=40, required=False)
    resolved_at = local_instant(label=gettext_lazy("Resolved at"), required=False)
    cause = forms.CharField(label=gettext_lazy("Cause"), max_length=1000, required=False)
    solution = forms.CharField(
        label=gettext_lazy("Solution"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    verification = forms.CharField(label=gettext_lazy("Verification"), max_length=500, required=False)
    verified_by = forms.CharField(label=gettext_lazy("Verified with"), max_length=40, required=False)
    result = forms.ChoiceField(
        label=gettext_lazy("Result"), choices=Result.choices, widget=forms.RadioSelect, required=False
    )

    OWN = (
        "form_token", "paper_no", "paper_line", "outage_from", "outage_to", "reason", "received_at", "engineer",
    )  # fmt: skip

    def __init__(self, *args: Any, contract: Contract, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.contract = contract
        fields: Any = self.fields
        fields["unit"].queryset = Unit.objects.filter(organisation=contract.client_id, is_active=True)
        fields["place"].queryset = places_of(contract.hall)
        fields["engineer"].queryset = staff_of(contract)
        fields["category"].choices = grouped_categories(contract)

    def clean_device(self) -> Device | None:
        code = str(self.cleaned_data["device"]).strip()
        if not code:
            return None
        device = device_by_code(self.contract.hall, code.split(" · ")[-1]) or device_by_code(self.contract.hall, code)
        if device is None:
            raise ValidationError(_("There is no device %(code)s in this hall."), params={"code": code})
        return device

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        device = data.get("device")
        if not data.get("place") and "place" not in self.errors:
            if device is not None:
                data["place"] = device.place
            else:
                self.add_error("place", _("Please choose the place, or the device."))
        return data

    def late(self) -> dict[str, Any]:
        """The arguments of `late_enter` beside contract, actor, at and photos."""
        data = dict(self.cleaned_data)
        own = {name: data.pop(name) for name in self.OWN}
        own["paper_line"] = own["paper_line"] or 0
        category = data.pop("category")
        data["category"] = ServiceCategory.objects.filter(pk=category).first() if category else None
        device = data["device"]
        if device is not None and device.window is not None and device.window.unit_id == data["unit"].pk:
            data["window"] = device.window
        return {**own, "values": data}


class GridFileForm(forms.Form):
    """A file of another system."""

    source_system = forms.CharField(
        label=gettext_lazy("Source system"), max_length=40, widget=forms.TextInput(attrs={"list": "source-systems"})
    )
    file = forms.FileField(label=gettext_lazy("File"))


class GridMapForm(forms.Form):
    """Which column holds what."""

    unit = forms.ModelChoiceField(
        label=gettext_lazy("Unit where a row names none"),
        queryset=Unit.objects.none(),
        required=False,
        empty_label=gettext_lazy("None"),
    )
    place = forms.ModelChoiceField(
        label=gettext_lazy("Place where a row names none"),
        queryset=Place.objects.none(),
        required=False,
        empty_label=gettext_lazy("None"),
    )

    LABELS = {
        "external_no": gettext_lazy("External number"),
        "external_at": gettext_lazy("Dispatched there at"),
        "description": gettext_lazy("Symptom"),
        "title": gettext_lazy("Title"),
        "reporter_name": gettext_lazy("Reported by"),
        "reporter_phone": gettext_lazy("Phone"),
        "unit": gettext_lazy("Unit"),
        "place": gettext_lazy("Place"),
        "device": gettext_lazy("Device number"),
        "urgency": gettext_lazy("Urgency"),
    }

    def __init__(self, *args: Any, contract: Contract, header: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["unit"].queryset = Unit.objects.filter(organisation=contract.client_id, is_active=True)
        fields["place"].queryset = places_of(contract.hall)
        heads = [
            ("", _("Not in this file")),
            *((str(index), head or f"#{index + 1}") for index, head in enumerate(header)),
        ]
        for name in rules_outage.COLUMNS:
            fields[f"column_{name}"] = forms.ChoiceField(
                label=self.LABELS[name], choices=heads, required=name in rules_outage.NEEDED
            )

    def columns(self) -> dict[str, int]:
        """The chosen columns, field → index."""
        chosen = {name: self.cleaned_data.get(f"column_{name}") for name in rules_outage.COLUMNS}
        return {name: int(index) for name, index in chosen.items() if index}

    def bound_columns(self) -> list[Any]:
        """The fields of the columns, for the page."""
        return [self[f"column_{name}"] for name in rules_outage.COLUMNS]


class HandoverForm(forms.Form):
    """To whom, and why; the tickets and their notes are read from the page's rows."""

    form_token = forms.UUIDField(required=False, widget=forms.HiddenInput)
    to_person = forms.ModelChoiceField(label=gettext_lazy("To"), queryset=User.objects.none(), empty_label=CHOOSE)
    why = forms.ChoiceField(
        label=gettext_lazy("Why"),
        choices=HandoverReason.choices,
        widget=forms.RadioSelect,
        initial=HandoverReason.SHIFT,
    )
    note = forms.CharField(
        label=gettext_lazy("Note for everything"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, colleagues: list[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people: Any = self.fields["to_person"]
        people.queryset = User.objects.filter(pk__in=[person.pk for person in colleagues]).order_by("name", "pk")


class AnswerForm(forms.Form):
    """Which tickets are taken, and why not the others."""

    refusal = forms.CharField(label=gettext_lazy("Why not the others"), max_length=300, required=False)
