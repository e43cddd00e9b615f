"""Sets up the ways out of the house, tries them, and opens inner networks to them. Secrets are sealed and never told again."""

import ipaddress
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from core import outbound, vault
from core.errors import Conflict, Invalid
from notifications.models import (
    ROBOTS,
    Channel,
    ChannelConfig,
    Delivery,
    DeliveryState,
    InternalTarget,
    Message,
)
from notifications.permissions import require_admin, require_setter
from notifications.rules import reaches
from notifications.topics import TEST, all_topics
from parties.models import Contract, User
from records.models import Source, Visibility
from records.services.audit import audit_write

SWITCHED_OFF = "channel switched off"
LARGEST = {4: 8, 6: 32}
"""The shortest prefixes that may be opened: more would be half the world."""


@dataclass(frozen=True, kw_only=True)
class ChannelData:
    """What a channel is set up with. Of `secrets` ("address", "secret", "password") an empty one keeps what is stored.

    `forget` names stored secrets that are dropped.
    """

    name: str
    to_group: bool = False
    topics: Sequence[str] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    forget: Sequence[str] = ()


@transaction.atomic
def channel_create(*, contract: Contract, kind: str, data: ChannelData, actor: User, at: datetime) -> ChannelConfig:
    """Set up a channel, switched off. Raises NotAllowed; Invalid when address, topics or name do not hold."""
    require_setter(actor, contract)
    if kind == Channel.IN_APP or kind not in Channel.values:
        raise Invalid(_("There is no such channel."))
    kept = {name: value for name, value in data.secrets.items() if value}
    config = ChannelConfig(
        contract=contract,
        kind=kind,
        name=data.name.strip(),
        to_group=_to_group(kind, data),
        topics=_topics(data.topics),
        settings=dict(data.settings),
        target=_target(contract, kind, data.settings, kept),
        sealed=_sealed(kept),
        created_at=at,
    )
    _save(config)
    _audit(config, "channel_create", actor, at, after=_facts(config) | {"secrets": sorted(kept)})
    return config


@transaction.atomic
def channel_change(
    *, config: ChannelConfig, data: ChannelData, version: int, actor: User, at: datetime
) -> ChannelConfig:
    """Change a channel. Raises NotAllowed, Conflict when somebody else changed it meanwhile, Invalid.

    A stored password never follows a changed mail server: it has to be typed again.
    """
    require_setter(actor, config.contract)
    if not ChannelConfig.objects.filter(pk=config.pk, version=version).update(version=F("version") + 1):
        raise Conflict(_("Somebody else changed this channel meanwhile. Please look at it again."))
    config.refresh_from_db()
    before, stored = _facts(config), _opened(config)
    given = {name: value for name, value in data.secrets.items() if value}
    kept = {name: value for name, value in {**stored, **given}.items() if name in given or name not in data.forget}
    places = ("host", "port", "tls")
    moved = any(config.settings.get(name) != data.settings.get(name) for name in places)
    if config.kind == Channel.EMAIL and moved and "password" in kept and "password" not in given:
        message = _("The server has changed: please type the password again.")
        raise Invalid(message, fields={"password": message})
    config.name = data.name.strip()
    config.to_group = _to_group(config.kind, data)
    config.topics = _topics(data.topics)
    config.settings = dict(data.settings)
    config.target = _target(config.contract, config.kind, data.settings, kept)
    config.sealed = _sealed(kept)
    # What was wrong with it may be right now.
    config.failures, config.closed_until = 0, None
    _save(config)
    changed = sorted({*given, *(name for name in data.forget if name in stored and name not in kept)})
    _audit(config, "channel_change", actor, at, before=before, after=_facts(config) | {"secrets": changed})
    return config


@transaction.atomic
def channel_switch(*, config: ChannelConfig, on: bool, actor: User, at: datetime) -> ChannelConfig:
    """Switch a channel on or off. What still waits for one that is switched off is given up, and can be sent again later.

    Raises NotAllowed; Conflict when another personal channel of the kind is on, or it stands so already.
    """
    require_setter(actor, config.contract)
    rows = ChannelConfig.objects.filter(pk=config.pk, is_enabled=not on)
    try:
        with transaction.atomic():
            changed = rows.update(is_enabled=on, failures=0, closed_until=None, version=F("version") + 1)
    except IntegrityError:
        raise Conflict(_("Another channel of this kind is switched on. Please switch that one off first.")) from None
    if not changed:
        raise Conflict(_("This channel is switched on already.") if on else _("This channel is switched off already."))
    given_up = 0
    if not on:
        waiting = Delivery.objects.filter(config=config, state=DeliveryState.PENDING)
        given_up = waiting.update(state=DeliveryState.DEAD, last_error=SWITCHED_OFF, claim="", claimed_until=None)
    config.refresh_from_db()
    after = {"name": config.name, "target": config.target, **({"given_up": given_up} if given_up else {})}
    _audit(config, "channel_switch_on" if on else "channel_switch_off", actor, at, after=after)
    return config


@transaction.atomic
def channel_test(*, config: ChannelConfig, actor: User, at: datetime) -> Delivery:
    """Post a test by this one channel, to the person who asks or to the group; whoever calls sends it then (courier.send_now).

    Raises NotAllowed; Invalid when the person has no address for it.
    """
    require_setter(actor, config.contract)
    if not config.to_group and not reaches(config.kind, actor.email, actor.phone):
        raise Invalid(_("Your own account has no address for this channel, so there is nobody to send a test to."))
    message = Message.objects.create(
        contract=config.contract,
        topic=TEST,
        title=gettext_noop("Test of the channel %(name)s"),
        body=gettext_noop("%(who)s sent this to see whether it arrives. There is nothing to do."),
        params={"name": config.name, "who": actor.name},
        urgent=True,
        posted_at=at,
        source=Source.PAGE,
    )
    delivery = Delivery.objects.create(
        message=message,
        config=config,
        channel=config.kind,
        recipient=None if config.to_group else actor,
        due_at=at,
        next_attempt_at=at,
    )
    _audit(config, "channel_test", actor, at, after={"name": config.name, "target": config.target})
    return delivery


