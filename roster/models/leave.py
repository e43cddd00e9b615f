"""Leaves with their replacement, and the days off that Saturdays and holidays earn."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from roster.states import CompOffKind, LeaveKind, LeaveStatus


class Leave(models.Model):
    """One absence. Days are local, both included; `from_noon` leaves the first morning out, `until_noon` the last afternoon.

    `half_days` are the half working days that it costs by the calendar of the moment it was asked for.
    """

    contract = models.ForeignKey("parties.Contract", on_delete=models.PROTECT, related_name="leaves")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="leaves")
    first_day = models.DateField(_("First day"))
    last_day = models.DateField(_("Last day"))
    from_noon = models.BooleanField(default=False)
    until_noon = models.BooleanField(default=False)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    half_days = models.PositiveSmallIntegerField()
    kind = models.CharField(_("Kind"), max_length=10, choices=LeaveKind)
    reason = models.CharField(_("Reason"), max_length=200)
    replacement = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_leaves"
    )
    status = models.CharField(max_length=10, choices=LeaveStatus, default=LeaveStatus.REQUESTED)
    version = models.PositiveIntegerField(default=1)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decision = models.CharField(_("Remark"), max_length=200, blank=True)

    class Meta:
        ordering = ["-starts_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")), name="leave_ends_after_start"
            ),
            models.CheckConstraint(
                condition=models.Q(replacement=None) | ~models.Q(replacement=models.F("person")),
                name="leave_replacement_is_another",
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=("requested", "withdrawn"))
                | models.Q(decided_by__isnull=False, decided_at__isnull=False),
                name="leave_decided_by_somebody",
            ),
        ]
        indexes = [
            models.Index(
                fields=["contract", "starts_at"], condition=models.Q(status="approved"), name="leave_approved"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.first_day}…{self.last_day}"


class CompOff(models.Model):
    """One movement of a person's compensatory days, in half days (+ earned or given back, − taken). Never changed afterwards."""

    contract = models.ForeignKey("parties.Contract", on_delete=models.PROTECT, related_name="comp_offs")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="comp_offs")
    kind = models.CharField(max_length=8, choices=CompOffKind)
    half_days = models.SmallIntegerField()
    date = models.DateField()
    """The local day that was worked, or on which the leave begins."""
    shift = models.ForeignKey("roster.Shift", on_delete=models.PROTECT, null=True, blank=True, related_name="comp_offs")
    leave = models.ForeignKey(Leave, on_delete=models.PROTECT, null=True, blank=True, related_name="comp_offs")
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["date", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["shift", "person"], condition=models.Q(shift__isnull=False), name="comp_off_once_a_shift"
            ),
            models.UniqueConstraint(
                fields=["leave", "kind"], condition=models.Q(leave__isnull=False), name="comp_off_once_a_leave"
            ),
            models.CheckConstraint(
                condition=models.Q(kind="earned", shift__isnull=False, leave=None, half_days__gte=0)
                | models.Q(kind="used", leave__isnull=False, shift=None, half_days__lt=0)
                | models.Q(kind="returned", leave__isnull=False, shift=None, half_days__gt=0),
                name="comp_off_has_its_cause",
            ),
        ]
        indexes = [models.Index(fields=["contract", "person"], name="comp_off_of_person")]

    def __str__(self) -> str:
        return f"{self.person} {self.half_days:+d}/2"
