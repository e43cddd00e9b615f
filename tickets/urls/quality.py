"""Routes of tickets: service quality, follow-ups of bad ratings, the reliability of devices, the client's own requests."""

from django.urls import URLPattern, path

from tickets.views import follow_ups, quality, requests

urlpatterns: list[URLPattern] = [
    path("quality/", quality.overview, name="quality"),
    path("quality/export/", quality.export, name="quality_export"),
    path("quality/print/", quality.sheet, name="quality_sheet"),
    path("reliability/<str:code>/", quality.device, name="device_quality"),
    path("follow-ups/", follow_ups.follow_up_list, name="follow_ups"),
    path("follow-ups/export/", follow_ups.follow_up_export, name="follow_up_export"),
    path("follow-ups/<str:code>/", follow_ups.follow_up, name="follow_up"),
    path("follow-ups/<str:code>/assign/", follow_ups.assign, name="follow_up_assign"),
    path("follow-ups/<str:code>/call/", follow_ups.call, name="follow_up_call"),
    path("follow-ups/<str:code>/measures/", follow_ups.measures, name="follow_up_measures"),
    path("follow-ups/<str:code>/ask-again/", follow_ups.ask_again, name="follow_up_ask_again"),
    path("follow-ups/<str:code>/close/", follow_ups.close, name="follow_up_close"),
    path("requests/", requests.my_requests, name="requests"),
    path("<str:code>/rate-again/", requests.rate_again, name="rate_again"),
]
