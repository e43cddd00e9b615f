"""Clears what the house keeps of a contact who is anonymised."""

from core.forgetting import GONE
from parties.models import Contact


def contact_forget(kind: str, pk: int) -> int:
    """Clear name, position, telephone and e-mail of one contact, who is then no longer active; returns how many."""
    if kind != "contact":
        return 0
    return Contact.objects.filter(pk=pk).update(
        name=GONE, title="", phone="", email="", is_active=False, is_office=False
    )
