"""Verbs of a hand-over of open tickets: offer, accept and refuse by name, take back, remind; no ticket is ever without owner."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from core.errors import Conflict, NotAllowed
from notifications.services.outbox import message_post
from parties.models import Contract, User
from parties.querysets import role_in
from records.models import Source, Visibility
from records.services.audit import audit_write
from tickets.finds.flow import engineers_of
from tickets.finds.outage import in_hand_of, unanswered_since
from tickets.models import OpenHandover, OpenHandoverLine
from tickets.permissions import can_hand_over
from tickets.services import common
from tickets.services.reassign import ticket_reassign
from tickets.states import HandoverLineState, HandoverReason

TOPIC = "handover_open"
State = HandoverLineState


@transaction.atomic
def handover_offer(
    *,
    contract: Contract,
    actor: User,
    at: datetime,
    from_person: User,
    to_person: User,
    why: str,
    notes: Mapping[int, str],
    note: str = "",
    source: str = Source.PAGE,
    is_demo: bool = False,
    form_token: UUID | None = None,
) -> OpenHandover:
    """Offer open tickets (`notes`: ticket id → note) to a colleague in one act; each stays where it is until it is accepted.

    Raises NotAllowed, Invalid, or Conflict when one of them is offered to somebody already.
    """
    common.require(
        can_hand_over(actor, contract, from_person), _("You can hand over your own tickets; the manager anybody's.")
    )
    rows = {row.pk: row for row in in_hand_of(contract, from_person)}
    colleagues = {person.pk for person in engineers_of(contract, at)} - {from_person.pk}
    common.check_input(
        {
            "to_person": "" if to_person.pk in colleagues else _("Please choose a colleague."),
            "why": common.chosen(why, HandoverReason),
            "note": common.optional(note, 500),
            "tickets": (_("Please choose at least one ticket.") if not notes else "")
            or (
                ""
                if set(notes) <= set(rows)
                else _("One of these tickets is in other hands by now. Please look again.")
            )
            or next((text for text in (common.optional(one, 300) for one in notes.values()) if text), ""),
        }
    )
    try:
        with transaction.atomic():
            handover = OpenHandover.objects.create(
                contract=contract,
                from_person=from_person,
                to_person=to_person,
                why=why,
                note=note.strip(),
                is_demo=is_demo,
                form_token=form_token,
                made_by=actor,
                made_at=at,
            )
            for pk, text in notes.items():
                OpenHandoverLine.objects.create(handover=handover, ticket=rows[pk], note=text.strip())
    except IntegrityError as error:
        if form_token is not None and OpenHandover.objects.filter(form_token=form_token).exists():
            raise Conflict(_("This hand-over has been offered already."), code="recorded") from error
        raise Conflict(_("One of these tickets is offered to somebody already; please look again.")) from error
    _record(handover, "offer", actor, at, source, {"to": to_person, "tickets": [rows[pk].code for pk in notes]}, note)
    for pk, text in notes.items():
        common.record(
            rows[pk],
            "handover_offer",
            actor=actor,
            at=at,
            source=source,
            after={"to": to_person},
            reason=text.strip(),
            visibility=Visibility.INTERNAL,
        )
    _tell(
        handover,
        [to_person],
        gettext_noop("%(name)s hands %(count)s open tickets over to you: please accept them"),
        {"name": from_person.name, "count": len(notes), "note": note.strip()},
        at,
        source,
        body="%(note)s" if note.strip() else "",
    )
    return handover


@transaction.atomic
def handover_answer(
    *,
    handover: OpenHandover,
    actor: User,
    at: datetime,
    accepted: Sequence[int],
    refused: Mapping[int, str],
    source: str = Source.PAGE,
) -> OpenHandover:
    """Accept some lines (ids) and refuse others with the reason; who accepts a line is responsible for its ticket from then on.

    Only the colleague named answers. Of two answers at once one wins. Raises NotAllowed, Invalid, or Conflict when a line was
    answered or taken back, or its ticket is in other hands or closed meanwhile.
    """
    if actor.pk != handover.to_person_id or role_in(actor, handover.contract_id) is None:
        raise NotAllowed(_("Only the colleague who is named answers a hand-over."))
    common.check_input(
        {
            "lines": "" if accepted or refused else _("Please choose at least one ticket."),
            "refusal": next(
                (
                    text
                    for text in (common.needed(why, 300, _("Please say why not.")) for why in refused.values())
                    if text
                ),
                "",
            ),
        }
    )
    lines = {
        line.pk: line for line in handover.lines.filter(pk__in=[*accepted, *refused]).select_related("ticket__contract")
    }
    for pk in accepted:
        line = _claim_line(lines.get(pk), State.ACCEPTED, at)
        reason = _("Hand-over from %(name)s") % {"name": handover.from_person.name}
        ticket = line.ticket
        if ticket.assignee_id != handover.from_person_id:
            raise Conflict(_("%(code)s is in other hands by now.") % {"code": ticket.code})
        ticket_reassign(
            ticket=ticket,
            actor=actor,
            at=at,
            engineer=actor,
            reason=" · ".join(part for part in (reason, line.note) if part)[:300],
            accepted=True,
            source=source,
        )
    for pk, why in refused.items():
        _claim_line(lines.get(pk), State.REFUSED, at, refusal=why.strip())
    _close_if_answered(handover, at)
    codes = {pk: line.ticket.code for pk, line in lines.items()}
    after = {"accepted": [codes[pk] for pk in accepted], "refused": {codes[pk]: why for pk, why in refused.items()}}
    _record(handover, "answer", actor, at, source, after)
    _tell(
        handover,
        common.people([handover.from_person, handover.made_by], without=actor),
        gettext_noop("%(name)s accepted %(yes)s of your tickets and refused %(no)s"),
        {"name": actor.name, "yes": len(accepted), "no": len(refused)},
        at,
        source,
    )
    return handover


@transaction.atomic
def handover_take_back(*, handover: OpenHandover, actor: User, at: datetime, source: str = Source.PAGE) -> OpenHandover:
    """Take back what was not answered yet. Raises NotAllowed, or Conflict when everything was answered."""
    common.require(
        can_hand_over(actor, handover.contract, handover.from_person),
        _("You can hand over your own tickets; the manager anybody's."),
    )
    rows = handover.lines.filter(state=State.OFFERED)
    if not rows.update(state=State.WITHDRAWN, answered_at=at):
        raise Conflict(_("Everything was answered already."))
    _close_if_answered(handover, at)
    _record(handover, "take_back", actor, at, source, {})
    return handover


def handovers_remind(*, at: datetime, source: str = Source.TASK) -> int:
    """Tell the managers, once, of hand-overs that nobody has answered for an hour; returns of how many."""
    told = 0
    for handover in unanswered_since(at)[:200]:
        with transaction.atomic():
            if not OpenHandover.objects.filter(pk=handover.pk, reminded_at=None, answered_at=None).update(
                reminded_at=at
            ):
                continue
            _record(handover, "remind", None, at, source, {})
            _tell(
                handover,
                common.people(common.managers_of(handover.contract, at), [handover.to_person]),
                gettext_noop("%(to)s has not accepted the open tickets of %(name)s for an hour"),
                {"name": handover.from_person.name, "to": handover.to_person.name},
                at,
                source,
            )
            told += 1
    return told


def _claim_line(line: OpenHandoverLine | None, state: str, at: datetime, refusal: str = "") -> OpenHandoverLine:
    gone = _("One of these tickets was answered or taken back meanwhile. Please look again.")
    if line is None:
        raise Conflict(gone)
    rows = OpenHandoverLine.objects.filter(pk=line.pk, state=State.OFFERED)
    if not rows.update(state=state, answered_at=at, refusal=refusal):
        raise Conflict(gone)
    return line


def _close_if_answered(handover: OpenHandover, at: datetime) -> None:
    if not handover.lines.filter(state=State.OFFERED).exists():
        OpenHandover.objects.filter(pk=handover.pk, answered_at=None).update(answered_at=at)
        handover.answered_at = handover.answered_at or at


def _record(
    handover: OpenHandover,
    verb: str,
    actor: User | None,
    at: datetime,
    source: str,
    after: Mapping[str, Any],
    reason: str = "",
) -> None:
    audit_write(
        contract=handover.contract,
        subject=handover,
        verb=f"open_handover_{verb}",
        actor=actor,
        at=at,
        source=source,
        after=after,
        reason=reason.strip(),
        visibility=Visibility.INTERNAL,
    )


def _tell(
    handover: OpenHandover,
    recipients: list[User],
    title: str,
    params: Mapping[str, Any],
    at: datetime,
    source: str,
    body: str = "",
) -> None:
    message_post(
        contract=handover.contract,
        topic=TOPIC,
        recipients=recipients,
        title=title,
        body=body,
        params=params,
        url=reverse("tickets:handover_open", args=[handover.pk]),
        at=at,
        delivered_at=at if source == Source.DEMO else None,
        source=source,
    )
