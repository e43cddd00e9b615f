"""Robots of group chats: WeCom (企业微信), DingTalk (钉钉), Feishu (飞书).

Each platform bounds a post's length and how many a robot may send in a minute, so several waiting messages become one post. All
answer HTTP 200 to what they refuse: only their own code 0 counts as sent.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote_plus

from django.utils.translation import gettext as _

from core import outbound
from core.clock import SHANGHAI
from notifications.senders.base import (
    Item,
    Person,
    Rejected,
    Setup,
    TargetDown,
    as_json,
    check_status,
    json_answer,
    one_line,
)

PAUSE = timedelta(seconds=3)
"""Between two posts of one robot: 20 in a minute, the least that a platform allows."""
MOST_ITEMS = 20
TITLE = 60
UNSAFE = str.maketrans("<>[]`*#@_~", "＜＞［］'＊＃＠＿～")


@dataclass(frozen=True)
class Platform:
    """What is particular to one platform. `compose` gives address and body; `codes` maps where the answer's code stands.

    `later` are codes that say "not now" or "this robot is not set up right": everything waits. Other codes refuse the post.
    """

    limit: int
    compose: Callable[[Setup, Sequence[Item], datetime], tuple[str, object]]
    code: tuple[str, ...]
    said: tuple[str, ...]
    later: frozenset[int]


def plainly(text: str) -> str:
    """A text that means nothing to a platform's markup: no links, no mentions, one line."""
    return one_line(text).translate(UNSAFE)


def account(name: str) -> str:
    """A platform's name of a person, without anything that could end its mention."""
    return re.sub(r"[^A-Za-z0-9_.@-]", "", name)


def cut(text: str, limit: int) -> str:
    """A text of at most `limit` bytes in UTF-8, whole characters, with an ellipsis where something is missing."""
    raw = text.encode()
    return text if len(raw) <= limit else raw[: max(0, limit - 3)].decode(errors="ignore") + "…"


def dingtalk_sign(secret: str, timestamp: str) -> str:
    """加签: HMAC-SHA256 keyed with the secret over "timestamp, newline, secret", in Base64; the timestamp is in milliseconds."""
    return base64.b64encode(
        hmac.new(secret.encode(), f"{timestamp}\n{secret}".encode(), hashlib.sha256).digest()
    ).decode()


def feishu_sign(secret: str, timestamp: str) -> str:
    """签名校验: HMAC-SHA256 of nothing, keyed with "timestamp, newline, secret", in Base64; the timestamp is in seconds."""
    return base64.b64encode(hmac.new(f"{timestamp}\n{secret}".encode(), b"", hashlib.sha256).digest()).decode()


def block(item: Item, call: Callable[[Person], str]) -> str:
    """One message as markdown: bold title, text, whom it calls, and a link."""
    when = item.posted_at.astimezone(SHANGHAI).strftime("%H:%M:%S")
    lines = [f"**{plainly(item.title)}**", " ".join(filter(None, (plainly(item.body), when)))]
    called = " ".join(call(person) for person in item.mentions)
    if called:
        lines.append(called)
    if item.url:
        lines.append(f"[{_('Open')}]({item.url})")
    return "\n\n".join(lines)


def bundle(items: Sequence[Item], limit: int, call: Callable[[Person], str]) -> tuple[list[Item], str]:
    """As many of the messages, in their order, as fit into one post of `limit` bytes; the first always does, cut if need be."""
    taken: list[Item] = []
    text = ""
    for item in items[:MOST_ITEMS]:
        more = block(item, call)
        longer = f"{text}\n\n---\n\n{more}" if text else more
        if taken and len(longer.encode()) > limit:
            break
        taken, text = [*taken, item], longer
    return taken, cut(text, limit)


def _wecom_call(person: Person) -> str:
    return f"<@{account(person.wecom_id)}>" if person.wecom_id else plainly(person.name)


def _dingtalk_call(person: Person) -> str:
    return f"@{person.phone}" if _mobile(person.phone) else plainly(person.name)


def _feishu_call(person: Person) -> str:
    return f"<at id={account(person.feishu_id)}></at>" if person.feishu_id else plainly(person.name)


CALLS: dict[str, Callable[[Person], str]] = {"wecom": _wecom_call, "dingtalk": _dingtalk_call, "feishu": _feishu_call}


def _mobile(phone: str) -> bool:
    return phone.isascii() and phone.isdigit() and len(phone) == 11


def _text(setup: Setup, items: Sequence[Item], limit: int) -> str:
    word = plainly(str(setup.settings.get("keyword", "")))
    room = limit - len(word.encode()) - 2 if word else limit
    text = bundle(items, room, CALLS[setup.kind])[1]
    return f"{text}\n\n{word}" if word else text


