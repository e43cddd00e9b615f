"""What the list of tickets can be narrowed by."""

from datetime import datetime
from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from core.roles import CLIENT_ROLES
from tickets.models import Ticket
from tickets.querysets import breached_by, open_tickets
from tickets.states import Channel, TicketStatus

GROUPS = (
    ("", _("All"), "list"),
    ("open", _("Still open"), "progress"),
    ("mine", _("Mine"), "user"),
    ("to_sign", _("To sign"), "signature"),
    ("breached", _("Response late"), "alert-octagon"),
)


class TicketFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Group, text, channel, priority and dates. `person`, `role` and `at` say whose "mine" and which "late" is meant."""

    group = django_filters.ChoiceFilter(
        label=_("Group"), choices=[(value, label) for value, label, _icon in GROUPS if value], method="by_group"
    )
    q = django_filters.CharFilter(label=_("Number, symptom, device, reporter"), method="by_text", max_length=60)
    status = django_filters.ChoiceFilter(label=_("Status"), choices=TicketStatus.choices, empty_label=_("Any status"))
    channel = django_filters.ChoiceFilter(label=_("Channel"), choices=Channel.choices, empty_label=_("Any channel"))
    priority = django_filters.ChoiceFilter(
        label=_("Priority"), choices=[(number, f"P{number}") for number in (1, 2, 3, 4)], empty_label=_("Any priority")
    )
    since = django_filters.DateFilter(label=_("Received from"), field_name="received_at", lookup_expr="date__gte")
    until = django_filters.DateFilter(label=_("Received until"), field_name="received_at", lookup_expr="date__lte")

    class Meta:
        model = Ticket
        fields: list[str] = []

    def __init__(self, *args: Any, person: Any, role: str, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person, self.role, self.at = person, role, at

    def by_group(self, queryset: QuerySet[Ticket], _name: str, value: str) -> QuerySet[Ticket]:
        """Open, mine (reported by client staff, handled by engineers, still open), awaiting signature, or answered late."""
        if value == "open":
            return open_tickets(queryset)
        if value == "mine":
            mine = Q(reporter=self.person) if self.role in CLIENT_ROLES else Q(assignee=self.person)
            return open_tickets(queryset).filter(mine)
        if value == "to_sign":
            return queryset.filter(status=TicketStatus.TO_SIGN)
        return breached_by(queryset, self.at)

    def by_text(self, queryset: QuerySet[Ticket], _name: str, value: str) -> QuerySet[Ticket]:
        """Every word somewhere in number, title, symptom, device number or reporter."""
        for word in value.split()[:6]:
            queryset = queryset.filter(
                Q(code__icontains=word)
                | Q(title__icontains=word)
                | Q(description__icontains=word)
                | Q(device__code__icontains=word)
                | Q(reporter_name__icontains=word)
            )
        return queryset
