"""What people type about subnets, addresses, registrations, extensions and connections."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from devices.models import Device, DrawnLayer, Link, Place, Subnet
from devices.querysets import device_by_code, places_of
from devices.states import AddressStatus, ExtensionStatus
from parties.models import Contract, Unit


def _day(**given: Any) -> forms.DateField:
    return forms.DateField(
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), input_formats=["%Y-%m-%d"], **given
    )


def _text(label: Any, limit: int, **given: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=limit, required=given.pop("required", False), **given)


class HallForm(forms.Form):
    """A form about one hall: its units, places, subnets, and devices by number or short code."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, contract: Contract, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.contract = contract
        choices = {
            "unit": Unit.objects.filter(organisation=contract.client, is_active=True).order_by("name"),
            "place": places_of(contract.hall),
            "subnet": Subnet.objects.filter(hall=contract.hall, is_active=True),
        }
        for name, rows in choices.items():
            if name in self.fields:
                self.fields[name].queryset = rows  # type: ignore[attr-defined]

    def clean_device(self) -> Device | None:
        """The device that was typed. Raises ValidationError for what the hall does not have."""
        text = self.cleaned_data["device"]
        device = device_by_code(self.contract.hall, text)
        if text.strip() and device is None:
            raise forms.ValidationError(gettext("There is no such device in this hall."))
        return device

    def values(self) -> dict[str, Any]:
        """What the service takes: everything but the version that was seen."""
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


def _units(**given: Any) -> Any:
    return forms.ModelChoiceField(label=_("Unit"), queryset=Unit.objects.none(), empty_label="—", **given)


class SubnetForm(HallForm):
    """A subnet."""

    name = _text(_("Name"), 60, required=True)
    cidr = _text(_("Range (CIDR)"), 50, required=True, help_text=_("e.g. 10.20.1.0/24 or 2001:db8:20::/64"))
    vlan = forms.IntegerField(label="VLAN", required=False, min_value=1, max_value=4094)
    gateway = _text(_("Gateway"), 45)
    dns = _text("DNS", 200, help_text=_("Several are separated by commas."))
    purpose = _text(_("Purpose"), 120)
    reserved = forms.CharField(
        label=_("Reserved ranges"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4, "class": "code"}),
        help_text=_("One a line: 10.20.1.2-10.20.1.9 and what for. They are only given out when asked for by number."),
    )
    is_active = forms.BooleanField(label=_("In use"), required=False, initial=True)


class AddressForm(HallForm):
    """What stands with an address; `address` only when one is taken."""

    address = _text(_("Address"), 45, help_text=_("Empty: the next free one."))
    status = forms.ChoiceField(
        label=_("Status"),
        choices=[
            (one.value, one.label) for one in (AddressStatus.IN_USE, AddressStatus.RESERVED, AddressStatus.STOPPED)
        ],
        initial=AddressStatus.IN_USE.value,
    )
    device = _text(_("Device"), 80)
    mac = _text(_("MAC address"), 20, help_text=_("Empty: the device's own."))
    unit = _units(required=False)
    person = _text(_("User"), 40)
    note = _text(_("Note"), 200)
    emergency = _text(
        _("Why it cannot wait for a change order"),
        300,
        help_text=_("Only for key devices without a change order in force; manager and supervisor are told."),
    )


class PasteForm(forms.Form):
    """A list of addresses out of a spreadsheet."""

    text = forms.CharField(
        label=_("Lines"),
        max_length=60_000,
        widget=forms.Textarea(attrs={"rows": 10, "class": "code", "spellcheck": "false"}),
        help_text=_("One address a line: address, device number, MAC address, note; separated by tabs or commas."),
    )


