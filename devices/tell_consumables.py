"""What consumables and run data say of themselves elsewhere: on a device's timeline, and in the list of what is due."""

from collections.abc import Iterable
from datetime import date

from django.db.models import Count, F, Max
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from devices.due import LIMIT, Due
from devices.finds.consumables import changes_visible_to, fits_of_hall, halls_read
from devices.models import ConsumableKind, ConsumableOrder, CounterReading, RunTask, RunValue
from devices.services.common import local_day
from devices.states import ConsumableOrderStatus
from devices.timeline import Asked, Happening
from parties.models import Contract


def changes(asked: Asked) -> Iterable[Happening]:
    """Replacements and levels read."""
    rows = changes_visible_to(asked.user).filter(fit__device=asked.device)
    if asked.until is not None:
        rows = rows.filter(at__lte=asked.until)
    url = reverse("devices:consumable_tab", args=[asked.device.code])
    for row in rows.select_related("fit__kind", "actor", "order").order_by("-at", "-pk")[: asked.limit]:
        kind = row.fit.kind
        if row.quantity:
            title = _("%(name)s replaced: %(count)s %(unit)s") % {
                "name": kind.name, "count": row.quantity, "unit": kind.unit,
            }  # fmt: skip
        else:
            title = _("%(name)s: level read") % {"name": kind.name}
        out = row.out_minutes
        parts = [
            row.order.number if row.order else "",
            _("out of paper for %(count)s min") % {"count": out} if out is not None else "",
            row.note,
        ]
        yield Happening(
            row.at, str(row.pk), title, " · ".join(part for part in parts if part), str(row.actor or ""), url, "printer"
        )


def readings(asked: Asked) -> Iterable[Happening]:
    """Readings of the counters."""
    rows = CounterReading.objects.filter(
        counter__device=asked.device, counter__device__hall_id__in=halls_read(asked.user)
    )
    if asked.until is not None:
        rows = rows.filter(at__lte=asked.until)
    url = reverse("devices:consumable_tab", args=[asked.device.code])
    for row in rows.select_related("counter", "actor").order_by("-at", "-pk")[: asked.limit]:
        title = f"{row.counter.get_metric_display()}: {row.value}"
        text = _("The meter was replaced: %(reason)s") % {"reason": row.reason} if row.is_new_meter else ""
        yield Happening(row.at, str(row.pk), title, text, str(row.actor or ""), url, "gauge")


def run_values(asked: Asked) -> Iterable[Happening]:
    """Figures of run data, as they stand."""
    rows = RunValue.objects.filter(device=asked.device, device__hall_id__in=halls_read(asked.user))
    if asked.until is not None:
        rows = rows.filter(at__lte=asked.until)
    for row in rows.select_related("task", "metric", "entered_by").order_by("-at", "-pk")[: asked.limit]:
        title = f"{row.task.month:%Y-%m} {row.metric.name}: {row.value.normalize():f} {row.metric.unit}"
        url = reverse("devices:run_device", args=[row.task_id, asked.device.pk])
        yield Happening(row.at, str(row.pk), title, "", str(row.entered_by or ""), url, "chart-line")


# ---- what is due


def low(contract: Contract, today: date) -> Iterable[Due]:
    """What runs low in the hall's devices."""
    rows = fits_of_hall(contract.hall_id).filter(low_on__lte=today)
    for row in rows.order_by(F("empty_on").asc(nulls_last=True), "pk")[:LIMIT]:
        on = row.empty_on or row.low_on
        if on is not None:
            yield Due(
                str(row.pk),
                f"{row.device.code} {row.kind.name}",
                " · ".join((row.device.name, row.device.place.name)),
                on,
                reverse("devices:consumable_tab", args=[row.device.code]),
            )


def stock(contract: Contract, today: date) -> Iterable[Due]:
    """Kinds of which less is in the store than should be."""
    rows = ConsumableKind.objects.filter(hall_id=contract.hall_id, is_active=True, stock__lt=F("min_stock"))
    # Below it since the last movement: a day that stands, so that nobody is told of the same want every morning.
    for row in rows.annotate(moved_at=Max("movements__at")).order_by(F("moved_at").asc(nulls_last=True), "name")[
        :LIMIT
    ]:
        text = _("%(count)s %(unit)s left, at least %(least)s") % {
            "count": row.stock, "unit": row.unit, "least": row.min_stock,
        }  # fmt: skip
        since = local_day(row.moved_at) if row.moved_at else contract.starts_on
        yield Due(str(row.pk), row.name, text, min(since, today), reverse("devices:consumable_kind", args=[row.pk]))


def orders(contract: Contract, _today: date) -> Iterable[Due]:
    """Vendors who were called and have not replaced anything yet."""
    rows = ConsumableOrder.objects.filter(
        contract__hall_id=contract.hall_id, status__in=(ConsumableOrderStatus.CALLED, ConsumableOrderStatus.ARRIVED)
    )
    for row in rows.select_related("vendor").order_by("promised_at", "pk")[:LIMIT]:
        yield Due(
            row.number,
            f"{row.number} {row.vendor.name}",
            str(row.get_status_display()),
            local_day(row.promised_at),
            reverse("devices:consumable_order", args=[row.number]),
        )


def run_tasks(contract: Contract, _today: date) -> Iterable[Due]:
    """Collections that are not complete."""
    rows = RunTask.objects.filter(category__hall_id=contract.hall_id, done_at=None).select_related("category")
    for row in rows.annotate(entered=Count("values")).order_by("due_on", "pk")[:LIMIT]:
        text = ngettext("%(n)s figure entered", "%(n)s figures entered", row.entered) % {"n": row.entered}
        title = f"{row.category.name} {row.month:%Y-%m}"
        yield Due(str(row.pk), title, text, row.due_on, reverse("devices:run_month", args=[row.pk]))
