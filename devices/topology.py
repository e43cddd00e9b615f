"""The drawing of the network: a layered layout of devices and their connections, and the SVG of it. No database, no clock.

Layers are distances from the core: devices said to be core, else the network device with most connections of each part that hangs
together. Endpoints stand in a column under their switch; healthy ones of one kind are folded into one box, so that 150 devices stay
readable, and whatever is broken or has open tickets always stands alone.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr

FOLD = 3
"""From so many healthy endpoints of one kind under one switch on, they share one box."""
BOX_WIDTH, BOX_HEIGHT = 176, 48
LEAF_WIDTH, LEAF_HEIGHT, LEAF_GAP, INDENT = 158, 34, 8, 18
COLUMN_GAP, ROW_GAP = 26, 62
MARGIN, HEAD, LEGEND = 28, 64, 96
FONT = "&quot;Noto Sans CJK SC&quot;, &quot;Noto Sans SC&quot;, &quot;PingFang SC&quot;, &quot;Microsoft YaHei&quot;, sans-serif"
HEALTHY = "in_use"
CORE, ENDPOINT = 0, 3

COLOURS = {
    "in_use": ("#14673d", "#ffffff"),
    "faulty": ("#b3221a", "#fdedeb"),
    "under_repair": ("#8a5000", "#fff4de"),
    "spare": ("#4d5869", "#ffffff"),
    "stopped": ("#4d5869", "#eef1f5"),
    "retired": ("#4d5869", "#eef1f5"),
}
"""Line and ground of a box by its device's state; each state has a symbol of its own as well."""
STROKES = {
    "cable": ("#3c4a5e", "1.4", ""),
    "fibre": ("#0e57c2", "2.6", ""),
    "wireless": ("#3c4a5e", "1.4", "2 4"),
    "av": ("#6b3fa0", "1.6", "9 3 2 3"),
    "telephone": ("#3c4a5e", "1.2", "6 4"),
}
"""Colour, width and dashes of a line by the kind of its connection."""


@dataclass(frozen=True)
class Node:
    """A device as it is drawn. `layer` is where it was said to stand, None when its distance says it."""

    id: int
    code: str
    name: str
    category: str
    place: str
    status: str
    is_network: bool = False
    layer: int | None = None
    matters: int = 0

    @property
    def is_well(self) -> bool:
        """Whether nothing about it needs to be seen at once."""
        return self.status == HEALTHY and not self.matters


@dataclass(frozen=True)
class Edge:
    """A connection between two devices by their ids."""

    a: int
    a_port: str
    b: int
    b_port: str
    kind: str
    label: str = ""
    vlans: str = ""
    id: int = 0


