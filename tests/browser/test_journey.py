"""The journey: a call, a five-minute clock, a signed work order, a weekly PDF; in a browser, against the running product."""

import json
import re
import subprocess
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import CONTRACT, Visit, visitor
from tests.browser.steps import (
    CODE,
    PATIENCE,
    act,
    choose,
    code_of,
    draw,
    fill_response,
    fill_work,
    look,
    open_session,
    rate,
    remaining,
    report_fault,
    submit,
    unread,
    word,
)
from tests.stack import PASSWORD, Stack

pytestmark = pytest.mark.stack

BOTH = pytest.mark.parametrize(
    ("language", "size"), [("zh-hans", "phone"), ("en", "desk")], ids=["zh-phone", "en-desk"]
)
WITHIN_FIVE_SECONDS = 5_000
PAPER_PATIENCE = 90_000
"""Milliseconds for a page that makes a PDF: the child process that renders it is itself given a minute."""
FAST_CLOCK = "const honest = Date.now.bind(Date); Date.now = () => honest() + 3600e3;"
"""A device whose clock is an hour ahead; what counts is the server's."""

NEXT_PROMISE = (
    CONTRACT
    + """
from core import clock
from sla.models import Policy
rows = Policy.objects.filter(contract=contract, kind="response").order_by("version")
terms = rows.values("target_kind", "target_amount", "pausable", "promisor", "clauses", "ladder")[0]
Policy.objects.create(
    contract=contract, kind="response", version=rows.last().version + 1,
    effective_from=clock.now().astimezone(clock.SHANGHAI).date(), **(terms | %s),
)
"""
)
QUICK = {
    "target_amount": 8,
    "ladder": [
        {"name": "start", "after": 0, "to": ["on_duty"], "urgent": False},
        {"name": "reminder", "after": 2, "to": ["on_duty"], "urgent": False},
        {"name": "manager", "after": 4, "to": ["manager"], "urgent": False},
        {"name": "urgent", "after": 6, "to": ["manager", "on_duty"], "urgent": True},
        {"name": "breach", "breach": True, "to": ["manager", "on_duty"], "urgent": True},
    ],
}

TO_SIGN = (
    CONTRACT
    + """
from datetime import timedelta
from core import clock
from devices.models import Device
from parties.models import User
from tickets.services.arrive import ticket_arrive
from tickets.services.report import ticket_report
from tickets.services.resolve import ticket_resolve
from tickets.services.respond import ticket_respond
clerk, engineer = User.objects.get(username="clerk"), User.objects.get(username="engineer")
unit = clerk.memberships.get(contract=contract).unit
device = Device.objects.filter(window__unit=unit).first()
ticket = ticket_report(
    contract=contract, actor=clerk, at=clock.now(), channel="web", description=%r, reporter_name=clerk.name,
    unit=unit, place=device.place, window=device.window, device=device,
)
now = clock.now()
ticket_respond(
    ticket=ticket, actor=engineer, at=now, contact_method="phone", contact_person=clerk.name, triage="general",
    commitment_kind="arrival", commitment_at=now + timedelta(minutes=15),
)
ticket_arrive(ticket=ticket, actor=engineer, at=clock.now())
ticket_resolve(
    ticket=ticket, actor=engineer, at=clock.now(), cause="电源线松动", solution="重新插紧", verification="试机正常",
    verified_by=clerk.name, result="solved",
)
print(ticket.code)
"""
)


@pytest.fixture
def quick_promise(hall: Stack) -> Iterator[None]:
    """A promise of eight seconds as the newest policy; afterwards the five minutes are the newest again."""
    hall.python(NEXT_PROMISE % repr(QUICK))
    yield
    hall.python(NEXT_PROMISE % "{}")


def signature_facts(stack: Stack, code: str) -> dict[str, object]:
    """How the ticket's completion was signed and rated, as stored."""
    return dict(
        json.loads(
            stack.python(
                f"""
import json
from records.models import Signature
from tickets.models import Ticket
ticket = Ticket.objects.get(code={code!r})
rows = Signature.objects.filter(subject_type="ticket", subject_id=ticket.pk, purpose="completion")
one, rating = rows.get(), getattr(ticket, "rating", None)
print(json.dumps({{
    "status": ticket.status, "way": one.way, "signer": one.signer and one.signer.username, "name": one.signer_name,
    "witness": one.witness and one.witness.username, "strokes": len(one.strokes), "png": bytes(one.image_png[:4]).hex(),
    "level": rating and rating.level, "rated_by": rating and rating.way,
    "on_handler_device": rating and rating.on_handler_device,
}}))"""
            )
        )
    )


