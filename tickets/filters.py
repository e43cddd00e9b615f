"""What the list of tickets, its exports and its interface can be narrowed and ordered by: nothing else is looked at."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

import django_filters
from django import forms
from django.db import connection
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from contract.models import ServiceCategory
from core import clock, keyset
from core.choices import Tree, choice_rows, in_order, within
from core.keyset import INSTANT, WORD, Part
from core.prepared import Prepared, asked, prepared, prepared_count
from core.roles import CLIENT_ROLES, STAFF_ROLES
from devices.models import Place
from parties.models import Contract, Membership, Unit, User
from tickets.models import MajorIncident, Tag, Ticket, TicketView
from tickets.querysets import breached_by, open_tickets, tickets_matching
from tickets.states import IN_HAND, Channel, FaultType, TicketStatus, Triage

GROUPS = (
    ("", _("All"), "list"),
    ("open", _("Still open"), "progress"),
    ("mine", _("Mine"), "user"),
    ("to_sign", _("To sign"), "signature"),
    ("breached", _("Response late"), "alert-octagon"),
)
LATE = (("response", _("Response late")), ("repair", _("Repair late")))
NOBODY = 0
"""The engineer of tickets that nobody has answered yet."""


@dataclass
class Options:
    """What a reader may choose from in this contract, the views that are kept, and how many rows there are; one statement."""

    categories: list[tuple[int, str]] = field(default_factory=list)
    above: dict[int, int] = field(default_factory=dict)
    """The category above each category."""
    places: list[tuple[int, str]] = field(default_factory=list)
    parents: dict[int, int] = field(default_factory=dict)
    units: list[tuple[int, str]] = field(default_factory=list)
    engineers: list[tuple[int, str]] = field(default_factory=list)
    tags: list[tuple[int, str]] = field(default_factory=list)
    views: list[tuple[int, str, str, bool]] = field(default_factory=list)
    """Id, name, address, and whether it is one's own."""
    total: int = 0


def options_of(
    contract: Contract, user: User, *, counted: QuerySet[Ticket] | None = None, everything: bool = True
) -> Options:
    """The reader's views; how many tickets `counted` (cut to a limit) holds; and with `everything` what the filters offer."""
    sql, parameters = _offers(connection.alias, everything)
    if counted is not None:
        count, more = prepared_count(counted)
        sql, parameters = f"{sql} UNION ALL SELECT 'total', 0, '', NULL, ({count}), ''", (*parameters, *more)
    given = {_CONTRACT: contract.pk, _READER: user.pk, _HALL: contract.hall_id, _CLIENT: contract.client_id}
    options = Options()
    places, categories = Tree(), Tree()
    for kind, pk, label, up, order, text in in_order(asked((sql, parameters), given)):
        if kind == "view":
            options.views.append((pk, label, text, up == user.pk))
        elif kind == "total":
            options.total = order
        elif kind == "category":
            categories.add(pk, label, up, order)
        elif kind == "place":
            places.add(pk, label, up, order)
        else:
            {"unit": options.units, "engineer": options.engineers, "tag": options.tags}[kind].append((pk, label))
    options.categories = categories.choices()
    options.places, options.parents = places.choices(), places.parents
    options.above = categories.parents
    return options


_CONTRACT, _READER, _HALL, _CLIENT = -987_654_321, -987_654_322, -987_654_323, -987_654_324
"""Stand in for the contract, the reader, the hall and the client in the statement that is kept."""


@cache
def _offers(_alias: str, everything: bool) -> Prepared:
    """The statement of `options_of` with its marks."""
    views = TicketView.objects.filter(Q(owner=_READER) | Q(shared=True), contract=_CONTRACT)
    parts = [choice_rows(views, "view", F("name"), up=F("owner_id"), order=F("position"), text=F("query"))]
    if everything:
        staff = Membership.objects.filter(contract=_CONTRACT, role__in=STAFF_ROLES)
        parts += [
            choice_rows(
                ServiceCategory.objects.filter(contract=_CONTRACT), "category", F("name"), up=F("parent_id"), order=F("position")
            ),
            choice_rows(Place.objects.filter(hall=_HALL), "place", F("name"), up=F("parent_id"), order=F("position")),
            choice_rows(Unit.objects.filter(organisation=_CLIENT), "unit", F("name")),
            choice_rows(User.objects.filter(pk__in=staff.values("user_id")), "engineer", F("name")),
            choice_rows(Tag.objects.filter(contract=_CONTRACT), "tag", F("name")),
        ]  # fmt: skip
    return prepared(parts[0].union(*parts[1:], all=True) if parts[1:] else parts[0])


