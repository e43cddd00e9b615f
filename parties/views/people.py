"""People of the contract: list, page of one, and what the administrator does with accounts."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.contrib import messages
from django.db.models import Prefetch, QuerySet
from django.forms import Form
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from core import audit, clock
from core.access import GET_POST, POST, allow
from core.errors import NotFound
from core.export import csv_response
from core.forms import attempt, form_status
from core.http import Request
from core.panels import panels_for
from core.roles import ADMIN, MANAGER
from core.templatetags.ui import mask_phone
from parties.forms import AttachForm, NewPersonForm, PeopleFilterForm, PersonForm, ReasonForm
from parties.models import AccountLink, Contract, Membership, User
from parties.permissions import can_administer_account
from parties.querysets import people_matching, people_of, people_scope
from parties.rules import mask_email
from parties.services.links import link_url
from parties.services.people import (
    locked_accounts,
    user_add,
    user_attach,
    user_deactivate,
    user_edit,
    user_reactivate,
    user_reveal,
    user_unlock,
)
from parties.services.sessions import open_sessions
from parties.views.account_links import show_link

PAGE_SIZE = 50
STATES = ("active", "inactive", "ended")


@allow(ADMIN, MANAGER)
def people_list(request: Request) -> HttpResponse:
    """Everybody of the contract, filtered, paged by account name; the administrator of several may ask for all of them."""
    form, people = _filtered(request)
    after = request.GET.get("after", "")[:150]
    if after:
        people = people.filter(username__gt=after)
    page = list(people[: PAGE_SIZE + 1])
    shown = page[:PAGE_SIZE]
    now = clock.now()
    locked = locked_accounts([person.username for person in shown], at=now)
    today = now.astimezone(clock.SHANGHAI).date()
    full = request.role == ADMIN
    context = {
        "rows": [_row(person, locked, today, full=full) for person in shown],
        "form": form,
        "chips": _chips(request),
        "filtered": any(request.GET.get(name) for name in ("q", "role", "unit", "state")),
        "is_admin": full,
        "next_after": shown[-1].username if len(page) > PAGE_SIZE else "",
        "is_first": not after,
        "columns": [
            {"label": _("Person")},
            {"label": _("Role and unit")},
            {"label": _("Phone and e-mail")},
            {"label": _("Last sign-in")},
            {"label": _("Status")},
        ],
    }
    return render(request, "parties/people.html", context)


@allow(ADMIN, methods=POST)  # type: ignore[arg-type]
def people_export(request: Request) -> StreamingHttpResponse:
    """The filtered list as CSV, telephone and e-mail masked; the export itself is entered in the history."""
    _form, people = _filtered(request)
    now = clock.now()
    today = now.astimezone(clock.SHANGHAI).date()
    audit.write(
        contract=request.contract,
        subject=request.contract,
        verb="export",
        actor=request.user,
        at=now,
        source=audit.PAGE,
        after={"what": "people", "filter": request.GET.urlencode()[:300]},
        internal=True,
    )
    header = [
        _("Account"), _("Full name"), _("Phone"), _("E-mail"), _("Contract"), _("Role"), _("Unit"), _("Position"), _("Valid from"),
        _("Valid to"), _("Status"), _("Last sign-in"),
    ]  # fmt: skip
    cells = (
        (
            person.username, person.name, mask_phone(person.phone) if person.phone else "", mask_email(person.email),
            row.contract.code, row.get_role_display(), row.unit or "", row.title, row.valid_from, row.valid_to,
            _state(person, [row], today)[1], person.last_login,
        )
        for person in people.iterator(chunk_size=500)
        for row in person.shown_memberships
    )  # fmt: skip
    return csv_response(f"{_('People')}_{now.astimezone(clock.SHANGHAI):%Y%m%d_%H%M}", header, cells)


@allow(ADMIN, MANAGER)
def detail(request: Request, pk: int) -> HttpResponse:
    """One person: what they are in which contract and, for the account's administrator, its sessions, links and history."""
    return _page(request, person_or_404(request, pk))


@allow(MANAGER, methods=POST)
def reveal(request: Request, pk: int) -> HttpResponse:
    """Show telephone and e-mail in full, once; that somebody looked is entered."""
    person = person_or_404(request, pk)
    user_reveal(user=person, contract=request.contract, actor=request.user, at=clock.now())
    return _page(request, person, revealed=True)


