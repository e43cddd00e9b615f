"""Panels that higher apps put on a lower app's page without being imported by it; filled in AppConfig.ready()."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from core.http import Request


@dataclass(frozen=True)
class Panel:
    """One section of a page: a template and what it is rendered with. `position` orders the panels."""

    template: str
    context: dict[str, Any] = field(default_factory=dict)
    position: int = 0


Provider = Callable[[Request, Any], Panel | None]
_providers: dict[str, list[Provider]] = {}


def register(page: str, provider: Provider) -> None:
    """Add a provider to a page such as "device"; provider(request, obj) gives its panel, or None when it has nothing to show."""
    providers = _providers.setdefault(page, [])
    if provider not in providers:
        providers.append(provider)


def panels_for(page: str, request: Request, obj: Any) -> list[Panel]:
    """The panels of a page about an object, in their order."""
    found = (provider(request, obj) for provider in _providers.get(page, []))
    return sorted((panel for panel in found if panel is not None), key=lambda panel: panel.position)