def to_sign(stack: Stack, symptom: str) -> str:
    """A ticket whose work is done; returns its code."""
    return stack.python(TO_SIGN % symptom).strip()


# From the report to the signature -------------------------------------------------------------------------------------


@BOTH
def test_a_fault_is_reported_answered_repaired_and_signed(visit: Visit, hall: Stack, language: str, size: str) -> None:
    engineer = visitor(visit, "engineer", size, language, script=FAST_CLOCK)
    look(engineer, "home-engineer")
    engineer.goto("/tickets/queue/")
    engineer.evaluate("window.never_left = true")
    bell = unread(engineer)

    clerk = visitor(visit, "clerk", size, language)
    look(clerk, "home-clerk")
    clerk.locator("main a[href='/tickets/report/']").first.click()
    symptom = f"窗口电脑黑屏，重启三次都不行（{language}）"
    code = report_fault(clerk, symptom)
    look(clerk, "ticket-new-clerk")
    expect(clerk.locator(".thumb img")).to_have_count(1)
    assert clerk.locator(".thumb img").evaluate("node => node.decode().then(() => node.naturalWidth)") > 0

    # The engineer's queue, without reloading.
    row = engineer.locator("[data-section=respond] .queue-row", has_text=code)
    expect(row).to_be_visible(timeout=WITHIN_FIVE_SECONDS)
    expect(engineer.locator("[data-unread-count]")).not_to_have_text(str(bell), timeout=PATIENCE)
    assert unread(engineer) > bell
    expect(engineer.locator("#toasts")).to_contain_text(code)
    assert engineer.evaluate("window.never_left")
    digits = row.locator("[data-countdown] .countdown-digits")
    first = remaining(digits.inner_text())
    assert 200 < first <= 300, "five minutes by the server's clock, although this device is an hour ahead"
    expect(digits).not_to_have_text(digits.inner_text(), timeout=PATIENCE)
    assert remaining(digits.inner_text()) < first
    look(engineer, "queue")

    # Why is it due then?
    row.locator("a.cell-title").click()
    look(engineer, "ticket-new-engineer")
    engineer.goto(str(engineer.locator("a[href*='/why/']").first.get_attribute("href")))
    expect(engineer.locator("main")).to_contain_text("5")
    look(engineer, "why")

    # The response.
    engineer.goto("/tickets/queue/")
    row.locator("a[href$='/respond/']").click()
    look(engineer, "respond")
    fill_response(engineer)
    submit(engineer)
    assert code_of(engineer) == code
    expect(engineer.locator("main")).to_contain_text(word(language, "Responded"))
    assert clock_of(hall, code)["state"] == "stopped"
    clerk.reload()
    expect(clerk.locator(".progress-sentence")).to_contain_text("工程师甲")

    # Arrival and repair.
    act(engineer, "arrive")
    look(engineer, "arrive")
    choose(engineer, "service_mode", "on_site")
    submit(engineer)
    code_of(engineer)
    act(engineer, "resolve")
    fill_work(engineer)
    look(engineer, "resolve")
    submit(engineer)
    code_of(engineer)
    look(engineer, "ticket-done-engineer")

    # The clerk checks and signs with the own account, and rates.
    clerk.reload()
    act(clerk, "sign")
    # The order was not accepted before: both texts are signed in one sitting.
    expect(clerk.locator("pre.canonical")).to_have_count(2)
    expect(clerk.locator("pre.canonical").first).to_contain_text(symptom)
    expect(clerk.locator("pre.canonical").last).to_contain_text("重新插紧电源线")
    submit(clerk)
    expect(clerk.locator("[data-signature-error]")).to_be_visible()
    draw(clerk)
    rate(clerk, 5)
    look(clerk, "sign")
    submit(clerk)
    assert code_of(clerk) == code
    expect(clerk.locator(".signed-line").first).to_contain_text("窗口人员01")
    expect(clerk.locator(".signed-line").first).to_contain_text(word(language, "Own account"))
    look(clerk, "ticket-signed")
    assert signature_facts(hall, code) == {
        "status": "signed", "way": "account", "signer": "clerk", "name": "窗口人员01", "witness": None, "strokes": 3,
        "png": "89504e47", "level": 5, "rated_by": "account", "on_handler_device": False,
    }  # fmt: skip

    # Where it is found again.
    for page, address, name in (
        (clerk, f"/tickets/?q={code}", "list-clerk"),
        (engineer, "/tickets/", "list-engineer"),
        (engineer, "/devices/?q=A05", "devices"),
        (engineer, "/devices/scan/", "scan"),
        (engineer, "/notifications/", "messages"),
        (engineer, "/account/", "account"),
    ):
        page.goto(address)
        look(page, name)
    clerk.goto(f"/tickets/?q={code}")
    expect(clerk.locator("main tbody")).to_contain_text(code)