@allow(ADMIN, methods=GET_POST)
def add(request: Request) -> HttpResponse:
    """A new account with its first membership; the answer shows the one-time invitation, this once."""
    form = NewPersonForm(request.POST or None, contract=request.contract, initial={"language": "zh-hans"})
    if form.is_bound and form.is_valid():
        made = attempt(
            form, user_add, contract=request.contract, actor=request.user, at=clock.now(), **form.cleaned_data
        )
        if made is not None:
            user, link, token = made
            return show_link(request, user, link, link_url(token))
    context = form_page(
        form,
        title=_("Add a person"),
        back=reverse("people:list"),
        back_label=_("People"),
        submit=_("Add and make the invitation"),
        others=[
            {"label": _("Import a staff list"), "url": reverse("people:import"), "icon": "upload"},
            {"label": _("Add an existing account"), "url": reverse("people:attach"), "icon": "user-check"},
        ],
        hint=_("Nobody types a password here: the person sets one by a one-time link that is shown next."),
    )
    return render(request, "parties/form.html", context, status=form_status(form))


@allow(ADMIN, methods=GET_POST)
def attach(request: Request) -> HttpResponse:
    """Let an account that exists already work in this contract too."""
    form = AttachForm(request.POST or None, contract=request.contract)
    if form.is_bound and form.is_valid():
        row = attempt(
            form, user_attach, contract=request.contract, actor=request.user, at=clock.now(), **form.cleaned_data
        )
        if row is not None:
            messages.success(request, _("%(name)s now works in this contract.") % {"name": row.user.name})
            return redirect("people:detail", row.user_id)
    context = form_page(
        form,
        title=_("Add an existing account"),
        back=reverse("people:list"),
        back_label=_("People"),
        submit=_("Add to this contract"),
    )
    return render(request, "parties/form.html", context, status=form_status(form))


@allow(ADMIN, methods=GET_POST)
def edit(request: Request, pk: int) -> HttpResponse:
    """Correct name, telephone, e-mail and language."""
    person = person_or_404(request, pk)
    initial = {name: getattr(person, name) for name in ("name", "phone", "email", "language")}
    form = PersonForm(request.POST or None, initial=initial)
    if form.is_bound and form.is_valid():
        done = attempt(form, user_edit, user=person, actor=request.user, at=clock.now(), **form.cleaned_data)
        if done is not None:
            messages.success(request, _("Saved."))
            return redirect("people:detail", person.pk)
    context = _person_form(
        person,
        form,
        title=_("Correct the person's data"),
        submit=_("Save"),
        hint=_("What was signed before keeps the name it was signed with."),
    )
    return render(request, "parties/form.html", context, status=form_status(form))


@allow(ADMIN, methods=GET_POST)
def deactivate(request: Request, pk: int) -> HttpResponse:
    """Close an account, with the reason; all its sessions end at once."""
    person = person_or_404(request, pk)
    form = ReasonForm(request.POST or None)
    if form.is_bound and form.is_valid():
        done = attempt(form, user_deactivate, user=person, actor=request.user, at=clock.now(), **form.cleaned_data)
        if done is not None:
            messages.success(request, _("The account is deactivated and all its sessions have ended."))
            return redirect("people:detail", person.pk)
    context = _person_form(
        person,
        form,
        title=_("Deactivate the account"),
        submit=_("Deactivate"),
        danger=True,
        hint=_("All sessions and links of the account end at once. What the person did and signed stays as it is."),
    )
    return render(request, "parties/form.html", context, status=form_status(form))


@allow(ADMIN, methods=POST)
def reactivate(request: Request, pk: int) -> HttpResponse:
    """Open a deactivated account again."""
    person = person_or_404(request, pk)
    user_reactivate(user=person, actor=request.user, at=clock.now())
    messages.success(request, _("The account is active again."))
    return redirect("people:detail", person.pk)


@allow(ADMIN, methods=POST)
def unlock(request: Request, pk: int) -> HttpResponse:
    """Lift the lock of too many failed sign-ins."""
    person = person_or_404(request, pk)
    user_unlock(user=person, actor=request.user, at=clock.now())
    messages.success(request, _("The lock of failed sign-ins is lifted."))
    return redirect("people:detail", person.pk)


def person_or_404(request: Request, pk: int) -> User:
    """A person of a contract that the reader administers (a manager: of the present one). Raises NotFound."""
    person = people_of(people_scope(request.user, request.contract)).filter(pk=pk).first()
    if person is None:
        raise NotFound(_("There is no such person in this contract."))
    return person


def form_page(form: Form, **page: Any) -> dict[str, Any]:
    """What templates/parties/form.html takes: title, back and back_label, submit; hint and danger where they are wanted."""
    return {"form": form, "wide_fields": ("aliases", "reason", "service_scope", "is_office"), **page}


def _person_form(person: User, form: Form, **page: Any) -> dict[str, Any]:
    back = reverse("people:detail", args=[person.pk])
    return form_page(form, back=back, back_label=person.name, sub=person.username, **page)


