"""Routes of tickets: major incidents."""

from django.urls import path

from tickets.views import incidents

urlpatterns = [
    path("incidents/", incidents.incident_list, name="incidents"),
    path("incidents/export/", incidents.incident_export, name="incidents_export"),
    path("incidents/new/", incidents.declare, name="incident_declare"),
    path("incidents/<str:code>/", incidents.incident_page, name="incident"),
    path("incidents/<str:code>/report/", incidents.report_to_client, name="incident_report"),
    path("incidents/<str:code>/handle/", incidents.handle, name="incident_handle"),
    path("incidents/<str:code>/note/", incidents.note, name="incident_note"),
    path("incidents/<str:code>/instruct/", incidents.instruct, name="incident_instruct"),
    path("incidents/<str:code>/instructions/<int:pk>/", incidents.follow, name="incident_follow"),
    path("incidents/<str:code>/end/", incidents.end, name="incident_end"),
    path("incidents/<str:code>/review/", incidents.review, name="incident_review"),
    path("incidents/<str:code>/withdraw/", incidents.withdraw, name="incident_withdraw"),
    path("incidents/<str:code>/sheet/", incidents.incident_sheet, name="incident_sheet"),
]
