"""Doors, cards and checks of the demo hall: some cards about to end, lost, or left behind; one check, two stocktakes, two tests."""

import random
from datetime import date, datetime, time, timedelta
from typing import Any

from core import clock
from core.roles import ENGINEER, MANAGER, SUPERVISOR
from devices.finds.access import number_hash
from devices.models import (
    AccessCard,
    Device,
    Door,
    DoorGroup,
    HandoverItem,
    LinkageDoor,
    LinkageTest,
    LinkageZone,
    Place,
    RightsLine,
    SignedCheck,
    StocktakeLine,
)
from devices.rules_access import quarter_days, quarter_of
from devices.services.handovers import handover_finish, handover_open
from devices.services.linkage import linkage_finish, linkage_open
from devices.services.rights_checks import rights_check_start, rights_finish
from devices.services.stocktakes import (
    line_by_hand,
    line_settle,
    stocktake_count,
    stocktake_finish,
    stocktake_start,
    surplus_add,
    surplus_settle,
)
from guarantee.demo.replay import handwriting
from parties.models import Contract, Unit, User
from parties.querysets import people_with_role
from records.models import Purpose, Source
from records.services.audit import audit_write_many
from records.services.documents import document_of
from records.services.signatures import signature_give

# Each door: code, name, place, whether it lets go without power, number of the device that controls it, hours.
DOORS = (
    ("D01", "机房门", "server", False, "AC-001", "全天凭卡"),
    ("D02", "监控室门", "watch", False, "AC-002", "全天凭卡"),
    ("D03", "办公区东门", "office", True, "AC-003", "工作日 07:30–19:00 凭卡"),
    ("D04", "办公区西门", "office", True, "AC-004", "工作日 07:30–19:00 凭卡"),
    ("D05", "办公区南门", "office", True, "AC-005", "工作日 07:30–19:00 凭卡"),
    ("D06", "办公区北门", "office", True, "AC-006", "工作日 07:30–19:00 凭卡"),
    ("D07", "1号闸机", "gate", True, "AC-007", "开厅时间常开"),
    ("D08", "2号闸机", "gate", True, "AC-008", "开厅时间常开"),
    ("D09", "3号闸机", "gate", True, "AC-009", "开厅时间常开"),
    ("D10", "无障碍通道门", "gate", True, "AC-010", "开厅时间常开"),
    ("D11", "会议培训室门", "train", True, "", "按预约"),
    ("D12", "24小时自助区后门", "h24", False, "", "仅保障人员"),
)
GROUPS = (
    ("办公区", ("D03", "D04", "D05", "D06", "D11")),
    ("公共通道", ("D07", "D08", "D09", "D10")),
    ("设备间", ("D01", "D02", "D12")),
)
CARDS = 40
NOT_YET = ("施工人员01", "施工人员02", "访客01", "访客02", "访客03", "保洁人员01", "保洁人员02", "保安人员01")
ITEMS: tuple[tuple[str, str, str, int, str, str, str], ...] = (
    ("office", "驻场办公室", "二层办公区", 1, "间", "完好，可容纳6人", ""),
    ("office", "库房", "二层弱电间旁", 1, "间", "完好", ""),
    ("key", "机房钥匙", "", 2, "把", "可用", ""),
    ("key", "监控室钥匙", "", 2, "把", "可用", ""),
    ("key", "弱电井钥匙", "", 1, "把", "可用", ""),
    ("network", "办公网络点位", "驻场办公室", 6, "个", "已通", ""),
    ("network", "设备网络点位", "驻场办公室", 2, "个", "", "开工时未开通，已书面提出"),
    ("furniture", "办公桌椅", "驻场办公室", 6, "套", "使用痕迹", ""),
    ("furniture", "文件柜", "驻场办公室", 2, "个", "完好", ""),
    ("account", "网格化工单系统账号", "", 3, "个", "可登录", ""),
)


def _at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), clock.SHANGHAI)


