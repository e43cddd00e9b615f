"""States of a weekly report."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.flow import Flow, Move


class ReportStatus(models.TextChoices):
    """A draft lives with the data; an issued report is frozen."""

    DRAFT = "draft", _("Draft")
    ISSUED = "issued", _("Issued")


REPORT_FLOW = Flow(
    name="weekly_report",
    initial=(ReportStatus.DRAFT.value,),
    moves=(
        Move("edit", (ReportStatus.DRAFT.value,), None),
        Move("issue", (ReportStatus.DRAFT.value,), ReportStatus.ISSUED.value),
    ),
)
