"""The interface to the register: /api/v1/devices/. Session and CSRF token as the pages have them; errors are problem details."""

from typing import Any
from urllib.parse import urlencode

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core import clock
from core.api import HouseSession, refuse_errors, refuse_fields, refuse_parameters
from core.errors import NotAllowed, NotFound
from core.roles import BUSINESS_ROLES
from devices.columns import COLUMNS
from devices.filters import DeviceFilter, Order, options_of
from devices.models import Device, DeviceCategory, Place
from devices.models.device import PowerPolicy
from devices.querysets import devices_visible_to
from devices.services.common import KEEPERS, local_day
from devices.services.register import device_edit, device_status_set
from devices.states import DeviceStatus
from devices.tabs import READERS
from devices.views.listing import PARAMS, with_columns
from parties.models import Unit, Vendor, Window
from records.models import Source

PAGE_SIZE = 100
PUBLIC_FIELDS = (
    "code", "short_code", "name", "brand", "model", "installed_on", "warranty_until", "status", "power_policy", "is_key",
    "ownership", "version",
)  # fmt: skip
READERS_FIELDS = (
    "asset_no",
    "serial_no",
    "mac",
    "custodian",
    "criticality",
    "status_reason",
    "remark",
    "extra",
    "updated_at",
)
"""What only readers of the register get; for others these names are not even in the answer."""
REFERENCES = ("category", "place", "window", "unit", "vendor")


def device_json(device: Device, *, everything: bool) -> dict[str, Any]:
    """A device as the interface tells it; instants and days in ISO 8601, records as id and name."""
    found: dict[str, Any] = {name: getattr(device, name) for name in PUBLIC_FIELDS}
    for name in REFERENCES:
        thing = getattr(device, name)
        label = thing.code if name == "window" and thing is not None else str(thing)
        found[name] = None if thing is None else {"id": thing.pk, "name": label}
    if everything:
        found |= {name: getattr(device, name) for name in READERS_FIELDS}
        found["addresses"] = [row.address for row in device.addresses_in_use]  # type: ignore[attr-defined]
    return found


class DevicePatch(serializers.Serializer[Any]):
    """What may be changed through the interface. `version` is the one that was read; records are named by their id."""

    version = serializers.IntegerField(min_value=1)
    reason = serializers.CharField(max_length=200)
    code = serializers.CharField(max_length=30, required=False)
    name = serializers.CharField(max_length=80, required=False)
    asset_no = serializers.CharField(max_length=40, required=False, allow_blank=True)
    brand = serializers.CharField(max_length=40, required=False, allow_blank=True)
    model = serializers.CharField(max_length=40, required=False, allow_blank=True)
    serial_no = serializers.CharField(max_length=40, required=False, allow_blank=True)
    mac = serializers.CharField(max_length=20, required=False, allow_blank=True)
    custodian = serializers.CharField(max_length=40, required=False, allow_blank=True)
    remark = serializers.CharField(max_length=300, required=False, allow_blank=True)
    installed_on = serializers.DateField(required=False, allow_null=True)
    warranty_until = serializers.DateField(required=False, allow_null=True)
    power_policy = serializers.ChoiceField(choices=PowerPolicy.choices, required=False)
    criticality = serializers.ChoiceField(choices=Device.Criticality.choices, required=False)
    ownership = serializers.ChoiceField(choices=Device.Ownership.choices, required=False)
    is_key = serializers.BooleanField(required=False)
    status = serializers.ChoiceField(choices=DeviceStatus.choices, required=False)
    category = serializers.IntegerField(required=False)
    place = serializers.IntegerField(required=False)
    window = serializers.IntegerField(required=False, allow_null=True)
    unit = serializers.IntegerField(required=False, allow_null=True)
    vendor = serializers.IntegerField(required=False, allow_null=True)
    extra = serializers.DictField(required=False)


