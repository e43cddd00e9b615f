"""Routes of tickets: one module a room of the app, the ticket's own last because it takes any code."""

from tickets.urls import core, flow, listing, major, outage, quality, repair, signing, talk

app_name = "tickets"
urlpatterns = [
    *listing.urlpatterns,
    *major.urlpatterns,
    *outage.urlpatterns,
    *quality.urlpatterns,
    *repair.urlpatterns,
    *signing.urlpatterns,
    *talk.urlpatterns,
    *flow.urlpatterns,
    *core.urlpatterns,
]
