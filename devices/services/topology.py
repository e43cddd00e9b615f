"""The hall's connections as a graph, and the drawings of it that are kept in the archive (附三.1: 网络拓扑)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from core.clock import SHANGHAI
from core.models import next_number
from core.pdf import pdf_render
from devices import marks
from devices.models import Address, Device, Link, Place, Port, TopologyVersion
from devices.services.common import check_input, local_day, optional, require_keeper
from devices.states import AddressStatus, DeviceStatus
from devices.topology import HEAD, LEGEND, Drawing, Edge, Graph, Node, Words, layout, svg_of
from parties.models import Contract, Hall, User
from records.models import Source
from records.services.audit import audit_write

NETWORK_CATEGORY = "NET"
"""The code of the category that holds switches and routers: where no core is named, the best connected of them is drawn on top."""
PAPERS = {"a3": (392.0, 258.0), "a4": (270.0, 172.0)}
"""Width and height in millimetres that the drawing may take on a landscape sheet."""


@dataclass(frozen=True)
class Chosen:
    """What a drawing is narrowed to."""

    place: Place | None = None
    vlan: int | None = None
    kind: str = ""

    @property
    def is_narrowed(self) -> bool:
        """Whether something is left out."""
        return bool(self.place or self.vlan or self.kind)


def graph_of(hall: Hall, chosen: Chosen | None = None) -> Graph:
    """The hall's connections, narrowed; a constant number of statements however many there are."""
    chosen = chosen or Chosen()
    ends: dict[int, dict[str, Port]] = {}
    ports = Port.objects.filter(link__hall=hall).select_related("link").order_by("link_id", "side")
    if chosen.kind:
        ports = ports.filter(link__kind=chosen.kind)
    for port in ports:
        ends.setdefault(port.link_id or 0, {})[port.side] = port
    pairs = [(pair["a"], pair["b"]) for pair in ends.values() if len(pair) == 2]
    devices = _devices({port.device_id for pair in pairs for port in pair})
    pairs = [pair for pair in pairs if pair[0].device_id in devices and pair[1].device_id in devices]
    pairs = _narrowed(hall, pairs, devices, chosen)
    shown = {port.device_id for pair in pairs for port in pair}
    matters = marks.open_matters(shown)
    nodes = [_node(devices[pk], matters.get(pk, 0)) for pk in shown]
    edges = [_edge(a, b) for a, b in pairs]
    return Graph(
        tuple(sorted(nodes, key=lambda node: node.code)),
        tuple(sorted(edges, key=lambda edge: (devices[edge.a].code, edge.a_port, edge.id))),
    )


def _devices(ids: set[int]) -> dict[int, Device]:
    rows: QuerySet[Device] = Device.objects.select_related("category", "place", "drawn_layer")
    return rows.exclude(status=DeviceStatus.RETIRED).in_bulk(ids)


def _node(device: Device, matters: int) -> Node:
    layer = getattr(device, "drawn_layer", None)
    return Node(
        id=device.pk,
        code=device.code,
        name=device.name,
        category=device.category.name,
        place=device.place.name,
        status=device.status,
        is_network=device.category.code == NETWORK_CATEGORY,
        layer=layer.layer if layer is not None else None,
        matters=matters,
    )


def _edge(a: Port, b: Port) -> Edge:
    link = a.link
    assert link is not None  # noqa: S101 - ports were chosen by their link
    return Edge(a.device_id, a.name, b.device_id, b.name, link.kind, link.label, link.vlans, link.pk)


def _narrowed(
    hall: Hall, pairs: list[tuple[Port, Port]], devices: Mapping[int, Device], chosen: Chosen
) -> list[tuple[Port, Port]]:
    if chosen.place is not None:
        inside = _below(hall, chosen.place)
        pairs = [pair for pair in pairs if any(devices[port.device_id].place_id in inside for port in pair)]
    if chosen.vlan is not None:
        members = set(
            Address.objects.filter(
                subnet__hall=hall, subnet__vlan=chosen.vlan, status=AddressStatus.IN_USE, device__isnull=False
            ).values_list("device_id", flat=True)
        )
        pairs = [
            (a, b)
            for a, b in pairs
            if {a.device_id, b.device_id} & members or (a.link is not None and carries(a.link.vlans, chosen.vlan))
        ]
    return pairs


def carries(vlans: str, vlan: int) -> bool:
    """Whether a note such as "trunk 10,20,30-40" names a VLAN."""
    for part in vlans.removeprefix("trunk").removeprefix("access").split(","):
        first, _, last = part.strip().partition("-")
        if first.isdigit() and int(first) <= vlan <= int(last if last.isdigit() else first):
            return True
    return False


