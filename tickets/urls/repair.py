"""Routes of tickets: difficult faults, vendors, loans and parts."""

from django.urls.resolvers import URLPattern

urlpatterns: list[URLPattern] = []
