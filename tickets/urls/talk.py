"""Routes of tickets: notes, tags, texts, links, merging and splitting."""

from django.urls.resolvers import URLPattern

urlpatterns: list[URLPattern] = []
