"""Routes of what is due."""

from django.urls import path

from devices.views import due

urlpatterns = [path("due/", due.due_list, name="due"), path("due/short/", due.due_short, name="due_short")]
