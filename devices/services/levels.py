"""What is left in the devices, told for a day: levels, what is low, and what to load before a closure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _

from contract.rules import Closure
from contract.services.calendar import calendar_of
from contract.services.terms import term
from core.errors import Invalid
from devices.finds.consumables import fits_of_hall
from devices.models import ConsumableChange, ConsumableFit
from devices.models.device import PowerPolicy
from devices.rules_consumables import UseDays, days_left, lasts_through, level_now, units_to_fill
from devices.services.common import local_day
from devices.services.consumables import service_days, use_days_of
from parties.models import Contract

LOAD_AHEAD_DAYS = 7
"""Loading is the work of the last week before a closure: what is used earlier is refilled in between, so it is not reckoned."""
CLOSURES_AHEAD_DAYS = 200
"""So far ahead closures are offered; arrangements of a further year are seldom published."""


@dataclass(frozen=True)
class Level:
    """What is left of one consumable in one device on a day. `state`: unknown, out, low or ok; None figures are not known."""

    fit: ConsumableFit
    state: str
    left: int | None
    percent: int | None
    days: int | None


def level_of(fit: ConsumableFit, *, today: date, by_service: UseDays) -> Level:
    """The level of a fit on a day, from what was reckoned when it was last read or filled; no database question."""
    use_days = use_days_of(fit.device, by_service)
    day = local_day(fit.level_at) if fit.level_at else None
    left = level_now(fit.level, day, fit.rate, use_days, today)
    if left is None:
        return Level(fit, "unknown", None, None, None)
    percent = min(100, round(left * 100 / fit.capacity))
    is_low = fit.low_on is not None and fit.low_on <= today
    state = "out" if left == 0 else "low" if is_low else "ok"
    return Level(fit, state, left, percent, days_left(left, fit.rate))


def levels_of(fits: Iterable[ConsumableFit], *, contract: Contract, today: date) -> list[Level]:
    """The levels of several fits; one look at the calendar for all."""
    by_service = service_days(contract)
    return [level_of(fit, today=today, by_service=by_service) for fit in fits]


@dataclass(frozen=True)
class Load:
    """One thing to load before a closure: what, into which device, how many units, and why."""

    level: Level
    units: int
    needed_days: int
    """Days that what is left must last: those until the hall opens again, with the margin."""
    loaded_by: str = ""
    loaded_at: datetime | None = None
    """Filled in when somebody has loaded it for this very closure."""

    @property
    def fit(self) -> ConsumableFit:
        """What is loaded where."""
        return self.level.fit


def before_holiday(contract: Contract, first: date, last: date, *, today: date) -> list[Load]:
    """What devices that stay on during a closure need before it (附二.10-3)): data for list, print and round.

    A device that is never switched off is on the list when what it has does not last until the day after `last` with the contract's
    margin, or when nobody knows how long it lasts. What was loaded for this closure stays on the list, ticked. Three statements.
    Days before the last week do not count, so that a list asked for early is a preview of it.
    Raises Invalid for a span that ends before it begins.
    """
    if last < first:
        message = _("The last day lies before the first.")
        raise Invalid(message, fields={"last": message})
    margin = int(term(contract, "holiday_margin_days", today))
    fits = list(
        fits_of_hall(contract.hall_id)
        .filter(device__power_policy=PowerPolicy.ALWAYS_ON)
        .order_by("device__place__position", "device__code", "kind__name")
    )
    ticked = _loaded(fits, first)
    eve = first - timedelta(days=1)
    span = (last - max(min(today, eve), eve - timedelta(days=LOAD_AHEAD_DAYS))).days
    needed_days = span + margin
    found = []
    for level in levels_of(fits, contract=contract, today=today):
        who = ticked.get(level.fit.pk)
        if who is None and lasts_through(level.days, span, margin):
            continue
        units = units_to_fill(level.left, level.fit.capacity, level.fit.kind.pages_per_unit)
        found.append(Load(level, units, needed_days, *(who or ("", None))))
    return found


def _loaded(fits: list[ConsumableFit], first: date) -> dict[int, tuple[str, datetime]]:
    rows = ConsumableChange.objects.filter(fit__in=fits, load_for=first, quantity__gt=0).select_related("actor")
    return {row.fit_id: (str(row.actor or ""), row.at) for row in rows.order_by("at")}


def coming_closures(contract: Contract, today: date) -> list[Closure]:
    """The closures that are to come or go on: runs of days without service around a statutory holiday."""
    try:
        calendar = calendar_of(contract)
    except Invalid:
        return []
    return list(calendar.closures(today, today + timedelta(days=CLOSURES_AHEAD_DAYS)))