def _heading(items: Sequence[Item]) -> str:
    title = plainly(items[0].title)[:TITLE]
    return title if len(items) == 1 else _("%(title)s and %(n)d more") % {"title": title, "n": len(items) - 1}


def _by_phone(items: Sequence[Item]) -> list[str]:
    """Numbers of people whom something urgent is for and whom WeCom's markdown cannot call: it knows accounts only."""
    people = [person for item in items if item.urgent for person in item.mentions]
    return list(dict.fromkeys(one.phone for one in people if not one.wecom_id and _mobile(one.phone)))


def _wecom(setup: Setup, items: Sequence[Item], at: datetime) -> tuple[str, object]:  # noqa: ARG001 - all are called alike
    numbers = _by_phone(items)
    if not numbers:
        return setup.secrets["address"], {"msgtype": "markdown", "markdown": {"content": _text(setup, items, 4096)}}
    # Only a post of plain text can call people by their number.
    lines = [" ".join(filter(None, (one_line(item.title), one_line(item.body), item.url))) for item in items]
    ids = list(dict.fromkeys(one.wecom_id for item in items for one in item.mentions if one.wecom_id))
    word = one_line(str(setup.settings.get("keyword", "")))
    text = {
        "content": cut("\n".join(filter(None, [word, *lines])), 2048),
        "mentioned_list": ids,
        "mentioned_mobile_list": numbers,
    }
    return setup.secrets["address"], {"msgtype": "text", "text": text}


def _dingtalk(setup: Setup, items: Sequence[Item], at: datetime) -> tuple[str, object]:
    address = setup.secrets["address"]
    if setup.secrets.get("secret"):
        timestamp = str(round(at.timestamp() * 1000))
        sign = quote_plus(dingtalk_sign(setup.secrets["secret"], timestamp))
        address += f"{'&' if '?' in address else '?'}timestamp={timestamp}&sign={sign}"
    numbers = list(dict.fromkeys(one.phone for item in items for one in item.mentions if _mobile(one.phone)))
    markdown = {"title": _heading(items), "text": _text(setup, items, PLATFORMS["dingtalk"].limit)}
    return address, {"msgtype": "markdown", "markdown": markdown, "at": {"atMobiles": numbers, "isAtAll": False}}


def _feishu(setup: Setup, items: Sequence[Item], at: datetime) -> tuple[str, object]:
    card = {
        "config": {"wide_screen_mode": True},
        "header": {
            "title": {"tag": "plain_text", "content": _heading(items)},
            "template": "red" if any(item.urgent for item in items) else "blue",
        },
        "elements": [{"tag": "markdown", "content": _text(setup, items, PLATFORMS["feishu"].limit)}],
    }
    body: dict[str, object] = {"msg_type": "interactive", "card": card}
    if setup.secrets.get("secret"):
        timestamp = str(int(at.timestamp()))
        body |= {"timestamp": timestamp, "sign": feishu_sign(setup.secrets["secret"], timestamp)}
    return setup.secrets["address"], body


PLATFORMS: dict[str, Platform] = {
    "wecom": Platform(2048, _wecom, ("errcode",), ("errmsg",), frozenset({-1, 45009, 45033, 93000, 93004})),
    "dingtalk": Platform(
        16_000, _dingtalk, ("errcode",), ("errmsg",), frozenset({-1, 130101, 300001, 300005, 310000, 400101, 400102})
    ),
    "feishu": Platform(
        16_000,
        _feishu,
        ("code", "StatusCode"),
        ("msg", "StatusMessage"),
        frozenset({9499, 11232, 11233, 11246, 19001, 19002, 19021, 19022, 19024}),
    ),
}


def fitting(kind: str, items: Sequence[Item]) -> list[Item]:
    """The first of the messages that fit into one post of this platform."""
    return bundle(items, PLATFORMS[kind].limit - 200, CALLS[kind])[0]


def send(setup: Setup, items: Sequence[Item], at: datetime) -> str:
    """Post these messages as one. Raises Rejected, TargetDown, core.outbound.Refused or core.outbound.Unreachable."""
    platform = PLATFORMS[setup.kind]
    address, body = platform.compose(setup, items, at)
    headers = {"Content-Type": "application/json; charset=utf-8"}
    if len(items) == 1:
        headers["Idempotency-Key"] = str(items[0].key)
    answer = outbound.post(address, as_json(body), headers, allow=setup.allow)
    check_status(answer)
    told = json_answer(answer)
    code = next((told[name] for name in platform.code if name in told), None)
    if code == 0 and code is not False:
        return answer.text
    said = one_line(str(next((told[name] for name in platform.said if told.get(name)), "")))
    if code is None:
        raise TargetDown(f"not the platform's answer: {one_line(answer.text)[:120]}")
    if code in platform.later:
        raise TargetDown(f"{platform.code[0]} {code}: {said}")
    raise Rejected(f"{platform.code[0]} {code}: {said}")
