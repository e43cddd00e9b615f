"""Routes of search, columns, export and import."""

from django.urls import URLPattern, path

from devices.views import change, imports, listing

urlpatterns: list[URLPattern] = [
    path("", listing.device_list, name="list"),
    path("export/", listing.device_export, name="export"),
    path("columns/", listing.columns_choose, name="columns"),
    path("views/", listing.view_keep, name="view_keep"),
    path("views/forget/", listing.view_forget, name="view_forget"),
    path("change/", change.change_several, name="change"),
    path("import/", imports.import_list, name="import"),
    path("import/template/", imports.template, name="import_template"),
    path("import/<int:pk>/", imports.import_detail, name="import_detail"),
    path("import/<int:pk>/words/", imports.import_words, name="import_words"),
    path("import/<int:pk>/errors/", imports.import_errors, name="import_errors"),
    path("import/<int:pk>/commit/", imports.import_finish, name="import_commit"),
    path("import/<int:pk>/discard/", imports.import_lay_aside, name="import_discard"),
    path("import/<int:pk>/undo/", imports.import_undo, name="import_undo"),
]
