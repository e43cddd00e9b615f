from tickets.models.rating import Rating
from tickets.models.ticket import Ticket

__all__ = ["Rating", "Ticket"]
