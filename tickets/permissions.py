"""Who may do which verb to a ticket. Facts of the present state that others may change belong to the flow, not here."""

from typing import Any

from core.roles import AUDITOR, BUSINESS_ROLES, CLERK, CLIENT_ROLES, ENGINEER, LEADER, MANAGER, STAFF_ROLES, SUPERVISOR
from parties.models import Contract, Membership
from parties.querysets import membership_in, role_in
from tickets.models import Dispatch, Ticket

REPORTERS = (*CLIENT_ROLES, *STAFF_ROLES)


def can_report(user: Any, contract: Contract) -> bool:
    """Client staff for themselves, engineers and the manager for anybody of the client."""
    return role_in(user, contract.pk) in REPORTERS


def can_respond(user: Any, ticket: Ticket) -> bool:
    """Any engineer of the contract; the manager on behalf of one."""
    return role_in(user, ticket.contract_id) in STAFF_ROLES


def can_confirm_reporter(user: Any, ticket: Ticket) -> bool:
    """Any engineer of the contract, or the manager: whoever has spoken with the person."""
    return role_in(user, ticket.contract_id) in STAFF_ROLES


def can_arrive(user: Any, ticket: Ticket) -> bool:
    """The engineer who has the ticket, or the manager."""
    return _handles(user, ticket)


def can_resolve(user: Any, ticket: Ticket) -> bool:
    """The engineer who has the ticket, or the manager."""
    return _handles(user, ticket)


def can_ask_signature(user: Any, ticket: Ticket) -> bool:
    """Whoever handles the ticket may hand over the phone or issue a signing link."""
    return _handles(user, ticket)


def can_sign(user: Any, ticket: Ticket) -> bool:
    """The reporter, client staff of the same unit, or the client's supervisor or leader; never the contractor (五.1(2))."""
    return _is_client_side(user, ticket)


def can_send_back(user: Any, ticket: Ticket) -> bool:
    """Whoever may sign may send back instead."""
    return _is_client_side(user, ticket)


def can_close_unsigned(user: Any, ticket: Ticket) -> bool:
    """The project manager only."""
    return role_in(user, ticket.contract_id) == MANAGER


def can_cancel(user: Any, ticket: Ticket) -> bool:
    """The project manager only."""
    return role_in(user, ticket.contract_id) == MANAGER


def can_rate(user: Any, ticket: Ticket) -> bool:
    """The client's side, never somebody who handled it."""
    return _is_client_side(user, ticket) and user.pk != ticket.assignee_id


def can_explain_breach(user: Any, ticket: Ticket) -> bool:
    """The manager; an engineer for a ticket that is theirs or nobody's yet."""
    role = role_in(user, ticket.contract_id)
    return role == MANAGER or (role == ENGINEER and ticket.assignee_id in (None, user.pk))


def sees_internal(user: Any, contract_id: int) -> bool:
    """Whether internal entries, reasons and device configuration are shown to this account."""
    role = role_in(user, contract_id)
    return role is not None and role not in CLIENT_ROLES


def reporting_membership(user: Any, contract: Contract) -> Membership | None:
    """The membership that fixes unit and reporter for client staff; None for the contractor's people."""
    membership = membership_in(user, contract.pk)
    return membership if membership is not None and membership.role in CLIENT_ROLES else None


def _handles(user: Any, ticket: Ticket) -> bool:
    role = role_in(user, ticket.contract_id)
    return role == MANAGER or (role == ENGINEER and ticket.assignee_id == user.pk)


def _is_client_side(user: Any, ticket: Ticket) -> bool:
    membership = membership_in(user, ticket.contract_id)
    if membership is None:
        return False
    if membership.role in (SUPERVISOR, LEADER):
        return True
    return membership.role == CLERK and (membership.unit_id == ticket.unit_id)


def can_note(user: Any, ticket: Ticket) -> bool:
    """Whoever works on the contract for the contractor, and the client's people who may sign the ticket."""
    return role_in(user, ticket.contract_id) in STAFF_ROLES or _is_client_side(user, ticket)


def can_watch(user: Any, ticket: Ticket) -> bool:
    """Whoever may read the ticket."""
    role = role_in(user, ticket.contract_id)
    return role in BUSINESS_ROLES and (role != CLERK or _is_client_side(user, ticket))


def can_arrange(user: Any, ticket: Ticket) -> bool:
    """Tags, checklists, links and splitting: any engineer of the contract, or the manager."""
    return role_in(user, ticket.contract_id) in STAFF_ROLES


def can_merge(user: Any, ticket: Ticket) -> bool:
    """The project manager only: merging ends a ticket."""
    return role_in(user, ticket.contract_id) == MANAGER


def can_keep_words(user: Any, contract: Contract) -> bool:
    """Tags, canned texts and checklists of a contract are kept by its manager."""
    return role_in(user, contract.pk) == MANAGER


# Difficult faults, vendors, loans and parts ---------------------------------------------------------------------------


def can_escalate(user: Any, ticket: Ticket) -> bool:
    """The engineer who has the ticket, or the manager (附三.3))."""
    return _handles(user, ticket)


def can_judge(user: Any, ticket: Ticket) -> bool:
    """Say whether a fault is difficult, put a plan in force or return it: the project manager only (interpretation 9)."""
    return role_in(user, ticket.contract_id) == MANAGER


def can_write_plan(user: Any, ticket: Ticket) -> bool:
    """The engineer who has the ticket, or the manager."""
    return _handles(user, ticket)


def can_dispatch(user: Any, ticket: Ticket) -> bool:
    """Call a vendor: the engineer who has the ticket, or the manager."""
    return _handles(user, ticket)


def can_watch_dispatch(user: Any, dispatch: Dispatch) -> bool:
    """Say when the vendor came and went: who watches the work, who has the ticket, or the manager."""
    role = role_in(user, dispatch.contract_id)
    return role == MANAGER or (role == ENGINEER and user.pk in (dispatch.supervisor_id, dispatch.ticket.assignee_id))


def can_lend(user: Any, ticket: Ticket) -> bool:
    """Lend a spare, or say why none: the engineer who has the ticket, or the manager."""
    return _handles(user, ticket)


def can_use_parts(user: Any, ticket: Ticket) -> bool:
    """Enter and take back parts: the engineer who has the ticket, or the manager."""
    return _handles(user, ticket)


def can_read_vendors(user: Any, contract_id: int) -> bool:
    """How vendors do: the contractor's people, the client's supervisor and leader, and the auditor."""
    return role_in(user, contract_id) in (*STAFF_ROLES, SUPERVISOR, LEADER, AUDITOR)
