"""What the tests of people share: browsers, links, staff lists."""

from typing import Any

from django.apps import apps
from django.test import Client
from django.urls import reverse

from core import clock
from parties.models import AccountLink, User
from parties.services.links import account_link_issue

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
