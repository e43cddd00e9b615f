"""What the tests of people share: browsers, links, staff lists."""

from typing import Any

from django.apps import apps
from django.test import Client
from django.urls import reverse

from core import clock
from parties.models import AccountLink, Contact, User, Vendor
from parties.services.links import account_link_issue
from parties.services.organisations import contact_add, vendor_add
from parties.services.sessions import session_ref

AuditEntry: Any = apps.get_model("records", "AuditEntry")
OPEN, PAGE = "/account/link/open/", "/account/link/password/"
NEW = "a-garden-behind-the-hall-7"


def logged_in(user: User) -> Client:
    """A browser in which somebody is signed in."""
    client = Client()
    client.force_login(user)
    return client


def opened(token: str) -> Client:
    """A browser that has opened a one-time link."""
    client = Client()
    assert client.post(OPEN, {"token": token}).status_code == 302
    return client


def twice(password: str = NEW) -> dict[str, str]:
    """What the form for a new password sends."""
    return {"new_password1": password, "new_password2": password}


def to(name: str, *ids: Any) -> str:
    """The address of one of the pages about people and organisations."""
    return reverse(f"people:{name}", args=ids)


def issue(world: Any, user: User | None = None, at: Any = None) -> tuple[AccountLink, str]:
    """A link that the administrator makes for the engineer, or for somebody else."""
    return account_link_issue(user=user or world.engineer, actor=world.admin, at=at or clock.now())


def body(response: Any) -> str:
    """The page as text."""
    return str(response.content.decode())


def vendor_there(world: Any, at: Any) -> None:
    """A vendor and contacts of a hall, named so that nobody mistakes them for another's."""
    contract = world.contract
    vendor = vendor_add(
        contract=contract,
        name=f"{world.tag}厂商",
        service_scope="大屏",
        sla_hours=8,
        contract_end=None,
        actor=world.admin,
        at=at,
    )
    for of in (vendor, contract.contractor, contract.client):
        contact_add(
            contract=contract,
            of=of,
            name=f"{world.tag}联系人",
            title="",
            phone="13800003001",
            email="",
            actor=world.admin,
            at=at,
        )


def people_asked(world: Any, nowhere: int) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """Every route with parameters about people and organisations: for something of that hall, and for nothing at all."""
    contract = world.contract
    contact = Contact.objects.get(organisation_id=contract.client_id)
    vendor = Vendor.objects.filter(hall_id=contract.hall_id).earliest("pk")
    of = (
        (world.clerk.pk, "detail edit reveal deactivate reactivate unlock link_issue link_revoke sessions_end"),
        (world.clerk.memberships.get().pk, "membership_change membership_end"),
        (contract.client_id, "organisation_edit contact_add"),
        (contact.pk, "contact_edit contact_switch"),
        (world.unit.pk, "unit unit_edit unit_deactivate unit_reactivate window_add"),
        (world.window.pk, "window_edit window_switch"),
        (vendor.pk, "vendor vendor_edit vendor_switch vendor_contact_add"),
    )
    table: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        f"people:{name}": ({"pk": pk}, {"pk": nowhere}) for pk, names in of for name in names.split()
    }
    ref = session_ref(world.tag)
    table["people:session_end"] = ({"pk": world.clerk.pk, "ref": ref}, {"pk": nowhere, "ref": "0" * 24})
    table["people:my_session_end"] = ({"ref": ref}, {"ref": "0" * 24})
    table["people:membership_give"] = (
        {"pk": world.clerk.pk, "contract_id": contract.pk},
        {"pk": nowhere, "contract_id": nowhere},
    )
    return table
