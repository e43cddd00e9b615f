"""Parameters: versions that are never edited, typed values, and no parameter that no code reads."""

import ast
import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contract.models import Term
from contract.rules.terms import TermDefault, TermFault, TermType, check_value
from contract.services.terms import term, term_defaults, term_set
from contract.tests.make import NOW, as_, text_of
from core.errors import Conflict, Invalid, NotAllowed, NotFound
from records.models import AuditEntry
from tests.make import World, make_world

ROOT = Path(__file__).resolve().parents[2]
KEY, TODAY = "rating_days", NOW.date()
DAY = dt.timedelta(days=1)


def newest(world: World, key: str = KEY) -> int | None:
    return Term.objects.filter(contract=world.contract, key=key).order_by("-pk").values_list("pk", flat=True).first()


def set_term(world: World, value: Any = 10, **changes: Any) -> Term:
    arguments: dict[str, Any] = {
        "key": KEY,
        "effective_from": TODAY,
        "reason": "补充协议一",
        "seen": newest(world),
        "actor": world.manager,
    }
    return term_set(contract=world.contract, value=value, at=NOW, **(arguments | changes))


def test_a_version_counts_from_its_day_on_and_the_past_stays(world: World) -> None:
    set_term(world, 10, effective_from=TODAY + 3 * DAY)
    assert [term(world.contract, KEY, on) for on in (TODAY - DAY, TODAY + 2 * DAY, TODAY + 3 * DAY)] == [7, 7, 10]
    version = set_term(world, 12)
    assert [term(world.contract, KEY, on) for on in (TODAY - DAY, TODAY, TODAY + 3 * DAY)] == [7, 12, 10]
    assert term(make_world("b").contract, KEY, TODAY + 9 * DAY) == 7
    entry = AuditEntry.objects.get(verb="term_set", subject_id=version.pk)
    assert (entry.actor, entry.reason, entry.before, entry.after) == (
        world.manager,
        "补充协议一",
        {KEY: 10},
        {KEY: 12, "effective_from": "2024-04-01"},
    )


def test_of_two_that_begin_on_one_day_the_later_word_counts(world: World) -> None:
    set_term(world, 10)
    set_term(world, 9)
    assert term(world.contract, KEY, TODAY) == 9
    assert Term.objects.filter(contract=world.contract, key=KEY).count() == 3


def test_of_two_people_who_set_it_at_once_one_is_told(world: World) -> None:
    seen = newest(world)
    set_term(world, 10)
    with pytest.raises(Conflict):
        set_term(world, 11, seen=seen)
    assert term(world.contract, KEY, TODAY) == 10


