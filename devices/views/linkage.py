"""Fire-linkage tests: opened with their zones and doors, entered on the spot, finished."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock
from core.access import GET_POST, POST, allow
from core.errors import DomainError, Invalid
from core.forms import attempt, form_status
from core.http import Request
from devices.finds.checks import linkage_tests_visible_to
from devices.forms.checks import LinkageForm, ResultsForm
from devices.models import Device, Door, LinkageTest
from devices.services.common import KEEPERS, local_day
from devices.services.linkage import linkage_cancel, linkage_finish, linkage_open, linkage_reopen, linkage_save
from devices.states import LINKAGE_FLOW
from devices.tabs import READERS
from devices.views.check_common import check_context, check_of, reason_view, said
from records.models import Attachment
from records.services.attachments import prepare_images

BROADCAST = "PA"
"""The category of public broadcast (records 3.1)."""
CIRCUIT_WORDS = ("回路", "喇叭", "音响", "circuit", "speaker")


def _circuits(request: Request) -> list[Device]:
    """The loudspeaker circuits of the hall, as the register has them."""
    rows = Device.objects.filter(hall=request.contract.hall_id, category__code=BROADCAST).order_by("code")
    return [device for device in rows[:200] if any(word in device.name.lower() for word in CIRCUIT_WORDS)]


def _test(request: Request, pk: int) -> LinkageTest:
    found: LinkageTest = check_of(request, linkage_tests_visible_to(request.user), pk)
    return found


@allow(*KEEPERS, methods=GET_POST)
def start(request: Request) -> HttpResponse:
    """Open the record of a test; zones and people are proposed from the last one."""
    hall = request.contract.hall_id
    circuits = {device.name: device for device in _circuits(request)}
    last = linkage_tests_visible_to(request.user).filter(contract__hall=hall).first()
    zones = [zone.name for zone in last.zones.all()] if last else list(circuits)
    initial: dict[str, Any] = {
        "tested_on": local_day(clock.now()),
        "ours": request.user.name,
        "zones": "\n".join(zones),
        "fire_vendor": last.fire_vendor if last else "",
        "doors": Door.objects.filter(hall=hall, is_active=True, mode=Door.Mode.FAIL_SAFE),
    }
    form = LinkageForm(request.POST or None, contract=request.contract, initial=initial)
    if form.is_bound and form.is_valid():
        given = dict(form.cleaned_data)
        names = [name.strip() for name in given.pop("zones").splitlines() if name.strip()]
        test = attempt(
            form,
            linkage_open,
            contract=request.contract,
            zones=[(name, circuits.get(name)) for name in names],
            actor=request.user,
            at=clock.now(),
            **given,
        )
        if test is not None:
            return said(request, _("Opened. Enter what is seen, zone by zone."), "devices:linkage", test.pk)
    context = {
        "form": form,
        "title": _("New fire-linkage test"),
        "back_url": reverse("devices:checks"),
        "button": _("Open the record"),
        "intro": _("Together with the fire maintenance, once a quarter (附二.8-4)."),
    }
    return render(request, "devices/access/form.html", context, status=form_status(form))


@allow(*READERS, methods=GET_POST)
def detail(request: Request, pk: int) -> HttpResponse:
    """One test: entered here while it is open, read afterwards."""
    test = _test(request, pk)
    form = ResultsForm(request.POST or None, test=test, initial=ResultsForm.initial_of(test))
    if form.is_bound and form.is_valid():
        try:
            photos = prepare_images(request.FILES.getlist("photos"))
        except Invalid as error:
            form.add_error(None, error.message)
        else:
            done = attempt(
                form,
                linkage_save,
                test=test,
                version_seen=form.cleaned_data["version"],
                result=form.cleaned_data["result"],
                note=form.cleaned_data["note"],
                photos=photos,
                actor=request.user,
                at=clock.now(),
                **form.values(),
            )
            if done is not None:
                if request.POST.get("then") == "finish":
                    return _finish(request, pk)
                return said(request, _("Saved."), "devices:linkage", pk)
    return _page(request, _test(request, pk), form)


def _page(request: Request, test: LinkageTest, form: ResultsForm, **more: Any) -> HttpResponse:
    photos = list(Attachment.objects.filter(subject_type="linkage_test", subject_id=test.pk)[:60])
    context = {
        **check_context(request, test),
        "form": form,
        "photos": photos,
        "zones": list(test.zones.select_related("device")),
        "doors": list(test.doors.all()),
        "may_reopen": request.role in KEEPERS and LINKAGE_FLOW.allows("reopen", test.status),
        **more,
    }
    status = more.pop("status", form_status(form))
    return render(request, "devices/checks/linkage.html", context, status=status)


def _finish(request: Request, pk: int) -> HttpResponse:
    test = _test(request, pk)
    try:
        linkage_finish(test=test, actor=request.user, at=clock.now())
    except DomainError as error:
        if error.status in (403, 404):
            raise
        test = _test(request, pk)
        form = ResultsForm(test=test, initial=ResultsForm.initial_of(test))
        return _page(request, test, form, problem=error.message, status=error.status)
    return said(request, _("Finished. Please sign the result now."), "devices:linkage", pk)


@allow(*KEEPERS, methods=POST)
def finish(request: Request, pk: int) -> HttpResponse:
    """Finish the record."""
    return _finish(request, pk)


@allow(*KEEPERS, methods=GET_POST)
def reopen(request: Request, pk: int) -> HttpResponse:
    """Open a finished record again."""
    test = _test(request, pk)
    return reason_view(
        request,
        test,
        linkage_reopen,
        title=_("Reopen"),
        done=_("Open again. What was signed stays under the version before."),
        back="devices:linkage",
        test=test,
    )


@allow(*KEEPERS, methods=GET_POST)
def cancel(request: Request, pk: int) -> HttpResponse:
    """Give the record up."""
    test = _test(request, pk)
    return reason_view(
        request, test, linkage_cancel, title=_("Give up"), done=_("Given up."), back="devices:linkage", test=test
    )
