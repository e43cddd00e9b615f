"""Service quality: the same fault again, and what follows a bad rating (records 3.2, 3.5)."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from tickets.states import ContactMethod, FollowUpStatus, RepeatStatus

PERSON = settings.AUTH_USER_MODEL


class Repeat(models.Model):
    """A ticket whose fault an earlier one was thought to have mended: same device and cause within the term `repeat_days`.

    Suspected when it is reported, settled when it is resolved. At most one for each later ticket; which of several that ask at
    the same time is entered, the database decides.
    """

    ticket = models.OneToOneField("tickets.Ticket", on_delete=models.PROTECT, related_name="repeat")
    earlier = models.ForeignKey("tickets.Ticket", on_delete=models.PROTECT, related_name="repeated_by")
    status = models.CharField(_("Status"), max_length=10, choices=RepeatStatus, default=RepeatStatus.SUSPECTED)
    found_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-found_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(status__in=RepeatStatus.values), name="repeat_status_known"),
            models.CheckConstraint(condition=~models.Q(ticket=models.F("earlier")), name="repeat_of_another_ticket"),
            models.CheckConstraint(
                condition=models.Q(status="suspected") | models.Q(settled_at__isnull=False),
                name="repeat_settled_has_instant",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ticket_id} ← {self.earlier_id}"


class FollowUp(models.Model):
    """What is done about a bad rating (差评整改单): the client is called back, measures are taken, and it is closed by a person.

    Two promises run from the rating on: the call within one working day, the measures within fifteen. A second rating is the
    client's free word about the measures; the first one stays what it is.
    """

    contract = models.ForeignKey("parties.Contract", on_delete=models.PROTECT, related_name="follow_ups")
    code = models.CharField(_("Follow-up number"), max_length=40, unique=True)
    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.PROTECT, related_name="follow_ups")
    rating = models.OneToOneField("tickets.Rating", on_delete=models.PROTECT, related_name="follow_up")
    status = models.CharField(_("Status"), max_length=12, choices=FollowUpStatus, default=FollowUpStatus.OPEN)
    version = models.PositiveIntegerField(default=1)
    is_demo = models.BooleanField(default=False)
    opened_at = models.DateTimeField(_("Opened at"))
    callback_clock = models.ForeignKey("sla.Clock", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    measures_clock = models.ForeignKey("sla.Clock", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    assignee = models.ForeignKey(PERSON, on_delete=models.PROTECT, null=True, blank=True, related_name="follow_ups")

    called_back_at = models.DateTimeField(_("Called back at"), null=True, blank=True)
    called_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    called_whom = models.CharField(_("Spoke with"), max_length=40, blank=True)
    called_how = models.CharField(_("Contact by"), max_length=10, choices=ContactMethod, blank=True)
    said = models.CharField(_("What was said"), max_length=1000, blank=True)

    measures = models.CharField(_("Measures"), max_length=1000, blank=True)
    measures_done_at = models.DateTimeField(_("Measures done at"), null=True, blank=True)
    measures_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    asked_at = models.DateTimeField(_("Asked to rate again at"), null=True, blank=True)
    again_level = models.PositiveSmallIntegerField(_("Second rating"), null=True, blank=True)
    again_comment = models.CharField(_("Comment"), max_length=500, blank=True)
    again_at = models.DateTimeField(null=True, blank=True)

    closed_at = models.DateTimeField(_("Closed at"), null=True, blank=True)
    closed_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    conclusion = models.CharField(_("Conclusion"), max_length=500, blank=True)

    class Meta:
        ordering = ["-opened_at", "-id"]
        indexes = [models.Index(fields=["contract", "status", "-opened_at"], name="follow_up_by_status")]
        constraints = [
            models.CheckConstraint(condition=models.Q(status__in=FollowUpStatus.values), name="follow_up_status_known"),
            models.CheckConstraint(
                condition=models.Q(status="open")
                | (
                    models.Q(called_back_at__isnull=False, called_by__isnull=False)
                    & ~models.Q(called_whom="")
                    & ~models.Q(said="")
                ),
                name="follow_up_call_is_whole",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="closed")
                | (models.Q(closed_at__isnull=False, closed_by__isnull=False, measures_done_at__isnull=False)),
                name="follow_up_closed_by_a_person",
            ),
            models.CheckConstraint(
                condition=models.Q(again_level__isnull=True)
                | models.Q(again_level__range=(1, 5), again_at__isnull=False, asked_at__isnull=False),
                name="follow_up_again_was_asked",
            ),
        ]

    def __str__(self) -> str:
        return self.code
