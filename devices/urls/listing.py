"""Routes of search, columns, export and import."""

from django.urls import URLPattern, path

from devices.views import listing

urlpatterns: list[URLPattern] = [
    path("", listing.device_list, name="list"),
    path("export/", listing.device_export, name="export"),
    path("columns/", listing.columns_choose, name="columns"),
    path("views/", listing.view_keep, name="view_keep"),
    path("views/forget/", listing.view_forget, name="view_forget"),
]
