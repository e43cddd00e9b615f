"""Publishing: what it changes is seen first, one of two wins, nothing typed is lost, nothing published is edited."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from contract.models import CalendarDraftDay, CalendarRevision
from contract.rules import DayKind
from contract.services.calendar import OverrideData, calendar_of, calendar_publish, current_revision
from contract.services.draft import calendar_discard, calendar_undo, effects_of, plan_of
from contract.tests.make import DAY, NOW, Witness, as_, edit, publish, text_of
from core import clock
from core.errors import Conflict, Invalid, NotAllowed
from records.models import AuditEntry
from tests.make import World, make_world


def test_publishing_makes_the_next_revision_and_empties_the_draft(world: World) -> None:
    first = current_revision(world.contract)
    edit(world)
    revision = publish(world)
    assert (revision.number, revision.published_by, revision.reason) == (2, world.manager, "甲方函告")
    assert calendar_of(world.contract).day(DAY).kind is DayKind.CLOSURE
    assert calendar_of(world.contract, first).day(DAY).kind is DayKind.WORKDAY
    assert calendar_of(world.contract).day(dt.date(2024, 6, 8)).kind is DayKind.WEEKEND, "older settings stay"
    assert plan_of(world.contract).is_empty
    entry = AuditEntry.objects.get(verb="calendar_publish", subject_id=revision.pk)
    assert (entry.actor, entry.reason, entry.before) == (world.manager, "甲方函告", {"number": 1})


def test_of_two_who_publish_one_wins_and_the_other_is_told(world: World) -> None:
    edit(world)
    plan = plan_of(world.contract)
    seen = {"base_seen": plan.base.number, "version_seen": plan.version}
    publish(world, **seen)
    edit(world, DAY + dt.timedelta(days=1))
    with pytest.raises(Conflict, match="项目经理"):
        publish(world, **seen)
    assert list(plan_of(world.contract).changes) == [DAY + dt.timedelta(days=1)], "the draft is kept"
    assert current_revision(world.contract).number == 2


@pytest.mark.django_db(transaction=True)
def test_of_ten_who_publish_at_the_same_moment_exactly_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    world = make_world()
    edit(world)
    plan = plan_of(world.contract)
    gate = Barrier(10)

    def attempt(_number: int) -> str:
        gate.wait()
        try:
            publish(world, base_seen=plan.base.number, version_seen=plan.version)
        except Conflict as refusal:
            return refusal.message
        finally:
            connections.close_all()
        return ""

    with ThreadPoolExecutor(10) as pool:
        told = list(pool.map(attempt, range(10)))
    assert told.count("") == 1
    assert all("项目经理" in message for message in told if message)
    assert current_revision(world.contract).number == 2
    assert AuditEntry.objects.filter(verb="calendar_publish").count() == 2


def test_a_revision_from_elsewhere_is_a_conflict_and_keeps_the_draft(world: World) -> None:
    edit(world)
    base = current_revision(world.contract)
    elsewhere = [OverrideData(DAY + dt.timedelta(days=7), DayKind.CLOSURE, "变更冻结")]
    arguments = {
        "weekday_windows": base.weekday_windows,
        "extended_saturday": base.extended_saturday,
        "overrides": elsewhere,
        "reason": "变更冻结",
        "actor": None,
        "at": NOW,
    }
    calendar_publish(contract=world.contract, **arguments)
    with pytest.raises(Conflict):
        publish(world, base_seen=base.number)
    assert DAY in plan_of(world.contract).changes
    revision = publish(world)
    assert {row.date for row in revision.overrides.all()} == {DAY, DAY + dt.timedelta(days=7)}
    with pytest.raises(Conflict):
        calendar_publish(contract=world.contract, base_number=base.number, **arguments)


def test_what_was_not_seen_is_not_published(world: World) -> None:
    edit(world)
    version = plan_of(world.contract).version
    edit(world, DAY + dt.timedelta(days=1))
    with pytest.raises(Conflict):
        publish(world, version_seen=version)
    assert len(plan_of(world.contract).changes) == 2
    assert current_revision(world.contract).number == 1


def test_without_a_reason_or_a_change_nothing_is_published(world: World) -> None:
    with pytest.raises(Invalid):
        publish(world)
    edit(world)
    with pytest.raises(Invalid) as refused:
        publish(world, reason=" ")
    assert "reason" in refused.value.fields
    assert CalendarRevision.objects.filter(contract=world.contract).count() == 1


@pytest.mark.parametrize("who", ["engineer", "supervisor", "leader", "admin", "auditor"])
def test_only_the_manager_publishes(world: World, who: str) -> None:
    edit(world)
    with pytest.raises(NotAllowed):
        publish(world, actor=getattr(world, who))
    assert as_(world, who).get("/calendar/publish/").status_code == 403


def test_the_watchers_tell_what_would_be_seen_differently(world: World, witness: Witness) -> None:
    assert effects_of(plan_of(world.contract), at=NOW) == []
    edit(world)
    (effect,) = effects_of(plan_of(world.contract), at=NOW)
    assert [(one.before, one.after) for one in effect.differences] == [("1", "0")]
    edit(world, kind=DayKind.MAJOR_EVENT)
    assert effects_of(plan_of(world.contract), at=NOW) == [], "an event keeps the hours of its day"


def test_what_is_ticked_is_amended_with_the_same_reason_and_nothing_else(world: World, witness: Witness) -> None:
    edit(world)
    publish(world)
    assert witness.amended == []
    edit(world, kind=None, reason="检修取消")
    revision = publish(world, amend={"witness": ["7"]}, reason="检修取消")
    assert witness.amended == [
        {
            "contract": world.contract,
            "keys": ["7"],
            "revision": revision,
            "reason": "检修取消",
            "actor": world.manager,
            "at": NOW,
        }
    ]


@pytest.mark.parametrize("amend", [{"witness": ["8"]}, {"nobody": ["7"]}])
def test_what_was_not_offered_is_not_amended(world: World, witness: Witness, amend: dict[str, Any]) -> None:
    edit(world)
    with pytest.raises(Conflict):
        publish(world, amend=amend)
    assert DAY in plan_of(world.contract).changes
    assert current_revision(world.contract).number == 1


def test_what_keeps_its_fixing_cannot_be_ticked(world: World, witness: Witness) -> None:
    witness.amendable = False
    edit(world)
    with pytest.raises(Conflict):
        publish(world, amend={"witness": ["7"]})


def test_a_failing_amendment_publishes_nothing(world: World, witness: Witness) -> None:
    witness.fails = True
    edit(world)
    with pytest.raises(RuntimeError):
        publish(world, amend={"witness": ["7"]})
    assert current_revision(world.contract).number == 1
    assert DAY in plan_of(world.contract).changes


def test_the_preview_shows_days_and_effects_and_publishes(world: World, witness: Witness) -> None:
    client = as_(world, "manager")
    assert "/calendar/edit/" in text_of(client.get("/calendar/publish/")), "an empty draft leads to its first day"
    edit(world)
    page = client.get("/calendar/publish/")
    told = text_of(page)
    assert "2024-04-17" in told
    assert "停电检修" in told
    assert "运行中的承诺" in told
    assert 'value="witness:7"' in told
    seen = page.context["seen"]
    body = {**seen, "reason": "甲方函告", "amend": ["witness:7"]}
    refused = client.post("/calendar/publish/", body | {"reason": ""})
    assert refused.status_code == 422
    assert 'value="witness:7" checked' in text_of(refused)
    assert client.post("/calendar/publish/", body).status_code == 302
    assert witness.amended[0]["keys"] == ["7"]
    edit(world, DAY + dt.timedelta(days=1))
    late = client.post("/calendar/publish/", body)
    assert late.status_code == 409
    assert "甲方函告" in text_of(late), "what was typed stays"
    assert list(plan_of(world.contract).changes) == [DAY + dt.timedelta(days=1)]


def test_past_days_are_named_as_such(world: World) -> None:
    edit(world, dt.date(2024, 3, 20))
    assert as_(world, "manager").get("/calendar/publish/").context["past"] == 1


def test_one_change_leaves_the_draft_by_its_button(world: World) -> None:
    edit(world)
    edit(world, DAY + dt.timedelta(days=1))
    client = as_(world, "manager")
    assert client.post("/calendar/undo/", {"date": str(DAY)}).status_code == 302
    assert list(plan_of(world.contract).changes) == [DAY + dt.timedelta(days=1)]
    assert client.post("/calendar/undo/", {"date": str(DAY)}).status_code == 409
    assert client.post("/calendar/undo/", {"date": "someday"}).status_code == 422
    with pytest.raises(NotAllowed):
        calendar_undo(contract=world.contract, date=DAY, actor=world.engineer, at=NOW)


def test_discarding_is_for_what_was_seen_and_stays_in_the_history(world: World) -> None:
    edit(world)
    version = plan_of(world.contract).version
    edit(world, DAY + dt.timedelta(days=1))
    with pytest.raises(Conflict):
        calendar_discard(contract=world.contract, version_seen=version, actor=world.manager, at=NOW)
    assert len(plan_of(world.contract).changes) == 2
    client = as_(world, "manager")
    version = plan_of(world.contract).version
    assert client.post("/calendar/discard/", {"version_seen": version}).status_code == 302
    assert plan_of(world.contract).is_empty
    assert not CalendarDraftDay.objects.exists()
    entry = AuditEntry.objects.get(verb="calendar_discard")
    assert [day[0] for day in entry.before["days"]] == [str(DAY), str(DAY + dt.timedelta(days=1))]
    assert client.post("/calendar/discard/", {"version_seen": version}).status_code == 409
    with pytest.raises(NotAllowed):
        calendar_discard(contract=world.contract, version_seen=version, actor=world.auditor, at=NOW)


def test_every_revision_stands_in_the_history_with_who_when_why_and_what(world: World) -> None:
    edit(world, DAY, DAY + dt.timedelta(days=1))
    publish(world)
    edit(world, kind=None, reason="检修取消")
    publish(world, reason="检修提前结束")
    told = text_of(as_(world, "auditor").get("/calendar/revisions/"))
    for words in ("甲方函告", "检修提前结束", "2024-04-17 – 2024-04-18", "项目经理", "2024-04-01 10:00"):
        assert words in told, words


def test_the_history_pages_by_number_and_asks_the_same_whatever_its_length(world: World) -> None:
    client = as_(world, "manager")

    def statements(path: str) -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get(path).status_code == 200
        return len(seen)

    client.get("/calendar/revisions/")
    short = statements("/calendar/revisions/")
    for number in range(24):
        edit(world, DAY + dt.timedelta(days=number), reason=f"第{number}次")
        publish(world, reason=f"发布{number}次")
    assert statements("/calendar/revisions/") == short
    page = client.get("/calendar/revisions/")
    assert [row["revision"].number for row in page.context["rows"]] == list(range(25, 5, -1))
    older = client.get(f"/calendar/revisions/{page.context['next_url']}")
    assert [row["revision"].number for row in older.context["rows"]] == [5, 4, 3, 2, 1]
    assert all(row["days"] for row in page.context["rows"]), "each one's own change, also at the page's end"