class DeviceList(APIView):
    """GET: the hall's devices, narrowed by the parameters of the list, 100 at a time; `next` leads on."""

    allow = READERS
    allowed_methods = ["GET", "HEAD", "OPTIONS"]
    # No schema is served, so none is guessed.
    schema = None
    authentication_classes = [HouseSession]

    def get(self, request: Request) -> Response:
        """One page. A parameter or value that is not offered is refused (400), never silently left out."""
        contract = request.contract  # type: ignore[attr-defined]
        query = request.query_params
        refuse_parameters(query, (*PARAMS, "after", "at"))
        rows = devices_visible_to(request.user).filter(hall=contract.hall_id)
        options = options_of(contract, request.user)  # type: ignore[arg-type]
        found = DeviceFilter(query, rows, options=options, today=local_day(clock.now()), everything=True)
        refuse_errors(found.form.errors)
        order = Order.parse(query.get("sort", ""))
        page = order.after(
            order.sorted(with_columns(found.qs, COLUMNS).defer("search_text", "search_full")),
            query.get("after", "")[:30],
            query.get("at", "")[:80],
        )
        devices = list(page[: PAGE_SIZE + 1])
        following = None
        if len(devices) > PAGE_SIZE:
            kept = [(name, value) for name in PARAMS for value in query.getlist(name)]
            key = order.key_of(devices[PAGE_SIZE - 1]).items()
            following = request.build_absolute_uri(f"{reverse('api:devices')}?{urlencode([*kept, *key])}")
        return Response(
            {"results": [device_json(row, everything=True) for row in devices[:PAGE_SIZE]], "next": following}
        )


class DeviceDetail(APIView):
    """GET: one device by its number. PATCH: correct it, with the version that was read and a reason."""

    allow = BUSINESS_ROLES
    allowed_methods = ["GET", "HEAD", "PATCH", "OPTIONS"]
    schema = None
    authentication_classes = [HouseSession]

    def get(self, request: Request, code: str) -> Response:
        """The device; window clerks get what its page shows them."""
        device = self._device(request, code)
        everything = request.role in READERS  # type: ignore[attr-defined]
        return Response(device_json(device, everything=everything))

    def patch(self, request: Request, code: str) -> Response:
        """Change some fields. 400 unknown field or malformed value, 409 changed meanwhile, 422 refused by the register's rules."""
        contract = request.contract  # type: ignore[attr-defined]
        if request.role not in KEEPERS:  # type: ignore[attr-defined]
            raise NotAllowed(_("Your role may not change the register."))
        device = self._device(request, code)
        form = DevicePatch(data=request.data)
        refuse_fields(request.data, form)
        form.is_valid(raise_exception=True)
        values = dict(form.validated_data)
        version, reason, status = values.pop("version"), values.pop("reason"), values.pop("status", "")
        values |= self._records(contract, values)
        acts = {
            "contract": contract, "actor": request.user, "at": clock.now(), "source": Source.API, "reason": reason,
        }  # fmt: skip
        with transaction.atomic():
            device = device_edit(device=device, version_seen=version, values=values, **acts)
            if status and status != device.status:
                device_status_set(device=device, status=status, **acts)
        return Response(device_json(self._device(request, device.code), everything=True))

    def _device(self, request: Request, code: str) -> Device:
        rows = devices_visible_to(request.user).filter(hall=request.contract.hall_id, code=code)  # type: ignore[attr-defined]
        device = with_columns(rows, COLUMNS).first()
        if device is None:
            raise NotFound(_("There is no such device in this hall."))
        return device

    def _records(self, contract: Any, values: dict[str, Any]) -> dict[str, Any]:
        """The records with these ids; those of another hall are as unknown as those that do not exist."""
        sources: dict[str, Any] = {
            "category": DeviceCategory.objects.filter(hall=contract.hall_id),
            "place": Place.objects.filter(hall=contract.hall_id, is_active=True),
            "vendor": Vendor.objects.filter(hall=contract.hall_id, is_active=True),
            "unit": Unit.objects.filter(organisation=contract.client_id, is_active=True),
            "window": Window.objects.filter(unit__organisation=contract.client_id, is_active=True).select_related(
                "unit"
            ),
        }
        found: dict[str, Any] = {}
        for name in set(sources) & set(values):
            pk = values[name]
            found[name] = None if pk is None else sources[name].filter(pk=pk).first()
            if pk is not None and found[name] is None:
                raise serializers.ValidationError({name: [_("Please choose one of the values offered.")]})
        return found
