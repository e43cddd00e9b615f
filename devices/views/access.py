"""Doors and access cards: who may enter where, and every act that changes it."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from io import BytesIO
from typing import Any

from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core import clock
from core.access import GET_POST, POST, allow
from core.errors import Invalid, NotFound
from core.export import table_response, xlsx_response
from core.forms import attempt, form_status
from core.http import Request
from core.roles import AUDITOR, ENGINEER, LEADER, MANAGER, SUPERVISOR
from core.sheets import Table, read_table
from devices.finds.access import (
    cards_matching,
    cards_of_door,
    cards_of_left,
    cards_that_open,
    cards_visible_to,
    doors_of_cards,
    doors_visible_to,
    groups_visible_to,
)
from devices.forms.access import (
    CardFilter,
    CardForm,
    DoorForm,
    ExtendForm,
    GroupForm,
    LeftForm,
    ListFileForm,
    ReasonForm,
    ReissueForm,
    RightsForm,
)
from devices.models import AccessCard, Door, DoorGroup
from devices.rules_access import SOON_DAYS
from devices.services.card_list import HEADINGS, MAX_CARDS, Row, card_list_read, cards_import
from devices.services.cards import (
    card_change,
    card_extend,
    card_issue,
    card_reissue,
    card_stop,
    cards_of_left_cancel,
    holder_left,
)
from devices.services.common import KEEPERS, local_day
from devices.services.doors import door_add, door_change, group_save
from devices.states import CARD_FLOW, CardStatus
from devices.tabs import READERS
from records.models import AuditEntry
from records.services.audit import audit_write

PAGE_SIZE = 50
EXPORTERS = (ENGINEER, MANAGER, SUPERVISOR, LEADER)
"""The auditor reads on the screen, where it is logged."""
EXPORT_LIMIT = 10_000


def _today() -> date:
    return local_day(clock.now())


# Cards ------------------------------------------------------------------------------------------------------------------


@allow(*READERS)
def card_list(request: Request) -> HttpResponse:
    """The hall's cards: searched by holder, unit or last four signs, narrowed by kind, group and state."""
    today = _today()
    form, cards = _filtered(request, today)
    name, _bar, pk = request.GET.get("after", "")[:80].rpartition("|")
    if pk.isdecimal():
        cards = cards.filter(Q(holder_name__gt=name) | Q(holder_name=name, pk__gt=int(pk)))
    page = list(cards.order_by("holder_name", "pk")[: PAGE_SIZE + 1])
    shown = page[:PAGE_SIZE]
    own = cards_visible_to(request.user).filter(hall=request.contract.hall_id)
    context = {
        "rows": _with_doors(shown, today),
        "form": form,
        "chips": _chips(request),
        "filtered": any(request.GET.get(key) for key in ("q", "kind", "group", "status", "soon")),
        "left_count": cards_of_left(own, today).count(),
        "may_keep": request.role in KEEPERS,
        "may_export": request.role != AUDITOR,
        "next_after": f"{shown[-1].holder_name}|{shown[-1].pk}" if len(page) > PAGE_SIZE else "",
        "is_first": not pk.isdecimal(),
        "columns": [{"label": label} for label in (_("Holder"), _("Card"), _("Opens"), _("Valid until"), _("Status"))],
        "today": today,
    }
    return render(request, "devices/access/cards.html", context)


def _filtered(request: Request, today: date) -> tuple[CardFilter, QuerySet[AccessCard]]:
    cards = cards_visible_to(request.user).filter(hall=request.contract.hall_id).select_related("unit", "holder")
    form = CardFilter(request.GET or None, contract=request.contract)
    given: dict[str, Any] = form.cleaned_data if form.is_bound and form.is_valid() else {}
    if given.get("q", "").strip():
        cards = cards_matching(cards, given["q"].strip(), request.contract.hall)
    if given.get("kind"):
        cards = cards.filter(kind=given["kind"])
    if given.get("status"):
        cards = cards.filter(status=given["status"])
    if given.get("group"):
        through = AccessCard.groups.through.objects.filter(doorgroup_id=given["group"].pk)
        cards = cards.filter(pk__in=through.values("accesscard_id"))
    if request.GET.get("soon"):
        cards = cards.filter(status=CardStatus.IN_USE, valid_to__lte=today + timedelta(days=SOON_DAYS))
    return form, cards


