"""The keyboard shortcuts: one list, from which the help sheet is written and by which static/js/keys.js acts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.roles import CLIENT_ROLES, STAFF_ROLES

GO, LIST, TICKET, HELP = _("Go to"), _("In a list"), _("On a ticket"), _("Anywhere")
PLACES: Mapping[str, str] = {
    "home": "h",
    "queue": "q",
    "tickets": "t",
    "devices": "d",
    "promises": "p",
    "reports": "w",
    "messages": "m",
    "roster": "r",
    "calendar": "c",
    "people": "e",
}
"""Entry of the menu → the key after g. A reader has those of the entries that stand in their own menu."""


@dataclass(frozen=True)
class Shortcut:
    """Keys ("g q": one after the other), what they do, and either an address or the name of an act in keys.js."""

    group: str | Promise
    keys: str
    label: str | Promise
    go: str = ""
    does: str = ""

    @property
    def shown(self) -> list[str]:
        """The single keys, as the help sheet shows them."""
        return self.keys.split(" ")


EVERYWHERE = (
    Shortcut(HELP, "/", _("Search"), does="search"),
    Shortcut(HELP, "?", _("Show this sheet"), does="help"),
)
ROWS = (
    Shortcut(LIST, "j", _("Next row"), does="next"),
    Shortcut(LIST, "k", _("Previous row"), does="previous"),
    Shortcut(LIST, "Enter", _("Open the row"), does="open"),
    Shortcut(LIST, "x", _("Select the row"), does="select"),
)
ACTS = (
    Shortcut(TICKET, "r", _("Respond"), does="respond"),
    Shortcut(TICKET, "a", _("Arrived"), does="arrive"),
    Shortcut(TICKET, "d", _("Work is done"), does="done"),
    Shortcut(TICKET, "s", _("Sign, or ask for the signature"), does="sign"),
    Shortcut(TICKET, "m", _("Write a note"), does="note"),
)


def shortcuts_for(role: str, menu: Iterable[Mapping[str, Any]]) -> list[Shortcut]:
    """What the keys do for a role: the places of its menu, lists, and on a ticket what its people do there."""
    places = [
        Shortcut(GO, f"g {PLACES[row['key']]}", row["label"], go=row["url"]) for row in menu if row["key"] in PLACES
    ]
    new = []
    if role in (*CLIENT_ROLES, *STAFF_ROLES):
        new = [Shortcut(HELP, "n", _("Report a fault"), go=reverse("tickets:report"))]
    mine = ACTS if role in STAFF_ROLES else ACTS[3:4] if role in CLIENT_ROLES else ()
    return [*places, *EVERYWHERE[:1], *new, *EVERYWHERE[1:], *ROWS, *mine]
