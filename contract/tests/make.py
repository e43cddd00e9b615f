"""What the tests of the calendar's pages share: an instant at which they happen, people at their browsers, a watcher."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.test import Client

from contract.rules import DayKind, ServiceCalendar
from contract.services.draft import calendar_edit, calendar_publish_draft, plan_of
from core.clock import SHANGHAI
from core.watchers import Difference, Watcher
from tests.make import World

NOW = dt.datetime(2024, 4, 1, 10, tzinfo=SHANGHAI)
DAY = dt.date(2024, 4, 17)
"""A Wednesday that nothing else is known of."""
ALL_WEEK = range(7)


def as_(world: World, who: str) -> Client:
    client = Client()
    client.force_login(getattr(world, who))
    return client


def text_of(response: Any) -> str:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return bytes(content).decode()


def edit(world: World, first: dt.date = DAY, last: dt.date | None = None, **changes: Any) -> list[dt.date]:
    """Plan a closure of one day, or something else."""
    arguments: dict[str, Any] = {
        "weekdays": ALL_WEEK,
        "kind": DayKind.CLOSURE,
        "windows": None,
        "reason": "停电检修",
    } | changes
    person = arguments.pop("actor", world.manager)
    return calendar_edit(contract=world.contract, first=first, last=last or first, actor=person, at=NOW, **arguments)


def publish(world: World, **changes: Any) -> Any:
    """Publish the draft as it is."""
    plan = plan_of(world.contract)
    arguments: dict[str, Any] = {
        "base_seen": plan.base.number,
        "version_seen": plan.version,
        "reason": "甲方函告",
        "amend": {},
        "actor": world.manager,
    }
    return calendar_publish_draft(contract=world.contract, at=NOW, **(arguments | changes))


@dataclass
class Witness:
    """A watcher that remembers what it was asked, and sees a difference on the days it looks at."""

    day: dt.date = DAY
    amendable: bool = True
    amended: list[dict[str, Any]] = field(default_factory=list)
    announced: list[dict[str, Any]] = field(default_factory=list)
    fails: bool = False

    def differences(
        self, contract: Any, old: ServiceCalendar, new: ServiceCalendar, _at: dt.datetime
    ) -> list[Difference]:
        if old.day(self.day).windows == new.day(self.day).windows:
            return []
        told = [str(len(calendar.day(self.day).windows)) for calendar in (old, new)]
        return [Difference("7", f"{contract.code} 工单", "/tickets/", told[0], told[1], amendable=self.amendable)]

    def amend(self, contract: Any, *, keys: Iterable[str], **facts: Any) -> int:
        if self.fails:
            raise RuntimeError("the watcher failed")
        self.amended.append({"contract": contract, "keys": list(keys), **facts})
        return 1

    def announce(self, **facts: Any) -> int:
        self.announced.append(facts)
        return 0

    def watcher(self) -> Watcher:
        return Watcher("witness", "运行中的承诺", self.differences, self.amend, self.announce)
