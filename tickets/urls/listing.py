"""Routes of tickets: the register of tickets, saved views, bulk acts."""

from django.urls.resolvers import URLPattern

urlpatterns: list[URLPattern] = []
