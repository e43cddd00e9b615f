from contract.models.calendar import CalendarOverride, CalendarRevision, NationalDay, PublishedYear
from contract.models.clause import Clause
from contract.models.service import ServiceCategory
from contract.models.term import Term

__all__ = ["CalendarOverride", "CalendarRevision", "Clause", "NationalDay", "PublishedYear", "ServiceCategory", "Term"]
