"""What the tests of the calendar rules share: the contract's calendar, and instants written by the local clock."""

import datetime as dt
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from contract.rules import DayKind, NationalDay, Override, ServiceCalendar, WeeklyRule, Window, read_national_days

SHANGHAI = ZoneInfo("Asia/Shanghai")
NATIONAL_DAYS = Path(__file__).resolve().parents[1] / "data" / "national_days.csv"
EXTENDED = WeeklyRule(saturday=(Window.of("09:00", "13:00"),))
PLAIN = WeeklyRule()
DRAGON_BOAT_SATURDAY = Override(dt.date(2024, 6, 8), DayKind.WEEKEND, note="端午节小长假中的普通周六")


@cache
def national_days() -> tuple[NationalDay, ...]:
    return read_national_days(NATIONAL_DAYS)


@cache
def contract_calendar(*, extended: bool = True) -> ServiceCalendar:
    """The calendar of the demo contract: 08:30 to 18:00 on working days, extended Saturdays 09:00 to 13:00."""
    return ServiceCalendar.build(
        weekly=EXTENDED if extended else PLAIN, national=national_days(), overrides=[DRAGON_BOAT_SATURDAY]
    )


def at(text: str) -> dt.datetime:
    """An instant by the clock on the wall in Beijing."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)
