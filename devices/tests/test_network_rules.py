"""The network's arithmetic and its drawing, without a database."""

from xml.etree import ElementTree

import pytest

from devices.rules_network import (
    Span,
    gaps,
    is_extension,
    is_mobile,
    kept_back,
    key_of,
    next_free,
    next_port,
    normal_mac,
    parse_address,
    parse_network,
    parse_spans,
    port_order,
    size_of,
    span_of,
    spans_text,
    text_of,
)
from devices.services.topology import carries
from devices.topology import Edge, Graph, Node, Words, compare, layout, svg_of

WORDS = Words(
    title="网络拓扑图",
    sub="示范大厅",
    states={"in_use": "在用", "faulty": "故障"},
    kinds={"cable": "网线", "fibre": "光纤"},
    open_tickets="未结工单",
    second_way="备用路径",
    folded="%(count)s × %(kind)s",
)


def span(first: str, last: str) -> Span:
    return Span(key_of(parse_address(first)), key_of(parse_address(last)))


def test_keys_sort_as_numbers_and_read_back() -> None:
    texts = ["2.0.0.1", "10.0.0.2", "10.0.0.10", "192.168.0.1"]
    keys = [key_of(parse_address(text)) for text in texts]
    assert sorted(keys) == keys
    assert [text_of(key, 4) for key in keys] == texts
    assert text_of(key_of(parse_address("2001:DB8::00ff")), 6) == "2001:db8::ff"


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("001A2B3C4D5E", "00:1A:2B:3C:4D:5E"),
        ("00-1a-2b-3c-4d-5e", "00:1A:2B:3C:4D:5E"),
        ("001a.2b3c.4d5e", "00:1A:2B:3C:4D:5E"),
        (" 00：1a：2b：3c：4d：5e ", "00:1A:2B:3C:4D:5E"),
        ("", ""),
    ],
)
def test_a_mac_address_is_written_in_one_way(typed: str, stored: str) -> None:
    assert normal_mac(typed) == stored


@pytest.mark.parametrize("typed", ["00-1a:2b-3c-4d-5e", "00-1a-2b-3c-4d", "000000000000", "01-00-5e-00-00-01", "zz"])
def test_what_is_no_devices_mac_address_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        normal_mac(typed)


def test_gaps_lie_between_what_is_filled_whatever_overlaps() -> None:
    whole = span("10.0.0.0", "10.0.0.15")
    filled = [span("10.0.0.0", "10.0.0.3"), span("10.0.0.2", "10.0.0.5"), span("10.0.0.9", "10.0.0.9")]
    found = [(text_of(one.first, 4), text_of(one.last, 4)) for one in gaps(whole, filled)]
    assert found == [("10.0.0.6", "10.0.0.8"), ("10.0.0.10", "10.0.0.15")]
    assert size_of([*filled, span("10.0.0.4", "10.0.0.6")]) == 8
    assert next_free(whole, [key_of(parse_address("10.0.0.6"))], filled) == key_of(parse_address("10.0.0.7"))
    assert next_free(whole, [], [whole]) is None


def test_network_broadcast_and_gateway_are_kept_back() -> None:
    network = parse_network("10.0.0.0/30")
    assert size_of(kept_back(network, "10.0.0.1")) == 3
    assert kept_back(parse_network("10.0.0.0/31"), "") == []
    assert size_of(kept_back(parse_network("2001:db8::/64"), "")) == 1
    assert span_of(parse_network("0.0.0.0/0")).size == 2**32


def test_reserved_ranges_are_read_line_by_line() -> None:
    network = parse_network("10.0.0.0/24")
    rows = parse_spans("10.0.0.20－10.0.0.29  打印机\n\n10.0.0.5 网管\n", network)
    assert rows == [
        {"first": "10.0.0.5", "last": "10.0.0.5", "note": "网管"},
        {"first": "10.0.0.20", "last": "10.0.0.29", "note": "打印机"},
    ]
    assert parse_spans(spans_text(rows), network) == rows
    for line in ("10.0.0.9-10.0.0.2", "10.0.1.1", "everything"):
        with pytest.raises(ValueError, match=line):
            parse_spans(line, network)


def test_numbers_of_people_and_of_the_hall_are_told_apart() -> None:
    assert is_mobile("138 0000 0001")
    assert not is_mobile("8001")
    assert is_extension("8001-2")
    assert not is_extension("总机")
    assert sorted(["Ge1/0/10", "Ge1/0/2"], key=port_order) == ["Ge1/0/2", "Ge1/0/10"]
    assert next_port(["1", "3", "网口2"]) == "2"
    assert carries("trunk 10,20-30", 25)
    assert not carries("trunk 10,20-30", 40)


