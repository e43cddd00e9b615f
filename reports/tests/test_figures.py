"""Every figure equals an independent recount of the same rows in plain Python, on random data with both edges of the period."""

import statistics
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from core.clock import SHANGHAI
from devices.models import Device, DeviceCategory
from devices.states import DeviceStatus
from parties.models import Membership
from reports import figures
from reports.providers import tickets_figures, tickets_sentences
from reports.rules import Period
from reports.sections import Scope
from reports.tests.make import make_clock, make_random_tickets, make_rating, make_ticket
from sla.models import Clock
from tests.make import World, make_world
from tickets.models import Rating, Ticket
from tickets.states import FELL_AWAY, SIGNED_FOR, RatingWay

pytestmark = pytest.mark.django_db
WEEK = Period(date(2024, 6, 10), date(2024, 6, 16))
AT = datetime(2024, 6, 14, 3, tzinfo=UTC)


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture(params=[1, 2])
def random_world(world: World, request: pytest.FixtureRequest) -> World:
    """A week full of tickets of all kinds, and another hall with tickets of its own in the same week."""
    make_random_tickets(world, WEEK, 120, request.param)
    other = make_world("b")
    make_random_tickets(other, WEEK, 20, request.param, first_number=9000)
    return world


def all_tickets(world: World) -> list[Ticket]:
    return list(
        Ticket.objects.filter(contract=world.contract).select_related("category__parent", "response_clock", "rating")
    )


def in_week(instant: datetime | None) -> bool:
    return instant is not None and WEEK.starts_on <= instant.astimezone(SHANGHAI).date() <= WEEK.ends_on


def received(world: World) -> list[Ticket]:
    return [t for t in all_tickets(world) if in_week(t.received_at)]


def counted(world: World) -> list[Ticket]:
    return [t for t in received(world) if t.status not in FELL_AWAY]


def promises(world: World) -> list[Clock]:
    return [c for c in Clock.objects.filter(contract=world.contract) if c.state != "cancelled" and in_week(c.due_at)]


def verdict(clock: Clock) -> str:
    assert clock.due_at is not None
    if clock.breached_at is not None:
        return "broken"
    if clock.stopped_at is not None:
        return "kept" if clock.stopped_at <= clock.due_at else "broken"
    return "running" if clock.due_at >= AT else "broken"


def test_ticket_counts(random_world: World) -> None:
    counts = figures.ticket_counts(random_world.contract, WEEK)
    live = counted(random_world)
    by_status = Counter(t.status for t in live)
    assert counts.total == len(live) > 50
    assert counts.cancelled + counts.merged == len(received(random_world)) - len(live)
    assert min(counts.cancelled, counts.merged) > 0
    signed = by_status["signed"] + by_status["archived"]
    assert by_status["archived"] > 0
    assert counts.resolved == signed + by_status["to_sign"] + by_status["closed_unsigned"]
    assert (counts.signed, counts.unsigned) == (
        signed,
        by_status["to_sign"] + by_status["closed_unsigned"],
    )
    assert counts.reworked == sum(t.rework_count > 0 for t in live) > 0
    assert counts.reworks == sum(t.rework_count for t in live)
    assert counts.set_back == sum(t.set_back_flagged for t in live)


def test_breakdowns(random_world: World) -> None:
    live = counted(random_world)
    contract = random_world.contract

    def rows(groups: list[figures.Group]) -> dict[str, int]:
        assert sum(group.count for group in groups) == len(live)
        assert all(group.label for group in groups)
        return {group.key: group.count for group in groups if group.count}

    assert rows(figures.by_channel(contract, WEEK)) == Counter(t.channel for t in live)
    assert rows(figures.by_triage(contract, WEEK)) == Counter(t.triage for t in live)
    assert rows(figures.by_priority(contract, WEEK)) == Counter(str(t.priority) for t in live)
    tops = [t.category and (t.category.parent or t.category) for t in live]
    assert rows(figures.by_category(contract, WEEK)) == Counter(top.code if top else "" for top in tops)
    positions = [g.key for g in figures.by_category(contract, WEEK)]
    ordered = sorted({(top.position, top.code) for top in tops if top})
    assert positions == [code for _position, code in ordered] + [""] * any(top is None for top in tops)


