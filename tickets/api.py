"""The interface to tickets: /api/v1/tickets/. Session and CSRF token as the pages have them; errors are problem details."""

from functools import cache
from typing import Any
from urllib.parse import urlencode

from django.db import connection
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from contract.models import ServiceCategory
from core import clock
from core.api import HouseSession, refuse_errors, refuse_fields, refuse_parameters
from core.joined import Joined
from core.keyset import page_of
from core.prepared import Question
from core.roles import BUSINESS_ROLES, CLIENT_ROLES, STAFF_ROLES
from core.templatetags.ui import mask_phone
from devices.models import Device, Place
from parties.models import Unit, Window
from records.models import Source
from tickets.filters import FILTERS, OFFERED, Sorting
from tickets.models import Ticket
from tickets.services.report import ticket_report
from tickets.states import Channel, FaultType, Impact, Urgency
from tickets.views.lists import PAGE_SIZE, filtered, parameters

FIELDS = (
    "code", "status", "channel", "title", "description", "reporter_name", "priority", "impact", "urgency", "fault_type",
    "triage", "received_at", "responded_at", "commitment_at", "arrived_at", "resolved_at", "signed_at", "updated_at", "version",
)  # fmt: skip
REFERENCES = ("unit", "window", "place", "device", "category", "assignee")


def ticket_json(ticket: Ticket, *, for_client: bool) -> dict[str, Any]:
    """A ticket as the interface tells it; instants in ISO 8601, records as id and name, telephone numbers masked."""
    found: dict[str, Any] = {name: getattr(ticket, name) for name in FIELDS}
    for name in REFERENCES:
        thing = getattr(ticket, name)
        found[name] = None if thing is None else {"id": thing.pk, "name": str(thing)}
    found["reporter_phone"] = mask_phone(ticket.reporter_phone) if ticket.reporter_phone else ""
    if not for_client:
        due = ticket.response_clock
        found["response_due_at"] = due.due_at if due else None
        found["response_breached_at"] = due.breached_at if due else None
    return found


class TicketPost(serializers.Serializer[Any]):
    """A request of the client. `device` is its number; the others name records by their id. Place and, for the client's people,
    unit follow from the device and the account when they are left out. `key` makes one ticket of the same body sent twice."""

    channel = serializers.ChoiceField(choices=Channel.choices)
    description = serializers.CharField(max_length=2000)
    title = serializers.CharField(max_length=80, required=False, allow_blank=True)
    reporter_name = serializers.CharField(max_length=40, required=False, allow_blank=True)
    reporter_phone = serializers.CharField(max_length=20, required=False, allow_blank=True)
    device = serializers.CharField(max_length=30, required=False)
    unit = serializers.IntegerField(required=False)
    window = serializers.IntegerField(required=False)
    place = serializers.IntegerField(required=False)
    category = serializers.IntegerField(required=False)
    fault_type = serializers.ChoiceField(choices=FaultType.choices, required=False)
    impact = serializers.ChoiceField(choices=Impact.choices, required=False)
    urgency = serializers.ChoiceField(choices=Urgency.choices, required=False)
    received_at = serializers.DateTimeField(required=False)
    set_back_reason = serializers.CharField(max_length=200, required=False, allow_blank=True)
    key = serializers.UUIDField(required=False)


class TicketList(APIView):
    """GET: the tickets that the reader may see, narrowed by the parameters of the list, 50 at a time. POST: log a request."""

    allow = BUSINESS_ROLES
    allow_methods = {"POST": (*CLIENT_ROLES, *STAFF_ROLES)}
    allowed_methods = ["GET", "HEAD", "POST", "OPTIONS"]
    # No schema is served, so none is guessed.
    schema = None
    authentication_classes = [HouseSession]

    def get(self, request: Request) -> Response:
        """One page. A parameter or value that is not offered is refused (400), never silently left out."""
        refuse_parameters(request.query_params, (*FILTERS, "sort", "after"))
        inner: Any = request._request
        everything = any(request.query_params.get(name) for name in OFFERED)
        found, _options = filtered(inner, clock.now(), everything=everything)
        refuse_errors(found.form.errors)
        sorting = Sorting.parse(request.query_params.get("sort", ""))
        rows: QuerySet[Ticket] = sorting.prepared(found.qs).select_related(*REFERENCES, "response_clock")
        after = request.query_params.get("after", "")[:80]
        page = page_of(rows, sorting.order, size=PAGE_SIZE, behind=after)
        following = None
        if page.behind:
            query = urlencode([*parameters(inner), ("after", page.behind)])
            following = request.build_absolute_uri(f"{reverse('tickets_api:tickets')}?{query}")
        for_client = inner.role in CLIENT_ROLES
        return Response({"results": [ticket_json(row, for_client=for_client) for row in page.rows], "next": following})

    def post(self, request: Request) -> Response:
        """Log a request and answer it with its number (201). 400 unknown or malformed field, 409 sent twice, 422 refused."""
        inner: Any = request._request
        form = TicketPost(data=request.data)
        refuse_fields(request.data, form)
        form.is_valid(raise_exception=True)
        values = dict(form.validated_data)
        ticket = ticket_report(
            contract=inner.contract,
            actor=inner.user,
            at=clock.now(),
            source=Source.API,
            form_token=values.pop("key", None),
            **{**values, **self._records(inner, values)},
        )
        for_client = inner.role in CLIENT_ROLES
        return Response(ticket_json(ticket, for_client=for_client), status=201)

    def _records(self, request: Any, values: dict[str, Any]) -> dict[str, Any]:
        """The records that the body names; those of another hall are as unknown as those that do not exist."""
        contract = request.contract
        found: dict[str, Any] = {"reporter_name": values.get("reporter_name") or request.user.name}
        if "device" in values:
            rows = _devices(connection.alias).ask({_HALL: contract.hall_id, _CODE: values["device"]})
            found["device"] = _known("device", next(iter(DEVICE.made(rows, connection.alias)), None))
        sources: dict[str, Any] = {
            "unit": Unit.objects.filter(organisation=contract.client_id, is_active=True),
            "window": Window.objects.filter(unit__organisation=contract.client_id, is_active=True).select_related(
                "unit"
            ),
            "place": Place.objects.filter(hall=contract.hall_id, is_active=True),
            "category": ServiceCategory.objects.filter(contract=contract, is_active=True),
        }
        for name in set(sources) & set(values):
            found[name] = _known(name, sources[name].filter(pk=values[name]).first())
        device = found.get("device")
        if "place" not in found:
            found["place"] = _known("place", device.place if device is not None else None)
        if "unit" not in found:
            own = request.membership.unit
            found["unit"] = _known("unit", own or (device.unit if device is not None else None))
        return found


DEVICE = Joined(
    Device,
    ("hall", "code", "short_code", "name"),
    {"place": ("name", "hall", "is_active"), "unit": ("name", "organisation", "is_active")},
)
"""What a report needs of the device, of its place and of the unit that it belongs to."""
_HALL, _CODE = -987_654_321, "no device has this number"
"""Stand in for hall and number in the statement that is kept."""


@cache
def _devices(_alias: str) -> Question:
    return Question(Device.objects.filter(hall=_HALL, code=_CODE).values_list(*DEVICE.names))


def _known(name: str, thing: Any) -> Any:
    if thing is None:
        raise serializers.ValidationError({name: [_("Please choose one of the values offered.")]})
    return thing
