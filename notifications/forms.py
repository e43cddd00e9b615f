"""What people type about channels. Forms turn it into values; services decide whether it holds."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from notifications.models import PERSONAL, ROBOTS, Channel, ChannelChoice, ChannelConfig, DeliveryState
from notifications.senders.mail import PLAIN, STARTTLS, TLS
from notifications.services.channels import ChannelData, secrets_stored
from notifications.topics import all_topics

WRITE_ONLY = forms.PasswordInput(attrs={"autocomplete": "new-password"}, render_value=False)


class ChannelForm(forms.Form):
    """Name and topics; the kinds add what they need. What is secret is only ever typed, never shown."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=40)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    secret_fields: tuple[str, ...] = ()
    setting_fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, config: ChannelConfig | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stored = secrets_stored(config) if config else frozenset()
        for name in self.secret_fields:
            if name in stored:
                self.fields[name].required = False
                self.fields[name].help_text = _("Stored and not shown. Leave it empty to keep it.")
        if "forget_secret" in self.fields and "secret" not in stored:
            del self.fields["forget_secret"]
        if config is not None:
            self.initial = {
                "name": config.name,
                "version": config.version,
                "topics": config.topics,
                "to_group": config.to_group,
                **config.settings,
            }

    def data_of(self) -> ChannelData:
        """What was typed, as the service takes it."""
        data = self.cleaned_data
        return ChannelData(
            name=data["name"],
            to_group=bool(data.get("to_group")),
            topics=data.get("topics") or (),
            settings={name: data[name] for name in self.setting_fields},
            secrets={name: data[name] for name in self.secret_fields},
            forget=("secret",) if data.get("forget_secret") else (),
        )


class EmailForm(ChannelForm):
    """An SMTP server."""

    host = forms.CharField(
        label=gettext_lazy("Server"), max_length=253, widget=forms.TextInput(attrs={"placeholder": "smtp.example.cn"})
    )
    port = forms.IntegerField(label=gettext_lazy("Port"), min_value=1, max_value=65535, initial=465)
    tls = forms.ChoiceField(
        label=gettext_lazy("Encryption"),
        choices=[(TLS, "TLS (465)"), (STARTTLS, "STARTTLS (587)"), (PLAIN, gettext_lazy("None, without a password"))],
        initial=TLS,
    )
    username = forms.CharField(
        label=gettext_lazy("Account"),
        max_length=150,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    password = forms.CharField(
        label=gettext_lazy("Password"), max_length=200, required=False, strip=False, widget=WRITE_ONLY
    )
    from_address = forms.CharField(
        label=gettext_lazy("Sender's address"), max_length=150, widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )
    from_name = forms.CharField(label=gettext_lazy("Sender's name"), max_length=60, required=False)
    secret_fields = ("password",)
    setting_fields = ("host", "port", "tls", "username", "from_address", "from_name")

    def clean_from_address(self) -> str:
        """An address with plain letters."""
        address = str(self.cleaned_data["from_address"]).strip()
        try:
            validate_email(address)
            address.encode("ascii")
        except (ValidationError, UnicodeEncodeError):
            raise ValidationError(_("Please enter a whole e-mail address.")) from None
        return address

    def clean(self) -> dict[str, Any]:
        """A password never travels in the clear."""
        data = self.cleaned_data
        if data.get("tls") == PLAIN and data.get("username"):
            self.add_error("tls", _("A password needs encryption. Please choose TLS or STARTTLS."))
        return data


def _address(label: Any, example: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=500,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "placeholder": example}, render_value=False),
    )


def _topics() -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=gettext_lazy("Topics"),
        choices=lambda: list(all_topics().items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Without a choice the group is told of everything."),
    )


class HookForm(ChannelForm):
    """A web address that is called with signed JSON."""

    address = _address(gettext_lazy("Web address"), "https://gateway.example.cn/notify")
    secret = forms.CharField(
        label=gettext_lazy("Signing secret"),
        max_length=200,
        required=False,
        widget=WRITE_ONLY,
        help_text=gettext_lazy("With it every call is signed (HMAC-SHA256), so that the other side knows us."),
    )
    forget_secret = forms.BooleanField(label=gettext_lazy("Drop the stored signing secret"), required=False)
    secret_fields = ("address", "secret")