def clock_of(stack: Stack, code: str) -> dict[str, object]:
    """The ticket's response clock, with every rung and how many messages it made."""
    return dict(
        json.loads(
            stack.python(
                f"""
import json
from notifications.models import Message
from tickets.models import Ticket
clock = Ticket.objects.get(code={code!r}).response_clock
print(json.dumps({{
    "state": clock.state,
    "breached": clock.breached_at is not None,
    "late_seconds": clock.breached_at and (clock.breached_at - clock.due_at).total_seconds(),
    "net_seconds": clock.net_seconds,
    "reason": clock.breach_reason,
    "rungs": [[row.rung, row.state] for row in clock.alerts.order_by("fire_at", "id")],
    "messages": [
        Message.objects.filter(origin=f"alert:{{row.pk}}").count() for row in clock.alerts.order_by("fire_at", "id")
    ],
}}))"""
            )
        )
    )


# The other two ways to sign -------------------------------------------------------------------------------------------


@BOTH
def test_the_client_signs_on_a_phone_of_their_own(visit: Visit, hall: Stack, language: str, size: str) -> None:
    code = to_sign(hall, f"叫号屏不显示号码（{language}）")
    engineer = visitor(visit, "engineer", size, language)
    engineer.goto(f"/tickets/{code}/")
    act(engineer, "ask_signature")
    look(engineer, "ask-signature")
    engineer.locator(".ask-ways button:not([formaction])").click()
    expect(engineer.locator(".qr svg")).to_be_visible()
    look(engineer, "qr")
    address = engineer.locator("#sign-link").input_value()
    assert "#t=" in address, "the token stands where no log sees it"

    # Somebody without an account, on a phone; a chat's preview fetched the address before.
    preview = visit("phone")
    preview.request.get(address)
    client = visit("phone", locale="en")
    client.goto(address)
    client.wait_for_url("**/sign/link/page/")
    assert "#" not in client.url
    expect(client.locator("pre.canonical").last).to_contain_text(code)
    client.reload()
    client.goto(address)
    client.wait_for_url("**/sign/link/page/")
    for elsewhere in ("/", "/tickets/", f"/tickets/{code}/"):
        client.goto(elsewhere)
        expect(client).to_have_url(re.compile(r"/login/"))
    client.goto("/sign/link/page/")
    look(client, "link-page")
    draw(client)
    rate(client, 4)
    submit(client)
    expect(client.locator(".thanks")).to_contain_text(code)
    look(client, "link-thanks")

    # The engineer's page hears of it by itself.
    expect(engineer.locator(".link-state")).to_contain_text(
        word(language, "Own phone, one-time link"), timeout=PATIENCE
    )
    engineer.goto(f"/tickets/{code}/")
    expect(engineer.locator(".signed-line").first).to_contain_text(word(language, "Own phone, one-time link"))
    facts = signature_facts(hall, code)
    assert (facts["way"], facts["signer"], facts["witness"]) == ("link", None, "engineer")
    assert (facts["level"], facts["rated_by"], facts["on_handler_device"]) == (4, "link", False)

    # The same link once more, in another browser.
    late = visit("phone")
    late.goto(address)
    expect(late.locator("main")).to_contain_text(
        word("zh-hans", "This link was already used. The record is signed; there is nothing left to do."),
        timeout=PATIENCE,
    )
    look(late, "link-used")


