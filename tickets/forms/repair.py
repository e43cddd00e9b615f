"""What people type about difficult faults, vendors, spares and parts. Services decide whether it holds."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import clock
from core.roles import STAFF_ROLES
from devices.models import Device, Loan, SparePart, SpareRefusal
from parties.models import Membership, Unit, User, Vendor
from tickets.forms.core import local_instant
from tickets.models import Dispatch, Plan, Ticket
from tickets.services.plan_write import FIELDS
from tickets.states import CostBearer, ToldBy

AGO = (
    ("0", gettext_lazy("Just now")),
    ("10", gettext_lazy("10 min ago")),
    ("30", gettext_lazy("30 min ago")),
    ("60", gettext_lazy("1 h ago")),
)


def _area(label: Any, limit: int, rows: int = 2, **more: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=limit, widget=forms.Textarea(attrs={"rows": rows}), **more)


def _when(data: dict[str, Any], name: str, at: datetime) -> datetime:
    """The exact instant where one was entered, else the chosen span before now."""
    exact: datetime | None = data.get(f"{name}_at")
    return exact or at - timedelta(minutes=int(data.get(f"{name}_ago") or 0))


class EscalateForm(forms.Form):
    """Why the fault is difficult, as far as one can see."""

    analysis = _area(gettext_lazy("First analysis"), 500, 3)


class PlanForm(forms.Form):
    """A plan for a difficult fault; the manager also says how the client was told. A draft may leave everything open."""

    cause = _area(gettext_lazy("Cause of the fault"), 1000, required=False)
    solution = _area(gettext_lazy("Solution"), 2000, 3, required=False)
    estimate_at = local_instant(label=gettext_lazy("Expected to be repaired by"), required=False)
    security = _area(gettext_lazy("Security"), 500, required=False)
    reliability = _area(gettext_lazy("Reliability"), 500, required=False)
    fallback = _area(gettext_lazy("Fallback"), 500, required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1)
    told_to = forms.CharField(label=gettext_lazy("Told to"), max_length=40, required=False)
    told_how = forms.ChoiceField(
        label=gettext_lazy("Told by"),
        choices=[choice for choice in ToldBy.choices if choice[0] != "hotline"],
        widget=forms.RadioSelect,
        required=False,
    )
    told_ago = forms.ChoiceField(
        label=gettext_lazy("When was the client told?"), choices=AGO, widget=forms.RadioSelect, required=False
    )
    told_at = local_instant(label=gettext_lazy("or exactly at"), required=False)

    def __init__(self, *args: Any, ticket: Ticket, plan: Plan | None, decides: bool, **kwargs: Any) -> None:
        first = {name: getattr(plan, name) for name in FIELDS} if plan is not None else {"cause": ticket.cause}
        first |= {"version": plan.version if plan is not None and plan.status in ("drafted", "submitted") else None}
        first |= {"told_to": ticket.contact_person or ticket.reporter_name, "told_how": "phone", "told_ago": "0"}
        kwargs.setdefault("initial", first)
        super().__init__(*args, **kwargs)
        if not decides:
            for name in ("told_to", "told_how", "told_ago", "told_at"):
                del self.fields[name]

    def values(self) -> dict[str, Any]:
        """The plan itself."""
        return {name: self.cleaned_data.get(name) for name in FIELDS}

    def told(self, at: datetime) -> dict[str, Any]:
        """When, to whom and how the client was told."""
        data = self.cleaned_data
        return {
            "told_at": _when(data, "told", at),
            "told_to": data.get("told_to", ""),
            "told_how": data.get("told_how", ""),
        }


class VendorForm(forms.Form):
    """A call to a vendor."""

    vendor = forms.ModelChoiceField(
        label=gettext_lazy("Vendor"), queryset=Vendor.objects.none(), empty_label=gettext_lazy("Please choose")
    )
    how = forms.ChoiceField(
        label=gettext_lazy("How they were called"),
        choices=ToldBy.choices,
        widget=forms.RadioSelect,
        initial=ToldBy.PHONE,
    )
    spoke_with = forms.CharField(label=gettext_lazy("Spoke with"), max_length=40, required=False)
    task = _area(gettext_lazy("What the vendor is to do"), 300)
    due_at = local_instant(
        label=gettext_lazy("Promised to be here by"),
        required=False,
        help_text=gettext_lazy("Left empty, the vendor's promised hours count, else four hours of service time."),
    )
    called_ago = forms.ChoiceField(
        label=gettext_lazy("When was the call?"), choices=AGO, widget=forms.RadioSelect, initial="0", required=False
    )
    called_at = local_instant(label=gettext_lazy("or exactly at"), required=False)
    supervisor = forms.ModelChoiceField(
        label=gettext_lazy("Who watches their work"),
        queryset=User.objects.none(),
        required=False,
        empty_label=gettext_lazy("The responsible engineer"),
    )
    note = forms.CharField(label=gettext_lazy("Note"), max_length=300, required=False)
    waits = forms.BooleanField(label=gettext_lazy("The work waits for them"), required=False, initial=True)

    def __init__(self, *args: Any, ticket: Ticket, may_wait: bool, **kwargs: Any) -> None:
        device = ticket.device
        kwargs.setdefault("initial", {"vendor": device.vendor_id if device is not None else None})
        super().__init__(*args, **kwargs)
        vendors: Any = self.fields["vendor"]
        vendors.queryset = Vendor.objects.filter(hall=ticket.contract.hall_id, is_active=True)
        people = Membership.objects.filter(contract=ticket.contract_id, role__in=STAFF_ROLES, is_active=True)
        supervisors: Any = self.fields["supervisor"]
        supervisors.queryset = User.objects.filter(pk__in=people.values("user_id"), is_active=True).order_by("name")
        if not may_wait:
            del self.fields["waits"]

    def values(self, at: datetime) -> dict[str, Any]:
        """The arguments of the services beside ticket, actor and at."""
        data = dict(self.cleaned_data)
        called = _when(data, "called", at)
        for name in ("called_ago", "called_at", "waits"):
            data.pop(name, None)
        return {**data, "called_at": called}


class VendorArrivedForm(forms.Form):
    """Who came, and when."""

    vendor_engineer = forms.CharField(label=gettext_lazy("Vendor's engineer"), max_length=40)
    arrived_ago = forms.ChoiceField(
        label=gettext_lazy("When did they come?"), choices=AGO, widget=forms.RadioSelect, initial="0", required=False
    )
    arrived_at = local_instant(label=gettext_lazy("or exactly at"), required=False)

    def values(self, at: datetime) -> dict[str, Any]:
        """The arguments of the service beside dispatch, actor and at."""
        data = self.cleaned_data
        return {"vendor_engineer": data["vendor_engineer"], "arrived_at": _when(data, "arrived", at)}


class VendorDoneForm(forms.Form):
    """What the vendor did, and when they finished; when they came, where nobody has recorded it."""

    result = _area(gettext_lazy("What the vendor did"), 500, 3)
    vendor_engineer = forms.CharField(label=gettext_lazy("Vendor's engineer"), max_length=40, required=False)
    arrived_at = local_instant(label=gettext_lazy("Arrived at"), required=False)
    done_ago = forms.ChoiceField(
        label=gettext_lazy("When did they finish?"), choices=AGO, widget=forms.RadioSelect, initial="0", required=False
    )
    done_at = local_instant(label=gettext_lazy("or exactly at"), required=False)

    def __init__(self, *args: Any, dispatch: Dispatch, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"vendor_engineer": dispatch.vendor_engineer, "done_ago": "0"})
        super().__init__(*args, **kwargs)
        if dispatch.arrived_at is not None:
            del self.fields["arrived_at"]

    def values(self, at: datetime) -> dict[str, Any]:
        """The arguments of the service beside dispatch, actor and at."""
        data = self.cleaned_data
        return {
            "result": data["result"],
            "vendor_engineer": data["vendor_engineer"],
            "arrived_at": data.get("arrived_at"),
            "done_at": _when(data, "done", at),
        }


class VendorFailedForm(forms.Form):
    """What happened instead, and whether they are called once more."""

    note = _area(gettext_lazy("What happened?"), 300)
    call_again = forms.BooleanField(label=gettext_lazy("Called again just now"), required=False, initial=True)
    due_at = local_instant(label=gettext_lazy("Promised to be here by"), required=False)


class VendorCallOffForm(forms.Form):
    """Why the vendor is not needed any more."""

    note = _area(gettext_lazy("Why need nobody come any more?"), 300)


class SpareForm(forms.Form):
    """A spare of the same kind for the time of the repair."""

    spare = forms.TypedChoiceField(label=gettext_lazy("Spare"), coerce=int, widget=forms.RadioSelect)
    borrower_name = forms.CharField(label=gettext_lazy("Borrower"), max_length=40)
    borrower_unit = forms.ModelChoiceField(
        label=gettext_lazy("Unit"), queryset=Unit.objects.none(), empty_label=gettext_lazy("Please choose")
    )
    borrower_phone = forms.CharField(
        label=gettext_lazy("Phone"), max_length=20, required=False, widget=forms.TextInput(attrs={"type": "tel"})
    )
    due_on = forms.DateField(
        label=gettext_lazy("Due back on"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
    )
    accessories = forms.CharField(label=gettext_lazy("Accessories"), max_length=200, required=False)
    condition_out = forms.CharField(label=gettext_lazy("Condition when handed out"), max_length=200)

    def __init__(
        self, *args: Any, ticket: Ticket, offered: Sequence[Device], due: datetime | None, **kwargs: Any
    ) -> None:
        kwargs.setdefault(
            "initial",
            {
                "spare": offered[0].pk if offered else None,
                "borrower_name": ticket.reporter_name,
                "borrower_unit": ticket.unit_id,
                "borrower_phone": ticket.reporter_phone,
                "due_on": due.astimezone(clock.SHANGHAI).date() if due is not None else None,
                "condition_out": _("Complete and working"),
            },
        )
        super().__init__(*args, **kwargs)
        spares: Any = self.fields["spare"]
        spares.choices = [(row.pk, f"{row.code} {row.name} · {row.place.name}") for row in offered]
        units: Any = self.fields["borrower_unit"]
        units.queryset = Unit.objects.filter(organisation=ticket.contract.client_id).order_by("name")


class LinkLoanForm(forms.Form):
    """A loan slip that is open already."""

    loan = forms.ModelChoiceField(
        label=gettext_lazy("Open loan"),
        queryset=Loan.objects.none(),
        empty_label=None,
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, offered: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        loans: Any = self.fields["loan"]
        loans.queryset = offered
        loans.label_from_instance = lambda row: f"{row.code} · {row.device or row.part} · {row.borrower_name}"


class NoSpareForm(forms.Form):
    """Why no spare is lent."""

    why = forms.ChoiceField(label=gettext_lazy("Reason"), choices=SpareRefusal.Why.choices, widget=forms.RadioSelect)
    note = forms.CharField(label=gettext_lazy("What was agreed with the user instead"), max_length=200)


class PartForm(forms.Form):
    """A part that was used."""

    part = forms.ModelChoiceField(
        label=gettext_lazy("From the store"),
        queryset=SparePart.objects.none(),
        required=False,
        empty_label=gettext_lazy("Not from our store"),
    )
    name = forms.CharField(label=gettext_lazy("or what it was"), max_length=80, required=False)
    quantity = forms.IntegerField(label=gettext_lazy("Quantity"), min_value=1, max_value=999, initial=1)
    cost_bearer = forms.ChoiceField(
        label=gettext_lazy("Paid by"), choices=CostBearer.choices, widget=forms.RadioSelect, initial=CostBearer.OPEN
    )

    def __init__(self, *args: Any, ticket: Ticket, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        parts: Any = self.fields["part"]
        parts.queryset = SparePart.objects.filter(hall=ticket.contract.hall_id, is_active=True, stock__gt=0).order_by(
            "code"
        )
        parts.label_from_instance = lambda row: " ".join(
            str(bit) for bit in (row.code, row.name, row.model, f"({row.stock} {row.unit})") if bit
        )