def _below(hall: Hall, place: Place) -> set[int]:
    """A place with everything that lies in it."""
    children: dict[int | None, list[int]] = {}
    for pk, parent in Place.objects.filter(hall=hall).values_list("pk", "parent_id"):
        children.setdefault(parent, []).append(pk)
    found, todo = {place.pk}, [place.pk]
    while todo:
        for child in children.get(todo.pop(), []):
            if child not in found:
                found.add(child)
                todo.append(child)
    return found


def words_for(hall: Hall, at: datetime, chosen: Chosen | None = None, *, number: int | None = None) -> Words:
    """The words of a drawing in the active language."""
    parts = [hall.name, f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"]
    if number:
        parts.append(f"V{number}")
    if chosen is not None and chosen.place is not None:
        parts.append(chosen.place.name)
    if chosen is not None and chosen.vlan is not None:
        parts.append(f"VLAN {chosen.vlan}")
    if chosen is not None and chosen.kind:
        parts.append(str(Link.Kind(chosen.kind).label))
    return Words(
        title=_("Network topology"),
        sub=" · ".join(parts),
        states={str(status.value): str(status.label) for status in DeviceStatus if status != DeviceStatus.RETIRED},
        kinds={str(kind.value): str(kind.label) for kind in Link.Kind},
        open_tickets=_("Open tickets"),
        second_way=_("Second way"),
        folded=_("%(count)s × %(kind)s"),
    )


def on_paper(drawing: Drawing, paper: str) -> tuple[str, str]:
    """Width and height that fill a landscape sheet without distorting the drawing."""
    wide, high = PAPERS[paper]
    full = HEAD + drawing.height + LEGEND
    factor = min(wide / drawing.width, high / full)
    return f"{drawing.width * factor:.1f}mm", f"{full * factor:.1f}mm"


def sheet_html(hall: Hall, graph: Graph, words: Words, *, paper: str, note: str = "") -> str:
    """The document that becomes the PDF: the drawing on a landscape sheet, the table of connections behind it."""
    drawing = layout(graph)
    codes = {node.id: node for node in graph.nodes}
    context = {
        "svg": mark_safe(svg_of(drawing, words, size=on_paper(drawing, paper))),  # noqa: S308 - drawn and escaped there
        "rows": [
            {"edge": edge, "a": codes[edge.a], "b": codes[edge.b], "kind": words.kinds[edge.kind]}
            for edge in graph.edges
        ],
        "hall": hall,
        "words": words,
        "paper": paper,
        "note": note,
    }
    return render_to_string("devices/network/topology_sheet.html", context)


def topology_keep(
    *,
    hall: Hall,
    contract: Contract,
    note: str,
    actor: User | None,
    at: datetime,
    source: str = Source.PAGE,
) -> TopologyVersion:
    """Keep the whole drawing as it is now: drawing, sheet, devices and connections, with the hashes of both files.

    It is drawn in Chinese, as papers of the contract are. Not within a transaction: the PDF is made before anything is
    stored. Raises NotAllowed, Invalid, core.pdf.PdfFailed.
    """
    require_keeper(actor, contract, source=source)
    check_input({"note": optional(note, 200)})
    graph = graph_of(hall)
    with translation.override("zh-hans"):
        words = words_for(hall, at)
        svg = svg_of(layout(graph), words)
        pdf = pdf_render(sheet_html(hall, graph, words, paper="a3", note=note))
    codes = {node.id: node for node in graph.nodes}
    names = ("code", "name", "category", "place", "status")
    with transaction.atomic():
        version = TopologyVersion.objects.create(
            hall=hall,
            number=next_number(f"topology-of-hall-{hall.pk}"),
            at=at,
            author=actor,
            note=note.strip(),
            devices=[{name: getattr(node, name) for name in names} for node in graph.nodes],
            links=[_stored(edge, codes) for edge in graph.edges],
            svg=svg,
            svg_sha256=sha256(svg.encode()).hexdigest(),
            pdf=pdf,
            pdf_sha256=sha256(pdf).hexdigest(),
        )
        audit_write(
            contract=contract,
            subject=version,
            verb="topology_keep",
            actor=actor,
            at=at,
            source=source,
            after={
                "number": version.number,
                "links": len(graph.edges),
                "svg": version.svg_sha256,
                "pdf": version.pdf_sha256,
            },
            reason=note.strip(),
        )
    return version


def _stored(edge: Edge, codes: Mapping[int, Node]) -> dict[str, Any]:
    return {
        "a": codes[edge.a].code,
        "a_port": edge.a_port,
        "b": codes[edge.b].code,
        "b_port": edge.b_port,
        "kind": edge.kind,
        "label": edge.label,
        "vlans": edge.vlans,
    }


def file_name(hall: Hall, at: datetime, number: int | None = None) -> str:
    """What the file of a drawing is called, without extension: it carries its day."""
    tail = f"_V{number}" if number else ""
    return f"{_('Network topology')}_{hall.name}_{local_day(at):%Y%m%d}{tail}"
