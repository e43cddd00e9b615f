"""Verbs `tag` and `untag`: words by which tickets are found together; and the manager's care of these words.

Tags are outside what is signed: putting one on a signed ticket leaves its signature whole.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core.errors import Conflict, Invalid, NotAllowed
from parties.models import Contract, User
from records.models import Source, Visibility
from records.services.audit import audit_write, changes
from tickets.models import Tag, Ticket, TicketTag
from tickets.permissions import can_arrange, can_keep_words
from tickets.services import common
from tickets.states import TagTone


@transaction.atomic
def tickets_tag(
    *, tickets: Sequence[Ticket], tag: Tag, actor: User, at: datetime, on: bool = True, source: str = Source.PAGE
) -> int:
    """Put a tag on tickets, or take it off; returns on how many that changed something.

    All tickets must belong to the tag's contract: a single foreign one refuses the whole batch (NotAllowed). Raises Invalid
    for a retired tag that is to be put on.
    """
    if any(ticket.contract_id != tag.contract_id for ticket in tickets):
        raise NotAllowed(_("One of these tickets is not in this contract; nothing was changed."))
    for ticket in tickets:
        common.require(can_arrange(actor, ticket), _("Only the contractor's people arrange tickets."))
    if on and not tag.is_active:
        raise Invalid(_("This tag is no longer in use."), fields={"tag": _("This tag is no longer in use.")})
    changed = 0
    for ticket in tickets:
        changed += _put(ticket, tag, actor, at, source) if on else _take(ticket, tag, actor, at, source)
    return changed


@transaction.atomic
def ticket_tags_set(
    *, ticket: Ticket, tags: Sequence[Tag], actor: User, at: datetime, source: str = Source.PAGE
) -> Ticket:
    """Let the ticket carry exactly these tags; retired ones that it carries already may stay. Raises as tickets_tag does."""
    carried = list(Tag.objects.filter(ticket_links__ticket=ticket))
    for tag in carried:
        if tag not in tags:
            tickets_tag(tickets=[ticket], tag=tag, actor=actor, at=at, on=False, source=source)
    for tag in tags:
        if tag not in carried:
            tickets_tag(tickets=[ticket], tag=tag, actor=actor, at=at, source=source)
    return ticket


def _put(ticket: Ticket, tag: Tag, actor: User, at: datetime, source: str) -> int:
    _row, made = TicketTag.objects.get_or_create(ticket=ticket, tag=tag, defaults={"added_by": actor, "added_at": at})
    if made:
        common.hold(ticket, "tag")
        common.record(
            ticket, "tag", actor=actor, at=at, source=source, after={"tag": tag}, visibility=Visibility.INTERNAL
        )
    return int(made)


def _take(ticket: Ticket, tag: Tag, actor: User, at: datetime, source: str) -> int:
    gone, _rows = TicketTag.objects.filter(ticket=ticket, tag=tag).delete()
    if gone:
        common.record(
            ticket, "untag", actor=actor, at=at, source=source, before={"tag": tag}, visibility=Visibility.INTERNAL
        )
    return int(bool(gone))


# The words themselves -------------------------------------------------------------------------------------------------


def _keeper(actor: User, contract: Contract) -> None:
    if not can_keep_words(actor, contract):
        raise NotAllowed(_("Only the project manager keeps the tags of a contract."))


def _checked(name: str, tone: str) -> str:
    common.check_input(
        {"name": common.needed(name, 20, _("Please give it a name.")), "tone": common.chosen(tone, TagTone)}
    )
    return name.strip()


@transaction.atomic
def tag_add(
    *, contract: Contract, name: str, tone: str = TagTone.PLAIN, actor: User, at: datetime, source: str = Source.PAGE
) -> Tag:
    """A new tag of a contract. Raises NotAllowed, Invalid, or Conflict when there is one of this name."""
    _keeper(actor, contract)
    name = _checked(name, tone)
    try:
        with transaction.atomic():
            tag = Tag.objects.create(contract=contract, name=name, tone=tone)
    except IntegrityError as error:
        raise _there_is_one() from error
    _record(tag, "tag_add", actor, at, source, after={"name": tag.name, "tone": tag.tone})
    return tag


@transaction.atomic
def tag_change(
    *, tag: Tag, name: str, tone: str, is_active: bool, actor: User, at: datetime, source: str = Source.PAGE
) -> Tag:
    """Call a tag something else, give it another colour, retire it or take it up again. Raises as tag_add does."""
    _keeper(actor, tag.contract)
    name = _checked(name, tone)
    before, after = changes(tag, name=name, tone=tone, is_active=is_active)
    if not after:
        return tag
    tag.name, tag.tone, tag.is_active = name, tone, is_active
    try:
        with transaction.atomic():
            tag.save(update_fields=["name", "tone", "is_active"])
    except IntegrityError as error:
        raise _there_is_one() from error
    _record(tag, "tag_change", actor, at, source, before=before, after=after)
    return tag


@transaction.atomic
def tag_merge(*, tag: Tag, into: Tag, actor: User, at: datetime, source: str = Source.PAGE) -> Tag:
    """Let the tickets of one tag carry another instead, and retire the first. Raises NotAllowed, or Invalid for the same tag or
    one of another contract."""
    _keeper(actor, tag.contract)
    if into.contract_id != tag.contract_id or into.pk == tag.pk or not into.is_active:
        raise Invalid(_("Please choose another tag."), fields={"into": _("Please choose another tag.")})
    carrying = TicketTag.objects.filter(tag=tag)
    count = carrying.count()
    carrying.filter(ticket__tag_links__tag=into).delete()
    TicketTag.objects.filter(tag=tag).update(tag=into)
    Tag.objects.filter(pk=tag.pk).update(is_active=False)
    tag.is_active = False
    _record(tag, "tag_merge", actor, at, source, after={"into": into, "tickets": count})
    return into


def _record(tag: Tag, verb: str, actor: User, at: datetime, source: str, **values: dict[str, object]) -> None:
    audit_write(
        contract=tag.contract,
        subject=tag,
        verb=verb,
        actor=actor,
        at=at,
        source=source,
        visibility=Visibility.INTERNAL,
        before=values.get("before"),
        after=values.get("after"),
    )


def _there_is_one() -> Conflict:
    message = _("There is a tag of this name already.")
    return Conflict(message, fields={"name": message})