def test_days(random_world: World) -> None:
    days = figures.daily_received(random_world.contract, WEEK)
    expected = Counter(t.received_at.astimezone(SHANGHAI).date() for t in counted(random_world))
    assert days == [
        (date(2024, 6, 10) + timedelta(days=n), expected[date(2024, 6, 10) + timedelta(days=n)]) for n in range(7)
    ]


def test_the_response_promise(random_world: World) -> None:
    counts = figures.response_counts(random_world.contract, WEEK, at=AT)
    clocks = promises(random_world)
    verdicts = Counter(verdict(c) for c in clocks)
    net = [c.net_seconds for c in clocks if c.net_seconds is not None]
    assert counts.due == len(clocks)
    assert (counts.kept, counts.broken, counts.running) == (verdicts["kept"], verdicts["broken"], verdicts["running"])
    assert counts.running > 0
    assert counts.unexplained == sum(verdict(c) == "broken" and not c.breach_reason for c in clocks) > 0
    assert counts.spread == tuple(
        sum(low < seconds <= high for seconds in net)
        for low, high in [(-1, 60), (60, 120), (120, 180), (180, 240), (240, 300), (300, 10**9)]
    )
    assert counts.answered == len(net)
    assert counts.net_average == pytest.approx(statistics.fmean(net))
    assert counts.net_longest == max(net)
    assert figures.response_median(random_world.contract, WEEK) == pytest.approx(statistics.median(net))


@pytest.mark.parametrize("values", [[], [40], [40, 80], [80, 40, 40], [1, 2, 3, 400], [5, 5, 5, 5, 5]])
def test_the_median_of_few(world: World, values: list[int]) -> None:
    for number, seconds in enumerate(values):
        ticket = make_ticket(world, number, received_at=WEEK.begins_at)
        due = WEEK.begins_at + timedelta(hours=9)
        make_clock(ticket, due_at=due, stopped_at=due, net_seconds=float(seconds))
    assert figures.response_median(world.contract, WEEK) == (statistics.median(values) if values else None)


def test_breaches_are_listed_with_their_reasons(random_world: World) -> None:
    rows = figures.breaches(random_world.contract, WEEK, at=AT)
    broken = [c for c in promises(random_world) if verdict(c) == "broken"]
    tickets = {t.pk: t for t in all_tickets(random_world)}
    assert [(r.due_at, r.code, r.reason) for r in rows] == sorted(
        ((c.due_at, tickets[c.subject_id].code, c.breach_reason) for c in broken), key=lambda row: (row[0], row[1])
    )
    assert len(rows) == figures.response_counts(random_world.contract, WEEK, at=AT).broken
    seconds = {r.code: r.over_seconds for r in rows}
    for clock in broken:
        expected = None if clock.net_seconds is None else max(clock.net_seconds - 300, 0)
        assert seconds[tickets[clock.subject_id].code] == expected


def test_a_promise_belongs_to_the_week_of_its_due_instant_and_the_request_to_that_of_its_receipt(world: World) -> None:
    friday_evening = datetime(2024, 6, 14, 9, 58, tzinfo=UTC)
    monday = datetime(2024, 6, 17, 0, 33, tzinfo=UTC)
    make_clock(make_ticket(world, 1, received_at=friday_evening), due_at=monday, stopped_at=monday, net_seconds=300.0)
    after = Period(date(2024, 6, 17), date(2024, 6, 23))
    assert figures.ticket_counts(world.contract, WEEK).total == 1
    assert figures.response_counts(world.contract, WEEK, at=monday).due == 0
    assert figures.ticket_counts(world.contract, after).total == 0
    assert figures.response_counts(world.contract, after, at=monday).kept == 1


