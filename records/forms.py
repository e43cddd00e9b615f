"""What the signing pages send."""

from django import forms
from django.utils.translation import gettext_lazy as _

from records.services.signatures import MAX_COMMENT


class SignForm(forms.Form):
    """A signature with what the signer was shown. Nothing is preselected; the rating is voluntary."""

    image = forms.CharField(required=False, label=_("Signature"), widget=forms.HiddenInput)
    strokes = forms.CharField(required=False, widget=forms.HiddenInput)
    version_seen = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    sha256_seen = forms.RegexField(r"^[0-9a-f]{64}$", widget=forms.HiddenInput)
    rating = forms.TypedChoiceField(
        required=False, coerce=int, empty_value=None, choices=[(level, str(level)) for level in range(1, 6)]
    )
    comment = forms.CharField(
        required=False,
        max_length=MAX_COMMENT,
        label=_("Comment"),
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class AskForm(forms.Form):
    """Who is to sign."""

    signer_name = forms.CharField(max_length=40, label=_("Who signs"))
    signer_unit = forms.CharField(max_length=80, required=False, label=_("Unit"))


class PinForm(forms.Form):
    """The engineer's PIN."""

    pin = forms.CharField(
        max_length=12,
        label=_("PIN"),
        widget=forms.PasswordInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
