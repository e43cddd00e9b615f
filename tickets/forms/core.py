"""What people type about a ticket. Forms turn it into values; services decide whether it holds."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contract.models import ServiceCategory
from core.roles import CLERK, STAFF_ROLES
from devices.models import Device, Place
from devices.querysets import device_by_code, places_of
from parties.models import Membership, Unit, Window
from tickets.finds.flow import causes_of
from tickets.models import CauseCode, Rating, Ticket
from tickets.states import (
    Channel,
    CommitmentKind,
    ContactMethod,
    FaultType,
    Impact,
    Result,
    ServiceMode,
    Triage,
    Urgency,
)

STAFF_CHANNELS = [
    (one.value, one.label) for one in (Channel.PHONE, Channel.WALK_IN, Channel.CHAT, Channel.GRID, Channel.INSPECTION)
]
AGO = [
    ("0", gettext_lazy("Just now")),
    ("1", gettext_lazy("1 min ago")),
    ("2", gettext_lazy("2 min ago")),
    ("5", gettext_lazy("5 min ago")),
    ("10", gettext_lazy("10 min ago")),
]
PROMISES = [
    ("10", gettext_lazy("in 10 min")),
    ("15", gettext_lazy("in 15 min")),
    ("30", gettext_lazy("in 30 min")),
    ("60", gettext_lazy("in 1 h")),
    ("120", gettext_lazy("in 2 h")),
]
USUAL_CONTACT: dict[str, str] = {Channel.WALK_IN: ContactMethod.IN_PERSON, Channel.CHAT: ContactMethod.CHAT}
"""How somebody is spoken with who came in this way; proposed, as everything that leaves only the triage to be chosen."""
USUAL_PROMISE = "15"
"""Minutes that are proposed; a tap changes them."""
SET_BACK_REASONS = (
    gettext_lazy("Logged after the call had ended"),
    gettext_lazy("Was busy at another window"),
    gettext_lazy("Taken over from the grid system"),
)


REMOTE_TOOLS = (gettext_lazy("Remote desktop"), gettext_lazy("Remote assistance of the chat tool"))
"""What is offered for the tool of a remote session; another may be typed."""


def local_instant(**kwargs: Any) -> forms.DateTimeField:
    """A field for a local date and time, entered with the browser's own control."""
    return forms.DateTimeField(
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"],
        **kwargs,
    )


def grouped_categories(contract: Any) -> list[tuple[str, Any]]:
    """The contract's service categories for a select: the finer labels under the kinds of work they belong to."""
    rows = list(ServiceCategory.objects.filter(contract=contract, is_active=True).order_by("position", "code"))
    children: dict[int, list[tuple[str, str]]] = {}
    for row in rows:
        if row.parent_id is not None:
            children.setdefault(row.parent_id, []).append((str(row.pk), row.name))
    choices: list[tuple[str, Any]] = [("", _("Not yet known"))]
    for row in rows:
        if row.parent_id is None:
            below = children.get(row.pk)
            choices.append((row.name, below) if below else (str(row.pk), row.name))
    return choices


def grouped_causes(ticket: Ticket) -> list[tuple[str, Any]]:
    """The causes offered for a ticket: those of its kind of work first, then the others by kind of work."""
    category = ticket.category
    main = (category.parent_id or category.pk) if category is not None else None
    groups: dict[str, list[tuple[str, str]]] = {}
    own: list[str] = []
    for cause in causes_of(ticket.contract):
        label = cause.category.name if cause.category is not None else _("Any kind of work")
        if cause.category_id in (main, None) and label not in own:
            own.append(label)
        groups.setdefault(label, []).append((str(cause.pk), cause.name))
    order = [*own, *(label for label in groups if label not in own)]
    return [("", _("Not yet known")), *((label, groups[label]) for label in order)]


