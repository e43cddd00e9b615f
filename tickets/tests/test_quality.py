"""Service quality: repeats, first-time fix, follow-ups of bad ratings, devices; and the client's side, where none of it shows."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from contract.services.calendar import calendar_of
from core import clock
from core.errors import Conflict, Invalid, NotAllowed
from devices import timeline
from notifications.models import Delivery, Message
from records.models import AuditEntry
from sla.states import ClockState
from tests.make import World, make_world
from tickets.finds.quality import (
    causes_within,
    first_time_fix,
    follow_ups_visible_to,
    gauges,
    reliability_of,
    worst_devices,
)
from tickets.models import CauseCode, FollowUp, Repeat, Ticket
from tickets.services.follow_up import (
    follow_up_ask_again,
    follow_up_assign,
    follow_up_call,
    follow_up_close,
    follow_up_measures,
    follow_up_rate_again,
)
from tickets.tests.make import MONDAY, arrive, minutes, reach, report, resolve, respond, sign
from tickets.tests.quality_make import followed, mended, rated

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
SPAN = (MONDAY - DAY, MONDAY + timedelta(days=28))
LATER = MONDAY + timedelta(days=2)
"""Wednesday, 09:10 in the hall."""


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def wednesday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: LATER)


def as_(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def called(world: World, row: FollowUp, **changes: Any) -> FollowUp:
    given: dict[str, Any] = {
        "actor": world.manager, "at": LATER, "called_whom": "窗口人员01", "called_how": "phone", "said": "等了很久",
    }  # fmt: skip
    return follow_up_call(follow_up=row, **(given | changes))


def done(world: World, row: FollowUp) -> FollowUp:
    return follow_up_measures(
        follow_up=called(world, row), actor=world.manager, at=LATER + minutes(5), measures="增加备件", done=True
    )


# Repeats --------------------------------------------------------------------------------------------------------------


def test_the_same_fault_is_suspected_when_reported_and_settled_when_resolved(world: World) -> None:
    first = mended(world, at=MONDAY)
    second = report(world, at=LATER)
    row = Repeat.objects.get()
    assert (row.ticket, row.earlier, row.status) == (second, first, "suspected")
    assert {"repeat"} == set(Ticket.objects.get(pk=first.pk).holds) == set(Ticket.objects.get(pk=second.pk).holds)
    respond(world, second, at=LATER + minutes(2))
    arrive(world, second, at=LATER + minutes(5))
    resolve(world, second, at=LATER + minutes(9))
    assert Repeat.objects.get().status == "confirmed"
    told = Message.objects.filter(topic="repeat").order_by("pk")
    assert [message.deliveries.get().recipient for message in told] == [world.manager, world.manager]
    assert AuditEntry.objects.filter(verb="repeat_confirmed", visibility="internal").count() == 2


def test_another_cause_clears_the_suspicion_and_a_code_decides_against_words(world: World) -> None:
    codes = [CauseCode.objects.create(contract=world.contract, code=code, name=code) for code in ("QT-R1", "QT-R2")]
    first = mended(world, at=MONDAY)
    Ticket.objects.filter(pk=first.pk).update(cause_code=codes[0])
    second = report(world, at=LATER)
    respond(world, second, at=LATER + minutes(2))
    arrive(world, second, at=LATER + minutes(5))
    resolve(world, second, at=LATER + minutes(9), cause_code=codes[1])
    assert Repeat.objects.get().status == "refuted"
    assert Message.objects.filter(topic="repeat").count() == 1
    assert "repeat" in Ticket.objects.get(pk=second.pk).holds
    page = as_(world.manager).get(f"/tickets/{second.code}/").content.decode()
    assert "panel-list" not in page or first.code not in page.split('class="timeline"', 1)[0]


def test_no_repeat_after_the_days_on_another_device_or_for_a_users_error(world: World) -> None:
    mended(world, at=MONDAY)
    report(world, at=MONDAY + minutes(30) + timedelta(days=7, seconds=1))
    report(world, at=LATER, device=None)
    report(world, at=LATER, description="打印机没纸了")
    assert not Repeat.objects.exists()
    report(world, at=MONDAY + minutes(30) + timedelta(days=7))
    assert Repeat.objects.get().status == "suspected"


# First-time fix and satisfaction --------------------------------------------------------------------------------------


def test_first_time_fix_is_one_arrival_and_no_repeat_by_one_statement(world: World) -> None:
    mended(world, at=MONDAY)
    mended(world, at=LATER)
    mended(world, at=MONDAY, device=None, description="网络不通", triage="user_error")
    twice = sign_ready = mended(world, at=MONDAY + DAY, device=None, description="读卡器失灵")
    from tickets.services.send_back import ticket_send_back

    ticket_send_back(ticket=sign_ready, actor=world.clerk, at=MONDAY + DAY + minutes(60), reason="还是不行")
    twice.refresh_from_db()
    resolve(world, twice, at=MONDAY + DAY + minutes(90))
    mended(world, at=MONDAY + DAY, device=None, description="投影不亮", result="restored")
    with CaptureQueriesContext(connection) as asked:
        found = first_time_fix(world.contract, SPAN)
    assert len(asked) == 1
    assert (found.total, found.repeated, found.fixed) == (4, 1, 1)
    assert found.rate == 0.25


def test_ratings_on_the_handlers_device_are_counted_apart(world: World) -> None:
    for level in (5, 4, 3, 2):
        rated(world, level)
    rated(world, 5, way="handover")
    sign(world, mended(world, device=None), at=MONDAY + minutes(40))
    with CaptureQueriesContext(connection) as asked:
        found = gauges(world.contract, {"all": SPAN, "none": (SPAN[0] - DAY, SPAN[0])})
    assert len(asked) == 1
    one = found["all"]
    assert (one.signed, one.valid, one.satisfied, one.handed) == (6, 4, 3, 1)
    assert (one.rate, one.strict_rate, one.rated_rate) == (0.75, 0.5, 0.8)
    assert found["none"].rate is None


# Follow-ups -----------------------------------------------------------------------------------------------------------


def test_a_bad_rating_opens_a_follow_up_with_its_promises_and_tells_the_manager_at_once(world: World) -> None:
    rated(world, 3)
    assert not FollowUp.objects.exists()
    row = followed(world)
    assert row.code == "ZG-20240318-0001"
    assert row.callback_clock is not None
    assert row.callback_clock.due_at is not None
    assert row.callback_clock.due_at.astimezone(clock.SHANGHAI).date() == (MONDAY + DAY).date(), "one working day"
    assert row.measures_clock is not None
    assert row.measures_clock.kind == "rectification"
    told = Message.objects.get(topic="low_rating")
    assert told.urgent
    assert told.url == f"/tickets/follow-ups/{row.code}/"
    assert told.deliveries.get().recipient == world.manager


def test_the_way_of_a_follow_up(world: World) -> None:
    row = followed(world)
    with pytest.raises(NotAllowed):
        follow_up_assign(follow_up=row, actor=world.engineer2, at=LATER, person=world.engineer2)
    with pytest.raises(Invalid):
        follow_up_assign(follow_up=row, actor=world.manager, at=LATER, person=world.engineer)
    follow_up_assign(follow_up=row, actor=world.manager, at=LATER, person=world.engineer2)
    with pytest.raises(Conflict):
        follow_up_measures(follow_up=row, actor=world.engineer2, at=LATER, measures="先写", done=False)
    called(world, row, actor=world.engineer2, called_at=MONDAY + DAY)
    assert row.status == "called_back"
    row.refresh_from_db()
    assert row.callback_clock is not None
    assert (row.callback_clock.state, row.callback_clock.kept) == (ClockState.STOPPED, True)
    with pytest.raises(Conflict):
        follow_up_close(follow_up=row, actor=world.manager, at=LATER, conclusion="好了")
    with pytest.raises(Conflict):
        follow_up_ask_again(follow_up=row, actor=world.engineer2, at=LATER)
    seen = FollowUp.objects.select_related("contract", "ticket", "rating__rated_by", "assignee").get()
    follow_up_measures(follow_up=row, actor=world.engineer2, at=LATER, measures="增加备件", done=True)
    follow_up_ask_again(follow_up=row, actor=world.engineer2, at=LATER)
    with pytest.raises(Conflict):
        follow_up_ask_again(follow_up=row, actor=world.engineer2, at=LATER)
    # Nor does who read the follow-up a moment before ask twice, or write over measures that are done.
    seen.measures_done_at = LATER
    with pytest.raises(Conflict):
        follow_up_ask_again(follow_up=seen, actor=world.engineer2, at=LATER)
    seen.measures_done_at = None
    with pytest.raises(Conflict):
        follow_up_measures(follow_up=seen, actor=world.engineer2, at=LATER, measures="晚到一步")
    assert FollowUp.objects.get().measures == "增加备件"
    assert Message.objects.filter(topic="rate_again").count() == 1
    follow_up_rate_again(follow_up=row, actor=world.clerk, at=LATER + DAY, level=5, comment="好多了")
    with pytest.raises(Conflict):
        follow_up_rate_again(follow_up=row, actor=world.clerk, at=LATER + DAY, level=1)
    assert (row.rating.level, row.again_level) == (2, 5), "the first rating stays"
    with pytest.raises(NotAllowed):
        follow_up_close(follow_up=row, actor=world.engineer2, at=LATER + DAY, conclusion="好了")
    follow_up_close(follow_up=row, actor=world.manager, at=LATER + DAY, conclusion="好了")
    assert FollowUp.objects.get().status == "closed"


def test_who_did_the_work_never_calls_the_client_back(world: World) -> None:
    row = followed(world)
    for person in (world.engineer, world.engineer2, world.supervisor, world.clerk):
        with pytest.raises(NotAllowed):
            called(world, row, actor=person)
    Ticket.objects.update(assignee=world.manager)
    row.ticket.refresh_from_db()
    with pytest.raises(NotAllowed):
        called(world, row)


def test_a_call_lies_between_the_rating_and_now(world: World) -> None:
    row = followed(world)
    for wrong in (MONDAY, LATER + minutes(1)):
        with pytest.raises(Invalid):
            called(world, row, called_at=wrong)
    with pytest.raises(Invalid):
        called(world, row, said=" ")
    called(world, row)
    stale = FollowUp.objects.select_related("ticket", "rating").get()
    with pytest.raises(Conflict):
        called(world, stale)


def test_nothing_of_it_ever_reaches_the_clerk(world: World, wednesday: None) -> None:
    row = done(world, followed(world))
    ticket = row.ticket
    clerk = as_(world.clerk)
    assert not follow_ups_visible_to(world.clerk).exists()
    assert clerk.get("/tickets/follow-ups/").status_code == 403
    assert clerk.get(f"/tickets/follow-ups/{row.code}/").status_code == 403
    assert clerk.get("/tickets/quality/").status_code == 403
    for path in (f"/tickets/{ticket.code}/", "/tickets/requests/", "/", "/messages/"):
        page = clerk.get(path).content.decode()
        assert row.code not in page, path
        assert "增加备件" not in page, path
    assert clerk.get(f"/tickets/{ticket.code}/rate-again/").status_code == 404
    assert not Delivery.objects.filter(recipient=world.clerk, message__topic__in=("low_rating", "follow_up")).exists()
    follow_up_ask_again(follow_up=row, actor=world.manager, at=LATER)
    assert f"/tickets/{ticket.code}/rate-again/" in clerk.get(f"/tickets/{ticket.code}/").content.decode()
    assert clerk.post(f"/tickets/{ticket.code}/rate-again/", {"level": "4"}).status_code == 302
    assert FollowUp.objects.get().again_level == 4


def test_the_clients_supervisor_sees_how_it_stands_but_not_what_was_said(world: World, wednesday: None) -> None:
    row = done(world, followed(world))
    page = as_(world.supervisor).get(f"/tickets/follow-ups/{row.code}/").content.decode()
    assert "增加备件" in page
    assert "等了很久" not in page
    assert "等太久" not in page
    own = as_(world.engineer2)
    assert own.get(f"/tickets/follow-ups/{row.code}/").status_code == 404
    assert row.code not in own.get("/tickets/follow-ups/").content.decode()


def test_the_steps_work_as_forms_and_what_was_typed_stays(world: World, wednesday: None) -> None:
    row = followed(world)
    manager = as_(world.manager)
    base = f"/tickets/follow-ups/{row.code}/"
    assert manager.post(f"{base}assign/", {"person": world.engineer2.pk}).status_code == 302
    # A form whose time has not come leads back; who did the work does not see it at all.
    assert manager.get(f"{base}close/").status_code == 302
    assert as_(world.engineer2).get(f"{base}call/").status_code == 200
    assert as_(world.engineer2).get(f"{base}measures/").status_code == 302
    refused = manager.post(f"{base}call/", {"called_whom": "窗口人员01", "called_how": "phone", "said": ""})
    assert refused.status_code == 422
    assert "窗口人员01" in refused.content.decode()
    sent = {"called_whom": "窗口人员01", "called_how": "phone", "said": "等了很久"}
    assert manager.post(f"{base}call/", sent).status_code == 302
    assert manager.post(f"{base}measures/", {"measures": "增加备件", "done": "on"}).status_code == 302
    assert manager.post(f"{base}ask-again/").status_code == 302
    assert manager.post(f"{base}close/", {"conclusion": "已回访"}).status_code == 302
    assert FollowUp.objects.get().status == "closed"
    for days in ("since=0001-01-01", "until=9999-12-31"):
        assert manager.get(f"/tickets/follow-ups/?{days}").status_code == 200
    export = b"".join(manager.post("/tickets/follow-ups/export/").streaming_content).decode()  # type: ignore[attr-defined]
    assert "等了很久" in export
    seen = b"".join(as_(world.supervisor).post("/tickets/follow-ups/export/").streaming_content).decode()  # type: ignore[attr-defined]
    assert "等了很久" not in seen


# Devices --------------------------------------------------------------------------------------------------------------


def test_reliability_counts_service_time_and_lets_a_spare_stand_in(world: World) -> None:
    mended(world, at=MONDAY)
    calendar = calendar_of(world.contract)
    span = (MONDAY, MONDAY + minutes(120))
    found = reliability_of([world.device], span, calendar)[world.device.pk]
    assert (found.faults, found.repaired) == (1, 1)
    assert found.due == 2 * 3600
    assert found.down == found.repair == 1800
    assert found.serviceability == 0.75
    night = (MONDAY + timedelta(hours=12), MONDAY + timedelta(hours=13))
    assert reliability_of([world.device], night, calendar)[world.device.pk].serviceability is None


def test_the_worst_devices_stand_in_their_order_by_a_fixed_number_of_statements(world: World, wednesday: None) -> None:
    mended(world, at=MONDAY)
    with CaptureQueriesContext(connection) as first:
        worst_devices(world.contract, SPAN, calendar_of(world.contract))
    mended(world, at=LATER)
    with CaptureQueriesContext(connection) as second:
        found = worst_devices(world.contract, SPAN, calendar_of(world.contract))
    assert len(first) == len(second)
    assert [(one.device, one.figures.faults, one.repeats) for one in found] == [(world.device, 2, 1)]
    assert causes_within(world.contract, SPAN) == [{"kind": "", "why": "", "count": 2}]


def test_the_tab_of_a_device_and_its_timeline_show_its_tickets(world: World, wednesday: None) -> None:
    ticket = mended(world, at=MONDAY)
    page = as_(world.supervisor).get(f"/devices/{world.device.code}/").content.decode()
    assert f"/tickets/reliability/{world.device.code}/" in page
    client = as_(world.engineer)
    tab = client.get(f"/tickets/reliability/{world.device.code}/").content.decode()
    assert ticket.code in tab
    told = timeline.gathered(world.device, world.engineer, limit=9, kinds=["ticket"])
    assert [(one.at, one.tone) for one in told] == [(MONDAY + minutes(30), "ok"), (MONDAY, "warn")]
    first, *_rest = told
    later = timeline.gathered(world.device, world.engineer, limit=9, kinds=["ticket"], before=timeline.cursor_of(first))
    assert [one.at for one in later] == [MONDAY]
    assert not timeline.gathered(world.device, world.other_clerk, limit=9, kinds=["ticket"])
    assert as_(world.clerk).get(f"/tickets/reliability/{world.device.code}/").status_code == 403


# Pages ----------------------------------------------------------------------------------------------------------------

PAGES = (
    ("manager", "/tickets/quality/", 20),
    ("manager", "/tickets/quality/?period=last_week", 20),
    ("manager", "/tickets/follow-ups/", 8),
    ("manager", "/tickets/follow-ups/{row}/", 9),
    ("engineer", "/tickets/reliability/WS-001/", 11),
    ("clerk", "/tickets/requests/", 10),
    ("clerk", "/", 12),
)


def test_pages_keep_their_number_of_statements(world: World, wednesday: None) -> None:
    row = followed(world)
    mended(world, at=MONDAY)
    reach(world, "to_sign")
    clients = {name: as_(getattr(world, name)) for name in ("manager", "engineer", "clerk")}

    def counted() -> dict[str, int]:
        counts = {}
        for name, path, _most in PAGES:
            clients[name].get(path.format(row=row.code))
            with CaptureQueriesContext(connection) as asked:
                assert clients[name].get(path.format(row=row.code)).status_code == 200, path
            counts[path] = len(asked)
        return counts

    before = counted()
    followed(world, at=MONDAY + minutes(60))
    for number in range(3):
        mended(world, at=MONDAY + minutes(90 + number))
        reach(world, "to_sign")
        reach(world, "signed")
    assert counted() == before
    for _name, path, most in PAGES:
        assert before[path] <= most, (path, before[path])


def test_the_client_finds_the_next_step_what_to_expect_and_the_past(world: World, wednesday: None) -> None:
    waiting = reach(world, "to_sign")
    signed = sign(world, mended(world, at=MONDAY, device=None), at=MONDAY + minutes(40))
    coming = report(world, at=LATER - minutes(3), description="取号机出票空白")
    respond(world, coming, at=LATER - minutes(1))
    report(world, actor=world.other_clerk, unit=world.other_unit, window=None, description="别的单位的事")
    client = as_(world.clerk)
    page = client.get("/tickets/requests/").content.decode()
    assert f"/sign/ticket/{waiting.pk}/" in page or f"ticket/{waiting.pk}/completion" in page
    assert f"/tickets/{signed.code}/rate/" in page
    assert "03-20 09:24" in page, "when the engineer comes"
    assert "别的单位的事" not in page
    found = client.get("/tickets/requests/?q=取号机").content.decode()
    assert coming.code in found
    assert waiting.code not in found


def test_the_quality_page_says_how_many_bad_ratings_are_left(world: World, wednesday: None) -> None:
    for _number in range(3):
        rated(world, 5)
    client = as_(world.leader)
    page = client.get("/tickets/quality/").content.decode()
    assert "100.0%" in page
    rated(world, 1)
    page = client.get("/tickets/quality/?since=2024-03-18&until=2024-03-19").content.decode()
    assert "75.0%" in page
    assert "gauge-danger" in page
    assert client.get("/tickets/quality/?since=kein&until=Tag").status_code == 200
    book = client.post("/tickets/quality/export/")
    assert b"".join(book.streaming_content)[:2] == b"PK"  # type: ignore[attr-defined]
    assert as_(world.auditor).post("/tickets/quality/export/").status_code == 403
