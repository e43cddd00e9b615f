"""Routes of tickets: difficult faults, vendors, loans and parts."""

from django.urls import path
from django.urls.resolvers import URLPattern

from tickets.views import repair, vendor_scores

urlpatterns: list[URLPattern] = [
    path("vendors/", vendor_scores.vendors, name="vendors"),
    path("vendors/export/", vendor_scores.vendors_export, name="vendors_export"),
    path("vendors/<int:pk>/", vendor_scores.vendor_score, name="vendor_score"),
    path("vendors/<int:pk>/export/", vendor_scores.vendor_export, name="vendor_export"),
    path("<str:code>/escalate/", repair.escalate, name="escalate"),
    path("<str:code>/confirm-difficult/", repair.confirm_difficult, name="confirm_difficult"),
    path("<str:code>/not-difficult/", repair.not_difficult, name="not_difficult"),
    path("<str:code>/plan/", repair.plan, name="plan"),
    path("<str:code>/plan/return/", repair.plan_return, name="plan_return"),
    path("<str:code>/plan/<int:number>/pdf/", repair.plan_pdf, name="plan_pdf"),
    path("<str:code>/vendor/", repair.wait_vendor, name="wait_vendor"),
    path("<str:code>/vendor/<int:pk>/arrived/", repair.vendor_arrived, name="vendor_arrived"),
    path("<str:code>/vendor/<int:pk>/done/", repair.vendor_done, name="vendor_done"),
    path("<str:code>/vendor/<int:pk>/failed/", repair.vendor_failed, name="vendor_failed"),
    path("<str:code>/vendor/<int:pk>/call-off/", repair.vendor_call_off, name="vendor_call_off"),
    path("<str:code>/spare/", repair.spare_lend, name="spare_lend"),
    path("<str:code>/spare/link/", repair.loan_link, name="loan_link"),
    path("<str:code>/spare/none/", repair.no_spare, name="no_spare"),
    path("<str:code>/parts/", repair.part_use, name="part_use"),
    path("<str:code>/parts/<int:pk>/undo/", repair.part_undo, name="part_undo"),
]
