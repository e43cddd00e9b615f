"""Forms of the account's own pages."""

import unicodedata
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from parties.models import User

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
        if phone and not (set(phone) <= set("0123456789+-() ") and sum(sign.isdigit() for sign in phone) >= 5):
            raise forms.ValidationError(_("Please enter a phone number with digits only."))
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