@BOTH
def test_the_client_signs_on_the_engineers_phone(visit: Visit, hall: Stack, language: str, size: str) -> None:
    code = to_sign(hall, f"打印机卡纸（{language}）")
    engineer = visitor(visit, "engineer", size, language)
    engineer.goto("/account/pin/")
    engineer.locator("input[name=current_password]").fill(PASSWORD)
    engineer.locator("input[name=pin]").fill("470913")
    engineer.locator("input[name=pin_again]").fill("470913")
    look(engineer, "pin")
    engineer.locator("main form button[type=submit]").last.click()
    engineer.wait_for_url("**/account/")

    engineer.goto(f"/tickets/{code}/")
    act(engineer, "ask_signature")
    engineer.locator(".ask-ways button[formaction]").click()
    engineer.wait_for_url("**/sign/handover/")
    for elsewhere in ("/", "/tickets/", f"/tickets/{code}/", "/account/", "/notifications/"):
        engineer.goto(elsewhere)
        expect(engineer).to_have_url(re.compile(r"/sign/handover/$"))
    look(engineer, "handover")
    draw(engineer)
    rate(engineer, 3)
    submit(engineer)
    expect(engineer.locator(".thanks")).to_contain_text(code)
    look(engineer, "handover-thanks")
    engineer.goto("/tickets/")
    expect(engineer).to_have_url(re.compile(r"/sign/handover/$"))

    engineer.locator("a[href='/sign/handover/unlock/']").click()
    look(engineer, "handover-unlock")
    engineer.locator("input[name=pin]").fill("111222")
    engineer.locator("main form button[type=submit]").click()
    expect(engineer.locator(".field-error").first).to_be_visible()
    engineer.locator("input[name=pin]").fill("470913")
    engineer.locator("main form button[type=submit]").click()
    assert code_of(engineer) == code
    expect(engineer.locator(".signed-line").first).to_contain_text(word(language, "Engineer's phone, handed over"))
    expect(engineer.locator(".signed-line").last).to_contain_text(word(language, "counted apart"))
    facts = signature_facts(hall, code)
    assert (facts["way"], facts["name"], facts["witness"]) == ("handover", "窗口人员01", "engineer")
    assert (facts["level"], facts["rated_by"], facts["on_handler_device"]) == (3, "handover", True)


# The telephone --------------------------------------------------------------------------------------------------------


@BOTH
def test_a_telephone_call_is_logged_and_answered_in_one_form(
    visit: Visit, hall: Stack, language: str, size: str
) -> None:
    engineer = visitor(visit, "engineer2", size, language)
    engineer.goto("/tickets/queue/")
    engineer.locator(".page-actions a[href='/tickets/report/']").click()
    choose(engineer, "channel", "phone")
    engineer.locator("input[name=reporter_name]").fill("窗口人员08")
    engineer.locator("input[name=reporter_phone]").fill("13800000099")
    engineer.locator("select[name=unit]").select_option(label="社会民生科")
    choose(engineer, "received_ago", "2")
    engineer.locator("input[name=set_back_reason]").fill("通话结束后补录")
    engineer.locator("textarea[name=description]").fill(f"自助机打印不出凭条（{language}）")
    engineer.locator("select[name=place]").select_option(index=2)
    engineer.locator("label:has(input[name=respond_now])").click()
    engineer.locator("input[name=contact_person]").fill("窗口人员08")
    fill_response(engineer)
    look(engineer, "call")
    submit(engineer)
    code = code_of(engineer)
    look(engineer, "call-logged")
    clock = clock_of(hall, code)
    assert clock["state"] == "stopped"
    assert not clock["breached"]
    assert 120 <= float(str(clock["net_seconds"])) < 300, "counted from the call, not from the entry"
    expect(engineer.locator("main")).to_contain_text("通话结束后补录")
    assert engineer.locator("[data-act=arrive]").count() == 1


# Two at once ----------------------------------------------------------------------------------------------------------


