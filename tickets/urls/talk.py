"""Routes of tickets: notes, tags, texts, links, merging and splitting."""

from django.urls import path
from django.urls.resolvers import URLPattern

from tickets.views import talk, words

urlpatterns: list[URLPattern] = [
    path("similar/", talk.similar, name="similar"),
    path("texts/pick/", talk.texts, name="texts_pick"),
    path("tags/", words.tags, name="tags"),
    path("tags/<int:pk>/", words.tag_edit, name="tag_edit"),
    path("tags/<int:pk>/merge/", words.merge_tag, name="tag_merge"),
    path("texts/", words.text_list, name="texts"),
    path("texts/add/", words.text_add, name="text_add"),
    path("texts/<int:pk>/", words.text_edit, name="text_edit"),
    path("checklists/", words.template_list, name="templates"),
    path("checklists/add/", words.template_add, name="template_add"),
    path("checklists/<int:pk>/", words.template_edit, name="template_edit"),
    path("<str:code>/note/", talk.note, name="note"),
    path("<str:code>/mention/", talk.mention, name="mention"),
    path("<str:code>/watch/", talk.watch, name="watch"),
    path("<str:code>/tags/", talk.tag, name="tag"),
    path("<str:code>/checklist/", talk.checklist, name="checklist"),
    path("<str:code>/checklist/<int:pk>/", talk.check, name="check"),
    path("<str:code>/link/", talk.link, name="link"),
    path("<str:code>/link/<int:pk>/", talk.unlink, name="unlink"),
    path("<str:code>/merge/", talk.merge, name="merge"),
    path("<str:code>/split/", talk.split, name="split"),
    path("<str:code>/me-too/", talk.me_too, name="me_too"),
]
