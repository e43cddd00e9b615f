"""Routes of the contract: its calendar and its parameters."""

from django.urls import path

from contract.views import calendar, draft, national, parameters

app_name = "contract"
urlpatterns = [
    path("calendar/", calendar.year_now, name="year_now"),
    path("calendar/<int:year>/", calendar.year, name="year"),
    path("calendar/<int:year>/csv/", calendar.year_csv, name="year_csv"),
    path("calendar/<int:year>/pdf/", calendar.year_pdf, name="year_pdf"),
    path("calendar/edit/", draft.edit, name="edit"),
    path("calendar/week/", draft.edit_week, name="edit_week"),
    path("calendar/undo/", draft.undo, name="undo"),
    path("calendar/discard/", draft.discard, name="discard"),
    path("calendar/publish/", draft.publish, name="publish"),
    path("calendar/revisions/", calendar.revisions, name="revisions"),
    path("calendar/national/", national.national, name="national"),
    path("calendar/national/take/", national.take, name="national_take"),
    path("calendar/national/template/", national.template, name="national_template"),
    path("calendar/national/export/", national.export, name="national_export"),
    path("contract/parameters/", parameters.parameters, name="parameters"),
    path("contract/parameters/<slug:key>/", parameters.parameter, name="parameter"),
]
