"""Open tickets handed over at the end of a shift or before leave: offered by one, accepted by name by another."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from tickets.states import HandoverLineState, HandoverReason

PERSON = settings.AUTH_USER_MODEL


class OpenHandover(models.Model):
    """One act of handing over. Until a line is accepted its ticket stays with the engineer who has it."""

    contract = models.ForeignKey("parties.Contract", on_delete=models.PROTECT, related_name="open_handovers")
    from_person = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+", verbose_name=_("From"))
    to_person = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+", verbose_name=_("To"))
    why = models.CharField(_("Why"), max_length=10, choices=HandoverReason)
    note = models.CharField(_("Note for everything"), max_length=500, blank=True)
    is_demo = models.BooleanField(default=False)
    form_token = models.UUIDField(null=True, blank=True, unique=True, editable=False)
    made_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)
    """When the last line was answered."""
    reminded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-made_at", "-id"]
        indexes = [
            models.Index(fields=["made_at"], condition=models.Q(answered_at=None), name="open_handover_waiting"),
            models.Index(fields=["to_person", "-made_at"], name="open_handover_to"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(from_person=models.F("to_person")), name="open_handover_to_another"
            )
        ]

    def __str__(self) -> str:
        return f"{self.from_person_id} → {self.to_person_id}"


class OpenHandoverLine(models.Model):
    """One ticket of a hand-over with its note and the answer."""

    handover = models.ForeignKey(OpenHandover, on_delete=models.PROTECT, related_name="lines")
    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.PROTECT, related_name="handover_lines")
    note = models.CharField(_("Note"), max_length=300, blank=True)
    state = models.CharField(max_length=10, choices=HandoverLineState, default=HandoverLineState.OFFERED)
    refusal = models.CharField(_("Why not"), max_length=300, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["handover", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["ticket"], condition=models.Q(state="offered"), name="handover_line_one_offer"
            ),
            models.CheckConstraint(
                condition=~models.Q(state="refused") | ~models.Q(refusal=""), name="handover_line_refused_why"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.handover_id}: {self.ticket_id}"
