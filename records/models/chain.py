"""The hash chain over the audit entries, the keys of personal values in them, and when somebody checked it all."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class AuditLink(models.Model):
    """An entry's place in its chain, made at the commit that wrote the entry; append-only, as the database itself sees to.

    `chain` is the contract's id, or 0 for what belongs to none (records.chain.SYSTEM_CHAIN).
    """

    entry = models.OneToOneField(
        "records.AuditEntry", on_delete=models.PROTECT, primary_key=True, related_name="chained"
    )
    chain = models.BigIntegerField()
    seq = models.BigIntegerField()
    previous_hash = models.CharField(max_length=64)
    entry_hash = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["chain", "seq"], name="audit_link_once")]

    def __str__(self) -> str:
        return f"{self.chain}:{self.seq}"


class ChainHead(models.Model):
    """The newest link of a chain: the row that is locked as the last act of each transaction that writes history."""

    chain = models.BigIntegerField(primary_key=True)
    seq = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.chain}:{self.seq}"


class PersonKey(models.Model):
    """The key under which a person's values in audit entries are sealed; destroyed when the person is anonymised.

    A person is an account ("user" and its id), or whoever a record without an account names (the record's subject key and id).
    """

    kind = models.CharField(max_length=30)
    subject_id = models.BigIntegerField()
    sealed_key = models.TextField(blank=True)
    made_at = models.DateTimeField()
    destroyed_at = models.DateTimeField(null=True, blank=True)
    destroyed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject_id"], condition=models.Q(destroyed_at=None), name="person_key_once"
            ),
            models.CheckConstraint(
                condition=models.Q(destroyed_at=None) ^ models.Q(sealed_key=""), name="person_key_or_destroyed"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}:{self.subject_id}"


class Verification(models.Model):
    """One run of the check of chains, signatures, files and anchors, and what it found."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Running")
        WHOLE = "whole", _("Everything whole")
        BROKEN = "broken", _("Broken")
        FAILED = "failed", _("Did not finish")

    contract = models.ForeignKey("parties.Contract", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    """Of one contract only; empty for all of them and the system's own chain."""
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    asked_at = models.DateTimeField()
    since = models.DateTimeField(null=True, blank=True)
    """Only what was recorded from then on; empty for all of it."""
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    counts = models.JSONField(default=dict)
    findings = models.JSONField(default=list)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["contract"],
                condition=models.Q(state__in=["waiting", "running"]),
                name="verification_one_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return f"{self.asked_at} {self.state}"


class Break(models.Model):
    """A break that a check found: the row of whoever tells managers and administrators of it, once.

    It ends with the next check of everything that does not find it any more; the same place broken again is another break.
    """

    key = models.CharField(max_length=64)
    """SHA-256 of what is broken and where (records.services.breaks)."""
    finding = models.JSONField()
    run = models.ForeignKey(Verification, on_delete=models.PROTECT, related_name="+")
    found_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key"], condition=models.Q(ended_at=None), name="break_told_once")
        ]

    def __str__(self) -> str:
        return f"{self.finding}"
