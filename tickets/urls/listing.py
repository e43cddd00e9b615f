"""Routes of tickets: the list's views and acts on several tickets."""

from django.urls import path
from django.urls.resolvers import URLPattern

from tickets.views import bulk, kept

urlpatterns: list[URLPattern] = [
    path("views/", kept.views, name="views"),
    path("views/keep/", kept.keep, name="view_keep"),
    path("views/<int:pk>/", kept.change, name="view_change"),
    path("bulk/assign/", bulk.bulk_assign, name="bulk_assign"),
    path("bulk/tag/", bulk.bulk_tag, name="bulk_tag"),
    path("bulk/<int:pk>/", bulk.bulk_result, name="bulk"),
    path("bulk/<int:pk>/undo/", bulk.bulk_undo, name="bulk_undo"),
]
