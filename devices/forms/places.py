"""What people type about places, plans, labels and looks at devices."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from devices.finds.places import ids_below, places_in_walking_order
from devices.labels import FORMATS
from devices.models import DeviceCategory, Place
from devices.querysets import categories_of
from devices.states import SpotVerdict
from parties.models import Hall

INDENT = "\u3000"


class PlaceSelect(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A place of the hall, chosen from the tree in walking order, indented by depth."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(queryset=Place.objects.none(), **kwargs)
        self.depths: dict[int, int] = {}

    def fill(self, hall: Hall, *, without: Place | None = None) -> None:
        """Offer the hall's places in use, but not `without` and what lies in it."""
        left_out = set(ids_below(without)) if without is not None else set()
        for place in places_in_walking_order(hall):
            self.depths[place.pk] = self.depths.get(place.parent_id or 0, -1) + 1
        rows = Place.objects.filter(hall=hall, is_active=True).exclude(pk__in=left_out)
        self.queryset = rows.order_by("position", "id")

    def label_from_instance(self, obj: Place) -> str:
        return INDENT * self.depths.get(obj.pk, 0) + obj.name


class PlaceForm(forms.Form):
    """A place: what it is called and where it lies."""

    code = forms.CharField(label=_("Code"), max_length=20, help_text=_("Stands in addresses; it never changes."))
    name = forms.CharField(label=_("Name"), max_length=60)
    alias = forms.CharField(label=_("Also called"), max_length=60, required=False)
    kind = forms.ChoiceField(label=_("Kind"), choices=Place.Kind.choices)
    parent = PlaceSelect(label=_("Lies in"), required=False, empty_label=_("Nothing: a top of the tree"))
    designation = forms.CharField(
        label=_("Named by the client in"),
        max_length=200,
        required=False,
        help_text=_(
            "For a place outside the hall: the letter or minutes with which the client named it (clause 一.2)."
        ),
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, hall: Hall, place: Place | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        parent: Any = self.fields["parent"]
        parent.fill(hall, without=place)
        if place is not None:
            del self.fields["code"]
            self.fields["version"].required = True


class ReasonForm(forms.Form):
    """A reason, and nothing else."""

    reason = forms.CharField(label=_("Reason"), max_length=200, widget=forms.Textarea(attrs={"rows": 2}))


class DevicesMoveForm(ReasonForm):
    """Where everything that stands here goes."""

    target = PlaceSelect(label=_("Move them to"), empty_label=_("Please choose"))
    field_order = ("target", "reason")

    def __init__(self, *args: Any, place: Place, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        target: Any = self.fields["target"]
        target.fill(place.hall)


class PinForm(forms.Form):
    """Where on the plan a device stands, in percent from the left and from the top; both empty takes it off."""

    device = forms.CharField(label=_("Device"), max_length=30)
    x = forms.FloatField(label=_("From the left (%)"), min_value=0, max_value=100, required=False)
    y = forms.FloatField(label=_("From the top (%)"), min_value=0, max_value=100, required=False)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def shares(self) -> tuple[float | None, float | None]:
        """The distances as shares of width and height."""
        x, y = self.cleaned_data.get("x"), self.cleaned_data.get("y")
        return (None if x is None else x / 100, None if y is None else y / 100)


class PlanForm(forms.Form):
    """A drawing for a place; the file itself is checked and made anew by records."""


class SpotCheckForm(forms.Form):
    """Normal or abnormal; what is wrong is said with it."""

    form_token = forms.UUIDField(required=False, widget=forms.HiddenInput)
    verdict = forms.ChoiceField(label=_("Verdict"), choices=SpotVerdict.choices, widget=forms.RadioSelect)
    note = forms.CharField(
        label=_("Note"), max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Needed when something is wrong."),
    )  # fmt: skip


class LabelsWanted(forms.Form):
    """Which devices get labels: by place with all below it, by kind, by words."""

    q = forms.CharField(label=_("Number, name or place"), max_length=60, required=False)
    place = PlaceSelect(label=_("Place"), required=False, empty_label=_("All places"))
    category = forms.ModelChoiceField(
        label=_("Category"), queryset=DeviceCategory.objects.none(), required=False, empty_label=_("All categories")
    )

    def __init__(self, *args: Any, hall: Hall, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        place: Any = self.fields["place"]
        place.fill(hall)
        category: Any = self.fields["category"]
        category.queryset = categories_of(hall)


class LabelForm(forms.Form):
    """On which labels, and how many of the first sheet are used up."""

    format = forms.ChoiceField(
        label=_("Label size"), choices=[(one.key, one.label) for one in FORMATS.values()], widget=forms.RadioSelect
    )
    start = forms.IntegerField(
        label=_("First free label of the sheet"),
        min_value=1,
        max_value=max(one.per_page for one in FORMATS.values()),
        help_text=_("Counted row by row; 1 for a new sheet. Print at 100 %, without fitting to the page."),
    )


class ShortCodeForm(ReasonForm):
    """Why the label on a device is worth nothing any more."""

    version = forms.IntegerField(widget=forms.HiddenInput)
