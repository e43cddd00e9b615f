"""Routes of notifications."""

from django.urls import path

from notifications.views.inbox import inbox, read
from notifications.views.live import live

app_name = "notifications"
urlpatterns = [
    path("", inbox, name="list"),
    path("live/", live, name="live"),
    path("read/", read, name="read"),
]