def test_of_two_engineers_who_answer_at_once_one_wins_and_the_other_is_told_who(visit: Visit, hall: Stack) -> None:
    clerk = visitor(visit, "clerk", "phone")
    code = report_fault(clerk, "门禁刷卡没有反应", with_photo=False)
    first, second = visitor(visit, "engineer", "phone"), visitor(visit, "engineer2", "desk", "en")
    for page in (first, second):
        page.goto(f"/tickets/{code}/respond/")
        fill_response(page)
    submit(first)
    code_of(first)
    submit(second)
    expect(second.locator(".form-errors")).to_contain_text("工程师甲")
    look(second, "respond-too-late")
    owner = hall.python(
        f"from tickets.models import Ticket; print(Ticket.objects.get(code={code!r}).assignee.username)"
    )
    assert owner.strip() == "engineer"


# Nobody answers -------------------------------------------------------------------------------------------------------


def test_when_nobody_answers_the_ladder_is_climbed_once_and_the_reason_asked_for(
    visit: Visit, hall: Stack, quick_promise: None
) -> None:
    engineer = visitor(visit, "engineer", "phone")
    engineer.goto("/tickets/queue/")
    manager = visitor(visit, "manager", "desk")
    bell = unread(manager)
    clerk = visitor(visit, "clerk", "desk")
    code = report_fault(clerk, "广播没有声音", with_photo=False)

    explain = engineer.locator("[data-section=explain] .queue-row", has_text=code)
    expect(explain).to_be_visible(timeout=60_000)
    look(engineer, "queue-breached")
    expect(manager.locator("[data-unread-count]")).not_to_have_text(str(bell), timeout=PATIENCE)
    rungs = ["start", "reminder", "manager", "urgent", "breach"]
    clock = clock_of(hall, code)
    assert clock["breached"]
    assert clock["rungs"] == [[name, "fired"] for name in rungs]
    manager.goto("/notifications/")
    # The copy, the urgent notice and the breach: three, each once.
    expect(manager.locator("tr[data-message]", has_text=code)).to_have_count(3)
    look(manager, "messages-manager")
    engineer.goto("/notifications/")
    expect(engineer.locator("tr[data-message]", has_text=code)).to_have_count(4)

    # Still to be answered, and late.
    engineer.goto(f"/tickets/{code}/respond/")
    fill_response(engineer)
    submit(engineer)
    code_of(engineer)
    expect(engineer.locator(".callout-danger")).to_be_visible()
    engineer.locator(".callout-danger a").click()
    look(engineer, "explain-breach")
    engineer.locator("textarea[name=reason]").fill("同时有两件在办，已请同事支援")
    submit(engineer)
    code_of(engineer)
    expect(engineer.locator(".callout-danger")).to_have_count(0)
    engineer.goto("/tickets/queue/")
    expect(explain).to_have_count(0)
    manager.goto(f"/tickets/{code}/")
    expect(manager.locator("main")).to_contain_text("同时有两件在办，已请同事支援")
    look(manager, "ticket-breached")
    clock = clock_of(hall, code)
    assert (clock["state"], clock["breached"], clock["reason"]) == ("stopped", True, "同时有两件在办，已请同事支援")
    assert clock["rungs"] == [[name, "fired"] for name in rungs], "nothing more, nothing twice"


# The week -------------------------------------------------------------------------------------------------------------