def _chips(request: Request) -> list[dict[str, Any]]:
    """The states as links; one at a time, the other filters stay."""
    active = "soon" if request.GET.get("soon") else request.GET.get("status", "")
    chips: list[dict[str, Any]] = []
    for key, label in (
        ("", _("All")),
        (CardStatus.IN_USE.value, CardStatus.IN_USE.label),
        ("soon", _("Ends within 30 days")),
        *((state.value, state.label) for state in CardStatus if state != CardStatus.IN_USE),
    ):
        params = request.GET.copy()
        for name in ("after", "status", "soon"):
            params.pop(name, None)
        if key == "soon":
            params["soon"] = "1"
        elif key:
            params["status"] = key
        chips.append({"label": label, "url": f"?{params.urlencode()}", "active": active == key})
    return chips


def _with_doors(cards: Sequence[AccessCard], today: date) -> list[dict[str, Any]]:
    """Each card with the doors that it opens now: none when it opens nothing, whatever rights it was given."""
    opening = set(
        cards_that_open(AccessCard.objects.filter(pk__in=[card.pk for card in cards]), today).values_list(
            "pk", flat=True
        )
    )
    doors = doors_of_cards([card for card in cards if card.pk in opening])
    return [
        {
            "card": card,
            "opens": card.pk in opening,
            "doors": doors.get(card.pk, []),
            "days": (card.valid_to - today).days,
        }
        for card in cards
    ]


def _card_header() -> list[str]:
    return [
        _("Card"), _("Holder"), _("Kind"), _("Unit"), _("Doors that it opens"), _("Valid from"), _("Valid until"), _("Status"),
        _("Approved by"), _("Approved in"),
    ]  # fmt: skip


def _card_rows(cards: Iterable[AccessCard], today: date) -> list[list[Any]]:
    return [
        [
            row["card"].masked,
            row["card"].holder_name,
            row["card"].get_kind_display(),
            row["card"].unit or "",
            "、".join(door.name for door in row["doors"]),
            row["card"].valid_from,
            row["card"].valid_to,
            row["card"].get_status_display(),
            row["card"].approved_by,
            row["card"].document,
        ]
        for row in _with_doors(list(cards), today)
    ]


def _exported(request: Request, what: str, rows: int, **facts: Any) -> None:
    audit_write(
        contract=request.contract,
        subject=request.contract,
        verb="export",
        actor=request.user,
        at=clock.now(),
        after={"what": what, "rows": rows, **facts},
    )


@allow(*EXPORTERS, methods=POST)
def card_export(request: Request) -> Any:
    """The filtered list as xlsx or csv, numbers masked; entered in the history."""
    today = _today()
    cards = list(_filtered(request, today)[1].order_by("holder_name", "pk")[:EXPORT_LIMIT])
    rows = _card_rows(cards, today)
    _exported(request, "access_cards", len(rows), query=request.GET.urlencode()[:200])
    name = f"{_('Access cards')}-{today:%Y%m%d}"
    return table_response(request.POST.get("format", "xlsx"), name, _card_header(), rows)


def _card(request: Request, pk: int) -> AccessCard:
    card = (
        cards_visible_to(request.user)
        .filter(hall=request.contract.hall_id, pk=pk)
        .select_related("unit", "holder", "hall", "replaces")
        .first()
    )
    if card is None:
        raise NotFound(_("There is no such card in this hall."))
    return card


