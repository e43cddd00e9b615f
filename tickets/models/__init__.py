from tickets.models.cause import CauseCode
from tickets.models.rating import Rating
from tickets.models.ticket import Ticket

__all__ = ["CauseCode", "Rating", "Ticket"]
