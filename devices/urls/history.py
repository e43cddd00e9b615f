"""Routes of what changed, how it is configured, change orders."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