def test_a_version_is_replaced_by_one_only(world: World) -> None:
    from django.db import IntegrityError, transaction

    first = Term.objects.get(contract=world.contract, key=KEY)
    facts = {"contract": world.contract, "key": KEY, "effective_from": TODAY, "replaces": first}
    Term.objects.create(value=10, **facts)
    with pytest.raises(IntegrityError), transaction.atomic():
        Term.objects.create(value=11, **facts)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"value": 0}, "value"),
        ({"value": 61}, "value"),
        ({"value": "ten"}, "value"),
        ({"value": True}, "value"),
        ({"value": 7}, "value"),
        ({"effective_from": TODAY - DAY}, "effective_from"),
        ({"reason": " "}, "reason"),
    ],
)
def test_what_cannot_be_set_is_refused(world: World, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        set_term(world, **changes)
    assert field in refused.value.fields
    assert Term.objects.filter(contract=world.contract, key=KEY).count() == 1


@pytest.mark.parametrize("who", ["engineer", "supervisor", "leader", "auditor", "admin", "clerk"])
def test_only_the_manager_sets(world: World, who: str) -> None:
    with pytest.raises(NotAllowed):
        set_term(world, actor=getattr(world, who))
    body = {"value": "9", "effective_from": str(TODAY), "reason": "试试", "seen": newest(world)}
    assert as_(world, who).post(f"/contract/parameters/{KEY}/", body).status_code == 403
    assert term(world.contract, KEY, TODAY) == 7


def test_an_unknown_parameter_does_not_exist(world: World) -> None:
    with pytest.raises(NotFound):
        set_term(world, key="no_such_term")
    assert as_(world, "manager").get("/contract/parameters/no_such_term/").status_code == 404


def test_the_page_sets_a_value_and_shows_its_versions(world: World) -> None:
    client = as_(world, "manager")
    page = client.get(f"/contract/parameters/{KEY}/")
    body = {
        "value": "9",
        "effective_from": str(TODAY),
        "reason": "补充协议二",
        "seen": page.context["form"]["seen"].value(),
    }
    assert client.post(f"/contract/parameters/{KEY}/", body).status_code == 302
    told = text_of(as_(world, "auditor").get(f"/contract/parameters/{KEY}/"))
    assert "补充协议二" in told
    assert "<form" not in told.split('class="page-content"')[1]
    late = client.post(f"/contract/parameters/{KEY}/", body | {"value": "8"})
    assert late.status_code == 409
    wrong = client.post(
        f"/contract/parameters/{KEY}/", body | {"value": "0", "effective_from": "2024-03-31", "reason": ""}
    )
    assert wrong.status_code == 422
    assert {"value", "reason"} <= set(wrong.context["form"].errors)


def test_the_list_shows_every_parameter_in_a_constant_number_of_statements(world: World) -> None:
    client = as_(world, "supervisor")

    def statements() -> int:
        with CaptureQueriesContext(connection) as seen:
            page = client.get("/contract/parameters/")
        assert {row["key"] for row in page.context["rows"]} == set(term_defaults())
        return len(seen)

    statements()
    before = statements()
    set_term(world, 10, effective_from=TODAY + DAY)
    set_term(world, 11)
    assert statements() == before
    row = next(r for r in client.get("/contract/parameters/").context["rows"] if r["key"] == KEY)
    assert (row["present"].value, row["coming"].value, row["is_default"]) == (11, 10, False)


@pytest.mark.parametrize("who", ["clerk", "engineer"])
def test_others_do_not_read_them(world: World, who: str) -> None:
    assert as_(world, who).get("/contract/parameters/").status_code == 403


# Typed values ---------------------------------------------------------------------------------------------------------


def of_type(kind: TermType, **more: Any) -> TermDefault:
    return TermDefault("key", None, "", "", kind, {}, {}, **more)


@pytest.mark.parametrize(
    ("kind", "value", "kept"),
    [
        (TermType.BOOL, False, False),
        (TermType.SECONDS, 0, 0),
        (TermType.DAYS, 3, 3),
        (TermType.WINDOW, ("09:00", "13:00"), ["09:00", "13:00"]),
        (TermType.CHOICE, "b", "b"),
    ],
)
def test_a_value_of_its_type_is_kept(kind: TermType, value: Any, kept: Any) -> None:
    assert check_value(of_type(kind, choices={"a": {}, "b": {}}), value) == kept


@pytest.mark.parametrize(
    ("kind", "value", "code"),
    [
        (TermType.BOOL, 1, "type"),
        (TermType.SECONDS, 1.5, "type"),
        (TermType.SECONDS, -1, "range"),
        (TermType.NUMBER, 9, "range"),
        (TermType.WINDOW, "09:00", "type"),
        (TermType.WINDOW, ["13:00", "09:00"], "window"),
        (TermType.WINDOW, ["9", "13:00"], "window"),
        (TermType.CHOICE, "c", "choice"),
    ],
)
def test_a_value_of_another_type_is_refused(kind: TermType, value: Any, code: str) -> None:
    with pytest.raises(TermFault) as refused:
        check_value(of_type(kind, maximum=8, choices={"a": {}}), value)
    assert refused.value.code == code


def test_every_default_is_a_value_of_its_type_and_has_its_words() -> None:
    for default in term_defaults().values():
        assert check_value(default, default.value) == default.value, default.key
        for words in (default.label, default.meaning):
            assert words["zh"] and words["en"], default.key
        assert default.clause and default.reason, default.key


# Read by code ---------------------------------------------------------------------------------------------------------


def keys_read() -> set[str]:
    """The keys of every call `term(contract, "key", on)` in the house, its tests left out."""
    found = set()
    for path in ROOT.glob("*/**/*.py"):
        parts = path.relative_to(ROOT).parts
        if (
            parts[0].startswith(".")
            or parts[0] in {"node_modules", "var"}
            or "tests" in parts
            or path.name == "terms.py"
        ):
            continue
        text = path.read_text(encoding="utf-8")
        if "contract.services.terms" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "term" and len(node.args) >= 2:
                key = node.args[1]
                assert isinstance(key, ast.Constant), f"{path}: a parameter is read by its name, so that it is found"
                found.add(str(key.value))
    return found


def test_every_parameter_is_read_by_code_and_every_one_that_is_read_exists() -> None:
    assert keys_read() == set(term_defaults())
