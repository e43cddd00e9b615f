"""The work order on paper: A4, with the blocks of both signatures (五.1(2), 附三.4)).

Each signature carries a code under which anybody can check it; a sheet that is still to be signed carries one that leads its
uploader to the page for its photo and binds that to the version printed on it.
"""

from typing import Any

from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils import translation

from core import clock
from core.access import allow
from core.http import Request
from core.pdf import pdf_render
from core.roles import BUSINESS_ROLES
from core.templatetags.ui import mask_phone
from records.models import Purpose, Signature
from records.printed import printed_signature, site_shown, upload_qr
from records.querysets import sealed_signatures_of
from tickets import canonical
from tickets.models import Ticket
from tickets.states import TicketStatus
from tickets.subject import still_stands
from tickets.views.common import ticket_of

BLOCKS = ((Purpose.ACCEPTANCE, "报修工单确认（甲方签字）"), (Purpose.COMPLETION, "完工确认（甲方签字）"))

IN_HEAD = ("项目", "工单编号", canonical.VERSION)
"""Fields that the sheet shows in its head, or in its last line."""
WIDE = ("标题", "故障现象", "初步分析", "服务承诺", "故障原因", "解决方案", "验证情况", "使用备件")
"""Fields with a line of their own; the others stand in pairs."""


@allow(*BUSINESS_ROLES)
def sheet(request: Request, code: str) -> HttpResponse:
    """The work order as PDF; a paper of the contract, so it is Chinese whatever the reader's language."""
    ticket = ticket_of(request, code)
    with translation.override("zh-hans"):
        html = render_to_string("tickets/sheet.html", _content(ticket))
    response = HttpResponse(pdf_render(html), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{ticket.code}.pdf"'
    return response


def _content(ticket: Ticket) -> dict[str, Any]:
    def lines(text: str) -> list[list[str]]:
        return [line.split("：", 1) for line in text.strip().split("\n")[1:]]

    done = ticket.resolved_at is not None
    rows = lines(canonical.completion_text(ticket) if done else canonical.acceptance_text(ticket))
    return {
        "ticket": ticket,
        "code": ticket.code,
        "project": str(ticket.frozen_names.get("project", "")),
        "made_at": clock.now(),
        "rows": _paired([(row[0], row[1]) for row in rows if row[0] not in IN_HEAD and row[1] != canonical.NOTHING]),
        "phone": mask_phone(ticket.reporter_phone) if ticket.reporter_phone else "",
        "version": ticket.content_version,
        "site": site_shown(),
        "unsigned": ticket.status == TicketStatus.CLOSED_UNSIGNED,
        **_blocks(ticket),
    }


def _paired(rows: list[tuple[str, str]]) -> list[list[tuple[str, str]]]:
    """The rows of the sheet's table: two short fields side by side, a long one alone."""
    table: list[list[tuple[str, str]]] = []
    for row in rows:
        last = table[-1] if table else []
        if row[0] not in WIDE and len(last) == 1 and last[0][0] not in WIDE:
            last.append(row)
        else:
            table.append([row])
    return table


def _blocks(ticket: Ticket) -> dict[str, Any]:
    """Both blocks: the signature that stands under what this sheet says, or room to sign by hand, and then the way to upload it."""
    given: dict[str, Signature] = {
        row.purpose: row for row in sealed_signatures_of(ticket) if still_stands(ticket, row)
    }
    blocks = [printed_signature(title, given.get(purpose)) for purpose, title in BLOCKS]
    open_purpose = next((purpose for purpose, _title in reversed(BLOCKS) if purpose not in given), None)
    if ticket.resolved_at is None and Purpose.ACCEPTANCE not in given:
        open_purpose = Purpose.ACCEPTANCE
    upload = ""
    if open_purpose is not None and ticket.status not in (TicketStatus.CANCELLED, TicketStatus.MERGED):
        upload = upload_qr(ticket, open_purpose.value)
    return {"blocks": blocks, "upload": upload}
