"""What the house is told of doors and access cards."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

if TYPE_CHECKING:
    from devices.due import Due
    from parties.models import Contract


def register() -> None:
    """Called once, when the apps are ready."""
    from django.urls import reverse

    from core import subjects
    from core.subjects import Subject
    from devices import due
    from devices.finds.access import cards_visible_to, doors_visible_to, groups_visible_to
    from devices.models import AccessCard, Door, DoorGroup
    from devices.tabs import Room, register_room

    register_room(Room("access", gettext_lazy("Access control"), "devices:access", "lock"))
    subjects.register(
        Subject(
            key="access_card",
            model=AccessCard,
            label=str,
            url=lambda card: reverse("devices:card", args=[card.pk]),
            visible_to=cards_visible_to,
            person=lambda card: card.holder_id,
            within=lambda rows, contract: rows.filter(hall=contract.hall_id),
        )
    )
    subjects.register(
        Subject(
            key="door",
            model=Door,
            label=str,
            url=lambda door: reverse("devices:door", args=[door.pk]),
            visible_to=doors_visible_to,
            within=lambda rows, contract: rows.filter(hall=contract.hall_id),
        )
    )
    subjects.register(
        Subject(
            key="door_group",
            model=DoorGroup,
            label=str,
            url=lambda _group: reverse("devices:doors"),
            visible_to=groups_visible_to,
            within=lambda rows, contract: rows.filter(hall=contract.hall_id),
        )
    )
    due.register(due.Source("access_cards", gettext_lazy("Access cards"), _ending))
    due.register(due.Source("cards_of_left", gettext_lazy("Cards of people who left"), _of_left))


def _ending(contract: "Contract", today: date) -> Iterable["Due"]:
    """Cards in use that end within 30 days."""
    from django.urls import reverse

    from devices.due import LIMIT, Due
    from devices.models import AccessCard
    from devices.rules_access import SOON_DAYS
    from devices.states import CardStatus

    rows = AccessCard.objects.filter(
        hall=contract.hall_id, status=CardStatus.IN_USE, valid_to__lte=today + timedelta(days=SOON_DAYS)
    )
    for card in rows.select_related("unit").order_by("valid_to", "pk")[:LIMIT]:
        text = " · ".join(filter(None, [card.get_kind_display(), card.unit.name if card.unit else ""]))
        yield Due(str(card.pk), str(card), text, card.valid_to, reverse("devices:card", args=[card.pk]))


def _of_left(contract: "Contract", today: date) -> Iterable["Due"]:
    """Cards that are in use though their holder has left: due at once."""
    from django.urls import reverse

    from devices.due import LIMIT, Due
    from devices.finds.access import cards_of_left
    from devices.models import AccessCard
    from devices.services.common import local_day

    rows = cards_of_left(AccessCard.objects.filter(hall=contract.hall_id), today)
    for card in rows.order_by("holder_name", "pk")[:LIMIT]:
        since = card.left_on or local_day(card.updated_at)
        yield Due(str(card.pk), str(card), _("The holder has left"), since, reverse("devices:access_left"))