@dataclass(frozen=True)
class Graph:
    """Devices and their connections, both in a settled order."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


@dataclass(frozen=True)
class Box:
    """A place in the drawing: one device, or several of one kind under one switch (`folded`)."""

    x: float
    y: float
    width: float
    height: float
    node: Node
    folded: tuple[Node, ...] = ()
    parent: Node | None = None

    @property
    def middle(self) -> float:
        """The horizontal middle."""
        return self.x + self.width / 2


@dataclass(frozen=True)
class Line:
    """A drawn connection as the points it runs through; `count` connections of one kind share it."""

    points: tuple[tuple[float, float], ...]
    kind: str
    title: str
    count: int = 1
    is_extra: bool = False


@dataclass
class Drawing:
    """Everything that is drawn, with the size of the sheet (without head and legend)."""

    boxes: list[Box] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    width: float = 0
    height: float = 0


@dataclass
class _Tree:
    """The layered tree that the layout hangs on."""

    order: list[int]
    parent: dict[int, int]
    children: dict[int, list[int]]
    leaves: dict[int, list[int]]
    depth: dict[int, int]
    roots: list[int]


def layout(graph: Graph, *, unfolded: Collection[str] = ()) -> Drawing:
    """Where everything stands. Endpoints of the devices in `unfolded` (codes) are drawn one by one.

    Equal graphs give equal drawings.
    """
    nodes = {node.id: node for node in graph.nodes}
    between: dict[tuple[int, int], list[Edge]] = defaultdict(list)
    for edge in graph.edges:
        between[min(edge.a, edge.b), max(edge.a, edge.b)].append(edge)
    tree = _tree(nodes, between)
    wide = _widths(tree)
    drawing = Drawing()
    where: dict[int, Box] = {}
    x = float(MARGIN)
    for root in tree.roots:
        _place(root, x, tree, nodes, wide, drawing, where, unfolded)
        x += wide[root] + COLUMN_GAP
    drawing.width = max(x - COLUMN_GAP + MARGIN, 640)
    drawing.height = max((box.y + box.height for box in drawing.boxes), default=0) + MARGIN
    _connect(between, tree, nodes, where, drawing)
    return drawing


def _tree(nodes: Mapping[int, Node], between: Mapping[tuple[int, int], list[Edge]]) -> _Tree:
    near: dict[int, set[int]] = {pk: set() for pk in nodes}
    for one, other in between:
        near[one].add(other)
        near[other].add(one)
    tree = _Tree([], {}, defaultdict(list), defaultdict(list), {}, [])
    cores = sorted((pk for pk in nodes if nodes[pk].layer == CORE), key=lambda pk: nodes[pk].code)
    _spread(cores, nodes, near, tree)
    rest = sorted(nodes, key=lambda pk: (not nodes[pk].is_network, -len(near[pk]), nodes[pk].code))
    for pk in rest:
        if pk not in tree.depth:
            _spread([pk], nodes, near, tree)
    for pk in tree.order:
        parent = tree.parent.get(pk)
        if parent is None:
            continue
        node = nodes[pk]
        is_leaf = not tree.children[pk] and len(near[pk]) == 1 and node.layer in (None, ENDPOINT)
        if is_leaf:
            tree.leaves[parent].append(pk)
    for parent, leaves in tree.leaves.items():
        gone = set(leaves)
        tree.children[parent] = [pk for pk in tree.children[parent] if pk not in gone]
    return tree


def _spread(roots: Sequence[int], nodes: Mapping[int, Node], near: Mapping[int, set[int]], tree: _Tree) -> None:
    """Breadth first from some roots: who is reached first from where hangs there."""
    queue: deque[int] = deque()
    for root in roots:
        tree.depth[root] = nodes[root].layer or 0
        tree.roots.append(root)
        queue.append(root)
    while queue:
        pk = queue.popleft()
        tree.order.append(pk)
        for other in sorted(near[pk], key=lambda one: (nodes[one].place, nodes[one].code)):
            if other not in tree.depth:
                tree.depth[other] = max(tree.depth[pk] + 1, nodes[other].layer or 0)
                tree.parent[other] = pk
                tree.children[pk].append(other)
                queue.append(other)


def _widths(tree: _Tree) -> dict[int, float]:
    wide: dict[int, float] = {}
    for pk in reversed(tree.order):
        below = [wide[child] for child in tree.children[pk]]
        if tree.leaves[pk] and below:
            below.append(LEAF_WIDTH + INDENT)
        wide[pk] = max(BOX_WIDTH, sum(below) + COLUMN_GAP * max(len(below) - 1, 0))
    return wide


def _row(depth: int) -> float:
    return MARGIN + depth * (BOX_HEIGHT + ROW_GAP)


def _place(
    root: int,
    left: float,
    tree: _Tree,
    nodes: Mapping[int, Node],
    wide: Mapping[int, float],
    drawing: Drawing,
    where: dict[int, Box],
    unfolded: Collection[str],
) -> None:
    todo = [(root, left)]
    while todo:
        pk, x = todo.pop()
        y = _row(tree.depth[pk])
        box = Box(x + (wide[pk] - BOX_WIDTH) / 2, y, BOX_WIDTH, BOX_HEIGHT, nodes[pk])
        where[pk] = box
        drawing.boxes.append(box)
        at = x
        if tree.leaves[pk]:
            if tree.children[pk]:
                _stack(pk, at, _row(tree.depth[pk] + 1), tree, nodes, drawing, where, unfolded)
                at += LEAF_WIDTH + INDENT + COLUMN_GAP
            else:
                _stack(pk, box.x, y + BOX_HEIGHT + 18, tree, nodes, drawing, where, unfolded)
        for child in tree.children[pk]:
            todo.append((child, at))
            at += wide[child] + COLUMN_GAP


def _stack(
    pk: int,
    x: float,
    y: float,
    tree: _Tree,
    nodes: Mapping[int, Node],
    drawing: Drawing,
    where: dict[int, Box],
    unfolded: Collection[str],
) -> None:
    """The endpoints of one device in a column: what needs to be seen first, then the folded kinds, then single ones."""
    leaves = [nodes[leaf] for leaf in tree.leaves[pk]]
    kinds = Counter(node.category for node in leaves if node.is_well and not node.is_network)
    fold = {} if nodes[pk].code in unfolded else {kind: count for kind, count in kinds.items() if count >= FOLD}
    troubled = sorted(
        (node for node in leaves if not node.is_well), key=lambda node: (node.status == "spare", node.code)
    )
    single = [node for node in leaves if node.is_well and (node.is_network or node.category not in fold)]
    groups = [
        tuple(node for node in leaves if node.is_well and not node.is_network and node.category == kind)
        for kind in sorted(fold, key=lambda kind: (-fold[kind], kind))
    ]
    for members in [*((node,) for node in troubled), *groups, *((node,) for node in single)]:
        box = Box(
            x + INDENT,
            y,
            LEAF_WIDTH,
            LEAF_HEIGHT,
            members[0],
            members if len(members) > 1 else (),
            nodes[pk],
        )
        drawing.boxes.append(box)
        for node in members:
            where[node.id] = box
        y += LEAF_HEIGHT + LEAF_GAP


def _connect(
    between: Mapping[tuple[int, int], list[Edge]],
    tree: _Tree,
    nodes: Mapping[int, Node],
    where: Mapping[int, Box],
    drawing: Drawing,
) -> None:
    leaves = {leaf: parent for parent, members in tree.leaves.items() for leaf in members}
    folded: dict[tuple[int, int], list[Edge]] = defaultdict(list)
    for (one, other), edges in between.items():
        lower, upper = (one, other) if one in leaves else (other, one)
        if lower in leaves and leaves[lower] == upper:
            folded[upper, id(where[lower])].extend(edges)
            continue
        is_tree = tree.parent.get(one) == other or tree.parent.get(other) == one
        a, b = sorted((where[one], where[other]), key=lambda box: (box.y, box.x))
        for kind, count in sorted(Counter(edge.kind for edge in edges).items()):
            same = [edge for edge in edges if edge.kind == kind]
            way = _elbow(a, b) if is_tree else _aside(a, b)
            drawing.lines.append(Line(way, kind, _titles(same, nodes), count, not is_tree))
    boxes = {id(box): box for box in drawing.boxes}
    for (upper, key), edges in folded.items():
        parent, box = where[upper], boxes[key]
        column = box.x - INDENT + 6
        middle = box.y + box.height / 2
        start = (column, parent.y + parent.height) if parent.x <= column <= parent.x + parent.width else None
        if start is None:
            turn = parent.y + parent.height + ROW_GAP / 2
            points: tuple[tuple[float, float], ...] = (
                (parent.middle, parent.y + parent.height), (parent.middle, turn), (column, turn), (column, middle), (box.x, middle),
            )  # fmt: skip
        else:
            points = (start, (column, middle), (box.x, middle))
        kinds = Counter(edge.kind for edge in edges)
        kind = min(kinds, key=lambda one: (-kinds[one], one))
        drawing.lines.append(Line(points, kind, _titles(edges, nodes)))


def _elbow(a: Box, b: Box) -> tuple[tuple[float, float], ...]:
    turn = a.y + a.height + ROW_GAP / 2
    return ((a.middle, a.y + a.height), (a.middle, turn), (b.middle, turn), (b.middle, b.y))


def _aside(a: Box, b: Box) -> tuple[tuple[float, float], ...]:
    """A second way between two devices: beneath a row, or from the side of the upper one."""
    if a.y == b.y:
        beneath = a.y + a.height + 12
        return (
            (a.middle + 12, a.y + a.height),
            (a.middle + 12, beneath),
            (b.middle - 12, beneath),
            (b.middle - 12, b.y + b.height),
        )
    turn = b.y - 14
    side = 24 if b.middle >= a.middle else -24
    return ((a.middle + side, a.y + a.height), (a.middle + side, turn), (b.middle - side, turn), (b.middle - side, b.y))


def _titles(edges: Iterable[Edge], nodes: Mapping[int, Node]) -> str:
    rows = [f"{nodes[edge.a].code} {edge.a_port} — {nodes[edge.b].code} {edge.b_port}" for edge in edges]
    return "\n".join(rows[:40])


# --- SVG --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Words:
    """The words of a drawing in the reader's language. `states` and `kinds` follow the stored values."""

    title: str
    sub: str
    states: Mapping[str, str]
    kinds: Mapping[str, str]
    open_tickets: str
    second_way: str
    folded: str
    """How a folded box is called; %(count)s and %(kind)s."""


