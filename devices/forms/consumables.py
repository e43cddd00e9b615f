"""What people type about consumables, orders and run data. Forms turn it into values; services decide whether it holds."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext, gettext_lazy
from django.utils.translation import gettext_lazy as _

from devices.models import ConsumableChange, ConsumableKind, DeviceCategory
from devices.models.consumables import Metric, Stuff, Supplier
from devices.models.run_data import RunKind
from devices.querysets import categories_of, device_by_code
from devices.services.consumable_orders import Wanted
from parties.models import Contract, Hall, Vendor

HOW_MANY = 5
"""So many units are offered as one tap; more are typed."""
ORDER_ROWS = 4
"""Lines that a new order offers; another order takes what does not fit."""


def instant_field(**given: Any) -> forms.DateTimeField:
    """A field for an instant by the hall's clock, entered with the browser's own control."""
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(widget=widget, **given)


def day_field(**given: Any) -> forms.DateField:
    """A field for a local day."""
    return forms.DateField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **given)


class KindForm(forms.Form):
    """A kind of consumable."""

    name = forms.CharField(label=_("Name"), max_length=60)
    kind = forms.ChoiceField(label=_("Sort"), choices=Stuff.choices)
    unit = forms.CharField(label=_("Unit of count"), max_length=8)
    pages_per_unit = forms.IntegerField(label=_("Pages or prints of one unit"), min_value=1)
    capacity = forms.IntegerField(label=_("Pages or prints when full"), min_value=1)
    metric = forms.ChoiceField(
        label=_("Counter that shows its use"), choices=[("", _("None")), *Metric.choices], required=False
    )
    supplied_by = forms.ChoiceField(label=_("Supplied by"), choices=Supplier.choices, initial=Supplier.VENDOR)
    vendor = forms.ModelChoiceField(label=_("Vendor"), queryset=Vendor.objects.none(), required=False)
    min_stock = forms.IntegerField(label=_("Lowest stock"), min_value=0, initial=0)
    warn_percent = forms.IntegerField(label=_("Warn at (%)"), min_value=0, max_value=90, initial=20)
    warn_days = forms.IntegerField(label=_("Warn so many days before"), min_value=0, max_value=60, initial=5)
    categories = forms.ModelMultipleChoiceField(
        label=_("Used in categories"),
        queryset=DeviceCategory.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("Every device of these categories gets it."),
    )
    is_active = forms.BooleanField(label=_("In use"), required=False, initial=True)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, hall: Hall, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["vendor"].queryset = Vendor.objects.filter(hall=hall, is_active=True)  # type: ignore[attr-defined]
        self.fields["categories"].queryset = categories_of(hall)  # type: ignore[attr-defined]

    def values(self) -> dict[str, Any]:
        """The fields of the kind itself."""
        return {name: value for name, value in self.cleaned_data.items() if name not in {"categories", "version"}}


class FitForm(forms.Form):
    """What one device holds of a kind."""

    capacity = forms.IntegerField(label=_("Pages or prints when full"), min_value=1)
    warn_percent = forms.IntegerField(label=_("Warn at (%)"), min_value=0, max_value=90)
    warn_days = forms.IntegerField(label=_("Warn so many days before"), min_value=0, max_value=60)
    is_active = forms.BooleanField(label=_("This device uses it"), required=False)
    version = forms.IntegerField(widget=forms.HiddenInput)


class MoveForm(forms.Form):
    """A movement of the store that somebody makes by hand."""

    what = forms.ChoiceField(
        label=_("What"),
        choices=[("in", _("Received")), ("adjust", _("Adjust by")), ("count", _("Counted in the store"))],
        widget=forms.RadioSelect,
        initial="in",
    )
    quantity = forms.IntegerField(label=_("How many"), help_text=_("To adjust downwards: with a minus."))
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)
    seen = forms.IntegerField(widget=forms.HiddenInput)


class ChangeForm(forms.Form):
    """A replacement: which, how many, done; the rest is for who has time."""

    kind = forms.ModelChoiceField(
        label=_("Consumable"), queryset=ConsumableKind.objects.none(), widget=forms.RadioSelect, empty_label=None
    )
    quantity = forms.ChoiceField(label=_("How many"), widget=forms.RadioSelect, initial="1", required=False)
    more = forms.IntegerField(label=_("More than that"), min_value=1, required=False)
    old = forms.ChoiceField(
        label=_("The old one was"),
        choices=[
            (ConsumableChange.Old.EMPTY.value, ConsumableChange.Old.EMPTY.label),
            (ConsumableChange.Old.PARTLY.value, ConsumableChange.Old.PARTLY.label),
        ],
        widget=forms.RadioSelect,
        initial=ConsumableChange.Old.EMPTY.value,
        required=False,
    )
    left_percent = forms.IntegerField(
        label=_("It still had"), min_value=0, max_value=100, required=False, help_text=_("Of a full device.")
    )
    out_since = instant_field(
        label=_("Empty since"), required=False, help_text=_("When somebody noticed that the device had run out.")
    )
    store = forms.ChoiceField(
        label=_("Taken from our stock"),
        choices=[("", _("As usual: when we supply it")), ("yes", _("Yes")), ("no", _("No"))],
        required=False,
    )
    reading = forms.IntegerField(label=_("Counter reading"), min_value=0, required=False)
    new_meter = forms.BooleanField(label=_("The meter was replaced"), required=False)
    reason = forms.CharField(label=_("Why it begins anew"), max_length=200, required=False)
    note = forms.CharField(label=_("Note"), max_length=200, required=False)
    load_for = forms.DateField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, kinds: list[ConsumableKind], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        which = self.fields["kind"]
        which.queryset = ConsumableKind.objects.filter(pk__in=[kind.pk for kind in kinds])  # type: ignore[attr-defined]
        numbers = [(str(number), str(number)) for number in range(1, HOW_MANY + 1)]
        self.fields["quantity"].choices = numbers  # type: ignore[attr-defined]
        if len(kinds) == 1:
            which.initial = kinds[0].pk

    def values(self) -> dict[str, Any]:
        """The arguments of `consumable_change` beside device, contract, actor, at and photos."""
        clean = self.cleaned_data
        kind: ConsumableKind = clean["kind"]
        store = clean["store"]
        return {
            "kind": kind,
            "quantity": clean["more"] or int(clean["quantity"] or 1),
            "old": clean["old"] or ConsumableChange.Old.EMPTY,
            "left_percent": clean["left_percent"],
            "out_since": clean["out_since"],
            "from_stock": store == "yes" or (not store and kind.supplied_by == Supplier.CONTRACTOR),
            "reading": clean["reading"],
            "new_meter": clean["new_meter"],
            "reason": clean["reason"],
            "note": clean["note"],
            "load_for": clean["load_for"],
        }


class LevelForm(forms.Form):
    """How full a device still is."""

    kind = forms.ModelChoiceField(label=_("Consumable"), queryset=ConsumableKind.objects.none(), empty_label=None)
    percent = forms.IntegerField(label=_("Level"), min_value=0, max_value=100)
    note = forms.CharField(label=_("Note"), max_length=200, required=False)

    def __init__(self, *args: Any, kinds: list[ConsumableKind], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = ConsumableKind.objects.filter(pk__in=[kind.pk for kind in kinds])
        self.fields["kind"].queryset = rows  # type: ignore[attr-defined]


class CounterForm(forms.Form):
    """A counter's reading."""

    metric = forms.ChoiceField(label=_("Counter"), choices=Metric.choices)
    reading = forms.IntegerField(label=_("Counter reading"), min_value=0)
    new_meter = forms.BooleanField(label=_("The meter was replaced"), required=False)
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)


