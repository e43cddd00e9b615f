"""Verbs `reassign`, `correct`, `reopen`, `archive`, `remote_end`, and cause codes."""

from datetime import timedelta

import pytest

from core.errors import Conflict, Invalid, NotAllowed
from records.models import AuditEntry
from tests.make import World, make_world
from tickets.models import CauseCode, RemoteSession, Ticket
from tickets.services.archive import archive_due, ticket_archive
from tickets.services.arrive import ticket_arrive
from tickets.services.causes import cause_add, cause_change, causes_load
from tickets.services.correct import ticket_correct
from tickets.services.reassign import ticket_reassign
from tickets.services.remote_end import ticket_remote_end
from tickets.services.reopen import ticket_reopen
from tickets.tests.make import ARRIVED, SIGNED, minutes, reach, report, resolve, told

pytestmark = pytest.mark.django_db
LATER = SIGNED + minutes(5)


@pytest.fixture
def world() -> World:
    return make_world()


def test_one_engineer_is_responsible_and_the_second_time_the_manager_is_told(world: World) -> None:
    ticket = reach(world, "in_progress")
    stale = Ticket.objects.get(pk=ticket.pk)
    ticket_reassign(ticket=ticket, actor=world.engineer, at=LATER, engineer=world.engineer2, reason="交接班")
    assert (ticket.assignee, ticket.reassign_count) == (world.engineer2, 1)
    assert ticket.frozen_names["assignee"] == "工程师乙"
    with pytest.raises(Conflict):
        ticket_reassign(ticket=stale, actor=world.manager, at=LATER, engineer=world.engineer2, reason="再转")
    assert told(ticket, "reassigned", urgent=True) == set()
    ticket_reassign(ticket=ticket, actor=world.engineer2, at=LATER, engineer=world.engineer, reason="对方更熟悉")
    assert told(ticket, "reassigned", urgent=True) == {world.manager.pk}
    assert Ticket.objects.get(pk=ticket.pk).reassign_count == 2


def test_it_goes_to_another_engineer_of_the_contract_only(world: World) -> None:
    ticket = reach(world, "in_progress")
    for person in (world.clerk, world.engineer):
        with pytest.raises(Invalid) as refused:
            ticket_reassign(ticket=ticket, actor=world.manager, at=LATER, engineer=person, reason="x")
        assert set(refused.value.fields) == {"engineer"}
    with pytest.raises(NotAllowed):
        ticket_reassign(ticket=ticket, actor=world.engineer2, at=LATER, engineer=world.engineer2, reason="x")


def test_a_correction_keeps_both_values_and_makes_a_new_version_of_what_is_signed(world: World) -> None:
    ticket = reach(world, "in_progress")
    version, received = ticket.content_version, ticket.received_at
    values = {"impact": "hall", "urgency": "medium", "device": None}
    given = {"actor": world.engineer, "at": LATER, "reason": "实为整个大厅"}
    ticket_correct(ticket=ticket, seen=ticket.version, values=values, **given)  # type: ignore[arg-type]
    ticket.refresh_from_db()
    assert (ticket.priority, ticket.device, ticket.content_version) == (2, None, version + 1)
    assert ticket.frozen_names["device"] == ""
    entry = AuditEntry.objects.get(subject_id=ticket.pk, verb="correct")
    assert (entry.before["priority"], entry.after["priority"]) == (4, 2)
    ticket_correct(ticket=ticket, seen=ticket.version, values={"reporter_phone": "13800000001"}, **given)  # type: ignore[arg-type]
    assert ticket.content_version == version + 1
    with pytest.raises(Conflict):
        ticket_correct(ticket=ticket, seen=ticket.version - 1, values={"title": "另一个"}, **given)  # type: ignore[arg-type]
    for wrong in ({"received_at": LATER}, {"title": ticket.title}, {"reporter_phone": "多少"}):
        with pytest.raises(Invalid):
            ticket_correct(ticket=ticket, seen=ticket.version, values=wrong, **given)  # type: ignore[arg-type]
    assert Ticket.objects.get(pk=ticket.pk).received_at == received


