"""What people type about notes, tags, texts, checklists, links, merging and splitting."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contract.models import ServiceCategory
from devices.models import Device, Place
from devices.querysets import device_by_code, places_of
from parties.models import Contract
from tickets import rules_talk
from tickets.finds.talk import tags_in, templates_for
from tickets.forms.core import grouped_categories
from tickets.models import CannedText, ChecklistTemplate, Tag, Ticket
from tickets.querysets import tickets_visible_to
from tickets.services.link import CHOSEN_KINDS
from tickets.states import FaultType, TagTone, TextKind


class NoteForm(forms.Form):
    """A note, and whether the client sees it; what the client writes is always seen by both."""

    text = forms.CharField(
        label=gettext_lazy("Note"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3, "data-mention": "", "data-canned": "note"}),
    )
    visible = forms.BooleanField(label=gettext_lazy("The client sees it too"), required=False)

    def __init__(self, *args: Any, by_staff: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not by_staff:
            del self.fields["visible"]
            self.fields["text"].label = _("Message")


class TagsForm(forms.Form):
    """Which tags a ticket carries."""

    tags = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Tags"),
        queryset=Tag.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, ticket: Ticket, carried: list[Tag], **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"tags": [tag.pk for tag in carried]})
        super().__init__(*args, **kwargs)
        rows = tags_in(ticket.contract) | tags_in(ticket.contract, active=False).filter(
            pk__in=[tag.pk for tag in carried]
        )
        field: Any = self.fields["tags"]
        field.queryset = rows


class TagForm(forms.Form):
    """A tag: its name, its colour, and whether it is in use."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=20)
    tone = forms.ChoiceField(
        label=gettext_lazy("Colour"), choices=TagTone.choices, initial=TagTone.PLAIN, widget=forms.RadioSelect
    )
    is_active = forms.BooleanField(label=gettext_lazy("In use"), required=False, initial=True)