def keep_access_and_checks(contract: Contract, *, seed: int, until: datetime) -> None:
    """Furnish the hall with doors and cards, and let its people have checked some of it."""
    rng = random.Random(f"{seed}:access")
    today = until.astimezone(clock.SHANGHAI).date()
    engineer = people_with_role(contract, ENGINEER, on=today)[0]
    manager = people_with_role(contract, MANAGER, on=today)[0]
    supervisor = people_with_role(contract, SUPERVISOR, on=today)[0]
    places = {place.code: place for place in Place.objects.filter(hall=contract.hall)}
    groups = _doors(contract, places, until)
    cards = _cards(contract, groups, today, rng)
    _rights_check(contract, manager, supervisor, until)
    for card, status, reason in zip(
        cards, ("lost", "lost", "cancelled", "handed_back", "expired"), _REASONS, strict=False
    ):
        AccessCard.objects.filter(pk=card.pk).update(status=status, status_reason=reason)
    _stocktakes(contract, places, (engineer, manager, supervisor), until, rng)
    _linkage(contract, (engineer, manager, supervisor), until)
    _handover(contract, (manager, supervisor), until)


_REASONS = ("本人报失", "本人报失", "岗位调整", "借调结束交回", "")


def _doors(contract: Contract, places: dict[str, Place], at: datetime) -> list[DoorGroup]:
    devices = {device.code: device for device in Device.objects.filter(hall=contract.hall, category__code="AC")}
    doors = {}
    for code, name, place, safe, controller, hours in DOORS:
        mode = Door.Mode.FAIL_SAFE if safe else Door.Mode.FAIL_SECURE
        doors[code] = Door(
            hall=contract.hall,
            code=code,
            name=name,
            place=places[place],
            controller=devices.get(controller),
            mode=mode,
            hours=hours,
            updated_at=at,
        )
    Door.objects.bulk_create(doors.values())
    groups = []
    for name, codes in GROUPS:
        group = DoorGroup.objects.create(hall=contract.hall, name=name, updated_at=at)
        group.doors.set(doors[code] for code in codes)
        groups.append(group)
    return groups


def _cards(contract: Contract, groups: list[DoorGroup], today: date, rng: random.Random) -> list[AccessCard]:
    """Forty cards: eight for people without an account, the others for accounts in turn; three end soon, two are left behind."""
    people = list(
        User.objects.filter(memberships__contract=contract)
        .exclude(memberships__role="auditor")
        .distinct()
        .order_by("pk")
    )
    units = list(Unit.objects.filter(organisation=contract.client).order_by("pk"))
    office, public, rooms = groups
    cards, rights = [], []
    issued = _at(today - timedelta(days=200), 9)
    for number in range(CARDS):
        named = NOT_YET[number - (CARDS - len(NOT_YET))] if number >= CARDS - len(NOT_YET) else ""
        person = None if named else people[number % len(people)]
        kind = "staff" if person else ("visitor" if "访客" in named else "contractor")
        days = rng.randint(5, 28) if number % 13 == 6 else rng.randint(60, 330)
        plain = f"A{rng.randrange(10**9):09d}"
        cards.append(
            AccessCard(
                hall=contract.hall,
                number_hash=number_hash(contract.hall, plain),
                last4=plain[-4:],
                holder=person if number < len(people) else None,
                holder_name=named or (person.name if person and number < len(people) else f"进驻人员{number:02d}"),
                left_on=today - timedelta(days=3) if number in (CARDS - 1, CARDS - 2) else None,
                unit=units[number % len(units)] if kind == "staff" else None,
                kind=kind,
                valid_from=today - timedelta(days=200),
                valid_to=today + timedelta(days=days),
                status_since=issued,
                requested_by="综合科联系人",
                approved_by="甲方分管领导审批",
                document=f"门禁申请{today.year}-{number + 1:03d}",
                created_at=issued,
                updated_at=issued,
            )
        )
        rights.append([public, office] if kind == "staff" else [public])
        if number % 7 == 2:
            rights[-1].append(rooms)
    AccessCard.objects.bulk_create(cards)
    through = AccessCard.groups.through
    through.objects.bulk_create(
        through(accesscard_id=card.pk, doorgroup_id=group.pk)
        for card, given in zip(cards, rights, strict=True)
        for group in given
    )
    audit_write_many(
        {
            "contract": contract,
            "subject": card,
            "verb": "issue",
            "actor": None,
            "at": issued,
            "source": Source.DEMO,
            "after": {"card": card.masked, "holder_name": card.holder_name, "groups": [group.name for group in given]},
        }
        for card, given in zip(cards, rights, strict=True)
    )
    return cards


