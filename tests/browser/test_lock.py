"""A screen that somebody left: it locks, keeps showing and sounding, and gives back what was typed."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, visitor
from tests.browser.steps import PATIENCE, look, report_fault, until, word
from tests.stack import PASSWORD, Stack

pytestmark = pytest.mark.stack

GONE = """
from parties.models.session import Session
from parties.sessions import SessionStore
for row in Session.objects.filter(user__username={username!r}):
    session = SessionStore(row.session_key)
    session.load()
    session["seen_at"] -= 3600
    session.save()
"""
COUNT_SOUNDS = """
window.sounds = 0;
document.addEventListener("beep", () => { window.sounds += 1; });
"""


def unlock(page: Page) -> None:
    """Give the password on the lock screen."""
    page.locator("main input[name=password]").fill(PASSWORD)
    page.locator("main form:has(input[name=password]) button[type=submit]").click()


@pytest.mark.parametrize(("language", "size"), [("zh-hans", "phone"), ("en", "desk")], ids=["zh-phone", "en-desk"])
def test_the_queue_locks_keeps_telling_and_gives_back_what_was_typed(
    visit: Visit, hall: Stack, language: str, size: str
) -> None:
    engineer = visitor(visit, "engineer", size, language, script=COUNT_SOUNDS)
    engineer.goto("/tickets/queue/")
    expect(engineer.locator("[data-sound-ask]")).to_be_visible()
    engineer.locator("[data-sound-ask] [data-sound-unlock]").click()
    expect(engineer.locator("[data-sound-ask]")).to_be_hidden()

    writer = visitor(visit, "engineer2", size, language)
    writer.goto("/tickets/report/")
    typed = f"写到一半的来电记录（{language}）"
    writer.locator("textarea[name=description]").fill(typed)
    expect(writer.locator("textarea[name=description]")).to_have_value(typed)
    until(writer, "Object.keys(sessionStorage).some((key) => key.startsWith('draft:'))")

    for username in ("engineer", "engineer2"):
        hall.python(GONE.format(username=username))
    for page in (engineer, writer):
        page.wait_for_url("**/account/locked/**", timeout=PATIENCE)
        look(page, "locked")

    # New work: shown and sounded on the locked screen, without a name or a verb.
    clerk = visitor(visit, "clerk", "desk")
    symptom = f"锁屏时报修的故障（{language}）"
    code = report_fault(clerk, symptom, with_photo=False)
    row = engineer.locator(".queue-row", has_text=code)
    expect(row).to_be_visible(timeout=PATIENCE)
    expect(row.locator("[data-countdown]")).to_be_visible()
    expect(row.locator("a")).to_have_count(0)
    expect(engineer.locator("body")).not_to_contain_text(symptom)
    expect(engineer.locator("body")).not_to_contain_text("窗口人员")
    until(engineer, "window.sounds > 0")

    # The password brings both back to where they were.
    unlock(engineer)
    engineer.wait_for_url(re.compile(r"/tickets/queue/$"))
    expect(engineer.locator("[data-section=respond] .queue-row", has_text=code)).to_be_visible(timeout=PATIENCE)
    unlock(writer)
    writer.wait_for_url(re.compile(r"/tickets/report/$"))
    expect(writer.locator("textarea[name=description]")).to_have_value(typed)
    expect(writer.locator("#toasts")).to_contain_text(word(language, "Your unsent input was restored."))
