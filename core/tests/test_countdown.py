"""The countdown's arithmetic in a real browser: service time only, by the server's clock, whatever the device's clock says."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Page, Route, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
SCRIPT = Path(settings.BASE_DIR) / "static" / "js" / "countdown.js"
FIVE_HOURS = 5 * 3600 * 1000

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")


def ms(day: int, hour: int, minute: int, second: int = 0) -> int:
    """An instant of March 2024 in Shanghai as epoch milliseconds."""
    return int(datetime(2024, 3, day, hour, minute, second, tzinfo=UTC).timestamp() * 1000) - 8 * 3600 * 1000


NOW = ms(18, 9, 10)
PAGE = f"""<!doctype html><meta name="server-now" content="{NOW}">
<div id="words" data-utc-offset="28800" data-sprite="/icons.svg" data-days="{{n}} d"
 data-normal="on time {{at}}" data-risk="at risk {{at}}" data-breached="overdue {{at}}" data-waiting="waits until {{at}}"></div>
<time data-countdown data-level="due" data-due="{NOW + 300_000}" data-windows="[]" data-total="300"><svg><use></use></svg>
<span class="countdown-digits"></span><span class="countdown-word"></span></time>
<script type="module" src="/countdown.js"></script>"""


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    """A page with one countdown, on a device whose clock is five hours fast."""

    def answer(route: Route) -> None:
        if route.request.url.endswith("/countdown.js"):
            route.fulfill(body=SCRIPT.read_text(), content_type="text/javascript")
        elif route.request.url.endswith("/"):
            route.fulfill(body=PAGE, content_type="text/html")
        else:
            route.fulfill(status=404)

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        opened = browser.new_page()
        opened.add_init_script(f"const real = Date.now.bind(Date); Date.now = () => real() + {FIVE_HOURS};")
        opened.route("**/*", answer)
        opened.goto("http://hall.test/")
        yield opened
        browser.close()


def look(page: Page, now: int, **clock: Any) -> dict[str, Any]:
    given = {"due": NOW + 300_000, "windows": [], "total": 300_000, "text": "", **clock}
    result: dict[str, Any] = page.evaluate(
        "async ([clock, now]) => (await import('/countdown.js')).look(clock, now)", [given, now]
    )
    return result


def test_a_running_clock_shows_what_is_left_and_when_it_is_due(page: Page) -> None:
    seen = look(page, NOW)
    assert (seen["level"], seen["digits"], seen["word"], seen["left"]) == ("normal", "05:00", "on time 09:15", 1)


@pytest.mark.parametrize(
    ("left", "level"), [(120, "normal"), (119, "risk"), (1, "risk"), (0, "risk"), (-1, "breached")]
)
def test_less_than_two_fifths_left_is_at_risk_and_due_itself_is_not_late(page: Page, left: int, level: str) -> None:
    assert look(page, NOW + (300 - left) * 1000)["level"] == level


def test_the_night_does_not_count(page: Page) -> None:
    """17:58 + 5 minutes is due at 08:33 of the next day: three minutes are left all night long."""
    windows = [[ms(18, 17, 58), ms(18, 18, 0)], [ms(19, 8, 30), ms(19, 8, 33)]]
    clock = {"due": ms(19, 8, 33), "windows": windows}
    assert look(page, ms(18, 17, 58), **clock)["digits"] == "05:00"
    for hour in (19, 23):
        seen = look(page, ms(18, hour, 0), **clock)
        assert (seen["level"], seen["digits"], seen["word"]) == ("waiting", "03:00", "waits until 03-19 08:30")
    assert look(page, ms(19, 8, 30), **clock)["level"] == "normal"
    assert look(page, ms(19, 8, 31, 30), **clock)["digits"] == "01:30"


def test_an_overrun_counts_up(page: Page) -> None:
    seen = look(page, NOW + 300_000 + 187_000)
    assert (seen["level"], seen["digits"]) == ("breached", "+03:07")
    assert look(page, NOW + 300_000 + 3_725_000)["digits"] == "+1:02:05"
    assert look(page, NOW + 300_000 + 11 * 86_400_000)["digits"] == "+11 d"


def test_days_are_told_in_words_until_the_last_hours(page: Page) -> None:
    due = NOW + 8 * 3600 * 1000
    assert look(page, NOW, due=due, total=0, text="1 working day")["digits"] == "1 working day"
    assert look(page, due - 3 * 3600 * 1000, due=due, total=0, text="1 working day")["digits"] == "3:00:00"


def test_the_servers_clock_counts_not_the_devices(page: Page) -> None:
    shown = page.inner_text(".countdown-digits")
    assert shown.startswith(("05:00", "04:"))
    assert page.get_attribute("[data-countdown]", "data-level") == "normal"
    page.evaluate(
        "at => document.dispatchEvent(new CustomEvent('server-time', { detail: { now: at, trip: 10 } }))", NOW + 240_000
    )
    assert page.get_attribute("[data-countdown]", "data-level") == "risk"
    assert page.get_attribute("[data-countdown] use", "href") == "/icons.svg#alert-triangle"
