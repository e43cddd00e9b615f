from tickets.models.cause import CauseCode
from tickets.models.listing import TicketBatch, TicketView, TicketWords
from tickets.models.quality import FollowUp, Repeat
from tickets.models.rating import Rating
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
    "CannedText",
    "CauseCode",
    "ChecklistItem",
    "ChecklistTemplate",
    "Dispatch",
    "FollowUp",
    "NoSpare",
    "Plan",
    "Rating",
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
