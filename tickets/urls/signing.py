"""Routes of tickets: what waits for a signature."""

from django.urls import URLPattern, path

from tickets.views import signing

urlpatterns: list[URLPattern] = [
    path("unsigned/", signing.unsigned, name="unsigned"),
    path("unsigned/export/", signing.unsigned_export, name="unsigned_export"),
    path("<str:code>/remind-to-sign/", signing.sign_remind, name="sign_remind"),
]
