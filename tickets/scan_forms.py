"""What somebody without an account sends from a device's label, and the stamp that shows when the form was handed out."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.core import signing
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from devices.models import Device
from parties.models import Contract, Unit

SALT = "tickets.scan_report"
SECONDS_LEAST = 2
"""Nobody fills in the form faster; programs do."""
SECONDS_MOST = 12 * 3600


@dataclass(frozen=True)
class Stamp:
    """For which device a form was handed out, when, and by which token it makes one ticket however often it is sent."""

    device_id: int
    at: int
    token: UUID


def stamp_for(device: Device, now: datetime) -> str:
    """A signed stamp for a fresh form."""
    return signing.dumps([device.pk, int(now.timestamp()), str(uuid4())], salt=SALT)


def stamp_read(text: str, device: Device, now: datetime) -> Stamp | None:
    """The stamp of a form; None when it is forged, for another device, or too old to be believed."""
    try:
        device_id, at, token = signing.loads(text, salt=SALT)
        stamp = Stamp(int(device_id), int(at), UUID(token))
    except (signing.BadSignature, ValueError, TypeError):
        return None
    age = int(now.timestamp()) - stamp.at
    return stamp if stamp.device_id == device.pk and 0 <= age <= SECONDS_MOST else None


class ScanReportForm(forms.Form):
    """Who, where to reach them, and what is wrong. `website` is never shown: what fills it in is a program."""

    description = forms.CharField(
        label=gettext_lazy("What is wrong?"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )
    reporter_name = forms.CharField(
        label=gettext_lazy("Your name"), max_length=40, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    reporter_phone = forms.CharField(
        label=gettext_lazy("Your phone"),
        max_length=20,
        widget=forms.TextInput(attrs={"type": "tel", "inputmode": "tel", "autocomplete": "tel"}),
    )
    unit = forms.ModelChoiceField(
        label=gettext_lazy("Your unit"),
        queryset=Unit.objects.none(),
        required=False,
        empty_label=gettext_lazy("Not in the list"),
    )
    unit_text = forms.CharField(label=gettext_lazy("or what it is called"), max_length=40, required=False)
    website = forms.CharField(
        required=False, max_length=200, widget=forms.TextInput(attrs={"tabindex": "-1", "autocomplete": "off"})
    )
    stamp = forms.CharField(widget=forms.HiddenInput, max_length=300)

    def __init__(self, *args: Any, contract: Contract, device: Device, now: datetime, **kwargs: Any) -> None:
        known = device.window.unit_id if device.window else device.unit_id
        kwargs.setdefault("initial", {"unit": known, "stamp": stamp_for(device, now)})
        super().__init__(*args, **kwargs)
        self.device, self.now = device, now
        self.read: Stamp | None = None
        units: Any = self.fields["unit"]
        units.queryset = Unit.objects.filter(organisation=contract.client_id, is_active=True).order_by("name")

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        self.read = stamp_read(data.get("stamp", ""), self.device, self.now)
        if self.read is None:
            self.renew()
            self.add_error(None, _("This page was open too long. Nothing is lost; please send it once more."))
        elif data.get("website") or int(self.now.timestamp()) - self.read.at < SECONDS_LEAST:
            self.add_error(
                None, _("This looks as if a program had sent it. Please send it once more, or call the hotline.")
            )
        return data

    def renew(self) -> None:
        """Hand the same entries out under a fresh stamp."""
        entries: Any = self.data
        entries = entries.copy()
        entries["stamp"] = stamp_for(self.device, self.now)
        entries["website"] = ""
        self.data = entries
