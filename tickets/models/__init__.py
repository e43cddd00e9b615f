from tickets.models.cause import CauseCode
from tickets.models.rating import Rating
from tickets.models.repair import Dispatch, NoSpare, Plan, TicketLoan, TicketPart
from tickets.models.ticket import Ticket

__all__ = ["CauseCode", "Dispatch", "NoSpare", "Plan", "Rating", "Ticket", "TicketLoan", "TicketPart"]
