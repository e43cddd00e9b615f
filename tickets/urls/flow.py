"""Routes of tickets: appointments, waiting, verification, reassignment, reopening, archiving."""

from django.urls.resolvers import URLPattern

urlpatterns: list[URLPattern] = []
