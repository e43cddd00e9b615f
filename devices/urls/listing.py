"""Routes of search, columns, export and import."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
