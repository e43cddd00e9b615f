"""What people type about checks: stocktakes, fire-linkage tests, hand-over lists."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from devices.finds.places import places_in_walking_order
from devices.forms.access import Ticks, day_field
from devices.models import (
    DeviceCategory,
    Door,
    HandoverItem,
    LinkageTest,
    Place,
    RightsLine,
    Stocktake,
    StocktakeLine,
    StocktakeSurplus,
)
from parties.models import Contract

ASKED = (("", "—"), ("1", _("Yes")), ("0", _("No")))


class PlaceField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A place of the hall, in walking order."""

    def __init__(self, **given: Any) -> None:
        super().__init__(queryset=Place.objects.none(), required=False, **given)

    def offer(self, contract: Contract) -> None:
        """Offer the hall's places; what lies in another one stands a little to the right."""
        self.queryset = Place.objects.filter(hall=contract.hall, is_active=True).order_by("position", "id")
        depth: dict[int | None, int] = {None: -1}
        choices: list[tuple[Any, str]] = [("", str(self.empty_label or "—"))]
        for place in places_in_walking_order(contract.hall):
            depth[place.pk] = depth.get(place.parent_id, -1) + 1
            choices.append((place.pk, "\u3000" * depth[place.pk] + place.name))
        self.choices = choices


