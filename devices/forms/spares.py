"""What people type about parts, movements, counts and loans. Forms turn it into values; services decide whether it holds."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.roles import CLIENT_ROLES
from devices.models import Device, DeviceCategory, Loan, Place, SpareMove, SparePart, SpareRefusal
from devices.querysets import categories_of, device_by_code, places_of
from devices.rules_spares import BY_HAND
from devices.states import DeviceStatus, LoanOutcome
from parties.models import Contract, Hall, Membership, Unit, User


def day_field(**given: Any) -> forms.DateField:
    """A field for a local day, entered with the browser's own control."""
    return forms.DateField(
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), input_formats=["%Y-%m-%d"], **given
    )


def device_named(hall: Hall, text: str) -> Device | None:
    """The device that somebody typed; None for nothing. Raises ValidationError for what the hall does not have."""
    if not text.strip():
        return None
    device = device_by_code(hall, text)
    if device is None:
        raise forms.ValidationError(gettext("There is no such device in this hall."))
    return device


class PartForm(forms.Form):
    """A kind of part: what it is called, where it is kept, how few there may be."""

    code = forms.CharField(label=_("Code"), max_length=20)
    name = forms.CharField(label=_("Name"), max_length=60)
    model = forms.CharField(label=_("Model"), max_length=60, required=False)
    unit = forms.CharField(label=_("Counted in"), max_length=8, initial="个")
    category = forms.ModelChoiceField(
        label=_("Fits"),
        queryset=DeviceCategory.objects.none(),
        required=False,
        empty_label=_("Several kinds of devices"),
    )
    min_stock = forms.IntegerField(
        label=_("Lowest stock"),
        min_value=0,
        initial=0,
        help_text=_("With fewer than this, everybody concerned is told."),
    )
    place = forms.ModelChoiceField(
        label=_("Stored at"), queryset=Place.objects.none(), required=False, empty_label=_("Not said")
    )
    shelf = forms.CharField(label=_("Shelf"), max_length=40, required=False)
    price = forms.DecimalField(label=_("Price (yuan)"), max_digits=10, decimal_places=2, min_value=0, required=False)
    remark = forms.CharField(label=_("Remark"), max_length=200, required=False)
    is_active = forms.BooleanField(label=_("In use"), required=False, initial=True)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1)

    def __init__(self, *args: Any, hall: Hall, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["category"].queryset = categories_of(hall)  # type: ignore[attr-defined]
        self.fields["place"].queryset = places_of(hall)  # type: ignore[attr-defined]


class MoveForm(forms.Form):
    """One movement of a part's stock."""

    kind = forms.ChoiceField(
        label=_("Kind of movement"), choices=[(kind, SpareMove(kind).label) for kind in BY_HAND], initial="in"
    )
    quantity = forms.IntegerField(label=_("How many"), help_text=_("A correction may be below zero, for example -2."))
    device = forms.CharField(label=_("Device"), max_length=40, required=False)
    document = forms.CharField(
        label=_("Document"), max_length=60, required=False, help_text=_("Delivery note, ticket or order.")
    )
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)

    def __init__(self, *args: Any, hall: Hall, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.hall = hall

    def clean_device(self) -> Device | None:
        """The device that was named."""
        return device_named(self.hall, self.cleaned_data["device"])


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(label=_("Reason"), max_length=200)


class CountForm(forms.Form):
    """What was counted of each part; a part that is left empty was not counted."""

    document = forms.CharField(label=_("Document"), max_length=60, required=False)

    def __init__(self, *args: Any, parts: Sequence[SparePart], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for part in parts:
            self.fields[f"counted_{part.pk}"] = forms.IntegerField(
                label=str(part), min_value=0, max_value=100_000, required=False
            )
            self.fields[f"seen_{part.pk}"] = forms.IntegerField(
                widget=forms.HiddenInput, initial=part.stock, min_value=0, required=False
            )
            self.fields[f"reason_{part.pk}"] = forms.CharField(
                label=gettext("Reason for the difference of %(part)s") % {"part": part}, max_length=200, required=False
            )


class UserField(forms.ModelChoiceField[User]):
    """A person by name."""

    def label_from_instance(self, obj: Any) -> str:
        return str(obj.name)


class BorrowerForm(forms.Form):
    """Who borrows, and until when. Shared by every way to lend."""

    borrower_name = forms.CharField(label=_("Borrower"), max_length=40)
    borrower_unit = forms.ModelChoiceField(
        label=_("Unit"), queryset=Unit.objects.none(), empty_label=_("Please choose")
    )
    borrower_phone = forms.CharField(label=_("Phone"), max_length=20, required=False)
    borrower = UserField(
        label=_("Account of the borrower"),
        queryset=User.objects.none(),
        required=False,
        empty_label=_("No account"),
        help_text=_("With an account the slip is signed there; otherwise on your phone or by a one-time link."),
    )
    due_on = day_field(label=_("Due back on"))
    accessories = forms.CharField(
        label=_("Accessories"), max_length=200, required=False, help_text=_("Power supply, cables, bag …")
    )
    condition_out = forms.CharField(label=_("Condition when handed out"), max_length=200)

    def __init__(self, *args: Any, contract: Contract, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.contract = contract
        units = Unit.objects.filter(organisation_id=contract.client_id).order_by("name")
        self.fields["borrower_unit"].queryset = units  # type: ignore[attr-defined]
        people = Membership.objects.filter(contract=contract, role__in=CLIENT_ROLES, is_active=True)
        self.fields["borrower"].queryset = User.objects.filter(  # type: ignore[attr-defined]
            pk__in=people.values("user_id"), is_active=True
        ).order_by("name")


class LoanForm(BorrowerForm):
    """A loan slip: one device, or some pieces of a part."""

    device = forms.CharField(label=_("Device"), max_length=40, required=False)
    part = forms.ModelChoiceField(
        label=_("Or a spare part"), queryset=SparePart.objects.none(), required=False, empty_label=_("No part")
    )
    quantity = forms.IntegerField(label=_("How many"), min_value=1, initial=1, required=False)
    purpose = forms.CharField(label=_("Purpose"), max_length=200)
    place = forms.ModelChoiceField(
        label=_("Used at"), queryset=Place.objects.none(), required=False, empty_label=_("Not said")
    )
    stands_in_for = forms.CharField(label=_("Stands in for"), max_length=40, required=False)
    hand_out = forms.BooleanField(label=_("Hand out now"), required=False, initial=True)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1)
    field_order = ["device", "part", "quantity", "borrower_name", "borrower_unit"]

    def __init__(self, *args: Any, loan: Loan | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        hall = self.contract.hall
        self.fields["part"].queryset = SparePart.objects.filter(  # type: ignore[attr-defined]
            hall=hall, is_active=True, stock__gt=0
        ).order_by("code")
        self.fields["place"].queryset = places_of(hall)  # type: ignore[attr-defined]
        if loan is not None:
            for name in ("device", "part", "quantity", "stands_in_for", "hand_out"):
                del self.fields[name]

    def clean_device(self) -> Device | None:
        """The device that was named."""
        return device_named(self.contract.hall, self.cleaned_data["device"])

    def clean_stands_in_for(self) -> Device | None:
        """The failed device that was named."""
        return device_named(self.contract.hall, self.cleaned_data["stands_in_for"])

    def clean_quantity(self) -> int:
        """One, where nothing is said."""
        return self.cleaned_data["quantity"] or 1


class SwapForm(BorrowerForm):
    """A spare for a failed device, and what becomes of that."""

    spare = forms.TypedChoiceField(label=_("Spare"), coerce=int, widget=forms.RadioSelect)
    reason = forms.CharField(label=_("What has failed"), max_length=200)
    status = forms.ChoiceField(
        label=_("The failed device is now"),
        choices=[(status.value, status.label) for status in (DeviceStatus.UNDER_REPAIR, DeviceStatus.FAULTY)],
    )
    store = forms.ModelChoiceField(
        label=_("and goes to"), queryset=Place.objects.none(), required=False, empty_label=_("It stays where it is")
    )
    field_order = ["spare", "reason", "status", "store", "borrower_name", "borrower_unit"]

    def __init__(self, *args: Any, offered: Sequence[Device], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["spare"].choices = [  # type: ignore[attr-defined]
            (row.pk, f"{row.code} {row.name} · {row.place.name}") for row in offered
        ]
        self.fields["store"].queryset = places_of(self.contract.hall)  # type: ignore[attr-defined]


class ReturnForm(forms.Form):
    """How something lent came back."""

    outcome = forms.ChoiceField(
        label=_("How it came back"), choices=LoanOutcome.choices, widget=forms.RadioSelect, initial=LoanOutcome.COMPLETE
    )
    quantity_back = forms.IntegerField(label=_("Quantity given back"), min_value=0)
    condition_back = forms.CharField(label=_("Condition when given back"), max_length=200)
    missing = forms.CharField(
        label=_("What is missing or damaged"),
        max_length=200,
        required=False,
        help_text=_("Required unless all came back in order."),
    )
    returner_name = forms.CharField(label=_("Given back by"), max_length=40, required=False)
    repaired = forms.BooleanField(label=_("The device it stood in for works again"), required=False)

    def __init__(self, *args: Any, loan: Loan, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if loan.part_id is None:
            del self.fields["quantity_back"]
        else:
            self.fields["quantity_back"].initial = loan.quantity
        if loan.stands_in_for_id is None:
            del self.fields["repaired"]
        else:
            self.fields["repaired"].help_text = gettext("%(device)s returns to its place and is in use again.") % {
                "device": loan.stands_in_for
            }


class ExtendForm(forms.Form):
    """A later day, and why."""

    due_on = day_field(label=_("Due back on"))
    reason = forms.CharField(label=_("Reason"), max_length=200)
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)


class RefusalForm(forms.Form):
    """Why a failed device got no spare."""

    why = forms.ChoiceField(label=_("Reason"), choices=SpareRefusal.Why.choices, widget=forms.RadioSelect)
    note = forms.CharField(label=_("Note"), max_length=200, help_text=_("What was agreed with the user instead."))