def test_the_manager_issues_this_weeks_report_and_downloads_it(visit: Visit, hall: Stack) -> None:
    code = to_sign(hall, "投影没有画面")
    phone = visitor(visit, "manager", "phone")
    look(phone, "home-manager")
    phone.goto("/reports/")
    look(phone, "reports")
    phone.locator("main table a.cell-title").first.click()
    phone.wait_for_url(re.compile(r"/reports/weekly/"))
    look(phone, "week-draft")
    week = phone.url
    phone.locator("a[href$='/edit/']").first.click()
    look(phone, "week-edit")
    words = "本周窗口设备总体平稳，投影一处已修复。"
    phone.locator("textarea[name=summary]").fill(words)
    submit(phone)
    phone.wait_for_url(week)
    expect(phone.locator("article.report")).to_contain_text(words)

    desk = visitor(visit, "manager", "desk", "en")
    desk.goto(week)
    look(desk, "week-draft")
    desk.locator("a[href$='/issue/']").click()
    look(desk, "week-issue")
    desk.locator("input[name=confirmed]").check()
    submit(desk, PAPER_PATIENCE)
    desk.wait_for_url(week, timeout=PAPER_PATIENCE)
    expect(desk.locator("article.report")).to_contain_text(words)
    look(desk, "week-issued")
    with desk.expect_download(timeout=PAPER_PATIENCE) as download:
        desk.locator("main .act a[href$='/pdf/']").click()
    file = hall.folder / "weekly.pdf"
    download.value.save_as(file)

    text = "".join(
        subprocess.run(
            ["pdftotext", "-layout", str(file), "-"], capture_output=True, check=True, text=True
        ).stdout.split()
    )
    facts = issued(hall)
    assert facts["status"] == "issued"
    assert (
        facts["sha256"] == subprocess.run(["sha256sum", file], capture_output=True, check=True, text=True).stdout[:64]
    )
    assert code in text
    assert words in text
    assert str(facts["code"]) in text
    found = re.search(r"受理工单\D*(\d+)件", text)
    assert found
    assert int(found[1]) == facts["received"]
    assert f"{facts['signed']}/{facts['done']}" in text
    codes = facts["codes"]
    assert isinstance(codes, list)
    assert [code for code in codes if code not in text] == []

    # Frozen: it cannot be edited any more, and the client's leader reads the same file.
    phone.goto(week)
    expect(phone.locator("a[href$='/edit/']")).to_have_count(0)
    leader = visitor(visit, "leader", "phone")
    leader.goto(week)
    look(leader, "week-leader")
    answer = leader.request.get(f"{week}pdf/")
    assert answer.body() == file.read_bytes()


def issued(stack: Stack) -> dict[str, object]:
    """The issued report, and what its figures have to be, counted anew."""
    return dict(
        json.loads(
            stack.python(
                CONTRACT
                + """
import json
from reports.models import WeeklyReport
from reports.rules import week_of, weeks_of_term
from tickets.models import Ticket
report = WeeklyReport.objects.filter(contract=contract).latest("starts_on")
week = week_of(weeks_of_term(contract.starts_on, contract.ends_on), report.starts_on)
rows = Ticket.objects.filter(contract=contract, received_at__gte=week.begins_at, received_at__lt=report.issued_at)
print(json.dumps({
    "status": report.status, "code": report.code, "sha256": report.pdf_sha256,
    "codes": list(rows.values_list("code", flat=True)),
    "received": rows.exclude(status__in=["cancelled", "merged"]).count(),
    "signed": rows.filter(status__in=["signed", "archived"]).count(),
    "done": rows.filter(status__in=["to_sign", "signed", "closed_unsigned", "archived"]).count(),
}))"""
            )
        )
    )


# Around the journey ---------------------------------------------------------------------------------------------------


@BOTH
def test_every_roles_home_fits_and_speaks_one_language(visit: Visit, hall: Stack, language: str, size: str) -> None:
    for username in ("supervisor", "leader", "engineer2", "auditor", "admin"):
        page = visitor(visit, username, size, language)
        look(page, f"home-{username}")
        for link in page.locator(".rail-link[href]").all():
            address = link.get_attribute("href") or "/"
            other = page.context.new_page()
            answer = other.goto(address)
            assert answer is not None
            assert answer.ok, f"{username} {address}"
            look(other, f"{username}{address.replace('/', '-').rstrip('-')}")
            other.close()
        page.context.close()


def test_a_ticket_can_be_reported_and_signed_for_without_javascript_up_to_the_pad(visit: Visit, hall: Stack) -> None:
    page = visit("phone", javascript=False)
    open_session(page, "clerk", "zh-hans")
    page.goto("/tickets/report/")
    page.locator("#id_device").fill("A05")
    page.locator("select[name=place]").select_option(index=1)
    page.locator("textarea[name=description]").fill("键盘失灵")
    submit(page)
    expect(page.locator(".form-errors")).to_be_visible()
    expect(page.locator("textarea[name=description]")).to_have_value("键盘失灵")
    page.locator("#id_device").fill("")
    submit(page)
    assert CODE.search(code_of(page))
