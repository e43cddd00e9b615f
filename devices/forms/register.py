"""Forms of the register: a device with its category's own fields, its status, parts, software, categories."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from devices.finds.register import Catalogue
from devices.models import CategoryField, Device, DeviceCategory, Part, Place, Software
from devices.models.device import PowerPolicy, RepairClass, SparePolicy
from devices.querysets import places_of
from devices.rules_register import extra_complaint
from devices.states import DeviceStatus
from parties.forms import day_field
from parties.models import Contract, Unit, Vendor, Window
from parties.querysets import units_of

PLEASE = gettext_lazy("Please choose")
GROUPS = (
    ("identity", gettext_lazy("What it is"), "id", ("name", "code", "asset_no")),
    ("place", gettext_lazy("Where it stands"), "map-pin", ("place", "window", "unit", "custodian")),
    ("make", gettext_lazy("Brand and numbers"), "tag", ("brand", "model", "serial_no", "mac")),
    (
        "service",
        gettext_lazy("Vendor and warranty"),
        "tools",
        ("vendor", "ownership", "installed_on", "warranty_until", "power_policy", "criticality", "is_key"),
    ),
)
"""Groups of the device's form: key, title, icon, fields. The category's own fields, remark and reason follow."""


class WindowChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    """Windows with their units, because A05 alone says nothing in a large hall."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.code} · {obj.unit.name}"