def test_the_client_opens_again_within_seven_days_and_the_manager_from_the_archive(world: World) -> None:
    ticket = reach(world, "signed")
    with pytest.raises(Conflict):
        ticket_reopen(ticket=ticket, actor=world.clerk, at=SIGNED + timedelta(days=7, seconds=1), reason="又坏了")
    ticket_reopen(ticket=ticket, actor=world.clerk, at=SIGNED + timedelta(days=7), reason="又坏了")
    ticket.refresh_from_db()
    assert (ticket.status, ticket.rework_count, ticket.signed_at) == ("in_progress", 1, None)
    assert ticket.repair_clock is not None
    assert ticket.repair_clock.started_at == SIGNED + timedelta(days=7)
    archived = reach(world, "archived")
    with pytest.raises(NotAllowed):
        ticket_reopen(ticket=archived, actor=world.clerk, at=LATER + minutes(9), reason="又坏了")
    ticket_reopen(ticket=archived, actor=world.manager, at=LATER + minutes(9), reason="客户来电")
    assert told(archived, "reopened") == {world.engineer.pk}
    assert told(ticket, "reopened") == {world.engineer.pk, world.manager.pk}


def test_it_is_archived_by_itself_when_ratings_are_over(world: World) -> None:
    ticket = reach(world, "signed")
    over = SIGNED + timedelta(days=7)
    assert archive_due(at=over) == 0
    assert (archive_due(at=over + minutes(1)), archive_due(at=over + minutes(1))) == (1, 0)
    assert Ticket.objects.get(pk=ticket.pk).archived_at == over + minutes(1)
    with pytest.raises(NotAllowed):
        ticket_archive(ticket=reach(world, "signed"), actor=world.engineer, at=LATER)


def test_a_remote_session_says_who_allowed_it_and_what_was_done(world: World) -> None:
    ticket = reach(world, "responded")
    with pytest.raises(Invalid) as refused:
        ticket_arrive(ticket=ticket, actor=world.engineer, at=ARRIVED, service_mode="remote")
    assert set(refused.value.fields) == {"authorised_by", "tool"}
    how = {"service_mode": "remote", "authorised_by": "窗口人员01", "tool": "远程桌面"}
    ticket_arrive(ticket=ticket, actor=world.engineer, at=ARRIVED, **how)
    assert ticket.holds == ["remote"]
    ticket_remote_end(ticket=ticket, actor=world.engineer, at=ARRIVED + minutes(5), summary="重装打印驱动")
    with pytest.raises(Conflict):
        ticket_remote_end(ticket=ticket, actor=world.engineer, at=ARRIVED + minutes(6), summary="x")
    other = reach(world, "responded")
    ticket_arrive(ticket=other, actor=world.engineer, at=ARRIVED, **how)
    resolve(world, other)
    ended = RemoteSession.objects.get(ticket=other)
    assert (ended.summary, ended.ended_at) == ("更换插座，试机正常", other.resolved_at)


def test_causes_come_from_the_standard_list_once_and_the_manager_keeps_them(world: World) -> None:
    assert causes_load(world.contract) > 30
    assert causes_load(world.contract) == 0
    own = cause_add(contract=world.contract, actor=world.manager, at=LATER, code="x-1", name="雷击")
    with pytest.raises(Conflict):
        cause_add(contract=world.contract, actor=world.manager, at=LATER, code="X-1", name="雷击")
    with pytest.raises(NotAllowed):
        cause_change(cause=own, actor=world.engineer, at=LATER, name="雷电", is_active=True)
    ticket = resolve(world, reach(world, "in_progress"), cause_code=own)
    cause_change(cause=own, actor=world.manager, at=LATER, name="雷电", is_active=False)
    assert (ticket.cause_code, ticket.frozen_names["cause_code"]) == (own, "雷击")
    other = CauseCode.objects.create(contract=make_world("b").contract, code="B-1", name="外厅")
    with pytest.raises(Invalid) as refused:
        resolve(world, reach(world, "in_progress"), cause_code=other)
    assert set(refused.value.fields) == {"cause_code"}
    assert report(world).cause_code is None
