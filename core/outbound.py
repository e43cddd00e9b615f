"""The only way out of the house: connections to addresses that people typed in, checked so that none leads back inside.

A name is resolved once, every address is judged, and the connection goes to the address that was judged: a second answer of the
resolver changes nothing. Redirects are not followed, ports are listed, answers are short, and a whole call has a deadline that
a dripping peer cannot stretch. Addresses inside the house are open only where an explicit list says so; those under which clouds
hand out credentials never are.
"""

import http.client
import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network
CONNECT_SECONDS = 5.0
ANSWER_BYTES = 16 * 1024
MOST_ADDRESSES = 3
HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*\Z")
NUMERIC = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)\Z")
"""A host whose last label looks like this is read as an IPv4 address by resolvers, however odd its spelling."""
NEVER: tuple[IPNetwork, ...] = tuple(
    ipaddress.ip_network(text)
    for text in (
        "169.254.0.0/16",  # link-local, and the metadata service of nearly every cloud
        "100.100.100.200/32",  # metadata of 阿里云
        "192.0.0.192/32",  # metadata of Oracle
        "fe80::/10",
        "fd00:ec2::/32",  # metadata of AWS
        "fd20:ce::/32",  # metadata of Google
    )
)
NOWHERE: tuple[IPNetwork, ...] = tuple(
    ipaddress.ip_network(text)
    for text in ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3", "::/127", "fe80::/10", "ff00::/8")
)
"""What a list of inner networks that people keep may not hold: this machine itself (only OUTBOUND_ALLOW may), and no machine."""
NAT64: tuple[ipaddress.IPv6Network, ...] = (
    ipaddress.IPv6Network("64:ff9b::/96"),
    ipaddress.IPv6Network("64:ff9b:1::/48"),
)
COMPATIBLE = ipaddress.IPv6Network("::/96")
ISATAP = (0x00005EFE, 0x02005EFE)


class Refused(ValueError):
    """The address may not be used. `reason` is a short English word for logs and tests; str() is no secret."""

    def __init__(self, reason: str, what: str = "") -> None:
        super().__init__(f"{reason}: {what}" if what else reason)
        self.reason = reason


class Unreachable(OSError):
    """The target did not take the call: not found, refused, broken, too slow."""


@dataclass(frozen=True)
class Allowance:
    """A network inside the house that may be called; without ports, on the ordinary ones."""

    network: IPNetwork
    ports: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Target:
    """What an address that people typed in comes to."""

    scheme: str
    host: str
    port: int
    path: str = "/"

    @property
    def origin(self) -> str:
        """Scheme, host and port: what may be shown of an address whose path is a secret."""
        shown = f"[{self.host}]" if ":" in self.host else self.host
        usual = {"http": 80, "https": 443}.get(self.scheme)
        return f"{self.scheme}://{shown}" + ("" if self.port == usual else f":{self.port}")


@dataclass(frozen=True)
class Answer:
    """What the target said: the status and the beginning of the body."""

    status: int
    body: bytes

    @property
    def text(self) -> str:
        """The body as text, whatever its bytes are."""
        return self.body.decode("utf-8", errors="replace")


# What may be called ---------------------------------------------------------------------------------------------------


def allowance_of(text: str) -> Allowance:
    """One entry of OUTBOUND_ALLOW: a network, with or without one port ("10.8.0.0/16", "127.0.0.1/32:8080").

    Raises ValueError.
    """
    network, slash, rest = text.strip().partition("/")
    length, _, port = rest.partition(":")
    return Allowance(ipaddress.ip_network(f"{network}{slash}{length}"), frozenset({int(port)} if port else ()))


def allowances(extra: Iterable[Allowance] = ()) -> tuple[Allowance, ...]:
    """The networks inside that the installation allows, and further ones."""
    return (*(allowance_of(text) for text in settings.OUTBOUND_ALLOW), *extra)


