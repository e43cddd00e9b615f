"""What a record was: rebuilt from any sequence of edits, picked from versions, compared, read from pasted lines. No database."""

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.utils.functional import SimpleLazyObject

from devices import timeline
from devices.rules_history import MASK, Change, Held, Value, compared, held_on, pasted_pairs, rebuilt
from devices.timeline import Asked, Happening, all_kinds, cursor_read, cursor_text, gathered, register

START = datetime(2024, 3, 18, 1, 0, tzinfo=UTC)

DRAWN: dict[str, list[Any]] = {
    "name": ["A05", "A06", "一号机"],
    "status": ["in_use", "faulty", "spare"],
    "place": [{"id": 1, "label": "一层"}, {"id": 2, "label": "二层"}, None],
    "remark": ["", "换过主板"],
    "extra": [{}, {"f1": 8}, {"f1": 16, "f2": "x"}],
}


def edits(seed: int) -> tuple[list[tuple[datetime, dict[str, Any]]], list[Change], dict[str, Any]]:
    """A made-up life: a snapshot after every edit, the edits, and the present. Several edits may share an instant."""
    drawn = random.Random(seed)
    state: dict[str, Any] = {
        "name": "A05",
        "status": "in_use",
        "place": {"id": 1, "label": "一层"},
        "remark": "",
        "extra": {},
    }
    at, snapshots, changes = START, [(START, dict(state))], []
    for number in range(drawn.randrange(1, 40)):
        at += timedelta(minutes=drawn.choice([0, 0, 1, 7, 1500]))
        fresh = {name: drawn.choice(DRAWN[name]) for name in drawn.sample(sorted(state), drawn.randrange(1, 4))}
        before = {name: state[name] for name in fresh if state[name] != fresh[name]}
        after = {name: fresh[name] for name in before}
        state = {**state, **after}
        changes.append(Change(at, number, before, after))
        snapshots.append((at, dict(state)))
    drawn.shuffle(changes)
    return snapshots, changes, state


@pytest.mark.parametrize("seed", range(60))
def test_at_every_instant_the_rebuilt_record_is_the_snapshot_taken_then(seed: int) -> None:
    snapshots, changes, present = edits(seed)
    for at, _state in snapshots:
        expected = [state for then, state in snapshots if then <= at][-1]
        assert rebuilt(present, changes, at) == expected


def test_what_no_entry_knows_both_sides_of_is_left_alone() -> None:
    later = Change(START, 1, {"mac": "00-11"}, {})
    unknown = Change(START, 2, {"lent": "no"}, {"lent": "yes"})
    assert rebuilt({"mac": "", "name": "A"}, [later, unknown], START - timedelta(1)) == {"mac": "", "name": "A"}


@pytest.mark.parametrize(
    ("day", "number"),
    [(1, None), (2, 1), (4, 1), (5, 3), (8, 3), (9, 4), (11, None), (12, None)],
)
def test_the_version_in_force_is_the_latest_begun_and_of_one_day_the_later_entered(
    day: int, number: int | None
) -> None:
    versions = [
        Held(7, 1, date(2024, 3, 2), False),
        Held(7, 2, date(2024, 3, 5), False),
        Held(7, 3, date(2024, 3, 5), False),
        Held(7, 5, date(2024, 3, 11), True),
        # Entered last, about an earlier day.
        Held(7, 4, date(2024, 3, 9), False),
    ]
    found = held_on(versions, date(2024, 3, day))
    assert (found[7].number if 7 in found else None) == number


def test_two_sets_are_compared_line_by_line_and_secrets_by_their_marks() -> None:
    one = {
        "dns": Value("1.1.1.1"),
        "key": Value("", "", True, "aa"),
        "old": Value("x"),
        "same": Value("", "", True, "cc"),
    }
    other = {
        "dns": Value("9.9.9.9"),
        "key": Value("", "", True, "bb"),
        "new": Value("5", "W"),
        "same": Value("", "", True, "cc"),
    }
    lines = {line.key: line for line in compared(one, other)}
    assert {key: line.state for key, line in lines.items()} == {
        "dns": "changed", "key": "changed", "new": "added", "old": "removed", "same": "same",
    }  # fmt: skip
    assert lines["key"].other is not None
    assert (lines["key"].other.shown, lines["new"].other.shown) == (MASK, "5 W")  # type: ignore[union-attr]


def test_pasted_lines_are_read_with_whatever_sign_people_use() -> None:
    text = "主机名=WS-A05\r\n# 说明\n\n网关：10.0.0.1\n地址=http://a.b/?c=d\nVLAN\t20\n掩码＝255.255.255.0"
    assert [(row.key, row.value, row.problem) for row in pasted_pairs(text)] == [
        ("主机名", "WS-A05", ""), ("网关", "10.0.0.1", ""), ("地址", "http://a.b/?c=d", ""), ("VLAN", "20", ""),
        ("掩码", "255.255.255.0", ""),
    ]  # fmt: skip


def test_every_bad_line_says_what_is_wrong_with_it() -> None:
    rows = pasted_pairs("没有符号\n=3\n" + "键" * 61 + "=1\na=" + "x" * 501 + "\nb=1\nb=2")
    assert [row.problem for row in rows] == ["no_sign", "no_key", "long_key", "long_value", "", "twice"]
    assert pasted_pairs("\n".join(f"k{n}=1" for n in range(250)))[-1].problem == "too_many"


def test_paging_loses_nothing_of_a_batch_that_shares_one_instant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timeline, "_kinds", {})
    instants = [START] * 45 + [START + timedelta(minutes=number) for number in range(20)]

    def provider(asked: Asked) -> list[Happening]:
        rows = [Happening(at=at, key=str(number), title="x") for number, at in enumerate(instants)]
        rows = [row for row in rows if asked.until is None or row.at <= asked.until]
        return sorted(rows, key=lambda row: (row.at, int(row.key)), reverse=True)[: asked.limit]

    register("one", "One", provider)
    register("two", "Two", provider)
    device: Any = SimpleLazyObject(object)
    seen: list[tuple[str, str]] = []
    cursor = None
    while found := gathered(device, None, limit=7, before=cursor):
        seen += [(row.kind, row.key) for row in found]
        cursor = cursor_read(cursor_text(found[-1]))
    assert len(seen) == len(set(seen)) == 2 * len(instants)
    assert [kind.slug for kind in all_kinds()] == ["one", "two"]
