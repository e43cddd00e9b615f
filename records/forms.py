"""What the signing pages send."""

from django import forms
from django.utils.translation import gettext_lazy as _

from records.services.signatures import MAX_COMMENT


class SignForm(forms.Form):
    """A signature with what the signer was shown. Nothing is preselected; the rating is voluntary.

    `also` comes from the button that signs both texts of a page.
    """

    image = forms.CharField(required=False, label=_("Signature"), widget=forms.HiddenInput)
    strokes = forms.CharField(required=False, widget=forms.HiddenInput)
    version_seen = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    sha256_seen = forms.RegexField(r"^[0-9a-f]{64}$", widget=forms.HiddenInput)
    also = forms.BooleanField(required=False, widget=forms.HiddenInput)
    also_sha256 = forms.RegexField(r"^[0-9a-f]{64}$", required=False, widget=forms.HiddenInput)
    rating = forms.TypedChoiceField(
        required=False, coerce=int, empty_value=None, choices=[(level, str(level)) for level in range(1, 6)]
    )
    comment = forms.CharField(
        required=False,
        max_length=MAX_COMMENT,
        label=_("Comment"),
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class SeveralForm(forms.Form):
    """One handwriting for the records that were ticked."""

    image = forms.CharField(required=False, label=_("Signature"), widget=forms.HiddenInput)
    strokes = forms.CharField(required=False, widget=forms.HiddenInput)


class AskForm(forms.Form):
    """Who is to sign."""

    signer_name = forms.CharField(max_length=40, label=_("Who signs"))
    signer_unit = forms.CharField(max_length=80, required=False, label=_("Unit"))
    tell_to = forms.CharField(
        max_length=20,
        required=False,
        label=_("Not here? Telephone number for a code"),
        help_text=_("You tell six digits by telephone under this number; the link asks for them."),
        widget=forms.TextInput(attrs={"inputmode": "tel"}),
    )


class PaperForm(forms.Form):
    """A sheet that was signed by hand: whose signature, of which day, and the version that is printed on it."""

    signer_name = forms.CharField(max_length=40, label=_("Whose signature"))
    signer_unit = forms.CharField(max_length=80, required=False, label=_("Unit"))
    signed_on = forms.DateField(
        label=_("Date on the sheet"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    version = forms.IntegerField(
        min_value=1,
        label=_("Version on the sheet"),
        help_text=_("It stands in the sheet's last line; its code carries it too."),
    )
    also = forms.BooleanField(required=False)


class ReasonForm(forms.Form):
    """Why a sheet is refused."""

    reason = forms.CharField(
        max_length=300, label=_("What is wrong with the sheet"), widget=forms.Textarea(attrs={"rows": 2})
    )


class CodeForm(forms.Form):
    """The code that the holder of a link was told by telephone."""

    code = forms.CharField(
        max_length=12,
        label=_("Code"),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )


class PinForm(forms.Form):
    """The engineer's PIN."""

    pin = forms.CharField(
        max_length=12,
        label=_("PIN"),
        widget=forms.PasswordInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