def check_host(host: str) -> str:
    """A host as it may be typed: a plain ASCII name, a dotted IPv4 address or an IPv6 address; else Refused.

    Spellings that only resolvers understand (decimal, octal, hexadecimal, shortened, full-width) are refused outright.
    """
    host = host.lower()
    if ":" in host:
        try:
            if "%" in host:
                raise ValueError("zone")
            return str(ipaddress.IPv6Address(host))
        except ValueError:
            raise Refused("host", host) from None
    if not HOST.fullmatch(host):
        raise Refused("host", ascii(host))
    if NUMERIC.fullmatch(host.rpartition(".")[2]):
        try:
            return str(ipaddress.IPv4Address(host))
        except ValueError:
            raise Refused("host", host) from None
    return host


def check_port(port: int, address: IPAddress | None = None, allow: Sequence[Allowance] = ()) -> None:
    """Refused unless the port is one of the listed ones, or the list of inner networks names it for this address."""
    if port in settings.OUTBOUND_PORTS:
        return
    if address is not None and any(port in one.ports for one in allow if _within(address, one.network)):
        return
    raise Refused("port", str(port))


def check_url(url: str) -> Target:
    """The parts of a web address. Refused when it is none, names a user, or is spelt to mislead; its port is judged later."""
    if any(sign <= " " or sign == "\x7f" or sign == "\\" for sign in url) or not url.isascii():
        raise Refused("url")
    try:
        parts: SplitResult = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Refused("url") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise Refused("url")
    if "@" in parts.netloc:
        raise Refused("userinfo")
    if parts.netloc.endswith(":"):
        raise Refused("url")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, check_host(parts.hostname), port or (443 if parts.scheme == "https" else 80), path)


def _within(address: IPAddress, network: IPNetwork) -> bool:
    return address.version == network.version and address in network


def embedded(address: IPAddress) -> list[IPAddress]:
    """The addresses hidden in an address: mapped, compatible, NAT64, 6to4, Teredo, ISATAP."""
    if isinstance(address, ipaddress.IPv4Address):
        return []
    found: list[IPAddress | None] = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    low = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if any(address in network for network in NAT64) or (address in COMPATIBLE and int(address) > 1):
        found.append(low)
    if (int(address) >> 32) & 0xFFFFFFFF in ISATAP:
        found.append(low)
    return [one for one in found if one is not None]


def check_address(address: IPAddress, allow: Sequence[Allowance] = ()) -> None:
    """Refused unless the address, and every one hidden in it, is out in the world or on the list of inner networks."""
    hidden = embedded(address)
    for one in (address, *hidden):
        if any(_within(one, network) for network in NEVER):
            raise Refused("metadata", str(address))
    if any(_within(address, one.network) for one in allow):
        return
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    if mapped is not None:
        check_address(mapped, allow)
        return
    if not all(_public(one) for one in (address, *hidden)):
        raise Refused("address", str(address))


def _public(address: IPAddress) -> bool:
    if isinstance(address, ipaddress.IPv6Address) and address.is_site_local:
        return False
    return address.is_global and not (
        address.is_multicast or address.is_reserved or address.is_unspecified or address.is_loopback
    )


Resolver = Callable[..., list[tuple[Any, ...]]]


