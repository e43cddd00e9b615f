"""Every route declares who may use it, and the declaration is what happens: every route × every role × every method."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from core.access import LOGGED_IN, PUBLIC
from core.roles import ROLES
from tests.make import World, make_world

METHODS = ("GET", "POST", "DELETE")
REFUSED = {403}
ASKED_TO_LOG_IN = {302, 401}
ANONYMOUS = "anonymous"
ENDS_THE_SESSION = {"logout"}


@dataclass(frozen=True)
class Route:
    """One route: its pattern, its name and its view."""

    pattern: str
    name: str
    view: Any


def routes() -> list[Route]:
    """All routes of the URLconf."""

    def walk(resolver: URLResolver, prefix: str, namespace: str) -> Iterator[Route]:
        for entry in resolver.url_patterns:
            pattern = prefix + str(entry.pattern)
            if isinstance(entry, URLResolver):
                yield from walk(entry, pattern, f"{namespace}{entry.namespace}:" if entry.namespace else namespace)
            elif isinstance(entry, URLPattern):
                # What a framework made of a class declares on the class.
                yield Route(pattern, f"{namespace}{entry.name}", getattr(entry.callback, "cls", entry.callback))

    return list(walk(get_resolver(), "", ""))


ROUTES = routes()


def test_every_route_declares_who_may_use_it() -> None:
    undeclared = [route.pattern for route in ROUTES if not getattr(route.view, "allow", ())]
    assert len(ROUTES) > 30
    assert not undeclared


def test_every_route_has_a_unique_name() -> None:
    names = [route.name for route in ROUTES]
    assert all(name and not name.endswith("None") for name in names)
    assert len(names) == len(set(names))


@pytest.fixture
def world(db: None) -> World:
    return make_world()


def path_of(route: Route) -> str:
    """The route's path with values that exist nowhere: who may not come in is told so before anything is looked up."""
    path = "/" + route.pattern
    for part, value in {
        "<int:": "999999",
        "<slug:": "none",
        "<str:": "none",
        "<path:": "none",
        "<uuid:": "00000000-0000-0000-0000-000000000000",
    }.items():
        while part in path:
            start = path.index(part)
            path = path[:start] + value + path[path.index(">", start) + 1 :]
    assert "<" not in path, path
    return path


def complaint(status: int, method: str, allowed: tuple[str, ...], methods: tuple[str, ...], role: str) -> str:
    """What is wrong with an answer, empty when nothing is."""
    if status == 500:
        return "failed"
    if PUBLIC in allowed or (role != ANONYMOUS and (LOGGED_IN in allowed or role in allowed)):
        if method not in methods:
            return "" if status == 405 else "wrong method was not refused"
        return "was refused to a role that may" if status in REFUSED else ""
    if role == ANONYMOUS:
        return "" if status in ASKED_TO_LOG_IN else "was not sent to the login page"
    return "" if status == 403 else "was not refused"


@pytest.mark.once
@pytest.mark.parametrize("role", (ANONYMOUS, *ROLES))
def test_every_route_admits_exactly_its_roles(role: str, world: World) -> None:
    wrong = []
    for route in ROUTES:
        client = Client(raise_request_exception=False)
        if role != ANONYMOUS:
            client.force_login(getattr(world, role))
        for method in METHODS:
            # Refusals as a script gets them: ten thousand pages with menu and all would say no more.
            status = client.generic(method, path_of(route), headers={"Accept": "application/json"}).status_code
            allowed = getattr(route.view, "allow_methods", {}).get(method, route.view.allow)
            problem = complaint(status, method, allowed, route.view.allowed_methods, role)
            if problem:
                wrong.append(f"{method} {route.name}: {status} {problem}")
            if route.name in ENDS_THE_SESSION and role != ANONYMOUS:
                client.force_login(getattr(world, role))
    assert not wrong
