"""What the list of devices, its exports and its interface can be narrowed and ordered by: nothing else is looked at."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from typing import Any

from django import forms
from django.db import connection, models
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.choices import Tree, choice_rows, in_order, within
from core.prepared import Prepared, asked, prepared
from devices.columns import SORTS
from devices.models import Device, DeviceCategory, ListColumns, Place, SavedView
from devices.models.device import PowerPolicy
from devices.querysets import devices_matching
from devices.states import DeviceStatus
from parties.models import Contract, Unit, User, Vendor

SOON_DAYS = 90
"""A warranty that ends within so many days ends soon."""


@dataclass
class Options:
    """What a reader may choose from in this hall, with what he has chosen for himself; read in one statement."""

    categories: list[tuple[int, str]] = field(default_factory=list)
    places: list[tuple[int, str]] = field(default_factory=list)
    """In walking order, each below the one that it lies in, indented by its depth."""
    vendors: list[tuple[int, str]] = field(default_factory=list)
    units: list[tuple[int, str]] = field(default_factory=list)
    views: list[tuple[int, str, str]] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    parents: dict[int, int] = field(default_factory=dict)

    def within(self, place: int) -> list[int]:
        """A place and everything that lies in it."""
        return within(self.parents, place)


_HALL, _CLIENT, _READER = -987_654_321, -987_654_322, -987_654_323
"""Stand in for the hall, the client and the reader in the statement that is kept."""


@cache
def _options_statement(_alias: str, _vendor: str) -> Prepared:
    """One UNION instead of six questions."""

    found = choice_rows(DeviceCategory.objects.filter(hall=_HALL), "category", F("name"), order=F("position")).union(
        choice_rows(Place.objects.filter(hall=_HALL), "place", F("name"), up=F("parent_id"), order=F("position")),
        choice_rows(Vendor.objects.filter(hall=_HALL), "vendor", F("name")),
        choice_rows(Unit.objects.filter(organisation=_CLIENT), "unit", F("name")),
        choice_rows(SavedView.objects.filter(hall=_HALL, user=_READER), "view", F("name"), text=F("query")),
        choice_rows(ListColumns.objects.filter(user=_READER), "columns", F("columns")),
        all=True,
    )
    return prepared(found)


def options_of(contract: Contract, user: User) -> Options:
    """Categories, places, vendors and units of a hall, the reader's views and columns; one statement."""
    statement = _options_statement(connection.alias, connection.vendor)
    found = asked(statement, {_HALL: contract.hall_id, _CLIENT: contract.client_id, _READER: user.pk})
    options = Options()
    places = Tree()
    for kind, pk, label, up, order, text in in_order(found):
        if kind == "category":
            options.categories.append((pk, label))
        elif kind == "place":
            places.add(pk, label, up, order)
        elif kind == "vendor":
            options.vendors.append((pk, label))
        elif kind == "unit":
            options.units.append((pk, label))
        elif kind == "view":
            options.views.append((pk, label, text))
        else:
            options.columns = [part.strip(' "') for part in label.strip("[]").split(",")]
    options.places, options.parents = places.choices(), places.parents
    return options


WARRANTY = (("soon", _("Ends within 90 days")), ("over", _("Has ended")), ("unknown", _("Not entered")))
YES_NO = (("yes", _("Yes")), ("no", _("No")))


