"""Routes of the register itself; `<code>/` stands last of all, so these come after those of the rooms."""

from django.urls import path

from devices.views import categories, devices, register, register_parts, scan, software

urlpatterns = [
    path("pick/", devices.device_pick, name="pick"),
    path("scan/", scan.scan, name="scan"),
    path("new/", register.device_new, name="new"),
    path("categories/", categories.category_list, name="categories"),
    path("categories/new/", categories.category_new, name="category_new"),
    path("categories/<int:pk>/", categories.category, name="category"),
    path("categories/<int:pk>/edit/", categories.edit, name="category_edit"),
    path("categories/<int:pk>/fields/new/", categories.field_new, name="field_new"),
    path("categories/fields/<int:pk>/", categories.field, name="field"),
    path("categories/fields/<int:pk>/turn/", categories.field_turned, name="field_turn"),
    path("software/", software.software_list, name="softwares"),
    path("software/new/", software.software_new, name="software_new"),
    path("software/export/", software.software_export, name="software_export"),
    path("software/<int:pk>/", software.software_detail, name="software"),
    path("software/<int:pk>/edit/", software.edit, name="software_edit"),
    path("<str:code>/", register.device_detail, name="detail"),
    path("<str:code>/edit/", register.edit, name="edit"),
    path("<str:code>/status/", register.status, name="status"),
    path("<str:code>/status/<int:pk>/cancel/", register.planned_cancelled, name="planned_cancel"),
    path("<str:code>/parts/new/", register_parts.part_new, name="part_new"),
    path("<str:code>/parts/<int:pk>/", register_parts.part, name="part"),
    path("<str:code>/parts/<int:pk>/remove/", register_parts.part_out, name="part_remove"),
    path("<str:code>/software/new/", register_parts.install, name="install"),
    path("<str:code>/software/<int:pk>/remove/", register_parts.uninstall, name="uninstall"),
    path("<str:code>/photos/", register.photos, name="photos"),
    path("<str:code>/photos/<int:pk>/main/", register.photo_chosen, name="photo_main"),
    path("<str:code>/notice/", register.notice, name="notice"),
]
