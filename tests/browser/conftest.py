"""A real browser: Debian's Chromium, driven by Playwright."""

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from tests.browser.steps import open_session
from tests.stack import Stack

# Playwright's synchronous interface runs an event loop in this thread; the ORM would refuse to work beside it.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"

SIZES = {"phone": (390, 844), "desk": (1366, 768)}
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
Visit = Callable[..., Page]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all journeys; every visitor gets a context of its own."""
    path = shutil.which("chromium")
    assert path, "chromium is missing: script/setup --dev installs it"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Browser, live_stack: Stack) -> Iterator[Visit]:
    """`visit("phone" or "desk", locale="zh-CN" or "en")` gives a new visitor's page, with cookies of its own.

    At the end no page may have had an uncaught error or something that the content security policy refused.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if message.type == "error" and "Content Security Policy" in message.text:
            complaints.append(message.text)

    def new(size: str = "desk", *, locale: str = "zh-CN", javascript: bool = True) -> Page:
        width, height = SIZES[size]
        context = chromium.new_context(
            base_url=live_stack.base_url,
            locale=locale,
            timezone_id="Asia/Shanghai",
            viewport={"width": width, "height": height},
            has_touch=size == "phone",
            is_mobile=size == "phone",
            java_script_enabled=javascript,
            accept_downloads=True,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", heard)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield new
    for context in contexts:
        context.close()
    assert complaints == []


CONTRACT = "from parties.models import Contract; contract = Contract.objects.filter(is_demo=True).latest('starts_on')\n"

OPEN_ALL_DAY = (
    CONTRACT
    + """
from datetime import timedelta
from contract.rules import DayKind
from contract.services.calendar import OverrideData, calendar_publish, current_revision
from core import clock
now = clock.now()
today = now.astimezone(clock.SHANGHAI).date()
old = current_revision(contract)
calendar_publish(
    contract=contract, weekday_windows=old.weekday_windows, extended_saturday=old.extended_saturday,
    overrides=[
        OverrideData(today + timedelta(days=n), DayKind.MAJOR_EVENT, "全天保障", (("00:00", "24:00"),)) for n in (-1, 0, 1, 2)
    ],
    reason="全天保障", actor=None, at=now,
)
"""
)
ON_DUTY_ALL_DAY = (
    CONTRACT
    + """
from datetime import time, timedelta
from core import clock
from parties.models import User
from roster.models import Post
from roster.services.shifts import shift_add
now = clock.now()
today = now.astimezone(clock.SHANGHAI).date()
for n in (-1, 0, 1, 2):
    for name in ("engineer", "engineer2", "engineer3", "flex"):
        shift_add(
            contract=contract, post=Post.objects.get(contract=contract, code="event"), date=today + timedelta(days=n),
            person=User.objects.get(username=name), starts=time(0), ends=time(0),
            actor=User.objects.get(username="manager"), at=now,
        )
"""
)


@pytest.fixture(scope="session")
def hall(live_stack: Stack) -> Stack:
    """The demo hall, open and staffed day and night: the journey is made at any hour, and its clocks have to run."""
    live_stack.python(OPEN_ALL_DAY)
    live_stack.python(ON_DUTY_ALL_DAY)
    return live_stack


def visitor(visit: Visit, username: str, size: str, language: str = "zh-hans", *, script: str = "") -> Page:
    """Somebody who has signed in and sees the home page."""
    page = visit(size)
    if script:
        page.add_init_script(script)
    open_session(page, username, language)
    return page