def resolve(host: str, port: int, allow: Sequence[Allowance], resolver: Resolver | None = None) -> list[IPAddress]:
    """Ask once where a host is; the addresses that may be called, in the resolver's order.

    Raises Refused when one of them may not be: a name that points inside at all is not to be trusted. Unreachable without any.
    """
    try:
        rows = (resolver or socket.getaddrinfo)(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unreachable("name not found") from error
    found: list[IPAddress] = []
    for row in rows:
        address = ipaddress.ip_address(str(row[4][0]).partition("%")[0])
        check_address(address, allow)
        check_port(port, address, allow)
        if address not in found:
            found.append(address)
    if not found:
        raise Unreachable("name not found")
    return found[:MOST_ADDRESSES]


# Calling --------------------------------------------------------------------------------------------------------------


def tls_context() -> ssl.SSLContext:
    """TLS as the house wants it: certificates are checked, against OUTBOUND_CA_FILE too where one is given."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.OUTBOUND_CA_FILE:
        context.load_verify_locations(cafile=settings.OUTBOUND_CA_FILE)
    return context


class Line:
    """A connection with a deadline. When time is up its socket is shut under whoever waits on it."""

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline
        self.expired = False
        self._sock: socket.socket | None = None
        self._lock = threading.Lock()
        self._timer = threading.Timer(max(0.0, deadline - time.monotonic()), self._cut)
        self._timer.daemon = True

    @property
    def left(self) -> float:
        """Seconds until the deadline. Raises Unreachable when there are none."""
        self.check()
        return max(0.001, self.deadline - time.monotonic())

    def check(self) -> None:
        """Raise Unreachable when time is up."""
        if self.expired or self.deadline <= time.monotonic():
            raise Unreachable("too slow")

    def start(self) -> None:
        """Let the time run."""
        self._timer.start()

    def hold(self, sock: socket.socket) -> socket.socket:
        """Put this socket under the deadline; it replaces the one before (TLS wraps it)."""
        with self._lock:
            self._sock = sock
            if self.expired:
                self._shut(sock)
        return sock

    def _cut(self) -> None:
        with self._lock:
            self.expired = True
            if self._sock is not None:
                self._shut(self._sock)

    @staticmethod
    def _shut(sock: socket.socket) -> None:
        try:
            # The plain socket's own method: that of a TLS socket would take away what another thread is reading from.
            socket.socket.shutdown(sock, socket.SHUT_RDWR)
        except OSError:
            return  # the peer was quicker

    def close(self) -> None:
        """End the connection and the deadline."""
        self._timer.cancel()
        with self._lock:
            if self._sock is not None:
                self._sock.close()


def dial(
    host: str, port: int, *, allow: Sequence[Allowance], line: Line, resolver: Resolver | None = None
) -> socket.socket:
    """Connect to the first of a host's permitted addresses that answers. Raises Refused or Unreachable."""
    trouble = "no answer"
    for address in resolve(host, port, allow, resolver):
        try:
            sock = socket.create_connection((str(address), port), timeout=min(CONNECT_SECONDS, line.left))
        except OSError as error:
            trouble = str(error) or type(error).__name__
            continue
        sock.settimeout(line.left)
        return line.hold(sock)
    raise Unreachable(trouble)


def secure(sock: socket.socket, host: str, line: Line) -> ssl.SSLSocket:
    """Put TLS on a connection; the certificate is checked against the name that was typed, not the address that was called."""
    wrapped = tls_context().wrap_socket(sock, server_hostname=host, do_handshake_on_connect=False)
    line.hold(wrapped)
    wrapped.do_handshake()
    return wrapped


@contextmanager
def lined(seconds: float | None = None) -> Iterator[Line]:
    """A deadline for everything that happens within; whatever breaks because of it is raised as Unreachable."""
    line = Line(time.monotonic() + (seconds or settings.OUTBOUND_SECONDS))
    line.start()
    try:
        yield line
    except Unreachable:
        raise
    except (OSError, http.client.HTTPException) as error:
        if line.expired or isinstance(error, TimeoutError):
            raise Unreachable("too slow") from error
        raise Unreachable(str(error) or type(error).__name__) from error
    finally:
        line.close()


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    allow: Sequence[Allowance] = (),
    seconds: float | None = None,
    resolver: Resolver | None = None,
) -> Answer:
    """POST to an address that people typed in; redirects are an answer like any other and are never followed.

    Raises Refused when the address may not be called, Unreachable when nobody answers within the deadline.
    """
    target = check_url(url)
    with lined(seconds) as line:
        sock = dial(target.host, target.port, allow=allow, line=line, resolver=resolver)
        call: http.client.HTTPConnection
        if target.scheme == "https":
            sock = secure(sock, target.host, line)
            call = http.client.HTTPSConnection(target.host, target.port)
        else:
            call = http.client.HTTPConnection(target.host, target.port)
        call.sock = sock
        call.request(
            "POST", target.path, body=body, headers={"User-Agent": "Guarantee", "Connection": "close", **headers}
        )
        response = call.getresponse()
        answer = Answer(response.status, response.read(ANSWER_BYTES))
        line.check()  # an answer that the deadline cut off is none
        return answer