# The drawing ----------------------------------------------------------------------------------------------------------


def node(number: int, code: str, category: str = "通用工作台", **more: object) -> Node:
    return Node(number, code, f"设备{code}", category, "A区", **({"status": "in_use"} | more))  # type: ignore[arg-type]


def hall() -> Graph:
    nodes = [
        node(1, "NET-001", "网络", is_network=True, layer=0),
        node(2, "NET-002", "网络", is_network=True),
        *(node(10 + number, f"WS-{number:03d}") for number in range(12)),
        node(30, "WS-100", status="faulty"),
        node(31, "WS-101", matters=2),
        node(32, "KS-001", "自助终端"),
        node(40, "<b>&", "孤立"),
    ]
    leaves = [*(10 + number for number in range(12)), 30, 31, 32]
    edges = [Edge(1, "Te1", 2, "Te1", "fibre"), Edge(1, "Te2", 2, "Te2", "fibre")]
    edges += [Edge(2, str(number), leaf, "网口", "cable") for number, leaf in enumerate(leaves)]
    return Graph(tuple(nodes), tuple(edges))


def test_endpoints_are_folded_but_never_what_needs_to_be_seen() -> None:
    boxes = {box.node.code: box for box in layout(hall()).boxes}
    folded = [box for box in boxes.values() if box.folded]
    assert [len(box.folded) for box in folded] == [12]
    assert {"NET-001", "NET-002", "WS-100", "WS-101", "KS-001"} <= set(boxes)
    assert boxes["NET-001"].y < boxes["NET-002"].y < boxes["WS-100"].y < folded[0].y
    assert len(layout(hall(), unfolded=["NET-002"]).boxes) == len(hall().nodes)


def test_no_box_lies_on_another() -> None:
    for unfolded in ((), ("NET-002",)):
        boxes = layout(hall(), unfolded=unfolded).boxes
        for index, one in enumerate(boxes):
            for other in boxes[index + 1 :]:
                apart = (
                    one.x + one.width <= other.x
                    or other.x + other.width <= one.x
                    or one.y + one.height <= other.y
                    or other.y + other.height <= one.y
                )
                assert apart, (one.node.code, other.node.code)


def test_the_drawing_is_sound_xml_that_runs_nothing_and_is_drawn_alike_twice() -> None:
    svg = svg_of(layout(hall()), WORDS, device_url="/devices/{code}/", fold_url="?open={code}")
    assert svg == svg_of(layout(hall()), WORDS, device_url="/devices/{code}/", fold_url="?open={code}")
    tree = ElementTree.fromstring(svg)  # noqa: S314 - our own
    texts = [text.text for text in tree.iter("{http://www.w3.org/2000/svg}text")]
    assert "12 × 通用工作台" in texts
    assert "×2" in texts, "two fibres between the same two are one line with its count"
    assert "<b>&" in texts, "what people typed is text"
    assert "<script" not in svg
    assert "style=" not in svg


def test_a_ring_and_a_thousand_switches_in_a_row_are_drawn() -> None:
    many = 1000
    nodes = tuple(node(number, f"N-{number:04d}", "网络", is_network=True) for number in range(many))
    edges = tuple(Edge(number, "1", (number + 1) % many, "2", "cable") for number in range(many))
    drawing = layout(Graph(nodes, edges))
    assert len(drawing.boxes) == many
    assert len(drawing.lines) == many
    assert sum(line.is_extra for line in drawing.lines) == 1
    assert layout(Graph((), ())).boxes == []


def test_two_kept_drawings_are_compared_by_their_ends() -> None:
    one = {"a": "A", "a_port": "1", "b": "B", "b_port": "1", "kind": "cable", "label": "L1", "vlans": ""}
    turned = {"a": "B", "a_port": "1", "b": "A", "b_port": "1", "kind": "cable", "label": "L2", "vlans": ""}
    gone = {"a": "A", "a_port": "2", "b": "C", "b_port": "1", "kind": "fibre", "label": "", "vlans": ""}
    new = {**gone, "a_port": "3"}
    difference = compare(([{"code": "A"}, {"code": "C"}], [one, gone]), ([{"code": "A"}, {"code": "D"}], [turned, new]))
    assert (difference.added, difference.removed) == ([new], [gone])
    assert difference.changed == [(one, turned)]
    assert (difference.devices_added, difference.devices_removed) == ([{"code": "D"}], [{"code": "C"}])
