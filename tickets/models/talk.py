"""What surrounds the work on a ticket: who follows it, tags, texts kept ready, checklists, and how tickets relate.

None of it is signed, so none of it raises `content_version`. Notes have no model: they are entries of the history.
"""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from tickets.states import FaultType, LinkKind, TagTone, TextKind

PERSON = settings.AUTH_USER_MODEL


class TicketWatch(models.Model):
    """Somebody wants to be told of every step they may see, beside the reporter and the responsible engineer."""

    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.PROTECT, related_name="watches")
    person = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    since = models.DateTimeField()

    class Meta:
        ordering = ["since", "id"]
        constraints = [models.UniqueConstraint(fields=["ticket", "person"], name="ticket_watched_once")]

    def __str__(self) -> str:
        return f"{self.ticket_id}: {self.person_id}"


class Tag(models.Model):
    """A word of the contract's own by which tickets are found together. What is retired stays on the tickets that carry it."""

    contract = models.ForeignKey("parties.Contract", on_delete=models.PROTECT, related_name="ticket_tags")
    name = models.CharField(_("Tag"), max_length=20)
    tone = models.CharField(_("Colour"), max_length=8, choices=TagTone, default=TagTone.PLAIN)
    is_active = models.BooleanField(_("In use"), default=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["contract", "name"], name="ticket_tag_once")]

    def __str__(self) -> str:
        return self.name


class TicketTag(models.Model):
    """One tag on one ticket."""

    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.PROTECT, related_name="tag_links")
    tag = models.ForeignKey(Tag, on_delete=models.PROTECT, related_name="ticket_links")
    added_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField()

    class Meta:
        ordering = ["tag__name"]
        constraints = [models.UniqueConstraint(fields=["ticket", "tag"], name="ticket_tagged_once")]

    def __str__(self) -> str:
        return f"{self.ticket_id}: {self.tag_id}"


class CannedText(models.Model):
    """A text kept ready for notes and for what is written when work is done."""

    contract = models.ForeignKey("parties.Contract", on_delete=models.PROTECT, related_name="canned_texts")
    kind = models.CharField(_("Kind"), max_length=12, choices=TextKind, default=TextKind.NOTE)
    category = models.ForeignKey(
        "contract.ServiceCategory",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("Service category"),
    )
    """The kind of work it is offered for; none for those that fit every kind."""
    title = models.CharField(_("Name"), max_length=40)
    text = models.TextField(_("Text"), max_length=1000)
    position = models.PositiveSmallIntegerField(_("Position"), default=0)
    is_active = models.BooleanField(_("In use"), default=True)

    class Meta:
        ordering = ["kind", "position", "title"]
        constraints = [models.UniqueConstraint(fields=["contract", "kind", "title"], name="canned_text_once")]

    def __str__(self) -> str:
        return self.title


class ChecklistTemplate(models.Model):
    """What has to be looked at for one kind of work: an ordered list of {"text", "required"}."""

    contract = models.ForeignKey("parties.Contract", on_delete=models.PROTECT, related_name="checklist_templates")
    name = models.CharField(_("Name"), max_length=40)
    category = models.ForeignKey(
        "contract.ServiceCategory",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("Service category"),
    )
    fault_type = models.CharField(_("Fault type"), max_length=12, choices=FaultType, blank=True)
    items = models.JSONField(default=list)
    is_active = models.BooleanField(_("In use"), default=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["contract", "name"], name="checklist_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def entries(self) -> list[dict[str, Any]]:
        """Its items in their order."""
        return list(self.items)


class ChecklistItem(models.Model):
    """One item on one ticket, a copy of the template's: changing the template changes no ticket."""

    ticket = models.ForeignKey("tickets.Ticket", on_delete=models.PROTECT, related_name="checklist")
    template = models.ForeignKey(
        ChecklistTemplate, on_delete=models.PROTECT, null=True, blank=True, related_name="copies"
    )
    position = models.PositiveSmallIntegerField(default=0)
    text = models.CharField(_("Item"), max_length=100)
    required = models.BooleanField(_("Required"), default=False)
    done_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["ticket", "text"], name="checklist_item_once"),
            models.CheckConstraint(
                condition=models.Q(done_by__isnull=True, done_at__isnull=True)
                | models.Q(done_by__isnull=False, done_at__isnull=False),
                name="checklist_done_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return self.text


class TicketLink(models.Model):
    """How one ticket relates to another; read from both ends. Merging is no link: see `Ticket.merged_into`."""

    source = models.ForeignKey("tickets.Ticket", on_delete=models.PROTECT, related_name="links_from")
    target = models.ForeignKey("tickets.Ticket", on_delete=models.PROTECT, related_name="links_to")
    kind = models.CharField(_("Relation"), max_length=12, choices=LinkKind)
    linked_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="+")
    linked_at = models.DateTimeField()

    class Meta:
        ordering = ["linked_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["source", "target"], name="ticket_link_once"),
            models.CheckConstraint(condition=~models.Q(source=models.F("target")), name="ticket_link_not_itself"),
        ]

    def __str__(self) -> str:
        return f"{self.source_id} {self.kind} {self.target_id}"
