"""Major incidents: thirty minutes from the instant of knowledge, the client's instructions, the review."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from core.errors import Conflict, Invalid, NotAllowed
from core.roles import ROLES
from notifications.models import Delivery
from records.models import AuditEntry
from sla.services.firing import fire_due
from tests.make import World, make_world
from tickets import rules_major
from tickets.models import MajorIncident, Ticket
from tickets.services.incident_end import incident_end
from tickets.services.incident_handle import incident_handle
from tickets.services.incident_instruct import incident_instruct, instruction_follow
from tickets.services.incident_note import incident_note
from tickets.services.incident_report import incident_report
from tickets.services.incident_review import incident_review
from tickets.services.incident_withdraw import incident_withdraw
from tickets.states import MAJOR_FLOW, MajorStatus
from tickets.tests.make import MONDAY, minutes, reach, report
from tickets.tests.outage_make import declare, told

NIGHT = MONDAY + timedelta(hours=14)
REVIEW: dict[str, Any] = {
    "cause": "电源模块老化",
    "effect": "停办40分钟",
    "handled": "更换电源",
    "measures": "加装双电源",
    "lessons": "定期巡检",
}


@pytest.fixture
def world(db: Any) -> World:
    return make_world()


def as_(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_the_list_of_kinds_is_that_of_interpretation_18() -> None:
    assert len(rules_major.kinds()) == 11
    assert rules_major.code_of(rules_major.series_of("", 2024), 3) == "ZD-2024-003"
    assert rules_major.code_of(rules_major.series_of("jkq", 2024), 12) == "ZD-JKQ-2024-012"


def test_thirty_minutes_run_day_and_night_from_the_tickets_receipt(world: World) -> None:
    ticket = report(world, at=NIGHT)
    was = ticket.response_clock.due_at  # type: ignore[union-attr]
    incident = declare(world, at=NIGHT + minutes(4), ticket=ticket)
    assert incident.clock is not None
    assert incident.clock.due_at == NIGHT + minutes(30)
    ticket = Ticket.objects.get(pk=ticket.pk)
    assert (ticket.urgency, ticket.priority, ticket.holds) == ("high", 1, ["incident"])
    assert ticket.response_clock.due_at == was, "the promise of the response stays as it was made"  # type: ignore[union-attr]
    told_to = set(Delivery.objects.filter(message__topic="incident").values_list("recipient__username", flat=True))
    assert told_to == {"manager", "supervisor", "leader"}
    with pytest.raises(Conflict):
        declare(world, at=NIGHT + minutes(5), ticket=ticket)


def test_another_instant_of_knowledge_needs_a_reason_and_may_be_late_from_birth(world: World) -> None:
    early = MONDAY - minutes(45)
    with pytest.raises(Invalid) as refused:
        declare(world, knowledge_at=early)
    assert set(refused.value.fields) == {"knowledge_reason"}
    with pytest.raises(Invalid):
        declare(world, knowledge_at=MONDAY + minutes(1), knowledge_reason="x")
    incident = declare(world, knowledge_at=early, knowledge_reason="值班电话先接到")
    assert (incident.knowledge_at, incident.declared_at) == (early, MONDAY)
    while fire_due(MONDAY + timedelta(seconds=1)):
        pass
    incident.clock.refresh_from_db()  # type: ignore[union-attr]
    assert incident.clock.breached_at == early + minutes(30)  # type: ignore[union-attr]


@pytest.mark.parametrize("role", ROLES)
def test_who_declares(world: World, role: str) -> None:
    person = getattr(world, role)
    if role in ("engineer", "manager", "supervisor"):
        assert declare(world, actor=person).declared_by == person
    else:
        with pytest.raises(NotAllowed):
            declare(world, actor=person)


def test_only_the_report_stops_the_clock_and_everything_follows_it(world: World) -> None:
    incident = declare(world)
    with pytest.raises(Conflict):
        incident_end(incident=incident, actor=world.engineer, at=MONDAY + minutes(2), end_text="恢复")
    with pytest.raises(NotAllowed):
        incident_report(incident=incident, actor=world.supervisor, at=MONDAY + minutes(2), **told())
    incident_report(incident=incident, actor=world.engineer, at=MONDAY + minutes(12), **told())
    assert incident.clock is not None
    assert (incident.clock.state, incident.clock.kept, incident.status) == ("stopped", True, "reported")
    with pytest.raises(Conflict):
        incident_report(incident=incident, actor=world.manager, at=MONDAY + minutes(13), **told())
    incident_handle(incident=incident, actor=world.engineer, at=MONDAY + minutes(13))
    row = incident_instruct(
        incident=incident,
        actor=world.supervisor,
        at=MONDAY + minutes(14),
        given_by="甲方管理员",
        given_how="written",
        text="先广播告知",
    )
    with pytest.raises(Invalid):
        incident_instruct(
            incident=incident,
            actor=world.supervisor,
            at=MONDAY + minutes(15),
            given_by="甲方管理员",
            given_how="phone",
            text="提前一年告知",
            given_at=MONDAY - minutes(1),
        )
    instruction_follow(instruction=row, actor=world.engineer, at=MONDAY + minutes(16), done_text="已广播")
    with pytest.raises(Conflict):
        instruction_follow(instruction=row, actor=world.engineer, at=MONDAY + minutes(17), done_text="又广播")
    incident_note(
        incident=incident,
        actor=world.engineer,
        at=MONDAY + minutes(30),
        text="供电恢复",
        happened_at=MONDAY + minutes(25),
    )
    incident_end(incident=incident, actor=world.engineer, at=MONDAY + minutes(40), end_text="全部窗口恢复")
    with pytest.raises(NotAllowed):
        incident_review(incident=incident, actor=world.engineer, at=MONDAY + minutes(60), **REVIEW)
    incident_review(incident=incident, actor=world.manager, at=MONDAY + minutes(60), **REVIEW)
    assert MajorIncident.objects.get(pk=incident.pk).status == "reviewed"
    entries = AuditEntry.objects.filter(subject_type="incident", subject_id=incident.pk).order_by("at", "id")
    verbs = [entry.verb for entry in entries if entry.verb not in ("alert",)]
    assert verbs == [
        "declare", "report_incident", "handle_incident", "instruct", "follow_instruction", "incident_note", "end_incident",
        "review_incident",
    ]  # fmt: skip


def test_an_earlier_report_entered_later_needs_a_reason_and_undoes_no_breach(world: World) -> None:
    incident = declare(world)
    said = MONDAY + minutes(10)
    with pytest.raises(Invalid):
        incident_report(incident=incident, actor=world.engineer, at=MONDAY + minutes(20), **told(reported_at=said))
    incident_report(
        incident=incident,
        actor=world.engineer,
        at=MONDAY + minutes(20),
        **told(reported_at=said, report_reason="当面报告"),
    )
    assert incident.clock is not None
    assert incident.clock.stopped_at == said
    other = declare(world, at=MONDAY + minutes(30))
    while fire_due(MONDAY + minutes(61)):
        pass
    later = MONDAY + minutes(70)
    incident_report(
        incident=other, actor=world.engineer, at=later, **told(reported_at=MONDAY + minutes(50), report_reason="抢修中")
    )
    clock = MajorIncident.objects.get(pk=other.pk).clock
    assert clock is not None
    assert (clock.kept, clock.stopped_at, other.reported_at) == (False, later, MONDAY + minutes(50))


def test_a_withdrawn_incident_keeps_its_breach_and_its_reason(world: World) -> None:
    incident = declare(world)
    with pytest.raises(NotAllowed):
        incident_withdraw(incident=incident, actor=world.engineer, at=MONDAY + minutes(3), reason="误报")
    incident_withdraw(incident=incident, actor=world.manager, at=MONDAY + minutes(3), reason="误报")
    assert incident.clock is not None
    assert (incident.status, incident.clock.state) == ("withdrawn", "cancelled")
    assert all(not MAJOR_FLOW.allows(move.verb, "withdrawn") for move in MAJOR_FLOW.moves)
    assert {state for move in MAJOR_FLOW.moves for state in move.sources} <= set(MajorStatus.values)


def test_the_pages_lead_from_the_ticket_to_the_paper(world: World) -> None:
    ticket = reach(world, "pending_response")
    client = as_(world.engineer)
    form = client.get(f"/tickets/incidents/new/?ticket={ticket.code}")
    token = form.context["form"]["form_token"].value()
    given = {
        "ticket": ticket.code, "kind": "network", "title": "大厅断网", "place": world.place.pk, "reach": "hall",
        "description": "断网", "impact": "全厅停办", "form_token": token, "knowledge_at": "2024-03-18T09:00",
        "knowledge_reason": "",
    }  # fmt: skip
    refused = client.post("/tickets/incidents/new/", given)
    assert refused.status_code == 422
    assert "全厅停办" in refused.content.decode()
    given |= {"knowledge_at": "2024-03-18T09:10", "knowledge_reason": "以受理时刻为准"}
    answer = client.post("/tickets/incidents/new/", given)
    incident = MajorIncident.objects.get()
    assert answer["Location"] == client.post("/tickets/incidents/new/", given)["Location"]
    assert MajorIncident.objects.count() == 1
    page = f"/tickets/incidents/{incident.code}/"
    assert "大厅断网" in client.get(f"/tickets/{ticket.code}/").content.decode()
    assert client.post(f"{page}note/", {"text": "已到机房"}).status_code == 302
    assert "已到机房" in client.get(page).content.decode()
    assert (
        client.post(
            f"{page}report/", {"reported_how": "phone", "reported_to": "甲", "reported_text": "断网"}
        ).status_code
        == 302
    )
    assert client.post(f"{page}handle/").status_code == 302
    assert incident.code in client.get("/tickets/incidents/?show=open&q=断网").content.decode()
    assert client.get("/tickets/incidents/?since=x&page=9").status_code == 200
    assert incident.code in b"".join(client.post("/tickets/incidents/export/").streaming_content).decode()  # type: ignore[attr-defined]
    assert as_(world.clerk).get(page).status_code == 200
    assert as_(world.other_clerk).get(page).status_code == 404
    assert "大厅大面积断网" in as_(world.supervisor).get("/").content.decode()
    assert "大厅大面积断网" in as_(world.other_clerk).get("/").content.decode()


def test_the_report_is_a_paper(world: World) -> None:
    incident = declare(world)
    answer = as_(world.supervisor).get(f"/tickets/incidents/{incident.code}/sheet/")
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")
