"""Routes of sla."""

from django.urls import path

from sla.views.healthz import healthz
from sla.views.why import why

app_name = "sla"
urlpatterns = [
    path("clocks/<int:pk>/why/", why, name="why"),
    path("healthz", healthz, name="healthz"),
]
