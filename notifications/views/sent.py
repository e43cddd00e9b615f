"""/notifications/channels/sent/ and failed/: to whom what went by which way, whether it arrived and was read, what failed."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.contrib import messages
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core import clock
from core.access import GET_POST, POST, allow
from core.errors import DomainError, NotAllowed, NotFound
from core.export import csv_response
from core.http import Request
from core.roles import MANAGER
from notifications.forms import SentFilter
from notifications.models import Delivery, DeliveryState, Message
from notifications.querysets import channels_of, dead_of, sent_of
from notifications.services.retry import channel_retry, deliveries_retry
from notifications.text import safe_words, trouble
from notifications.topics import TEST, label_of, slugs_of
from records.models import Visibility
from records.services.audit import audit_write

PAGE = 50
MOST_EXPORTED = 20_000
LOOKS = {
    DeliveryState.PENDING: ("info", "clock"),
    DeliveryState.DELIVERED: ("ok", "check"),
    DeliveryState.DEAD: ("danger", "circle-x"),
    DeliveryState.UNREACHED: ("warn", "alert-triangle"),
}


@allow(MANAGER)
def sent(request: Request) -> HttpResponse:
    """Every delivery of the contract's messages, newest first, filtered, a page at a time by key (?before=<id>)."""
    form = SentFilter(request.GET)
    rows = _filtered(request, form)
    before = request.GET.get("before", "")
    if before.isdigit():
        rows = rows.filter(pk__lt=int(before[:18]))
    found = list(rows[: PAGE + 1])
    page, more = found[:PAGE], len(found) > PAGE
    context = {
        "rows": present(page),
        "form": form,
        "is_filtered": any(request.GET.get(name) for name in form.fields),
        "older": page[-1].pk if more else "",
        "columns": _columns(),
    }
    return render(request, "notifications/sent.html", context)


def _columns() -> list[dict[str, Any]]:
    return [
        {"label": _("Message")},
        {"label": _("Recipient")},
        {"label": _("Sent by")},
        {"label": _("State")},
        {"label": _("Read")},
    ]


@allow(MANAGER, methods=POST)  # type: ignore[arg-type]
def sent_export(request: Request) -> StreamingHttpResponse:
    """The filtered list as CSV; the export itself is entered in the history."""
    now = clock.now()
    rows = _filtered(request, SentFilter(request.GET))[:MOST_EXPORTED]
    audit_write(
        contract=request.contract,
        subject=request.contract,
        verb="export",
        actor=request.user,
        at=now,
        after={"what": "deliveries", "filter": request.GET.urlencode()[:300]},
        visibility=Visibility.INTERNAL,
    )
    header = [
        _("Posted"), _("Topic"), _("Message"), _("Urgent"), _("Recipient"), _("Sent by"), _("State"), _("Attempts"),
        _("Delivered"), _("Read"), _("Last error"),
    ]  # fmt: skip
    return csv_response(
        f"{_('Deliveries')}_{now.astimezone(clock.SHANGHAI):%Y%m%d_%H%M}", header, _cells(rows.iterator(500))
    )


def _cells(rows: Iterable[Delivery]) -> Iterator[Sequence[Any]]:
    for row in rows:
        yield (
            row.message.posted_at,
            label_of(row.message.topic),
            safe_words(row.message).title,
            _("Urgent") if row.message.urgent else "",
            whom(row),
            way(row),
            row.get_state_display(),
            row.attempts,
            row.delivered_at,
            row.read_at,
            trouble(row.last_error),
        )


@allow(MANAGER)
def sent_message(request: Request, pk: int) -> HttpResponse:
    """One message: its words, and each of its deliveries with attempts, errors and when it was read."""
    message = Message.objects.filter(contract=request.contract, pk=pk).first()
    if message is None:
        raise NotFound(_("There is no such message."))
    rows = list(sent_of(request.contract).filter(message=message).order_by("id"))
    context = {
        "message": message,
        "words": safe_words(message),
        "topic": label_of(message.topic),
        "rows": present(rows),
        "columns": [
            {"label": _("Recipient")},
            {"label": _("Sent by")},
            {"label": _("State")},
            {"label": _("Attempts"), "numeric": True},
            {"label": _("Delivered")},
            {"label": _("Read")},
        ],
    }
    return render(request, "notifications/sent_message.html", context)


