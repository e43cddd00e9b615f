"""Routes of devices: one module a room of the app, the register's own last because it takes any code."""

from devices.urls import access, checks, consumables, due, history, listing, network, places, register, spares

app_name = "devices"
urlpatterns = [
    *due.urlpatterns,
    *listing.urlpatterns,
    *places.urlpatterns,
    *network.urlpatterns,
    *spares.urlpatterns,
    *consumables.urlpatterns,
    *access.urlpatterns,
    *checks.urlpatterns,
    *history.urlpatterns,
    *register.urlpatterns,
]