def svg_of(
    drawing: Drawing,
    words: Words,
    *,
    scale: float = 1,
    device_url: str = "",
    fold_url: str = "",
    size: tuple[str, str] | None = None,
) -> str:
    """The drawing as an SVG document. `device_url` and `fold_url` hold {code}; without them nothing is linked.

    `size` gives width and height with a unit (for paper), else pixels times `scale`. Text is escaped; there is no script.
    """
    width, height = drawing.width, HEAD + drawing.height + LEGEND
    wide, high = size or (f"{width * scale:.0f}", f"{height * scale:.0f}")
    box = f'viewBox="0 0 {width:.0f} {height:.0f}"'
    name = f'role="img" aria-label={quoteattr(words.title)} font-family="{FONT}" font-size="12"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{high}" {box} {name}>',
        f"<title>{escape(words.title)}</title>",
        f'<rect width="{width:.0f}" height="{height:.0f}" fill="#ffffff"/>',
        _text(MARGIN, 32, words.title, size=18, weight=700),
        _text(MARGIN, 52, words.sub, fill="#465266"),
        f'<g transform="translate(0 {HEAD})">',
        *(_line(line) for line in sorted(drawing.lines, key=lambda line: line.is_extra)),
        *(_box(box, words, device_url, fold_url) for box in drawing.boxes),
        "</g>",
        f'<g transform="translate({MARGIN} {HEAD + drawing.height:.0f})">{_legend(words, width - 2 * MARGIN)}</g>',
        "</svg>",
    ]
    return "".join(parts)


