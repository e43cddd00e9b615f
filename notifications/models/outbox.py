"""The outbox: a message is a row of the transaction that caused it; each recipient and channel is a delivery."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from notifications.models.channels import Channel, ChannelConfig


class Message(models.Model):
    """What happened, once. `title` and `body` are English msgids with `params`, put into the reader's language when shown.

    `origin` names the row that caused the message where there is one ("alert:17"); it is unique, so that no cause speaks twice.
    """

    contract = models.ForeignKey("parties.Contract", on_delete=models.PROTECT, related_name="+")
    topic = models.SlugField(max_length=40)
    subject_type = models.CharField(max_length=30, blank=True)
    subject_id = models.BigIntegerField(null=True, blank=True)
    title = models.CharField(max_length=200)
    body = models.CharField(max_length=500, blank=True)
    params = models.JSONField(default=dict)
    url = models.CharField(max_length=200, blank=True)
    urgent = models.BooleanField(default=False)
    posted_at = models.DateTimeField()
    source = models.CharField(max_length=10, blank=True)
    origin = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["origin"], condition=~models.Q(origin=""), name="message_origin_once"),
        ]
        indexes = [
            models.Index(fields=["subject_type", "subject_id"], name="message_subject"),
            models.Index(fields=["contract", "-id"], name="message_contract"),
        ]

    def __str__(self) -> str:
        return self.title


class DeliveryState(models.TextChoices):
    """Where a delivery stands; `dead` only after 72 hours of retries."""

    PENDING = "pending", _("Waiting")
    DELIVERED = "delivered", _("Delivered")
    DEAD = "dead", _("Failed for good")
    UNREACHED = "unreached", _("No way to reach them")


class Delivery(models.Model):
    """One message to one person, contact or group by one channel. At least once, with the row's id as idempotency key.

    A person has an account (`recipient`) or none (`contact`); a robot's group is neither. `config` is the channel that was set up
    for it, empty in the app. `due_at` is when it was first to be sent: posted then, or held until service opens. Whoever sends it
    holds it by `claim` until `claimed_until`; what is not marked by then is sent again under the same key.
    """

    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="deliveries")
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="deliveries"
    )
    contact = models.ForeignKey(
        "parties.Contact", on_delete=models.PROTECT, null=True, blank=True, related_name="deliveries"
    )
    config = models.ForeignKey(
        ChannelConfig, on_delete=models.PROTECT, null=True, blank=True, related_name="deliveries"
    )
    channel = models.CharField(max_length=10, choices=Channel, default=Channel.IN_APP)
    state = models.CharField(max_length=10, choices=DeliveryState, default=DeliveryState.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(null=True, blank=True)
    next_attempt_at = models.DateTimeField()
    claim = models.CharField(max_length=32, blank=True)
    claimed_until = models.DateTimeField(null=True, blank=True)
    alone = models.BooleanField(default=False)
    """A robot refused the post that this row was bundled in: it is sent by itself from then on."""
    delivered_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=300, blank=True)
    answer = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["message", "recipient", "channel"], name="delivery_once"),
            models.UniqueConstraint(fields=["message", "contact", "channel"], name="delivery_contact_once"),
            models.UniqueConstraint(
                fields=["message", "config"],
                condition=models.Q(recipient=None, contact=None),
                name="delivery_group_once",
            ),
            models.CheckConstraint(
                condition=models.Q(recipient=None) | models.Q(contact=None), name="delivery_to_one_person"
            ),
            models.CheckConstraint(
                condition=~models.Q(channel="in_app") | models.Q(recipient__isnull=False),
                name="delivery_in_app_has_reader",
            ),
        ]
        indexes = [
            models.Index(
                fields=["channel", "next_attempt_at"], condition=models.Q(state="pending"), name="delivery_due"
            ),
            models.Index(
                fields=["config", "next_attempt_at"],
                condition=models.Q(state="pending", config__isnull=False),
                name="delivery_outside_due",
            ),
            models.Index(
                fields=["config", "-id"],
                condition=models.Q(config__isnull=False),
                name="delivery_of_channel",
            ),
            models.Index(fields=["-id"], condition=models.Q(state="dead"), name="delivery_dead"),
            models.Index(fields=["recipient", "-id"], name="delivery_inbox"),
            models.Index(fields=["recipient", "-id"], condition=models.Q(read_at=None), name="delivery_unread"),
        ]

    def __str__(self) -> str:
        return f"{self.message_id} → {self.recipient_id or self.contact_id or self.config_id}"
