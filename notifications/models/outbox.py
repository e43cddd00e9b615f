"""The outbox: a message is a row of the transaction that caused it; each recipient and channel is a delivery."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


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
        indexes = [models.Index(fields=["subject_type", "subject_id"], name="message_subject")]

    def __str__(self) -> str:
        return self.title


class Channel(models.TextChoices):
    """Ways out of the house. Others than in-app arrive with their configuration pages."""

    IN_APP = "in_app", _("In the app")


class DeliveryState(models.TextChoices):
    """Where a delivery stands; `dead` only after 72 hours of retries."""

    PENDING = "pending", _("Waiting")
    DELIVERED = "delivered", _("Delivered")
    DEAD = "dead", _("Failed for good")


class Delivery(models.Model):
    """One message to one person by one channel. At least once, with the row's id as idempotency key."""

    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="deliveries")
    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="deliveries")
    channel = models.CharField(max_length=10, choices=Channel, default=Channel.IN_APP)
    state = models.CharField(max_length=10, choices=DeliveryState, default=DeliveryState.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "recipient", "channel"], name="delivery_once")]
        indexes = [
            models.Index(fields=["next_attempt_at"], condition=models.Q(state="pending"), name="delivery_due"),
            models.Index(fields=["recipient", "-id"], name="delivery_inbox"),
            models.Index(fields=["recipient", "-id"], condition=models.Q(read_at=None), name="delivery_unread"),
        ]

    def __str__(self) -> str:
        return f"{self.message_id} → {self.recipient_id}"
