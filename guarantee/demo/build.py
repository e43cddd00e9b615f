"""Build the demo: two terms of a made-up contract, a hall with 150 devices, its people, and twelve weeks of tickets."""

import hashlib
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.contrib.auth.hashers import make_password
from django.db import transaction

from contract.services.calendar import calendar_of
from contract.services.load import contract_load
from core import clock
from core.roles import MANAGER
from devices.models import Device, DeviceCategory, Place
from devices.rules import short_code
from guarantee.demo.calendar import plan_calendar
from guarantee.demo.channels import set_up_channels
from guarantee.demo.devices_access import keep_access_and_checks
from guarantee.demo.devices_consumables import keep_consumables
from guarantee.demo.devices_history import keep_history
from guarantee.demo.devices_listing import list_devices
from guarantee.demo.devices_network import lay_network
from guarantee.demo.devices_places import furnish_places
from guarantee.demo.devices_register import furnish_register
from guarantee.demo.devices_spares import keep_spares
from guarantee.demo.hall import (
    CLIENT_CONTACTS,
    CONTRACTOR_CONTACTS,
    HALL_ADDRESS,
    HALL_ALIAS,
    HALL_NAME,
    KINDS,
    KIOSK_VENDORS,
    PLACES,
    UNITS,
    VENDOR_CONTACTS,
    VENDORS,
    Kind,
)
from guarantee.demo.people import PEOPLE, Person
from guarantee.demo.replay import WEEKS, handwriting, replay_tickets
from guarantee.demo.roster import keep_roster
from guarantee.demo.tickets_flow import ring
from guarantee.demo.tickets_listing import keep_views
from guarantee.demo.tickets_outage import live_through_outages
from guarantee.demo.tickets_quality import follow_quality
from guarantee.demo.tickets_signing import wait_for_signatures
from guarantee.demo.tickets_talk import talk_about
from parties.models import Contact, Contract, Hall, Membership, Organisation, Unit, User, Vendor, Window
from parties.querysets import people_with_role
from parties.services.contracts import contract_create, membership_give, user_create
from records.models import Source
from reports.services.promise import KIND, weekly_promises_start
from reports.services.weekly import report_issue, report_open, weeks_of
from roster.services.posts import roster_load
from sla.models import Clock
from sla.services.firing import replay_due
from sla.services.policies import policies_load
from sla.states import ClockState
from tickets.models import Ticket
from tickets.services.causes import causes_load

DEFAULT_SEED = 20240316
HOTLINE = "010-0000-0100"
CLOSED_TERM = (date(2024, 3, 16), date(2025, 3, 15))


@dataclass(frozen=True)
class Built:
    """What was made."""

    contract: Contract
    devices: int
    tickets: int
    reports: int


def demo_build(*, password: str, seed: int, until: datetime, say: Callable[[str], None], weeks: int = WEEKS) -> Built:
    """Make the whole demo, ending at `until`: hall and tickets whole or not at all, then the reports of the weeks that are over."""
    with transaction.atomic():
        contract = _hall(password, seed, until)
        furnish_register(contract, seed=seed, until=until)
        devices = Device.objects.filter(hall=contract.hall).count()
        keep_roster(contract, seed=seed, until=until, weeks=weeks)
        set_up_channels(contract, until=until)
        furnish_places(contract, seed=seed, until=until)
        lay_network(contract, seed=seed, until=until)
        keep_consumables(contract, seed=seed, until=until)
        keep_spares(contract, seed=seed, until=until)
        keep_history(contract, seed=seed, until=until)
        keep_access_and_checks(contract, seed=seed, until=until)
        list_devices(contract, until=until)
        keep_views(contract, until=until)
        say(f"demo hall with {devices} devices; replaying {weeks} weeks of tickets …")
        tickets = replay_tickets(contract, seed=seed, until=until, weeks=weeks)
        live_through_outages(contract, until=until)
        talk_about(contract, seed=seed, until=until)
        follow_quality(contract, seed=seed, until=until)
        wait_for_signatures(contract, until=until, picture=handwriting("窗口人员")[1])
        ring(Ticket.objects.filter(contract=contract).values("pk"), until)
        plan_calendar(contract, until=until)
    reports = issue_reports(contract, until=until, weeks=weeks)
    return Built(contract, devices, tickets, reports)


def renewal_term(today: date) -> tuple[date, date]:
    """The demo's renewal: 52 whole weeks that begin with the first of the replayed ones, so that it always runs today."""
    start = today - timedelta(days=today.weekday() + 7 * (WEEKS - 1))
    return start, start + timedelta(weeks=52, days=-1)


