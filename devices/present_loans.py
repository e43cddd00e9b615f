"""How stock and loans are told: on the timeline of a device, on the page of what is due, in words of their history."""

from collections.abc import Iterable
from datetime import date, timedelta

from django.db.models import Case, F, Q, When
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from devices.due import LIMIT, Due
from devices.finds.spares import loans_visible_to, low_parts, movements_at
from devices.models import Loan, SpareRefusal
from devices.states import LoanStatus
from devices.timeline import Asked, Happening
from parties.models import Contract

AHEAD = timedelta(days=3)
"""So long before its day a loan is asked back for."""
VERBS = {
    "create": gettext_lazy("Slip written"),
    "edit": gettext_lazy("Slip changed"),
    "hand_out": gettext_lazy("Handed out"),
    "extend": gettext_lazy("Due date extended"),
    "give_back": gettext_lazy("Brought back"),
    "cancel": gettext_lazy("Cancelled"),
    "sign": gettext_lazy("Signed"),
    "attach": gettext_lazy("Photos added"),
    "sign_link_issue": gettext_lazy("One-time link made"),
    "sign_link_revoke": gettext_lazy("One-time link taken back"),
    "paper_upload": gettext_lazy("Sheet signed on paper uploaded"),
    "paper_confirm": gettext_lazy("Sheet signed on paper confirmed"),
    "paper_refuse": gettext_lazy("Sheet signed on paper refused"),
}


def loans_due(contract: Contract, today: date) -> Iterable[Due]:
    """What is lent and due within three days, or late."""
    rows = Loan.objects.filter(
        contract__hall=contract.hall_id, status=LoanStatus.OUT, due_on__lte=today + AHEAD
    ).order_by("due_on", "pk")[:LIMIT]
    return [
        Due(
            key=f"loan:{row.pk}",
            title=f"{row.code} {row.frozen_names.get('thing', '')}",
            text=f"{row.borrower_name} · {row.frozen_names.get('unit', '')}",
            due_on=row.due_on,
            url=reverse("devices:loan", args=[row.code]),
        )
        for row in rows
    ]


def stock_due(contract: Contract, today: date) -> Iterable[Due]:
    """Parts of which fewer are left than should be."""
    return [
        Due(
            key=f"part:{row.pk}",
            title=str(row),
            text=_("%(left)s %(unit)s left, at least %(least)s should be")
            % {"left": row.stock, "unit": row.unit, "least": row.min_stock},
            due_on=row.low_since or today,
            url=reverse("devices:spare", args=[row.pk]),
            mark="low",
        )
        for row in low_parts(contract.hall)[:LIMIT]
    ]


def loan_happenings(asked: Asked) -> list[Happening]:
    """Loans of a device and for it: handed out, and back."""
    rows = loans_visible_to(asked.user).filter(Q(device=asked.device) | Q(stands_in_for=asked.device))
    rows = rows.filter(out_at__isnull=False)
    back = Q(back_at__isnull=False)
    if asked.until is not None:
        rows = rows.filter(out_at__lte=asked.until)
        back &= Q(back_at__lte=asked.until)
    newest = Case(When(back, then=F("back_at")), default=F("out_at"))
    told: list[Happening] = []
    for loan in rows.select_related("lender", "taker").order_by(newest.desc(), "-id")[: asked.limit]:
        url = reverse("devices:loan", args=[loan.code])
        mine = loan.device_id == asked.device.pk
        names = {"thing": loan.frozen_names.get("thing", ""), "name": loan.borrower_name}
        if loan.out_at is not None:
            told.append(
                Happening(
                    at=loan.out_at,
                    key=f"{loan.pk}:out",
                    title=_("Lent to %(name)s") % names if mine else _("%(thing)s was put in its place") % names,
                    text=f"{loan.code} · {loan.purpose}",
                    actor=loan.lender.name,
                    url=url,
                    icon="arrow-right",
                )
            )
        if loan.back_at is not None and (asked.until is None or loan.back_at <= asked.until):
            told.append(
                Happening(
                    at=loan.back_at,
                    key=f"{loan.pk}:back",
                    title=_("Loan ended: %(outcome)s") % {"outcome": loan.get_outcome_display()}
                    if mine
                    else _("%(thing)s was taken back") % names,
                    text=" · ".join(part for part in (loan.code, loan.condition_back, loan.missing) if part),
                    actor=loan.taker.name if loan.taker else "",
                    url=url,
                    icon="arrow-back-up",
                )
            )
    return sorted(told, key=lambda one: one.at, reverse=True)[: asked.limit]


def spare_happenings(asked: Asked) -> list[Happening]:
    """Parts that were built into a device or taken out of it."""
    return [
        Happening(
            at=row.at,
            key=str(row.pk),
            title=f"{row.get_kind_display()} · {row.item.name} × {abs(row.change)} {row.item.unit}",
            text=" · ".join(part for part in (row.document, row.reason) if part),
            actor=row.actor.name if row.actor else "",
            url=reverse("devices:spare", args=[row.item_id]),
            icon="puzzle",
        )
        for row in movements_at(asked.device, asked.until, asked.limit)
    ]


def refusal_happenings(asked: Asked) -> list[Happening]:
    """Why the device got no spare."""
    rows = SpareRefusal.objects.filter(device=asked.device).select_related("actor").order_by("-at", "-id")
    if asked.until is not None:
        rows = rows.filter(at__lte=asked.until)
    return [
        Happening(
            at=row.at,
            key=str(row.pk),
            title=_("No spare: %(why)s") % {"why": row.get_why_display()},
            text=row.note,
            actor=row.actor.name if row.actor else "",
            icon="ban",
        )
        for row in rows[: asked.limit]
    ]
