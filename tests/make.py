"""A small hall with its people, loaded as the product loads one; `make_world("b")` makes a second that knows nothing of it."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache

from django.contrib.auth.hashers import make_password

from contract.services.load import contract_load
from core import roles
from devices.models import Device, DeviceCategory, Place
from devices.services.listing import search_refresh
from parties.models import Contract, Hall, Organisation, Unit, User, Window
from parties.services.contracts import contract_create, membership_give, user_create
from roster.services.posts import roster_load
from sla.services.policies import policies_load

SIGNED = datetime(2024, 3, 15, 2, 0, tzinfo=UTC)
PASSWORD = "a-quiet-hall-2024"
TERM = (date(2024, 3, 16), date(2030, 3, 15))
"""Long enough to hold both the days of the vectors and the day on which the tests run."""


@cache
def hashed_password() -> str:
    """The hash of PASSWORD, computed once: hashing is slow on purpose."""
    return make_password(PASSWORD)


@dataclass
class World:
    """One contract and everybody and everything a test needs of it."""

    contract: Contract
    tag: str
    unit: Unit
    other_unit: Unit
    window: Window
    place: Place
    device: Device
    category: DeviceCategory
    people: dict[str, User] = field(default_factory=dict)

    def __getattr__(self, name: str) -> User:
        """A person by name: clerk, other_clerk, supervisor, leader, engineer, engineer2, manager, auditor, admin."""
        try:
            person: User = self.__dict__["people"][name]
        except KeyError:
            raise AttributeError(name) from None
        return person


CAST = (
    ("clerk", "窗口人员01", roles.CLERK),
    ("other_clerk", "窗口人员02", roles.CLERK),
    ("supervisor", "甲方管理员", roles.SUPERVISOR),
    ("leader", "分管领导", roles.LEADER),
    ("engineer", "工程师甲", roles.ENGINEER),
    ("engineer2", "工程师乙", roles.ENGINEER),
    ("manager", "项目经理", roles.MANAGER),
    ("auditor", "审计员", roles.AUDITOR),
    ("admin", "系统管理员", roles.ADMIN),
)


def make_user(username: str, name: str = "某人", *, at: datetime = SIGNED) -> User:
    """An account with PASSWORD that has no contract yet."""
    user = user_create(username=username, name=name, password=None, must_change_password=False, actor=None, at=at)
    User.objects.filter(pk=user.pk).update(password=hashed_password())
    user.password = hashed_password()
    return user


def make_contract(
    code: str = "T-1",
    *,
    number_tag: str = "",
    hall: Hall | None = None,
    starts_on: date = TERM[0],
    ends_on: date = TERM[1],
    renews: Contract | None = None,
    at: datetime = SIGNED,
) -> Contract:
    """A contract with its clauses, terms, categories, calendar and policies. A renewal keeps hall and parties."""
    mark = number_tag or "甲"
    client, contractor = (
        (renews.client, renews.contractor)
        if renews
        else (
            Organisation.objects.create(legal_name=f"示范区政务服务中心（{mark}）", short_name=f"政务中心{mark}"),
            Organisation.objects.create(legal_name=f"示范技术保障有限公司（{mark}）", short_name=f"技术公司{mark}"),
        )
    )
    contract = contract_create(
        code=code,
        number_tag=number_tag,
        project_name=f"政务服务中心综合技术保障服务项目（{mark}）",
        hall=hall or (renews.hall if renews else Hall.objects.create(name=f"示范大厅{mark}")),
        client=client,
        contractor=contractor,
        signed_on=starts_on,
        starts_on=starts_on,
        ends_on=ends_on,
        renews=renews,
        hotline="010-0000-0100",
        actor=None,
        at=at,
    )
    contract_load(contract=contract, at=at)
    policies_load(contract)
    roster_load(contract)
    return contract


def make_world(tag: str = "") -> World:
    """A hall with its contract, people, a window, a place and a device. Every world needs a tag of its own; "" is the first."""
    contract = make_contract(f"T-{tag}" if tag else "T-1", number_tag=tag)
    unit = Unit.objects.create(organisation=contract.client, name=f"综合窗口{tag or 'A'}区")
    other_unit = Unit.objects.create(organisation=contract.client, name=f"专业窗口{tag or 'C'}区")
    window = Window.objects.create(unit=unit, code="A05")
    place = Place.objects.create(hall=contract.hall, code="zone-a", name=f"综合窗口A区{tag}", kind=Place.Kind.ZONE)
    category = DeviceCategory.objects.create(
        hall=contract.hall, code="WS", name="通用工作台", repair_class="office", power_policy="daily_off"
    )
    device = Device.objects.create(
        hall=contract.hall,
        code="WS-001",
        short_code=f"WS1{tag}"[:8].upper(),
        name=f"A05工作台{tag}",
        category=category,
        place=place,
        window=window,
        unit=unit,
        power_policy="daily_off",
    )
    search_refresh([device])
    world = World(
        contract=contract,
        tag=tag,
        unit=unit,
        other_unit=other_unit,
        window=window,
        place=place,
        device=device,
        category=category,
    )
    for username, name, role in CAST:
        user = make_user(f"{username}-{tag}" if tag else username, f"{name}{tag}")
        membership_give(
            user=user,
            contract=contract,
            role=role,
            unit={"clerk": unit, "other_clerk": other_unit}.get(username),
            valid_to=TERM[1] if role == roles.AUDITOR else None,
            actor=None,
            at=SIGNED,
        )
        world.people[username] = user
    return world
