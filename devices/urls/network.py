"""Routes of addresses, registrations, extensions, links and the topology."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
