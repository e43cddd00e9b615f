"""Routes of tickets: major incidents."""

from django.urls.resolvers import URLPattern

urlpatterns: list[URLPattern] = []
