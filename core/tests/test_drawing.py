"""The drawings in docs/states are those of the code."""

from pathlib import Path

import pytest
from django.conf import settings

from core.drawing import drawing_of, flows
from core.flow import Flow

FOLDER = Path(settings.BASE_DIR) / "docs" / "states"


def test_every_flow_is_found() -> None:
    assert {"ticket", "clock"} <= {flow.name for flow in flows()}


@pytest.mark.parametrize("flow", flows(), ids=lambda flow: flow.name)
def test_the_drawing_is_that_of_the_code(flow: Flow) -> None:
    path = FOLDER / f"{flow.name}.md"
    assert path.is_file(), f"{path.name} is missing: run manage.py draw_states"
    assert path.read_text(encoding="utf-8") == drawing_of(flow), f"{path.name} is stale: run manage.py draw_states"


def test_no_drawing_is_left_over() -> None:
    assert {path.stem for path in FOLDER.glob("*.md")} == {flow.name for flow in flows()}