class ResponseFields(forms.Form):
    """Contact, triage and commitment: what a response consists of."""

    contact_method = forms.ChoiceField(
        label=gettext_lazy("Contact by"), choices=ContactMethod.choices, widget=forms.RadioSelect
    )
    contact_person = forms.CharField(label=gettext_lazy("Spoke with"), max_length=40)
    triage = forms.ChoiceField(label=gettext_lazy("First triage"), choices=Triage.choices, widget=forms.RadioSelect)
    commitment_kind = forms.ChoiceField(
        label=gettext_lazy("Commitment"), choices=CommitmentKind.choices, widget=forms.RadioSelect
    )
    commitment_in = forms.ChoiceField(
        label=gettext_lazy("By when"), choices=PROMISES, widget=forms.RadioSelect, required=False
    )
    commitment_at = local_instant(label=gettext_lazy("or exactly at"), required=False)
    analysis = forms.CharField(
        label=gettext_lazy("First analysis"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    def response(self, at: datetime) -> dict[str, Any]:
        """The arguments of `ticket_respond`; a commitment given as a span counts from the response's instant."""
        data = self.cleaned_data
        exact = data.get("commitment_at")
        return {
            "contact_method": data["contact_method"],
            "contact_person": data["contact_person"],
            "triage": data["triage"],
            "commitment_kind": data["commitment_kind"],
            "commitment_at": exact or at + timedelta(minutes=int(data["commitment_in"])),
            "analysis": data.get("analysis", ""),
        }

    def check_commitment(self) -> None:
        """Either a span or an exact instant has to be given."""
        data = self.cleaned_data
        if not data.get("commitment_at") and not data.get("commitment_in") and "commitment_at" not in self.errors:
            self.add_error("commitment_in", _("Please say by when."))


class RespondForm(ResponseFields):
    """The response to one ticket; the person spoken with is proposed."""

    def __init__(self, *args: Any, ticket: Ticket, **kwargs: Any) -> None:
        kwargs.setdefault(
            "initial",
            {
                "contact_method": USUAL_CONTACT.get(ticket.channel, ContactMethod.PHONE),
                "contact_person": ticket.reporter_name,
                "commitment_kind": CommitmentKind.ARRIVAL,
                "commitment_in": USUAL_PROMISE,
            },
        )
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any]:
        self.check_commitment()
        return self.cleaned_data


class ReportForm(ResponseFields):
    """A request of the client. Who fills it in decides which fields there are: client staff report as themselves."""

    form_token = forms.UUIDField(required=False, widget=forms.HiddenInput)
    device = forms.CharField(label=gettext_lazy("Device"), required=False, max_length=80)
    place = forms.ModelChoiceField(
        label=gettext_lazy("Place"),
        queryset=Place.objects.none(),
        required=False,
        empty_label=gettext_lazy("Please choose"),
    )
    window = forms.ModelChoiceField(
        label=gettext_lazy("Window"),
        queryset=Window.objects.none(),
        required=False,
        empty_label=gettext_lazy("No window"),
    )
    unit = forms.ModelChoiceField(
        label=gettext_lazy("Unit"), queryset=Unit.objects.none(), empty_label=gettext_lazy("Please choose")
    )
    description = forms.CharField(
        label=gettext_lazy("What is wrong?"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3, "enterkeyhint": "next"}),
    )
    impact = forms.ChoiceField(
        label=gettext_lazy("How far does it reach?"), choices=Impact.choices, widget=forms.RadioSelect, initial="point"
    )
    urgency = forms.ChoiceField(
        label=gettext_lazy("How urgent is it?"), choices=Urgency.choices, widget=forms.RadioSelect, initial="medium"
    )
    category = forms.ChoiceField(label=gettext_lazy("Service category"), required=False)
    fault_type = forms.ChoiceField(
        label=gettext_lazy("Fault type"),
        required=False,
        choices=[("", gettext_lazy("Not yet known")), *FaultType.choices],
    )
    channel = forms.ChoiceField(
        label=gettext_lazy("How did it come in?"), choices=STAFF_CHANNELS, widget=forms.RadioSelect
    )
    received_ago = forms.ChoiceField(
        label=gettext_lazy("When did it come in?"), choices=AGO, widget=forms.RadioSelect, required=False, initial="0"
    )
    received_at = local_instant(label=gettext_lazy("or exactly at"), required=False)
    set_back_reason = forms.CharField(
        label=gettext_lazy("Why it is logged later"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"list": "set-back-reasons"}),
    )
    source_system = forms.CharField(label=gettext_lazy("Source system"), max_length=40, required=False)
    external_no = forms.CharField(label=gettext_lazy("External number"), max_length=60, required=False)
    external_at = local_instant(label=gettext_lazy("Dispatched there at"), required=False)
    reporter_name = forms.CharField(label=gettext_lazy("Reported by"), max_length=40)
    reporter_phone = forms.CharField(
        label=gettext_lazy("Phone"),
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs={"type": "tel", "inputmode": "tel"}),
    )
    respond_now = forms.BooleanField(label=gettext_lazy("I have spoken with them and respond now"), required=False)

    def __init__(self, *args: Any, contract: Any, membership: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.contract, self.membership = contract, membership
        self.by_staff = membership.role in STAFF_ROLES
        self.chosen_device: Device | None = None
        self._field("place", Place).queryset = places_of(contract.hall)
        units = Unit.objects.filter(organisation=contract.client, is_active=True)
        windows = Window.objects.filter(unit__organisation=contract.client, is_active=True).select_related("unit")
        if membership.role == CLERK:
            windows = windows.filter(unit=membership.unit_id)
        self._field("unit", Unit).queryset = units
        self._field("window", Window).queryset = windows.order_by("code")
        self._field("window", Window).label_from_instance = lambda row: (
            row.code if membership.role == CLERK else f"{row.code} · {row.unit.name}"
        )
        self.fields["category"].choices = grouped_categories(contract)  # type: ignore[attr-defined]
        dropped = ["respond_now", *ResponseFields.base_fields] if not self.by_staff else []
        if not self.by_staff:
            dropped += ["channel", "received_ago", "received_at", "set_back_reason", "reporter_name"]
            dropped += ["source_system", "external_no", "external_at"]
        if membership.role == CLERK:
            dropped.append("unit")
        for name in dropped:
            del self.fields[name]
        if self.by_staff:
            for name in ResponseFields.base_fields:
                self.fields[name].required = False

    def _field(self, name: str, _model: type[Any]) -> Any:
        return self.fields[name]

    def clean_device(self) -> str:
        text = str(self.cleaned_data["device"]).strip()
        if text:
            self.chosen_device = device_by_code(self.contract.hall, text.split(" · ")[-1]) or device_by_code(
                self.contract.hall, text
            )
            if self.chosen_device is None:
                raise ValidationError(
                    _("There is no device %(code)s in this hall. Please choose one from the list, or leave it empty."),
                    params={"code": text},
                )
        return text

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        device = self.chosen_device
        if device is not None and not data.get("place") and "place" not in self.errors:
            data["place"] = device.place
        if not data.get("place") and "place" not in self.errors and "device" not in self.errors:
            self.add_error("place", _("Please choose the place, or the device."))
        unit = data.get("unit") if "unit" in self.fields else self.membership.unit
        if device is not None and device.window is not None and not data.get("window") and unit is not None:
            data["window"] = device.window if device.window.unit_id == unit.pk else None
        if self.by_staff and data.get("respond_now"):
            for name in ("contact_method", "contact_person", "triage", "commitment_kind"):
                if not data.get(name) and name not in self.errors:
                    self.add_error(name, _("Please fill in this field."))
            self.check_commitment()
        return data

    def report(self, actor: Any, at: datetime) -> dict[str, Any]:
        """The arguments of `ticket_report` beside actor, at and photos."""
        data = self.cleaned_data
        values = {
            "contract": self.contract,
            "channel": data["channel"] if self.by_staff else Channel.WEB.value,
            "description": data["description"],
            "reporter_name": data["reporter_name"] if self.by_staff else actor.name,
            "reporter_phone": data.get("reporter_phone", ""),
            "unit": data["unit"] if "unit" in self.fields else self.membership.unit,
            "window": data.get("window"),
            "place": data["place"],
            "device": self.chosen_device,
            "category": ServiceCategory.objects.filter(pk=data["category"]).first() if data.get("category") else None,
            "fault_type": data.get("fault_type", ""),
            "impact": data["impact"],
            "urgency": data["urgency"],
            "form_token": data.get("form_token"),
        }
        if self.by_staff:
            ago = timedelta(minutes=int(data.get("received_ago") or 0))
            values |= {
                "received_at": data.get("received_at") or at - ago,
                "set_back_reason": data.get("set_back_reason", ""),
            }
        if self.by_staff and data["channel"] == Channel.GRID:
            # Another channel has no number; what was typed before it was changed is left out.
            values |= {name: data.get(name) or "" for name in ("source_system", "external_no")}
            values["external_at"] = data.get("external_at")
        return values


class ConfirmReporterForm(forms.Form):
    """Who reported it, as the engineer has heard it."""

    reporter_name = forms.CharField(label=gettext_lazy("Reported by"), max_length=40)
    reporter_phone = forms.CharField(
        label=gettext_lazy("Phone"), max_length=20, widget=forms.TextInput(attrs={"type": "tel", "inputmode": "tel"})
    )
    unit = forms.ModelChoiceField(
        label=gettext_lazy("Unit"), queryset=Unit.objects.none(), empty_label=gettext_lazy("Please choose")
    )

    def __init__(self, *args: Any, ticket: Ticket, **kwargs: Any) -> None:
        kwargs.setdefault(
            "initial",
            {
                "reporter_name": ticket.reporter_name,
                "reporter_phone": ticket.reporter_phone,
                "unit": ticket.unit_id,
            },
        )
        super().__init__(*args, **kwargs)
        units: Any = self.fields["unit"]
        units.queryset = Unit.objects.filter(organisation=ticket.contract.client_id, is_active=True)


class ArriveForm(forms.Form):
    """On site, or begun remotely."""

    service_mode = forms.ChoiceField(
        label=gettext_lazy("Service mode"),
        choices=ServiceMode.choices,
        widget=forms.RadioSelect,
        initial=ServiceMode.ON_SITE,
    )
    authorised_by = forms.CharField(label=gettext_lazy("Remote session allowed by"), max_length=40, required=False)
    tool = forms.CharField(
        label=gettext_lazy("Tool"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"list": "remote-tools"}),
    )

    def __init__(self, *args: Any, ticket: Ticket, **kwargs: Any) -> None:
        kwargs.setdefault(
            "initial",
            {
                "service_mode": ServiceMode.ON_SITE,
                "authorised_by": ticket.contact_person or ticket.reporter_name,
                "tool": REMOTE_TOOLS[0],
            },
        )
        super().__init__(*args, **kwargs)