def test_an_exempted_breach_is_left_out_of_the_adjusted_rate_alone(world: World) -> None:
    for number in range(4):
        ticket = make_ticket(world, number, received_at=AT)
        late = number < 2
        make_clock(
            ticket,
            due_at=AT + timedelta(minutes=5),
            stopped_at=AT + timedelta(minutes=7 if late else 3),
            net_seconds=420.0 if late else 180.0,
            breached_at=AT + timedelta(minutes=5) if late else None,
        )
    first = Clock.objects.filter(breached_at__isnull=False).earliest("pk")
    Clock.objects.filter(pk=first.pk).update(exempted_at=AT)
    found = figures.response_counts(world.contract, WEEK, at=AT + timedelta(hours=1))
    assert (found.broken, found.exempted, found.rate, found.adjusted_rate) == (2, 1, "50.0%", "66.7%")
    scope = Scope(world.contract, WEEK, AT + timedelta(hours=1))
    told = " ".join(tickets_sentences(tickets_figures(scope)))
    assert "经甲方同意豁免1件，调整后响应及时率66.7%" in told


def test_an_unanswered_promise_counts_as_broken_once_it_is_due(world: World) -> None:
    ticket = make_ticket(world, 1, received_at=AT, status="pending_response")
    due = AT + timedelta(minutes=5)
    make_clock(ticket, due_at=due, state="running")
    before = figures.response_counts(world.contract, WEEK, at=due)
    later = figures.response_counts(world.contract, WEEK, at=due + timedelta(microseconds=1))
    assert (before.running, before.broken, before.rate) == (1, 0, "—")
    assert (later.running, later.broken, later.rate) == (0, 1, "0.0%")
    assert [row.over_seconds for row in figures.breaches(world.contract, WEEK, at=due + timedelta(seconds=1))] == [None]


def test_satisfaction(random_world: World) -> None:
    rated = figures.satisfaction(random_world.contract, WEEK)
    signed = [t for t in counted(random_world) if t.status in SIGNED_FOR]
    ratings = list(Rating.objects.filter(ticket__in=signed))
    own = Counter(r.level for r in ratings if r.way != RatingWay.HANDOVER)
    handed = Counter(r.level for r in ratings if r.way == RatingWay.HANDOVER)
    assert rated.signed == len(signed)
    assert rated.own == tuple(own[level] for level in (5, 4, 3, 2, 1))
    assert rated.handed == tuple(handed[level] for level in (5, 4, 3, 2, 1))
    assert rated.handed_total > 0
    assert rated.unrated == len(signed) - len(ratings)
    poor = figures.poor_ratings(random_world.contract, WEEK)
    assert {r.pk for r in poor} == {r.pk for r in ratings if r.level <= 2}


def test_the_vector_of_both_readings(world: World) -> None:
    levels = [5] * 8 + [4] * 7 + [3] * 3 + [2] * 2 + [None] * 5
    for number, level in enumerate(levels):
        ticket = make_ticket(world, number, received_at=AT)
        if level:
            make_rating(ticket, level)
    rated = figures.satisfaction(world.contract, WEEK)
    assert (rated.rate, rated.strict_rate, rated.rated_rate) == ("90.0%", "75.0%", "80.0%")
    make_rating(make_ticket(world, 99, received_at=AT), 5, RatingWay.HANDOVER)
    rated = figures.satisfaction(world.contract, WEEK)
    assert (rated.rate, rated.strict_rate, rated.rated_rate, rated.handed_total) == ("90.0%", "75.0%", "80.0%", 1)


def test_what_is_open_or_unsigned_at_the_end(random_world: World) -> None:
    over = WEEK.over_at
    known = [t for t in all_tickets(random_world) if t.received_at < over and t.status not in FELL_AWAY]
    open_ = {t.code for t in known if t.resolved_at is None or t.resolved_at >= over}
    unsigned = {
        t.code for t in known if t.resolved_at and t.resolved_at < over and (t.signed_at is None or t.signed_at >= over)
    }
    assert {t.code for t in figures.open_at_end(random_world.contract, WEEK)} == open_
    assert {t.code for t in figures.unsigned_at_end(random_world.contract, WEEK)} == unsigned
    assert unsigned
    assert any(t.received_at < WEEK.begins_at for t in figures.open_at_end(random_world.contract, WEEK))


