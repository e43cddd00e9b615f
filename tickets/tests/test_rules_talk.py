"""Likeness, names behind @, checklists as typed, and when a promise is covered by another: no database."""

from datetime import timedelta

import pytest

from tickets import rules_talk
from tickets.rules_talk import ALIKE, Promise, is_covered, likeness, named_in
from tickets.tests.make import MONDAY

LATER = MONDAY + timedelta(minutes=5)


@pytest.mark.parametrize(
    ("typed", "other", "alike"),
    [
        ("打印机卡纸了", "A05窗口打印机卡纸，无法打印", True),
        ("叫号机没声音", "叫号机没有声音，群众听不到", True),
        ("电脑开不了机", "空调漏水", False),
        ("", "空调漏水", False),
        ("！！", "空调漏水", False),
        ("Printer jam", "the PRINTER is jammed", True),
    ],
)
def test_texts_with_common_pairs_are_alike(typed: str, other: str, alike: bool) -> None:
    assert (likeness(typed, other) >= ALIKE) is alike
    assert 0 <= likeness(typed, other) <= 1


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("@工程师甲请看一下", ["工程师甲"]),
        ("已换件 ＠工程师甲二，@工程师甲 知悉", ["工程师甲二", "工程师甲"]),
        ("发到 a@工程师甲.example", []),
        ("@不在册的人", []),
        ("@工程师甲 @工程师甲", ["工程师甲"]),
        ("没有提到谁", []),
    ],
)
def test_people_are_named_behind_an_at_sign(text: str, named: list[str]) -> None:
    assert named_in(text, ["工程师甲", "工程师甲二", "项目经理"]) == named


def test_a_checklist_is_typed_one_item_a_line() -> None:
    typed = "* 断电后再开机\n\n 外设识别 \n＊网络连通\n外设识别\n"
    items = rules_talk.check_lines(typed)
    assert [(one["text"], one["required"]) for one in items] == [
        ("断电后再开机", True),
        ("外设识别", False),
        ("网络连通", True),
    ]
    assert rules_talk.check_lines(rules_talk.check_text(items)) == items


@pytest.mark.parametrize(
    ("source", "target", "covered"),
    [
        (None, None, True),
        (Promise(False, MONDAY), None, True),
        (Promise(True, LATER), Promise(True, MONDAY), True),
        (Promise(True, MONDAY), Promise(True, MONDAY), True),
        (Promise(True, MONDAY), Promise(True, LATER), False),
        (Promise(True, MONDAY), Promise(False, MONDAY), False),
        (Promise(True, MONDAY), None, False),
        (Promise(True, None), Promise(True, MONDAY), False),
        (Promise(True, MONDAY), Promise(True, None), False),
    ],
)
def test_a_promise_that_counts_ends_only_where_another_is_due_no_later(
    source: Promise | None, target: Promise | None, covered: bool
) -> None:
    assert is_covered(source, target) is covered