class SpanForm(forms.Form):
    """A closure that is chosen by hand."""

    first = day_field(label=_("First day"))
    last = day_field(label=_("Last day"))


class OrderForm(forms.Form):
    """A call to a vendor."""

    vendor = forms.ModelChoiceField(label=_("Vendor"), queryset=Vendor.objects.none())
    called_at = instant_field(label=_("Called at"))
    spoke_to = forms.CharField(label=_("Spoke to"), max_length=40, required=False)
    promised_at = instant_field(label=_("Promised for"))
    note = forms.CharField(label=_("Note"), max_length=300, required=False)
    lines = forms.CharField(required=False, widget=forms.HiddenInput, label=_("Devices"))

    def __init__(self, *args: Any, contract: Contract, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.hall = contract.hall
        self.fields["vendor"].queryset = Vendor.objects.filter(hall=contract.hall, is_active=True)  # type: ignore[attr-defined]
        self.fields["called_at"].initial = now
        self.fields["promised_at"].initial = now + timedelta(hours=1)
        kinds = ConsumableKind.objects.filter(hall=contract.hall, is_active=True)
        for number in range(ORDER_ROWS):
            must = number == 0
            self.fields[f"device{number}"] = forms.CharField(label=_("Device"), max_length=40, required=must)
            self.fields[f"kind{number}"] = forms.ModelChoiceField(
                label=_("Consumable"), queryset=kinds, required=must, empty_label=_("Please choose")
            )
            self.fields[f"quantity{number}"] = forms.IntegerField(label=_("How many"), min_value=1, required=must)
            self.fields[f"out{number}"] = instant_field(label=_("Empty since"), required=False)

    def rows(self) -> list[dict[str, Any]]:
        """The bound fields of the lines, for the template."""
        names = ("device", "kind", "quantity", "out")
        return [{name: self[f"{name}{number}"] for name in names} for number in range(ORDER_ROWS)]

    def clean(self) -> dict[str, Any]:
        """Devices by their number or short code; a line is whole or empty."""
        clean = super().clean() or {}
        self.wanted: list[Wanted] = []
        for number in range(ORDER_ROWS):
            code = clean.get(f"device{number}", "").strip()
            kind, quantity = clean.get(f"kind{number}"), clean.get(f"quantity{number}")
            if not code and kind is None and quantity is None:
                continue
            device = device_by_code(self.hall, code)
            if device is None:
                self.add_error(f"device{number}", gettext("There is no such device in this hall."))
            if kind is None and f"kind{number}" not in self.errors:
                self.add_error(f"kind{number}", gettext("Please choose."))
            if quantity is None and f"quantity{number}" not in self.errors:
                self.add_error(f"quantity{number}", gettext("Please enter how many."))
            if device is not None and kind is not None and quantity is not None:
                self.wanted.append(Wanted(device, kind, quantity, clean.get(f"out{number}")))
        return clean

    def values(self) -> dict[str, Any]:
        """The arguments of `consumable_order_create` beside contract, actor and at."""
        names = ("vendor", "called_at", "spoke_to", "promised_at", "note")
        return {**{name: self.cleaned_data[name] for name in names}, "lines": self.wanted}


class ArriveForm(forms.Form):
    """When the vendor's people came."""

    arrived_at = instant_field(label=_("Arrived at"))


class PromiseForm(forms.Form):
    """Another promise."""

    promised_at = instant_field(label=_("Promised for"))
    reason = forms.CharField(label=_("Reason"), max_length=200)


class ReplaceForm(forms.Form):
    """That all was replaced."""

    replaced_at = instant_field(label=_("Replaced at"))
    result = forms.CharField(label=_("Result"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}))


class CancelForm(forms.Form):
    """Why an order is called off."""

    reason = forms.CharField(label=_("Reason"), max_length=300)


class MetricForm(forms.Form):
    """A figure that is collected of a category."""

    category = forms.ModelChoiceField(label=_("Category"), queryset=DeviceCategory.objects.none())
    name = forms.CharField(label=_("Figure collected"), max_length=30)
    unit = forms.CharField(label=_("Unit of count"), max_length=8)
    kind = forms.ChoiceField(label=_("Checked as"), choices=RunKind.choices)
    position = forms.IntegerField(label=_("Order"), min_value=0, max_value=99, initial=0)

    def __init__(self, *args: Any, hall: Hall, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["category"].queryset = categories_of(hall).filter(is_active=True)  # type: ignore[attr-defined]


class ImportForm(forms.Form):
    """A table to be tried."""

    file = forms.FileField(
        label=gettext_lazy("Table (xlsx or csv)"), widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.csv"})
    )
