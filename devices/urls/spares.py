"""Routes of stock and loans."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
