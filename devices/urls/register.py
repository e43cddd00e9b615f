"""Routes of the register itself; `<code>/` stands last of all, so these come after those of the rooms."""

from django.urls import path

from devices.views import devices, scan

urlpatterns = [
    path("pick/", devices.device_pick, name="pick"),
    path("scan/", scan.scan, name="scan"),
    path("<str:code>/", devices.device_detail, name="detail"),
]