def _page(request: Request, person: User, *, revealed: bool = False) -> HttpResponse:
    now = clock.now()
    scope = people_scope(request.user, request.contract)
    is_admin = request.role == ADMIN
    rows = list(
        person.memberships.filter(contract_id__in=scope)
        .select_related("contract__hall", "unit")
        .order_by("-contract__starts_on", "contract_id")
    )
    administers = is_admin and can_administer_account(request.user, person)
    today = now.astimezone(clock.SHANGHAI).date()
    state, state_label = _state(person, rows, today)
    context = {
        "person": person,
        "rows": [{"row": row, "valid": _valid(row, person, today)} for row in rows],
        "other_contracts": list(
            Contract.objects.filter(pk__in=scope)
            .exclude(pk__in=[row.contract_id for row in rows])
            .select_related("hall")
            if is_admin and person.is_active
            else ()
        ),
        "phone": person.phone if is_admin or revealed else _masked(person.phone),
        "email": person.email if is_admin or revealed else mask_email(person.email),
        "may_reveal": not is_admin and not revealed and bool(person.phone or person.email),
        "is_admin": is_admin,
        "is_self": person.pk == request.user.pk,
        "administers": administers,
        "state": state,
        "state_label": state_label,
        "locked": bool(locked_accounts([person.username], at=now)),
        "link": _open_link(person, now) if administers else None,
        "sessions": open_sessions(person, at=now, current_key=request.session.session_key) if administers else [],
        "has_password": person.has_usable_password(),
        "panels": panels_for("person", request, person) if administers else [],
    }
    return render(request, "parties/person.html", context)


def _open_link(person: User, now: Any) -> AccountLink | None:
    rows = AccountLink.objects.filter(user=person, used_at=None, revoked_at=None, expires_at__gt=now)
    return rows.order_by("-issued_at").first()


def _filtered(request: Request) -> tuple[PeopleFilterForm, QuerySet[User, Any]]:
    """The form and the people it leaves, each with the memberships that are shown (person.shown_memberships)."""
    form = PeopleFilterForm(request.GET, contract=request.contract)
    asked = form.cleaned_data if form.is_valid() else {}
    scope = people_scope(request.user, request.contract)
    if request.GET.get("contracts") != "all":
        scope = [request.contract.pk]
    rows = Membership.objects.filter(contract_id__in=scope).select_related("contract", "unit")
    people = people_of(scope)
    if asked.get("q"):
        people = people_matching(people, asked["q"], by_number=request.role == ADMIN)
    narrowed = {name: asked[name] for name in ("role", "unit") if asked.get(name)}
    state = request.GET.get("state", "")
    today = clock.now().astimezone(clock.SHANGHAI).date()
    if state == "active":
        valid = Membership.objects.valid_on(today).filter(contract_id__in=scope, **narrowed)
        people = people.filter(pk__in=valid.values("user_id"))
    elif state == "ended":
        valid = Membership.objects.valid_on(today).filter(contract_id__in=scope)
        people = people.filter(is_active=True).exclude(pk__in=valid.values("user_id"))
    elif state == "inactive":
        people = people.filter(is_active=False)
    if narrowed:
        people = people.filter(pk__in=rows.filter(**narrowed).values("user_id"))
    shown = Prefetch("memberships", queryset=rows.order_by("-contract__starts_on"), to_attr="shown_memberships")
    return form, people.order_by("username").prefetch_related(shown)


def _chips(request: Request) -> list[dict[str, Any]]:
    chosen = request.GET.get("state", "")
    labels = {"": _("All"), "active": _("With access"), "ended": _("Access ended"), "inactive": _("Deactivated")}
    chips = []
    for value, label in labels.items():
        params = request.GET.copy()
        for name in ("after", "state"):
            params.pop(name, None)
        if value:
            params["state"] = value
        chips.append({"label": label, "url": f"?{params.urlencode()}", "active": value == chosen})
    return chips


def _row(person: Any, locked: set[str], today: date, *, full: bool) -> dict[str, Any]:
    state, label = _state(person, person.shown_memberships, today)
    return {
        "person": person,
        "memberships": person.shown_memberships,
        "phone": person.phone if full else _masked(person.phone),
        "email": person.email if full else mask_email(person.email),
        "state": state,
        "state_label": label,
        "locked": person.username in locked,
    }


def _masked(phone: str) -> str:
    return mask_phone(phone) if phone else ""


def _state(person: User, rows: Iterable[Membership], today: date) -> tuple[str, str]:
    """How the account stands in these contracts, as a badge's state and its word."""
    if not person.is_active:
        return "inactive", _("Deactivated")
    if any(_valid(row, person, today) for row in rows):
        return ("active", _("With access")) if person.has_usable_password() else ("pending", _("Invited"))
    return "expired", _("Access ended")


def _valid(row: Membership, person: User, today: date) -> bool:
    begun = row.valid_from is None or row.valid_from <= today
    return row.is_active and person.is_active and begun and (row.valid_to is None or row.valid_to >= today)
