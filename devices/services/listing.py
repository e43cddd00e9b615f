"""Keeps what devices are found by in step with them, and each person's columns and named views of the list."""

from collections.abc import Iterable, Sequence

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from core.errors import Invalid
from devices.finds.network import addresses_of
from devices.models import Device, ListColumns, SavedView
from devices.querysets import public_text_of, search_text_of
from devices.services.common import check_input, needed
from parties.models import Hall, User

CHUNK = 400
VIEWS_LIMIT = 30


def search_refresh(devices: Iterable[Device | int] | QuerySet[Device]) -> int:
    """Bring up to date what these devices are found by; returns how many differed. Call it in the transaction that changed them.

    Give devices, their ids or a queryset. The rows are read afresh with their category, place, window, unit, vendor and
    addresses, so that it does not matter which of them has changed.
    """
    if isinstance(devices, QuerySet):
        ids = list(devices.order_by("pk").values_list("pk", flat=True))
    else:
        ids = [device if isinstance(device, int) else device.pk for device in devices]
    changed = 0
    for start in range(0, len(ids), CHUNK):
        rows = list(
            Device.objects.filter(pk__in=ids[start : start + CHUNK]).select_related(
                "category", "place", "window", "unit", "vendor"
            )
        )
        addresses = addresses_of(rows)
        stale = []
        for row in rows:
            texts = (public_text_of(row), search_text_of(row, addresses.get(row.pk, ())))
            if texts != (row.search_text, row.search_full):
                row.search_text, row.search_full = texts
                stale.append(row)
        if stale:
            # Not a change of the device: its version and its record stay as they are.
            Device.objects.bulk_update(stale, ["search_text", "search_full"], batch_size=CHUNK)
        changed += len(stale)
    return changed


def columns_save(*, user: User, columns: Sequence[str]) -> None:
    """Remember which columns a person wants to see; none of them: the house's own choice again."""
    if columns:
        ListColumns.objects.update_or_create(user=user, defaults={"columns": list(columns)})
    else:
        ListColumns.objects.filter(user=user).delete()


@transaction.atomic
def view_save(*, user: User, hall: Hall, name: str, query: str) -> SavedView:
    """Keep a filter under a name of one's own; the same name again replaces it. Raises Invalid."""
    name = name.strip()
    check_input({"name": needed(name, 30)})
    views = SavedView.objects.filter(user=user, hall=hall)
    if views.count() >= VIEWS_LIMIT and not views.filter(name=name).exists():
        message = _("You have %(limit)s views already; please delete one first.") % {"limit": VIEWS_LIMIT}
        raise Invalid(message, fields={"name": message})
    view, _created = SavedView.objects.update_or_create(
        user=user, hall=hall, name=name, defaults={"query": query[:600]}
    )
    return view


def view_delete(*, user: User, hall: Hall, pk: int) -> bool:
    """Forget one of one's own views; False when there is none."""
    deleted, _rows = SavedView.objects.filter(user=user, hall=hall, pk=pk).delete()
    return bool(deleted)
