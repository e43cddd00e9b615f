"""States of a ticket and who may take it from one to another (records 3.2, closed by 3.9)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.flow import Flow, Move


class TicketStatus(models.TextChoices):
    """Where a ticket stands. Remote work is `in_progress` with a service mode; a rating is a fact of a signed ticket, no state."""

    PENDING_RESPONSE = "pending_response", _("Awaiting response")
    RESPONDED = "responded", _("Responded")
    SCHEDULED = "scheduled", _("Appointment made")
    IN_PROGRESS = "in_progress", _("In progress")
    WAITING_VENDOR = "waiting_vendor", _("Waiting for the vendor")
    WAITING_PART = "waiting_part", _("Sent in, or waiting for a part")
    WAITING_CUSTOMER = "waiting_customer", _("Waiting for the client")
    ESCALATED = "escalated", _("Difficult, with the manager")
    TO_VERIFY = "to_verify", _("Awaiting verification")
    TO_SIGN = "to_sign", _("Awaiting signature")
    SIGNED = "signed", _("Signed")
    CLOSED_UNSIGNED = "closed_unsigned", _("Closed, unsigned")
    ARCHIVED = "archived", _("Archived")
    CANCELLED = "cancelled", _("Voided")
    MERGED = "merged", _("Merged")


S = TicketStatus
WAITING = (S.WAITING_VENDOR.value, S.WAITING_PART.value, S.WAITING_CUSTOMER.value)
IN_HAND = (S.RESPONDED.value, S.SCHEDULED.value, S.IN_PROGRESS.value, *WAITING, S.ESCALATED.value, S.TO_VERIFY.value)
"""Answered and not yet done: some engineer's work."""
BEING_DONE = tuple(status for status in IN_HAND if status != S.TO_VERIFY)
"""Answered, and there is still something to do."""
BEFORE_SIGNING = (S.PENDING_RESPONSE.value, *IN_HAND)
OPEN = (*BEFORE_SIGNING, S.TO_SIGN.value)
DONE = (S.TO_SIGN.value, S.SIGNED.value, S.CLOSED_UNSIGNED.value, S.ARCHIVED.value)
"""The work is done and verified; the database asks for its solution and instant."""
SIGNED_FOR = (S.SIGNED.value, S.ARCHIVED.value)
"""Signed by the client; putting a ticket away does not undo that."""
FELL_AWAY = (S.CANCELLED.value, S.MERGED.value)
"""No request of its own any more: voided, or part of another ticket."""

TICKET_FLOW = Flow(
    name="ticket",
    initial=(S.PENDING_RESPONSE.value,),
    moves=(
        Move("respond", (S.PENDING_RESPONSE.value,), S.RESPONDED.value),
        Move("schedule", (S.RESPONDED.value,), S.SCHEDULED.value),
        Move("reschedule", (S.SCHEDULED.value,), None),
        # From in_progress too: what was planned or given back as ordinary is in hand before anybody has been there.
        Move("arrive", (S.RESPONDED.value, S.SCHEDULED.value, S.IN_PROGRESS.value), S.IN_PROGRESS.value),
        Move("wait_vendor", (S.IN_PROGRESS.value,), S.WAITING_VENDOR.value),
        Move("wait_part", (S.IN_PROGRESS.value,), S.WAITING_PART.value),
        Move("ask_part", (S.IN_PROGRESS.value,), None),
        Move("refuse_part", (S.IN_PROGRESS.value,), None),
        Move("wait_customer", (S.IN_PROGRESS.value,), S.WAITING_CUSTOMER.value),
        Move("go_on", WAITING, S.IN_PROGRESS.value),
        Move("escalate", (S.RESPONDED.value, S.IN_PROGRESS.value), S.ESCALATED.value),
        Move("confirm_difficult", (S.ESCALATED.value,), None),
        Move("not_difficult", (S.ESCALATED.value,), S.IN_PROGRESS.value),
        Move("plan", (S.ESCALATED.value,), S.IN_PROGRESS.value),
        Move("resolve", (S.IN_PROGRESS.value,), S.TO_VERIFY.value),
        Move("verify", (S.TO_VERIFY.value,), S.TO_SIGN.value),
        Move("refuse_work", (S.TO_VERIFY.value,), S.IN_PROGRESS.value),
        Move("sign", (S.TO_SIGN.value, S.CLOSED_UNSIGNED.value), S.SIGNED.value),
        Move("send_back", (S.TO_SIGN.value,), S.IN_PROGRESS.value),
        Move("reopen", (S.SIGNED.value, S.CLOSED_UNSIGNED.value, S.ARCHIVED.value), S.IN_PROGRESS.value),
        Move("close_unsigned", (S.TO_SIGN.value,), S.CLOSED_UNSIGNED.value),
        Move("archive", (S.SIGNED.value,), S.ARCHIVED.value),
        Move("cancel", BEFORE_SIGNING, S.CANCELLED.value),
        Move("merge", BEFORE_SIGNING, S.MERGED.value),
        Move("rate", (S.SIGNED.value,), None),
        Move("reassign", IN_HAND, None),
        Move("correct", BEFORE_SIGNING, None),
        Move("explain_breach", tuple(S.values), None),
        Move("confirm_reporter", tuple(S.values), None),
    ),
)