class WebhookForm(HookForm):
    """A webhook: one call for each person, or one for a group."""

    to_group = forms.BooleanField(label=gettext_lazy("One call for each message, not for each person"), required=False)
    topics = _topics()


class RobotForm(ChannelForm):
    """A robot of a group chat; platforms that sign take a secret as well."""

    address = _address(gettext_lazy("Webhook address of the robot"), "https://…")
    secret = forms.CharField(
        label=gettext_lazy("Signing secret"),
        max_length=200,
        required=False,
        widget=WRITE_ONLY,
        help_text=gettext_lazy("From the robot's security settings (signature)."),
    )
    forget_secret = forms.BooleanField(label=gettext_lazy("Drop the stored signing secret"), required=False)
    keyword = forms.CharField(
        label=gettext_lazy("Keyword"),
        max_length=20,
        required=False,
        help_text=gettext_lazy("Where the robot only takes posts that hold a certain word."),
    )
    topics = _topics()
    secret_fields: tuple[str, ...] = ("address", "secret")
    setting_fields = ("keyword",)


class WeComForm(RobotForm):
    """WeCom robots do not sign."""

    secret = None  # type: ignore[assignment]
    forget_secret = None  # type: ignore[assignment]
    secret_fields = ("address",)


FORMS: dict[str, type[ChannelForm]] = {
    Channel.EMAIL: EmailForm,
    Channel.SMS: HookForm,
    Channel.WEBHOOK: WebhookForm,
    Channel.WECOM: WeComForm,
    **{kind: RobotForm for kind in ROBOTS if kind != Channel.WECOM},
}


class InternalForm(forms.Form):
    """A network inside the house."""

    cidr = forms.CharField(
        label=gettext_lazy("Network"), max_length=50, widget=forms.TextInput(attrs={"placeholder": "10.8.0.0/16"})
    )
    ports = forms.CharField(
        label=gettext_lazy("Ports"),
        max_length=80,
        required=False,
        help_text=gettext_lazy("Separated by commas; empty means the usual ones."),
        widget=forms.TextInput(attrs={"placeholder": "8080, 9000"}),
    )
    note = forms.CharField(label=gettext_lazy("What it is for"), max_length=120)

    def clean_ports(self) -> list[int]:
        """Numbers between 1 and 65535, ten at most."""
        text = str(self.cleaned_data["ports"]).replace("，", ",")
        parts = [part.strip() for part in text.split(",") if part.strip()]
        if len(parts) > 10 or not all(
            part.isascii() and part.isdigit() and 0 < int(part[:6]) < 65536 for part in parts
        ):
            raise ValidationError(_("Please write up to ten port numbers."))
        return [int(part) for part in parts]


class ChoiceForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a person wants to hear where: one row of boxes for each topic."""

    class Meta:
        model = ChannelChoice
        fields = ("quiet_from", "quiet_until", "wecom_id", "feishu_id")
        widgets = {
            "quiet_from": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
            "quiet_until": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        }

    def __init__(self, *args: Any, kinds: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        labels = dict(Channel.choices)
        stored = self.instance.topics or {}
        for slug, label in all_topics().items():
            self.fields[f"topic_{slug}"] = forms.MultipleChoiceField(
                label=str(label),
                choices=[(kind, labels[kind]) for kind in PERSONAL if kind in kinds],
                required=False,
                widget=forms.CheckboxSelectMultiple,
                initial=stored.get(slug, []),
            )

    def topic_fields(self) -> list[Any]:
        """The rows of boxes."""
        return [self[name] for name in self.fields if name.startswith("topic_")]

    def topics(self) -> dict[str, list[str]]:
        """What was chosen: topic → channels."""
        return {
            name.removeprefix("topic_"): list(value)
            for name, value in self.cleaned_data.items()
            if name.startswith("topic_")
        }


class SentFilter(forms.Form):
    """Which of the things sent are shown."""

    q = forms.CharField(label=gettext_lazy("Search"), max_length=60, required=False)
    channel = forms.ChoiceField(
        label=gettext_lazy("Sent by"),
        choices=[("", gettext_lazy("All channels")), *Channel.choices],
        required=False,
    )
    topic = forms.ChoiceField(
        label=gettext_lazy("Topic"),
        choices=lambda: [("", _("All topics")), *all_topics().items()],
        required=False,
    )
    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        choices=[("", gettext_lazy("All states")), *DeliveryState.choices],
        required=False,
    )
