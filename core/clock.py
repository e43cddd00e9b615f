"""The one place where the present is read. Services take `at`; only doors (views, tasks, commands) call `now()`."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2199, 12, 31)
"""No record lies before or after; a day that somebody types may."""


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)


def midnight(day: date, days: int = 0) -> datetime:
    """The instant at which a day begins in the hall, or the day so many `days` later.

    A day out of all bounds counts as the nearest within them, so that whatever somebody types can be compared with.
    """
    day = min(max(day, FIRST_DAY), LAST_DAY) + timedelta(days=days)
    return datetime.combine(day, time(), SHANGHAI)
