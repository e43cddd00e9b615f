"""What the other hall has of signatures that wait: a sheet signed on paper that nobody has confirmed yet."""

from datetime import date
from typing import Any

from records.models import PaperSheet
from records.services.attachments import check_image
from records.services.documents import document_of
from records.services.paper import paper_upload
from records.tests.make import picture, upload
from tests.make import World
from tickets.models import Ticket
from tickets.tests.make import SIGNED, reach


def signing_there(world: World) -> PaperSheet:
    """An order of the other hall that was signed on paper."""
    ticket = reach(world, "to_sign")
    return paper_upload(
        subject=ticket,
        purpose="completion",
        version=document_of(ticket, "completion").version,
        signer_name=f"签字人{world.unit.name}",
        signed_on=date(2024, 3, 18),
        photos=[check_image(upload(picture()))],
        actor=world.engineer,
        at=SIGNED,
    )


def signing_asked(world: World, nowhere: int) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """For every route of signatures: what the other hall has, and what nobody has."""
    sheet = PaperSheet.objects.get(contract=world.contract)
    ticket = Ticket.objects.get(pk=sheet.subject_id)
    record = {"subject_type": "ticket", "subject_id": ticket.pk}
    table: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        f"records:{name}": ({"sheet_id": sheet.pk}, {"sheet_id": nowhere})
        for name in ("paper", "paper_confirm", "paper_refuse")
    }
    table["records:paper_upload"] = (
        {**record, "purpose": "completion"},
        {**record, "purpose": "completion", "subject_id": nowhere},
    )
    table["records:versions"] = (record, record | {"subject_id": nowhere})
    table["tickets:sign_remind"] = ({"code": ticket.code}, {"code": "GD-NIX-20240318-9999"})
    return table
