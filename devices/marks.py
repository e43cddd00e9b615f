"""What higher apps know of devices that a drawing shows beside their state: filled in AppConfig.ready(), no import upwards."""

from collections.abc import Callable, Collection, Mapping

Provider = Callable[[Collection[int]], Mapping[int, int]]
_providers: list[Provider] = []


def register(provider: Provider) -> None:
    """Add a provider: ids of devices -> how many open matters each has; one statement, devices without any left out."""
    if provider not in _providers:
        _providers.append(provider)


def open_matters(ids: Collection[int]) -> dict[int, int]:
    """How many open matters each of these devices has, over all providers."""
    found: dict[int, int] = {}
    if ids:
        for provider in _providers:
            for pk, count in provider(ids).items():
                found[pk] = found.get(pk, 0) + count
    return found
