from parties.models.contract import Contract, Hall
from parties.models.organisation import Contact, Organisation, Unit, Vendor, Window
from parties.models.user import Membership, Role, User

__all__ = ["Contact", "Contract", "Hall", "Membership", "Organisation", "Role", "Unit", "User", "Vendor", "Window"]