def day_input() -> forms.DateInput:
    """A day by the browser's own control."""
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class TicketFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Each filter narrows the list; a value that is not offered leaves the list unfiltered by it.

    `person`, `role` and `at` say whose "mine", whose notes and which "late" is meant; `drawn`, that the form will be shown whole.
    """

    group = django_filters.ChoiceFilter(
        label=_("Group"), choices=[(value, label) for value, label, _icon in GROUPS if value], method="by_group"
    )
    q = django_filters.CharFilter(label=_("Search"), method="by_text", max_length=60, strip=True)
    status = django_filters.MultipleChoiceFilter(
        label=_("Status"), choices=TicketStatus.choices, widget=forms.CheckboxSelectMultiple, distinct=False
    )
    priority = django_filters.TypedChoiceFilter(
        label=_("Priority"), coerce=int,
        choices=[("", _("Any priority")), *((number, f"P{number}") for number in (1, 2, 3, 4))],
    )  # fmt: skip
    assignee = django_filters.TypedChoiceFilter(label=_("Engineer"), coerce=int, choices=[], method="by_assignee")
    category = django_filters.TypedChoiceFilter(
        label=_("Service category"), coerce=int, choices=[], method="by_category"
    )
    fault_type = django_filters.ChoiceFilter(
        label=_("Fault type"), choices=FaultType.choices, empty_label=_("Any fault type")
    )
    triage = django_filters.ChoiceFilter(label=_("First triage"), choices=Triage.choices, empty_label=_("Any triage"))
    channel = django_filters.ChoiceFilter(label=_("Channel"), choices=Channel.choices, empty_label=_("Any channel"))
    unit = django_filters.TypedChoiceFilter(label=_("Unit"), coerce=int, choices=[])
    place = django_filters.TypedChoiceFilter(label=_("Place"), coerce=int, choices=[], method="by_place")
    device = django_filters.CharFilter(label=_("Device number"), method="by_device", max_length=30, strip=True)
    tag = django_filters.TypedChoiceFilter(label=_("Tag"), coerce=int, choices=[], method="by_tag")
    late = django_filters.ChoiceFilter(label=_("Late"), choices=LATE, empty_label=_("Late or not"), method="by_late")
    unsigned = django_filters.ChoiceFilter(
        label=_("Unsigned"), choices=[("yes", _("Done and not signed"))], empty_label=_("Signed or not"), method="by_unsigned"
    )  # fmt: skip
    major = django_filters.ChoiceFilter(
        label=_("Major incident"), choices=[("yes", _("Major incident"))], empty_label=_("Major or not"), method="by_major"
    )  # fmt: skip
    entry = django_filters.ChoiceFilter(
        label=_("Late entry"), choices=[("late", _("From paper, entered later"))], empty_label=_("However entered"),
        method="by_entry",
    )  # fmt: skip
    since = django_filters.DateFilter(label=_("Received from"), method="from_day", widget=day_input())
    until = django_filters.DateFilter(label=_("Received until"), method="to_day", widget=day_input())
    done_since = django_filters.DateFilter(label=_("Resolved from"), method="from_day", widget=day_input())
    done_until = django_filters.DateFilter(label=_("Resolved until"), method="to_day", widget=day_input())

    base_filters: dict[str, Any]

    class Meta:
        model = Ticket
        fields: list[str] = []

    def __init__(
        self,
        data: Any,
        *,
        person: Any,
        role: str,
        at: datetime,
        options: Options | None = None,
        drawn: bool = False,
        **kwargs: Any,
    ) -> None:
        if not drawn:
            # Each filter costs a copy and a field; those that nobody asked for need none.
            self.base_filters = {name: one for name, one in self.base_filters.items() if name in data or name in ALWAYS}
        super().__init__(data, **kwargs)
        self.person, self.role, self.at = person, role, at
        self.options = options or Options()
        offered: Mapping[str, list[tuple[Any, Any]]] = {
            "assignee": [("", gettext("Any engineer")), (NOBODY, gettext("Nobody yet")), *self.options.engineers],
            "category": [("", gettext("Any service category")), *self.options.categories],
            "unit": [("", gettext("Any unit")), *self.options.units],
            "place": [("", gettext("Any place")), *self.options.places],
            "tag": [("", gettext("Any tag")), *self.options.tags],
        }
        for name in self.filters.keys() & offered.keys():
            self.filters[name].extra["choices"] = offered[name]

    @property
    def chosen(self) -> dict[str, Any]:
        """The filters in use, with their values."""
        self.form.is_valid()
        return {name: value for name, value in self.form.cleaned_data.items() if value not in ("", None, [])}

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
        """Every word somewhere in what the ticket is found by; internal notes only for who may read them."""
        return tickets_matching(queryset, value, internal=self.role not in CLIENT_ROLES)

    def by_assignee(self, queryset: QuerySet[Ticket], _name: str, value: Any) -> QuerySet[Ticket]:
        """One engineer's, or nobody's yet."""
        return queryset.filter(assignee=None) if value == NOBODY else queryset.filter(assignee=value)

    def by_category(self, queryset: QuerySet[Ticket], _name: str, value: Any) -> QuerySet[Ticket]:
        """A category with the finer ones below it."""
        return queryset.filter(category__in=within(self.options.above, value))

    def by_place(self, queryset: QuerySet[Ticket], _name: str, value: Any) -> QuerySet[Ticket]:
        """A place with everything that lies in it."""
        return queryset.filter(place__in=within(self.options.parents, value))

    def by_device(self, queryset: QuerySet[Ticket], _name: str, value: str) -> QuerySet[Ticket]:
        """One device, by its number."""
        return queryset.filter(device__code=value)

    def by_tag(self, queryset: QuerySet[Ticket], _name: str, value: Any) -> QuerySet[Ticket]:
        """Those that carry a tag."""
        return queryset.filter(tag_links__tag=value)

    def by_late(self, queryset: QuerySet[Ticket], _name: str, value: str) -> QuerySet[Ticket]:
        """Those whose response, or whose repair, is or was late."""
        return breached_by(queryset, self.at, clock="response_clock" if value == "response" else "repair_clock")

    def by_unsigned(self, queryset: QuerySet[Ticket], _name: str, _value: str) -> QuerySet[Ticket]:
        """Done, and not signed: awaiting the signature, or closed without one."""
        return queryset.filter(status__in=(TicketStatus.TO_SIGN, TicketStatus.CLOSED_UNSIGNED))

    def by_major(self, queryset: QuerySet[Ticket], _name: str, _value: str) -> QuerySet[Ticket]:
        """Those from which a major incident was declared."""
        return queryset.filter(Exists(MajorIncident.objects.filter(ticket=OuterRef("pk"))))

    def by_entry(self, queryset: QuerySet[Ticket], _name: str, _value: str) -> QuerySet[Ticket]:
        """Those that were worked on paper during an outage and entered later."""
        return queryset.filter(late_entry__isnull=False)

    def from_day(self, queryset: QuerySet[Ticket], name: str, value: date) -> QuerySet[Ticket]:
        """Received or resolved on this day or later."""
        return queryset.filter(**{f"{DAYS[name]}__gte": clock.midnight(value)})

    def to_day(self, queryset: QuerySet[Ticket], name: str, value: date) -> QuerySet[Ticket]:
        """Received or resolved on this day or earlier."""
        return queryset.filter(**{f"{DAYS[name]}__lt": clock.midnight(value, 1)})


DAYS = {"since": "received_at", "until": "received_at", "done_since": "resolved_at", "done_until": "resolved_at"}
FILTERS = tuple(TicketFilter.base_filters)
ALWAYS = ("q",)
"""Filters whose field every page shows."""
OFFERED = ("assignee", "category", "unit", "place", "tag")
"""Filters whose values stand in the database: they are read only when somebody opens or uses them."""
MORE = tuple(name for name in FILTERS if name not in ("group", "q", "status"))
"""Filters behind "More filters"."""


# Order ----------------------------------------------------------------------------------------------------------------

NEVER = datetime(9999, 1, 1, tzinfo=UTC)
NEWEST = (Part("received_at", down=True, kind=INSTANT), Part("id", down=True))
ORDERS: Mapping[str, keyset.Order] = {
    "received": NEWEST,
    "due": (Part("next_due", kind=INSTANT), Part("id")),
    "priority": (Part("priority"), *NEWEST),
    "status": (Part("status", kind=WORD), *NEWEST),
    "updated": (Part("updated_at", down=True, kind=INSTANT), Part("id", down=True)),
}
"""What the list can be sorted by, each in the direction that is asked for first."""


@dataclass(frozen=True)
class Sorting:
    """One of ORDERS, as it stands or turned round."""

    name: str = "received"
    back: bool = False

    @classmethod
    def parse(cls, text: str) -> "Sorting":
        """The order that a query asks for; the newest first when it asks for something else."""
        name = text.removeprefix("-")
        return cls(name, text.startswith("-")) if name in ORDERS else cls()

    def __str__(self) -> str:
        return f"{'-' if self.back else ''}{self.name}"

    @property
    def order(self) -> keyset.Order:
        """As keyset pages take it."""
        return keyset.turned(ORDERS[self.name]) if self.back else ORDERS[self.name]

    @property
    def falls(self) -> bool:
        """Whether the greatest value stands first."""
        return self.order[0].down

    def prepared(self, rows: QuerySet[Ticket]) -> QuerySet[Ticket]:
        """The rows with what they are sorted by. By deadline only open ones are: what is closed has none any more."""
        return self.with_terms(open_tickets(rows) if self.name == "due" else rows)

    def with_terms(self, rows: QuerySet[Ticket]) -> QuerySet[Ticket]:
        """The rows with what they are sorted by, whichever they are."""
        return with_next_due(rows) if self.name == "due" else rows


def with_next_due(rows: QuerySet[Ticket]) -> QuerySet[Ticket]:
    """With `next_due`: until when the next promise runs, the response's or the repair's, or what was said to the client."""
    answer = When(status=TicketStatus.PENDING_RESPONSE, then=F("response_clock__due_at"))
    repair = When(status__in=IN_HAND, then=Coalesce("repair_clock__due_at", "commitment_at"))
    return rows.annotate(next_due=Coalesce(Case(answer, repair), Value(NEVER)))
