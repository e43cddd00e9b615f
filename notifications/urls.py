"""Routes of notifications."""

from django.urls import path

from notifications.views import channels, choices, sent
from notifications.views.inbox import inbox, read
from notifications.views.live import live

app_name = "notifications"
urlpatterns = [
    path("", inbox, name="list"),
    path("live/", live, name="live"),
    path("read/", read, name="read"),
    path("choices/", choices.choices, name="choices"),
    path("channels/", channels.channels, name="channels"),
    path("channels/add/", channels.channel_add, name="channel_add"),
    path("channels/<int:pk>/", channels.channel, name="channel"),
    path("channels/<int:pk>/switch/", channels.channel_turn, name="channel_turn"),
    path("channels/<int:pk>/test/", channels.channel_try, name="channel_try"),
    path("channels/internal/", channels.internal, name="internal"),
    path("channels/internal/<int:pk>/close/", channels.internal_shut, name="internal_shut"),
    path("channels/sent/", sent.sent, name="sent"),
    path("channels/sent/export/", sent.sent_export, name="sent_export"),
    path("channels/sent/<int:pk>/", sent.sent_message, name="sent_message"),
    path("channels/failed/", sent.failed, name="failed"),
]
