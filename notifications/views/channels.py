"""/notifications/channels/: the ways out of the house, how they fare, their setting up, switching and trying."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from core import clock
from core.access import GET_POST, POST, allow
from core.errors import DomainError, Invalid, NotAllowed, NotFound
from core.forms import attempt, form_status
from core.http import Request
from core.roles import ADMIN, MANAGER
from notifications.forms import FORMS, ChannelForm, InternalForm
from notifications.models import Channel, ChannelConfig, DeliveryState
from notifications.querysets import channels_of, dead_of, internal_targets_of, unreachable
from notifications.services.channels import (
    channel_change,
    channel_create,
    channel_switch,
    channel_test,
    internal_close,
    internal_open,
)
from notifications.services.courier import send_now
from notifications.text import trouble
from notifications.topics import TEST, all_topics

ICONS = {
    Channel.EMAIL: "mail",
    Channel.SMS: "device-mobile",
    Channel.WEBHOOK: "route",
    Channel.WECOM: "message-circle",
    Channel.DINGTALK: "message-2",
    Channel.FEISHU: "send",
}


@allow(MANAGER, ADMIN)
def channels(request: Request) -> HttpResponse:
    """Every channel of the contract with its last success and failure, the open inner networks, and what can be added."""
    now = clock.now()
    rows = list(channels_of(request.contract))
    context = {
        "rows": [_row(one, now) for one in rows],
        "kinds": [(kind, label, ICONS[Channel(kind)]) for kind, label in Channel.choices if kind in FORMS],
        "any_on": any(one.is_enabled for one in rows),
        "unreachable": unreachable(request.contract),
        "dead": dead_of(request.contract).order_by()[:100].count() if request.role == MANAGER else 0,
        "internal": internal_targets_of(request.contract),
        "columns": [
            {"label": _("Notification channel")},
            {"label": _("For")},
            {"label": _("State")},
            {"label": _("Last success")},
            {"label": _("Last failure")},
            {"label": _("Acts"), "hidden": True},
        ],
        "may_see_sent": request.role == MANAGER,
        "may_open": request.role == ADMIN,
    }
    return render(request, "notifications/channels.html", context)


def _row(config: ChannelConfig, now: datetime) -> dict[str, Any]:
    labels = all_topics()
    return {
        "config": config,
        "icon": ICONS[Channel(config.kind)],
        "topics": [labels[slug] for slug in config.topics if slug in labels],
        "rests": config.closed_until if config.closed_until and config.closed_until > now else None,
    }


@allow(MANAGER, ADMIN, methods=GET_POST)
def channel_add(request: Request) -> HttpResponse:
    """Set up a channel of ?kind=; it stays switched off until somebody has tried it and switches it on."""
    kind = request.GET.get("kind", "")
    if kind not in FORMS:
        return redirect("notifications:channels")
    form = FORMS[kind](request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = attempt(
            form,
            channel_create,
            contract=request.contract,
            kind=kind,
            data=form.data_of(),
            actor=request.user,
            at=clock.now(),
        )
        if made is not None:
            messages.success(request, _("Saved, and not switched on yet. Please send a test first."))
            return redirect("notifications:channel", pk=made.pk)
    return _form_page(request, form, kind, None)


@allow(MANAGER, ADMIN, methods=GET_POST)
def channel(request: Request, pk: int) -> HttpResponse:
    """One channel: how it fares, and its settings. What is secret is never shown."""
    config = _own(request, pk)
    form = FORMS[config.kind](request.POST or None, config=config)
    if request.method == "POST" and form.is_valid():
        done = attempt(
            form,
            channel_change,
            config=config,
            data=form.data_of(),
            version=form.cleaned_data["version"] or 0,
            actor=request.user,
            at=clock.now(),
        )
        if done is not None:
            messages.success(request, _("Saved."))
            return redirect("notifications:channel", pk=config.pk)
        config = _own(request, pk)
    return _form_page(request, form, config.kind, config)


def _form_page(request: Request, form: ChannelForm, kind: str, config: ChannelConfig | None) -> HttpResponse:
    last = config.deliveries.filter(message__topic=TEST).order_by("-id").first() if config else None
    context = {
        "form": form,
        "kind": kind,
        "kind_label": Channel(kind).label,
        "row": _row(config, clock.now()) if config else None,
        "last_test": last,
        "plain_fields": [one for one in form.visible_fields() if one.name != "topics"],
        "topics_field": form["topics"] if "topics" in form.fields else None,
    }
    return render(request, "notifications/channel.html", context, status=form_status(form))


@allow(MANAGER, ADMIN, methods=POST)
def channel_turn(request: Request, pk: int) -> HttpResponse:
    """Switch a channel on (`on=1`) or off."""
    config, on = _own(request, pk), request.POST.get("on") == "1"
    try:
        channel_switch(config=config, on=on, actor=request.user, at=clock.now())
    except (NotAllowed, NotFound):
        raise
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("The channel is switched on.") if on else _("The channel is switched off."))
    return redirect("notifications:channel", pk=config.pk)


@allow(MANAGER, ADMIN, methods=POST)
def channel_try(request: Request, pk: int) -> HttpResponse:
    """Send a test by the very way that messages take, and show what the other side said."""
    config = _own(request, pk)
    try:
        delivery = channel_test(config=config, actor=request.user, at=clock.now())
    except Invalid as error:
        messages.error(request, error.message)
        return redirect("notifications:channel", pk=config.pk)
    delivery = send_now(delivery, clock.now)
    if delivery.state == DeliveryState.DELIVERED:
        messages.success(request, _("The test was taken: %(answer)s") % {"answer": delivery.answer})
    else:
        messages.error(request, _("The test failed: %(error)s") % {"error": trouble(delivery.last_error)})
    return redirect("notifications:channel", pk=config.pk)


@allow(ADMIN, methods=GET_POST)
def internal(request: Request) -> HttpResponse:
    """Open a network inside the house to the contract's channels; the list of those that are open."""
    form = InternalForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        done = attempt(
            form, internal_open, contract=request.contract, actor=request.user, at=clock.now(), **form.cleaned_data
        )
        if done is not None:
            messages.success(request, _("The network is open to this contract's channels."))
            return redirect("notifications:internal")
    context = {
        "form": form,
        "rows": internal_targets_of(request.contract),
        "columns": [
            {"label": _("Network")},
            {"label": _("Ports")},
            {"label": _("What it is for")},
            {"label": _("Opened")},
            {"label": _("Acts"), "hidden": True},
        ],
    }
    return render(request, "notifications/internal.html", context, status=form_status(form))


@allow(ADMIN, methods=POST)
def internal_shut(request: Request, pk: int) -> HttpResponse:
    """Close an inner network again."""
    target = internal_targets_of(request.contract).filter(pk=pk).first()
    if target is None:
        raise NotFound(_("There is no such network."))
    internal_close(target=target, actor=request.user, at=clock.now())
    messages.success(request, _("The network is closed."))
    return redirect("notifications:internal")


def _own(request: Request, pk: int) -> ChannelConfig:
    config = channels_of(request.contract).filter(pk=pk).first()
    if config is None:
        raise NotFound(_("There is no such channel."))
    return config