def _text(x: float, y: float, text: str, *, size: int = 12, weight: int = 400, fill: str = "#18212f") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" fill="{fill}">{escape(text)}</text>'
    )


def _line(line: Line) -> str:
    colour, width, dashes = STROKES.get(line.kind, STROKES["cable"])
    path = "M" + " L".join(f"{x:.1f} {y:.1f}" for x, y in line.points)
    dash = f' stroke-dasharray="{dashes}"' if dashes else ""
    second = ' stroke-opacity="0.55"' if line.is_extra else ""
    label = ""
    if line.count > 1:
        x, y = line.points[-1]
        label = _text(x + 5, y - 5, f"×{line.count}", size=11, fill=colour)
    return (
        f'<g><title>{escape(line.title)}</title><path d="{path}" fill="none" stroke="{colour}" stroke-width="{width}"{dash}{second}'
        f' stroke-linejoin="round"/>{label}</g>'
    )


def _box(box: Box, words: Words, device_url: str, fold_url: str) -> str:
    node = box.node
    colour, ground = COLOURS.get(node.status, COLOURS["stopped"])
    x, y = box.x, box.y
    room = box.width - 34
    if box.folded:
        first = words.folded % {"count": len(box.folded), "kind": node.category}
        title = "\n".join([first, *(f"{one.code} {one.name}" for one in box.folded[:40])])
        inner = _text(x + 28, y + 21, _fit(first, room, 12), weight=600)
        # A second edge behind the box says that there are several.
        size = f'width="{box.width}" height="{box.height}" rx="6"'
        back = f'<rect x="{x + 4:.1f}" y="{y + 4:.1f}" {size} fill="#ffffff" stroke="{colour}"/>'
        href = fold_url.replace("{code}", box.parent.code if box.parent else "")
    else:
        state = words.states.get(node.status, node.status)
        lines = [f"{node.code} {node.name}", f"{node.category} · {node.place} · {state}"]
        if node.matters:
            lines.append(f"{words.open_tickets}: {node.matters}")
        title, back = "\n".join(lines), ""
        small = box.height < BOX_HEIGHT
        inner = _text(
            x + 28, y + (15 if small else 20), _fit(node.code, room, 12), weight=700, size=11 if small else 12
        )
        inner += _text(
            x + 28, y + (28 if small else 37), _fit(node.name, room, 11), size=10 if small else 11, fill="#465266"
        )
        href = device_url.replace("{code}", node.code)
    badge = _badge(x + box.width, y, node.matters) if node.matters else ""
    drawn = (
        f"<title>{escape(title)}</title>{back}"
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{box.width}" height="{box.height}" rx="6" fill="{ground}" stroke="{colour}"'
        f' stroke-width="{2 if node.is_network else 1.2}"/>{symbol(node.status, x + 14, y + box.height / 2)}{inner}{badge}'
    )
    return f"<a href={quoteattr(href)}>{drawn}</a>" if href else f"<g>{drawn}</g>"


