"""Verbs `instruct` and `follow`: what the client told us to do during an incident, and what was done about it (五.2(6))."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from core.errors import Conflict
from parties.models import User
from records.models import Source
from records.services.attachments import PreparedImage
from tickets.models import IncidentInstruction, MajorIncident
from tickets.permissions import can_handle_incident, can_instruct
from tickets.services import common
from tickets.services import incident_common as own
from tickets.states import MAJOR_OPEN, ReportWay


@transaction.atomic
def incident_instruct(
    *,
    incident: MajorIncident,
    actor: User,
    at: datetime,
    given_by: str,
    given_how: str,
    text: str,
    given_at: datetime | None = None,
    source: str = Source.PAGE,
) -> IncidentInstruction:
    """Write down an instruction of the client, given at `given_at` (default `at`); the client's own people may write it themselves.

    Raises NotAllowed, Invalid or Conflict.
    """
    common.require(can_instruct(actor, incident), _("Your role may not write down instructions of the client."))
    given = given_at or at
    common.check_input(
        {
            "given_by": common.needed(given_by, 60, _("Please say who gave it.")),
            "given_how": common.chosen(given_how, ReportWay),
            "text": common.needed(text, 1000, _("Please say what is to be done.")),
            "given_at": own.not_after(given, at)
            or (_("This cannot precede the knowledge of the incident.") if given < incident.knowledge_at else ""),
        }
    )
    own.take(incident, "instruct")
    row = IncidentInstruction.objects.create(
        incident=incident,
        given_by=given_by.strip(),
        given_how=given_how,
        given_at=given,
        text=text.strip(),
        recorded_by=actor,
        recorded_at=at,
    )
    own.record(
        incident,
        "instruct",
        actor=actor,
        at=given,
        source=source,
        after={"instruction": row.pk, "given_by": row.given_by, "given_how": given_how, "text": row.text},
    )
    if incident.status in MAJOR_OPEN:
        own.tell(
            incident,
            recipients=common.people(common.managers_of(incident.contract, at), [incident.declared_by], without=actor),
            title=gettext_noop("%(code)s: instruction of %(by)s"),
            body="%(text)s",
            params={"by": row.given_by, "text": row.text[:200]},
            at=at,
            source=source,
            urgent=True,
        )
    return row


@transaction.atomic
def instruction_follow(
    *,
    instruction: IncidentInstruction,
    actor: User,
    at: datetime,
    done_text: str,
    done_at: datetime | None = None,
    photos: Sequence[PreparedImage] = (),
    source: str = Source.PAGE,
) -> IncidentInstruction:
    """Say what was done about an instruction, once. Raises NotAllowed, Invalid or Conflict."""
    incident = instruction.incident
    common.require(
        can_handle_incident(actor, incident), _("Only an engineer or the project manager of this contract can do this.")
    )
    done = done_at or at
    common.check_input(
        {
            "done_text": common.needed(done_text, 1000, _("Please say what was done.")),
            "done_at": own.not_after(done, at)
            or (_("It cannot be done before it was asked for.") if done < instruction.given_at else ""),
        }
    )
    own.take(incident, "follow_instruction")
    rows = IncidentInstruction.objects.filter(pk=instruction.pk, done_at=None)
    if not rows.update(done_text=done_text.strip(), done_at=done, done_by=actor):
        raise Conflict(_("Somebody else has just said what was done about this instruction."))
    instruction.done_text, instruction.done_at, instruction.done_by = done_text.strip(), done, actor
    own.record(
        incident,
        "follow_instruction",
        actor=actor,
        at=done,
        source=source,
        after={"instruction": instruction.pk, "text": instruction.text[:200], "done_text": instruction.done_text},
    )
    own.store_photos(incident, photos, actor=actor, at=at, source=source)
    return instruction