def test_the_annex_lists_what_was_received_and_nothing_else(random_world: World) -> None:
    table = figures.tickets_table(random_world.contract, WEEK)
    assert [t.code for t in table] == [
        t.code for t in sorted(received(random_world), key=lambda t: (t.received_at, t.pk))
    ]


def test_people_and_what_is_in_their_hands(random_world: World) -> None:
    Membership.objects.filter(user=random_world.engineer2).update(valid_to=date(2024, 6, 10))
    rows = figures.people(random_world.contract, WEEK)
    live = counted(random_world)
    for person in (random_world.manager, random_world.engineer, random_world.engineer2):
        row = next(r for r in rows if r.name == person.name)
        mine = [t for t in live if t.assignee_id == person.pk]
        assert (row.tickets, row.signed) == (len(mine), sum(t.status in SIGNED_FOR for t in mine))
    assert [r.name for r in rows] == ["项目经理", "工程师甲", "工程师乙"]
    Membership.objects.filter(user=random_world.engineer2).update(valid_to=date(2024, 6, 9))
    assert [r.name for r in figures.people(random_world.contract, WEEK)] == ["项目经理", "工程师甲"]


def test_devices_as_they_stand(world: World) -> None:
    second = DeviceCategory.objects.create(
        hall=world.contract.hall,
        code="PR",
        name="自助打印机",
        repair_class="office",
        power_policy="daily_off",
        position=9,
    )
    plan = {"in_use": 6, "faulty": 2, "under_repair": 1, "spare": 1, "stopped": 3, "retired": 4}
    number = 0
    for status, count in plan.items():
        for _index in range(count):
            number += 1
            Device.objects.create(
                hall=world.contract.hall, code=f"PR-{number}", short_code=f"P{number}", name="打印机", category=second,
                place=world.place, status=status, power_policy="daily_off",
            )  # fmt: skip
    make_world("b")
    state = figures.devices(world.contract)
    assert [(row.category, row.total) for row in state.rows] == [("通用工作台", 1), ("自助打印机", 13)]
    printer = state.rows[1]
    assert (printer.in_use, printer.faulty, printer.under_repair, printer.spare, printer.stopped) == (6, 2, 1, 1, 3)
    assert state.total == 14
    assert state.rate == "72.7%"  # (1 + 6 + 1) of (14 - 3)
    assert set(plan) == set(DeviceStatus.values)


def test_weeks_add_up_to_the_whole(random_world: World) -> None:
    weeks = [
        Period(date(2024, 6, 3) + timedelta(days=7 * n), date(2024, 6, 9) + timedelta(days=7 * n)) for n in range(3)
    ]
    whole = Period(date(2024, 6, 3), date(2024, 6, 23))
    contract = random_world.contract
    for name in ("total", "cancelled", "resolved", "signed", "reworks"):
        parts = [getattr(figures.ticket_counts(contract, week), name) for week in weeks]
        assert sum(parts) == getattr(figures.ticket_counts(contract, whole), name)
    for name in ("due", "kept", "broken", "running", "answered"):
        parts = [getattr(figures.response_counts(contract, week, at=AT), name) for week in weeks]
        assert sum(parts) == getattr(figures.response_counts(contract, whole, at=AT), name)


def test_each_figure_is_one_statement(random_world: World, django_assert_num_queries: pytest.FixtureRequest) -> None:
    contract = random_world.contract
    for figure in (
        lambda: figures.ticket_counts(contract, WEEK),
        lambda: figures.by_category(contract, WEEK),
        lambda: figures.daily_received(contract, WEEK),
        lambda: figures.response_counts(contract, WEEK, at=AT),
        lambda: figures.response_median(contract, WEEK),
        lambda: figures.breaches(contract, WEEK, at=AT),
        lambda: figures.satisfaction(contract, WEEK),
        lambda: figures.people(contract, WEEK),
        lambda: figures.devices(contract),
        lambda: figures.tickets_table(contract, WEEK),
    ):
        with django_assert_num_queries(1):  # type: ignore[operator]
            figure()
