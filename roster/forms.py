"""What people type into the roster. Forms turn it into values; services decide whether it holds."""

from datetime import date, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import clock, roles
from parties.models import Contract, Membership, User
from roster.models import Post, Rotation, RotationStep
from roster.present import ROSTER_DAYS
from roster.states import LeaveKind

PLACES = 6
"""So many people a rotation's form has room for."""


def day_field(**kwargs: Any) -> forms.DateField:
    """A field for a local day, entered with the browser's own control."""
    return forms.DateField(
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), input_formats=["%Y-%m-%d"], **kwargs
    )


def time_field(**kwargs: Any) -> forms.TimeField:
    """A field for a time of day."""
    return forms.TimeField(
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"), input_formats=["%H:%M", "%H:%M:%S"], **kwargs
    )


class PersonField(forms.ModelChoiceField[User]):
    """One of the contract's staff."""

    def label_from_instance(self, obj: Any) -> str:
        return str(obj.name)


def staff_of(contract: Contract) -> Any:
    """Everybody who has a place in the contract's staff, in order of their accounts."""
    rows = Membership.objects.filter(contract=contract, role__in=roles.STAFF_ROLES, is_active=True)
    return User.objects.filter(pk__in=rows.values("user_id"), is_active=True).order_by("pk")


class ShiftForm(forms.Form):
    """One shift. When it is changed, day and post stay."""

    date = day_field(label=gettext_lazy("Day"))
    post = forms.ModelChoiceField(label=gettext_lazy("Post"), queryset=Post.objects.none(), empty_label=None)
    person = PersonField(label=gettext_lazy("Person"), queryset=User.objects.none())
    stand_in = PersonField(
        label=gettext_lazy("Stand-in"),
        queryset=User.objects.none(),
        required=False,
        empty_label=gettext_lazy("Nobody"),
        help_text=gettext_lazy("Takes over when the person is on leave and the leave names nobody."),
    )
    starts = time_field(label=gettext_lazy("From"), required=False)
    ends = time_field(label=gettext_lazy("To"), required=False)
    note = forms.CharField(label=gettext_lazy("Note"), required=False, max_length=200)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1)

    def __init__(self, *args: Any, contract: Contract, changing: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = staff_of(contract)
        for name in ("person", "stand_in"):
            self.fields[name].queryset = people  # type: ignore[attr-defined]
        self.fields["post"].queryset = Post.objects.filter(contract=contract, is_active=True)  # type: ignore[attr-defined]
        if changing:
            del self.fields["date"], self.fields["post"]
            for name in ("starts", "ends", "version"):
                self.fields[name].required = True
        else:
            self.fields["starts"].help_text = _("Empty: the hours of the post.")


class ReasonForm(forms.Form):
    """Why a shift is taken out."""

    reason = forms.CharField(label=gettext_lazy("Reason"), required=False, max_length=200)


class CopyForm(forms.Form):
    """Two weeks, each named by any of its days."""

    source_week = day_field(label=gettext_lazy("Copy the week of"))
    target_week = day_field(label=gettext_lazy("onto the week of"))


class GenerateForm(forms.Form):
    """The span that the rotations are asked for."""

    first = day_field(label=gettext_lazy("From"))
    last = day_field(label=gettext_lazy("To"))


class LeaveForm(forms.Form):
    """A leave in half days."""

    person = PersonField(label=gettext_lazy("Who"), queryset=User.objects.none())
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=LeaveKind.choices, widget=forms.RadioSelect)
    first_day = day_field(label=gettext_lazy("First day"))
    from_noon = forms.BooleanField(label=gettext_lazy("From noon on"), required=False)
    last_day = day_field(label=gettext_lazy("Last day"))
    until_noon = forms.BooleanField(label=gettext_lazy("Until noon"), required=False)
    replacement = PersonField(
        label=gettext_lazy("Who takes over"),
        queryset=User.objects.none(),
        required=False,
        empty_label=gettext_lazy("The stand-in of each shift"),
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)

    def __init__(self, *args: Any, contract: Contract, only: User | None, **kwargs: Any) -> None:
        """`only`: the one person who may be chosen; None: anybody."""
        super().__init__(*args, **kwargs)
        people = staff_of(contract)
        self.fields["replacement"].queryset = people if only is None else people.exclude(pk=only.pk)  # type: ignore[attr-defined]
        if only is not None:
            del self.fields["person"]
        else:
            self.fields["person"].queryset = people  # type: ignore[attr-defined]