class RegistrationForm(HallForm):
    """A request to connect something."""

    applicant = _text(_("Applicant"), 40, required=True)
    unit = _units()
    device = _text(_("Device"), 80)
    foreign_device = _text(
        _("Other device"), 120, help_text=_("Only what is not in the register, e.g. 厂商笔记本电脑 ThinkPad X1.")
    )
    mac = _text(_("MAC address"), 20, help_text=_("Empty: the device's own."))
    subnet = forms.ModelChoiceField(label=_("Subnet"), queryset=Subnet.objects.none(), empty_label="—")
    purpose = _text(_("Purpose"), 200, required=True)
    valid_to = _day(label=_("Valid to"))
    promised = forms.BooleanField(
        label=_(
            "The unit promises: only this device and this purpose, no second network, malware protection, given back in time."
        )
    )


class ApproveForm(forms.Form):
    """The approval of a registration."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    address = _text(_("Address"), 45, help_text=_("Empty: the next free one."))
    decision = _text(_("Remark"), 200)


class ReasonForm(forms.Form):
    """A verb that needs its reason; `field` is what the service calls it."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    reason = _text(_("Reason"), 200, required=True)


class RefuseForm(forms.Form):
    """A refusal."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    decision = _text(_("Reason"), 200, required=True)


class RenewForm(ReasonForm):
    """A longer time."""

    valid_to = _day(label=_("Valid to"))


class ExtensionForm(HallForm):
    """A telephone extension."""

    number = _text(_("Extension"), 12, required=True)
    status = forms.ChoiceField(label=_("Status"), choices=ExtensionStatus.choices, initial=ExtensionStatus.IN_USE.value)
    user = _text(_("User"), 40)
    unit = _units(required=False)
    place = forms.ModelChoiceField(label=_("Place"), queryset=Place.objects.none(), required=False, empty_label="—")
    device = _text(_("Telephone or gateway"), 80)
    note = _text(_("Note"), 200)


class LinkForm(HallForm):
    """A connection; `device` is the far end and only asked for when it is made."""

    a_port = _text(_("Port here"), 30, help_text=_("Empty: the next number."))
    device = _text(_("Connected to"), 80, required=True)
    b_port = _text(_("Port there"), 30, help_text=_("Empty: the next number."))
    kind = forms.ChoiceField(label=_("Kind"), choices=Link.Kind.choices, initial=Link.Kind.CABLE.value)
    label = _text(_("Cable label"), 40)
    metres = forms.IntegerField(label=_("Length (m)"), required=False, min_value=0)
    vlans = _text(_("VLANs"), 60, help_text=_("e.g. trunk 10,20,30-40 or 20"))
    note = _text(_("Note"), 200)


class LinkEditForm(LinkForm):
    """A connection that stands: its devices stay."""

    device = None  # type: ignore[assignment]


class LayerForm(forms.Form):
    """Where a device stands in the drawing."""

    layer = forms.TypedChoiceField(
        label=_("Layer in the drawing"),
        choices=[("", _("By its distance from the core")), *DrawnLayer.Layer.choices],
        coerce=int,
        empty_value=None,
        required=False,
    )


class KeepForm(forms.Form):
    """A drawing that is kept."""

    note = _text(_("What has changed"), 200)


class DrawingFilter(forms.Form):
    """What a drawing is narrowed to, and how big it is shown."""

    place = forms.ModelChoiceField(
        label=_("Place"), queryset=Place.objects.none(), required=False, empty_label=_("All places")
    )
    vlan = forms.TypedChoiceField(label="VLAN", coerce=int, empty_value=None, required=False)
    kind = forms.ChoiceField(label=_("Kind"), choices=[("", _("All kinds")), *Link.Kind.choices], required=False)

    def __init__(self, *args: Any, contract: Contract, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["place"].queryset = places_of(contract.hall)  # type: ignore[attr-defined]
        rows = Subnet.objects.filter(hall=contract.hall, vlan__isnull=False).order_by("vlan")
        numbers = rows.values_list("vlan", flat=True).distinct()
        self.fields["vlan"].choices = [("", _("All VLANs")), *((str(one), f"VLAN {one}") for one in numbers)]  # type: ignore[attr-defined]
