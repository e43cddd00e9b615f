"""The client's rating of one ticket: five levels, voluntary, never preset, never by the handler."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from tickets.states import RatingWay


class Rating(models.Model):
    """One rating per ticket. `on_handler_device` ones are marked and counted apart."""

    class Level(models.IntegerChoices):
        VERY_SATISFIED = 5, _("Very satisfied")
        SATISFIED = 4, _("Satisfied")
        FAIRLY_SATISFIED = 3, _("Fairly satisfied")
        DISSATISFIED = 2, _("Dissatisfied")
        VERY_DISSATISFIED = 1, _("Very dissatisfied")

    ticket = models.OneToOneField("tickets.Ticket", on_delete=models.PROTECT, related_name="rating")
    level = models.PositiveSmallIntegerField(choices=Level)
    comment = models.CharField(_("Comment"), max_length=500, blank=True)
    way = models.CharField(max_length=10, choices=RatingWay)
    rated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    rater_name = models.CharField(max_length=40)
    rated_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(level__range=(1, 5)), name="rating_level_known")]

    def __str__(self) -> str:
        return f"{self.ticket_id}: {self.level}"

    @property
    def on_handler_device(self) -> bool:
        """Whether it was given in hand-over mode on the engineer's phone."""
        return self.way == RatingWay.HANDOVER