class ResolveForm(forms.Form):
    """What was wrong, what was done, and who checked it."""

    cause = forms.CharField(label=gettext_lazy("Cause"), max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))
    solution = forms.CharField(
        label=gettext_lazy("Solution"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )
    verification = forms.CharField(
        label=gettext_lazy("Verification"), max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )
    verified_by = forms.CharField(label=gettext_lazy("Verified with"), max_length=40)
    result = forms.ChoiceField(
        label=gettext_lazy("Result"), choices=Result.choices, widget=forms.RadioSelect, initial=Result.SOLVED
    )
    category = forms.ChoiceField(label=gettext_lazy("Service category"), required=False)
    fault_type = forms.ChoiceField(
        label=gettext_lazy("Fault type"),
        required=False,
        choices=[("", gettext_lazy("Not yet known")), *FaultType.choices],
    )
    cause_code = forms.ChoiceField(label=gettext_lazy("Kind of cause"), required=False)

    def __init__(self, *args: Any, ticket: Ticket, **kwargs: Any) -> None:
        kwargs.setdefault(
            "initial",
            {
                "cause": ticket.cause,
                "cause_code": ticket.cause_code_id or "",
                "solution": ticket.solution,
                "verification": ticket.verification,
                "verified_by": ticket.verified_by or ticket.reporter_name,
                "category": ticket.category_id or "",
                "fault_type": ticket.fault_type,
                "result": ticket.result or Result.SOLVED,
            },
        )
        super().__init__(*args, **kwargs)
        self.fields["category"].choices = grouped_categories(ticket.contract)  # type: ignore[attr-defined]
        self.fields["cause_code"].choices = grouped_causes(ticket)  # type: ignore[attr-defined]

    def values(self) -> dict[str, Any]:
        """The arguments of `ticket_resolve` beside ticket, actor, at and photos."""
        data = dict(self.cleaned_data)
        data["cause_code"] = CauseCode.objects.filter(pk=data["cause_code"]).first() if data["cause_code"] else None
        data["category"] = ServiceCategory.objects.filter(pk=data["category"]).first() if data["category"] else None
        return data


class ReasonForm(forms.Form):
    """A reason, and nothing else."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=300, widget=forms.Textarea(attrs={"rows": 3}))


class RateForm(forms.Form):
    """Five levels and, if wanted, some words."""

    level = forms.TypedChoiceField(
        label=gettext_lazy("How satisfied are you?"), choices=Rating.Level.choices, coerce=int, widget=forms.RadioSelect
    )
    comment = forms.CharField(
        label=gettext_lazy("Comment"), required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 3})
    )
