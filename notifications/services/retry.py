"""Sends again what had failed for good."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from core.errors import Conflict
from notifications.models import ChannelConfig, Delivery, DeliveryState
from notifications.permissions import require_manager
from notifications.querysets import dead_of
from parties.models import Contract, User
from records.models import Visibility
from records.services.audit import audit_write


@transaction.atomic
def deliveries_retry(*, contract: Contract, ids: Iterable[int], actor: User, at: datetime) -> int:
    """Let some failed deliveries of a contract be sent again, with 72 fresh hours; returns how many.

    Raises NotAllowed; Conflict when none of them stands as failed, or their channel is switched off.
    """
    require_manager(actor, contract)
    rows = dead_of(contract).filter(pk__in=list(ids))
    return _again(contract, rows.values_list("pk", flat=True), actor, at)


@transaction.atomic
def channel_retry(*, config: ChannelConfig, actor: User, at: datetime) -> int:
    """The same for everything that failed at one channel."""
    require_manager(actor, config.contract)
    rows = dead_of(config.contract).filter(config=config)
    return _again(config.contract, rows.values_list("pk", flat=True), actor, at)


def _again(contract: Contract, ids: Iterable[int], actor: User, at: datetime) -> int:
    on = Q(config=None) | Q(config__in=ChannelConfig.objects.filter(contract=contract, is_enabled=True))
    rows = Delivery.objects.filter(on, pk__in=list(ids), state=DeliveryState.DEAD)
    changed = rows.update(
        state=DeliveryState.PENDING,
        attempts=0,
        due_at=at,
        next_attempt_at=at,
        alone=False,
        claim="",
        claimed_until=None,
    )
    if not changed:
        raise Conflict(_("Nothing was sent again: it is no longer failed, or its channel is switched off."))
    audit_write(
        contract=contract,
        subject=contract,
        verb="deliveries_retry",
        actor=actor,
        at=at,
        after={"deliveries": changed},
        visibility=Visibility.INTERNAL,
    )
    return changed
