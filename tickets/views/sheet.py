"""The work order on paper: A4, with the blocks of both signatures (五.1(2), 附三.4))."""

from base64 import b64encode
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
from tickets import canonical
from tickets.models import Ticket
from tickets.subject import KEY
from tickets.views.common import ticket_of

BLOCKS = ((Purpose.ACCEPTANCE, "报修工单确认（甲方签字）"), (Purpose.COMPLETION, "完工确认（甲方签字）"))

IN_HEAD = ("项目", "工单编号")
"""Fields that the sheet's head shows."""
WIDE = ("标题", "故障现象", "初步分析", "服务承诺", "故障原因", "解决方案", "验证情况")
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
        "blocks": [_block(ticket, purpose, title) for purpose, title in BLOCKS],
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


def _block(ticket: Ticket, purpose: Purpose, title: str) -> dict[str, Any]:
    """The last signature under the order, or under the present state of the work; room to sign by hand where there is none."""
    rows = Signature.objects.filter(subject_type=KEY, subject_id=ticket.pk, purpose=purpose).select_related("witness")
    if purpose == Purpose.COMPLETION:
        rows = rows.filter(version=ticket.content_version)
    signature = rows.order_by("-signed_at").first()
    image = b64encode(bytes(signature.image_png)).decode() if signature else ""
    return {"title": title, "signature": signature, "image": f"data:image/png;base64,{image}" if image else ""}
