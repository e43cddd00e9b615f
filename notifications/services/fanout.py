"""Decides by which channels outside the browser a message leaves, and when: rows of the transaction that posts it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from contract.rules import ServiceCalendar
from contract.services.calendar import calendar_of
from core.errors import Invalid
from notifications.models import PERSONAL, Channel, ChannelChoice, ChannelConfig, Delivery, DeliveryState, Message
from notifications.rules import Quiet, reaches, release_at
from notifications.topics import topic_of
from parties.models import Contact, Contract, User


@dataclass(frozen=True)
class Post:
    """A message that was just written, and whom it is for."""

    message: Message
    contract: Contract
    people: Sequence[User]
    contacts: Sequence[Contact]


@dataclass
class Desk:
    """What is set up in one contract, read once for a batch."""

    contract: Contract
    personal: list[ChannelConfig] = field(default_factory=list)
    groups: list[ChannelConfig] = field(default_factory=list)
    _calendar: ServiceCalendar | None = None

    def release(self, at: datetime, quiet: Quiet | None) -> datetime:
        """When something that is not urgent may leave; a contract without a calendar has no hours to keep."""
        if self._calendar is None:
            try:
                self._calendar = calendar_of(self.contract)
            except Invalid:
                return at
        return release_at(at, self._calendar.next_opening, quiet)


def outside_deliveries(posts: Iterable[Post]) -> list[Delivery]:
    """The deliveries of these messages by e-mail, text message, webhook and robots, unsaved.

    One statement where no channel is set up; where some are, one more for what people chose and one for each contract's calendar.
    Urgent messages take every channel a person can be reached by, whatever was chosen, at once; others those chosen for their
    topic, within service time and outside quiet hours.
    """
    posts = list(posts)
    desks = _desks(posts)
    choices: Mapping[int, ChannelChoice] = {}
    if any(desk.personal for desk in desks.values()):
        ids = {person.pk for post in posts for person in post.people}
        choices = {row.user_id: row for row in ChannelChoice.objects.filter(user_id__in=ids)}
    return [row for post in posts for row in _of(post, desks[post.contract.pk], choices)]


def _desks(posts: Sequence[Post]) -> dict[int, Desk]:
    desks = {post.contract.pk: Desk(post.contract) for post in posts}
    if desks:
        for config in ChannelConfig.objects.filter(contract__in=list(desks), is_enabled=True).order_by("pk"):
            desk = desks[config.contract_id]
            (desk.groups if config.to_group else desk.personal).append(config)
    return desks


def _of(post: Post, desk: Desk, choices: Mapping[int, ChannelChoice]) -> Iterator[Delivery]:
    message, at = post.message, post.message.posted_at
    for config in desk.groups:
        if not config.topics or topic_of(message.topic) in config.topics:
            yield _row(message, config, at if message.urgent else desk.release(at, None))
    for person in post.people:
        choice = choices.get(person.pk)
        wanted = _wanted(message, choice)
        leaves = at
        for config in desk.personal:
            if config.kind in wanted and reaches(config.kind, person.email, person.phone):
                if not message.urgent and leaves == at:
                    leaves = desk.release(at, quiet_of(choice))
                yield _row(message, config, leaves, recipient=person)
    for contact in post.contacts:
        ways = [one for one in desk.personal if reaches(one.kind, contact.email, contact.phone)]
        if not message.urgent:
            ways = [one for one in ways if one.kind == Channel.EMAIL]
        for config in ways:
            yield _row(message, config, at if message.urgent else desk.release(at, None), contact=contact)
        if not ways:
            # Said, not hidden: the page of the message shows whom it could not reach.
            yield Delivery(
                message=message,
                contact=contact,
                channel=Channel.EMAIL,
                state=DeliveryState.UNREACHED,
                next_attempt_at=at,
            )


def _wanted(message: Message, choice: ChannelChoice | None) -> Sequence[str]:
    if message.urgent:
        return PERSONAL
    return list(choice.topics.get(topic_of(message.topic), ())) if choice else ()


def quiet_of(choice: ChannelChoice | None) -> Quiet | None:
    """The quiet hours a person chose, None without any."""
    if choice is None or choice.quiet_from is None or choice.quiet_until is None:
        return None
    return choice.quiet_from, choice.quiet_until


def _row(message: Message, config: ChannelConfig, due_at: datetime, **whom: Any) -> Delivery:
    return Delivery(message=message, config=config, channel=config.kind, due_at=due_at, next_attempt_at=due_at, **whom)
