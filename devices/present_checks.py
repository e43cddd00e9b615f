"""How checks are told: on the timeline of a device, on the page of what is due."""

from collections.abc import Iterable
from datetime import date, timedelta

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from devices.due import LIMIT, Due
from devices.finds.checks import stocktakes_visible_to
from devices.models import LinkageTest, RightsCheck, Stocktake, StocktakeLine
from devices.rules_access import quarter_days, quarter_of
from devices.services.common import local_day
from devices.states import CheckStatus
from devices.timeline import Asked, Happening
from parties.models import Contract

AHEAD_DAYS = 30
"""So long before its quarter ends a check that was not begun is called due."""
ANNUAL_AHEAD_DAYS = 60


def stocktake_happenings(asked: Asked) -> Iterable[Happening]:
    """When and where the device was found, or not, in a stocktake."""
    rows = StocktakeLine.objects.filter(device=asked.device, stocktake__in=stocktakes_visible_to(asked.user)).exclude(
        outcome=""
    )
    if asked.until is not None:
        rows = rows.filter(counted_at__lte=asked.until)
    rows = rows.exclude(stocktake__status=CheckStatus.CANCELLED).select_related("stocktake", "counted_by")
    for line in rows.order_by("-counted_at", "-pk")[: asked.limit]:
        if line.counted_at is None:
            continue
        yield Happening(
            at=line.counted_at,
            key=str(line.pk),
            title=f"{line.get_outcome_display()} · {line.stocktake.code}",
            text=" · ".join(filter(None, [line.found_name or line.place_name, line.reason])),
            actor=line.counted_by.name if line.counted_by else "",
            url=reverse("devices:stocktake", args=[line.stocktake_id]),
            icon="clipboard-check",
        )


def _quarterly(
    contract: Contract, today: date, model: type[RightsCheck] | type[LinkageTest], field: str, title: str, url: str
) -> list[Due]:
    """One thing that each quarter asks for: due on its last day, told a month before, overdue for the quarter before."""
    first, last = quarter_days(quarter_of(today))
    before_first, before_last = quarter_days(quarter_of(first - timedelta(days=1)))
    rows = model.objects.filter(contract__hall=contract.hall_id, **{f"{field}__range": (before_first, last)})
    days = rows.exclude(status=CheckStatus.CANCELLED).values_list(field, flat=True)
    done = {quarter_of(day) for day in days}
    asked = []
    if contract.starts_on <= before_first:
        asked.append(before_last)
    if (last - today).days <= AHEAD_DAYS:
        asked.append(last)
    return [
        Due(quarter_of(day), f"{title} {quarter_of(day)}", "", day, url) for day in asked if quarter_of(day) not in done
    ]


def rights_due(contract: Contract, today: date) -> Iterable[Due]:
    """The quarterly check of access rights, while it was not begun."""
    url = f"{reverse('devices:checks')}#rights"
    return _quarterly(contract, today, RightsCheck, "started_at__date", _("Check of access rights"), url)


def linkage_due(contract: Contract, today: date) -> Iterable[Due]:
    """The quarterly fire-linkage test, while there was none."""
    url = f"{reverse('devices:checks')}#linkage"
    return _quarterly(contract, today, LinkageTest, "tested_on", _("Fire-linkage test"), url)


def stocktakes_due(contract: Contract, today: date) -> Iterable[Due]:
    """Stocktakes under way, due two weeks after they began; and the year's annual one in its last two months."""
    year_begins, year_ends = date(today.year, 1, 1), date(today.year, 12, 31)
    rows = Stocktake.objects.filter(contract__hall=contract.hall_id).exclude(status=CheckStatus.CANCELLED)
    rows = rows.filter(Q(status=CheckStatus.OPEN) | Q(kind=Stocktake.Kind.ANNUAL, started_at__date__gte=year_begins))
    due = []
    annual = False
    for take in rows.order_by("started_at")[:LIMIT]:
        annual = annual or (take.kind == Stocktake.Kind.ANNUAL and local_day(take.started_at) >= year_begins)
        if take.status == CheckStatus.OPEN:
            until = local_day(take.started_at) + timedelta(days=14)
            url = reverse("devices:stocktake", args=[take.pk])
            due.append(Due(f"open:{take.pk}", f"{take.code} {take.scope_text}", _("Under way"), until, url))
    if not annual and (year_ends - today).days <= ANNUAL_AHEAD_DAYS:
        title = _("Annual stocktake %(year)s") % {"year": today.year}
        due.append(Due(f"annual:{today.year}", title, "", year_ends, reverse("devices:stocktake_new")))
    return sorted(due, key=lambda row: row.due_on)
