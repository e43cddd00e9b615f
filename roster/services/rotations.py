"""Rotations: begun and ended, never rewritten, so that it stays readable whose turn it was."""

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from core import roles
from core.errors import Conflict, Invalid, NotFound
from parties.models import Contract, User
from parties.querysets import people_with_role
from records.models import Source, Visibility
from records.services.audit import audit_write
from roster.models import Post, Rotation, RotationMember, RotationStep
from roster.permissions import only_manager


@transaction.atomic
def rotation_add(
    *,
    contract: Contract,
    post: Post,
    people: Sequence[User],
    first_day: date,
    actor: User,
    at: datetime,
    last_day: date | None = None,
    step: str = RotationStep.WEEK,
    per_day: int = 1,
    stand_ins: Sequence[User | None] = (),
    source: str = Source.PAGE,
) -> Rotation:
    """Begin a rotation of some people at a post (附四.b). `stand_ins` has a place for each of `people`, or is empty.

    Raises NotAllowed, NotFound for a post of another contract, Invalid when nobody is named, one of them does not work
    here, more are asked for at a time than there are, or the dates are reversed.
    """
    only_manager(actor, contract)
    if post.contract_id != contract.pk:
        raise NotFound(_("There is no such post in this contract."))
    if not people or len({person.pk for person in people}) != len(people):
        message = _("Please name at least one person, each only once.")
        raise Invalid(message, fields={"people": message})
    staff = {row.pk for row in people_with_role(contract, *roles.STAFF_ROLES, on=first_day)}
    for person in (*people, *(row for row in stand_ins if row is not None)):
        if person.pk not in staff:
            message = _("%(name)s does not work in this contract on that day.") % {"name": person}
            raise Invalid(message, fields={"people": message})
    if not 1 <= per_day <= len(people):
        message = _("There are not that many people in the rotation.")
        raise Invalid(message, fields={"per_day": message})
    if last_day is not None and last_day < first_day:
        message = _("The last day must not lie before the first.")
        raise Invalid(message, fields={"last_day": message})
    rotation = Rotation.objects.create(
        contract=contract, post=post, first_day=first_day, last_day=last_day, step=step, per_day=per_day
    )
    seconds = list(stand_ins) or [None] * len(people)
    RotationMember.objects.bulk_create(
        RotationMember(rotation=rotation, position=position, person=person, stand_in=stand_in)
        for position, (person, stand_in) in enumerate(zip(people, seconds, strict=True), 1)
    )
    audit_write(
        contract=contract,
        subject=rotation,
        verb="rotation_add",
        actor=actor,
        at=at,
        source=source,
        after={"post": post, "people": list(people), "first_day": first_day, "step": step, "per_day": per_day},
        visibility=Visibility.INTERNAL,
    )
    return rotation


@transaction.atomic
def rotation_end(
    *, rotation: Rotation, last_day: date, actor: User, at: datetime, source: str = Source.PAGE
) -> Rotation:
    """Let a rotation end with a day; one that has not begun by then is put out of use. Planned shifts stay.

    Raises NotAllowed, Conflict when it has ended already.
    """
    only_manager(actor, rotation.contract)
    begun = last_day >= rotation.first_day
    changes = {"last_day": last_day} if begun else {"is_active": False}
    open_ended = Q(last_day=None) | Q(last_day__gt=last_day)
    if not Rotation.objects.filter(open_ended, pk=rotation.pk, is_active=True).update(**changes):
        raise Conflict(_("This rotation has already ended."))
    before = {"last_day": rotation.last_day, "is_active": rotation.is_active}
    rotation.refresh_from_db()
    audit_write(
        contract=rotation.contract,
        subject=rotation,
        verb="rotation_end",
        actor=actor,
        at=at,
        source=source,
        before=before,
        after=changes,
        visibility=Visibility.INTERNAL,
    )
    return rotation
