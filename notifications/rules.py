"""When a delivery is sent and tried again: service time, quiet hours, growing delays for 72 hours. Values in, values out."""

from collections.abc import Callable
from datetime import datetime, time, timedelta

from core.clock import SHANGHAI

FIRST_DELAY = timedelta(seconds=5)
LONGEST_DELAY = timedelta(minutes=10)
RETRY_FOR = timedelta(hours=72)
REST_OF_TARGET = timedelta(seconds=60)
"""A target that fails is asked again after this time at the latest: what piled up must leave soon after its return."""
FAILURES_BEFORE_REST = 2
TURNS = 14
Quiet = tuple[time, time]


def retry_after(attempts: int) -> timedelta | None:
    """How long to wait after the given number of failed attempts (≥ 1); None when 72 hours of retries are used up."""
    waited, delay = timedelta(0), FIRST_DELAY
    for _ in range(attempts - 1):
        waited += delay
        if waited > RETRY_FOR:
            return None
        delay = min(delay * 2, LONGEST_DELAY)
    return delay


def next_attempt(due_at: datetime, attempts: int, now: datetime) -> datetime | None:
    """When a delivery that was first due at `due_at` and has failed `attempts` times (≥ 1) is tried again.

    The delay grows from 5 seconds to 10 minutes; the last attempt is made when 72 hours are over, then None.
    """
    end = due_at + RETRY_FOR
    if now >= end:
        return None
    delay = timedelta(seconds=FIRST_DELAY.total_seconds() * 2.0 ** min(attempts - 1, 16))
    return min(now + min(delay, LONGEST_DELAY), end)


def rest_after(failures: int) -> timedelta:
    """How long a target that has failed so many times in a row (≥ 1) is left in peace."""
    if failures < FAILURES_BEFORE_REST:
        return timedelta(0)
    delay = timedelta(seconds=FIRST_DELAY.total_seconds() * 2.0 ** min(failures - FAILURES_BEFORE_REST, 8))
    return min(delay, REST_OF_TARGET)


def after_quiet(at: datetime, quiet: Quiet | None) -> datetime:
    """The first instant from `at` on that lies outside the quiet hours (local times; they may pass midnight)."""
    if quiet is None or quiet[0] == quiet[1]:
        return at
    begin, end = quiet
    local = at.astimezone(SHANGHAI)
    clock = local.time()
    within = begin <= clock < end if begin < end else clock >= begin or clock < end
    if not within:
        return at
    day = local.date() if clock < end else local.date() + timedelta(days=1)
    return datetime.combine(day, end, SHANGHAI).astimezone(at.tzinfo)


def release_at(at: datetime, next_opening: Callable[[datetime], datetime], quiet: Quiet | None = None) -> datetime:
    """When something that is not urgent may leave the house: within service time and outside the person's quiet hours.

    Quiet hours that leave nothing of service time for a fortnight lose: then it leaves at the next opening.
    """
    opened = at
    for _ in range(TURNS):
        opened = next_opening(opened)
        awake = after_quiet(opened, quiet)
        if awake == opened:
            return opened
        opened = awake
    return next_opening(at)


def reaches(kind: str, email: str, phone: str) -> bool:
    """Whether somebody with this address and number can be reached by a personal channel of that kind."""
    return bool({"email": email, "sms": phone}.get(kind, True))
