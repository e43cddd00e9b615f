"""Routes of doors and access cards."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
