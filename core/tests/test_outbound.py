"""No spelling, no resolver and no peer leads a call back inside the house."""

import ipaddress
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from core import outbound
from core.outbound import (
    Refused,
    Unreachable,
    allowance_of,
    check_address,
    check_host,
    check_port,
    check_url,
    embedded,
    post,
    resolve,
)

LOOPBACK = allowance_of("127.0.0.0/8")

SPELLINGS = (
    # names and the plain thing
    "http://127.0.0.1/", "http://localhost/", "http://localhost.localdomain/", "http://127.1/", "http://127.0.1/", "http://0/",
    "http://0.0.0.0/", "http://127.255.255.254/",
    # decimal, octal, hexadecimal, mixed
    "http://2130706433/", "http://017700000001/", "http://0x7f000001/", "http://0x7f.1/", "http://0x7f.0x0.0x0.0x1/",
    "http://0177.0.0.1/", "http://0177.0.0.01/", "http://0177.1/", "http://127.0.0.0x1/", "http://00127.0.0.1/", "http://127.000.000.001/",
    "http://4294967296/", "http://0x17f000001/", "http://1.0x7f/", "http://010.0.0.1/", "http://3232235777/",
    # dots, digits and letters that only look right
    "http://127.0.0.1./", "http://localhost./", "http://①②⑦.⓪.⓪.①/", "http://１２７.０.０.１/", "http://127。0。0。1/", "http://ⓛocalhost/",
    "http://127%2e0%2e0%2e1/", "http://%6cocalhost/", "http://.127.0.0.1/", "http://127..0.1/",
    # users, back strokes, spaces, fragments
    "http://user@127.0.0.1/", "http://a.example@127.0.0.1/", "http://127.0.0.1:80@a.example/", "http://a.example:x@127.0.0.1/",
    "http://a.example\\@127.0.0.1/", "http:\\\\127.0.0.1/", "http://127.0.0.1\t/", "http://127.0.0.1 /", "http://127.0.0.1\r\n/",
    "http:127.0.0.1", "http:///127.0.0.1", "//127.0.0.1/", "127.0.0.1", "",
    # IPv6
    "http://[::1]/", "http://[::]/", "http://[0:0:0:0:0:0:0:1]/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/",
    "http://[::127.0.0.1]/", "http://[64:ff9b::7f00:1]/", "http://[64:ff9b::169.254.169.254]/", "http://[64:ff9b:1::7f00:1]/",
    "http://[2002:7f00:1::]/", "http://[2002:a9fe:a9fe::]/", "http://[2002:c0a8:0101::1]/", "http://[2001:0:7f00:1::1]/",
    "http://[fe80::1%25eth0]/", "http://[fe80::1]/", "http://[fc00::1]/", "http://[fd00:ec2::254]/", "http://[fec0::1]/",
    "http://[2606:4700::5efe:10.0.0.1]/", "http://[::ffff:0:127.0.0.1]/", "http://[ff02::1]/", "http://[::1", "http://::1/",
    # inside, and where clouds keep credentials
    "http://10.0.0.1/", "http://172.16.0.1/", "http://192.168.1.1/", "http://100.64.0.1/", "http://100.100.100.200/",
    "http://169.254.169.254/latest/meta-data/", "http://192.0.0.192/", "http://198.18.0.1/", "http://224.0.0.1/", "http://255.255.255.255/",
    "http://240.0.0.1/", "http://192.0.2.1/",
    # schemes and ports
    "ftp://a.example/", "file:///etc/passwd", "gopher://127.0.0.1:6379/", "javascript:alert(1)", "http://8.8.8.8:22/", "http://8.8.8.8:6379/",
    "http://8.8.8.8:99999/", "http://8.8.8.8:x/", "http://8.8.8.8:/",
)  # fmt: skip


def real(host, port, **_more):
    """What the machine's own resolver makes of a number; names are nowhere, so that no test asks the world."""
    if host in {"localhost", "localhost.localdomain"}:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)


def reach(url, allow=()):
    """Everything that is checked before a connection is made."""
    target = check_url(url)
    return resolve(target.host, target.port, allow, real)


@pytest.mark.parametrize("url", SPELLINGS)
def test_no_spelling_leads_inside(url):
    with pytest.raises(Refused):
        reach(url)


