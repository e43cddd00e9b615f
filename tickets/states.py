"""States of a ticket and who may take it from one to another (records 3.2, closed by 3.9)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.flow import Flow, Move


class TicketStatus(models.TextChoices):
    """Where a ticket stands."""

    PENDING_RESPONSE = "pending_response", _("Awaiting response")
    RESPONDED = "responded", _("Responded")
    IN_PROGRESS = "in_progress", _("In progress")
    TO_SIGN = "to_sign", _("Awaiting signature")
    SIGNED = "signed", _("Signed")
    CLOSED_UNSIGNED = "closed_unsigned", _("Closed, unsigned")
    CANCELLED = "cancelled", _("Voided")


S = TicketStatus
BEFORE_SIGNING = (S.PENDING_RESPONSE.value, S.RESPONDED.value, S.IN_PROGRESS.value)
OPEN = (*BEFORE_SIGNING, S.TO_SIGN.value)

TICKET_FLOW = Flow(
    name="ticket",
    initial=(S.PENDING_RESPONSE.value,),
    moves=(
        Move("respond", (S.PENDING_RESPONSE.value,), S.RESPONDED.value),
        Move("arrive", (S.RESPONDED.value,), S.IN_PROGRESS.value),
        Move("resolve", (S.IN_PROGRESS.value,), S.TO_SIGN.value),
        Move("sign", (S.TO_SIGN.value, S.CLOSED_UNSIGNED.value), S.SIGNED.value),
        Move("send_back", (S.TO_SIGN.value,), S.IN_PROGRESS.value),
        Move("close_unsigned", (S.TO_SIGN.value,), S.CLOSED_UNSIGNED.value),
        Move("cancel", BEFORE_SIGNING, S.CANCELLED.value),
        Move("rate", (S.SIGNED.value,), None),
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
