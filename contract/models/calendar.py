"""The service calendar as rows: national facts for all, published revisions with local overrides per contract, and the draft."""

from django.conf import settings
from django.db import models

from contract.rules.calendar import DayKind

KINDS = [(kind.value, kind.value) for kind in DayKind]


class PublishedYear(models.Model):
    """A year whose State Council arrangement has been loaded. Years without a row are provisional.

    `fingerprint` is the same on every row: the SHA-256 of all days of all years, by which kept calendars know that they are stale.
    """

    year = models.PositiveSmallIntegerField(unique=True)
    notice = models.CharField(max_length=80)
    loaded_at = models.DateTimeField()
    loaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    fingerprint = models.CharField(max_length=64)

    def __str__(self) -> str:
        return str(self.year)


class NationalDay(models.Model):
    """One day of a year's arrangement: a day off, or a make-up workday."""

    class Kind(models.TextChoices):
        HOLIDAY = "holiday", "holiday"
        MAKEUP = "makeup", "makeup"

    date = models.DateField(unique=True)
    year = models.PositiveSmallIntegerField()
    """The year whose notice names it: a notice may reach back into the December before."""
    kind = models.CharField(max_length=8, choices=Kind)
    name = models.CharField(max_length=20)
    notice = models.CharField(max_length=80)

    class Meta:
        ordering = ["date"]

    def __str__(self) -> str:
        return f"{self.date} {self.kind}"


class MissingYearReminder(models.Model):
    """That a contract's people were reminded, in the week of `week` (its Monday), of a year that is not loaded yet."""

    contract = models.ForeignKey("parties.Contract", on_delete=models.PROTECT, related_name="+")
    week = models.DateField()
    year = models.PositiveSmallIntegerField()
    posted_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["contract", "week"], name="missing_year_reminder_once_a_week")]

    def __str__(self) -> str:
        return f"{self.contract} {self.week} {self.year}"


class CalendarRevision(models.Model):
    """A published state of a contract's calendar. Published, never edited; clocks keep the revision they started under.

    `weekday_windows` maps ISO weekday ("1" … "7") to a list of ["HH:MM", "HH:MM"] pairs; `extended_saturday` is one pair or null.
    They hold from `weekly_from` on (null: always did); `earlier_weeks` are those before, oldest first, each a dict of the three.
    `fingerprint` is the SHA-256 of what the revision says, overrides included: equal calendars are laid out once per process.
    """

    contract = models.ForeignKey("parties.Contract", on_delete=models.PROTECT, related_name="calendar_revisions")
    number = models.PositiveIntegerField()
    weekday_windows = models.JSONField()
    extended_saturday = models.JSONField(null=True)
    weekly_from = models.DateField(null=True, blank=True)
    earlier_weeks = models.JSONField(default=list)
    fingerprint = models.CharField(max_length=64)
    reason = models.CharField(max_length=300)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    published_at = models.DateTimeField()

    class Meta:
        ordering = ["contract", "number"]
        constraints = [models.UniqueConstraint(fields=["contract", "number"], name="calendar_revision_once")]

    def __str__(self) -> str:
        return f"{self.contract} r{self.number}"


class CalendarOverride(models.Model):
    """One day of a revision that differs from the rule: what it is, its windows ([["HH:MM", "HH:MM"], …]; null: those that follow
    from the kind) and why."""

    revision = models.ForeignKey(CalendarRevision, on_delete=models.PROTECT, related_name="overrides")
    date = models.DateField()
    kind = models.CharField(max_length=20, choices=KINDS)
    windows = models.JSONField(null=True)
    reason = models.CharField(max_length=300)

    class Meta:
        ordering = ["date"]
        constraints = [models.UniqueConstraint(fields=["revision", "date"], name="calendar_override_once")]

    def __str__(self) -> str:
        return f"{self.date} {self.kind}"


class CalendarDraft(models.Model):
    """What is planned for a contract's next revision: one draft, the same for everybody, empty again once it is published.

    `weekly` is null, or the new week: {"weekday_windows", "extended_saturday", "from": ISO date, "reason"}. `version` grows with
    every change, so that nobody publishes what they have not seen.
    """

    contract = models.OneToOneField("parties.Contract", on_delete=models.PROTECT, related_name="calendar_draft")
    version = models.PositiveIntegerField(default=0)
    weekly = models.JSONField(null=True, blank=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    changed_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.contract} draft v{self.version}"


class CalendarDraftDay(models.Model):
    """One day of a draft. An empty `kind` takes the published override away, so that the day follows the rule again."""

    draft = models.ForeignKey(CalendarDraft, on_delete=models.PROTECT, related_name="days")
    date = models.DateField()
    kind = models.CharField(max_length=20, choices=KINDS, blank=True)
    windows = models.JSONField(null=True)
    reason = models.CharField(max_length=300)

    class Meta:
        ordering = ["date"]
        constraints = [models.UniqueConstraint(fields=["draft", "date"], name="calendar_draft_day_once")]

    def __str__(self) -> str:
        return f"{self.date} {self.kind or 'rule'}"