class StocktakeForm(forms.Form):
    """A stocktake's scope."""

    kind = forms.ChoiceField(label=_("Kind"), choices=Stocktake.Kind.choices)
    place = PlaceField(label=_("Place"), empty_label=_("The whole hall"))
    category = forms.ModelChoiceField(
        label=_("Category"), queryset=DeviceCategory.objects.none(), required=False, empty_label=_("All categories")
    )
    key_only = forms.BooleanField(label=_("Key devices only"), required=False)
    note = forms.CharField(label=_("Remark"), max_length=500, required=False)

    def __init__(self, *args: Any, contract: Contract, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["place"].offer(contract)  # type: ignore[attr-defined]
        self.fields["category"].queryset = DeviceCategory.objects.filter(hall=contract.hall)  # type: ignore[attr-defined]


class CountForm(forms.Form):
    """A label, and where the counter stands."""

    code = forms.CharField(label=_("Short code on the label"), max_length=40)
    place = PlaceField(label=_("I am standing at"), empty_label=_("where the register has it"))

    def __init__(self, *args: Any, contract: Contract, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["place"].offer(contract)  # type: ignore[attr-defined]


class ByHandForm(forms.Form):
    """A line decided without a scan."""

    outcome = forms.ChoiceField(
        label=_("What was found"), choices=StocktakeLine.Outcome.choices, widget=forms.RadioSelect
    )
    place = PlaceField(label=_("Where it was found"), empty_label="—")
    reason = forms.CharField(
        label=_("Reason"), max_length=200, help_text=_("Such as: the label is gone, or it hangs too high.")
    )

    def __init__(self, *args: Any, contract: Contract, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["place"].offer(contract)  # type: ignore[attr-defined]


class SurplusForm(forms.Form):
    """A thing that is not on the list."""

    description = forms.CharField(label=_("What was found"), max_length=200)
    place = PlaceField(label=_("Place"), empty_label="—")

    def __init__(self, *args: Any, contract: Contract, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["place"].offer(contract)  # type: ignore[attr-defined]


class DecisionForm(forms.Form):
    """What becomes of a line, with a note."""

    decision = forms.ChoiceField(
        choices=[
            *StocktakeLine.Decision.choices,
            *StocktakeSurplus.Decision.choices,
            *RightsLine.Decision.choices,
        ]
    )
    note = forms.CharField(max_length=200, required=False)


class NoteForm(forms.Form):
    """A remark that stands on the paper."""

    note = forms.CharField(label=_("Remark"), max_length=500, required=False)


class LinkageForm(forms.Form):
    """A fire-linkage test: when, who, which zones and doors."""

    tested_on = day_field(label=_("Day of the test"))
    ours = forms.CharField(label=_("Our people"), max_length=200)
    fire_vendor = forms.CharField(label=_("Fire maintenance"), max_length=200, help_text=_("The firm and its people."))
    client_people = forms.CharField(label=_("People of the client"), max_length=200, required=False)
    zones = forms.CharField(
        label=_("Zones of the broadcast"), widget=forms.Textarea(attrs={"rows": 6}), help_text=_("One zone a line.")
    )
    doors = forms.ModelMultipleChoiceField(
        label=_("Doors that have to open"), queryset=Door.objects.none(), widget=Ticks, required=False
    )

    def __init__(self, *args: Any, contract: Contract, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["doors"].queryset = Door.objects.filter(hall=contract.hall, is_active=True)  # type: ignore[attr-defined]


def yes_no_field(label: Any) -> forms.TypedChoiceField:
    """Yes, no, or not asked yet."""
    return forms.TypedChoiceField(
        label=label,
        choices=ASKED,
        required=False,
        coerce=lambda value: value == "1",
        empty_value=None,
    )


def time_field(label: Any) -> forms.TimeField:
    """An hour to the second, by the browser's own control."""
    return forms.TimeField(
        label=label,
        required=False,
        widget=forms.TimeInput(attrs={"type": "time", "step": "1"}, format="%H:%M:%S"),
        input_formats=["%H:%M:%S", "%H:%M"],
    )


class ResultsForm(forms.Form):
    """What was seen in a test: fields z<pk>-… for zones, d<pk>-… for doors."""

    result = forms.ChoiceField(
        label=_("Overall result"), choices=[("", "—"), *LinkageTest.Result.choices], required=False
    )
    note = forms.CharField(label=_("Remark"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2}))
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)

    def __init__(self, *args: Any, test: LinkageTest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.test = test
        self.zone_rows = list(test.zones.all())
        self.door_rows = list(test.doors.all())
        for zone in self.zone_rows:
            self.fields[f"z{zone.pk}-cut_at"] = time_field(_("Cut over at"))
            self.fields[f"z{zone.pk}-heard"] = yes_no_field(_("Heard"))
            self.fields[f"z{zone.pk}-restored_at"] = time_field(_("Restored at"))
            self.fields[f"z{zone.pk}-note"] = forms.CharField(
                label=_("What was not right"), max_length=200, required=False
            )
        for door in self.door_rows:
            self.fields[f"d{door.pk}-released"] = yes_no_field(_("Let go"))
            self.fields[f"d{door.pk}-note"] = forms.CharField(
                label=_("What was not right"), max_length=200, required=False
            )

    @staticmethod
    def initial_of(test: LinkageTest) -> dict[str, Any]:
        """What is stored."""

        def said(value: bool | None) -> str:
            return "" if value is None else "1" if value else "0"

        initial: dict[str, Any] = {"result": test.result, "note": test.note, "version": test.version}
        for zone in test.zones.all():
            initial |= {
                f"z{zone.pk}-cut_at": zone.cut_at,
                f"z{zone.pk}-heard": said(zone.heard),
                f"z{zone.pk}-restored_at": zone.restored_at,
                f"z{zone.pk}-note": zone.note,
            }
        for door in test.doors.all():
            initial |= {f"d{door.pk}-released": said(door.released), f"d{door.pk}-note": door.note}
        return initial

    def zones(self) -> list[dict[str, Any]]:
        """Each zone with its fields, for the page."""
        names = ("cut_at", "heard", "restored_at", "note")
        return [{"row": zone, **{name: self[f"z{zone.pk}-{name}"] for name in names}} for zone in self.zone_rows]

    def doors(self) -> list[dict[str, Any]]:
        """Each door with its fields, for the page."""
        return [
            {"row": door, **{name: self[f"d{door.pk}-{name}"] for name in ("released", "note")}}
            for door in self.door_rows
        ]

    def values(self) -> dict[str, dict[int, dict[str, Any]]]:
        """What was typed, by zone and door."""
        given = self.cleaned_data
        names = ("cut_at", "heard", "restored_at", "note")
        return {
            "zones": {zone.pk: {name: given[f"z{zone.pk}-{name}"] for name in names} for zone in self.zone_rows},
            "doors": {
                door.pk: {name: given[f"d{door.pk}-{name}"] for name in ("released", "note")} for door in self.door_rows
            },
        }


class HandoverForm(forms.Form):
    """A hand-over list."""

    title = forms.CharField(label=_("Title"), max_length=80)
    handed_on = day_field(label=_("Handed over on"))
    from_name = forms.CharField(label=_("Handed over by"), max_length=40)
    to_name = forms.CharField(label=_("Taken over by"), max_length=40)
    note = forms.CharField(label=_("Remark"), max_length=500, required=False)


class ItemForm(forms.Form):
    """One thing on a hand-over list."""

    kind = forms.ChoiceField(label=_("Kind"), choices=HandoverItem.Kind.choices)
    name = forms.CharField(label=_("Name"), max_length=80)
    quantity = forms.IntegerField(label=_("Quantity"), min_value=0, max_value=9999, initial=1)
    unit = forms.CharField(label=_("Unit of counting"), max_length=8, required=False)
    place = forms.CharField(label=_("Place"), max_length=60, required=False)
    condition = forms.CharField(label=_("Condition"), max_length=120, required=False)
    is_missing = forms.BooleanField(label=_("Not handed over"), required=False)
    missing_note = forms.CharField(label=_("What is missing, and since when"), max_length=200, required=False)
    returned_on = day_field(label=_("Returned on"), required=False)