class TagMergeForm(forms.Form):
    """Into which tag another goes."""

    into = forms.ModelChoiceField(
        label=gettext_lazy("Into"), queryset=Tag.objects.none(), empty_label=gettext_lazy("Please choose")
    )

    def __init__(self, *args: Any, tag: Tag, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["into"]
        field.queryset = tags_in(tag.contract).exclude(pk=tag.pk)


class _WithCategory(forms.Form):
    """A form with the contract's service categories."""

    category = forms.ChoiceField(label=gettext_lazy("Service category"), required=False)

    def __init__(self, *args: Any, contract: Contract, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.contract = contract
        choices = grouped_categories(contract)
        self.fields["category"].choices = [("", _("Every kind of work")), *choices[1:]]  # type: ignore[attr-defined]

    def clean_category(self) -> ServiceCategory | None:
        """The category behind the choice."""
        value = self.cleaned_data["category"]
        return ServiceCategory.objects.filter(pk=value, contract=self.contract).first() if value else None


class CannedForm(_WithCategory):
    """A text kept ready."""

    field_order = ("kind", "title", "text", "category", "position", "is_active")
    kind = forms.ChoiceField(label=gettext_lazy("Offered for"), choices=TextKind.choices, widget=forms.RadioSelect)
    title = forms.CharField(label=gettext_lazy("Name"), max_length=40)
    text = forms.CharField(label=gettext_lazy("Text"), max_length=1000, widget=forms.Textarea(attrs={"rows": 4}))
    position = forms.IntegerField(label=gettext_lazy("Position"), min_value=0, max_value=999, initial=0)
    is_active = forms.BooleanField(label=gettext_lazy("In use"), required=False, initial=True)

    @staticmethod
    def of(canned: CannedText) -> dict[str, Any]:
        """What the form shows of a text."""
        return {
            "kind": canned.kind,
            "title": canned.title,
            "text": canned.text,
            "category": canned.category_id or "",
            "position": canned.position,
            "is_active": canned.is_active,
        }


class TemplateForm(_WithCategory):
    """A checklist: what it is for, and its items."""

    field_order = ("name", "category", "fault_type", "items", "is_active")
    name = forms.CharField(label=gettext_lazy("Name"), max_length=40)
    fault_type = forms.ChoiceField(
        label=gettext_lazy("Fault type"),
        required=False,
        choices=[("", gettext_lazy("Every type")), *FaultType.choices],
    )
    items = forms.CharField(
        label=gettext_lazy("Items"), max_length=4000, widget=forms.Textarea(attrs={"rows": 8}), strip=False
    )
    is_active = forms.BooleanField(label=gettext_lazy("In use"), required=False, initial=True)

    @staticmethod
    def of(template: ChecklistTemplate) -> dict[str, Any]:
        """What the form shows of a checklist."""
        return {
            "name": template.name,
            "category": template.category_id or "",
            "fault_type": template.fault_type,
            "items": rules_talk.check_text(template.entries),
            "is_active": template.is_active,
        }


class ChecklistForm(forms.Form):
    """Which checklist is copied onto the ticket."""

    template = forms.ModelChoiceField(
        label=gettext_lazy("Checklist"), queryset=ChecklistTemplate.objects.none(), widget=forms.RadioSelect
    )

    def __init__(self, *args: Any, ticket: Ticket, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["template"]
        field.empty_label = None
        field.queryset = ChecklistTemplate.objects.filter(pk__in=[row.pk for row in templates_for(ticket)])


class _OtherTicketForm(forms.Form):
    """A form that names another ticket of the contract by its number."""

    target = forms.CharField(
        label=gettext_lazy("Other ticket"),
        max_length=40,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "list": "other-tickets", "placeholder": "GD-", "autocapitalize": "characters"}
        ),
    )

    def __init__(self, *args: Any, ticket: Ticket, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ticket, self.user = ticket, user

    def clean_target(self) -> Ticket:
        """The ticket of that number, as far as the reader may see it in this contract."""
        code = str(self.cleaned_data["target"]).strip().split(" ")[0].upper()
        rows = tickets_visible_to(self.user).filter(contract_id=self.ticket.contract_id, code=code)
        found = rows.select_related(
            "contract", "assignee", "reporter", "unit", "response_clock", "repair_clock"
        ).first()
        if found is None:
            raise ValidationError(_("There is no such ticket in this contract."))
        return found


class LinkForm(_OtherTicketForm):
    """How this ticket relates to another."""

    field_order = ("kind", "target")
    kind = forms.ChoiceField(
        label=gettext_lazy("This ticket is"),
        choices=[(one.value, one.label) for one in CHOSEN_KINDS],
        initial=CHOSEN_KINDS[0].value,
        widget=forms.RadioSelect,
    )


class MergeForm(_OtherTicketForm):
    """Into which ticket this one goes, and why."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}))


class SplitForm(forms.Form):
    """The other fault, where it is, and from when it counts."""

    description = forms.CharField(
        label=gettext_lazy("What is wrong?"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )
    device = forms.CharField(label=gettext_lazy("Device"), required=False, max_length=80)
    place = forms.ModelChoiceField(
        label=gettext_lazy("Place"), queryset=Place.objects.none(), empty_label=gettext_lazy("Please choose")
    )
    counts = forms.ChoiceField(
        label=gettext_lazy("From when does it count?"),
        choices=[
            ("receipt", gettext_lazy("From the receipt of this request")),
            ("now", gettext_lazy("From now: named only now")),
        ],
        initial="receipt",
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200, required=False)

    def __init__(self, *args: Any, ticket: Ticket, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"place": ticket.place_id, "counts": "receipt"})
        super().__init__(*args, **kwargs)
        self.hall = ticket.contract.hall
        self.chosen_device: Device | None = None
        field: Any = self.fields["place"]
        field.queryset = places_of(self.hall)

    def clean_device(self) -> Device | None:
        """The device behind its number, name or label."""
        text = str(self.cleaned_data["device"]).strip()
        if not text:
            return None
        self.chosen_device = device_by_code(self.hall, text.split(" · ")[-1]) or device_by_code(self.hall, text)
        if self.chosen_device is None:
            raise ValidationError(
                _("There is no device %(code)s in this hall. Please choose one from the list, or leave it empty."),
                params={"code": text},
            )
        return self.chosen_device

    def values(self) -> dict[str, Any]:
        """The arguments of `ticket_split` beside ticket, actor and at."""
        data = self.cleaned_data
        return {
            "description": data["description"],
            "device": data["device"],
            "place": data["place"],
            "named_now": data["counts"] == "now",
            "reason": data["reason"],
        }
