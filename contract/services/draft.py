"""The draft of a contract's next calendar: gathered day by day, looked at, published whole."""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from contract.models import CalendarDraft, CalendarDraftDay, CalendarRevision
from contract.permissions import can_edit
from contract.rules import DayKind, ServiceCalendar
from contract.rules.differences import DayDifference, day_differences, days_from
from contract.services.calendar import (
    OverrideData,
    Week,
    base_is_seen,
    calendar_build,
    calendar_of,
    calendar_publish,
    current_revision,
    weeks_in,
)
from core.errors import Conflict, Invalid, NotAllowed
from core.watchers import Difference, Watcher, all_watchers
from parties.models import Contract, User
from records.models import Source, Visibility
from records.services.audit import audit_write

MOST_DAYS = 400
"""One edit reaches at most so many days: a year and a bit."""


@dataclass(frozen=True)
class Plan:
    """A contract's draft beside what is published. `changes` are the draft's days by date."""

    contract: Contract
    draft: CalendarDraft | None
    base: CalendarRevision
    changes: dict[dt.date, CalendarDraftDay] = field(default_factory=dict)
    published: dict[dt.date, OverrideData] = field(default_factory=dict)

    @property
    def version(self) -> int:
        """The draft's version; 0 where nobody has planned anything yet."""
        return self.draft.version if self.draft else 0

    @property
    def week(self) -> Week | None:
        """The new ordinary week, if one is planned."""
        return Week.of_json(self.draft.weekly) if self.draft and self.draft.weekly else None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is planned."""
        return not self.changes and self.week is None

    @property
    def weeks(self) -> list[Week]:
        """The weeks as they will be: a planned one replaces those that begin on its day or later."""
        weeks, planned = weeks_in(self.base), self.week
        if planned is None:
            return weeks
        begins = planned.valid_from or dt.date.min
        return [*(week for week in weeks if (week.valid_from or dt.date.min) < begins), planned]

    @property
    def overrides(self) -> list[OverrideData]:
        """The overrides as they will be, in the order of their dates."""
        days = dict(self.published)
        for date, change in self.changes.items():
            if change.kind:
                days[date] = OverrideData(date, DayKind(change.kind), change.reason, _pairs(change.windows))
            else:
                days.pop(date, None)
        return [days[date] for date in sorted(days)]

    def calendar(self) -> ServiceCalendar:
        """The calendar as it will be. Raises Invalid when the plan contradicts itself."""
        old = calendar_of(self.contract, self.base)
        return calendar_build(self.weeks, self.overrides, national=old.national, published=old.published)

    def differences(self) -> list[DayDifference]:
        """The days that would change. A new week is looked at from its day on until the end of the year in which the term ends."""
        if self.is_empty:
            return []
        dates = set(self.changes)
        if self.week is not None:
            begins = max(self.week.valid_from or self.contract.starts_on, self.contract.starts_on)
            dates.update(days_from(begins, dt.date(max(self.contract.ends_on.year, begins.year), 12, 31)))
        return day_differences(calendar_of(self.contract, self.base), self.calendar(), dates)


@dataclass(frozen=True)
class Effect:
    """What one watcher would see."""

    watcher: Watcher
    differences: Sequence[Difference]


def plan_of(contract: Contract) -> Plan:
    """The draft and what it builds on. Raises Invalid when the contract has no calendar yet."""
    base = current_revision(contract)
    draft = CalendarDraft.objects.filter(contract=contract).select_related("changed_by").first()
    changes = {day.date: day for day in draft.days.all()} if draft else {}
    published = {
        row.date: OverrideData(row.date, DayKind(row.kind), row.reason, _pairs(row.windows))
        for row in base.overrides.all()
    }
    return Plan(contract, draft, base, changes, published)


def effects_of(plan: Plan, *, at: dt.datetime) -> list[Effect]:
    """Which running clocks, shifts, inspections and reports would see a difference, by watcher."""
    if plan.is_empty:
        return []
    old, new = calendar_of(plan.contract, plan.base), plan.calendar()
    found = (Effect(one, one.differences(plan.contract, old, new, at)) for one in all_watchers())
    return [effect for effect in found if effect.differences]


@transaction.atomic
def calendar_edit(
    *,
    contract: Contract,
    first: dt.date,
    last: dt.date,
    weekdays: Collection[int],
    kind: DayKind | None,
    windows: Sequence[tuple[str, str]] | None,
    reason: str,
    actor: User,
    at: dt.datetime,
) -> list[dt.date]:
    """Plan what the days of a range are to be; returns the dates concerned. Nothing counts before the draft is published.

    `kind` None takes the local override away. Only dates on `weekdays` (Monday is 0) are meant; an extended Saturday means
    Saturdays only. Raises NotAllowed, or Invalid with the fields that are wrong.
    """
    _may(actor, contract)
    if not reason.strip():
        raise Invalid(_("Please say why."), fields={"reason": _("Please say why.")})
    if last < first:
        raise Invalid(
            _("The last day lies before the first."), fields={"last": _("The last day lies before the first.")}
        )
    if (last - first).days >= MOST_DAYS:
        text = _("One step reaches at most %(days)s days.") % {"days": MOST_DAYS}
        raise Invalid(text, fields={"last": text})
    dates = days_from(first, last, frozenset(weekdays))
    if kind is DayKind.EXTENDED_SATURDAY:
        dates = [date for date in dates if date.weekday() == 5]
    draft = _claim(contract, actor, at)
    plan = plan_of(contract)
    if kind is None:
        dates = [date for date in dates if date in plan.published or date in plan.changes]
    if not dates:
        text = (
            _("No day of this range has a local setting.")
            if kind is None
            else _("No day of this range falls on those weekdays.")
        )
        raise Invalid(text, fields={"first": text})
    CalendarDraftDay.objects.filter(draft=draft, date__in=dates).delete()
    CalendarDraftDay.objects.bulk_create(
        CalendarDraftDay(
            draft=draft,
            date=date,
            kind=kind.value if kind else "",
            windows=[list(pair) for pair in windows] if windows is not None else None,
            reason=reason.strip()[:300],
        )
        for date in dates
        # Taking away what was only planned leaves nothing to say.
        if kind is not None or date in plan.published
    )
    try:
        plan_of(contract).calendar()
    except Invalid as error:
        raise Invalid(error.message, fields={"windows": error.message}) from error
    return dates


@transaction.atomic
def calendar_edit_week(
    *,
    contract: Contract,
    weekdays: Collection[int],
    windows: Sequence[tuple[str, str]],
    extended_saturday: tuple[str, str] | None,
    valid_from: dt.date,
    reason: str,
    actor: User,
    at: dt.datetime,
) -> CalendarDraft:
    """Plan the ordinary week from a day on: its working weekdays (Monday is 0), their hours and the extended Saturday's.

    Weeks that were to begin on that day or later are replaced. Raises NotAllowed, or Invalid with the fields that are wrong.
    """
    _may(actor, contract)
    if not reason.strip():
        raise Invalid(_("Please say why."), fields={"reason": _("Please say why.")})
    if not weekdays or not windows:
        text = _("A week needs working days and their times.")
        raise Invalid(text, fields={"weekdays" if not weekdays else "windows": text})
    if extended_saturday and 5 in weekdays:
        text = _("Saturday is a working day of this week already.")
        raise Invalid(text, fields={"extended_saturday": text})
    week = Week({str(day + 1): list(windows) for day in sorted(weekdays)}, extended_saturday, valid_from)
    draft = _claim(contract, actor, at)
    CalendarDraft.objects.filter(pk=draft.pk).update(weekly=week.as_json() | {"reason": reason.strip()[:300]})
    draft.refresh_from_db()
    try:
        plan_of(contract).calendar()
    except Invalid as error:
        raise Invalid(error.message, fields={"windows": error.message}) from error
    return draft


@transaction.atomic
def calendar_undo(*, contract: Contract, date: dt.date | None, actor: User, at: dt.datetime) -> None:
    """Take one day out of the draft, or the planned week (`date` None). Raises NotAllowed, or Conflict when it is gone already."""
    _may(actor, contract)
    draft = _claim(contract, actor, at)
    if date is None:
        gone = CalendarDraft.objects.filter(pk=draft.pk, weekly__isnull=False).update(weekly=None)
    else:
        gone, _rows = CalendarDraftDay.objects.filter(draft=draft, date=date).delete()
    if not gone:
        raise Conflict(_("This change is not part of the draft any more."))


@transaction.atomic
def calendar_discard(*, contract: Contract, version_seen: int, actor: User, at: dt.datetime) -> None:
    """Throw the whole draft away; the history keeps what it said. Raises NotAllowed, or Conflict when it has changed meanwhile."""
    _may(actor, contract)
    plan = plan_of(contract)
    if plan.draft is None or plan.is_empty:
        raise Conflict(_("There is no draft any more: it was published or discarded."))
    _claim_version(plan.draft, version_seen, actor, at)
    audit_write(
        contract=contract,
        subject=plan.draft,
        verb="calendar_discard",
        actor=actor,
        at=at,
        before=_as_said(plan),
        visibility=Visibility.INTERNAL,
    )
    _empty(plan.draft)


@transaction.atomic
def calendar_publish_draft(
    *,
    contract: Contract,
    base_seen: int,
    version_seen: int,
    reason: str,
    amend: Mapping[str, Collection[str]],
    actor: User,
    at: dt.datetime,
    source: str = Source.PAGE,
) -> CalendarRevision:
    """Publish the draft as the next revision, and amend what was chosen (keys by watcher) with the same reason: all or nothing.

    Raises NotAllowed; Invalid without a reason or without a change; Conflict when the draft, the published revision or what could
    be amended is not what the person saw: the draft then stays as it is.
    """
    _may(actor, contract)
    if not reason.strip():
        text = _("Please say why the calendar changes.")
        raise Invalid(text, fields={"reason": text})
    draft = CalendarDraft.objects.filter(contract=contract).first()
    base_is_seen(contract, base_seen)
    if draft is None:
        raise Invalid(_("There is nothing to publish: no day is planned to change."))
    try:
        _claim_version(draft, version_seen, actor, at)
    except Conflict:
        # Whoever published first has changed the draft too; that there is a new revision is what the other has to know.
        base_is_seen(contract, base_seen)
        raise
    base_is_seen(contract, base_seen)
    plan = plan_of(contract)
    if plan.draft is None or plan.is_empty:
        raise Invalid(_("There is nothing to publish: no day is planned to change."))
    effects = {effect.watcher.name: effect for effect in effects_of(plan, at=at)}
    for name, keys in amend.items():
        offered = {one.key for one in effects[name].differences if one.amendable} if name in effects else set()
        if set(keys) - offered:
            raise Conflict(_("What the change would affect is not what you saw any more. Please look at it again."))
    *earlier, week = plan.weeks
    revision = calendar_publish(
        contract=contract,
        weekday_windows=week.weekday_windows,
        extended_saturday=week.extended_saturday,
        weekly_from=week.valid_from,
        earlier_weeks=earlier,
        overrides=plan.overrides,
        reason=reason,
        actor=actor,
        at=at,
        source=source,
        base_number=plan.base.number,
    )
    for name, keys in amend.items():
        change = effects[name].watcher.amend
        if change is not None and keys:
            change(contract, keys=sorted(keys), revision=revision, reason=revision.reason, actor=actor, at=at)
    _empty(plan.draft)
    return revision


def _may(actor: User, contract: Contract) -> None:
    if not can_edit(actor, contract):
        raise NotAllowed(_("Only the project manager plans and publishes the calendar."))


def _claim(contract: Contract, actor: User, at: dt.datetime) -> CalendarDraft:
    """The contract's draft, made where there was none, with a new version: the row is then this transaction's."""
    draft, _created = CalendarDraft.objects.get_or_create(contract=contract)
    CalendarDraft.objects.filter(pk=draft.pk).update(version=F("version") + 1, changed_by=actor, changed_at=at)
    return draft


def _claim_version(draft: CalendarDraft, version_seen: int, actor: User, at: dt.datetime) -> None:
    claimed = CalendarDraft.objects.filter(pk=draft.pk, version=version_seen).update(
        version=F("version") + 1, changed_by=actor, changed_at=at
    )
    if not claimed:
        raise Conflict(
            _("Somebody else has changed the draft in the meantime. Please look at it again; nothing is lost.")
        )


def _empty(draft: CalendarDraft) -> None:
    CalendarDraftDay.objects.filter(draft=draft).delete()
    CalendarDraft.objects.filter(pk=draft.pk).update(weekly=None)


def _as_said(plan: Plan) -> dict[str, Any]:
    days = ((day.date.isoformat(), day.kind, day.windows, day.reason) for day in plan.changes.values())
    return {"weekly": plan.draft.weekly if plan.draft else None, "days": [list(day) for day in days]}


def _pairs(windows: Iterable[Sequence[str]] | None) -> tuple[tuple[str, str], ...] | None:
    return None if windows is None else tuple((start, end) for start, end in windows)