def _sign(check: Any, signer: User, purpose: Purpose, at: datetime) -> None:
    document = document_of(check, purpose)
    strokes, picture = handwriting(signer.name)
    signature_give(
        subject=check,
        purpose=purpose,
        way="account",
        image=picture,
        strokes=strokes,
        signer=signer,
        version_seen=document.version,
        sha256_seen=document.sha256,
        at=at,
        source=Source.DEMO,
    )


def _both_sign(check: SignedCheck, ours: User, client: User, at: datetime) -> None:
    _sign(check, ours, Purpose.RESULT, at)
    _sign(type(check)._default_manager.get(pk=check.pk), client, Purpose.CONFIRM, at + timedelta(minutes=20))


def _rights_check(contract: Contract, manager: User, supervisor: User, until: datetime) -> None:
    """The check of the quarter before this one, signed by both sides."""
    today = until.astimezone(clock.SHANGHAI).date()
    first, _last = quarter_days(quarter_of(today))
    day = first - timedelta(days=9)
    at = _at(day, 10)
    check = rights_check_start(contract=contract, quarter=quarter_of(day), actor=manager, at=at, source=Source.DEMO)
    check.lines.update(decision=RightsLine.Decision.KEEP, decided_by=manager, decided_at=at)
    withdrawn = check.lines.filter(group_name="设备间").order_by("-position").first()
    if withdrawn is not None:
        check.lines.filter(pk=withdrawn.pk).update(decision=RightsLine.Decision.WITHDRAW, note="岗位已调整，不再需要")
    rights_finish(check=check, note="季度例行核对", actor=manager, at=at + timedelta(hours=2), source=Source.DEMO)
    _both_sign(check, manager, supervisor, at + timedelta(hours=3))


