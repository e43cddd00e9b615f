"""Verbs of a file of another system's work orders: check, map, take over, lay aside, undo (interpretation 32).

The adapter to that system comes later: until then its list is exported there and taken over here, all rows or none.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from core.errors import Conflict, Invalid
from core.flow import claim
from core.roles import MANAGER
from core.sheets import Table
from devices.models import Place
from parties.models import Contract, Unit, User
from parties.querysets import role_in
from records.models import AuditEntry, Source, Visibility
from records.services.audit import audit_write
from sla.services.clock import clock_cancel
from sla.states import ClockState
from tickets import rules_outage
from tickets.models import GridBatch, Ticket
from tickets.permissions import can_import_grid
from tickets.services import common
from tickets.services.grid_read import grid_rows
from tickets.services.report import ticket_report
from tickets.states import GRID_BATCH_FLOW, Channel, TicketStatus

UNTOUCHED = ("report", "alert", "breach", "grid_taken")
"""What the house itself enters about a ticket that nobody has touched."""


@transaction.atomic
def grid_check(
    *,
    contract: Contract,
    actor: User,
    at: datetime,
    table: Table,
    file_name: str,
    source_system: str,
    source: str = Source.PAGE,
) -> GridBatch:
    """Keep a file to be looked at; nothing else changes. Its columns are read as those of the last file with the same head.

    Raises NotAllowed or Invalid.
    """
    common.require(
        can_import_grid(actor, contract), _("Only an engineer or the project manager takes over work orders.")
    )
    too_many = len(table.rows) > rules_outage.MOST_ROWS
    common.check_input(
        {
            "source_system": common.needed(source_system, 40, _("Please say which system it comes from.")),
            "file": _("At most %(most)s work orders at once.") % {"most": rules_outage.MOST_ROWS}
            if too_many
            else ("" if table.rows else _("The file is empty.")),
        }
    )
    earlier = GridBatch.objects.filter(
        contract=contract, source_system=source_system.strip(), header=table.header
    ).order_by("-id")
    last = earlier.first()
    batch = GridBatch.objects.create(
        contract=contract,
        source_system=source_system.strip(),
        file_name=file_name[-120:],
        header=table.header,
        columns=last.columns if last is not None else rules_outage.guess(table.header),
        rows=[{"number": number, "cells": cells} for number, cells in zip(table.numbers, table.rows, strict=True)],
        unit=last.unit if last is not None else None,
        place=last.place if last is not None else None,
        created_by=actor,
        created_at=at,
    )
    _record(batch, "grid_check", actor, at, source, {"file": batch.file_name, "rows": len(batch.rows)})
    return batch


@transaction.atomic
def grid_map(
    *,
    batch: GridBatch,
    actor: User,
    at: datetime,
    columns: Mapping[str, int],
    unit: Unit | None = None,
    place: Place | None = None,
    source: str = Source.PAGE,
) -> GridBatch:
    """Say which column holds what, and which unit and place stand in where a row names none; it is remembered for the next file.

    Raises NotAllowed, Invalid or Conflict.
    """
    contract = batch.contract
    common.require(
        can_import_grid(actor, contract), _("Only an engineer or the project manager takes over work orders.")
    )
    width = len(batch.header)
    wrong = {
        name: _("Please choose the column.") for name in rules_outage.NEEDED if not 0 <= columns.get(name, -1) < width
    }
    used = list(columns.values())
    wrong |= {
        name: _("This column is chosen twice.")
        for name, index in columns.items()
        if used.count(index) > 1 and name not in wrong
    }
    foreign = _("Unknown in this hall; please choose from the list.")
    wrong["unit"] = "" if unit is None or unit.organisation_id == contract.client_id else foreign
    wrong["place"] = "" if place is None or place.hall_id == contract.hall_id else foreign
    common.check_input(wrong)
    kept = {name: index for name, index in columns.items() if name in rules_outage.COLUMNS}
    claim(batch, GRID_BATCH_FLOW, "map", columns=kept, unit=unit, place=place)
    _record(batch, "grid_map", actor, at, source, {"columns": kept, "unit": unit, "place": place})
    return batch


@transaction.atomic
def grid_take_over(*, batch: GridBatch, actor: User, at: datetime, source: str = Source.IMPORT) -> list[Ticket]:
    """Make a ticket of every row, or of none when one is wrong; each response clock starts at the dispatch in the other system.

    Raises NotAllowed, Invalid with the number of wrong rows, or Conflict when it was decided already.
    """
    common.require(
        can_import_grid(actor, batch.contract), _("Only an engineer or the project manager takes over work orders.")
    )
    claim(
        batch,
        GRID_BATCH_FLOW,
        "take_over",
        refused=_("This file was taken over or laid aside already."),
        decided_by=actor,
        decided_at=at,
    )
    rows = grid_rows(batch, at)
    wrong = sum(1 for row in rows if row.errors)
    if wrong:
        raise Invalid(_("%(wrong)s rows are wrong; nothing was taken over.") % {"wrong": wrong})
    made = []
    for row in rows:
        ticket = ticket_report(
            contract=batch.contract,
            actor=actor,
            at=at,
            channel=Channel.GRID.value,
            source_system=batch.source_system,
            source=source,
            **row.values,
        )
        made.append(ticket)
    Ticket.objects.filter(pk__in=[ticket.pk for ticket in made]).update(grid_batch=batch)
    _record(batch, "grid_take_over", actor, at, source, {"tickets": [ticket.code for ticket in made]})
    return made


@transaction.atomic
def grid_discard(*, batch: GridBatch, actor: User, at: datetime, source: str = Source.PAGE) -> GridBatch:
    """Lay a file aside. Raises NotAllowed or Conflict."""
    common.require(
        can_import_grid(actor, batch.contract), _("Only an engineer or the project manager takes over work orders.")
    )
    claim(batch, GRID_BATCH_FLOW, "discard", decided_by=actor, decided_at=at)
    _record(batch, "grid_discard", actor, at, source, {})
    return batch


def touched_of(tickets: Sequence[Ticket]) -> list[Ticket]:
    """Those that somebody has worked on, or written to, since they were taken over; one statement."""
    ids = [ticket.pk for ticket in tickets]
    entries = AuditEntry.objects.filter(subject_type="ticket", subject_id__in=ids).exclude(verb__in=UNTOUCHED)
    known = set(entries.values_list("subject_id", flat=True))
    return [
        ticket
        for ticket in tickets
        if ticket.pk in known or ticket.version != 1 or ticket.status != TicketStatus.PENDING_RESPONSE
    ]


@transaction.atomic
def grid_undo(*, batch: GridBatch, actor: User, at: datetime, source: str = Source.PAGE) -> GridBatch:
    """Take a file back while nobody has touched one of its tickets: they are voided, their numbers are free again.

    By who took it over, or the manager. Raises NotAllowed or Conflict naming a ticket that is in somebody's hands.
    """
    manages = role_in(actor, batch.contract_id) == MANAGER
    allowed = can_import_grid(actor, batch.contract) and (manages or actor.pk == batch.decided_by_id)
    common.require(allowed, _("Only who took it over, or the project manager, takes it back."))
    claim(batch, GRID_BATCH_FLOW, "undo", refused=_("This file cannot be taken back: it is not taken over."))
    tickets = list(batch.tickets.select_related("contract", "response_clock"))
    if touched := touched_of(tickets):
        raise Conflict(
            _("%(code)s is in somebody's hands already, so the file cannot be taken back as a whole.")
            % {"code": touched[0].code}
        )
    reason = _("The import of %(file)s was taken back") % {"file": batch.file_name}
    for ticket in tickets:
        common.take(ticket, "cancel", closing_reason=reason[:300])
        common.record(
            ticket,
            "cancel",
            actor=actor,
            at=at,
            source=source,
            before={"status": TicketStatus.PENDING_RESPONSE.value},
            after={"status": ticket.status},
            reason=reason[:300],
        )
        running = ticket.response_clock
        if running is not None and running.state in (ClockState.RUNNING, ClockState.PAUSED):
            clock_cancel(clock=running, at=at, actor=actor, reason=reason)
    _record(batch, "grid_undo", actor, at, source, {"tickets": [ticket.code for ticket in tickets]})
    return batch


def _record(batch: GridBatch, verb: str, actor: User, at: datetime, source: str, after: Mapping[str, object]) -> None:
    audit_write(
        contract=batch.contract,
        subject=batch,
        verb=verb,
        actor=actor,
        at=at,
        source=source,
        after=after,
        visibility=Visibility.INTERNAL,
    )
