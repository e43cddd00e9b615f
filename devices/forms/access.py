"""What people type about doors and access cards."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from devices.models import AccessCard, Device, Door, DoorGroup, Place
from devices.querysets import device_by_code, places_of
from devices.services.cards import Approval, CardData
from devices.states import CardStatus
from parties.models import Contract, Unit, User


def day_field(**given: Any) -> forms.DateField:
    """A field for a local day, entered with the browser's own control."""
    return forms.DateField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **given)


class Ticks(forms.CheckboxSelectMultiple):
    """Several of a short list."""


class DoorForm(forms.Form):
    """A door."""

    code = forms.CharField(label=_("Code"), max_length=20)
    name = forms.CharField(label=_("Name"), max_length=60)
    place = forms.ModelChoiceField(label=_("Place"), queryset=Place.objects.none())
    controller = forms.CharField(
        label=_("Controller"), max_length=40, required=False, help_text=_("Number or short code of the device.")
    )
    mode = forms.ChoiceField(label=_("Without power"), choices=Door.Mode.choices)
    hours = forms.CharField(
        label=_("Hours of passage"), max_length=120, required=False, help_text=_("As the controller is set, in words.")
    )
    is_active = forms.BooleanField(label=_("In use"), required=False, initial=True)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, contract: Contract, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.hall = contract.hall
        self.fields["place"].queryset = places_of(contract.hall)  # type: ignore[attr-defined]

    def clean_controller(self) -> Device | None:
        """The device that was named."""
        text = self.cleaned_data["controller"]
        device = device_by_code(self.hall, text)
        if text.strip() and device is None:
            raise forms.ValidationError(gettext("There is no such device in this hall."))
        return device


class GroupForm(forms.Form):
    """A group of doors."""

    name = forms.CharField(label=_("Name"), max_length=60)
    note = forms.CharField(label=_("Remark"), max_length=200, required=False)
    doors = forms.ModelMultipleChoiceField(label=_("Doors"), queryset=Door.objects.none(), widget=Ticks)
    is_active = forms.BooleanField(label=_("In use"), required=False, initial=True)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, contract: Contract, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["doors"].queryset = Door.objects.filter(hall=contract.hall, is_active=True)  # type: ignore[attr-defined]


class ApprovalForm(forms.Form):
    """Who asked and who approved; the base of every verb that gives a right."""

    requested_by = forms.CharField(label=_("Asked for by"), max_length=40)
    approved_by = forms.CharField(label=_("Approved by"), max_length=40)
    document = forms.CharField(
        label=_("Approved in"), max_length=80, help_text=_("Number of the request, or the letter with its date.")
    )

    def approval(self) -> Approval:
        """The approval that was typed."""
        return Approval(**{name: self.cleaned_data[name] for name in ("requested_by", "approved_by", "document")})


class RightsMixin(forms.Form):
    """Groups and single doors."""

    groups = forms.ModelMultipleChoiceField(
        label=_("Groups of doors"), queryset=DoorGroup.objects.none(), widget=Ticks, required=False
    )
    doors = forms.ModelMultipleChoiceField(
        label=_("Single doors"), queryset=Door.objects.none(), widget=Ticks, required=False
    )
    unit = forms.ModelChoiceField(label=_("Unit"), queryset=Unit.objects.none(), required=False)

    def offer(self, contract: Contract) -> None:
        """Offer what this hall has."""
        choices = {
            "groups": DoorGroup.objects.filter(hall=contract.hall, is_active=True),
            "doors": Door.objects.filter(hall=contract.hall, is_active=True),
            "unit": Unit.objects.filter(organisation_id=contract.client_id, is_active=True),
        }
        for name, rows in choices.items():
            self.fields[name].queryset = rows  # type: ignore[attr-defined]


class CardForm(ApprovalForm, RightsMixin):
    """A new card."""

    number = forms.CharField(
        label=_("Card number"),
        max_length=30,
        help_text=_("Kept as a fingerprint; only its last four signs are shown afterwards."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    holder = forms.ModelChoiceField(
        label=_("Holder's account"),
        queryset=User.objects.none(),
        required=False,
        empty_label=_("No account here"),
    )
    holder_name = forms.CharField(label=_("Holder"), max_length=40, required=False)
    kind = forms.ChoiceField(label=_("Kind"), choices=AccessCard.Kind.choices)
    valid_from = day_field(label=_("Valid from"))
    valid_to = day_field(label=_("Valid until"))
    field_order = ["number", "kind", "holder", "holder_name", "unit", "valid_from", "valid_to", "groups", "doors"]

    def __init__(self, *args: Any, contract: Contract, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer(contract)
        people = User.objects.filter(memberships__contract=contract, memberships__is_active=True, is_active=True)
        self.fields["holder"].queryset = people.distinct().order_by("name")  # type: ignore[attr-defined]

    def data_of_card(self) -> CardData:
        """The card that was typed; an account gives the holder's name."""
        given = self.cleaned_data
        holder = given["holder"]
        return CardData(
            holder_name=holder.name if holder else given["holder_name"],
            holder=holder,
            kind=given["kind"],
            unit=given["unit"],
            valid_from=given["valid_from"],
            valid_to=given["valid_to"],
            groups=list(given["groups"]),
            doors=list(given["doors"]),
        )


class RightsForm(ApprovalForm, RightsMixin):
    """Other rights for a card."""

    reason = forms.CharField(label=_("Reason"), max_length=200)
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)
    field_order = ["groups", "doors", "unit", "reason"]

    def __init__(self, *args: Any, contract: Contract, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer(contract)


class ExtendForm(ApprovalForm):
    """A later end."""

    valid_to = day_field(label=_("Valid until"))
    reason = forms.CharField(label=_("Reason"), max_length=200)
    field_order = ["valid_to", "reason"]


class ReissueForm(ApprovalForm):
    """A new card in place of an old one."""

    number = forms.CharField(
        label=_("Number of the new card"), max_length=30, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    valid_to = day_field(label=_("Valid until"))
    reason = forms.CharField(label=_("Reason"), max_length=200)
    field_order = ["number", "valid_to", "reason"]


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(label=_("Reason"), max_length=200)


class LeftForm(forms.Form):
    """Since when the holder is away."""

    left_on = day_field(label=_("Left on"))


class ListFileForm(forms.Form):
    """A table as file."""

    file = forms.FileField(label=_("File (xlsx or csv)"))


class CardFilter(forms.Form):
    """What the list of cards is narrowed by."""

    q = forms.CharField(label=_("Search"), max_length=40, required=False)
    kind = forms.ChoiceField(label=_("Kind"), required=False, choices=[("", _("All kinds")), *AccessCard.Kind.choices])
    group = forms.ModelChoiceField(
        label=_("Groups of doors"), queryset=DoorGroup.objects.none(), required=False, empty_label=_("All groups")
    )
    status = forms.ChoiceField(required=False, choices=[("", ""), *CardStatus.choices], widget=forms.HiddenInput)

    def __init__(self, *args: Any, contract: Contract, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["group"].queryset = DoorGroup.objects.filter(hall=contract.hall)  # type: ignore[attr-defined]