class Channel(models.TextChoices):
    """How a request reached the contractor (一.3)."""

    WEB = "web", _("Web page")
    PHONE = "phone", _("Telephone")
    WALK_IN = "walk_in", _("In person")
    CHAT = "chat", _("Chat group")
    GRID = "grid", _("Grid work-order system")
    INSPECTION = "inspection", _("Inspection")
    SCAN = "scan", _("Label, without an account")


class Triage(models.TextChoices):
    """First triage, part of every response (附三.3))."""

    GENERAL = "general", _("General fault")
    USER_ERROR = "user_error", _("User error")
    DIFFICULT = "difficult", _("Difficult fault")
    SERVICE_REQUEST = "service_request", _("Service request")


class ContactMethod(models.TextChoices):
    """How the engineer spoke with the client when responding."""

    PHONE = "phone", _("Telephone")
    IN_PERSON = "in_person", _("In person")
    CHAT = "chat", _("Chat group")
    REMOTE = "remote", _("Remote session")


class CommitmentKind(models.TextChoices):
    """What was promised to the client when responding."""

    ARRIVAL = "arrival", _("Arrival on site by")
    REPAIR = "repair", _("Estimated repair by")


class ServiceMode(models.TextChoices):
    """How the work is done (三.3)."""

    ON_SITE = "on_site", _("On site")
    REMOTE = "remote", _("Remotely")


class WaitCause(models.TextChoices):
    """For what the client is waited for; each holds the repair's promise (sla's PauseCause)."""

    CLIENT_ACCESS = "client_access", _("Waiting for access")
    CLIENT_DECISION = "client_decision", _("Waiting for the client's decision")


class Impact(models.TextChoices):
    """How far the fault reaches."""

    POINT = "point", _("One point")
    SEVERAL = "several", _("Several points")
    HALL = "hall", _("Whole hall")


class Urgency(models.TextChoices):
    """How pressing it is."""

    LOW = "low", _("Low")
    MEDIUM = "medium", _("Medium")
    HIGH = "high", _("High")


class FaultType(models.TextChoices):
    """What kind of thing failed."""

    HARDWARE = "hardware", _("Hardware")
    SOFTWARE = "software", _("Software")
    NETWORK = "network", _("Network")
    PERIPHERAL = "peripheral", _("Peripheral")
    CONSUMABLE = "consumable", _("Consumable")
    PERMISSION = "permission", _("Permission")
    CONTENT = "content", _("Content")
    ENVIRONMENT = "environment", _("Environment")


class Result(models.TextChoices):
    """What the work came to."""

    SOLVED = "solved", _("Solved")
    RESTORED = "restored", _("Restored for now")
    RETIRED = "retired", _("Device to be retired")


class RatingWay(models.TextChoices):
    """Where a rating was given; those given on the handler's device are counted apart."""

    ACCOUNT = "account", _("Own account")
    LINK = "link", _("Own phone, one-time link")
    HANDOVER = "handover", _("On the handler's device")


class PlanStatus(models.TextChoices):
    """Where a plan for a difficult fault stands. Of one ticket at most one is being written and at most one is in force."""

    DRAFTED = "drafted", _("Being written")
    SUBMITTED = "submitted", _("With the manager")
    IN_FORCE = "in_force", _("In force")
    REPLACED = "replaced", _("Replaced")


