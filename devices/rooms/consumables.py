"""What the house is told of consumables, orders and run data."""

from django.urls import reverse
from django.utils.translation import gettext_lazy


def register() -> None:
    """Called once, when the apps are ready."""
    from core import subjects
    from devices import due, tell_consumables, timeline
    from devices.finds.consumables import changes_visible_to, orders_visible_to
    from devices.models import ConsumableChange, ConsumableOrder
    from devices.tabs import Room, Tab, register_room, register_tab

    register_room(Room("consumables", gettext_lazy("Consumables"), "devices:consumables", "printer"))
    register_tab(Tab("consumables", gettext_lazy("Consumables"), "devices:consumable_tab", position=50))
    subjects.register(
        subjects.Subject(
            key="consumable_change",
            model=ConsumableChange,
            label=str,
            url=lambda row: reverse("devices:consumable_change_photos", args=[row.pk]),
            visible_to=changes_visible_to,
            within=lambda rows, contract: rows.filter(contract__hall=contract.hall_id),
        )
    )
    subjects.register(
        subjects.Subject(
            key="consumable_order",
            model=ConsumableOrder,
            label=lambda row: f"{row.number} · {row.vendor}",
            url=lambda row: reverse("devices:consumable_order", args=[row.number]),
            visible_to=orders_visible_to,
            within=lambda rows, contract: rows.filter(contract__hall=contract.hall_id),
        )
    )
    timeline.register("consumable", gettext_lazy("Consumables"), tell_consumables.changes)
    timeline.register("reading", gettext_lazy("Counters"), tell_consumables.readings)
    timeline.register("run_data", gettext_lazy("Run data"), tell_consumables.run_values)
    due.register(due.Source("consumables_low", gettext_lazy("Paper and ink run low"), tell_consumables.low))
    due.register(
        due.Source("consumables_stock", gettext_lazy("Consumables below the lowest stock"), tell_consumables.stock)
    )
    due.register(
        due.Source("consumables_orders", gettext_lazy("Vendors called for consumables"), tell_consumables.orders)
    )
    due.register(due.Source("run_data", gettext_lazy("Run data to enter"), tell_consumables.run_tasks))
