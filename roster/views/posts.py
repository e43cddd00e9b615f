"""Posts and rotations: what has to be manned, and whose turn it is."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from core import clock
from core.access import GET_POST, allow
from core.errors import NotFound
from core.forms import attempt, form_status
from core.http import Request
from core.roles import MANAGER
from roster.forms import EndForm, PostForm, RotationForm
from roster.present import ROSTER_DAYS
from roster.querysets import posts_visible_to, rotations_visible_to
from roster.services.posts import post_change
from roster.services.rotations import rotation_add, rotation_end
from roster.views.common import READERS, today


@allow(*READERS)
def post_list(request: Request) -> HttpResponse:
    """The posts of the contract; for the manager the rotations too."""
    posts = [
        {"post": post, "days": [ROSTER_DAYS[kind] for kind in post.day_kinds if kind in ROSTER_DAYS]}
        for post in posts_visible_to(request.user).filter(contract=request.contract)
    ]
    rotations = (
        rotations_visible_to(request.user)
        .filter(contract=request.contract)
        .select_related("post")
        .prefetch_related("members__person")
        .order_by("-is_active", "post__position", "-first_day")[:100]
    )
    day = today()
    context = {
        "posts": posts,
        "rotations": [
            {
                "rotation": row,
                "people": [member.person.name for member in row.members.all()],
                "over": not row.is_active or (row.last_day is not None and row.last_day < day),
            }
            for row in rotations
        ],
        "is_manager": request.role == MANAGER,
        "post_columns": [
            {"label": _("Post")},
            {"label": _("Needed on")},
            {"label": _("Hours")},
            {"label": _("People needed"), "numeric": True},
        ],
        "rotation_columns": [
            {"label": label} for label in (_("Post"), _("In turn"), _("From"), _("The turn passes on"), "")
        ],
    }
    return render(request, "roster/posts.html", context)


@allow(MANAGER, methods=GET_POST)
def post(request: Request, pk: int) -> HttpResponse:
    """When a post is needed, its hours, and by how many."""
    row = posts_visible_to(request.user).filter(contract=request.contract, pk=pk).select_related("contract").first()
    if row is None:
        raise NotFound(_("There is no such post in this contract."))
    initial = {name: getattr(row, name) for name in ("name", "day_kinds", "starts", "ends", "min_people", "is_active")}
    form = PostForm(request.POST or None, initial=initial)
    if form.is_bound and form.is_valid():
        done = attempt(form, post_change, post=row, actor=request.user, at=clock.now(), **form.cleaned_data)
        if done is not None:
            messages.success(request, _("The post is changed. Shifts that are planned keep their hours."))
            return _to_posts()
    return render(request, "roster/post_form.html", {"form": form, "post": row}, status=form_status(form))


@allow(MANAGER, methods=GET_POST)
def rotation_new(request: Request) -> HttpResponse:
    """Begin a rotation."""
    form = RotationForm(request.POST or None, contract=request.contract, initial={"first_day": today()})
    if form.is_bound and form.is_valid():
        given = {name: form.cleaned_data[name] for name in ("post", "step", "per_day", "first_day", "last_day")}
        done = attempt(
            form,
            rotation_add,
            contract=request.contract,
            people=form.people(),
            actor=request.user,
            at=clock.now(),
            **given,
        )
        if done is not None:
            messages.success(request, _("The rotation has begun. Generate the roster to plan its shifts."))
            return _to_posts()
    return render(request, "roster/rotation_form.html", {"form": form}, status=form_status(form))


@allow(MANAGER, methods=GET_POST)
def rotation_stop(request: Request, pk: int) -> HttpResponse:
    """Let a rotation end."""
    row = (
        rotations_visible_to(request.user)
        .filter(contract=request.contract, pk=pk)
        .select_related("contract", "post")
        .first()
    )
    if row is None:
        raise NotFound(_("There is no such rotation in this contract."))
    form = EndForm(request.POST or None, rotation=row, today=today())
    if form.is_bound and form.is_valid():
        done = attempt(
            form,
            rotation_end,
            rotation=row,
            last_day=form.cleaned_data["last_day"],
            actor=request.user,
            at=clock.now(),
        )
        if done is not None:
            messages.success(request, _("The rotation ends. Shifts that are planned stay."))
            return _to_posts()
    people = [member.person.name for member in row.members.select_related("person")]
    context = {"form": form, "rotation": row, "people": people}
    return render(request, "roster/rotation_end.html", context, status=form_status(form))


def _to_posts() -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("roster:posts"))
