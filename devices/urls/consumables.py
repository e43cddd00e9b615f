"""Routes of consumables, orders and run data."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
