"""What is signed: the same content gives the same text, any other content another one, and names stay as they were."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import translation

from tests.make import make_world
from tickets.canonical import SIGNED_FIELDS, acceptance_text, completion_text
from tickets.models import Ticket
from tickets.tests.make import reach

pytestmark = pytest.mark.django_db
TEXTS = {"acceptance": acceptance_text, "completion": completion_text}
NAMED = {"unit", "window", "place", "device", "category", "assignee", "cause_code", "checked_by", "parts"}
OTHER: dict[str, Any] = {
    "channel": "phone", "fault_type": "network", "triage": "user_error", "contact_method": "chat", "commitment_kind": "repair",
    "service_mode": "remote", "result": "restored", "priority": 1, "content_version": 9, "rework_count": 3,
}  # fmt: skip


def changed(ticket: Ticket, field: str) -> Ticket:
    """The same ticket with another value in one field, in memory."""
    other = Ticket.objects.get(pk=ticket.pk)
    if field in NAMED:
        other.frozen_names = {**other.frozen_names, field: "另一个名称"}
    elif field in OTHER:
        setattr(other, field, OTHER[field])
    elif field.endswith("_at"):
        setattr(other, field, (getattr(other, field) or ticket.received_at) + timedelta(seconds=1))
    else:
        setattr(other, field, getattr(other, field) + "。")
    return other


@pytest.mark.parametrize("purpose", TEXTS)
def test_every_signed_field_changes_the_text(purpose: str) -> None:
    ticket = reach(make_world(), "to_sign")
    text = TEXTS[purpose](ticket)
    for field in SIGNED_FIELDS[purpose]:
        assert TEXTS[purpose](changed(ticket, field)) != text, field


@pytest.mark.parametrize("purpose", TEXTS)
def test_the_text_depends_on_nothing_but_its_content(purpose: str) -> None:
    ticket = reach(make_world(), "to_sign")
    text = TEXTS[purpose](ticket)
    assert TEXTS[purpose](Ticket.objects.get(pk=ticket.pk)) == text
    with translation.override("en"):
        assert TEXTS[purpose](Ticket.objects.get(pk=ticket.pk)) == text
    ticket.reporter_phone, ticket.closing_reason = "13800000001", "不属于签字内容"
    assert TEXTS[purpose](ticket) == text


def test_renaming_what_a_ticket_names_changes_nothing_that_was_signed() -> None:
    world = make_world()
    ticket = reach(world, "to_sign")
    text = completion_text(ticket)
    for row in (world.unit, world.place, world.device, world.engineer):
        row.name = "改名后"
        row.save()
    assert completion_text(Ticket.objects.get(pk=ticket.pk)) == text


def test_no_value_can_pose_as_another_field() -> None:
    ticket = reach(make_world(), "to_sign")
    ticket.solution = "已处理\n处理结果：已解决\r\n完成时间：2030-01-01"
    lines = completion_text(ticket).splitlines()
    assert [line.split("：", 1)[0] for line in lines].count("处理结果") == 1
    assert "解决方案：已处理 ⏎ 处理结果：已解决 ⏎ 完成时间：2030-01-01" in lines