class DeviceFilterForm(forms.Form):
    """Each field narrows the list; a value that is not offered is refused and leaves the list unfiltered by that field."""

    q = forms.CharField(label=_("Number, name or place"), max_length=60, required=False)
    category = forms.TypedChoiceField(label=_("Category"), required=False, coerce=int)
    place = forms.TypedChoiceField(label=_("Place"), required=False, coerce=int)
    status = forms.MultipleChoiceField(
        label=_("Status"), required=False, choices=DeviceStatus.choices, widget=forms.CheckboxSelectMultiple
    )
    vendor = forms.TypedChoiceField(label=_("Vendor"), required=False, coerce=int)
    unit = forms.TypedChoiceField(label=_("Unit"), required=False, coerce=int)
    warranty = forms.ChoiceField(label=_("Warranty"), required=False, choices=(("", _("Any warranty")), *WARRANTY))
    key = forms.ChoiceField(label=_("Key device"), required=False, choices=(("", _("Key or not")), *YES_NO))
    criticality = forms.ChoiceField(
        label=_("Criticality"), required=False, choices=(("", _("Any criticality")), *Device.Criticality.choices)
    )
    ownership = forms.ChoiceField(
        label=_("Owned by"), required=False, choices=(("", _("Any owner")), *Device.Ownership.choices)
    )
    power = forms.ChoiceField(
        label=_("Power policy"), required=False, choices=(("", _("Any power policy")), *PowerPolicy.choices)
    )

    def __init__(self, *args: Any, options: Options, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, nothing, rows in (
            ("category", gettext("All categories"), options.categories),
            ("place", gettext("All places"), options.places),
            ("vendor", gettext("Any vendor"), options.vendors),
            ("unit", gettext("Any unit"), options.units),
        ):
            self.fields[name].choices = [("", nothing), *rows]  # type: ignore[attr-defined]


FIRST = ("q", "category", "place")
"""The filters that stand above the list; the others are behind "More filters"."""
MORE = ("vendor", "unit", "warranty", "key", "criticality", "ownership", "power")


class DeviceFilter:
    """The hall's devices narrowed by a query; `readers` of the register also search what window clerks never get."""

    def __init__(
        self, data: Any, queryset: QuerySet[Device], *, options: Options, today: date, everything: bool = False
    ) -> None:
        self.form = DeviceFilterForm(data, options=options)
        self.form.is_valid()
        self._queryset, self._options, self._today, self._everything = queryset, options, today, everything

    @property
    def chosen(self) -> dict[str, Any]:
        """The filters in use, with their values."""
        return {name: value for name, value in self.form.cleaned_data.items() if value not in ("", None, [])}

    @property
    def qs(self) -> QuerySet[Device]:
        """The devices that pass every filter in use, in no order yet."""
        rows = self._queryset
        for name, value in self.chosen.items():
            rows = self._steps()[name](rows, value)
        return rows

    def _steps(self) -> dict[str, Callable[[QuerySet[Device], Any], QuerySet[Device]]]:
        return {
            "q": lambda rows, value: devices_matching(rows, value, everything=self._everything),
            "category": lambda rows, value: rows.filter(category=value),
            "place": lambda rows, value: rows.filter(place__in=self._options.within(value)),
            "status": lambda rows, value: rows.filter(status__in=value),
            "vendor": lambda rows, value: rows.filter(vendor=value),
            "unit": lambda rows, value: rows.filter(unit=value),
            "warranty": self._by_warranty,
            "key": lambda rows, value: rows.filter(is_key=value == "yes"),
            "criticality": lambda rows, value: rows.filter(criticality=value),
            "ownership": lambda rows, value: rows.filter(ownership=value),
            "power": lambda rows, value: rows.filter(power_policy=value),
        }

    def _by_warranty(self, rows: QuerySet[Device], value: str) -> QuerySet[Device]:
        if value == "unknown":
            return rows.filter(warranty_until__isnull=True)
        if value == "over":
            return rows.filter(warranty_until__lt=self._today)
        return rows.filter(warranty_until__range=(self._today, self._today + timedelta(days=SOON_DAYS)))


# Order and paging by key --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Order:
    """What the list is sorted by: one of the allowed columns, up or down, then the number. Nothing entered comes last."""

    field: str = "code"
    down: bool = False

    @classmethod
    def parse(cls, text: str) -> "Order":
        """The order that a query asks for; by number when it asks for something else."""
        name = text.removeprefix("-")
        return cls(name, text.startswith("-")) if name in SORTS else cls()

    def __str__(self) -> str:
        return f"{'-' if self.down else ''}{self.field}"

    def sorted(self, rows: QuerySet[Device]) -> QuerySet[Device]:
        """The rows in this order."""
        if self.field == "code":
            return rows.order_by("-code" if self.down else "code")
        first = F(self.field)
        return rows.order_by(first.desc(nulls_last=True) if self.down else first.asc(nulls_last=True), "code")

    def after(self, rows: QuerySet[Device], code: str, value: str) -> QuerySet[Device]:
        """The rows behind the one with this number and this value of the sorted column ("" for nothing entered)."""
        if not code:
            return rows
        if self.field == "code":
            return rows.filter(code__lt=code) if self.down else rows.filter(code__gt=code)
        if not value:
            return rows.filter(**{f"{self.field}__isnull": True}, code__gt=code)
        column: models.Field[Any, Any] = Device._meta.get_field(self.field)  # type: ignore[assignment]
        try:
            key = column.to_python(value)
        except forms.ValidationError:
            return rows
        beyond = "lt" if self.down else "gt"
        behind = Q(**{f"{self.field}__{beyond}": key}) | Q(**{self.field: key}, code__gt=code)
        if column.null:
            return rows.filter(behind | Q(**{f"{self.field}__isnull": True}))
        return rows.filter(behind, **{f"{self.field}__{beyond}e": key})

    def key_of(self, row: Device) -> dict[str, str]:
        """The parameters with which the page behind this row is asked for."""
        if self.field == "code":
            return {"after": row.code}
        value = getattr(row, self.field)
        return {
            "after": row.code,
            "at": "" if value is None else value.isoformat() if hasattr(value, "isoformat") else str(value),
        }
