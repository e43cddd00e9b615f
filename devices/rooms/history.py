"""What the house is told of changes, configuration and change orders."""


def register() -> None:
    """Called once, when the apps are ready."""
    from django.urls import reverse
    from django.utils.translation import gettext_lazy as _

    from core import sealed, subjects
    from devices import due, providers_history, timeline
    from devices.finds.history import orders_visible_to
    from devices.models import ChangeOrder, ConfigVersion
    from devices.tabs import Room, Tab, register_room, register_tab

    sealed.register(ConfigVersion, "sealed")
    subjects.register(
        subjects.Subject(
            key="change_order",
            model=ChangeOrder,
            label=str,
            url=lambda order: reverse("devices:order", args=[order.code]),
            visible_to=orders_visible_to,
            within=lambda rows, contract: rows.filter(contract__hall=contract.hall_id),
        )
    )
    register_tab(Tab("configuration", _("Configuration"), "devices:configuration", position=30))
    register_tab(Tab("history", _("History"), "devices:history", position=90))
    register_room(Room("orders", _("Change orders"), "devices:orders", "clipboard-list"))
    register_room(Room("changes", _("Change records"), "devices:changes", "history"))
    timeline.register("change", _("Changes of the record"), providers_history.changes)
    timeline.register("configuration", _("Configuration"), providers_history.configuration)
    timeline.register("order", _("Change orders"), providers_history.orders)
    due.register(due.Source("change_orders", _("Change orders whose window is over"), providers_history.orders_due))
