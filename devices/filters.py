"""What the list of devices can be narrowed by."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from devices.models import Device, DeviceCategory, Place
from devices.querysets import categories_of, devices_matching, places_of
from devices.states import DeviceStatus
from parties.models import Hall


class DeviceFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Text, category, place and status. Unknown values are refused by the form and leave the list unfiltered by that field."""

    q = django_filters.CharFilter(label=_("Number, name or place"), method="by_text", max_length=60)
    category = django_filters.ModelChoiceFilter(
        label=_("Category"), queryset=DeviceCategory.objects.none(), empty_label=_("All categories")
    )
    place = django_filters.ModelChoiceFilter(
        label=_("Place"), queryset=Place.objects.none(), empty_label=_("All places")
    )
    status = django_filters.ChoiceFilter(label=_("Status"), choices=DeviceStatus.choices, empty_label=_("All"))

    class Meta:
        model = Device
        fields: list[str] = []

    def __init__(self, *args: Any, hall: Hall, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filters["category"].queryset = categories_of(hall)
        self.filters["place"].queryset = places_of(hall)

    def by_text(self, queryset: QuerySet[Device], _name: str, value: str) -> QuerySet[Device]:
        return devices_matching(queryset, value)