class DeviceForm(forms.Form):
    """Everything that is written of a device. Texts are judged by `device_complaints`, the same as in an import."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    code = forms.CharField(label=gettext_lazy("Device number"), max_length=30, required=False)
    asset_no = forms.CharField(label=gettext_lazy("Asset number"), max_length=40, required=False)
    place = forms.ModelChoiceField(label=gettext_lazy("Place"), queryset=Place.objects.none(), empty_label=PLEASE)
    window = WindowChoice(
        label=gettext_lazy("Window"),
        queryset=Window.objects.none(),
        required=False,
        empty_label=gettext_lazy("No window"),
    )
    unit = forms.ModelChoiceField(
        label=gettext_lazy("Used by"), queryset=Unit.objects.none(), required=False, empty_label=gettext_lazy("No unit")
    )
    custodian = forms.CharField(label=gettext_lazy("Custodian"), max_length=40, required=False)
    brand = forms.CharField(label=gettext_lazy("Brand"), max_length=40, required=False)
    model = forms.CharField(label=gettext_lazy("Model"), max_length=40, required=False)
    serial_no = forms.CharField(label=gettext_lazy("Serial number"), max_length=40, required=False)
    mac = forms.CharField(label=gettext_lazy("MAC address"), max_length=24, required=False)
    vendor = forms.ModelChoiceField(
        label=gettext_lazy("Vendor"),
        queryset=Vendor.objects.none(),
        required=False,
        empty_label=gettext_lazy("No vendor"),
    )
    ownership = forms.ChoiceField(label=gettext_lazy("Owned by"), choices=Device.Ownership.choices)
    installed_on = day_field(gettext_lazy("Installed on"))
    warranty_until = day_field(gettext_lazy("Warranty until"))
    power_policy = forms.ChoiceField(label=gettext_lazy("Power policy"), choices=PowerPolicy.choices)
    criticality = forms.ChoiceField(label=gettext_lazy("Criticality"), choices=Device.Criticality.choices)
    is_key = forms.BooleanField(label=gettext_lazy("Key device"), required=False)
    remark = forms.CharField(
        label=gettext_lazy("Remark"), max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200, required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(
        self,
        *args: Any,
        contract: Contract,
        category: DeviceCategory,
        catalogue: Catalogue,
        editing: bool,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.category, self.custom = category, catalogue.fields_of(category)
        units = units_of(contract).filter(is_active=True)
        choices: dict[str, Any] = {
            "place": places_of(contract.hall),
            "window": Window.objects.filter(unit__in=units, is_active=True).select_related("unit").order_by("code"),
            "unit": units,
            "vendor": Vendor.objects.filter(hall=contract.hall_id, is_active=True),
        }
        for name, rows in choices.items():
            present = self.initial.get(name)
            # What the device has may be closed by now; it stays until somebody chooses another.
            shown = rows if present is None else rows | type(present).objects.filter(pk=present.pk)
            self.fields[name].queryset = shown  # type: ignore[attr-defined]
        self.fields["code"].help_text = "" if editing else _("Left empty, it gets the next number of its category.")
        self.fields["code"].required = editing
        if not editing:
            del self.fields["version"]
            del self.fields["reason"]
        for field in self.custom:
            self.fields[f"extra_{field.key}"] = _custom_field(field)

    def clean(self) -> dict[str, Any]:
        """A category's own fields are judged as everywhere."""
        for field in self.custom:
            name = f"extra_{field.key}"
            if name in self.cleaned_data:
                wrong = extra_complaint(field, self.cleaned_data[name])
                if wrong:
                    self.add_error(name, wrong)
        return self.cleaned_data

    def values(self, stored: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """What the services take; `stored` is what the device has in fields that are no longer asked for."""
        data = self.cleaned_data
        done = {name: data[name] for name in self.fields if name in data and name not in ("version", "reason")}
        extra = {**(stored or {}), **{key[6:]: done.pop(key) for key in list(done) if key.startswith("extra_")}}
        return {**done, "category": self.category, "extra": extra}

    def groups(self) -> list[dict[str, Any]]:
        """The groups as the template shows them."""
        return [
            {"key": key, "title": title, "icon": icon, "fields": [self[name] for name in names]}
            for key, title, icon, names in GROUPS
        ]

    def customs(self) -> list[dict[str, Any]]:
        """The category's own fields, each with what it is measured in."""
        return [{"bound": self[f"extra_{field.key}"], "unit": field.unit} for field in self.custom]


def _custom_field(field: CategoryField) -> forms.Field:
    common: dict[str, Any] = {"label": field.label, "required": field.required}
    if field.kind == CategoryField.Kind.DATE:
        widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        return forms.DateField(widget=widget, **common)
    if field.kind == CategoryField.Kind.CHOICE:
        return forms.ChoiceField(choices=[("", PLEASE), *((text, text) for text in field.options)], **common)
    if field.kind == CategoryField.Kind.YES_NO:
        return forms.ChoiceField(
            choices=[("", PLEASE), ("yes", gettext_lazy("Yes")), ("no", gettext_lazy("No"))], **common
        )
    widget_attrs = {"inputmode": "decimal"} if field.kind == CategoryField.Kind.NUMBER else {}
    return forms.CharField(max_length=200, widget=forms.TextInput(attrs=widget_attrs), **common)


def initial_of(device: Device) -> dict[str, Any]:
    """What the form shows of a stored device."""
    names = (
        "name", "code", "asset_no", "place", "window", "unit", "custodian", "brand", "model", "serial_no", "mac", "vendor",
        "ownership", "installed_on", "warranty_until", "power_policy", "criticality", "is_key", "remark", "version",
    )  # fmt: skip
    shown = {name: getattr(device, name) for name in names}
    for key, value in device.extra.items():
        shown[f"extra_{key}"] = {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else value
    return shown


NOT_COPIED = ("code", "asset_no", "serial_no", "mac", "window", "version")
"""What is each device's own; everything else is the same again."""


class StatusForm(forms.Form):
    """What a device is doing, from now or from a day to come."""

    status = forms.ChoiceField(label=gettext_lazy("New status"), widget=forms.RadioSelect)
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)
    on = day_field(gettext_lazy("From this day"), help_text=gettext_lazy("Left empty: at once."))

    def __init__(self, *args: Any, statuses: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        labels = dict(DeviceStatus.choices)
        self.fields["status"].choices = [(value, labels[value]) for value in statuses]  # type: ignore[attr-defined]


class PartForm(forms.Form):
    """A part in a device."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=60)
    model = forms.CharField(label=gettext_lazy("Model"), max_length=60, required=False)
    serial_no = forms.CharField(label=gettext_lazy("Serial number"), max_length=60, required=False)
    quantity = forms.IntegerField(label=gettext_lazy("Quantity"), min_value=1, max_value=999, initial=1)
    installed_on = day_field(gettext_lazy("Installed on"))
    warranty_until = day_field(gettext_lazy("Warranty until"))
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def values(self) -> dict[str, Any]:
        """What the services take."""
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


def part_initial(part: Part) -> dict[str, Any]:
    """What the form shows of a stored part."""
    names = ("name", "model", "serial_no", "quantity", "installed_on", "warranty_until", "version")
    return {name: getattr(part, name) for name in names}


class RemovalForm(forms.Form):
    """When and why something was taken out."""

    removed_on = forms.DateField(
        label=gettext_lazy("Removed on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)
    version = forms.IntegerField(widget=forms.HiddenInput)


class InstallForm(forms.Form):
    """Which software is installed, and since when."""

    software = forms.ModelChoiceField(
        label=gettext_lazy("Software"), queryset=Software.objects.none(), empty_label=PLEASE
    )
    installed_on = forms.DateField(
        label=gettext_lazy("Installed on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *args: Any, device: Device, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = Software.objects.filter(hall=device.hall_id, is_active=True).exclude(
            installations__in=device.installations.filter(removed_on__isnull=True)
        )
        self.fields["software"].queryset = rows  # type: ignore[attr-defined]


class SoftwareForm(forms.Form):
    """A software system of the hall."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    release = forms.CharField(label=gettext_lazy("Version"), max_length=40, required=False)
    licence = forms.CharField(label=gettext_lazy("Licence"), max_length=120, required=False)
    licence_until = day_field(gettext_lazy("Licence until"))
    owner_unit = forms.ModelChoiceField(
        label=gettext_lazy("Used by"), queryset=Unit.objects.none(), required=False, empty_label=gettext_lazy("No unit")
    )
    vendor = forms.ModelChoiceField(
        label=gettext_lazy("Vendor"),
        queryset=Vendor.objects.none(),
        required=False,
        empty_label=gettext_lazy("No vendor"),
    )
    contact = forms.CharField(label=gettext_lazy("Contact"), max_length=60, required=False)
    url = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=200,
        required=False,
        widget=forms.URLInput(attrs={"autocomplete": "off"}),
    )
    remark = forms.CharField(label=gettext_lazy("Remark"), max_length=300, required=False)
    is_active = forms.BooleanField(label=gettext_lazy("In use"), required=False, initial=True)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, contract: Contract, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner_unit"].queryset = Unit.objects.filter(pk__in=units_of(contract))  # type: ignore[attr-defined]
        self.fields["vendor"].queryset = Vendor.objects.filter(hall=contract.hall_id)  # type: ignore[attr-defined]

    def values(self) -> dict[str, Any]:
        """What the services take."""
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


def software_initial(software: Software) -> dict[str, Any]:
    """What the form shows of a stored software system."""
    names = (
        "name", "release", "licence", "licence_until", "owner_unit", "vendor", "contact", "url", "remark", "is_active", "version",
    )  # fmt: skip
    return {name: getattr(software, name) for name in names}


class CategoryForm(forms.Form):
    """What holds for all devices of a kind."""

    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=8,
        help_text=gettext_lazy("Device numbers begin with it: WS gives WS-001."),
    )
    name = forms.CharField(label=gettext_lazy("Name"), max_length=40)
    repair_class = forms.ChoiceField(
        label=gettext_lazy("Repair class"),
        choices=RepairClass.choices,
        help_text=gettext_lazy("Decides the promise for a difficult fault: 5 or 7 working days."),
    )
    power_policy = forms.ChoiceField(label=gettext_lazy("Power policy"), choices=PowerPolicy.choices)
    spare_policy = forms.ChoiceField(label=gettext_lazy("Spare policy"), choices=SparePolicy.choices)
    position = forms.IntegerField(
        label=gettext_lazy("Position in the list"), min_value=0, max_value=999, required=False
    )
    is_active = forms.BooleanField(label=gettext_lazy("In use"), required=False, initial=True)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def values(self) -> dict[str, Any]:
        """What the services take."""
        data = {name: value for name, value in self.cleaned_data.items() if name != "version"}
        return {**data, "position": data["position"] or 0}


