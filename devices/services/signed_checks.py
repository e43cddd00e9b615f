"""What rights checks, stocktakes, linkage tests and hand-over lists share: finished, signed by us, confirmed by the client."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from core.errors import Conflict, NotAllowed
from core.flow import Flow, claim
from core.roles import LEADER, SUPERVISOR
from devices.models import HandoverList, LinkageTest, RightsCheck, SignedCheck, Stocktake
from devices.services.common import KEEPERS, people_of, require_keeper
from devices.states import HANDOVER_FLOW, LINKAGE_FLOW, RIGHTS_CHECK_FLOW, STOCKTAKE_FLOW
from notifications.services.outbox import message_post
from parties.models import User
from parties.querysets import memberships_of
from records.models import Purpose, Signature, Source
from records.services.audit import audit_write

CONFIRMERS = (SUPERVISOR, LEADER)
"""Whose signature confirms a result for the client."""
FLOWS: Mapping[type[SignedCheck], Flow] = {
    RightsCheck: RIGHTS_CHECK_FLOW,
    Stocktake: STOCKTAKE_FLOW,
    LinkageTest: LINKAGE_FLOW,
    HandoverList: HANDOVER_FLOW,
}
STEPS = {Purpose.RESULT.value: "sign", Purpose.CONFIRM.value: "confirm"}
TITLE = gettext_noop("%(code)s waits for your confirmation")


def flow_of(check: SignedCheck) -> Flow:
    """The flow of this kind of check."""
    return FLOWS[type(check)]


def _has_role(user: Any, check: SignedCheck, roles: tuple[str, ...]) -> bool:
    """Whether the account has one of these roles in the check's hall; a renewal keeps what was begun before it."""
    return memberships_of(user).filter(contract__hall=check.contract.hall_id, role__in=roles).exists()


def can_sign(user: Any, check: SignedCheck, purpose: str) -> bool:
    """Whether this account may give this signature now: ours first, then the client's."""
    if not flow_of(check).allows(STEPS[purpose], check.status):
        return False
    return _has_role(user, check, KEEPERS if purpose == Purpose.RESULT else CONFIRMERS)


def can_ask(user: Any, check: SignedCheck, purpose: str) -> bool:
    """Whether this account may ask the client for its confirmation by a one-time link or on its own phone."""
    if purpose != Purpose.CONFIRM or not flow_of(check).allows("confirm", check.status):
        return False
    return _has_role(user, check, KEEPERS)


def check_signed(url: Callable[[Any], str]) -> Callable[..., None]:
    """What a signature does to a check of one kind: one step of its flow, and the client hears when its own is asked for."""

    def signed(check: Any, *, signature: Signature, at: datetime, source: str = "", **_more: Any) -> None:
        was = check.status
        step = STEPS[signature.purpose]
        claim(check, flow_of(check), step)
        audit_write(
            contract=check.contract,
            subject=check,
            verb=step,
            actor=signature.signer,
            actor_label=signature.signer_name,
            at=at,
            source=source or Source.PAGE,
            before={"status": was},
            after={"status": check.status, "way": signature.way, "signer": signature.signer_name},
        )
        if step == "sign":
            message_post(
                contract=check.contract,
                topic="devices",
                recipients=people_of(check.contract, at, SUPERVISOR),
                title=TITLE,
                params={"code": check.code},
                url=url(check),
                subject=check,
                at=at,
            )

    return signed


def act(
    check: SignedCheck,
    verb: str,
    *,
    actor: User | None,
    at: datetime,
    source: str = Source.PAGE,
    reason: str = "",
    after: Mapping[str, Any] | None = None,
    quiet: bool = False,
    **changes: Any,
) -> None:
    """One step of a check by somebody who keeps the register, claimed and entered; `quiet` leaves the entry to the caller.

    Raises NotAllowed, Conflict (it is no longer in a state that allows this).
    """
    require_keeper(actor, check.contract, source=source)
    was = check.status
    claim(check, flow_of(check), verb, refused=locked_message(check), **changes)
    if not quiet:
        audit_write(
            contract=check.contract,
            subject=check,
            verb=verb,
            actor=actor,
            at=at,
            source=source,
            before={"status": was} if was != check.status else {},
            after={**({"status": check.status} if was != check.status else {}), **(after or {})},
            reason=reason,
        )


def locked_message(check: SignedCheck) -> str:
    """What is said to whoever comes too late."""
    return _("%(code)s is finished and locked. Please look at its present state.") % {"code": check.code}


def seen(check: SignedCheck, version: int) -> None:
    """Raise Conflict unless the check is still as it was shown."""
    if check.version != version:
        raise Conflict(
            _("Somebody else has changed this meanwhile. Please look at it again; your entries are still here.")
        )


def require_hall(check: SignedCheck, hall_id: int) -> None:
    """Raise NotAllowed when something of another hall is put into a check."""
    if check.contract.hall_id != hall_id:
        raise NotAllowed(_("This belongs to another hall."))
