"""Service-time arithmetic: additions and measurements a second, datetimes in and out, by the span added.

Run: .venv/bin/python bench/service_time.py (five rounds each, the best counts; one core, nothing else running).
"""

import datetime as dt
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from contract.rules import ServiceCalendar, WeeklyRule, Window, read_national_days

FACTS = Path(__file__).resolve().parents[1] / "contract" / "data" / "national_days.csv"
COUNT = 200_000
ROUNDS = 5
SPANS = {"5 minutes": 300, "1 hour": 3600, "a working day": 34_200, "a year": 248 * 34_200, "ten years": 2_480 * 34_200}


def best(work: Callable[[], object]) -> float:
    """Operations a second in the best of the rounds."""
    times = []
    for _ in range(ROUNDS):
        begin = time.process_time()
        work()
        times.append(time.process_time() - begin)
    return COUNT / min(times)


def main() -> None:
    """Print one line per span."""
    calendar = ServiceCalendar.build(
        weekly=WeeklyRule(saturday=(Window.of("09:00", "13:00"),)), national=read_national_days(FACTS)
    )
    rng = random.Random(1)
    first = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
    starts = [first + dt.timedelta(microseconds=rng.randrange(3 * 365 * 86_400 * 10**6)) for _ in range(COUNT)]

    begin = time.process_time()
    calendar.add(starts[0], 300)
    print(f"first use (lays out a year)      {(time.process_time() - begin) * 1000:10.1f} ms")
    for name, seconds in SPANS.items():
        dues = [calendar.add(start, seconds) for start in starts]

        def additions(seconds: int = seconds) -> None:
            add = calendar.add
            for start in starts:
                add(start, seconds)

        def measurements(dues: list[dt.datetime] = dues) -> None:
            elapsed = calendar.elapsed
            for start, due in zip(starts, dues, strict=True):
                elapsed(start, due)

        print(f"{name:14} add {best(additions):12,.0f} /s   elapsed {best(measurements):12,.0f} /s")


if __name__ == "__main__":
    main()
