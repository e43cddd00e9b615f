"""Remote sessions: who let us in, with what, and what was done (三.3)."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class RemoteSession(models.Model):
    """One session on the client's machine for a ticket. At most one is open at a time; it ends with a summary."""

    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.PROTECT, related_name="remote_sessions")
    engineer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField(_("Started at"))
    authorised_by = models.CharField(_("Allowed by"), max_length=40)
    tool = models.CharField(_("Tool"), max_length=40)
    ended_at = models.DateTimeField(_("Ended at"), null=True, blank=True)
    summary = models.CharField(_("What was done"), max_length=500, blank=True)

    class Meta:
        ordering = ["started_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["ticket"], condition=Q(ended_at=None), name="remote_one_open"),
            models.CheckConstraint(
                condition=Q(ended_at=None) | (Q(ended_at__gte=models.F("started_at")) & ~Q(summary="")),
                name="remote_ended_has_summary",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.tool}"
