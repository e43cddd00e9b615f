"""Routes of the interface to tickets."""

from django.urls import path

from tickets.api import TicketList

app_name = "tickets_api"
urlpatterns = [path("tickets/", TicketList.as_view(), name="tickets")]
