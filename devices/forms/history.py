"""What people type about configuration and change orders, and by what they filter the history."""

import re
from datetime import date, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from devices.models import ChangeKind, ChangeOrder, ChangeOutcome, Device
from devices.rules_history import KEY_LIMIT, VALUE_LIMIT
from devices.services.orders import MOST_DEVICES, THOUGHT, OrderData
from devices.states import ChangeStatus
from parties.models import Hall
from records.models import Source

ANY = ("", gettext_lazy("All"))


def day_field(**given: Any) -> forms.DateField:
    """A field for a local day, entered with the browser's own control."""
    return forms.DateField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **given)


def instant_field(**given: Any) -> forms.DateTimeField:
    """A field for a local day and time, entered with the browser's own control."""
    return forms.DateTimeField(
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"],
        **given,
    )


def text_area(rows: int = 3) -> forms.Textarea:
    """A box for several lines."""
    return forms.Textarea(attrs={"rows": rows})


class EmergencyFields(forms.Form):
    """The reason that a key device's change needs while no order is in force."""

    emergency = forms.CharField(
        label=gettext_lazy("Why it cannot wait for a change order"),
        required=False,
        max_length=300,
        widget=text_area(2),
        help_text=gettext_lazy(
            "This is a key device: its parameters and its network address are changed under an approved change order. "
            "An emergency is marked, told to the project manager and the client's supervisor, and listed apart."
        ),
    )

    def needs_no_emergency(self) -> None:
        """Leave the field out: the device is no key device, or an order is in force."""
        del self.fields["emergency"]


