"""What messages are about. People choose their channels by topic, and a robot's group is told of some topics only."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TEST = "test"
"""Tests of a channel: nobody chooses them, and a test that failed is not tried again."""

_topics: dict[str, str | Promise] = {}
_members: dict[str, str] = {}


def register(slug: str, label: str | Promise, *, covers: tuple[str, ...] = ()) -> None:
    """Name a topic. `covers` are the slugs of messages that people choose together with it."""
    _topics[slug] = label
    _members.update(dict.fromkeys((slug, *covers), slug))


def topic_of(slug: str) -> str:
    """The topic under which a message's own slug is chosen; the slug itself where nobody registered it."""
    return _members.get(slug, slug)


def slugs_of(topic: str) -> list[str]:
    """Every slug of messages that belongs to a topic."""
    return [slug for slug, owner in _members.items() if owner == topic]


def label_of(slug: str) -> str:
    """What the topic of a message is called."""
    return str(_topics.get(topic_of(slug), _("Test") if slug == TEST else slug))


def all_topics() -> Mapping[str, str | Promise]:
    """Every topic that can be chosen, slug → label, in the order of registration."""
    return dict(_topics)


register("promise", _("Promises: due, at risk and missed"))
register("calendar", _("Calendar and holiday arrangement"))
register("records", _("Proof of the records"))