def test_the_table_is_as_long_as_it_claims():
    assert len(set(SPELLINGS)) >= 60


@pytest.mark.parametrize("url", ["https://8.8.8.8/x?y=1", "http://1.1.1.1:8443/", "https://[2606:4700:4700::1111]/"])
def test_the_world_outside_is_open(url):
    assert reach(url)


@pytest.mark.parametrize(
    "host",
    ["a.example", "xn--fiqs8s.cn", "smtp-1.example.cn", "a_b.example", "8.8.8.8", "2606:4700::1111", "EXAMPLE.cn"],
)
def test_plain_hosts_hold(host):
    assert check_host(host) == host.lower()


@pytest.mark.parametrize(
    "host", ["政务.cn", "a..b", "-a.example", "a.example.", "1.2.3", "0x7f.1", "a b", "", "a" * 254]
)
def test_other_hosts_do_not(host):
    with pytest.raises(Refused):
        check_host(host)


@pytest.mark.parametrize(
    ("address", "hidden"),
    [
        ("::ffff:10.0.0.1", ["10.0.0.1"]),
        ("64:ff9b::a00:1", ["10.0.0.1"]),
        ("2002:a00:1::5", ["10.0.0.1"]),
        ("::10.0.0.1", ["10.0.0.1"]),
        ("2001:0:a00:1::", ["10.0.0.1", "255.255.255.255"]),
        ("2606:4700::5efe:a00:1", ["10.0.0.1"]),
        ("8.8.8.8", []),
        ("2606:4700::1111", []),
    ],
)
def test_what_an_address_hides_is_found(address, hidden):
    assert [str(one) for one in embedded(ipaddress.ip_address(address))] == hidden


def test_an_inner_network_is_open_only_where_the_list_says_so():
    office = allowance_of("10.8.0.0/16")
    assert reach("http://10.8.1.2/", [office])
    assert reach("http://[::ffff:10.8.1.2]/", [office])
    for url in ("http://10.9.0.1/", "http://10.8.1.2:8080/", "http://[64:ff9b::a08:102]/"):
        with pytest.raises(Refused):
            reach(url, [office])
    assert reach("http://10.8.0.7:8080/", [allowance_of("10.8.0.7/32:8080")])
    with pytest.raises(Refused):
        reach("http://8.8.8.8:8080/", [allowance_of("10.8.0.7/32:8080")])


@pytest.mark.parametrize("address", ["169.254.169.254", "100.100.100.200", "fd00:ec2::254", "::ffff:169.254.169.254"])
def test_where_clouds_keep_credentials_is_never_open(address):
    with pytest.raises(Refused) as refused:
        check_address(ipaddress.ip_address(address), [allowance_of("0.0.0.0/0"), allowance_of("::/0")])
    assert refused.value.reason == "metadata"


def test_ports_are_listed():
    for port in (25, 80, 443, 465, 587, 8443):
        check_port(port)
    for port in (22, 6379, 5432, 8080):
        with pytest.raises(Refused):
            check_port(port)


def test_one_forbidden_answer_spoils_the_name():
    def mixed(host, port, **_more):
        return [(2, 1, 6, "", ("8.8.8.8", port)), (2, 1, 6, "", ("10.0.0.1", port))]

    with pytest.raises(Refused):
        resolve("a.example", 443, (), mixed)


def test_a_name_that_is_nowhere_is_unreachable():
    def nowhere(host, port, **_more):
        raise socket.gaierror("nope")

    with pytest.raises(Unreachable):
        resolve("a.example", 443, (), nowhere)


# A peer on loopback ---------------------------------------------------------------------------------------------------


class Peer:
    """Takes one call after another and answers with bytes, slowly if asked to."""

    def __init__(self, answer: bytes, pause: float = 0.0) -> None:
        self.answer, self.pause = answer, pause
        self.heard: list[bytes] = []
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.stopped = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while not self.stopped.is_set():
            try:
                call, _ = self.server.accept()
            except OSError:
                return
            with call:
                self.heard.append(call.recv(65536))
                try:
                    for index in range(len(self.answer)):
                        if self.pause and self.stopped.wait(self.pause):
                            return
                        call.sendall(self.answer[index : index + 1] if self.pause else self.answer)
                        if not self.pause:
                            break
                    else:
                        self.stopped.wait(30)
                except OSError:
                    continue

    def close(self) -> None:
        self.stopped.set()
        self.server.close()


