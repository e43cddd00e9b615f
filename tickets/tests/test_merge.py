"""Merging, splitting, linking: no deadline is lost, nobody reads more than before, and both ends keep what was done."""

from typing import Any

import pytest
from django.test import Client

from core.errors import Conflict, Invalid, NotAllowed
from notifications.models import Delivery
from records.models import AuditEntry
from sla.models import Clock
from sla.services.firing import fire_due
from tests.make import World, make_world
from tickets.models import Ticket, TicketLink, TicketWatch
from tickets.services.link import ticket_link, ticket_unlink
from tickets.services.merge import ticket_merge
from tickets.services.split import ticket_split
from tickets.tests.make import MONDAY, minutes, reach, report, respond
from tickets.tests.talk_make import NOTED, make_link, note, split

pytestmark = pytest.mark.django_db
SOON = MONDAY + minutes(3)


@pytest.fixture
def world() -> World:
    return make_world()


def as_(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def fresh(ticket: Ticket) -> Ticket:
    return Ticket.objects.select_related("response_clock", "repair_clock").get(pk=ticket.pk)


def merged(world: World, source: Ticket, target: Ticket, **changes: Any) -> Ticket:
    given: dict[str, Any] = {"actor": world.manager, "at": SOON, "reason": "同一故障"} | changes
    return ticket_merge(ticket=source, target=target, **given)


def test_the_later_report_goes_into_the_earlier_one_whose_five_minutes_go_on(world: World) -> None:
    first = report(world)
    second = report(world, at=MONDAY + minutes(1), reporter_name="窗口人员01")
    with pytest.raises(Invalid):
        merged(world, first, second)
    assert fresh(first).status == "pending_response"
    merged(world, second, first)
    assert (fresh(second).status, fresh(second).merged_into_id) == ("merged", first.pk)
    clock = fresh(second).response_clock
    assert clock is not None
    assert (clock.state, fresh(first).response_clock.state) == ("cancelled", "running")  # type: ignore[union-attr]
    # The five minutes of the earlier report still end when they would have ended.
    fire_due(MONDAY + minutes(6))
    assert fresh(first).response_clock.breached_at is not None  # type: ignore[union-attr]


def test_an_unanswered_report_cannot_vanish_in_an_answered_one(world: World) -> None:
    answered = respond(world, report(world))
    waiting = report(world, at=MONDAY + minutes(1))
    with pytest.raises(Invalid) as refused:
        merged(world, waiting, answered)
    assert waiting.code in refused.value.fields["target"]
    # A breach that was reached changes nothing: it has to be answered all the same.
    fire_due(MONDAY + minutes(7))
    with pytest.raises(Invalid):
        merged(world, fresh(waiting), answered, at=MONDAY + minutes(8))
    later = respond(world, fresh(waiting), at=MONDAY + minutes(9))
    merged(world, later, answered, at=MONDAY + minutes(10))
    clock = fresh(waiting).response_clock
    assert clock is not None
    assert (clock.state, clock.breached_at is not None) == ("stopped", True)
    assert not Clock.objects.filter(subject_id=waiting.pk, state="running").exists()


def test_reporter_and_watchers_follow_and_both_histories_tell(world: World) -> None:
    first, second = report(world), report(world, at=MONDAY + minutes(1))
    note(world, second, text="@工程师乙 重复", at=SOON)
    merged(world, second, first)
    assert set(TicketWatch.objects.filter(ticket=first).values_list("person__username", flat=True)) == {
        world.clerk.username,
        world.engineer2.username,
    }
    assert Delivery.objects.filter(message__topic="merged", recipient=world.clerk).exists()
    assert set(AuditEntry.objects.filter(verb__startswith="merge").values_list("verb", flat=True)) == {
        "merge",
        "merge_in",
    }
    assert first.code in as_(world.clerk).get(f"/tickets/{second.code}/").content.decode()
    page = as_(world.engineer).get(f"/tickets/{first.code}/").content.decode()
    assert second.code in page
    assert "重复" in as_(world.engineer).get(f"/tickets/{second.code}/").content.decode()


def test_a_reporter_of_another_unit_learns_only_that_it_was_merged(world: World) -> None:
    first = report(world, title="机密标题")
    second = report(world, at=MONDAY + minutes(1), actor=world.other_clerk, unit=world.other_unit, window=None)
    merged(world, second, first)
    assert not TicketWatch.objects.filter(ticket=first, person=world.other_clerk).exists()
    page = as_(world.other_clerk).get(f"/tickets/{second.code}/").content.decode()
    assert first.title not in page
    assert f"/tickets/{first.code}/" not in page


def test_merging_never_goes_in_circles_nor_to_what_is_done(world: World) -> None:
    first, second = report(world), report(world)
    merged(world, second, first)
    with pytest.raises(Conflict):
        merged(world, fresh(first), fresh(second))
    with pytest.raises(Conflict):
        merged(world, report(world, at=MONDAY + minutes(1)), reach(world, "to_sign"))
    with pytest.raises(Invalid):
        merged(world, fresh(first), fresh(first))


def test_only_the_manager_merges_and_only_within_the_contract(world: World) -> None:
    first, second = report(world), report(world)
    with pytest.raises(NotAllowed):
        merged(world, second, first, actor=world.engineer)
    with pytest.raises(Invalid):
        merged(world, second, first, reason=" ")
    other = make_world("b")
    foreign = report(other)
    with pytest.raises(Invalid):
        merged(world, second, foreign)
    with pytest.raises(Invalid):
        ticket_link(ticket=second, target=foreign, kind="related", actor=world.engineer, at=NOTED)
    answer = as_(world.manager).post(f"/tickets/{second.code}/merge/", {"target": foreign.code, "reason": "x"})
    nothing = as_(world.manager).post(
        f"/tickets/{second.code}/merge/", {"target": foreign.code[:-1] + "9", "reason": "x"}
    )
    assert (answer.status_code, nothing.status_code) == (422, 422)
    assert fresh(second).status == "pending_response"


def test_what_hangs_on_equipment_is_merged_into_never_away(world: World) -> None:
    first, second = report(world), report(world, at=MONDAY + minutes(1))
    Ticket.objects.filter(pk=second.pk).update(holds=["loan"])
    with pytest.raises(Invalid):
        merged(world, fresh(second), first)
    assert fresh(second).status == "pending_response"


def test_a_part_named_with_the_request_shares_its_answer(world: World) -> None:
    ticket = respond(world, report(world))
    part = fresh(split(world, ticket))
    assert (part.status, part.received_at, part.responded_at) == ("responded", ticket.received_at, ticket.responded_at)
    assert part.code != ticket.code
    assert part.response_clock is not None
    assert (part.response_clock.state, part.response_clock.kept) == ("stopped", True)
    assert part.repair_clock is not None
    assert part.repair_clock.started_at == ticket.responded_at
    assert TicketLink.objects.get().kind == "split_from"
    assert {entry.verb for entry in AuditEntry.objects.filter(verb__startswith="split")} == {"split", "split_from"}


def test_a_part_of_a_difficult_request_goes_to_the_manager_with_its_days(world: World) -> None:
    ticket = respond(world, report(world), triage="difficult", analysis="主板疑似损坏")
    part = fresh(split(world, ticket))
    assert (part.status, part.triage) == ("escalated", "difficult")
    assert part.repair_clock is not None
    assert (part.repair_clock.kind, part.repair_clock.started_at) == ("repair_office", ticket.received_at)


def test_a_part_named_now_is_received_now_and_needs_a_reason(world: World) -> None:
    ticket = respond(world, report(world))
    with pytest.raises(Invalid):
        split(world, ticket, named_now=True)
    part = fresh(split(world, ticket, named_now=True, reason="维修时用户才提出"))
    assert (part.status, part.received_at) == ("pending_response", NOTED)
    late = fresh(split(world, report(world), at=MONDAY + minutes(20)))
    # From the receipt of a request that nobody answered, the part is as late as the request.
    fire_due(MONDAY + minutes(20))
    assert fresh(late).response_clock.breached_at is not None  # type: ignore[union-attr]
    with pytest.raises(Conflict):
        ticket_split(ticket=reach(world, "to_sign"), actor=world.engineer, at=NOTED, description="x")


def test_links_read_from_both_ends_and_are_taken_back(world: World) -> None:
    one, other = report(world, title="甲单"), report(world, title="乙单")
    link = make_link(world, one, other, "caused_by")
    with pytest.raises(Conflict):
        make_link(world, other, one)
    client = as_(world.engineer)
    assert "乙单" in client.get(f"/tickets/{one.code}/").content.decode()
    assert "甲单" in client.get(f"/tickets/{other.code}/").content.decode()
    ticket_unlink(ticket=other, link=link, actor=world.engineer, at=NOTED)
    assert "甲单" not in client.get(f"/tickets/{other.code}/").content.decode().split('id="timeline"')[0]
    assert AuditEntry.objects.filter(verb="unlink").count() == 2
