from contract.models.calendar import (
    CalendarDraft,
    CalendarDraftDay,
    CalendarOverride,
    CalendarRevision,
    MissingYearReminder,
    NationalDay,
    PublishedYear,
)
from contract.models.clause import Clause
from contract.models.service import ServiceCategory
from contract.models.term import Term

__all__ = [
    "CalendarDraft",
    "CalendarDraftDay",
    "CalendarOverride",
    "CalendarRevision",
    "Clause",
    "MissingYearReminder",
    "NationalDay",
    "PublishedYear",
    "ServiceCategory",
    "Term",
]
