"""How a delivery that failed is tried again: growing delays for 72 hours. Values in, values out."""

from datetime import timedelta

FIRST_DELAY = timedelta(seconds=5)
LONGEST_DELAY = timedelta(minutes=10)
RETRY_FOR = timedelta(hours=72)


def retry_after(attempts: int) -> timedelta | None:
    """How long to wait after the given number of failed attempts (≥ 1); None when 72 hours of retries are used up."""
    waited, delay = timedelta(0), FIRST_DELAY
    for _ in range(attempts - 1):
        waited += delay
        if waited > RETRY_FOR:
            return None
        delay = min(delay * 2, LONGEST_DELAY)
    return delay
