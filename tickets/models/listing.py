"""What the list of tickets keeps: what each ticket is found by, named views, and acts on several tickets at once."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

PERSON = settings.AUTH_USER_MODEL


class TicketWords(models.Model):
    """What a ticket is found by, normalised (core.search). Beside the ticket and not in it: every step writes the ticket's row
    anew, and with it every entry of its indexes.

    `internal` holds what the contractor's people wrote for themselves; the client's people never search it.
    """

    ticket = models.OneToOneField("tickets.Ticket", on_delete=models.PROTECT, primary_key=True, related_name="found_by")
    words = models.TextField(blank=True, default="")
    internal = models.TextField(blank=True, default="")

    def __str__(self) -> str:
        return self.words[:40]


class TicketView(models.Model):
    """A filter of the list with its order and columns under a name; `query` is the address behind the question mark.

    It is its owner's, and everybody's of the contract's work once the manager shares it.
    """

    contract = models.ForeignKey("parties.Contract", on_delete=models.PROTECT, related_name="+")
    owner = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(_("Name"), max_length=30)
    query = models.CharField(max_length=600, blank=True)
    shared = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "name", "id"]
        constraints = [models.UniqueConstraint(fields=["contract", "owner", "name"], name="ticket_view_once")]

    def __str__(self) -> str:
        return self.name


class TicketBatch(models.Model):
    """One act on several tickets, and what taking it back needs. `key` is the batch of its audit entries.

    `rows` holds for each ticket {"code", "done", "before", "version"}: what was done, what stood there before, and the
    ticket's version after the act; a ticket that has moved on since then is not taken back.
    """

    class Kind(models.TextChoices):
        ASSIGN = "assign", _("Assignment")
        TAG = "tag", _("Tags")

    contract = models.ForeignKey("parties.Contract", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=8, choices=Kind)
    key = models.UUIDField(unique=True)
    """Names the form that was sent, so that the same form sent twice acts once."""
    word = models.CharField(max_length=60)
    """The engineer's or the tag's name, as it was."""
    reason = models.CharField(_("Reason"), max_length=300, blank=True)
    rows = models.JSONField(default=list)
    made_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    undone_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    undone_at = models.DateTimeField(null=True, blank=True)
    stayed = models.JSONField(default=list)
    """Codes of the tickets that had moved on when the act was taken back."""

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(undone_at__isnull=True, undone_by__isnull=True)
                | models.Q(undone_at__isnull=False, undone_by__isnull=False),
                name="ticket_batch_undone_by_somebody",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.word}"
