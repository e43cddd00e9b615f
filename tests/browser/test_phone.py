"""One phone, one fault: from the label on the device to the client's signature and the work order on paper."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, visitor
from tests.browser.steps import act, choose, code_of, draw, fill_work, look, submit
from tests.browser.test_journey import signature_facts
from tests.browser.test_register import a_device
from tests.stack import PASSWORD, Stack

pytestmark = pytest.mark.stack

MOST_TAPS = 3
"""A step takes no more than these beyond typing and the handwriting itself."""
COUNT_TAPS = """
addEventListener("pointerdown", event => {
  if (!event.target.closest("canvas")) sessionStorage.taps = 1 + Number(sessionStorage.taps || 0);
}, true);
"""
PIN = "470913"


class Taps:
    """How often the phone was touched since the last step."""

    def __init__(self, page: Page) -> None:
        self.page, self.before = page, 0
        self.steps: dict[str, int] = {}

    def step(self, name: str) -> None:
        """A step is done."""
        taps = int(self.page.evaluate("Number(sessionStorage.taps || 0)"))
        self.steps[name], self.before = taps - self.before, taps


def test_one_fault_on_one_phone_takes_at_most_three_taps_a_step(visit: Visit, hall: Stack) -> None:
    device = a_device(hall, "WS", 5)
    phone = visitor(visit, "engineer", "phone", script=COUNT_TAPS)
    phone.goto("/account/pin/")
    phone.locator("input[name=current_password]").fill(PASSWORD)
    phone.locator("input[name=pin]").fill(PIN)
    phone.locator("input[name=pin_again]").fill(PIN)
    phone.locator("main form button[type=submit]").last.click()
    phone.wait_for_url("**/account/")
    taps = Taps(phone)
    taps.step("before")

    # What the camera reads on the label is this address.
    phone.goto(f"/d/{device['short']}/")
    look(phone, "phone-1-scan")
    phone.locator("main a[href*='/tickets/report/']").first.click()
    look(phone, "phone-2-report")
    choose(phone, "channel", "walk_in")
    phone.locator("textarea[name=description]").fill("扫码报修：触摸屏点不动")
    phone.locator("input[name=reporter_name]").fill("窗口人员05")
    submit(phone)
    code = code_of(phone)
    taps.step("report")

    act(phone, "respond")
    look(phone, "phone-3-respond")
    choose(phone, "triage", "general")
    submit(phone)
    code_of(phone)
    taps.step("respond")

    act(phone, "arrive")
    look(phone, "phone-4-arrive")
    submit(phone)
    code_of(phone)
    taps.step("arrive")

    act(phone, "resolve")
    fill_work(phone)
    look(phone, "phone-5-resolve")
    submit(phone)
    code_of(phone)
    taps.step("resolve")

    act(phone, "ask_signature")
    look(phone, "phone-6-ask")
    phone.locator(".ask-ways button[formaction]").click()
    phone.wait_for_url("**/sign/handover/")
    look(phone, "phone-7-handover")
    expect(phone.locator("pre.canonical").first).to_contain_text(code)
    draw(phone)
    submit(phone)
    expect(phone.locator(".thanks")).to_contain_text(code)
    taps.step("sign")

    phone.locator("a[href='/sign/handover/unlock/']").click()
    phone.locator("input[name=pin]").fill(PIN)
    phone.locator("main form button[type=submit]").click()
    assert code_of(phone) == code
    look(phone, "phone-8-signed")
    facts = signature_facts(hall, code)
    assert (facts["status"], facts["way"], facts["witness"]) == ("signed", "handover", "engineer")
    sheet = phone.locator(f"a[href$='/tickets/{code}/sheet/']")
    answer = phone.request.get(str(sheet.get_attribute("href")))
    assert re.match(rb"%PDF-1\.\d", answer.body())
    sheet.click()
    taps.step("paper")

    taken = {name: count for name, count in taps.steps.items() if name != "before"}
    assert all(0 < count <= MOST_TAPS for count in taken.values()), taken
