from parties.models.contract import Contract, Hall
from parties.models.organisation import Organisation, Unit, Vendor, Window
from parties.models.user import Membership, Role, User

__all__ = ["Contract", "Hall", "Membership", "Organisation", "Role", "Unit", "User", "Vendor", "Window"]
