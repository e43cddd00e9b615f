"""Routes of what changed, how it is configured, change orders."""

from django.urls import path

from devices.views import configuration, history, orders

urlpatterns = [
    path("changes/", history.changes, name="changes"),
    path("changes/export/", history.changes_export, name="changes_export"),
    path("orders/", orders.order_list, name="orders"),
    path("orders/new/", orders.draft, name="order_draft"),
    path("orders/emergencies/", orders.emergencies, name="emergencies"),
    path("orders/export/", orders.export, name="orders_export"),
    path("orders/<str:code>/", orders.order, name="order"),
    path("orders/<str:code>/edit/", orders.edit, name="order_edit"),
    path("orders/<str:code>/submit/", orders.submit, name="order_submit"),
    path("orders/<str:code>/approve/", orders.approve, name="order_approve"),
    path("orders/<str:code>/refuse/", orders.refuse, name="order_refuse"),
    path("orders/<str:code>/start/", orders.start, name="order_start"),
    path("orders/<str:code>/finish/", orders.finish, name="order_finish"),
    path("orders/<str:code>/cancel/", orders.cancel, name="order_cancel"),
    path("orders/<str:code>/sheet/", orders.sheet, name="order_sheet"),
    path("<str:code>/history/", history.history, name="history"),
    path("<str:code>/as-of/", history.as_of, name="as_of"),
    path("<str:code>/record/", history.record, name="record"),
    path("<str:code>/configuration/", configuration.configuration, name="configuration"),
    path("<str:code>/configuration/add/", configuration.add, name="config_add"),
    path("<str:code>/configuration/import/", configuration.paste, name="config_import"),
    path("<str:code>/configuration/baseline/", configuration.baseline, name="baseline_mark"),
    path("<str:code>/configuration/compare/", configuration.compare, name="config_compare"),
    path("<str:code>/configuration/export/", configuration.export, name="config_export"),
    path("<str:code>/configuration/<int:pk>/", configuration.item, name="config_item"),
    path("<str:code>/configuration/<int:pk>/change/", configuration.change, name="config_change"),
    path("<str:code>/configuration/<int:pk>/withdraw/", configuration.withdraw, name="config_withdraw"),
    path("<str:code>/configuration/<int:pk>/reveal/", configuration.reveal, name="config_reveal"),
]