def issue_reports(contract: Contract, *, until: datetime, weeks: int) -> int:
    """Issue the report of every replayed week that is over, on the morning after it; returns how many."""
    calendar = calendar_of(contract)
    manager = people_with_role(contract, MANAGER, on=until.astimezone(clock.SHANGHAI).date())[0]
    issued = 0
    for row in reversed(weeks_of(contract, at=until)[:weeks]):
        morning = calendar.add(calendar.end_of_day(row.week.ends_on), 90 * 60)
        if row.week.over_at <= until:
            weekly_promises_start(at=row.week.over_at, source=Source.DEMO)
            running = Clock.objects.filter(contract=contract, kind=KIND, state=ClockState.RUNNING)
            replay_due(clock_ids=list(running.values_list("pk", flat=True)), until=min(morning, until))
        if row.report is None and morning <= until:
            report = report_open(
                contract=contract, starts_on=row.week.starts_on, actor=manager, at=morning, source=Source.DEMO
            )
            report_issue(report=report, version_seen=report.version, actor=manager, at=morning, source=Source.DEMO)
            issued += 1
    return issued


def _hall(password: str, seed: int, until: datetime) -> Contract:
    today = until.astimezone(clock.SHANGHAI).date()
    hall = Hall.objects.create(name=HALL_NAME, alias=HALL_ALIAS, address=HALL_ADDRESS)
    client = Organisation.objects.create(legal_name="示范区政务服务中心", short_name="示范中心", address=HALL_ADDRESS)
    contractor = Organisation.objects.create(
        legal_name="示范智慧城市研究院集团有限公司",
        short_name="示范研究院",
        aliases=["示范智能城市研究院集团有限公司", "示范智慧城市研究院有限公司"],
        address="示范区示范街10号",
    )
    _office, for_the_project = Contact.objects.bulk_create(
        Contact(organisation=contractor, **row) for row in CONTRACTOR_CONTACTS
    )
    Contact.objects.bulk_create(Contact(organisation=client, **row) for row in CLIENT_CONTACTS)
    code = "SFZX-JSBZ-202401"
    closed = contract_create(
        code=code,
        project_name="政务服务中心综合技术保障服务项目",
        hall=hall,
        client=client,
        contractor=contractor,
        signed_on=date(2024, 3, 15),
        starts_on=CLOSED_TERM[0],
        ends_on=CLOSED_TERM[1],
        hotline=HOTLINE,
        is_demo=True,
        actor=None,
        at=until,
        source=Source.DEMO,
    )
    starts_on, ends_on = renewal_term(today)
    current = contract_create(
        code=f"{code}-续{starts_on.year}",
        project_name=closed.project_name,
        hall=hall,
        client=client,
        contractor=contractor,
        signed_on=starts_on - timedelta(days=1),
        starts_on=starts_on,
        ends_on=ends_on,
        renews=closed,
        hotline=HOTLINE,
        is_demo=True,
        actor=None,
        at=until,
        source=Source.DEMO,
    )
    Contract.objects.filter(hall=hall).update(project_contact=for_the_project)
    for contract in (closed, current):
        contract_load(contract=contract, at=until, source=Source.DEMO)
        policies_load(contract)
        roster_load(contract)
        causes_load(contract)
    places = _places(hall)
    units, windows = _units(client)
    _devices(hall, places, units, windows, _vendors(hall, today), today, seed)
    _people(closed, current, units, password, until)
    return current


def _places(hall: Hall) -> dict[str, Place]:
    places: dict[str, Place] = {}
    for position, (code, parent, kind, name) in enumerate(PLACES):
        places[code] = Place.objects.create(
            hall=hall,
            parent=places.get(parent),
            code=code,
            name=name,
            alias=HALL_ALIAS if not parent else "",
            kind=kind,
            position=position,
        )
    return places


def _units(client: Organisation) -> tuple[dict[str, Unit], dict[str, list[Window]]]:
    units: dict[str, Unit] = {}
    windows: dict[str, list[Window]] = {}
    for name, place, letter, count in UNITS:
        unit = units[name] = Unit.objects.create(organisation=client, name=name)
        rows = [Window(unit=unit, code=f"{letter}{number:02d}") for number in range(1, count + 1)]
        windows.setdefault(place, []).extend(Window.objects.bulk_create(rows))
    return units, windows


def _vendors(hall: Hall, today: date) -> list[Vendor]:
    vendors = [
        Vendor.objects.create(
            hall=hall,
            name=name,
            service_scope=scope,
            sla_hours=hours,
            contract_end=date(today.year + 1, 12, 31),
        )
        for name, scope, hours in VENDORS
    ]
    Contact.objects.bulk_create(
        Contact(
            vendor=vendor,
            name=f"{name}{number:02d}（演示）",
            title=title,
            phone=f"1380000{start + number}",
        )
        for number, vendor in enumerate(vendors, start=1)
        for name, title, start in VENDOR_CONTACTS
    )
    return vendors