class ConfigForm(EmergencyFields):
    """One parameter with its value. When it is changed, its name and whether it is secret stay."""

    key = forms.CharField(label=gettext_lazy("Parameter"), max_length=KEY_LIMIT)
    label = forms.CharField(label=gettext_lazy("What it is"), max_length=80, required=False)
    value = forms.CharField(label=gettext_lazy("Value"), max_length=VALUE_LIMIT)
    unit = forms.CharField(label=gettext_lazy("Unit of measure"), max_length=16, required=False)
    is_secret = forms.BooleanField(
        label=gettext_lazy("Secret (password, key, community)"),
        required=False,
        help_text=gettext_lazy("It is encrypted, shown only on a click that is logged, and stays secret for ever."),
    )
    effective_from = day_field(label=gettext_lazy("In force from"))
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=300, widget=text_area(2))
    number_seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    field_order = ("key", "label", "value", "unit", "is_secret", "effective_from", "reason", "emergency", "number_seen")

    def __init__(self, *args: Any, known: bool = False, secret: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["key"].widget.attrs |= {"list": "config-keys", "autocomplete": "off"}
        self.fields["value"].widget.attrs["autocomplete"] = "off"
        if known:
            del self.fields["key"], self.fields["is_secret"]
        if secret:
            self.fields["value"].widget = forms.PasswordInput(
                attrs={"autocomplete": "new-password"}, render_value=False
            )
        if self.is_bound and self.data.get("is_secret"):
            # A refused form keeps what was typed, but never sends a secret back.
            self.fields["value"].widget = forms.PasswordInput(
                attrs={"autocomplete": "new-password"}, render_value=False
            )


class WithdrawForm(EmergencyFields):
    """Why a parameter is taken away."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=300, widget=text_area(2))
    number_seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    field_order = ("reason", "emergency", "number_seen")


class RevealForm(forms.Form):
    """Why a secret is looked at."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=300, required=False)


class BaselineForm(forms.Form):
    """A set of parameters under a name."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=60)
    on = day_field(label=gettext_lazy("As on"))


class PasteForm(EmergencyFields):
    """Parameters as lines."""

    text = forms.CharField(
        label=gettext_lazy("Parameters, one a line"),
        widget=text_area(10),
        max_length=60_000,
        help_text=gettext_lazy("name=value; lines that begin with # are skipped."),
    )
    effective_from = day_field(label=gettext_lazy("In force from"))
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=300, widget=text_area(2))
    field_order = ("text", "effective_from", "reason", "emergency")


class OrderForm(forms.Form):
    """A change order. To submit it, plan, impact, security, reliability and fallback must be filled in."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Kind of change"),
        choices=ChangeKind.choices,
        widget=forms.RadioSelect,
        initial="configuration",
    )
    title = forms.CharField(label=gettext_lazy("What is changed"), max_length=80)
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500, widget=text_area(2))
    devices = forms.CharField(
        label=gettext_lazy("Devices"),
        max_length=2000,
        widget=text_area(2),
        help_text=gettext_lazy("Device numbers, separated by spaces or commas."),
    )
    window_from = instant_field(label=gettext_lazy("Window from"))
    window_to = instant_field(label=gettext_lazy("Window to"))
    plan = forms.CharField(label=gettext_lazy("Change plan"), max_length=2000, required=False, widget=text_area(5))
    impact = forms.CharField(
        label=gettext_lazy("Impact on the service"), max_length=500, required=False, widget=text_area(2)
    )
    security_impact = forms.CharField(
        label=gettext_lazy("Security"),
        max_length=500,
        required=False,
        widget=text_area(2),
        help_text=gettext_lazy("What it opens or closes: ports, accounts, data."),
    )
    reliability = forms.CharField(
        label=gettext_lazy("Reliability"),
        max_length=500,
        required=False,
        widget=text_area(2),
        help_text=gettext_lazy("What could fail, and how it is noticed."),
    )
    fallback = forms.CharField(
        label=gettext_lazy("Fallback"),
        max_length=500,
        required=False,
        widget=text_area(2),
        help_text=gettext_lazy("How the present state is restored, and how long that takes."),
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, hall: Hall, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.hall, self.at = hall, at

    @property
    def is_sent(self) -> bool:
        """Whether the order is to be submitted as well."""
        return self.is_bound and bool(self.data.get("submit"))

    def clean_devices(self) -> list[Device]:
        """The devices named, in the order of their numbers."""
        codes = list(dict.fromkeys(code for code in re.split(r"[\s,，、;；]+", self.cleaned_data["devices"]) if code))
        if len(codes) > MOST_DEVICES:
            raise ValidationError(_("At most %(count)d devices.") % {"count": MOST_DEVICES})
        wanted = {code.upper(): code for code in codes}
        found = {
            row.code.upper(): row for row in Device.objects.filter(hall=self.hall, code__in=[*wanted, *wanted.values()])
        }
        missing = [code for key, code in wanted.items() if key not in found]
        if missing:
            raise ValidationError(_("There is no device %(code)s in this hall.") % {"code": "、".join(missing[:5])})
        return sorted(found.values(), key=lambda row: row.code)

    def clean(self) -> dict[str, Any]:
        """Ask for everything that a submitted order needs."""
        data = super().clean() or {}
        if self.is_sent:
            for name in THOUGHT:
                if name in data and not data[name]:
                    self.add_error(name, _("Please fill in this field before you submit the order."))
            end = data.get("window_to")
            if end is not None and end <= self.at:
                self.add_error("window_to", _("The window is over. Please set another one first."))
        return data

    def order_data(self) -> OrderData:
        """What was typed, for the service."""
        given = {name: self.cleaned_data[name] for name in self.fields if name != "version"}
        return OrderData(**given)


def order_initial(order: ChangeOrder) -> dict[str, Any]:
    """What the form shows of an order that is there."""
    names = ("kind", "title", "reason", "window_from", "window_to", *THOUGHT)
    codes = order.devices.order_by("code").values_list("code", flat=True)
    return {name: getattr(order, name) for name in names} | {"devices": " ".join(codes), "version": order.version}


class DecideForm(forms.Form):
    """What is said to an approval or a refusal."""

    decision = forms.CharField(label=gettext_lazy("Remark"), max_length=300, required=False, widget=text_area(2))
    version = forms.IntegerField(widget=forms.HiddenInput)


class FinishForm(forms.Form):
    """How a change ended."""

    outcome = forms.ChoiceField(label=gettext_lazy("Outcome"), choices=ChangeOutcome.choices, widget=forms.RadioSelect)
    result = forms.CharField(label=gettext_lazy("Result"), max_length=1000, widget=text_area(3))


class CancelForm(forms.Form):
    """Why an order is given up."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=300, widget=text_area(2))


class OrderFilter(forms.Form):
    """By what the list of orders is narrowed."""

    q = forms.CharField(label=gettext_lazy("Search"), max_length=60, required=False)
    kind = forms.ChoiceField(label=gettext_lazy("Kind of change"), choices=[ANY, *ChangeKind.choices], required=False)
    status = forms.ChoiceField(label=gettext_lazy("State"), choices=[ANY, *ChangeStatus.choices], required=False)


class ChangesFilter(forms.Form):
    """By what the list of changes is narrowed."""

    device = forms.CharField(label=gettext_lazy("Device number"), max_length=30, required=False)
    who = forms.CharField(label=gettext_lazy("Who"), max_length=40, required=False)
    source = forms.ChoiceField(label=gettext_lazy("Source"), choices=[ANY, *Source.choices], required=False)
    field = forms.ChoiceField(label=gettext_lazy("Field"), required=False)
    first = day_field(label=gettext_lazy("From"), required=False)
    last = day_field(label=gettext_lazy("Until"), required=False)
    batch = forms.CharField(max_length=40, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, fields: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["field"].choices = [ANY, *fields]  # type: ignore[attr-defined]


class PeriodForm(forms.Form):
    """What a printed record covers."""

    first = day_field(label=gettext_lazy("From"), required=False)
    last = day_field(label=gettext_lazy("Until"), required=False)
    on = day_field(label=gettext_lazy("As on"), required=False)


def day_of(text: str) -> date | None:
    """The day that an address names; None when it names none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
