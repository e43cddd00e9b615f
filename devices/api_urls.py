"""Routes of the interface."""

from django.urls import path

from devices.api import DeviceDetail, DeviceList

app_name = "api"
urlpatterns = [
    path("devices/", DeviceList.as_view(), name="devices"),
    path("devices/<str:code>/", DeviceDetail.as_view(), name="device"),
]
