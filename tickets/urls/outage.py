"""Routes of tickets: paper for outages, later entry, external numbers, hand-over of a shift."""

from django.urls.resolvers import URLPattern

urlpatterns: list[URLPattern] = []
