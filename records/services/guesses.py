"""Counts wrong guesses, so that neither tokens nor PINs can be tried at leisure."""

from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address

from django.db.models import F

from records.models import GuessCount

WINDOW = timedelta(minutes=15)


def guess_add(key: str, *, at: datetime) -> int:
    """Count one wrong guess and return how many the window now holds; exact when many come at once."""
    GuessCount.objects.bulk_create([GuessCount(key=key, since=at)], ignore_conflicts=True)
    GuessCount.objects.filter(key=key, since__lte=at - WINDOW).update(since=at, count=0)
    GuessCount.objects.filter(key=key).update(count=F("count") + 1)
    return int(GuessCount.objects.values_list("count", flat=True).get(key=key))


def guesses_in_window(key: str, *, at: datetime) -> int:
    """How many wrong guesses the window holds."""
    counts = GuessCount.objects.filter(key=key, since__gt=at - WINDOW).values_list("count", flat=True)
    return int(counts.first() or 0)


def guesses_forget(key: str) -> None:
    """Begin anew, after a right answer."""
    GuessCount.objects.filter(key=key).delete()


def network_of(ip: str) -> str:
    """What counts as one guesser: an IPv4 address, or the /64 that one IPv6 visitor has to himself."""
    try:
        address = ip_address(ip)
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address):
        return str(IPv6Address(int(address) >> 64 << 64)) + "/64"
    return str(address)
