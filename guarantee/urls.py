"""The roof's route table. Every view declares who may use it; the access matrix test walks this table."""

from django.urls import include, path

from core.views import styleguide
from devices.views.scan import by_short_code
from parties.views import login
from reports.views.home import home
from tickets.views.scan import scan_report, scan_sent

urlpatterns = [
    path("", home, name="home"),
    path("login/", login.log_in, name="login"),
    path("logout/", login.log_out, name="logout"),
    path("language/", login.set_language, name="set_language"),
    path("account/", include("parties.urls")),
    path("", include("parties.people_urls")),
    path("notifications/", include("notifications.urls")),
    path("tickets/", include("tickets.urls")),
    path("devices/", include("devices.urls")),
    path("d/<str:short_code>/", by_short_code, name="device_short"),
    path("d/<str:short_code>/report/", scan_report, name="scan_report"),
    path("d/<str:short_code>/sent/", scan_sent, name="scan_sent"),
    path("api/v1/", include("devices.api_urls")),
    path("api/v1/", include("tickets.api_urls")),
    path("reports/", include("reports.urls")),
    path("roster/", include("roster.urls")),
    path("", include("contract.urls")),
    path("", include("records.urls")),
    path("", include("sla.urls")),
    path("styleguide/", styleguide, name="styleguide"),
]
handler403 = "core.views.forbidden"
handler404 = "core.views.not_found"
handler500 = "core.views.server_error"