VERBS = (
    ("change", "card_change", "edit"),
    ("extend", "card_extend", "calendar-event"),
    ("lose", "card_lose", "alert-triangle"),
    ("reissue", "card_reissue", "refresh"),
    ("give_back", "card_give_back", "arrow-back-up"),
    ("cancel", "card_cancel", "ban"),
)


def _verb_labels() -> dict[str, str]:
    return {
        "change": _("Change the rights"),
        "extend": _("Extend"),
        "lose": _("Report lost"),
        "reissue": _("Replace by a new card"),
        "give_back": _("Card given back"),
        "cancel": _("Cancel the card"),
    }


def _happened() -> dict[str, str]:
    """What the verbs of a card's history are called."""
    return {
        "issue": _("Card issued"),
        "change_rights": _("Rights changed"),
        "extend": _("Extended"),
        "lose": _("Reported lost"),
        "cancel": _("Voided"),
        "give_back": _("Card given back"),
        "reissue": _("Replaced by a new card"),
        "expire": _("Expired"),
        "holder_left": _("Holder left"),
        "check_withdraw": _("Right withdrawn by the quarterly check"),
    }


@allow(*READERS)
def card_detail(request: Request, pk: int) -> HttpResponse:
    """One card: whose, what it opens, under which approval, and what happened to it."""
    card = _card(request, pk)
    today = _today()
    row = _with_doors([card], today)[0]
    named = _happened()
    entries = AuditEntry.objects.filter(subject_type="access_card", subject_id=card.pk).order_by("-at", "-pk")[:50]
    labels = _verb_labels()
    keeps = request.role in KEEPERS
    context = {
        "card": card,
        "row": row,
        "named_doors": doors_of_cards([card])[card.pk],
        "groups": list(card.groups.all()),
        "singles": list(card.doors.all()),
        "left": cards_of_left(AccessCard.objects.filter(pk=card.pk), today).exists(),
        "successor": AccessCard.objects.filter(replaces=card).first(),
        "acts": [
            {"url": reverse(f"devices:{route}", args=[card.pk]), "label": labels[verb], "icon": icon, "verb": verb}
            for verb, route, icon in VERBS
            if keeps and CARD_FLOW.allows(verb, card.status)
        ],
        "may_flag": keeps and card.holder_id is None and card.left_on is None and card.status == CardStatus.IN_USE,
        "timeline": [
            {
                "at": entry.at,
                "title": named.get(entry.verb, entry.verb),
                "actor": entry.actor_label,
                "text": entry.reason,
            }
            for entry in entries
            if entry.verb in named
        ],
        "today": today,
    }
    return render(request, "devices/access/card.html", context)


def _form_page(request: Request, form: Any, title: str, back: str, button: str, **more: Any) -> HttpResponse:
    context = {"form": form, "title": title, "back_url": back, "button": button, **more}
    return render(request, "devices/access/form.html", context, status=form_status(form))


def _to_card(card: AccessCard) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("devices:card", args=[card.pk]))


@allow(*KEEPERS, methods=GET_POST)
def card_new(request: Request) -> HttpResponse:
    """Issue a card."""
    form = CardForm(request.POST or None, contract=request.contract, initial={"valid_from": _today(), "kind": "staff"})
    if form.is_bound and form.is_valid():
        card = attempt(
            form,
            card_issue,
            contract=request.contract,
            number=form.cleaned_data["number"],
            data=form.data_of_card(),
            approval=form.approval(),
            actor=request.user,
            at=clock.now(),
        )
        if card is not None:
            messages.success(request, _("The card %(card)s is issued.") % {"card": card.masked})
            return _to_card(card)
    return _form_page(
        request,
        form,
        _("Issue a card"),
        reverse("devices:access"),
        _("Issue the card"),
        intro=_("Who asked for it and who approved it are two people; the holder approves nothing."),
    )