def symbol(status: str, x: float, y: float) -> str:
    """The sign of a state, 14 units wide around a point: its shape says it without its colour."""
    colour = COLOURS.get(status, COLOURS["stopped"])[0]
    at = f'<g transform="translate({x:.1f} {y:.1f})">'
    white = 'fill="none" stroke="#fff" stroke-width="1.8"'
    open_ = f'fill="#fff" stroke="{colour}" stroke-width="2"'
    shapes = {
        "in_use": f'<circle r="7" fill="{colour}"/><path d="M-3.2 0.2 L-0.9 2.6 L3.4 -2.4" {white}/>',
        "faulty": f'<path d="M-3 -7 H3 L7 -3 V3 L3 7 H-3 L-7 3 V-3 Z" fill="{colour}"/><path d="M0 -4 V1" {white}/>'
        '<circle cy="4" r="1.2" fill="#fff"/>',
        "under_repair": f'<path d="M0 -7.5 L7.5 6 H-7.5 Z" fill="{colour}"/><path d="M0 -3 V2" {white}/>'
        '<circle cy="4.2" r="1" fill="#fff"/>',
        "spare": f'<rect x="-6" y="-6" width="12" height="12" {open_}/>',
        "stopped": f'<circle r="6.2" {open_}/><path d="M-3.5 0 H3.5" stroke="{colour}" stroke-width="2"/>',
        "retired": f'<path d="M-5 -5 L5 5 M5 -5 L-5 5" stroke="{colour}" stroke-width="2.4"/>',
    }
    return f"{at}{shapes.get(status, shapes['stopped'])}</g>"


def _badge(right: float, top: float, count: int) -> str:
    wide = 31 if count < 10 else 38
    x, y = right - wide + 8, top - 9
    return (
        f'<g transform="translate({x:.1f} {y:.1f})"><rect width="{wide}" height="18" rx="9" fill="#b3221a"/>'
        '<path d="M8 13.5 V4.5 H14 L12.4 7 L14 9.5 H8" fill="#fff" stroke="#fff" stroke-width="1.2" stroke-linejoin="round"/>'
        f'<text x="{wide - 6}" y="13" font-size="11" font-weight="700" fill="#fff" text-anchor="end">{count}</text></g>'
    )


def _legend(words: Words, room: float) -> str:
    parts, x, y = [], 0.0, 10.0

    def step(drawn: str, label: str, sign: float) -> None:
        nonlocal x, y
        wide = sign + 8 + measure(label, 11) + 24
        if x and x + wide > room:
            x, y = 0.0, y + 26
        parts.append(
            f'<g transform="translate({x:.1f} {y:.1f})">{drawn}{_text(sign + 8, 4, label, size=11, fill="#465266")}</g>'
        )
        x += wide

    for status, label in words.states.items():
        step(symbol(status, 8, 0), label, 16)
    step(_badge(23, 0, 2), words.open_tickets, 33)
    x, y = 0.0, y + 26
    for kind, label in words.kinds.items():
        colour, width, dashes = STROKES[kind]
        dash = f' stroke-dasharray="{dashes}"' if dashes else ""
        step(f'<path d="M0 0 H34" stroke="{colour}" stroke-width="{width}"{dash}/>', label, 34)
    step(
        f'<path d="M0 0 H34" stroke="{STROKES["cable"][0]}" stroke-width="1.4" stroke-opacity="0.55"/>',
        words.second_way,
        34,
    )
    return "".join(parts)


def measure(text: str, size: float) -> float:
    """About how wide a text is: a Chinese sign is a square, others a bit over half of one."""
    return sum(size if ord(sign) > 0x2E80 else size * 0.58 for sign in text)


def _fit(text: str, room: float, size: float) -> str:
    if measure(text, size) <= room:
        return text
    while text and measure(text, size) > room - size:
        text = text[:-1]
    return f"{text}…"


# --- versions ---------------------------------------------------------------------------------------------------------

Row = Mapping[str, str]


@dataclass(frozen=True)
class Difference:
    """What became of the connections between two kept drawings."""

    added: list[Row]
    removed: list[Row]
    changed: list[tuple[Row, Row]]
    devices_added: list[Row]
    devices_removed: list[Row]


def compare(earlier: tuple[Sequence[Row], Sequence[Row]], later: tuple[Sequence[Row], Sequence[Row]]) -> Difference:
    """The difference between two kept drawings, each given as (devices, links) as they are stored."""
    old, new = ({_ends(row): row for row in links} for _, links in (earlier, later))
    were, are = ({row["code"]: row for row in devices} for devices, _ in (earlier, later))
    same = [ends for ends in new if ends in old]
    return Difference(
        added=[row for ends, row in new.items() if ends not in old],
        removed=[row for ends, row in old.items() if ends not in new],
        changed=[(old[ends], new[ends]) for ends in same if _said(old[ends]) != _said(new[ends])],
        devices_added=[row for code, row in are.items() if code not in were],
        devices_removed=[row for code, row in were.items() if code not in are],
    )


def _ends(row: Row) -> frozenset[tuple[str, str]]:
    return frozenset({(row["a"], row["a_port"]), (row["b"], row["b_port"])})


def _said(row: Row) -> tuple[str, ...]:
    return tuple(row.get(name, "") for name in ("kind", "label", "vlans"))
