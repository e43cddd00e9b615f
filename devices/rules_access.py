"""Rules of access cards and of checks: pure Python."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

NUMBER_LENGTH = (6, 20)
"""A shorter number would be told by its last four signs."""
SOON_DAYS = 30


def number_of(text: str) -> str:
    """A card's number as it is compared: without spaces and hyphens, in capitals."""
    return re.sub(r"[\s\-‐–—]", "", text).upper()


def number_is_good(text: str) -> bool:
    """Whether a text can be a card's number: 6 to 20 letters and digits."""
    number = number_of(text)
    low, high = NUMBER_LENGTH
    return low <= len(number) <= high and number.isascii() and number.isalnum()


def quarter_of(day: date) -> str:
    """The quarter of a day, such as 2026-Q4."""
    return f"{day.year}-Q{(day.month - 1) // 3 + 1}"


def quarter_days(quarter: str) -> tuple[date, date]:
    """First and last day of a quarter."""
    year, number = int(quarter[:4]), int(quarter[-1])
    first = date(year, 3 * number - 2, 1)
    after = date(year + number // 4, 3 * number % 12 + 1, 1)
    return first, after - timedelta(days=1)


def rate_percent(matched: int, expected: int, surplus: int) -> float | None:
    """账实相符率: what was found where the books have it, of everything in the books or on the floor; None without anything."""
    whole = expected + surplus
    return round(100 * matched / whole, 2) if whole else None


def differences(register: Mapping[str, str], system: Mapping[str, str]) -> tuple[Sequence[str], Sequence[str]]:
    """What two lists do not share: (shown of those only in the system, shown of those only in the register), by their keys."""
    only_system = [system[key] for key in system if key not in register]
    only_register = [register[key] for key in register if key not in system]
    return only_system, only_register
