from parties.models.contract import Contract, Hall
from parties.models.link import AccountLink
from parties.models.organisation import Contact, Organisation, Unit, Vendor, Window
from parties.models.session import Session
from parties.models.user import Membership, Role, User

__all__ = [
    "AccountLink",
    "Contact",
    "Contract",
    "Hall",
    "Membership",
    "Organisation",
    "Role",
    "Session",
    "Unit",
    "User",
    "Vendor",
    "Window",
]
