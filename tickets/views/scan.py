"""The public door to a ticket: a report from a device's label, without an account (一.3 hotline and self-service side by side)."""

from typing import Any, cast

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock
from core.access import GET_POST, PUBLIC, allow
from core.errors import Invalid, NotFound
from core.forms import attempt, form_status
from core.http import Request
from core.request import client_ip
from core.roles import CLIENT_ROLES, STAFF_ROLES
from core.templatetags.ui import mask_phone
from devices.models import Device
from devices.views.scan import contract_now, own_device, public_device, unknown_label
from parties.models import Contract
from records.services.attachments import IncomingFile, PreparedImage, prepare_images
from records.services.guesses import WINDOW, guess_add, network_of
from records.services.links import TooMany
from tickets.models import Ticket
from tickets.scan_forms import ScanReportForm
from tickets.services.report import ticket_scan_report

COOKIE = "__Secure-scan-sent" if settings.HTTPS else "scan-sent"
COOKIE_PATH = "/d/"
COOKIE_SECONDS = 30 * 60
SALT = "tickets.scan_sent"
NETWORK_LIMIT = 30
"""Reports that one network may send within a quarter of an hour: a hall's windows may share one address."""
DEVICE_LIMIT = 6
"""Reports about one device within a quarter of an hour; it fails once, and a queue of people may tell so."""
PHOTOS = 3


@allow(PUBLIC, methods=GET_POST)
def scan_report(request: Request, short_code: str) -> HttpResponse:
    """Report a fault from a label: name, unit, phone, symptom, photos. Who has an account is led to the own form."""
    if request.user.is_authenticated:
        return _with_account(request, short_code)
    device = public_device(request, short_code)
    if device is None:
        return unknown_label(request, short_code)
    contract, in_force = contract_now(device)
    now = clock.now()
    form = ScanReportForm(
        request.POST if request.method == "POST" and in_force else None, contract=contract, device=device, now=now
    )
    try:
        if form.is_bound and (sent := _sent(request, form, contract, device)) is not None:
            return sent
    except TooMany as error:
        form.renew()
        answer = _page(request, form, contract, device, in_force=True, too_many=error.message, status=429)
        answer.headers["Retry-After"] = str(int(WINDOW.total_seconds()))
        return answer
    status = form_status(form) if in_force or request.method != "POST" else 410
    return _page(request, form, contract, device, in_force=in_force, status=status)


@allow(PUBLIC)
def scan_sent(request: Request, short_code: str) -> HttpResponse:
    """What happens next, for the browser that has just sent a report; nobody else reaches any ticket here."""
    if request.user.is_authenticated:
        return _with_account(request, short_code)
    device = public_device(request, short_code)
    if device is None:
        return unknown_label(request, short_code)
    ticket = _ticket_of_cookie(request, device)
    if ticket is None:
        return HttpResponseRedirect(reverse("device_short", args=[device.short_code]))
    context = {
        "ticket": ticket,
        "name": device.name,
        "place": device.place.name,
        "phone": mask_phone(ticket.reporter_phone),
        "due_at": ticket.response_clock.due_at if ticket.response_clock else None,
        "hotline": ticket.contract.hotline,
    }
    return render(request, "tickets/scan_sent.html", context)


def _with_account(request: Request, short_code: str) -> HttpResponse:
    """Who has an account reports under it, or has nothing to do here."""
    device = own_device(request, short_code)
    if device is None:
        raise NotFound(_("There is no such device in this hall."))
    if request.role in (*CLIENT_ROLES, *STAFF_ROLES):
        return HttpResponseRedirect(f"{reverse('tickets:report')}?device={device.code}")
    return HttpResponseRedirect(reverse("device_short", args=[device.short_code]))


def _sent(request: Request, form: ScanReportForm, contract: Contract, device: Device) -> HttpResponse | None:
    """The answer to a form that has made its ticket; None when it was refused. Raises TooMany."""
    now = form.now
    if guess_add(f"report:{network_of(client_ip(request))}", at=now) > NETWORK_LIMIT:
        raise TooMany(
            _("Many reports came from your network just now. Please call the hotline, or wait a quarter of an hour.")
        )
    if not form.is_valid() or form.read is None:
        return None
    earlier = Ticket.objects.filter(form_token=form.read.token, device=device).first()
    if earlier is not None:
        return _to_sent(device, earlier)
    if guess_add(f"report-device:{device.pk}", at=now) > DEVICE_LIMIT:
        raise TooMany(
            _("This device was reported several times just now. Please call the hotline if there is more to say.")
        )
    photos = _photos(request, form)
    if photos is None:
        return None
    data = form.cleaned_data
    ticket = (
        attempt(
            form,
            ticket_scan_report,
            contract=contract,
            device=device,
            at=now,
            description=data["description"],
            reporter_name=data["reporter_name"],
            reporter_phone=data["reporter_phone"],
            unit=data["unit"],
            unit_text=data["unit_text"],
            photos=photos,
            form_token=form.read.token,
        )
        or Ticket.objects.filter(form_token=form.read.token, device=device).first()
    )
    return _to_sent(device, ticket) if ticket is not None else None


def _photos(request: HttpRequest, form: ScanReportForm) -> list[PreparedImage] | None:
    given = cast(list[IncomingFile], request.FILES.getlist("photos"))
    try:
        if len(given) > PHOTOS:
            raise Invalid(_("At most %(count)d photos can be sent at once.") % {"count": PHOTOS})
        return prepare_images(given)
    except Invalid as error:
        form.photo_errors = [error.message]  # type: ignore[attr-defined]
        form.add_error(None, error.message)
        return None


def _to_sent(device: Device, ticket: Ticket) -> HttpResponseRedirect:
    answer = HttpResponseRedirect(reverse("scan_sent", args=[device.short_code]))
    answer.set_cookie(
        COOKIE,
        signing.dumps(ticket.pk, salt=SALT),
        max_age=COOKIE_SECONDS,
        path=COOKIE_PATH,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )
    return answer


def _ticket_of_cookie(request: HttpRequest, device: Device) -> Ticket | None:
    try:
        pk = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=COOKIE_SECONDS)
    except signing.BadSignature:
        return None
    return Ticket.objects.select_related("contract", "response_clock").filter(pk=pk, device=device).first()


def _page(
    request: HttpRequest,
    form: ScanReportForm,
    contract: Contract,
    device: Device,
    *,
    in_force: bool,
    status: int,
    too_many: str = "",
) -> HttpResponse:
    context: dict[str, Any] = {
        "form": form,
        "name": device.name,
        "place": device.place.name,
        "short_code": device.short_code,
        "hotline": contract.hotline,
        "client": contract.client.legal_name,
        "in_force": in_force,
        "too_many": too_many,
        "photos_max": PHOTOS,
    }
    return render(request, "tickets/scan_report.html", context, status=status)
