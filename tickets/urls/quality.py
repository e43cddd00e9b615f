"""Routes of tickets: service quality, follow-ups, reliability of devices and vendors."""

from django.urls.resolvers import URLPattern

urlpatterns: list[URLPattern] = []
