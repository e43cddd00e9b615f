from tickets.models.cause import CauseCode
from tickets.models.handover_open import OpenHandover, OpenHandoverLine
from tickets.models.listing import TicketBatch, TicketView, TicketWords
from tickets.models.major import IncidentInstruction, MajorIncident
from tickets.models.outage import BlankSheets, GridBatch, LateEntry
from tickets.models.quality import FollowUp, Repeat
from tickets.models.rating import Rating
from tickets.models.remote import RemoteSession
from tickets.models.repair import Dispatch, NoSpare, Plan, TicketLoan, TicketPart
from tickets.models.talk import (
    CannedText,
    ChecklistItem,
    ChecklistTemplate,
    Tag,
    TicketLink,
    TicketTag,
    TicketWatch,
)
from tickets.models.ticket import Ticket

__all__ = [
    "BlankSheets",
    "CannedText",
    "CauseCode",
    "ChecklistItem",
    "ChecklistTemplate",
    "Dispatch",
    "FollowUp",
    "GridBatch",
    "IncidentInstruction",
    "LateEntry",
    "MajorIncident",
    "NoSpare",
    "OpenHandover",
    "OpenHandoverLine",
    "Plan",
    "Rating",
    "RemoteSession",
    "Repeat",
    "Tag",
    "Ticket",
    "TicketBatch",
    "TicketLink",
    "TicketLoan",
    "TicketPart",
    "TicketTag",
    "TicketView",
    "TicketWatch",
    "TicketWords",
]