PLAN_FLOW = Flow(
    name="plan",
    initial=(PlanStatus.DRAFTED.value, PlanStatus.IN_FORCE.value),
    moves=(
        Move("write", (PlanStatus.DRAFTED.value,), None),
        Move("submit", (PlanStatus.DRAFTED.value,), PlanStatus.SUBMITTED.value),
        Move("return", (PlanStatus.SUBMITTED.value,), PlanStatus.DRAFTED.value),
        Move("approve", (PlanStatus.DRAFTED.value, PlanStatus.SUBMITTED.value), PlanStatus.IN_FORCE.value),
        Move("replace", (PlanStatus.IN_FORCE.value,), PlanStatus.REPLACED.value),
    ),
)


class DispatchStatus(models.TextChoices):
    """Where the call to a vendor stands."""

    CALLED = "called", _("Called")
    ARRIVED = "arrived", _("Vendor is here")
    DONE = "done", _("Done")
    FAILED = "failed", _("Did not come, or not solved")
    CALLED_OFF = "called_off", _("Called off")


DISPATCH_OPEN = (DispatchStatus.CALLED.value, DispatchStatus.ARRIVED.value)
DISPATCH_FLOW = Flow(
    name="dispatch",
    initial=(DispatchStatus.CALLED.value,),
    moves=(
        Move("vendor_arrived", (DispatchStatus.CALLED.value,), DispatchStatus.ARRIVED.value),
        Move("vendor_done", DISPATCH_OPEN, DispatchStatus.DONE.value),
        Move("vendor_failed", DISPATCH_OPEN, DispatchStatus.FAILED.value),
        Move("vendor_call_off", DISPATCH_OPEN, DispatchStatus.CALLED_OFF.value),
    ),
)


class ToldBy(models.TextChoices):
    """How somebody outside was told or called."""

    PHONE = "phone", _("Telephone")
    IN_PERSON = "in_person", _("In person")
    CHAT = "chat", _("Chat group")
    MAIL = "mail", _("Mail")
    HOTLINE = "hotline", _("Vendor's hotline")


class CostBearer(models.TextChoices):
    """Who pays for a part (interpretation 11)."""

    CLIENT = "client", _("Client")
    CONTRACTOR = "contractor", _("Contractor")
    WARRANTY = "warranty", _("Vendor under warranty")
    OPEN = "open", _("Not yet settled")


class TagTone(models.TextChoices):
    """The colour of a tag; never the only thing that tells it from another."""

    PLAIN = "plain", _("Plain")
    INFO = "info", _("Blue")
    OK = "ok", _("Green")
    WARN = "warn", _("Amber")
    DANGER = "danger", _("Red")


class TextKind(models.TextChoices):
    """Where a text kept ready is offered."""

    NOTE = "note", _("Note")
    ANALYSIS = "analysis", _("First analysis")
    CAUSE = "cause", _("Cause")
    SOLUTION = "solution", _("Solution")
    VERIFICATION = "verification", _("Verification")


class LinkKind(models.TextChoices):
    """How one ticket relates to another, as said from its own end."""

    RELATED = "related", _("Related to")
    CAUSED_BY = "caused_by", _("Caused by")
    DUPLICATE_OF = "duplicate_of", _("Duplicate of")
    SPLIT_FROM = "split_from", _("Split off from")


FAULTS = (Triage.GENERAL.value, Triage.DIFFICULT.value)
"""What counts as a fault of the thing: not the user's error, and no request for a service."""


class RepeatStatus(models.TextChoices):
    """What is known of a fault that may have come again."""

    SUSPECTED = "suspected", _("Suspected")
    CONFIRMED = "confirmed", _("Confirmed")
    REFUTED = "refuted", _("Another cause")


class FollowUpStatus(models.TextChoices):
    """Where the follow-up of a bad rating stands; nothing but a person closes it."""

    OPEN = "open", _("To be called back")
    CALLED_BACK = "called_back", _("Called back")
    CLOSED = "closed", _("Case closed")


FOLLOW_UP_FLOW = Flow(
    name="follow_up",
    initial=(FollowUpStatus.OPEN.value,),
    moves=(
        Move("assign", (FollowUpStatus.OPEN.value, FollowUpStatus.CALLED_BACK.value), None),
        Move("call_back", (FollowUpStatus.OPEN.value,), FollowUpStatus.CALLED_BACK.value),
        Move("write_measures", (FollowUpStatus.CALLED_BACK.value,), None),
        Move("finish_measures", (FollowUpStatus.CALLED_BACK.value,), None),
        Move("ask_again", (FollowUpStatus.CALLED_BACK.value,), None),
        Move("rate_again", (FollowUpStatus.CALLED_BACK.value, FollowUpStatus.CLOSED.value), None),
        Move("close", (FollowUpStatus.CALLED_BACK.value,), FollowUpStatus.CLOSED.value),
    ),
)


