"""Time and promises in a browser: the calendar, the roster, people, channels and the promise board, against the running product."""

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import expect

from core import clock
from tests.browser.conftest import Visit, visitor
from tests.browser.steps import PATIENCE, choose, look, report_fault, submit_main
from tests.stack import Stack

pytestmark = pytest.mark.stack

BOTH = pytest.mark.parametrize(
    ("language", "size"), [("zh-hans", "phone"), ("en", "desk")], ids=["zh-phone", "en-desk"]
)
NEW_PASSWORD = "eine-stille-halle-2031"


@BOTH
def test_the_manager_plans_a_day_sees_what_it_changes_and_publishes_it(
    visit: Visit, hall: Stack, language: str, size: str
) -> None:
    day = clock.now().astimezone(clock.SHANGHAI).date() + timedelta(days=30 if size == "phone" else 31)
    reason = f"重大活动保障演练（{language}）"
    manager = visitor(visit, "manager", size, language)
    manager.goto(f"/calendar/edit/?day={day}")
    choose(manager, "kind", "event")
    manager.locator("input[name=first]").fill(day.isoformat())
    manager.locator("input[name=windows]").fill("07:30-20:00")
    manager.locator("textarea[name=reason]").fill(reason)
    look(manager, "calendar-edit")
    submit_main(manager)
    look(manager, "calendar-draft")
    manager.goto("/calendar/publish/")
    expect(manager.locator("main")).to_contain_text("07:30–20:00")
    look(manager, "calendar-publish")
    manager.locator("main textarea[name=reason], main input[name=reason]").first.fill(reason)
    submit_main(manager)
    manager.goto("/calendar/revisions/")
    expect(manager.locator("main")).to_contain_text(reason)
    look(manager, "calendar-revisions")

    clerk = visitor(visit, "clerk", size, language)
    clerk.goto(f"/calendar/{day.year}/?day={day}")
    expect(clerk.locator("main")).to_contain_text("07:30–20:00")
    expect(clerk.locator("main")).to_contain_text(reason)
    look(clerk, "calendar-day")


def test_an_engineer_checks_in_on_the_phone_and_the_manager_sees_it(visit: Visit, hall: Stack) -> None:
    engineer = visitor(visit, "engineer2", "phone")
    expect(engineer.locator("main form[action*='/roster/check-in/']").first).to_be_visible()
    look(engineer, "check-in")
    engineer.locator("main form[action*='/roster/check-in/'] button").first.click()
    expect(engineer.locator("#toasts .notice").first).to_be_visible(timeout=PATIENCE)
    manager = visitor(visit, "manager", "desk", "en")
    for address, name in (
        ("/roster/", "roster"),
        ("/roster/month/", "roster-month"),
        ("/roster/attendance/", "attendance"),
        ("/roster/leaves/", "leaves"),
        ("/roster/comp-off/", "comp-off"),
        ("/roster/posts/", "posts"),
    ):
        manager.goto(address)
        look(manager, name)
    manager.goto("/roster/attendance/")
    expect(manager.locator("main")).to_contain_text("工程师乙")


def test_a_new_colleague_comes_in_by_a_link_and_is_out_at_once_when_deactivated(visit: Visit, hall: Stack) -> None:
    admin = visitor(visit, "admin", "desk", "en")
    admin.goto("/people/add/")
    admin.locator("input[name=username]").fill("newcomer")
    admin.locator("input[name=name]").fill("工程师戊")
    admin.locator("select[name=role]").select_option("engineer")
    look(admin, "person-add")
    submit_main(admin)
    expect(admin.locator("main .account-qr svg").first).to_be_visible(timeout=PATIENCE)
    look(admin, "person-link")
    address = admin.locator("main input[readonly]").first.input_value()
    assert "#" in address, "the token stands where no log sees it"

    newcomer = visit("phone")
    newcomer.goto(address)
    newcomer.locator("input[name=new_password1]").fill(NEW_PASSWORD)
    newcomer.locator("input[name=new_password2]").fill(NEW_PASSWORD)
    look(newcomer, "invitation")
    newcomer.locator("main form button[type=submit]").first.click()
    newcomer.goto("/login/")
    if "/login/" in newcomer.url:
        newcomer.locator("input[name=username]").fill("newcomer")
        newcomer.locator("input[name=password]").fill(NEW_PASSWORD)
        newcomer.locator("main button[type=submit]").click()
    newcomer.wait_for_url(lambda url: "/login/" not in url)
    expect(newcomer.locator("#menu")).to_be_attached()

    # The same link a second time opens nothing.
    again = visit("phone")
    again.goto(address)
    expect(again.locator("input[name=new_password1]")).to_have_count(0)

    admin.goto("/people/?q=newcomer")
    admin.locator("main a", has_text="工程师戊").first.click()
    look(admin, "person")
    admin.locator("main a[href$='/deactivate/']").click()
    look(admin, "person-deactivate")
    reason = admin.locator("main textarea[name=reason], main input[name=reason]")
    if reason.count():
        reason.first.fill("离场")
    submit_main(admin)
    newcomer.goto("/tickets/")
    assert "/login/" in newcomer.url