@transaction.atomic
def internal_open(
    *, contract: Contract, cidr: str, ports: Sequence[int], note: str, actor: User, at: datetime
) -> InternalTarget:
    """Open a network inside the house to the contract's channels. Raises NotAllowed (all but the administrator), Invalid.

    Addresses under which clouds hand out credentials stay closed, whatever is opened.
    """
    require_admin(actor, contract)
    try:
        network = ipaddress.ip_network(cidr.strip())
    except ValueError:
        message = _("Please write a network like 10.8.0.0/16, or one address.")
        raise Invalid(message, fields={"cidr": message}) from None
    if network.prefixlen < LARGEST[network.version]:
        message = _("This network is too large to be opened.")
        raise Invalid(message, fields={"cidr": message})
    if any(network.version == one.version and network.overlaps(one) for one in outbound.NOWHERE):
        message = _("This address may never be called.")
        raise Invalid(message, fields={"cidr": message})
    if InternalTarget.objects.filter(contract=contract, cidr=str(network), is_active=True).exists():
        message = _("This network is open already.")
        raise Invalid(message, fields={"cidr": message})
    row = InternalTarget.objects.create(
        contract=contract, cidr=str(network), ports=sorted(set(ports)), note=note.strip(), added_by=actor, added_at=at
    )
    _audit(row, "internal_open", actor, at, after={"cidr": row.cidr, "ports": row.ports}, reason=row.note)
    return row


@transaction.atomic
def internal_close(*, target: InternalTarget, actor: User, at: datetime) -> None:
    """Close an inner network again. Raises NotAllowed; Conflict when it is closed already."""
    require_admin(actor, target.contract)
    if not InternalTarget.objects.filter(pk=target.pk, is_active=True).update(is_active=False):
        raise Conflict(_("This network is closed already."))
    _audit(target, "internal_close", actor, at, before={"cidr": target.cidr, "ports": target.ports})


# ----------------------------------------------------------------------------------------------------------------------


def _to_group(kind: str, data: ChannelData) -> bool:
    return kind in ROBOTS or (kind == Channel.WEBHOOK and data.to_group)


def _topics(slugs: Sequence[str]) -> list[str]:
    unknown = set(slugs) - set(all_topics())
    if unknown:
        message = _("There is no such topic.")
        raise Invalid(message, fields={"topics": message})
    return [slug for slug in all_topics() if slug in slugs]


def _target(contract: Contract, kind: str, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> str:
    """What may be shown of the address. Raises Invalid when it may not be called."""
    rows = InternalTarget.objects.filter(contract=contract, is_active=True)
    allow = outbound.allowances(
        outbound.Allowance(ipaddress.ip_network(row.cidr), frozenset(row.ports)) for row in rows
    )
    name = "host" if kind == Channel.EMAIL else "address"
    try:
        if kind == Channel.EMAIL:
            host, port = outbound.check_host(str(settings["host"])), int(settings["port"])
            shown = f"{host}:{port}"
        else:
            target = outbound.check_url(secrets.get("address", ""))
            host, port, shown = target.host, target.port, target.origin
        _check_literal(host, port, allow)
    except outbound.Refused as error:
        message = {
            "port": _("This port is not among those that may be called. The administrator can open it."),
            "address": _("This address lies inside the house. The administrator can open it."),
            "metadata": _("This address may never be called."),
            "userinfo": _("Please leave out the name before the @."),
        }.get(error.reason, _("Please write the whole address, with plain letters and digits."))
        raise Invalid(
            message, fields={"port" if error.reason == "port" and name == "host" else name: message}
        ) from None
    return shown[:200]


def _check_literal(host: str, port: int, allow: Sequence[outbound.Allowance]) -> None:
    """What can be said of an address without asking a resolver; names are judged when they are called."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        if not any(port in one.ports for one in allow):
            outbound.check_port(port)
        return
    outbound.check_address(address, allow)
    outbound.check_port(port, address, allow)


def _save(config: ChannelConfig) -> None:
    try:
        with transaction.atomic():
            config.save()
    except IntegrityError:
        message = _("There is another channel of this name.")
        raise Invalid(message, fields={"name": message}) from None


def _sealed(secrets: Mapping[str, str]) -> str:
    return vault.seal(json.dumps(dict(secrets))) if secrets else ""


def _opened(config: ChannelConfig) -> dict[str, str]:
    """The stored secrets; none when their key is gone: then they have to be typed again."""
    try:
        return dict(json.loads(vault.unseal(config.sealed))) if config.sealed else {}
    except vault.CannotOpen:
        return {}


def secrets_stored(config: ChannelConfig) -> frozenset[str]:
    """The names of the secrets that are stored and open."""
    return frozenset(_opened(config))


def _facts(config: ChannelConfig) -> dict[str, Any]:
    """What history keeps of a channel: everything but its secrets."""
    return {
        "kind": config.kind,
        "name": config.name,
        "target": config.target,
        "to_group": config.to_group,
        "topics": config.topics,
        **config.settings,
    }


def _audit(
    row: ChannelConfig | InternalTarget,
    verb: str,
    actor: User,
    at: datetime,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
) -> None:
    audit_write(
        contract=row.contract,
        subject=row,
        verb=verb,
        actor=actor,
        at=at,
        before=before,
        after=after,
        reason=reason,
        visibility=Visibility.INTERNAL,
    )