class MajorStatus(models.TextChoices):
    """Where a major incident stands."""

    DECLARED = "declared", _("To be reported to the client")
    REPORTED = "reported", _("Reported to the client")
    HANDLING = "handling", _("Being handled")
    ENDED = "ended", _("Ended, review to follow")
    REVIEWED = "reviewed", _("Reviewed")
    WITHDRAWN = "withdrawn", _("Withdrawn")


MAJOR_OPEN = (MajorStatus.DECLARED.value, MajorStatus.REPORTED.value, MajorStatus.HANDLING.value)
MAJOR_FLOW = Flow(
    name="incident",
    initial=(MajorStatus.DECLARED.value,),
    moves=(
        Move("report_incident", (MajorStatus.DECLARED.value,), MajorStatus.REPORTED.value),
        Move("handle_incident", (MajorStatus.REPORTED.value,), MajorStatus.HANDLING.value),
        Move("instruct", (*MAJOR_OPEN, MajorStatus.ENDED.value), None),
        Move("follow_instruction", (*MAJOR_OPEN, MajorStatus.ENDED.value), None),
        Move("incident_note", (*MAJOR_OPEN, MajorStatus.ENDED.value), None),
        Move("end_incident", (MajorStatus.REPORTED.value, MajorStatus.HANDLING.value), MajorStatus.ENDED.value),
        Move("review_incident", (MajorStatus.ENDED.value,), MajorStatus.REVIEWED.value),
        Move("withdraw_incident", MAJOR_OPEN, MajorStatus.WITHDRAWN.value),
    ),
)


class ReportWay(models.TextChoices):
    """How the client was told of an incident, or told us what to do."""

    PHONE = "phone", _("Telephone")
    IN_PERSON = "in_person", _("In person")
    CHAT = "chat", _("Chat group")
    WRITTEN = "written", _("In writing")
    EMAIL = "email", _("Email")


class BlankKind(models.TextChoices):
    """Sheets that are printed empty, for when the system cannot be reached."""

    ORDER = "order", _("Work order, both signatures")
    LOG = "log", _("Daily log of calls")


class LateStatus(models.TextChoices):
    """Where an entry made after an outage stands."""

    WAITING = "waiting", _("Awaiting confirmation")
    CONFIRMED = "confirmed", _("Confirmed")
    REFUSED = "refused", _("Refused")


LATE_FLOW = Flow(
    name="late_entry",
    initial=(LateStatus.WAITING.value,),
    moves=(
        Move("confirm_late", (LateStatus.WAITING.value,), LateStatus.CONFIRMED.value),
        Move("refuse_late", (LateStatus.WAITING.value,), LateStatus.REFUSED.value),
    ),
)


class GridBatchStatus(models.TextChoices):
    """Where a file of work orders of another system stands."""

    CHECKED = "checked", _("Checked")
    TAKEN = "taken", _("Taken over")
    DISCARDED = "discarded", _("Laid aside")
    UNDONE = "undone", _("Undone")


GRID_BATCH_FLOW = Flow(
    name="grid_batch",
    initial=(GridBatchStatus.CHECKED.value,),
    moves=(
        Move("map", (GridBatchStatus.CHECKED.value,), None),
        Move("take_over", (GridBatchStatus.CHECKED.value,), GridBatchStatus.TAKEN.value),
        Move("discard", (GridBatchStatus.CHECKED.value,), GridBatchStatus.DISCARDED.value),
        Move("undo", (GridBatchStatus.TAKEN.value,), GridBatchStatus.UNDONE.value),
    ),
)


class HandoverReason(models.TextChoices):
    """Why open tickets change hands."""

    SHIFT = "shift", _("End of the shift")
    LEAVE = "leave", _("Leave")
    OTHER = "other", _("Another reason")


class HandoverLineState(models.TextChoices):
    """What became of one ticket of a hand-over."""

    OFFERED = "offered", _("Not answered yet")
    ACCEPTED = "accepted", _("Accepted")
    REFUSED = "refused", _("Refused")
    WITHDRAWN = "withdrawn", _("Taken back")
