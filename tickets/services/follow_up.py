"""Follow-ups of bad ratings: opened by the rating, called back, mended, closed by a person (records 3.2; 五.2(2), 五.2(7))."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from core import clock
from core.errors import Conflict, Invalid
from core.flow import claim
from core.models import next_number
from notifications.services.outbox import message_post
from parties.models import User
from parties.querysets import role_in
from records.models import Source, Visibility
from records.services.audit import audit_write
from sla.models import Clock
from sla.services.clock import clock_start, clock_stop
from sla.states import ClockState
from tickets import rules
from tickets.models import FollowUp, Rating, Ticket
from tickets.permissions import can_assign_follow_up, can_work_on_follow_up, is_free_to_follow_up
from tickets.services import common
from tickets.states import FOLLOW_UP_FLOW, ContactMethod

CALLBACK, RECTIFICATION = "callback", "rectification"
"""The kinds of the two promises that begin with a bad rating."""


@transaction.atomic
def follow_up_open(*, ticket: Ticket, rating: Rating, at: datetime, source: str = Source.PAGE) -> FollowUp:
    """Open the follow-up of a bad rating, start its two promises and tell the manager at once. Called by the verb `rate` alone,
    whose unique rating makes it happen once."""
    series = rules.follow_up_series(ticket.contract.number_tag, at.astimezone(clock.SHANGHAI).date())
    row = FollowUp.objects.create(
        contract=ticket.contract,
        code=rules.code_of(series, next_number(series)),
        ticket=ticket,
        rating=rating,
        is_demo=ticket.is_demo,
        opened_at=at,
    )
    for name, kind in (("callback_clock", CALLBACK), ("measures_clock", RECTIFICATION)):
        started = clock_start(
            contract=ticket.contract, kind=kind, subject=row, started_at=at, actor=None, at=at, source=source
        )
        setattr(row, name, started)
    row.save(update_fields=["callback_clock", "measures_clock"])
    common.hold(ticket, "follow_up")
    _record(row, "follow_up_open", actor=None, at=at, source=source, after={"level": rating.level})
    common.record(
        ticket,
        "follow_up_open",
        actor=None,
        at=at,
        source=source,
        after={"follow_up": row.code},
        visibility=Visibility.INTERNAL,
    )
    _tell(
        row,
        topic="low_rating",
        recipients=common.managers_of(ticket.contract, at),
        title=gettext_noop("%(code)s was rated %(level)s of 5: please call the client back"),
        body="%(comment)s" if rating.comment else "",
        params={"code": ticket.code, "level": rating.level, "comment": rating.comment},
        urgent=True,
        at=at,
        source=source,
    )
    return row


@transaction.atomic
def follow_up_assign(
    *, follow_up: FollowUp, actor: User, at: datetime, person: User, source: str = Source.PAGE
) -> FollowUp:
    """The manager says who follows it up; never whoever did the work that was rated. Raises NotAllowed, Invalid or Conflict."""
    common.require(can_assign_follow_up(actor, follow_up), _("Only the project manager can say who follows it up."))
    common.check_input(
        {
            "person": ""
            if is_free_to_follow_up(person, follow_up)
            else _("Please choose one of our people who did not do the work that was rated.")
        }
    )
    was = follow_up.assignee
    claim(follow_up, FOLLOW_UP_FLOW, "assign", assignee=person)
    _record(
        follow_up,
        "follow_up_assign",
        actor=actor,
        at=at,
        source=source,
        before={"assignee": was},
        after={"assignee": person},
    )
    _tell(
        follow_up,
        topic="follow_up",
        recipients=common.people([person], without=actor),
        title=gettext_noop("Please follow up %(number)s: a bad rating of %(code)s"),
        params={"number": follow_up.code, "code": follow_up.ticket.code},
        urgent=True,
        at=at,
        source=source,
    )
    return follow_up


@transaction.atomic
def follow_up_call(
    *,
    follow_up: FollowUp,
    actor: User,
    at: datetime,
    called_whom: str,
    called_how: str,
    said: str,
    called_at: datetime | None = None,
    source: str = Source.PAGE,
) -> FollowUp:
    """Write down the call to the client: whom, how, when and what was said; it stops the promise of one working day.

    `called_at` is the instant of the call, `at` when it is not given. Raises NotAllowed, Invalid or Conflict.
    """
    common.require(can_work_on_follow_up(actor, follow_up), _refused())
    called = called_at or at
    common.check_input(
        {
            "called_whom": common.needed(called_whom, 40, _("Please say with whom you spoke.")),
            "called_how": common.chosen(called_how, ContactMethod),
            "said": common.needed(said, 1000, _("Please write down what the client said.")),
            "called_at": "" if follow_up.opened_at <= called <= at else _("The call lies between the rating and now."),
        }
    )
    given: dict[str, Any] = {
        "called_whom": called_whom.strip(),
        "called_how": called_how,
        "said": said.strip(),
        "called_back_at": called,
    }
    claim(follow_up, FOLLOW_UP_FLOW, "call_back", called_by=actor, assignee=follow_up.assignee or actor, **given)
    _record(follow_up, "follow_up_call", actor=actor, at=at, source=source, after=given)
    follow_up.callback_clock = _stopped(follow_up.callback_clock, called, at, actor, source)
    return follow_up


@transaction.atomic
def follow_up_measures(
    *,
    follow_up: FollowUp,
    actor: User,
    at: datetime,
    measures: str,
    done: bool = False,
    source: str = Source.PAGE,
) -> FollowUp:
    """Write down what is done so that it does not happen again; with `done` that it has been, which stops the second promise.

    Raises NotAllowed, Invalid, or Conflict: before the call, and when the measures are done already.
    """
    common.require(can_work_on_follow_up(actor, follow_up), _refused())
    common.check_input({"measures": common.needed(measures, 1000, _("Please say what is done about it."))})
    # Of two at once neither is lost: what is called done stays as it was then.
    if not FollowUp.objects.filter(pk=follow_up.pk, measures_done_at=None).update(measures=measures.strip()):
        raise Conflict(_("The measures are done already."))
    before = follow_up.measures
    changes: dict[str, Any] = {"measures": measures.strip(), "measures_by": actor}
    if done:
        changes["measures_done_at"] = at
    claim(follow_up, FOLLOW_UP_FLOW, "finish_measures" if done else "write_measures", **changes)
    _record(
        follow_up,
        "follow_up_measures_done" if done else "follow_up_measures",
        actor=actor,
        at=at,
        source=source,
        before={"measures": before},
        after={"measures": follow_up.measures},
    )
    if done:
        follow_up.measures_clock = _stopped(follow_up.measures_clock, at, at, actor, source)
    return follow_up


@transaction.atomic
def follow_up_ask_again(*, follow_up: FollowUp, actor: User, at: datetime, source: str = Source.PAGE) -> FollowUp:
    """Ask the rater, once and without pressing, how it is now. Raises NotAllowed, Invalid (the rater has no account), Conflict."""
    common.require(can_work_on_follow_up(actor, follow_up), _refused())
    rater = follow_up.rating.rated_by
    if rater is None:
        raise Invalid(_("The rater has no account here. Please ask by telephone and write it into the conclusion."))
    if follow_up.measures_done_at is None:
        raise Conflict(_("Please finish the measures first: there is nothing new to rate before."))
    if not FollowUp.objects.filter(pk=follow_up.pk, asked_at=None).update(asked_at=at):
        raise Conflict(_("The client has been asked once; more would be pressing."))
    claim(follow_up, FOLLOW_UP_FLOW, "ask_again", asked_at=at)
    _record(follow_up, "follow_up_ask_again", actor=actor, at=at, source=source, after={"asked_at": at})
    message_post(
        contract=follow_up.contract,
        topic="rate_again",
        recipients=[rater],
        title=gettext_noop("%(code)s: we have acted on what you told us"),
        body=gettext_noop("If you like, tell us how it is now. It is voluntary; your first rating stays as it is."),
        params={"code": follow_up.ticket.code},
        url=reverse("tickets:rate_again", args=[follow_up.ticket.code]),
        subject=follow_up.ticket,
        at=at,
        delivered_at=at if source == Source.DEMO else None,
        source=source,
    )
    return follow_up


@transaction.atomic
def follow_up_rate_again(
    *, follow_up: FollowUp, actor: User, at: datetime, level: int, comment: str = "", source: str = Source.PAGE
) -> FollowUp:
    """The rater's second word, once, only after being asked. The first rating stays what it is and alone counts.

    Raises NotAllowed, Invalid or Conflict.
    """
    common.require(
        actor.pk == follow_up.rating.rated_by_id and role_in(actor, follow_up.contract_id) is not None,
        _("Only whoever gave the first rating can rate again."),
    )
    common.check_input(
        {
            "level": "" if level in Rating.Level.values else _("Please choose one of the five levels."),
            "comment": common.optional(comment, 500),
        }
    )
    if follow_up.asked_at is None:
        raise Conflict(_("Nobody has asked for a second rating yet."))
    won = FollowUp.objects.filter(pk=follow_up.pk, again_level=None).update(
        again_level=level, again_comment=comment.strip(), again_at=at
    )
    if not won:
        raise Conflict(_("You have rated again already; thank you."))
    claim(follow_up, FOLLOW_UP_FLOW, "rate_again")
    follow_up.refresh_from_db(fields=["again_level", "again_comment", "again_at"])
    _record(
        follow_up,
        "follow_up_rate_again",
        actor=actor,
        at=at,
        source=source,
        after={"level": level},
        reason=comment.strip(),
    )
    _tell(
        follow_up,
        topic="follow_up",
        recipients=common.people(_assignee(follow_up), common.managers_of(follow_up.contract, at)),
        title=gettext_noop("%(number)s: the client now says %(level)s of 5"),
        body="%(comment)s" if comment.strip() else "",
        params={"number": follow_up.code, "level": level, "comment": comment.strip()},
        at=at,
        source=source,
    )
    return follow_up


@transaction.atomic
def follow_up_close(
    *, follow_up: FollowUp, actor: User, at: datetime, conclusion: str, source: str = Source.PAGE
) -> FollowUp:
    """The manager closes it when the client was called and the measures are done; nothing else ever does.

    Raises NotAllowed, Invalid or Conflict.
    """
    common.require(can_assign_follow_up(actor, follow_up), _("Only the project manager can close it."))
    common.check_input({"conclusion": common.needed(conclusion, 500, _("Please say what it came to."))})
    if follow_up.measures_done_at is None:
        raise Conflict(_("It can be closed when the client was called back and the measures are done."))
    claim(follow_up, FOLLOW_UP_FLOW, "close", closed_at=at, closed_by=actor, conclusion=conclusion.strip())
    _record(
        follow_up, "follow_up_close", actor=actor, at=at, source=source, after={"status": follow_up.status},
        reason=conclusion.strip(),
    )  # fmt: skip
    common.record(
        follow_up.ticket,
        "follow_up_close",
        actor=actor,
        at=at,
        source=source,
        after={"follow_up": follow_up.code},
        visibility=Visibility.INTERNAL,
    )
    return follow_up


def _refused() -> str:
    return _("Only whoever was asked to follow it up, or the manager, can do this; never who did the work.")


def _assignee(follow_up: FollowUp) -> list[User]:
    return [follow_up.assignee] if follow_up.assignee is not None else []


def _stopped(running: Clock | None, stopped_at: datetime, at: datetime, actor: User, source: str) -> Clock | None:
    if running is None or running.state not in (ClockState.RUNNING, ClockState.PAUSED):
        return running
    return clock_stop(clock=running, at=at, stopped_at=stopped_at, actor=actor, source=source)


def _record(
    follow_up: FollowUp,
    verb: str,
    *,
    actor: User | None,
    at: datetime,
    source: str,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
) -> None:
    audit_write(
        contract=follow_up.contract,
        subject=follow_up,
        verb=verb,
        actor=actor,
        at=at,
        source=source,
        before=before or {},
        after=after or {},
        reason=reason,
        visibility=Visibility.INTERNAL,
    )


def _tell(
    follow_up: FollowUp,
    *,
    topic: str,
    recipients: list[User],
    title: str,
    body: str = "",
    params: Mapping[str, Any],
    urgent: bool = False,
    at: datetime,
    source: str,
) -> None:
    message_post(
        contract=follow_up.contract,
        topic=topic,
        recipients=recipients,
        title=title,
        body=body,
        params=params,
        url=reverse("tickets:follow_up", args=[follow_up.code]),
        subject=follow_up,
        urgent=urgent,
        at=at,
        delivered_at=at if source == Source.DEMO else None,
        source=source,
    )