def _devices(
    hall: Hall,
    places: dict[str, Place],
    units: dict[str, Unit],
    windows: dict[str, list[Window]],
    vendors: list[Vendor],
    today: date,
    seed: int,
) -> None:
    rng = random.Random(f"{seed}:devices")
    unit_at = {place: units[name] for name, place, letter, _ in UNITS if letter}
    rows: list[Device] = []
    for position, kind in enumerate(KINDS):
        category = DeviceCategory.objects.create(
            hall=hall,
            code=kind.code,
            name=kind.name,
            repair_class=kind.repair_class,
            power_policy=kind.power_policy,
            position=position,
        )
        number = 0
        for place_code, count in kind.at:
            at_windows = windows.get(place_code, []) if kind.code in {"WS", "BB", "WD"} else []
            for here in range(count):
                number += 1
                code = f"{kind.code}-{number:03d}"
                window = at_windows[here] if here < len(at_windows) else None
                rows.append(
                    Device(
                        hall=hall,
                        code=code,
                        short_code=short_code(f"{hall.pk}:{code}:{hall.name}"),
                        name=_name(kind, number, window, places[place_code]),
                        category=category,
                        place=places[place_code],
                        window=window,
                        unit=unit_at.get(place_code),
                        vendor=vendors[_vendor(kind, number)],
                        brand=f"示例牌{rng.randint(1, 4)}",
                        model=f"{kind.code}-{rng.choice('ABC')}{rng.randint(100, 900)}",
                        serial_no=hashlib.sha256(f"{seed}:{code}".encode()).hexdigest()[:12].upper(),
                        installed_on=date(rng.randint(2018, 2023), rng.randint(1, 12), rng.randint(1, 28)),
                        warranty_until=today + timedelta(days=rng.choice((-1, 1)) * rng.randint(120, 900)),
                        power_policy="always_on" if place_code == "h24" else kind.power_policy,
                        is_key=kind.key,
                        criticality=kind.criticality,
                        ownership=kind.ownership,
                    )
                )
    chosen = rng.sample(range(len(rows)), 15)
    for index in chosen[:6]:
        rows[index].warranty_until = today + timedelta(days=rng.randint(5, 88))
    for status, indexes in (("faulty", chosen[6:9]), ("under_repair", chosen[9:11]), ("spare", chosen[11:15])):
        for index in indexes:
            rows[index].status = status
    Device.objects.bulk_create(rows)


def _name(kind: Kind, number: int, window: Window | None, place: Place) -> str:
    if kind.names:
        return kind.names[number - 1]
    if window is not None:
        return f"{window.code}{kind.name}"
    return f"{place.name.split('（')[0]}{kind.name}{number}"


def _vendor(kind: Kind, number: int) -> int:
    if kind.code == "KS":
        name = kind.names[number - 1]
        return next((index for word, index in KIOSK_VENDORS.items() if word in name), kind.vendor)
    return kind.vendor


def _people(closed: Contract, current: Contract, units: dict[str, Unit], password: str, at: datetime) -> list[User]:
    # One hash for all: hashing the passwords one by one takes longer than a week of tickets.
    hashed = make_password(password)
    users = []
    for number, person in enumerate(PEOPLE, start=1):
        user = user_create(
            username=person.username,
            name=person.name,
            phone=f"138000000{number:02d}",
            password=None,
            must_change_password=False,
            actor=None,
            at=at,
            source=Source.DEMO,
        )
        User.objects.filter(pk=user.pk).update(password=hashed)
        users.append(user)
        for contract in (current, *((closed,) if person.role not in {"clerk", "engineer"} else ())):
            membership_give(
                user=user,
                contract=contract,
                role=person.role,
                unit=units.get(person.unit),
                title=person.title,
                valid_to=at.astimezone(clock.SHANGHAI).date() + timedelta(days=180)
                if person.role == "auditor"
                else None,
                actor=None,
                at=at,
                source=Source.DEMO,
            )
    return users


def shown_accounts() -> list[Person]:
    """The accounts that the start page prints, in the order of the papers."""
    order = ("clerk", "supervisor", "leader", "engineer", "engineer2", "flex", "manager", "auditor", "admin")
    by_name = {person.username: person for person in PEOPLE if person.shown}
    return [by_name[name] for name in order]


def has_demo() -> bool:
    """Whether a demo contract is in the database."""
    return Contract.objects.filter(is_demo=True).exists()


def is_untouched() -> bool:
    """Whether nobody has begun to use this database: no account, no contract."""
    return not User.objects.exists() and not Membership.objects.exists() and not Contract.objects.exists()
