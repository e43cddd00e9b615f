"""The demo's calendar: a published event and half day to come, a Saturday that is only planned yet, and a parameter that changes."""

from datetime import date, datetime, timedelta

from contract.models import Term
from contract.rules import DayKind
from contract.services.draft import calendar_edit, calendar_publish_draft, plan_of
from contract.services.terms import term_set
from core import clock
from core.roles import MANAGER
from parties.models import Contract, User
from parties.querysets import people_with_role
from records.models import Source


def plan_calendar(contract: Contract, *, until: datetime) -> None:
    """Publish a second revision for the weeks to come, leave one day in the draft, and set a parameter from next month on."""
    today = until.astimezone(clock.SHANGHAI).date()
    manager = people_with_role(contract, MANAGER, on=today)[0]
    monday = today + timedelta(days=14 - today.weekday())
    _plan(
        contract,
        monday + timedelta(days=1),
        monday + timedelta(days=3),
        DayKind.MAJOR_EVENT,
        "08:00",
        "20:00",
        "重大活动保障（演示）",
        manager,
        until,
    )
    _plan(
        contract,
        monday + timedelta(days=4),
        monday + timedelta(days=4),
        DayKind.WORKDAY,
        "08:30",
        "12:00",
        "下午机房检修，甲方通知半天服务（演示）",
        manager,
        until,
    )
    plan = plan_of(contract)
    calendar_publish_draft(
        contract=contract,
        base_seen=plan.base.number,
        version_seen=plan.version,
        reason="甲方函告：重大活动保障与半天检修（演示）",
        amend={},
        actor=manager,
        at=until,
        source=Source.DEMO,
    )
    saturday = monday + timedelta(days=12)
    _plan(
        contract, saturday, saturday, DayKind.WEEKEND, "", "", "甲方拟暂停当周延时服务，待确认（演示）", manager, until
    )
    newest = Term.objects.filter(contract=contract, key="rating_days").order_by("-pk").first()
    term_set(
        contract=contract,
        key="rating_days",
        value=10,
        effective_from=(today.replace(day=1) + timedelta(days=32)).replace(day=1),
        reason="与甲方商定延长评价期限（演示）",
        seen=newest.pk if newest else None,
        actor=manager,
        at=until,
        source=Source.DEMO,
    )


def _plan(
    contract: Contract,
    first: date,
    last: date,
    kind: DayKind,
    opens: str,
    closes: str,
    reason: str,
    manager: User,
    at: datetime,
) -> None:
    calendar_edit(
        contract=contract,
        first=first,
        last=last,
        weekdays=range(7),
        kind=kind,
        windows=[(opens, closes)] if opens else None,
        reason=reason,
        actor=manager,
        at=at,
    )
