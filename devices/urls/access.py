"""Routes of doors and access cards."""

from django.urls import URLPattern, path

from devices.views import access

urlpatterns: list[URLPattern] = [
    path("access/", access.card_list, name="access"),
    path("access/export/", access.card_export, name="access_export"),
    path("access/import/", access.card_import, name="access_import"),
    path("access/import/template/", access.card_template, name="access_template"),
    path("access/left/", access.cards_left, name="access_left"),
    path("access/person/", access.person, name="access_person"),
    path("access/cards/new/", access.card_new, name="card_new"),
    path("access/cards/<int:pk>/", access.card_detail, name="card"),
    path("access/cards/<int:pk>/change/", access.card_rights, name="card_change"),
    path("access/cards/<int:pk>/extend/", access.card_longer, name="card_extend"),
    path("access/cards/<int:pk>/lost/", access.card_lost, name="card_lose"),
    path("access/cards/<int:pk>/cancel/", access.card_cancel, name="card_cancel"),
    path("access/cards/<int:pk>/return/", access.card_return, name="card_give_back"),
    path("access/cards/<int:pk>/reissue/", access.card_again, name="card_reissue"),
    path("access/cards/<int:pk>/left/", access.card_left, name="card_left"),
    path("access/doors/", access.door_list, name="doors"),
    path("access/doors/new/", access.door_new, name="door_new"),
    path("access/doors/<int:pk>/", access.door_detail, name="door"),
    path("access/doors/<int:pk>/edit/", access.door_edit, name="door_edit"),
    path("access/doors/<int:pk>/export/", access.door_export, name="door_export"),
    path("access/groups/new/", access.group_new, name="door_group_new"),
    path("access/groups/<int:pk>/edit/", access.group_edit, name="door_group_edit"),
]