class ApproveForm(forms.Form):
    """The manager's yes, with whoever really takes over."""

    replacement = PersonField(
        label=gettext_lazy("Who takes over"),
        queryset=User.objects.none(),
        required=False,
        empty_label=gettext_lazy("The stand-in of each shift"),
    )
    decision = forms.CharField(label=gettext_lazy("Remark"), required=False, max_length=200)
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)

    def __init__(self, *args: Any, contract: Contract, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["replacement"].queryset = staff_of(contract).exclude(pk=person.pk)  # type: ignore[attr-defined]


class RefuseForm(forms.Form):
    """The manager's no, with its reason."""

    decision = forms.CharField(label=gettext_lazy("Why not?"), max_length=200)
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)


class EnterForm(forms.Form):
    """A check-in entered later."""

    person = PersonField(label=gettext_lazy("Who"), queryset=User.objects.none())
    came_at = forms.DateTimeField(
        label=gettext_lazy("Came at"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
    )
    reason = forms.CharField(label=gettext_lazy("Why is it entered later?"), max_length=200)

    def __init__(self, *args: Any, contract: Contract, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].queryset = staff_of(contract)  # type: ignore[attr-defined]


class PostForm(forms.Form):
    """What the manager may change of a post."""

    name = forms.CharField(label=gettext_lazy("Post"), max_length=40)
    day_kinds = forms.MultipleChoiceField(
        label=gettext_lazy("Needed on"),
        choices=list(ROSTER_DAYS.items()),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    starts = time_field(label=gettext_lazy("From"))
    ends = time_field(label=gettext_lazy("To"), help_text=gettext_lazy("At or before the beginning: on the next day."))
    min_people = forms.IntegerField(label=gettext_lazy("People needed"), min_value=0, max_value=20)
    is_active = forms.BooleanField(label=gettext_lazy("In use"), required=False)


class RotationForm(forms.Form):
    """A rotation: a post, the people in order, and when the turn passes."""

    post = forms.ModelChoiceField(label=gettext_lazy("Post"), queryset=Post.objects.none(), empty_label=None)
    step = forms.ChoiceField(
        label=gettext_lazy("The turn passes on"),
        choices=RotationStep.choices,
        initial=RotationStep.WEEK,
        widget=forms.RadioSelect,
    )
    per_day = forms.IntegerField(label=gettext_lazy("People at a time"), initial=1, min_value=1, max_value=PLACES)
    first_day = day_field(label=gettext_lazy("First day"))
    last_day = day_field(label=gettext_lazy("Last day"), required=False)

    def __init__(self, *args: Any, contract: Contract, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["post"].queryset = Post.objects.filter(contract=contract, is_active=True)  # type: ignore[attr-defined]
        people = staff_of(contract)
        for place in range(1, PLACES + 1):
            self.fields[f"person{place}"] = PersonField(
                label=_("Place %(number)s") % {"number": place},
                queryset=people,
                required=place == 1,
                empty_label="—",
            )

    @property
    def places(self) -> list[Any]:
        """The fields of the people, in order."""
        return [self[f"person{place}"] for place in range(1, PLACES + 1)]

    def people(self) -> list[User]:
        """The chosen people, in order."""
        chosen = [self.cleaned_data.get(f"person{place}") for place in range(1, PLACES + 1)]
        return [person for person in chosen if person is not None]


class EndForm(forms.Form):
    """The last day of a rotation."""

    last_day = day_field(label=gettext_lazy("Last day"))

    def __init__(self, *args: Any, rotation: Rotation, today: date, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"last_day": today})
        super().__init__(*args, **kwargs)
        self.rotation = rotation

    def clean_last_day(self) -> date:
        last_day: date = self.cleaned_data["last_day"]
        if self.rotation.last_day is not None and last_day >= self.rotation.last_day:
            raise ValidationError(_("This rotation has already ended."))
        return last_day


def local_minute(at: datetime) -> str:
    """An instant as a datetime-local control shows it."""
    return at.astimezone(clock.SHANGHAI).strftime("%Y-%m-%dT%H:%M")
