"""Doors to one's own account: contact and language, password, PIN, and which contract one works in."""

from django.contrib import messages
from django.contrib.auth import authenticate, update_session_auth_hash
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import override

from core import clock
from core.access import GET_POST, LOGGED_IN, POST, allow
from core.errors import NotFound
from core.forms import attempt, form_status
from core.http import Request
from core.roles import ENGINEER, MANAGER
from parties.forms import PasswordForm, PinForm, ProfileForm
from parties.models import User
from parties.services.account import password_change, pin_set, profile_change
from parties.views.login import with_language


def no_contract(request: HttpRequest) -> HttpResponse:
    """What somebody sees whose account has no valid membership in any contract."""
    return render(request, "parties/no_contract.html", status=403)


@allow(LOGGED_IN, methods=GET_POST)
def profile(request: Request) -> HttpResponse:
    """Who I am here, and what I decide myself."""
    stored = User.objects.get(pk=request.user.pk)
    form = ProfileForm(request.POST or None, instance=stored)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        profile_change(user=request.user, at=clock.now(), **data)
        with override(data["language"]):
            messages.success(request, _("Saved."))
        return with_language(redirect("parties:profile"), data["language"])
    may_hand_over = request.role in (ENGINEER, MANAGER)
    context = {"form": form, "rows": request.memberships, "may_hand_over": may_hand_over}
    return render(request, "parties/profile.html", context, status=form_status(form))


@allow(LOGGED_IN, methods=GET_POST)
def password(request: Request) -> HttpResponse:
    """Change one's own password; all other sessions of the account end."""
    form = PasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _knows_password(request, form):
        user = attempt(
            form,
            password_change,
            user=request.user,
            new_password=form.cleaned_data["new_password1"],
            actor=request.user,
            at=clock.now(),
        )
        if user is not None:
            update_session_auth_hash(request, user)
            messages.success(request, _("Your password was changed. All other sessions of your account have ended."))
            return redirect("home" if request.contract else "parties:profile")
    forced = request.user.must_change_password
    # A page that polls would be turned away while the initial password lasts.
    base = "base.html" if request.contract and not forced else "base_auth.html"
    context = {"form": form, "forced": forced, "base": base}
    return render(request, "parties/password.html", context, status=form_status(form))


@allow(ENGINEER, MANAGER, methods=GET_POST)
def pin(request: Request) -> HttpResponse:
    """Set or change the PIN that takes one's phone back from hand-over mode."""
    form = PinForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _knows_password(request, form):
        user = attempt(form, pin_set, user=request.user, pin=form.cleaned_data["pin"], at=clock.now())
        if user is not None:
            messages.success(request, _("Your PIN was saved."))
            return redirect("parties:profile")
    return render(request, "parties/pin.html", {"form": form}, status=form_status(form))


@allow(LOGGED_IN, methods=POST)
def switch_contract(request: Request) -> HttpResponse:
    """Work in another contract of one's own; any other contract does not exist."""
    wanted = request.POST.get("contract", "")
    for row in request.memberships:
        if str(row.contract_id) == wanted:
            request.session["contract_id"] = row.contract_id
            return redirect("home")
    raise NotFound(_("There is no such contract."))


def _knows_password(request: Request, form: Form) -> bool:
    """Whether the current password was given; wrong ones count towards the lock-out like failed sign-ins."""
    if authenticate(request, username=request.user.username, password=form.cleaned_data["current_password"]):
        return True
    form.add_error("current_password", _("The current password is not right."))
    return False
