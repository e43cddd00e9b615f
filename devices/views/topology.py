"""The drawing of the network: on the page, on paper, and the versions that are kept."""

from typing import Any
from urllib.parse import quote, urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from core import clock
from core.access import GET_POST, allow
from core.forms import attempt, form_status
from core.http import Request
from core.pdf import pdf_render
from devices.finds.network import topologies_visible_to
from devices.forms.network import DrawingFilter, KeepForm
from devices.models import Link, TopologyVersion
from devices.services.topology import PAPERS, Chosen, file_name, graph_of, sheet_html, topology_keep, words_for
from devices.tabs import READERS
from devices.topology import Graph, compare, layout, svg_of
from devices.views.network_page import page_context, row_of

SCALES = (50, 75, 100, 150, 200)
VERSIONS = 100
"""So many kept drawings the list shows."""


def _chosen(request: Request) -> tuple[DrawingFilter, Chosen]:
    form = DrawingFilter(request.GET, contract=request.contract)
    values = form.cleaned_data if form.is_valid() else {}
    return form, Chosen(values.get("place"), values.get("vlan"), values.get("kind", ""))


@allow(*READERS)
def drawing(request: Request) -> HttpResponse:
    """The network as it is now: coloured by state and open tickets, with the same as a table."""
    form, chosen = _chosen(request)
    at = clock.now()
    graph = graph_of(request.contract.hall, chosen)
    unfolded = [code[:30] for code in request.GET.getlist("open")[:60]]
    asked = request.GET.get("zoom", "")
    zoom = int(asked) if asked.isdecimal() and int(asked) in SCALES else 100
    words = words_for(request.contract.hall, at, chosen)
    kept = [(name, value) for name in ("place", "vlan", "kind", "zoom") if (value := request.GET.get(name))]
    fold = (
        "?" + urlencode([*kept, *(("open", code) for code in unfolded)]) + ("&" if kept or unfolded else "") + "open="
    )
    svg = svg_of(
        layout(graph, unfolded=unfolded),
        words,
        scale=zoom / 100,
        device_url=reverse("devices:network", args=["CODE"]).replace("CODE", "{code}"),
        fold_url=fold + "{code}",
    )
    context = page_context(
        request,
        "topology",
        form=form,
        svg=mark_safe(svg),  # noqa: S308 - drawn and escaped by devices.topology
        nothing=not graph.edges,
        narrowed=chosen.is_narrowed,
        unfolded=unfolded,
        folded_url="?" + urlencode(kept),
        zooms=[{"percent": one, "url": _zoomed(request, one), "active": one == zoom} for one in SCALES],
        papers=[{"name": paper.upper(), "url": _paper(request, paper)} for paper in PAPERS],
        rows=_table(graph),
        columns=_columns(),
        devices=len(graph.nodes),
    )
    return render(request, "devices/network/topology.html", context)


def _zoomed(request: Request, zoom: int) -> str:
    params = request.GET.copy()
    params["zoom"] = str(zoom)
    return f"?{params.urlencode()}"


def _paper(request: Request, paper: str) -> str:
    params = [(name, value) for name in ("place", "vlan", "kind") if (value := request.GET.get(name))]
    return f"{reverse('devices:topology_pdf')}?{urlencode([*params, ('paper', paper)])}"


def _columns() -> list[dict[str, Any]]:
    return [
        {"label": _("From")},
        {"label": _("To")},
        {"label": _("Kind")},
        {"label": _("Cable label")},
        {"label": _("VLANs")},
    ]


def _table(graph: Graph) -> list[dict[str, Any]]:
    nodes = {node.id: node for node in graph.nodes}
    kinds = dict(Link.Kind.choices)
    return [
        {"edge": edge, "a": nodes[edge.a], "b": nodes[edge.b], "kind": kinds.get(edge.kind, edge.kind)}
        for edge in graph.edges
    ]


@allow(*READERS)
def pdf(request: Request) -> HttpResponse:
    """The drawing as it is now on a landscape sheet, with its date, in the reader's language."""
    _form, chosen = _chosen(request)
    paper = request.GET.get("paper", "")
    hall, at = request.contract.hall, clock.now()
    graph = graph_of(hall, chosen)
    html = sheet_html(hall, graph, words_for(hall, at, chosen), paper=paper if paper in PAPERS else "a3")
    return _file(pdf_render(html), file_name(hall, at))


def _file(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f"inline; filename=\"topology.pdf\"; filename*=UTF-8''{quote(name)}.pdf"
    return response


@allow(*READERS, methods=GET_POST)
def versions(request: Request) -> HttpResponse:
    """The drawings that were kept; keeping one more, comparing two."""
    form = KeepForm(request.POST or None)
    if form.is_bound and form.is_valid():
        kept = attempt(
            form,
            topology_keep,
            hall=request.contract.hall,
            contract=request.contract,
            note=form.cleaned_data["note"],
            actor=request.user,
            at=clock.now(),
        )
        if kept is not None:
            messages.success(request, _("Kept as %(version)s.") % {"version": kept})
            return redirect("devices:topology_versions")
    rows = topologies_visible_to(request.user).filter(hall=request.contract.hall_id)
    context = page_context(
        request,
        "topology",
        form=form,
        versions=list(rows.select_related("author").defer("svg", "pdf").order_by("-number")[:VERSIONS]),
        columns=[
            {"label": _("Version")},
            {"label": _("Kept at")},
            {"label": _("By")},
            {"label": _("What has changed")},
            {"label": _("Connections"), "numeric": True},
            {"label": _("Files")},
        ],
    )
    return render(request, "devices/network/versions.html", context, status=form_status(form))


@allow(*READERS)
def version_pdf(request: Request, number: int) -> HttpResponse:
    """The sheet of a kept drawing, byte for byte as it was kept."""
    version = _version(request, number)
    return _file(bytes(version.pdf), file_name(request.contract.hall, version.at, version.number))


@allow(*READERS)
def version_svg(request: Request, number: int) -> HttpResponse:
    """A kept drawing, as a file of its own that runs nothing."""
    version = _version(request, number)
    response = HttpResponse(version.svg, content_type="image/svg+xml")
    response["Content-Security-Policy"] = "default-src 'none'; style-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _version(request: Request, number: int) -> TopologyVersion:
    return row_of(topologies_visible_to(request.user), hall=request.contract.hall_id, number=number)


@allow(*READERS)
def difference(request: Request) -> HttpResponse:
    """What became of the connections between two kept drawings."""
    rows = topologies_visible_to(request.user).filter(hall=request.contract.hall_id).defer("svg", "pdf")
    numbers = sorted({int(value) for value in request.GET.getlist("v") if value.isdecimal() and len(value) < 9})
    found = list(rows.filter(number__in=numbers[:2]).order_by("number"))
    if len(found) != 2:
        messages.info(request, _("Please tick two versions to compare."))
        return redirect("devices:topology_versions")
    earlier, later = found
    context = page_context(
        request,
        "topology",
        earlier=earlier,
        later=later,
        difference=compare((earlier.devices, earlier.links), (later.devices, later.links)),
        kinds=dict(Link.Kind.choices),
    )
    return render(request, "devices/network/difference.html", context)
