"""What is entered to import a file, and to change several devices at once."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from devices.filters import Options
from devices.models import Device
from devices.models.device import PowerPolicy
from devices.states import DeviceStatus

KEEP = ("", _("As it is"))


class ImportForm(forms.Form):
    """A file with rows of the register."""

    file = forms.FileField(label=_("File (xlsx or csv)"), max_length=200)


class ChangeForm(forms.Form):
    """What several devices get; what stays empty stays as it is. `clear_…` empties a field."""

    place = forms.TypedChoiceField(label=_("Place"), required=False, coerce=int)
    status = forms.ChoiceField(
        label=_("Status"),
        required=False,
        choices=[KEEP, *(choice for choice in DeviceStatus.choices if choice[0] != DeviceStatus.RETIRED)],
    )
    vendor = forms.ChoiceField(label=_("Vendor"), required=False)
    custodian = forms.CharField(
        label=_("Custodian"), required=False, max_length=40, help_text=_("A hyphen (-) empties it.")
    )
    power_policy = forms.ChoiceField(label=_("Power policy"), required=False, choices=[KEEP, *PowerPolicy.choices])
    is_key = forms.ChoiceField(
        label=_("Key device"), required=False, choices=[KEEP, ("yes", _("Yes")), ("no", _("No"))]
    )
    criticality = forms.ChoiceField(label=_("Criticality"), required=False, choices=[KEEP, *Device.Criticality.choices])
    reason = forms.CharField(label=_("Reason"), max_length=200)

    def __init__(self, *args: Any, options: Options, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["place"].choices = [("", gettext("As it is")), *options.places]  # type: ignore[attr-defined]
        self.fields["vendor"].choices = [  # type: ignore[attr-defined]
            ("", gettext("As it is")),
            ("none", gettext("None")),
            *options.vendors,
        ]