@allow(MANAGER, methods=GET_POST)
def failed(request: Request) -> HttpResponse:
    """What failed for good, by channel; one (`delivery`), or all of one channel (`channel`), can be sent again."""
    if request.method == "POST":
        return _retry(request)
    found = list(dead_of(request.contract)[: PAGE + 1])
    targets = channels_of(request.contract).annotate(
        dead=Count("deliveries", filter=Q(deliveries__state=DeliveryState.DEAD) & ~Q(deliveries__message__topic=TEST))
    )
    context = {
        "rows": present(found[:PAGE]),
        "more": len(found) > PAGE,
        "targets": targets.filter(dead__gt=0),
        "columns": [*_columns()[:3], {"label": _("Last error")}, {"label": _("Acts"), "hidden": True}],
    }
    return render(request, "notifications/failed.html", context)


def _retry(request: Request) -> HttpResponse:
    wanted = request.POST.get("delivery", "")
    try:
        if wanted:
            ids = [int(wanted)] if wanted.isdigit() and len(wanted) < 19 else []
            count = deliveries_retry(contract=request.contract, ids=ids, actor=request.user, at=clock.now())
        else:
            number = request.POST.get("channel", "")
            config = (
                channels_of(request.contract).filter(pk=int(number[:18])).first()
                if number.isascii() and number.isdigit()
                else None
            )
            if config is None:
                raise NotFound(_("There is no such channel."))
            count = channel_retry(config=config, actor=request.user, at=clock.now())
    except (NotAllowed, NotFound):
        raise
    except DomainError as error:
        messages.error(request, error.message)
    else:
        text = ngettext("%(n)d delivery is being sent again.", "%(n)d deliveries are being sent again.", count)
        messages.success(request, text % {"n": count})
    return redirect("notifications:failed")


def _filtered(request: Request, form: SentFilter) -> QuerySet[Delivery]:
    rows = sent_of(request.contract)
    if not form.is_valid():
        return rows.none()
    data = form.cleaned_data
    if data["state"]:
        rows = rows.filter(state=data["state"])
    if data["channel"]:
        rows = rows.filter(channel=data["channel"])
    if data["topic"]:
        rows = rows.filter(message__topic__in=slugs_of(data["topic"]))
    if data["q"]:
        # Names, numbers and labels: a message's words are made when it is read, its parameters are what can be searched.
        like = Q(params__label__icontains=data["q"]) | Q(params__code__icontains=data["q"])
        said = Message.objects.filter(like, pk=OuterRef("message_id"))
        rows = rows.filter(
            Exists(said) | Q(recipient__name__icontains=data["q"]) | Q(contact__name__icontains=data["q"])
        )
    return rows


def present(rows: Iterable[Delivery]) -> list[dict[str, Any]]:
    """Deliveries as the lists show them."""
    return [
        {
            "row": row,
            "message": row.message,
            "words": safe_words(row.message),
            "topic": label_of(row.message.topic),
            "whom": whom(row),
            "way": way(row),
            "tone": LOOKS[DeliveryState(row.state)][0],
            "icon": LOOKS[DeliveryState(row.state)][1],
            "url": reverse("notifications:sent_message", kwargs={"pk": row.message_id}),
        }
        for row in rows
    ]


def whom(row: Delivery) -> str:
    """To whom a delivery goes: a person, a contact, or the group of a channel."""
    if row.recipient is not None:
        return row.recipient.name
    if row.contact is not None:
        return _("%(name)s (contact)") % {"name": row.contact.name}
    return _("Group of %(channel)s") % {"channel": row.config.name if row.config else row.get_channel_display()}


def way(row: Delivery) -> str:
    """By which way a delivery goes."""
    return f"{row.get_channel_display()} · {row.config.name}" if row.config else row.get_channel_display()
