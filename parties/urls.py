"""Routes of parties."""

from django.urls import path

from parties.views import account, lock

app_name = "parties"
urlpatterns = [
    path("", account.profile, name="profile"),
    path("password/", account.password, name="password"),
    path("locked/", lock.locked, name="locked"),
    path("active/", lock.active, name="active"),
    path("pin/", account.pin, name="pin"),
    path("contract/", account.switch_contract, name="switch_contract"),
]