class Receiver(BaseHTTPRequestHandler):
    """Takes what a webhook sends, and keeps it on the server."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.taken.append((dict(self.headers), body))  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def receiver(live_stack: Stack) -> Iterator[ThreadingHTTPServer]:
    """A target on the one loopback port that the stack's list of inner networks names."""
    server = ThreadingHTTPServer(("127.0.0.1", live_stack.receiver_port), Receiver)
    server.taken = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join(10)


def test_a_channel_is_set_up_tried_and_reached_by_a_new_ticket(
    visit: Visit, hall: Stack, receiver: ThreadingHTTPServer
) -> None:
    secret = "a-shared-secret-of-32-characters"
    manager = visitor(visit, "manager", "desk", "en")
    expect(manager.locator("main")).to_contain_text("工程师甲")
    manager.goto("/notifications/channels/add/?kind=webhook")
    manager.locator("input[name=name]").fill("值班平台")
    manager.locator("input[name=address]").fill(f"http://127.0.0.1:{hall.receiver_port}/hook")
    manager.locator("input[name=secret]").fill(secret)
    manager.locator("input[name=to_group]").check()
    manager.locator("input[name=topics][value=promise]").check()
    look(manager, "channel-add")
    submit_main(manager)
    manager.goto("/notifications/channels/")
    row = manager.locator("tr", has_text="值班平台")
    row.locator("form[action$='/test/'] button").click()
    look(manager, "channel-tested")
    taken = receiver.taken  # type: ignore[attr-defined]
    assert taken, "the test was sent while the page waited"
    manager.goto("/notifications/channels/")
    row = manager.locator("tr", has_text="值班平台")
    switch = row.locator("form[action$='/switch/'] button")
    if switch.count() == 0:
        row.locator("a").first.click()
        switch = manager.locator("form[action$='/switch/'] button")
    switch.first.click()

    clerk = visitor(visit, "clerk", "desk")
    code = report_fault(clerk, "叫号屏不亮，等候的人很多", with_photo=False)
    for _ in range(60):
        if any(code in body.decode() for _headers, body in taken):
            break
        manager.wait_for_timeout(500)
    headers, body = next((headers, body) for headers, body in taken if code in body.decode())
    lower = {name.lower(): value for name, value in headers.items()}
    stamp = next(value for name, value in lower.items() if name.endswith("timestamp"))
    signature = next(value for name, value in lower.items() if name.endswith("signature"))
    expected = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    assert signature.removeprefix("sha256=") == expected
    assert json.loads(body)
    assert lower["idempotency-key"]


@BOTH
def test_the_board_the_wall_and_the_terms_show_what_runs(visit: Visit, hall: Stack, language: str, size: str) -> None:
    clerk = visitor(visit, "clerk", "desk")
    code = report_fault(clerk, f"打印机卡纸（{language}）", with_photo=False)
    supervisor = visitor(visit, "supervisor", size, language)
    supervisor.goto("/promises/")
    row = supervisor.locator("main", has_text=code)
    expect(row.first).to_be_visible(timeout=PATIENCE)
    expect(supervisor.locator("main [data-countdown]").first).to_be_visible()
    for address, name in (
        ("/promises/", "promises"),
        ("/promises/wall/", "wall"),
        ("/promises/policies/", "policies"),
        ("/contract/parameters/", "parameters"),
        ("/contract/", "contract"),
        ("/account/sessions/", "sessions"),
        ("/notifications/choices/", "choices"),
    ):
        supervisor.goto(address)
        look(supervisor, name)
    manager = visitor(visit, "manager", size, language)
    for address, name in (
        ("/people/", "people"),
        ("/organisations/", "organisations"),
        ("/organisations/vendors/", "vendors"),
        ("/notifications/channels/", "channels"),
        ("/notifications/channels/sent/", "sent"),
        ("/notifications/channels/failed/", "failed"),
    ):
        manager.goto(address)
        look(manager, name)