@allow(*KEEPERS, methods=GET_POST)
def card_rights(request: Request, pk: int) -> HttpResponse:
    """Give other rights to a card."""
    card = _card(request, pk)
    initial = {
        "groups": card.groups.all(),
        "doors": card.doors.all(),
        "unit": card.unit_id,
        "version": card.version,
    }
    form = RightsForm(request.POST or None, contract=request.contract, initial=initial)
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        done = attempt(
            form,
            card_change,
            card=card,
            contract=request.contract,
            version_seen=given["version"],
            groups=list(given["groups"]),
            doors=list(given["doors"]),
            unit=given["unit"],
            approval=form.approval(),
            reason=given["reason"],
            actor=request.user,
            at=clock.now(),
        )
        if done is not None:
            messages.success(request, _("The rights are changed."))
            return _to_card(card)
    title = f"{_('Change the rights')} · {card}"
    return _form_page(request, form, title, reverse("devices:card", args=[pk]), _("Change the rights"))


@allow(*KEEPERS, methods=GET_POST)
def card_longer(request: Request, pk: int) -> HttpResponse:
    """Let a card be valid for longer."""
    card = _card(request, pk)
    form = ExtendForm(request.POST or None)
    if form.is_bound and form.is_valid():
        done = attempt(
            form,
            card_extend,
            card=card,
            contract=request.contract,
            valid_to=form.cleaned_data["valid_to"],
            approval=form.approval(),
            reason=form.cleaned_data["reason"],
            actor=request.user,
            at=clock.now(),
        )
        if done is not None:
            messages.success(request, _("The card is valid until %(day)s.") % {"day": card.valid_to.isoformat()})
            return _to_card(card)
    intro = _("Valid until %(day)s at present.") % {"day": card.valid_to.isoformat()}
    title = f"{_('Extend')} · {card}"
    return _form_page(request, form, title, reverse("devices:card", args=[pk]), _("Extend"), intro=intro)


def _stop_view(request: Request, pk: int, verb: str, said: str, intro: str) -> HttpResponse:
    card = _card(request, pk)
    form = ReasonForm(request.POST or None)
    if form.is_bound and form.is_valid():
        done = attempt(
            form,
            card_stop,
            card=card,
            contract=request.contract,
            verb=verb,
            reason=form.cleaned_data["reason"],
            actor=request.user,
            at=clock.now(),
        )
        if done is not None:
            messages.success(request, said)
            return _to_card(card)
    label = _verb_labels()[verb]
    title = f"{label} · {card}"
    return _form_page(request, form, title, reverse("devices:card", args=[pk]), label, intro=intro, danger=True)


@allow(*KEEPERS, methods=GET_POST)
def card_lost(request: Request, pk: int) -> HttpResponse:
    """A card was lost: it opens nothing from this moment on."""
    return _stop_view(
        request,
        pk,
        "lose",
        _("Reported lost. The card opens nothing any more."),
        _("All its rights end at once. Please take it out of the controller as well."),
    )


@allow(*KEEPERS, methods=GET_POST)
def card_cancel(request: Request, pk: int) -> HttpResponse:
    """Cancel a card."""
    return _stop_view(
        request,
        pk,
        "cancel",
        _("The card is cancelled."),
        _("All its rights end at once. Please take it out of the controller as well."),
    )


@allow(*KEEPERS, methods=GET_POST)
def card_return(request: Request, pk: int) -> HttpResponse:
    """A card came back."""
    return _stop_view(
        request,
        pk,
        "give_back",
        _("The card is back; its number can be given again."),
        _("All its rights end; the number can be given to somebody else."),
    )


