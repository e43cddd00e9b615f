"""Routes of stocktakes, fire-linkage tests, rights checks and hand-over lists."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
