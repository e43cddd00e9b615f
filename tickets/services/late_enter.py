"""Verb `enter` of a late entry: what was written on paper during an outage, with its real instants, for the manager to confirm."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from core import clock
from core.errors import Conflict
from core.models import next_number
from core.roles import MANAGER, STAFF_ROLES, SUPERVISOR
from parties.models import Contract, User
from parties.querysets import people_with_role, role_in
from records.models import Source
from records.services.attachments import PreparedImage, attachments_store
from records.services.audit import audit_write
from tickets import rules_outage
from tickets.models import BlankSheets, LateEntry
from tickets.permissions import can_enter_late
from tickets.services import common
from tickets.services import late_common as late
from tickets.states import Triage


class _Rehearsed(Exception):
    """The sheet makes a ticket: what was tried is rolled back."""


@transaction.atomic
def late_enter(
    *,
    contract: Contract,
    actor: User,
    at: datetime,
    outage_from: datetime,
    outage_to: datetime,
    reason: str,
    received_at: datetime,
    engineer: User,
    values: Mapping[str, Any],
    photos: Sequence[PreparedImage],
    paper_no: str = "",
    paper_line: int = 0,
    source: str = Source.PAGE,
    is_demo: bool = False,
    form_token: UUID | None = None,
) -> LateEntry:
    """Enter a sheet later; a photo of the paper is required. `values` are those of the verbs that it tells (late_common).

    The request must have come in during the outage. The whole sheet is rehearsed through the verbs' own services and rolled
    back, so that what waits for the manager can be confirmed. Raises NotAllowed, Invalid,
    or Conflict when this sheet was entered before.
    """
    common.require(
        can_enter_late(actor, contract), _("Only an engineer or the project manager enters what was worked on paper.")
    )
    paper_no = paper_no.strip().upper()
    wrong = {
        "reason": common.needed(reason, 300, _("Please say why it could not be entered at once.")),
        "engineer": "" if role_in(engineer, contract.pk) in STAFF_ROLES else _("Please choose one of our people."),
        "photos": "" if photos else _("A photo of the paper is needed: it is the proof of the instants."),
        "outage_to": _("The outage must end after it began, and before now.")
        if not outage_from < outage_to <= at
        else "",
        "received_at": ""
        if outage_from <= received_at <= outage_to
        else _("The request must have come in during the outage; otherwise please report it the usual way."),
        "paper_no": _sheet_complaint(contract, paper_no),
        **_disorder(received_at, values, at),
    }
    common.check_input(wrong)
    _rehearse(contract, engineer, received_at, values)
    day = at.astimezone(clock.SHANGHAI)
    series = rules_outage.series("BL", contract.number_tag, f"{day:%Y%m%d}")
    entry = LateEntry(
        contract=contract,
        code=f"{series}-{next_number(series):03d}",
        is_demo=is_demo,
        form_token=form_token,
        paper_no=paper_no,
        paper_line=paper_line if paper_no else 0,
        reason=reason.strip(),
        outage_from=outage_from,
        outage_to=outage_to,
        received_at=received_at,
        engineer=engineer,
        values=late.packed(values),
        entered_by=actor,
        entered_at=at,
    )
    try:
        with transaction.atomic():
            entry.save(force_insert=True)
    except IntegrityError as error:
        if form_token is not None and LateEntry.objects.filter(form_token=form_token).exists():
            raise Conflict(_("This sheet has been entered already."), code="recorded") from error
        message = _("This sheet has been entered already; please look at the list.")
        raise Conflict(message, fields={"paper_no": message}) from error
    audit_write(
        contract=contract,
        subject=entry,
        verb="enter_late",
        actor=actor,
        at=at,
        source=source,
        after={
            "paper_no": entry.paper_no,
            "outage_from": outage_from,
            "outage_to": outage_to,
            "received_at": received_at,
            "engineer": engineer,
            **entry.values,
        },
        reason=entry.reason,
    )
    attachments_store(photos, contract=contract, subject=entry, kind="paper", actor=actor, at=at, source=source)
    late.tell(
        entry,
        recipients=_deciders(contract, actor, engineer, at),
        title=gettext_noop("%(code)s waits for your confirmation"),
        body=gettext_noop("%(name)s entered work of %(when)s that was written on paper."),
        params={"name": actor.name, "when": common.local_time(received_at)},
        at=at,
        source=source,
    )
    return entry


def _sheet_complaint(contract: Contract, paper_no: str) -> str:
    """A number that none of our sheets bears is a slip of the pen; paper without a number is left empty."""
    if not paper_no:
        return ""
    series, _dash, number = paper_no.rpartition("-")
    known = (
        number.isascii()
        and number.isdigit()
        and len(number) < 8
        and BlankSheets.objects.filter(
            contract=contract, series=series, first__lte=int(number), last__gte=int(number)
        ).exists()
    )
    return "" if known else _("No sheet with this number was printed; leave it empty for other paper.")


def _disorder(received_at: datetime, values: Mapping[str, Any], at: datetime) -> dict[str, str]:
    texts = {
        "gap": _("An earlier step has no instant yet."),
        "order": _("This lies before the step that precedes it."),
        "ahead": _("This cannot lie ahead of now."),
    }
    found = rules_outage.disorder({**values, "received_at": received_at}, at)
    wrong = {name: texts[code] for name, code in found.items()}
    if not values.get("responded_at"):
        return wrong
    if values.get("triage") == Triage.DIFFICULT and values.get("arrived_at"):
        wrong["arrived_at"] = _(
            "A difficult fault goes to the manager first. Please leave this empty and record the work on the ticket."
        )
    for name in rules_outage.RESPONSE_FIELDS:
        if not values.get(name):
            wrong[name] = _("Please fill in this field.")
    return wrong


def _rehearse(contract: Contract, engineer: User, received_at: datetime, values: Mapping[str, Any]) -> None:
    try:
        with transaction.atomic():
            late.ticket_from_sheet(contract=contract, engineer=engineer, received_at=received_at, values=values)
            raise _Rehearsed
    except _Rehearsed:
        return


def _deciders(contract: Contract, actor: User, engineer: User, at: datetime) -> list[User]:
    """The managers who may confirm it; where none is left, the client's supervisors."""
    day = at.astimezone(clock.SHANGHAI).date()
    concerned = {actor.pk, engineer.pk}
    managers = [row for row in people_with_role(contract, MANAGER, on=day) if row.pk not in concerned]
    return managers or people_with_role(contract, SUPERVISOR, on=day)