@allow(*KEEPERS, methods=GET_POST)
def card_again(request: Request, pk: int) -> HttpResponse:
    """A new card in place of this one."""
    card = _card(request, pk)
    form = ReissueForm(request.POST or None, initial={"valid_to": max(card.valid_to, _today())})
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        fresh = attempt(
            form,
            card_reissue,
            card=card,
            contract=request.contract,
            number=given["number"],
            valid_to=given["valid_to"],
            approval=form.approval(),
            reason=given["reason"],
            actor=request.user,
            at=clock.now(),
        )
        if fresh is not None:
            messages.success(request, _("The new card %(card)s takes its place.") % {"card": fresh.masked})
            return _to_card(fresh)
    intro = _("The new card has the same rights; the old one is cancelled and opens nothing.")
    title = f"{_('Replace by a new card')} · {card}"
    back = reverse("devices:card", args=[pk])
    return _form_page(request, form, title, back, _("Replace by a new card"), intro=intro)


@allow(*KEEPERS, methods=GET_POST)
def card_left(request: Request, pk: int) -> HttpResponse:
    """The holder, who has no account here, has left."""
    card = _card(request, pk)
    form = LeftForm(request.POST or None, initial={"left_on": _today()})
    if form.is_bound and form.is_valid():
        done = attempt(
            form,
            holder_left,
            card=card,
            contract=request.contract,
            left_on=form.cleaned_data["left_on"],
            actor=request.user,
            at=clock.now(),
        )
        if done is not None:
            messages.success(request, _("Entered. The card opens nothing any more; please cancel it."))
            return _to_card(card)
    title = f"{_('Holder left')} · {card}"
    return _form_page(request, form, title, reverse("devices:card", args=[pk]), _("Record it"))


@allow(*READERS, methods=GET_POST)
def cards_left(request: Request) -> HttpResponse:
    """Cards of people who left, to be cancelled in one act."""
    today = _today()
    cards = cards_visible_to(request.user).filter(hall=request.contract.hall_id)
    rows = list(cards_of_left(cards, today).select_related("unit", "holder").order_by("holder_name", "pk")[:500])
    form = ReasonForm(request.POST or None, initial={"reason": _("The holder has left.")})
    if form.is_bound and form.is_valid():
        ids = [int(text) for text in request.POST.getlist("cards")[:500] if text.isdecimal()]
        done = attempt(
            form,
            cards_of_left_cancel,
            contract=request.contract,
            ids=ids,
            reason=form.cleaned_data["reason"],
            actor=request.user,
            at=clock.now(),
        )
        if done is not None:
            said = ngettext("%(n)d card is cancelled.", "%(n)d cards are cancelled.", done) % {"n": done}
            messages.success(request, said)
            return HttpResponseRedirect(reverse("devices:access_left"))
    context = {"cards": rows, "form": form, "may_keep": request.role in KEEPERS}
    return render(request, "devices/access/left.html", context, status=form_status(form))


@allow(*READERS)
def person(request: Request) -> HttpResponse:
    """What one person's cards open."""
    name = request.GET.get("name", "").strip()[:40]
    today = _today()
    cards = cards_visible_to(request.user).filter(hall=request.contract.hall_id, holder_name=name)
    rows = _with_doors(list(cards.select_related("unit").order_by("-created_at")[:50]), today) if name else []
    doors = {door.pk: door for row in rows for door in row["doors"]}
    context = {"name": name, "rows": rows, "doors": sorted(doors.values(), key=lambda door: door.code)}
    return render(request, "devices/access/person.html", context)


# The list from a file ---------------------------------------------------------------------------------------------------


@allow(*KEEPERS, methods=GET_POST)
def card_import(request: Request) -> HttpResponse:
    """Choose a file, see what each row would do, then issue all the cards at once.

    The trial hands the table on to the second step, which checks it anew: no card number is kept on the server meanwhile.
    """
    confirmed = request.method == "POST" and "text" in request.POST
    files: Any = {"file": BytesIO(request.POST["text"].encode())} if confirmed else request.FILES
    form = ListFileForm(request.POST or None, request.FILES or None)
    context: dict[str, Any] = {"limit": MAX_CARDS}
    if request.method == "POST" and files.get("file") is not None:
        try:
            table = read_table(files["file"], max_rows=MAX_CARDS)
            if confirmed:
                cards = cards_import(table=table, contract=request.contract, actor=request.user, at=clock.now())
                said = ngettext("%(n)d card is issued.", "%(n)d cards are issued.", len(cards)) % {"n": len(cards)}
                messages.success(request, said)
                return HttpResponseRedirect(reverse("devices:access"))
            context |= _trial(table, card_list_read(table=table, contract=request.contract))
        except Invalid as error:
            form = ListFileForm(request.POST, request.FILES)
            form.full_clean()
            form.errors.clear()
            form.add_error(None, error.message)
    status = 422 if context.get("bad_count") else 200 if context.get("ready") else form_status(form)
    return render(request, "devices/access/import.html", {"form": form, **context}, status=status)


