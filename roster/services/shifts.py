"""The plan itself: one shift added, changed, taken out; a week copied; weeks generated from rotations."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core import roles
from core.errors import Conflict, Invalid, NotFound
from core.flow import claim
from parties.models import Contract, User
from parties.querysets import people_with_role
from records.models import Source, Visibility
from records.services.audit import audit_write
from roster.models import CheckIn, Post, Rotation, RotationStep, Shift
from roster.permissions import only_manager
from roster.plan import Plan, monday_of, plan_of, post_facts
from roster.rules import Turn, TurnFacts, Verdict, judge, needed, roster_days, shift_span, turns
from roster.states import SHIFT_FLOW, ShiftOrigin

LONGEST_SPAN = 92
"""So many days are generated at once at most: a quarter."""


@transaction.atomic
def shift_add(
    *,
    contract: Contract,
    post: Post,
    date: date,
    person: User,
    actor: User,
    at: datetime,
    starts: time | None = None,
    ends: time | None = None,
    stand_in: User | None = None,
    note: str = "",
    source: str = Source.PAGE,
) -> Shift:
    """Plan one person at one post on one day (五.2(2), 附四); without hours of its own the shift has the post's.

    Raises NotAllowed for anybody but the manager, NotFound for a post of another contract, Invalid when a person does not
    work here on that day or stands in for themselves, Conflict when the person is already planned at that post on that day.
    """
    only_manager(actor, contract)
    if post.contract_id != contract.pk:
        raise NotFound(_("There is no such post in this contract."))
    _check_people(contract, date, person, stand_in)
    starts_at, ends_at = shift_span(date, starts or post.starts, ends or post.ends)
    shift = Shift(
        contract=contract,
        date=date,
        post=post,
        person=person,
        stand_in=stand_in,
        starts_at=starts_at,
        ends_at=ends_at,
        note=note.strip(),
        planned_at=at,
    )
    _save_once(shift)
    _audit(shift, "shift_add", actor, at, source, after=said(shift))
    return shift


@transaction.atomic
def shift_change(
    *,
    shift: Shift,
    person: User,
    starts: time,
    ends: time,
    version_seen: int,
    actor: User,
    at: datetime,
    stand_in: User | None = None,
    note: str = "",
    source: str = Source.PAGE,
) -> Shift:
    """Change who stands there, when, and who stands in. Raises NotAllowed, Invalid, and Conflict when it was changed or taken out
    meanwhile, somebody has already checked in for it, or the person is planned there already."""
    only_manager(actor, shift.contract)
    _check_people(shift.contract, shift.date, person, stand_in)
    before = said(shift)
    starts_at, ends_at = shift_span(shift.date, starts, ends)
    if person.pk != shift.person_id:
        _nobody_came(shift)
    _still(shift, version_seen)
    try:
        with transaction.atomic():
            claim(
                shift,
                SHIFT_FLOW,
                "change",
                person=person,
                stand_in=stand_in,
                starts_at=starts_at,
                ends_at=ends_at,
                note=note.strip(),
            )
    except IntegrityError as error:
        raise _twice(person) from error
    _same_version(shift, version_seen)
    after = said(shift)
    changed = {key for key in after if before[key] != after[key]}
    if changed:
        _audit(
            shift,
            "shift_change",
            actor,
            at,
            source,
            before={key: before[key] for key in changed},
            after={key: after[key] for key in changed},
        )
    return shift


@transaction.atomic
def shift_cancel(*, shift: Shift, reason: str, actor: User, at: datetime, source: str = Source.PAGE) -> Shift:
    """Take a shift out of the roster; the row stays. Raises NotAllowed, Invalid without a reason for a past day, and
    Conflict when it is out already or somebody has checked in for it."""
    only_manager(actor, shift.contract)
    if shift.starts_at <= at and not reason.strip():
        message = _("This shift has begun: please say why it is taken out.")
        raise Invalid(message, fields={"reason": message})
    _nobody_came(shift)
    before = said(shift)
    claim(shift, SHIFT_FLOW, "cancel", refused=_("This shift has already been taken out of the roster."))
    _audit(shift, "shift_cancel", actor, at, source, before=before, reason=reason.strip())
    return shift


# --- copy and generate --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Wanted:
    """One shift that copying or generating asks for, and what becomes of it."""

    turn: Turn
    post: Post | None
    person: User
    stand_in: User | None
    verdict: Verdict
    starts: time | None = None
    ends: time | None = None
    note: str = ""


@dataclass(frozen=True)
class Outcome:
    """What copying or generating would do, or did."""

    wanted: tuple[Wanted, ...]

    @property
    def new(self) -> list[Wanted]:
        """What is planned by it."""
        return [row for row in self.wanted if row.verdict is Verdict.NEW]

    @property
    def skipped(self) -> list[Wanted]:
        """What is left out, with the reason; shifts that exist already are only counted."""
        return [row for row in self.wanted if row.verdict not in (Verdict.NEW, Verdict.EXISTS)]

    @property
    def existing(self) -> int:
        """How many shifts are there already."""
        return sum(row.verdict is Verdict.EXISTS for row in self.wanted)


def copy_preview(contract: Contract, *, source_week: date, target_week: date) -> Outcome:
    """What copying one week onto another would do; both are named by any of their days. Writes nothing."""
    source, target = monday_of(source_week), monday_of(target_week)
    if source == target:
        message = _("Please choose another week to copy to.")
        raise Invalid(message, fields={"target_week": message})
    rows = (
        Shift.objects.filter(contract=contract, status="planned", date__range=(source, source + timedelta(days=6)))
        .select_related("post", "person", "stand_in")
        .order_by("date", "post__position", "pk")
    )
    move = target - source
    plan = plan_of(contract, target, target + timedelta(days=6))
    wanted = []
    for row in rows:
        turn = Turn(row.post_id, row.date + move, row.person_id, row.stand_in_id)
        starts, ends = (at.astimezone(plan.calendar.zone).time() for at in (row.starts_at, row.ends_at))
        wanted.append(_judged(plan, turn, row.person, row.stand_in, starts=starts, ends=ends, note=row.note))
    return Outcome(tuple(wanted))


@transaction.atomic
def week_copy(
    *, contract: Contract, source_week: date, target_week: date, actor: User, at: datetime, source: str = Source.PAGE
) -> Outcome:
    """Copy one week's shifts onto another. What is there stays; what falls on a leave or on a day without need is left out
    and told.

    Copied twice, the second time adds nothing. Raises NotAllowed, Invalid when both weeks are the same.
    """
    only_manager(actor, contract)
    outcome = copy_preview(contract, source_week=source_week, target_week=target_week)
    _plan_all(contract, outcome, ShiftOrigin.COPIED, at)
    _audit_batch(contract, "week_copy", outcome, monday_of(source_week), monday_of(target_week), actor, at, source)
    return outcome


def generate_preview(contract: Contract, *, first: date, last: date) -> Outcome:
    """What the rotations would plan from `first` to `last`, both included. Writes nothing. Raises Invalid for dates that do
    not do."""
    if last < first:
        message = _("The last day must not lie before the first.")
        raise Invalid(message, fields={"last": message})
    if (last - first).days >= LONGEST_SPAN:
        message = _("Please generate at most %(days)s days at once.") % {"days": LONGEST_SPAN}
        raise Invalid(message, fields={"last": message})
    rotations = list(
        Rotation.objects.filter(contract=contract, is_active=True, post__is_active=True, first_day__lte=last)
        .select_related("post")
        .prefetch_related("members__person", "members__stand_in")
    )
    plan = plan_of(contract, first, last)
    wanted: list[Wanted] = []
    for rotation in rotations:
        people = {row.person_id: row.person for row in rotation.members.all()}
        people |= {row.stand_in.pk: row.stand_in for row in rotation.members.all() if row.stand_in is not None}
        # Daily turns are counted from the rotation's first day, so that the order does not depend on where one begins to generate.
        kinds = roster_days(plan.calendar, rotation.first_day, last)
        days = [day for day, day_kinds in kinds.items() if needed(post_facts(rotation.post), day_kinds)]
        for turn in turns(turn_facts(rotation), days):
            if turn.date >= first:
                stand_in = people[turn.stand_in] if turn.stand_in is not None else None
                wanted.append(_judged(plan, turn, people[turn.person], stand_in))
    wanted.sort(key=lambda row: (row.turn.date, row.post.position if row.post else 0, row.turn.person))
    return Outcome(tuple(wanted))


@transaction.atomic
def roster_generate(
    *, contract: Contract, first: date, last: date, actor: User, at: datetime, source: str = Source.PAGE
) -> Outcome:
    """Plan what the rotations say for a span according to the service calendar; what is planned stays, so it may be repeated.

    Raises NotAllowed, Invalid for dates that do not do.
    """
    only_manager(actor, contract)
    outcome = generate_preview(contract, first=first, last=last)
    _plan_all(contract, outcome, ShiftOrigin.GENERATED, at)
    _audit_batch(contract, "roster_generate", outcome, first, last, actor, at, source)
    return outcome


def turn_facts(rotation: Rotation) -> TurnFacts:
    """A rotation as the rules see it."""
    return TurnFacts(
        post=rotation.post_id,
        first_day=rotation.first_day,
        people=tuple((row.person_id, row.stand_in_id) for row in rotation.members.all()),
        weekly=rotation.step == RotationStep.WEEK,
        per_day=rotation.per_day,
        last_day=rotation.last_day,
    )


def said(shift: Shift) -> dict[str, object]:
    """A shift as the history keeps it."""
    return {
        "date": shift.date,
        "post": shift.post,
        "person": shift.person,
        "stand_in": shift.stand_in,
        "starts_at": shift.starts_at,
        "ends_at": shift.ends_at,
        "note": shift.note,
    }


def _judged(
    plan: Plan,
    turn: Turn,
    person: User,
    stand_in: User | None,
    *,
    starts: time | None = None,
    ends: time | None = None,
    note: str = "",
) -> Wanted:
    post = plan.posts.get(turn.post)
    verdict = judge(
        turn,
        post=post_facts(post) if post is not None and post.is_active else None,
        kinds=plan.kinds[turn.date],
        taken=plan.taken,
        absences=plan.absences,
        works=plan.works_on(turn.person, turn.date),
    )
    if stand_in is not None and not plan.works_on(stand_in.pk, turn.date):
        stand_in = None
    return Wanted(turn, post, person, stand_in, verdict, starts, ends, note)


def _plan_all(contract: Contract, outcome: Outcome, origin: ShiftOrigin, at: datetime) -> None:
    """Plan what is new in one statement; what somebody else planned a moment ago stays theirs."""
    rows = []
    for row in outcome.new:
        assert row.post is not None  # noqa: S101 - without a post the verdict is another
        starts_at, ends_at = shift_span(row.turn.date, row.starts or row.post.starts, row.ends or row.post.ends)
        rows.append(
            Shift(
                contract=contract,
                date=row.turn.date,
                post=row.post,
                person=row.person,
                stand_in=row.stand_in,
                starts_at=starts_at,
                ends_at=ends_at,
                origin=origin,
                note=row.note,
                planned_at=at,
            )
        )
    Shift.objects.bulk_create(rows, ignore_conflicts=True)


def _audit_batch(
    contract: Contract, verb: str, outcome: Outcome, first: date, last: date, actor: User, at: datetime, source: str
) -> None:
    counts = Counter(row.verdict.value for row in outcome.wanted)
    audit_write(
        contract=contract,
        subject=contract,
        verb=verb,
        actor=actor,
        at=at,
        source=source,
        after={"first": first, "last": last, **counts},
        visibility=Visibility.INTERNAL,
    )


def _audit(
    shift: Shift,
    verb: str,
    actor: User,
    at: datetime,
    source: str,
    *,
    before: dict[str, object] | None = None,
    after: dict[str, object] | None = None,
    reason: str = "",
) -> None:
    audit_write(
        contract=shift.contract,
        subject=shift,
        verb=verb,
        actor=actor,
        at=at,
        source=source,
        before=before,
        after=after,
        reason=reason,
        visibility=Visibility.INTERNAL,
    )


def _check_people(contract: Contract, day: date, person: User, stand_in: User | None) -> None:
    staff = {row.pk for row in people_with_role(contract, *roles.STAFF_ROLES, on=day)}
    if person.pk not in staff:
        message = _("%(name)s does not work in this contract on that day.") % {"name": person}
        raise Invalid(message, fields={"person": message})
    if stand_in is not None and stand_in.pk not in staff:
        message = _("%(name)s does not work in this contract on that day.") % {"name": stand_in}
        raise Invalid(message, fields={"stand_in": message})
    if stand_in is not None and stand_in.pk == person.pk:
        message = _("Nobody can stand in for themselves.")
        raise Invalid(message, fields={"stand_in": message})


def _save_once(shift: Shift) -> None:
    try:
        with transaction.atomic():
            shift.save(force_insert=True)
    except IntegrityError as error:
        raise _twice(shift.person) from error


def _twice(person: User) -> Conflict:
    message = _("%(name)s is already planned at this post on that day.") % {"name": person}
    return Conflict(message, fields={"person": message})


def _nobody_came(shift: Shift) -> None:
    if CheckIn.objects.filter(shift=shift).exists():
        raise Conflict(_("Somebody has already checked in for this shift."))


def _still(shift: Shift, version_seen: int) -> None:
    if shift.version != version_seen:
        raise _changed()


def _same_version(shift: Shift, version_seen: int) -> None:
    if shift.version != version_seen + 1:
        raise _changed()


def _changed() -> Conflict:
    return Conflict(_("This shift was changed after you opened it. Please look at it again before you go on."))