class FieldForm(forms.Form):
    """A category's own field. Its kind is chosen once."""

    label = forms.CharField(label=gettext_lazy("Field name"), max_length=30)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=CategoryField.Kind.choices)
    unit = forms.CharField(
        label=gettext_lazy("Measured in"),
        max_length=12,
        required=False,
        help_text=gettext_lazy("For numbers: GB, W, kg …"),
    )
    choices = forms.CharField(
        label=gettext_lazy("Choices"),
        required=False,
        max_length=3000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("One a line, for the kind “Choice”."),
    )
    required = forms.BooleanField(label=gettext_lazy("Must be filled in"), required=False)
    position = forms.IntegerField(
        label=gettext_lazy("Position in the list"), min_value=0, max_value=999, required=False
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, editing: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if editing:
            del self.fields["kind"]

    def values(self) -> dict[str, Any]:
        """What the services take."""
        data = {name: value for name, value in self.cleaned_data.items() if name not in ("version", "kind")}
        return {**data, "position": data["position"] or 0}


class NoticeForm(forms.Form):
    """What the out-of-service notice says besides the facts."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=60, required=False)
    until = forms.CharField(
        label=gettext_lazy("Expected to work again"),
        max_length=30,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": "14:30"}),
    )
    anyway = forms.BooleanField(required=False)


def day_shown(day: date | None) -> str:
    """A day as facts show it."""
    return f"{day:%Y-%m-%d}" if day else ""