def _trial(table: Table, rows: list[Row]) -> dict[str, Any]:
    bad = sum(bool(row.problems) for row in rows)
    verdict = ngettext("%(n)d card would be issued.", "%(n)d cards would be issued.", len(rows)) % {"n": len(rows)}
    if bad:
        wrong = ngettext(
            "%(n)d row is wrong, so nothing would be issued.", "%(n)d rows are wrong, so nothing would be issued.", bad
        )
        verdict = wrong % {"n": bad}
    return {
        "rows": sorted(rows, key=lambda row: not row.problems)[:200],
        "ready": bool(rows) and not bad,
        "bad_count": bad,
        "text": _as_csv(table) if rows and not bad else "",
        "columns": [{"label": _("Line"), "numeric": True}, {"label": _("Holder")}, {"label": _("What would happen")}],
        "verdict": verdict,
    }


def _as_csv(table: Table) -> str:
    """The table as the second step reads it again."""

    def cell(text: str) -> str:
        return '"' + text.replace('"', '""') + '"'

    return "\n".join(",".join(cell(text) for text in row) for row in (table.header, *table.rows)) + "\n"


@allow(*KEEPERS)
def card_template(request: Request) -> Any:
    """An empty list with its headings and one row that shows how it is filled in."""
    today = _today()
    group = DoorGroup.objects.filter(hall=request.contract.hall_id, is_active=True).first()
    example = [
        "AB12345678", "张三（示例）", "", "", "员工", group.name if group else "", "", today.isoformat(),
        (today + timedelta(days=364)).isoformat(), "李四（示例）", "王五（示例）", "门禁申请2026-001",
    ]  # fmt: skip
    return xlsx_response(_("Access cards"), list(HEADINGS.values()), [example])


# Doors ------------------------------------------------------------------------------------------------------------------


@allow(*READERS)
def door_list(request: Request) -> HttpResponse:
    """The hall's doors and groups of doors."""
    hall = request.contract.hall_id
    doors = list(doors_visible_to(request.user).filter(hall=hall).select_related("place", "controller")[:500])
    groups = groups_visible_to(request.user).filter(hall=hall).prefetch_related("doors")
    in_use = Count("cards", filter=Q(cards__status=CardStatus.IN_USE))
    context = {
        "doors": doors,
        "groups": list(groups.annotate(in_use=in_use)[:200]),
        "may_keep": request.role in KEEPERS,
        "door_columns": [
            {"label": label}
            for label in (_("Door"), _("Place"), _("Controller"), _("Without power"), _("Hours of passage"))
        ],
        "group_columns": [
            {"label": _("Group of doors")},
            {"label": _("Doors")},
            {"label": _("Cards in use"), "numeric": True},
        ],
    }
    return render(request, "devices/access/doors.html", context)


def _door(request: Request, pk: int) -> Door:
    rows = doors_visible_to(request.user).filter(hall=request.contract.hall_id, pk=pk)
    door = rows.select_related("place", "controller").first()
    if door is None:
        raise NotFound(_("There is no such door in this hall."))
    return door


