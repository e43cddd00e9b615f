"""What every sender takes, and how it says that something went wrong."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.outbound import Allowance, Answer

SHOWN = 300
"""So many characters of a target's answer are kept."""


class TargetDown(Exception):
    """The target takes nothing at present: away, broken, too busy, or set up wrongly. Everything for it waits."""


class Rejected(Exception):
    """The target refused this very message. It backs off alone, the others go on."""


@dataclass(frozen=True)
class Person:
    """Whom a message is for, as a channel knows them."""

    name: str = ""
    email: str = ""
    phone: str = ""
    account: str = ""
    wecom_id: str = ""
    feishu_id: str = ""


@dataclass(frozen=True)
class Item:
    """One delivery in words. `person` is empty for a group; `mentions` are the people whom a group's post calls."""

    key: int
    topic: str
    title: str
    body: str
    url: str
    urgent: bool
    posted_at: datetime
    person: Person = Person()
    mentions: Sequence[Person] = ()


@dataclass(frozen=True)
class Setup:
    """A channel as it was set up, its secrets opened, and the inner networks it may reach."""

    kind: str
    settings: Mapping[str, Any]
    secrets: Mapping[str, str] = field(repr=False)
    allow: Sequence[Allowance] = ()

    def scrub(self, text: str) -> str:
        """A text from outside, short and on one line, without anything that is secret here."""
        for secret in sorted(self.secrets.values(), key=len, reverse=True):
            for part in (secret, *re.split(r"[/?&=]", secret)):
                if len(part) >= 6:
                    text = text.replace(part, "***")
        return one_line(text)[:SHOWN]


def one_line(text: str) -> str:
    """A text without line breaks and control characters: safe in a header, a subject and a log."""
    return re.sub(r"[\x00-\x20\x7f\x85\u2028\u2029]+", " ", text).strip()


def check_status(answer: Answer) -> None:
    """Nothing for a 2xx answer. Raises Rejected where the message is at fault (400, 413, 422), TargetDown for everything else."""
    if 200 <= answer.status < 300:
        return
    said = f"HTTP {answer.status} {one_line(answer.text)[:120]}".strip()
    if answer.status in {400, 413, 422}:
        raise Rejected(said)
    raise TargetDown(f"redirect refused: HTTP {answer.status}" if 300 <= answer.status < 400 else said)


def json_answer(answer: Answer) -> dict[str, Any]:
    """The JSON object that a platform answers with. Raises TargetDown when it is something else: then it was not the platform."""
    try:
        told = json.loads(answer.text)
    except ValueError:
        told = None
    if not isinstance(told, dict):
        raise TargetDown(f"not the platform's answer: {one_line(answer.text)[:120]}")
    return told


def as_json(value: Any) -> bytes:
    """A body as UTF-8 JSON."""
    return json.dumps(value, ensure_ascii=False).encode()
