"""Routes of consumables, orders and run data."""

from django.urls import URLPattern, path

from devices.views import consumable_orders as orders
from devices.views import consumables, run_data

urlpatterns: list[URLPattern] = [
    path("consumables/", consumables.levels, name="consumables"),
    path("consumables/export/", consumables.levels_export, name="consumables_export"),
    path("consumables/kinds/", consumables.kinds, name="consumable_kinds"),
    path("consumables/kinds/export/", consumables.kinds_export, name="consumable_kinds_export"),
    path("consumables/kinds/add/", consumables.kind_add, name="consumable_kind_add"),
    path("consumables/kinds/<int:pk>/", consumables.kind, name="consumable_kind"),
    path("consumables/kinds/<int:pk>/edit/", consumables.kind_edit, name="consumable_kind_edit"),
    path("consumables/holiday/", consumables.holiday, name="consumable_holiday"),
    path("consumables/holiday/sheet/", consumables.holiday_sheet, name="consumable_holiday_sheet"),
    path("consumables/orders/", orders.orders, name="consumable_orders"),
    path("consumables/orders/export/", orders.orders_export, name="consumable_orders_export"),
    path("consumables/orders/add/", orders.order_add, name="consumable_order_add"),
    path("consumables/orders/<str:number>/", orders.order, name="consumable_order"),
    path("consumables/orders/<str:number>/sheet/", orders.order_sheet, name="consumable_order_sheet"),
    path("consumables/orders/<str:number>/<slug:verb>/", orders.order_act, name="consumable_order_act"),
    path("consumables/changes/<int:pk>/", consumables.change_photos, name="consumable_change_photos"),
    path("consumables/device/<str:code>/", consumables.tab, name="consumable_tab"),
    path("consumables/device/<str:code>/change/", consumables.change, name="consumable_change"),
    path("consumables/device/<str:code>/fits/<int:pk>/", consumables.fit, name="consumable_fit"),
    path("run-data/", run_data.months, name="run_data"),
    path("run-data/make/", run_data.months_make, name="run_make"),
    path("run-data/figures/", run_data.metrics, name="run_metrics"),
    path("run-data/figures/add/", run_data.metric_add, name="run_metric_add"),
    path("run-data/figures/<int:pk>/switch/", run_data.metric_switch, name="run_metric_switch"),
    path("run-data/<int:pk>/", run_data.month, name="run_month"),
    path("run-data/<int:pk>/sheet/", run_data.month_sheet, name="run_sheet"),
    path("run-data/<int:pk>/template/", run_data.month_template, name="run_template"),
    path("run-data/<int:pk>/import/", run_data.month_import, name="run_import"),
    path("run-data/<int:pk>/export/", run_data.month_export, name="run_export"),
    path("run-data/<int:pk>/devices/<int:device_id>/", run_data.device_chart, name="run_device"),
]