@allow(*READERS)
def door_detail(request: Request, pk: int) -> HttpResponse:
    """One door, and who may enter."""
    door = _door(request, pk)
    today = _today()
    cards = list(cards_of_door(door, today).select_related("unit").order_by("holder_name", "pk")[:1000])
    context = {
        "door": door,
        "groups": list(door.groups.filter(is_active=True)),
        "cards": cards,
        "may_keep": request.role in KEEPERS,
        "may_export": request.role != AUDITOR,
        "columns": [{"label": label} for label in (_("Holder"), _("Card"), _("Unit"), _("Valid until"))],
    }
    return render(request, "devices/access/door.html", context)


@allow(*EXPORTERS, methods=POST)
def door_export(request: Request, pk: int) -> Any:
    """Who may enter a door, as xlsx or csv."""
    door = _door(request, pk)
    today = _today()
    cards = list(cards_of_door(door, today).select_related("unit").order_by("holder_name", "pk")[:EXPORT_LIMIT])
    _exported(request, "door", len(cards), door=str(door))
    name = f"{door.code} {door.name}-{today:%Y%m%d}"
    return table_response(request.POST.get("format", "xlsx"), name, _card_header(), _card_rows(cards, today))


def _door_form(request: Request, door: Door | None) -> HttpResponse:
    initial: dict[str, Any] = {"mode": Door.Mode.FAIL_SAFE}
    if door is not None:
        initial = {name: getattr(door, name) for name in ("code", "name", "mode", "hours", "is_active", "version")}
        initial |= {"place": door.place_id, "controller": door.controller.code if door.controller else ""}
    form = DoorForm(request.POST or None, contract=request.contract, initial=initial)
    if form.is_bound and form.is_valid():
        values = dict(form.cleaned_data)
        version = values.pop("version") or 1
        common = {"contract": request.contract, "values": values, "actor": request.user, "at": clock.now()}
        service: Callable[..., Door] = door_add
        if door is not None:
            service = door_change
            common |= {"door": door, "version_seen": version}
        done = attempt(form, service, **common)
        if done is not None:
            messages.success(request, _("The door is saved."))
            return HttpResponseRedirect(reverse("devices:door", args=[done.pk]))
    title = str(door) if door else _("New door")
    return _form_page(request, form, title, reverse("devices:doors"), _("Save"))


@allow(*KEEPERS, methods=GET_POST)
def door_new(request: Request) -> HttpResponse:
    """Enter a door."""
    return _door_form(request, None)


@allow(*KEEPERS, methods=GET_POST)
def door_edit(request: Request, pk: int) -> HttpResponse:
    """Change a door."""
    return _door_form(request, _door(request, pk))


def _group_form(request: Request, group: DoorGroup | None) -> HttpResponse:
    initial: dict[str, Any] = {}
    if group is not None:
        initial = {name: getattr(group, name) for name in ("name", "note", "is_active", "version")}
        initial["doors"] = group.doors.all()
    form = GroupForm(request.POST or None, contract=request.contract, initial=initial)
    if form.is_bound and form.is_valid():
        given = dict(form.cleaned_data)
        done = attempt(
            form,
            group_save,
            group=group,
            contract=request.contract,
            version_seen=given.pop("version") or 1,
            actor=request.user,
            at=clock.now(),
            **given,
        )
        if done is not None:
            messages.success(request, _("The group is saved. Its cards open exactly these doors."))
            return HttpResponseRedirect(reverse("devices:doors"))
    title = str(group) if group else _("New group of doors")
    return _form_page(request, form, title, reverse("devices:doors"), _("Save"))


@allow(*KEEPERS, methods=GET_POST)
def group_new(request: Request) -> HttpResponse:
    """Make a group of doors."""
    return _group_form(request, None)


@allow(*KEEPERS, methods=GET_POST)
def group_edit(request: Request, pk: int) -> HttpResponse:
    """Change a group of doors."""
    group = groups_visible_to(request.user).filter(hall=request.contract.hall_id, pk=pk).first()
    if group is None:
        raise NotFound(_("There is no such group in this hall."))
    return _group_form(request, group)
