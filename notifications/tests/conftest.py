"""Receivers and channels for the tests of what leaves the house."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from notifications.models import Channel, ChannelConfig
from notifications.services.channels import ChannelData, channel_create, channel_switch
from notifications.tests.receivers import HttpReceiver, SmtpReceiver
from tests.make import World

NOON = datetime(2024, 3, 18, 4, 0, tzinfo=UTC)
"""Monday noon in Shanghai: service is open."""


@dataclass
class Time:
    """A clock that stands until it is moved."""

    at: datetime = NOON

    def __call__(self) -> datetime:
        return self.at

    def pass_(self, **span: float) -> datetime:
        self.at += timedelta(**span)
        return self.at


@pytest.fixture
def now() -> Time:
    return Time()


@pytest.fixture
def receive(settings: Any) -> Iterator[Callable[..., Any]]:
    """Start a receiver: receive() for HTTP, receive(SmtpReceiver); loopback and its port are open to calls."""
    made: list[Any] = []
    settings.OUTBOUND_ALLOW = ["127.0.0.0/8"]
    settings.OUTBOUND_SECONDS = 1.0

    def start(kind: type = HttpReceiver, **terms: Any) -> Any:
        made.append(kind(**terms))
        settings.OUTBOUND_PORTS = frozenset({*settings.OUTBOUND_PORTS, made[-1].port})
        return made[-1]

    yield start
    for one in made:
        one.close()


def set_up(world: World, kind: str, receiver: Any, *, on: bool = True, name: str = "", **more: Any) -> ChannelConfig:
    """A channel of that kind at that receiver, switched on."""
    if kind == Channel.EMAIL:
        data: dict[str, Any] = {
            "settings": {
                "host": "127.0.0.1",
                "port": receiver.port,
                "tls": "none",
                "username": "",
                "from_address": "hall@example.cn",
                "from_name": "大厅保障",
                **more.pop("settings", {}),
            },
            "secrets": more.pop("secrets", {}),
        }
    else:
        data = {"secrets": {"address": receiver.url, "secret": "a-signing-secret", **more.pop("secrets", {})}}
    config = channel_create(
        contract=world.contract,
        kind=kind,
        data=ChannelData(name=name or kind, **data, **more),
        actor=world.manager,
        at=NOON,
    )
    return channel_switch(config=config, on=True, actor=world.manager, at=NOON) if on else config


__all__ = ["NOON", "SmtpReceiver", "Time", "set_up"]