@pytest.fixture
def peer(settings) -> Iterator[list[Peer]]:
    made: list[Peer] = []
    yield made
    for one in made:
        one.close()


def start(made, settings, answer, pause=0.0):
    made.append(Peer(answer, pause))
    settings.OUTBOUND_PORTS = frozenset({*settings.OUTBOUND_PORTS, made[-1].port})
    return made[-1]


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def test_a_call_goes_to_the_address_that_was_judged(peer, settings):
    """DNS rebinding: the second answer of the resolver is never asked for."""
    one = start(peer, settings, OK)
    answers = [
        [(2, 1, 6, "", ("127.0.0.1", one.port))],
        [(2, 1, 6, "", ("169.254.169.254", one.port))],
    ]
    asked = []

    def fickle(host, port, **_more):
        asked.append(host)
        return answers[min(len(asked), 2) - 1]

    answer = post(f"http://a.example:{one.port}/x", b"{}", {}, allow=[LOOPBACK], resolver=fickle)
    assert (answer.status, answer.text, asked) == (200, "ok", ["a.example"])
    assert f"Host: a.example:{one.port}".encode() in one.heard[0]


def test_a_name_that_turns_inside_is_refused_before_it_is_called(peer, settings):
    one = start(peer, settings, OK)

    def inside(host, port, **_more):
        return [(2, 1, 6, "", ("127.0.0.1", port))]

    with pytest.raises(Refused):
        post(f"http://a.example:{one.port}/", b"", {}, resolver=inside)
    assert one.heard == []


def test_a_redirect_is_not_followed(peer, settings):
    other = start(peer, settings, OK)
    one = start(
        peer,
        settings,
        f"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{other.port}/\r\nContent-Length: 0\r\n\r\n".encode(),
    )
    assert post(f"http://127.0.0.1:{one.port}/", b"", {}, allow=[LOOPBACK]).status == 302
    assert other.heard == []


def test_a_long_answer_is_cut(peer, settings):
    body = b"x" * 100_000
    one = start(peer, settings, b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + body)
    assert len(post(f"http://127.0.0.1:{one.port}/", b"", {}, allow=[LOOPBACK]).body) == outbound.ANSWER_BYTES


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n" + b"x" * 400])
def test_a_peer_that_hangs_or_drips_is_left_at_the_deadline(peer, settings, answer):
    one = start(peer, settings, answer or b"H", pause=0.05)
    began = time.monotonic()
    with pytest.raises(Unreachable):
        post(f"http://127.0.0.1:{one.port}/", b"", {}, allow=[LOOPBACK], seconds=0.5)
    assert time.monotonic() - began < 10  # without the deadline it would never end


def test_what_is_no_http_is_unreachable(peer, settings):
    one = start(peer, settings, b"SSH-2.0-OpenSSH\r\n\r\n")
    with pytest.raises(Unreachable):
        post(f"http://127.0.0.1:{one.port}/", b"", {}, allow=[LOOPBACK], seconds=2)


def test_headers_take_no_second_line(peer, settings):
    one = start(peer, settings, OK)
    with pytest.raises(ValueError, match="Invalid header"):
        post(f"http://127.0.0.1:{one.port}/", b"", {"X-A": "1\r\nX-B: 2"}, allow=[LOOPBACK])
    assert all(b"X-B" not in heard for heard in one.heard)


@pytest.mark.parametrize("text", ["10.0.0.0", "10.0.0.0/8", "127.0.0.1/32:8080", "fd00:1::/32", "fd00:1::1/128:8080"])
def test_an_entry_of_the_list_is_a_network_with_or_without_a_port(text):
    entry = allowance_of(text)
    assert entry.ports == (frozenset({8080}) if text.endswith("8080") else frozenset())


@pytest.mark.parametrize("text", ["", "10.0.0.1/8", "a.example", "10.0.0.0/8:x"])
def test_other_entries_are_refused(text):
    with pytest.raises(ValueError, match=r"."):
        allowance_of(text)
