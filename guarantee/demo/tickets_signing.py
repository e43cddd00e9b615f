"""Signatures of the demo that need more than one person: sheets signed on paper, confirmed and not yet, and reminders."""

import hashlib
import io
from datetime import datetime, timedelta
from functools import cache

from PIL import Image, ImageDraw

from core.clock import SHANGHAI
from core.roles import MANAGER
from parties.models import Contract, Membership, User
from parties.querysets import people_with_role
from records.models import PaperSheet, Purpose, Source
from records.services.attachments import PreparedImage
from records.services.documents import document_of, sitting_of
from records.services.paper import paper_confirm, paper_upload
from tickets.models import Ticket
from tickets.services.sign_remind import ticket_sign_remind
from tickets.states import TicketStatus


def sign_on_paper(
    ticket: Ticket, engineer: User, clerk: Membership, at: datetime, picture: bytes, manager: User | None
) -> PaperSheet:
    """The clerk signed the printed sheet; the engineer uploads its photo and, when one is given, the manager confirms it at `at`."""
    sheet = paper_upload(
        subject=ticket,
        purpose=Purpose.COMPLETION,
        also=bool(sitting_of(ticket, Purpose.COMPLETION)),
        version=document_of(ticket, Purpose.COMPLETION).version,
        signer_name=clerk.user.name,
        signer_unit=str(clerk.unit),
        signed_on=at.astimezone(SHANGHAI).date(),
        photos=[_photo(picture)],
        actor=engineer,
        at=at - timedelta(seconds=90),
        source=Source.DEMO,
    )
    if manager is not None:
        paper_confirm(sheet=sheet, actor=manager, at=at, source=Source.DEMO)
    return sheet


def wait_for_signatures(contract: Contract, *, until: datetime, picture: bytes) -> None:
    """Of what is still unsigned one order was signed on paper and waits for its confirmation, one was reminded of."""
    waiting = list(
        Ticket.objects.filter(
            contract=contract, status=TicketStatus.TO_SIGN, resolved_at__lt=until - timedelta(hours=1)
        )
        .select_related("contract", "assignee", "reporter")
        .order_by("-resolved_at", "-id")[:2]
    )
    clerks = {row.user_id: row for row in Membership.objects.filter(contract=contract).select_related("user", "unit")}
    managers = people_with_role(contract, MANAGER, on=until.astimezone(SHANGHAI).date())
    for number, ticket in enumerate(waiting):
        if number == 0 and ticket.assignee is not None and ticket.reporter_id in clerks:
            sign_on_paper(
                ticket, ticket.assignee, clerks[ticket.reporter_id], until - timedelta(minutes=20), picture, None
            )
        elif number == 1 and managers:
            ticket_sign_remind(ticket=ticket, actor=managers[0], at=until - timedelta(minutes=40), source=Source.DEMO)


@cache
def _photo(picture: bytes) -> PreparedImage:
    """A photo of a sheet with somebody's hand on it."""
    paper = Image.new("L", (900, 1270), 246)
    pen = ImageDraw.Draw(paper)
    pen.rectangle((300, 60, 600, 96), fill=70)
    for row in range(18):
        pen.line((70, 150 + row * 48, 830, 150 + row * 48), fill=120, width=2)
        pen.rectangle((84, 166 + row * 48, 170, 182 + row * 48), fill=150)
        pen.rectangle((260, 166 + row * 48, 360 + (row * 97) % 400, 182 + row * 48), fill=180)
    with Image.open(io.BytesIO(picture)) as ink:
        paper.paste(ink.convert("L").resize((420, 154)), (380, 1040))
    buffer = io.BytesIO()
    paper.save(buffer, "JPEG", quality=70)
    data = buffer.getvalue()
    return PreparedImage(
        data=data,
        extension="jpg",
        content_type="image/jpeg",
        width_px=paper.width,
        height_px=paper.height,
        sha256=hashlib.sha256(data).hexdigest(),
        name="签字单.jpg",
    )