def _stocktakes(
    contract: Contract, places: dict[str, Place], people: tuple[User, User, User], until: datetime, rng: random.Random
) -> None:
    """One of a floor that is finished and signed, one of all key devices that is half done."""
    engineer, manager, supervisor = people
    now = until.astimezone(clock.SHANGHAI)
    begun = now - timedelta(days=34)
    take = stocktake_start(
        contract=contract, kind="quarterly", place=places["f2"], actor=manager, at=begun, source=Source.DEMO
    )
    lines = list(take.lines.all())
    for line in lines[:-3]:
        line.outcome, line.how, line.counted_by = "here", "scan", rng.choice((engineer, manager))
        line.counted_at = begun + timedelta(minutes=2 * line.position)
    StocktakeLine.objects.bulk_update(lines[:-3], ["outcome", "how", "counted_by", "counted_at"])
    done = begun + timedelta(hours=3)
    common: dict[str, Any] = {"actor": engineer, "at": done, "source": Source.DEMO}
    stocktake_count(stocktake=take, code=lines[-3].code, place=places["talk"], **common)
    line_by_hand(line=take.lines.get(pk=lines[-2].pk), outcome="here", reason="标签脱落，已核对序列号", **common)
    line_by_hand(line=take.lines.get(pk=lines[-1].pk), outcome="missing", reason="现场未见，使用人外出", **common)
    found = surplus_add(stocktake=take, description="无标签键盘一套", place=places["c"], **common)
    away, gone = (take.lines.get(pk=lines[-number].pk) for number in (3, 1))
    line_settle(line=away, decision="put_back", note="已放回原位", **common)
    line_settle(line=gone, decision="correct", note="已由使用人带回，复核在位", **common)
    surplus_settle(surplus=found, decision="leave", note="个人物品，已交还", **common)
    take.refresh_from_db()
    stocktake_finish(stocktake=take, actor=manager, at=done + timedelta(hours=1), source=Source.DEMO)
    _both_sign(take, manager, supervisor, done + timedelta(hours=2))
    begun = now - timedelta(days=2)
    running = stocktake_start(
        contract=contract, kind="annual", key_only=True, actor=manager, at=begun, source=Source.DEMO
    )
    counted = list(running.lines.all())
    for line in counted[: len(counted) // 2]:
        line.outcome, line.how, line.counted_by = "here", "scan", rng.choice((engineer, manager))
        line.counted_at = begun + timedelta(minutes=line.position)
    line = counted[1]
    line.outcome, line.found_place, line.found_name = "elsewhere", places["wait"], places["wait"].name
    StocktakeLine.objects.bulk_update(
        counted[: len(counted) // 2], ["outcome", "found_place", "found_name", "how", "counted_by", "counted_at"]
    )


def _linkage(contract: Contract, people: tuple[User, User, User], until: datetime) -> None:
    """Last quarter's test is signed, with one zone that was not heard; this quarter's waits to be signed."""
    engineer, manager, supervisor = people
    today = until.astimezone(clock.SHANGHAI).date()
    circuits = list(
        Device.objects.filter(hall=contract.hall, category__code="PA", name__contains="回路").order_by("code")
    )
    doors = list(Door.objects.filter(hall=contract.hall, mode=Door.Mode.FAIL_SAFE))
    first, _last = quarter_days(quarter_of(today))
    for number, day in enumerate((first - timedelta(days=20), max(first, today - timedelta(days=12)))):
        at = _at(day, 19)
        test = linkage_open(
            contract=contract,
            tested_on=day,
            ours=f"{engineer.name}、{manager.name}",
            fire_vendor="示例消防维保公司 维保工程师01",
            client_people=supervisor.name,
            zones=[(device.name, device) for device in circuits],
            doors=doors,
            actor=engineer,
            at=at,
            source=Source.DEMO,
        )
        for zone in test.zones.all():
            quiet = number == 0 and zone.position == 2
            LinkageZone.objects.filter(pk=zone.pk).update(
                cut_at=time(19, 10 + zone.position),
                heard=not quiet,
                restored_at=time(19, 20 + zone.position),
                note="未听到强切广播，功放回路松动，当场紧固后复测正常" if quiet else "",
            )
        LinkageDoor.objects.filter(test=test).update(released=True)
        result = LinkageTest.Result.REMARKS if number == 0 else LinkageTest.Result.PASSED
        LinkageTest.objects.filter(pk=test.pk).update(result=result, note="闭厅后测试，未影响办事群众。")
        test.refresh_from_db()
        linkage_finish(test=test, actor=engineer, at=at + timedelta(hours=1), source=Source.DEMO)
        if number == 0:
            _both_sign(test, manager, supervisor, at + timedelta(hours=2))


def _handover(contract: Contract, people: tuple[User, User], until: datetime) -> None:
    manager, supervisor = people
    day = contract.starts_on
    at = min(_at(day, 14), until - timedelta(hours=4))
    sheet = handover_open(
        contract=contract,
        title="办公条件交接清单",
        handed_on=day,
        from_name=supervisor.name,
        to_name=manager.name,
        actor=manager,
        at=at,
        source=Source.DEMO,
    )
    HandoverItem.objects.bulk_create(
        HandoverItem(
            list_of=sheet,
            position=position,
            kind=kind,
            name=name,
            place=place,
            quantity=quantity,
            unit=unit,
            condition=condition,
            is_missing=bool(missing),
            missing_note=missing,
        )
        for position, (kind, name, place, quantity, unit, condition, missing) in enumerate(ITEMS, start=1)
    )
    handover_finish(sheet=sheet, actor=manager, at=at + timedelta(hours=1), source=Source.DEMO)
    _both_sign(sheet, manager, supervisor, at + timedelta(hours=2))
