"""Arithmetic of the network, without a database: ranges, addresses in numeric order, MAC addresses, gaps."""

import heapq
import ipaddress
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
IP = ipaddress.IPv4Address | ipaddress.IPv6Address

_MAC_FORMS = re.compile(
    r"[0-9a-f]{12}|[0-9a-f]{2}(?:([:-])[0-9a-f]{2})(?:\1[0-9a-f]{2}){4}|[0-9a-f]{4}([.-])[0-9a-f]{4}\2[0-9a-f]{4}"
)
_MOBILE = re.compile(r"1[3-9]\d{9}")
_EXTENSION = re.compile(r"\d{2,8}(?:-\d{1,4})?")
_PORT_NUMBER = re.compile(r"[1-9]\d{0,4}")


@dataclass(frozen=True)
class Span:
    """Addresses from `first` to `last`, both included, as keys; `note` says what a reserved span is for."""

    first: str
    last: str
    note: str = ""

    @property
    def size(self) -> int:
        """How many addresses it holds."""
        return int(self.last, 16) - int(self.first, 16) + 1


def key_of(address: IP | int) -> str:
    """Where an address stands in the numeric order: 32 hexadecimal digits that sort as text."""
    return f"{int(address):032x}"


def text_of(key: str, family: int) -> str:
    """A key as people write the address."""
    number = int(key, 16)
    return str(ipaddress.IPv4Address(number) if family == 4 else ipaddress.IPv6Address(number))


def parse_network(text: str) -> Network:
    """A range in CIDR notation whose host bits are zero. Raises ValueError."""
    text = text.strip()
    if "/" not in text:
        raise ValueError(text)
    return ipaddress.ip_network(text, strict=True)


def parse_address(text: str) -> IP:
    """One address, without prefix length or zone. Raises ValueError."""
    address = ipaddress.ip_address(text.strip())
    if getattr(address, "scope_id", None):
        raise ValueError(text)
    return address


def span_of(network: Network) -> Span:
    """A range as the span between its first and its last address."""
    return Span(key_of(network.network_address), key_of(network.broadcast_address))


def kept_back(network: Network, gateway: str) -> list[Span]:
    """What a range never gives out: the network's own and the broadcast address, the router's anycast one, the gateway."""
    spans = []
    if network.version == 4 and network.prefixlen <= 30:
        spans += [_one(network.network_address), _one(network.broadcast_address)]
    elif network.version == 6 and network.prefixlen <= 126:
        spans.append(_one(network.network_address))
    if gateway:
        spans.append(_one(parse_address(gateway)))
    return merged(spans)


def _one(address: IP) -> Span:
    return Span(key_of(address), key_of(address))


def parse_spans(text: str, network: Network) -> list[dict[str, str]]:
    """Reserved ranges as somebody typed them, one a line: `10.0.0.2-10.0.0.9 switches` or one address. Raises ValueError(line)."""
    found: list[tuple[Span, dict[str, str]]] = []
    for line in text.splitlines():
        line = line.strip()
        if not line:
            continue
        spoken, _, note = line.replace("\u3000", " ").replace("\t", " ").partition(" ")
        first_text, dash, last_text = spoken.replace("－", "-").replace("—", "-").replace("~", "-").partition("-")
        try:
            first = parse_address(first_text)
            last = parse_address(last_text) if dash else first
        except ValueError:
            raise ValueError(line) from None
        if first.version != network.version or last.version != network.version or int(first) > int(last):
            raise ValueError(line)
        if first not in network or last not in network:
            raise ValueError(line)
        found.append(
            (
                Span(key_of(first), key_of(last)),
                {"first": str(first), "last": str(last), "note": note.strip()[:60]},
            )
        )
    return [row for _, row in sorted(found, key=lambda pair: pair[0].first)]


def spans_text(rows: Iterable[Mapping[str, str]]) -> str:
    """Stored reserved ranges as parse_spans reads them."""
    lines = []
    for row in rows:
        spoken = row["first"] if row["first"] == row["last"] else f"{row['first']}-{row['last']}"
        lines.append(f"{spoken} {row.get('note', '')}".strip())
    return "\n".join(lines)


def stored_spans(rows: Iterable[Mapping[str, Any]]) -> list[Span]:
    """Stored reserved ranges as spans."""
    return [
        Span(key_of(parse_address(row["first"])), key_of(parse_address(row["last"])), str(row.get("note", "")))
        for row in rows
    ]


def merged(spans: Iterable[Span]) -> list[Span]:
    """Spans in order, those that touch or overlap made one; the note of the first stays."""
    result: list[Span] = []
    for span in sorted(spans, key=lambda one: (one.first, one.last)):
        if result and int(span.first, 16) <= int(result[-1].last, 16) + 1:
            known = result[-1]
            result[-1] = Span(known.first, max(known.last, span.last), known.note or span.note)
        else:
            result.append(span)
    return result


def size_of(spans: Iterable[Span]) -> int:
    """How many addresses the spans hold together."""
    return sum(span.size for span in merged(spans))


def gaps(whole: Span, filled: Iterable[Span]) -> Iterator[Span]:
    """What of `whole` the spans `filled`, ordered by their first, leave open; lazily, so that a /8 costs what is in it."""
    at = int(whole.first, 16)
    end = int(whole.last, 16)
    for span in filled:
        first, last = int(span.first, 16), int(span.last, 16)
        if last < at:
            continue
        if first > end:
            break
        if first > at:
            yield Span(key_of(at), key_of(first - 1))
        at = last + 1
    if at <= end:
        yield Span(key_of(at), key_of(end))


def next_free(whole: Span, taken: Iterable[str], closed: Iterable[Span]) -> str | None:
    """The lowest address that is neither in the ordered `taken` nor in the ordered `closed`; None when the range is full."""
    blocked = heapq.merge(closed, (Span(key, key) for key in taken), key=lambda span: span.first)
    first = next(gaps(whole, blocked), None)
    return first.first if first else None


def normal_mac(text: str) -> str:
    """A MAC address as the house writes it: 00:1A:2B:3C:4D:5E; "" for nothing. Raises ValueError.

    Hyphens, colons, dots and none at all are read; addresses of groups and the empty one belong to no device.
    """
    text = text.strip().lower().replace("：", ":").replace("－", "-")
    if not text:
        return ""
    if not _MAC_FORMS.fullmatch(text):
        raise ValueError(text)
    digits = re.sub(r"[^0-9a-f]", "", text).upper()
    if digits == "0" * 12 or int(digits[:2], 16) & 1:
        raise ValueError(text)
    return ":".join(digits[start : start + 2] for start in range(0, 12, 2))


def is_mobile(text: str) -> bool:
    """Whether this is somebody's mobile number, which no internal list shows."""
    return bool(_MOBILE.fullmatch(re.sub(r"[\s-]", "", text).removeprefix("+86")))


def is_extension(text: str) -> bool:
    """Whether this can be an internal number: 2 to 8 digits, a branch after a hyphen."""
    return bool(_EXTENSION.fullmatch(text))


def port_order(name: str) -> tuple[Any, ...]:
    """Ports in the order people count them: 2 before 10."""
    return tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.split(r"(\d+)", name) if part)


def next_port(names: Iterable[str]) -> str:
    """The lowest number that no port has."""
    numbers = {int(name) for name in names if _PORT_NUMBER.fullmatch(name)}
    number = 1
    while number in numbers:
        number += 1
    return str(number)
