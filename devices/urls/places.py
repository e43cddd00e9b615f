"""Routes of places, floor plans, labels and looks at devices."""

from django.urls import URLPattern, path

from devices.views import labels, places, plan, spot_checks

urlpatterns: list[URLPattern] = [
    path("places/", places.place_list, name="places"),
    path("places/new/", places.place_new, name="place_new"),
    path("places/<slug:code>/", places.place_detail, name="place"),
    path("places/<slug:code>/edit/", places.place_change, name="place_edit"),
    path("places/<slug:code>/shift/", places.place_step, name="place_shift"),
    path("places/<slug:code>/retire/", places.place_end, name="place_retire"),
    path("places/<slug:code>/restore/", places.place_again, name="place_restore"),
    path("places/<slug:code>/move-devices/", places.place_empty, name="place_move_devices"),
    path("places/<slug:code>/list/", places.place_sheet, name="place_list_pdf"),
    path("places/<slug:code>/plan/", plan.plan_page, name="plan"),
    path("places/<slug:code>/plan/image/", plan.plan_upload, name="plan_upload"),
    path("places/<slug:code>/plan/pin/", plan.plan_pin, name="plan_pin"),
    path("places/<slug:code>/plan/undo/", plan.plan_undo, name="plan_undo"),
    path("places/<slug:code>/plan/pdf/", plan.plan_pdf, name="plan_pdf"),
    path("labels/", labels.label_choose, name="labels"),
    path("labels/pdf/", labels.label_pdf, name="labels_pdf"),
    path("labels/new-code/<str:code>/", labels.short_code_new, name="short_code"),
    path("spot-checks/", spot_checks.spot_check_list, name="spot_checks"),
    path("spot-checks/<str:code>/", spot_checks.spot_check_form, name="spot_check"),
]
