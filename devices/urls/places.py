"""Routes of places, floor plans and labels."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
