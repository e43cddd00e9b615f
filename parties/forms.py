"""Forms of the account's own pages, and of the administrator's."""

import unicodedata
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from parties.models import Contact, Contract, Role, Unit, User
from parties.querysets import units_of
from parties.rules import can_be_phone

PASSWORD_MAX_LENGTH = 128


class LoginForm(forms.Form):
    """Account and password. Nothing is said here about which of the two was wrong."""

    username = forms.CharField(label=gettext_lazy("Account"), max_length=150)
    password = forms.CharField(
        label=gettext_lazy("Password"), max_length=PASSWORD_MAX_LENGTH, strip=False, widget=forms.PasswordInput
    )

    def clean_username(self) -> str:
        """The same letters typed by another keyboard are the same account."""
        return unicodedata.normalize("NFKC", self.cleaned_data["username"])


class UnlockForm(forms.Form):
    """The password alone: whose it is, the session knows."""

    password = forms.CharField(
        label=gettext_lazy("Password"), max_length=PASSWORD_MAX_LENGTH, strip=False, widget=forms.PasswordInput
    )


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]
    """What people decide about their own account. Their name is evidence and is not theirs to change."""

    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=settings.LANGUAGES)

    class Meta:
        model = User
        fields = ("phone", "language", "sound_on")
        labels = {"sound_on": gettext_lazy("Play a sound when new work arrives")}
        widgets = {"phone": forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"})}

    def clean_phone(self) -> str:
        """Digits with the usual signs between them."""
        phone = str(self.cleaned_data["phone"])
        if phone:
            check_phone(phone)
        return phone


class CurrentPasswordForm(forms.Form):
    """A form whose act needs the password once more."""

    current_password = forms.CharField(
        label=gettext_lazy("Current password"),
        max_length=PASSWORD_MAX_LENGTH,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class PasswordForm(CurrentPasswordForm):
    """A new password, typed twice."""

    new_password1 = forms.CharField(
        label=gettext_lazy("New password"),
        max_length=PASSWORD_MAX_LENGTH,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    new_password2 = forms.CharField(
        label=gettext_lazy("New password again"),
        max_length=PASSWORD_MAX_LENGTH,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        """Both must be the same."""
        data = self.cleaned_data
        if "new_password1" in data and "new_password2" in data and data["new_password1"] != data["new_password2"]:
            self.add_error("new_password2", _("The two new passwords differ."))
        return data


class PinForm(CurrentPasswordForm):
    """A new PIN, typed twice."""

    pin = forms.CharField(
        label=gettext_lazy("New PIN"),
        max_length=8,
        widget=forms.PasswordInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    pin_again = forms.CharField(
        label=gettext_lazy("New PIN again"),
        max_length=8,
        widget=forms.PasswordInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )

    def clean(self) -> dict[str, Any]:
        """Both must be the same."""
        data = self.cleaned_data
        if "pin" in data and "pin_again" in data and data["pin"] != data["pin_again"]:
            self.add_error("pin_again", _("The two PINs differ."))
        return data


# What an administrator keeps -------------------------------------------------------------------------------------------


def phone_field(*, required: bool = False, max_length: int = 20) -> forms.CharField:
    """A telephone number: digits with the usual signs between them."""
    return forms.CharField(
        label=gettext_lazy("Phone"),
        max_length=max_length,
        required=required,
        validators=[check_phone],
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off"}),
    )


def check_phone(value: str) -> None:
    """Raise ValidationError unless it can be a telephone number."""
    if not can_be_phone(value):
        raise forms.ValidationError(_("Please enter a phone number with digits only."))


def day_field(label: Any, *, help_text: Any = "") -> forms.DateField:
    """A day, chosen from the browser's calendar; may be left empty."""
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=False, widget=widget, help_text=help_text)


class PeopleFilterForm(forms.Form):
    """What the list of people can be narrowed by."""

    q = forms.CharField(label=gettext_lazy("Account or name"), max_length=60, required=False)
    role = forms.ChoiceField(
        label=gettext_lazy("Role"), choices=[("", gettext_lazy("All roles")), *Role.choices], required=False
    )
    unit = forms.ModelChoiceField(
        label=gettext_lazy("Unit"),
        queryset=Unit.objects.none(),
        required=False,
        empty_label=gettext_lazy("All units"),
    )

    def __init__(self, *args: Any, contract: Contract, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = units_of(contract)  # type: ignore[attr-defined]


class PersonForm(forms.Form):
    """Name and how to reach a person."""

    name = forms.CharField(label=gettext_lazy("Full name"), max_length=40)
    phone = phone_field()
    email = forms.EmailField(label=gettext_lazy("E-mail"), required=False)
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=settings.LANGUAGES)


class MembershipForm(forms.Form):
    """What a person is in one contract."""

    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=[("", gettext_lazy("Please choose")), *Role.choices])
    unit = forms.ModelChoiceField(
        label=gettext_lazy("Unit"),
        queryset=Unit.objects.none(),
        required=False,
        empty_label=gettext_lazy("No unit"),
        help_text=gettext_lazy("Window clerks need one."),
    )
    title = forms.CharField(label=gettext_lazy("Position"), max_length=40, required=False)
    valid_from = day_field(gettext_lazy("Valid from"))
    valid_to = day_field(gettext_lazy("Valid to"), help_text=gettext_lazy("Auditors need a last day."))

    def __init__(self, *args: Any, contract: Contract, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = units_of(contract).filter(is_active=True)  # type: ignore[attr-defined]


def username_field(help_text: Any) -> forms.CharField:
    """An account name; the same letters typed by another keyboard are the same account."""
    return forms.CharField(
        label=gettext_lazy("Account"),
        max_length=150,
        help_text=help_text,
        validators=[UnicodeUsernameValidator()],
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )


class NewPersonForm(PersonForm, MembershipForm):
    """A new account with its first membership. Nobody types a password: the person sets one by a one-time link."""

    username = username_field(gettext_lazy("Letters, digits and @ . + - _; it cannot be changed later."))
    field_order = (
        "username", "name", "phone", "email", "language", "role", "unit", "title", "valid_from", "valid_to",
    )  # fmt: skip

    def clean_username(self) -> str:
        """As the login page reads it."""
        return unicodedata.normalize("NFKC", self.cleaned_data["username"])


class AttachForm(MembershipForm):
    """An account that exists already, named exactly."""

    username = username_field(gettext_lazy("The exact name of an account that works in another contract already."))
    field_order = ("username", "role", "unit", "title", "valid_from", "valid_to")

    def clean_username(self) -> str:
        """As the login page reads it."""
        return unicodedata.normalize("NFKC", self.cleaned_data["username"])


class ReasonForm(forms.Form):
    """Why something that cannot be undone by itself is done."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)


class StaffListForm(forms.Form):
    """The file of a staff list, or the text of one that was checked a moment ago."""

    file = forms.FileField(label=gettext_lazy("CSV file"), widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}))


class NewPasswordForm(forms.Form):
    """A password of one's own, typed twice, by whoever holds a one-time link."""

    new_password1 = forms.CharField(
        label=gettext_lazy("New password"),
        max_length=PASSWORD_MAX_LENGTH,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    new_password2 = forms.CharField(
        label=gettext_lazy("New password again"),
        max_length=PASSWORD_MAX_LENGTH,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        """Both must be the same."""
        data = self.cleaned_data
        if "new_password1" in data and "new_password2" in data and data["new_password1"] != data["new_password2"]:
            self.add_error("new_password2", _("The two new passwords differ."))
        return data


class OrganisationForm(forms.Form):
    """What a party of the contract is called and where it sits."""

    legal_name = forms.CharField(
        label=gettext_lazy("Legal name"), max_length=120, help_text=gettext_lazy("Stands on every print.")
    )
    short_name = forms.CharField(label=gettext_lazy("Short name"), max_length=40)
    aliases = forms.CharField(
        label=gettext_lazy("Other names in the papers"),
        max_length=1000,
        required=False,
        help_text=gettext_lazy("One name a line. They are never printed; they explain what else the papers call it."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    address = forms.CharField(label=gettext_lazy("Address"), max_length=200, required=False)
    phone = phone_field(max_length=40)

    def clean_aliases(self) -> list[str]:
        """One name a line, empty ones left out, each once."""
        lines = (line.strip() for line in self.cleaned_data["aliases"].splitlines())
        return list(dict.fromkeys(line for line in lines if line))


class UnitForm(forms.Form):
    """The name of a unit."""

    name = forms.CharField(label=gettext_lazy("Name of the unit"), max_length=80)


class WindowForm(forms.Form):
    """The number of a window."""

    code = forms.CharField(label=gettext_lazy("Number of the window"), max_length=12)


class VendorForm(forms.Form):
    """A third party who repairs or supplies."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    service_scope = forms.CharField(label=gettext_lazy("Service scope"), max_length=200, required=False)
    sla_hours = forms.IntegerField(
        label=gettext_lazy("Promised response (hours)"), min_value=1, max_value=999, required=False
    )
    contract_end = day_field(gettext_lazy("Contract ends on"))


class ContactForm(forms.Form):
    """Somebody to call who has no account."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=40)
    title = forms.CharField(label=gettext_lazy("Position"), max_length=40, required=False)
    phone = phone_field(max_length=40)
    email = forms.EmailField(label=gettext_lazy("E-mail"), required=False)
    is_office = forms.BooleanField(
        label=gettext_lazy("Office: gets the last rung of every ladder"),
        required=False,
        help_text=gettext_lazy("Told when a promise is broken and nobody on site has acted."),
    )

    def __init__(self, *args: Any, may_be_office: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_be_office:
            del self.fields["is_office"]


class ContractForm(forms.Form):
    """The few facts of a contract that change during its term."""

    hotline = phone_field(max_length=40)
    project_contact = forms.ModelChoiceField(
        label=gettext_lazy("Project contact"),
        queryset=Contact.objects.none(),
        required=False,
        empty_label=gettext_lazy("Nobody named"),
        help_text=gettext_lazy("One of the contractor's contacts."),
    )

    def __init__(self, *args: Any, contract: Contract, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["hotline"].label = _("Service hotline")
        rows = Contact.objects.filter(organisation_id=contract.contractor_id, is_active=True)
        self.fields["project_contact"].queryset = rows  # type: ignore[attr-defined]
