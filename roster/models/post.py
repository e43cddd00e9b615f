"""Posts: what has to be manned on which kind of day, and the rotations that say whose turn it is."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Post(models.Model):
    """One post of a contract, e.g. 开厅岗. `day_kinds` are words of roster.rules.RosterDay; times are the hall's wall clock.

    A post that ends at or before its start ends on the next day. `answers_tickets`: its people are on duty for promises; those of
    a stand-by post only while nobody else is.
    """

    contract = models.ForeignKey("parties.Contract", on_delete=models.PROTECT, related_name="posts")
    code = models.SlugField(max_length=30)
    name = models.CharField(_("Post"), max_length=40)
    day_kinds = models.JSONField(_("Needed on"), default=list)
    starts = models.TimeField(_("From"))
    ends = models.TimeField(_("To"))
    min_people = models.PositiveSmallIntegerField(_("People needed"), default=1)
    answers_tickets = models.BooleanField(_("Answers requests"), default=True)
    is_stand_by = models.BooleanField(_("Stand-by"), default=False)
    counts_on_site = models.BooleanField(_("Counts as present in the hall"), default=True)
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(_("In use"), default=True)
    clause = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["contract", "code"], name="post_code_once")]

    def __str__(self) -> str:
        return self.name


class RotationStep(models.TextChoices):
    """When the turn passes to the next person."""

    DAY = "day", _("every day on which the post is needed")
    WEEK = "week", _("every week")


class Rotation(models.Model):
    """Whose turn it is at a post: an ordered list of people from a first day on, `per_day` of them at a time."""

    contract = models.ForeignKey("parties.Contract", on_delete=models.PROTECT, related_name="rotations")
    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="rotations")
    first_day = models.DateField(_("First day"))
    last_day = models.DateField(_("Last day"), null=True, blank=True)
    step = models.CharField(_("The turn passes on"), max_length=4, choices=RotationStep, default=RotationStep.WEEK)
    per_day = models.PositiveSmallIntegerField(_("People at a time"), default=1)
    is_active = models.BooleanField(_("In use"), default=True)

    class Meta:
        ordering = ["post__position", "first_day", "pk"]
        constraints = [
            models.CheckConstraint(condition=models.Q(per_day__gte=1), name="rotation_has_people"),
            models.CheckConstraint(
                condition=models.Q(last_day=None) | models.Q(last_day__gte=models.F("first_day")),
                name="rotation_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.post} · {self.first_day}"


class RotationMember(models.Model):
    """One place in a rotation. Without a stand-in of their own, the next person in the order stands in."""

    rotation = models.ForeignKey(Rotation, on_delete=models.PROTECT, related_name="members")
    position = models.PositiveSmallIntegerField()
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    stand_in = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["rotation", "position"]
        constraints = [
            models.UniqueConstraint(fields=["rotation", "position"], name="rotation_place_once"),
            models.CheckConstraint(
                condition=models.Q(stand_in=None) | ~models.Q(stand_in=models.F("person")),
                name="rotation_stand_in_is_another",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rotation_id}.{self.position} {self.person}"
