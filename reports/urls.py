"""Routes of reports."""

from django.urls import path

from reports.views import home, weekly

app_name = "reports"
urlpatterns = [
    path("", weekly.weekly_list, name="weekly_list"),
    path("notes/", home.notes, name="notes"),
    path("now/", home.now_rows, name="now"),
    path("weekly/<str:iso_week>/", weekly.weekly, name="weekly"),
    path("weekly/<str:iso_week>/edit/", weekly.edit_summary, name="edit_summary"),
    path("weekly/<str:iso_week>/issue/", weekly.issue, name="issue"),
    path("weekly/<str:iso_week>/pdf/", weekly.pdf, name="pdf"),
]
