"""Who may do which verb to a ticket. Facts of the present state that others may change belong to the flow, not here."""

from typing import Any

from core.roles import AUDITOR, BUSINESS_ROLES, CLERK, CLIENT_ROLES, ENGINEER, LEADER, MANAGER, STAFF_ROLES, SUPERVISOR
from parties.models import Contract, Membership
from parties.querysets import membership_in, role_in
from tickets.models import Dispatch, FollowUp, LateEntry, MajorIncident, Ticket, TicketBatch
from tickets.states import TicketStatus

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


def can_schedule(user: Any, ticket: Ticket) -> bool:
    """The engineer who has the ticket, or the manager."""
    return _handles(user, ticket)


def can_wait(user: Any, ticket: Ticket) -> bool:
    """The engineer who has the ticket, or the manager: let the work wait, ask for it, or go on."""
    return _handles(user, ticket)


def can_approve_part(user: Any, ticket: Ticket) -> bool:
    """The project manager only."""
    return role_in(user, ticket.contract_id) == MANAGER


def can_verify(user: Any, ticket: Ticket) -> bool:
    """The contractor's people other than the responsible engineer."""
    return role_in(user, ticket.contract_id) in STAFF_ROLES and user.pk != ticket.assignee_id


def can_reassign(user: Any, ticket: Ticket) -> bool:
    """Engineers hand over what is theirs; the manager anything."""
    return _handles(user, ticket)


def can_correct(user: Any, ticket: Ticket) -> bool:
    """The engineer who has the ticket, any engineer while nobody has it, or the manager."""
    role = role_in(user, ticket.contract_id)
    return role == MANAGER or (role == ENGINEER and ticket.assignee_id in (None, user.pk))


def can_reopen(user: Any, ticket: Ticket) -> bool:
    """Whoever may sign may open again what was signed or closed; the project manager also what is archived."""
    if role_in(user, ticket.contract_id) == MANAGER:
        return True
    return ticket.status != TicketStatus.ARCHIVED and _is_client_side(user, ticket)


def can_archive(user: Any, ticket: Ticket) -> bool:
    """The project manager only."""
    return role_in(user, ticket.contract_id) == MANAGER


def can_keep_causes(user: Any, contract: Contract) -> bool:
    """Add, rename or retire cause codes: the project manager only."""
    return role_in(user, contract.pk) == MANAGER


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


def can_assign_follow_up(user: Any, follow_up: FollowUp) -> bool:
    """The project manager says who follows up a bad rating, and closes it."""
    return role_in(user, follow_up.contract_id) == MANAGER


def can_work_on_follow_up(user: Any, follow_up: FollowUp) -> bool:
    """The manager or whoever was asked to; never who did the work that was rated, so that nobody is pressed."""
    if not is_free_to_follow_up(user, follow_up):
        return False
    return role_in(user, follow_up.contract_id) == MANAGER or user.pk == follow_up.assignee_id


def is_free_to_follow_up(user: Any, follow_up: FollowUp) -> bool:
    """Whether somebody works for the contractor here and did not do the work that was rated."""
    return role_in(user, follow_up.contract_id) in STAFF_ROLES and user.pk != follow_up.ticket.assignee_id


def can_declare_incident(user: Any, contract: Contract) -> bool:
    """An engineer, the manager or the client's supervisor; never a window clerk alone (records 3.9)."""
    return role_in(user, contract.pk) in (*STAFF_ROLES, SUPERVISOR)


def can_handle_incident(user: Any, incident: MajorIncident) -> bool:
    """Report, note, follow instructions, end: any engineer of the contract, or the manager."""
    return role_in(user, incident.contract_id) in STAFF_ROLES


def can_instruct(user: Any, incident: MajorIncident) -> bool:
    """Write down what the client wants done: whoever handles it, or the client's supervisor and leader themselves."""
    return role_in(user, incident.contract_id) in (*STAFF_ROLES, SUPERVISOR, LEADER)


def can_review_incident(user: Any, incident: MajorIncident) -> bool:
    """Review and withdrawal are the project manager's."""
    return role_in(user, incident.contract_id) == MANAGER


def can_enter_late(user: Any, contract: Contract) -> bool:
    """What was worked on paper is entered by an engineer or the manager."""
    return role_in(user, contract.pk) in STAFF_ROLES


def can_decide_late(user: Any, entry: LateEntry) -> bool:
    """The manager, never who entered it nor the engineer whose work it tells; what a manager entered, the supervisor as well."""
    if user.pk in (entry.entered_by_id, entry.engineer_id):
        return False
    role = role_in(user, entry.contract_id)
    if role == MANAGER:
        return True
    return role == SUPERVISOR and MANAGER in (
        role_in(entry.entered_by, entry.contract_id),
        role_in(entry.engineer, entry.contract_id),
    )


def can_import_grid(user: Any, contract: Contract) -> bool:
    """Work orders of another system are taken over by an engineer or the manager."""
    return role_in(user, contract.pk) in STAFF_ROLES


def can_hand_over(user: Any, contract: Contract, person: Any) -> bool:
    """An engineer hands over their own open tickets, the manager anybody's (somebody fell ill)."""
    role = role_in(user, contract.pk)
    return role == MANAGER or (role == ENGINEER and user.pk == person.pk)


# Acts on several tickets ----------------------------------------------------------------------------------------------


def can_undo_batch(user: Any, batch: TicketBatch) -> bool:
    """Take an act on several tickets back: whoever did it, or the manager."""
    role = role_in(user, batch.contract_id)
    return role == MANAGER or (role == ENGINEER and user.pk == batch.made_by_id)


def can_remind(user: Any, ticket: Ticket) -> bool:
    """Whoever handles the ticket, and the client's supervisor or leader."""
    return _handles(user, ticket) or role_in(user, ticket.contract_id) in (SUPERVISOR, LEADER)
