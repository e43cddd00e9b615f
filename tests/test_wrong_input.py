"""Wrong input gets a clear message in the page's language, loses nothing that was typed, and changes nothing."""

import html
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from django.utils import translation
from django.utils.translation import gettext, ngettext

from core import clock
from core.templatetags.ui import when
from records.models import SignLink
from records.services.documents import document_of
from records.services.links import sign_link_issue, sign_link_revoke
from records.tests.make import handwriting, picture, upload
from reports.services.weekly import report_edit_summary, report_open
from tests.make import World, make_world
from tickets.models import Ticket
from tickets.services.send_back import ticket_send_back
from tickets.tests.make import MONDAY, WORK, arrive, minutes, reach, resolve, respond

NOW = MONDAY + minutes(60)
BOTH = pytest.mark.parametrize("language", ["zh-hans", "en"])
TYPED = "键盘进水以后有三个键没有反应"


@pytest.fixture
def world(db: None, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return make_world()


def browser(language: str, user: Any = None) -> Client:
    """A browser in that language, with somebody logged in or not."""
    client = Client()
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    if user is not None:
        client.force_login(user)
    return client


def say(language: str, text: str, **values: object) -> str:
    """The message in that language; a message that Chinese pages would show in English is a fault of its own."""
    with translation.override(language):
        said = gettext(text)
    assert language == "en" or said != text, f"no Chinese for {text!r}"
    return said % values if values else said


def rows() -> dict[str, int]:
    """How many rows every table holds, but for those that record the asking itself: sessions, sign-ins, wrong guesses."""
    return {
        model._meta.label: model._default_manager.count()
        for model in apps.get_models()
        if model._meta.app_label != "axes" and model._meta.label not in {"parties.Session", "records.GuessCount"}
    }


def refuses(ask: Callable[[], Any], language: str, status: int, *shown: str) -> str:
    """Ask; expect that status, these texts on a page in that language, and no change; returns the page."""
    before = rows()
    response: HttpResponse = ask()
    page = html.unescape(response.content.decode())
    assert response.status_code == status, page[-3000:]
    lang = "en" if language == "en" else "zh-CN"
    assert f'<html lang="{lang}">' in page
    for text in shown:
        assert text in page, text
    assert rows() == before
    return page


def report_body(world: World, **changes: Any) -> dict[str, Any]:
    """What the clerk's form sends."""
    return {
        "description": TYPED,
        "device": "",
        "place": world.place.pk,
        "window": world.window.pk,
        "impact": "several",
        "urgency": "high",
        "reporter_phone": "13800000077",
    } | changes


# Reporting ------------------------------------------------------------------------------------------------------------


@BOTH
def test_a_missing_field_is_named_and_the_rest_is_kept(world: World, language: str) -> None:
    clerk = browser(language, world.clerk)
    body = report_body(world, description="")
    page = refuses(
        lambda: clerk.post("/tickets/report/", body),
        language,
        422,
        say(language, "Nothing was saved yet. Please correct:"),
        say(language, "What is wrong?"),
        say(language, "This field is required."),
    )
    assert "13800000077" in page
    assert f'<option value="{world.window.pk}" selected>' in page


@BOTH
def test_without_place_and_device_the_form_asks_for_one(world: World, language: str) -> None:
    clerk = browser(language, world.clerk)
    page = refuses(
        lambda: clerk.post("/tickets/report/", report_body(world, place="")),
        language,
        422,
        say(language, "Please choose the place, or the device."),
    )
    assert TYPED in page


@BOTH
def test_an_unknown_device_is_said_to_be_unknown(world: World, language: str) -> None:
    clerk = browser(language, world.clerk)
    message = say(
        language,
        "There is no device %(code)s in this hall. Please choose one from the list, or leave it empty.",
        code="NIX-404",
    )
    page = refuses(lambda: clerk.post("/tickets/report/", report_body(world, device="NIX-404")), language, 422, message)
    assert TYPED in page
    assert 'value="NIX-404"' in page


@BOTH
@pytest.mark.parametrize(
    ("data", "name", "message", "values"),
    [
        (b"%PDF-1.7 not a picture at all", "发票.jpg", "%(name)s is not a picture. Photos must be JPEG, PNG or WebP.", {}),
        (b"<svg onload='alert(1)'/>", "图.png", "%(name)s is not a picture. Photos must be JPEG, PNG or WebP.", {}),
        (b"", "空.jpg", "%(name)s is not a picture. Photos must be JPEG, PNG or WebP.", {}),
        (picture()[:900], "断.jpg", "%(name)s is damaged and cannot be read as a picture.", {}),
        (
            picture() + b"\0" * (20 * 1024 * 1024),
            "大.jpg",
            "%(name)s has %(size)s MB; a photo may have at most %(limit)d MB.",
            {"size": "20.0", "limit": 12},
        ),
    ],
    ids=["pdf", "svg", "empty", "damaged", "20MB"],
)  # fmt: skip
def test_what_is_not_a_photo_is_refused_with_the_whole_report(
    world: World, language: str, data: bytes, name: str, message: str, values: dict[str, Any]
) -> None:
    clerk = browser(language, world.clerk)
    photos = [upload(picture(), "好.jpg"), upload(data, name)]
    page = refuses(
        lambda: clerk.post("/tickets/report/", report_body(world, photos=photos)),
        language,
        422,
        say(language, message, name=name, **values),
    )
    assert TYPED in page


@BOTH
def test_a_call_that_is_logged_late_needs_a_reason_and_one_from_the_future_is_refused(
    world: World, language: str
) -> None:
    engineer = browser(language, world.engineer)
    call = report_body(world, unit=world.unit.pk, channel="phone", reporter_name="窗口人员01")
    page = refuses(
        lambda: engineer.post("/tickets/report/", call | {"received_ago": "5"}),
        language,
        422,
        say(language, "Please say why the start is set back."),
    )
    assert TYPED in page
    future = (NOW + timedelta(hours=3)).astimezone(clock.SHANGHAI).strftime("%Y-%m-%dT%H:%M")
    refuses(
        lambda: engineer.post("/tickets/report/", call | {"received_at": future}),
        language,
        422,
        say(language, "The request cannot have come in later than now."),
    )
    page = refuses(
        lambda: engineer.post(
            "/tickets/report/", call | {"received_ago": "0", "respond_now": "on", "analysis": "先看电源"}
        ),
        language,
        422,
        say(language, "Please fill in this field."),
        say(language, "Please say by when."),
    )
    assert "先看电源" in page


# Verbs ----------------------------------------------------------------------------------------------------------------

ANSWER = {
    "contact_method": "phone",
    "contact_person": "窗口人员01",
    "triage": "general",
    "commitment_kind": "arrival",
    "commitment_in": "15",
    "analysis": "可能是驱动被更新覆盖",
}


@BOTH
def test_who_answers_second_is_told_who_was_first(world: World, language: str) -> None:
    ticket = reach(world, "pending_response")
    second = browser(language, world.engineer2)
    assert second.get(f"/tickets/{ticket.code}/respond/").status_code == 200
    respond(world, ticket)
    page = refuses(lambda: second.post(f"/tickets/{ticket.code}/respond/", ANSWER), language, 409, world.engineer.name)
    assert ANSWER["analysis"] in page


@BOTH
def test_the_same_form_sent_twice_acts_once(world: World, language: str) -> None:
    ticket = reach(world, "responded")
    engineer = browser(language, world.engineer)
    assert engineer.post(f"/tickets/{ticket.code}/arrive/", {"service_mode": "on_site"}).status_code == 302
    refuses(lambda: engineer.post(f"/tickets/{ticket.code}/arrive/", {"service_mode": "on_site"}), language, 409)
    assert engineer.post(f"/tickets/{ticket.code}/resolve/", WORK).status_code == 302
    page = refuses(lambda: engineer.post(f"/tickets/{ticket.code}/resolve/", WORK), language, 409)
    assert WORK["solution"] in page


@BOTH
def test_a_reason_is_asked_for_where_one_is_needed(world: World, language: str) -> None:
    ticket = reach(world, "to_sign")
    for user, verb in ((world.clerk, "send-back"), (world.manager, "close-unsigned")):
        client = browser(language, user)
        address = f"/tickets/{ticket.code}/{verb}/"
        refuses(lambda: client.post(address, {"reason": "  "}), language, 422, say(language, "This field is required."))  # noqa: B023
    ticket.refresh_from_db()
    assert ticket.status == "to_sign"


@BOTH
def test_a_ticket_is_rated_once(world: World, language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ticket = reach(world, "signed")
    clerk = browser(language, world.clerk)
    refuses(lambda: clerk.post(f"/tickets/{ticket.code}/rate/", {"comment": TYPED}), language, 422, TYPED)
    refuses(lambda: clerk.post(f"/tickets/{ticket.code}/rate/", {"level": "9", "comment": TYPED}), language, 422, TYPED)
    assert clerk.post(f"/tickets/{ticket.code}/rate/", {"level": "4"}).status_code == 302
    refuses(
        lambda: clerk.post(f"/tickets/{ticket.code}/rate/", {"level": "1"}),
        language,
        409,
        say(language, "This ticket has been rated already; thank you."),
    )


# Signing --------------------------------------------------------------------------------------------------------------


def signing(ticket: Ticket, **changes: Any) -> dict[str, Any]:
    """What the signing page sends."""
    document = document_of(ticket, "completion")
    return {**handwriting(), "version_seen": document.version, "sha256_seen": document.sha256} | changes


@BOTH
def test_a_record_that_changed_after_it_was_shown_is_not_signed(world: World, language: str) -> None:
    ticket = reach(world, "to_sign")
    clerk = browser(language, world.clerk)
    address = f"/sign/ticket/{ticket.pk}/completion/"
    shown = signing(ticket, comment=TYPED)
    ticket_send_back(ticket=ticket, actor=world.clerk, at=NOW, reason="还是不行")
    ticket = Ticket.objects.get(pk=ticket.pk)
    if ticket.status == "responded":
        arrive(world, ticket, at=NOW)
    resolve(world, ticket, at=NOW, solution="更换主板")
    page = refuses(
        lambda: clerk.post(address, shown),
        language,
        409,
        say(
            language,
            "The record was changed after it was shown to you. Please read its present text below and sign again.",
        ),
    )
    assert "更换主板" in page
    assert TYPED in page


@BOTH
def test_an_empty_box_is_no_signature(world: World, language: str) -> None:
    ticket = reach(world, "to_sign")
    clerk = browser(language, world.clerk)
    page = refuses(
        lambda: clerk.post(
            f"/sign/ticket/{ticket.pk}/completion/", signing(ticket, image="", strokes="", comment=TYPED)
        ),
        language,
        422,
    )
    assert TYPED in page
    for garbage in ({"strokes": "{"}, {"image": "data:image/png;base64,AAAA", "strokes": "[]"}, {"sha256_seen": "x"}):
        refuses(lambda: clerk.post(f"/sign/ticket/{ticket.pk}/completion/", signing(ticket) | garbage), language, 422)  # noqa: B023


@BOTH
def test_a_signature_sent_twice_is_one_signature(world: World, language: str) -> None:
    ticket = reach(world, "to_sign")
    clerk = browser(language, world.clerk)
    body = signing(ticket)
    assert clerk.post(f"/sign/ticket/{ticket.pk}/completion/", body).status_code == 302
    before = rows()
    assert clerk.post(f"/sign/ticket/{ticket.pk}/completion/", body).status_code == 302
    assert rows() == before
    other = browser(language, world.supervisor)
    with translation.override(language):
        message = gettext("Signed by %(name)s at %(instant)s") % {"name": world.clerk.name, "instant": when(NOW)}
    refuses(lambda: other.post(f"/sign/ticket/{ticket.pk}/completion/", body), language, 409, message)


# Links ----------------------------------------------------------------------------------------------------------------


def issue(world: World) -> tuple[SignLink, str, Ticket]:
    ticket = reach(world, "to_sign")
    link, token = sign_link_issue(
        subject=ticket, purpose="completion", signer_name="窗口人员01", actor=world.engineer, at=NOW
    )
    return link, token, ticket


@BOTH
def test_a_link_that_never_was_an_expired_a_revoked_and_a_used_one_say_so(
    world: World, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = browser(language)
    for garbage in ("", "nonsense", "x" * 5000, "中文' OR 1=1 --", "\0"):
        refuses(
            lambda: visitor.post("/sign/link/open/", {"token": garbage}),  # noqa: B023
            language,
            404,
            say(language, "This link is not valid. Please ask for a new one."),
        )
    refuses(
        lambda: visitor.get("/sign/link/page/"),
        language,
        404,
        say(language, "Please open the link again: scan the code, or tap the message."),
    )
    link, token, ticket = issue(world)
    assert visitor.post("/sign/link/open/", {"token": token}).status_code == 302
    assert visitor.get("/sign/link/page/").status_code == 200
    assert visitor.get("/sign/link/page/").status_code == 200, "looking uses nothing up"

    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(hours=25))
    expired = say(language, "This link has expired. Please ask for a new one.")
    refuses(lambda: visitor.post("/sign/link/open/", {"token": token}), language, 410, expired)
    refuses(lambda: visitor.get("/sign/link/page/"), language, 410, expired)
    refuses(lambda: visitor.post("/sign/link/page/", signing(ticket)), language, 410, expired)
    monkeypatch.setattr(clock, "now", lambda: NOW)

    assert visitor.post("/sign/link/page/", signing(ticket)).status_code == 302
    link.refresh_from_db()
    assert link.used_at == NOW
    late = browser(language)
    refuses(
        lambda: late.post("/sign/link/open/", {"token": token}),
        language,
        410,
        say(language, "This link was already used. The record is signed; there is nothing left to do."),
    )

    link, token, ticket = issue(world)
    assert visitor.post("/sign/link/open/", {"token": token}).status_code == 302
    sign_link_revoke(link=link, actor=world.engineer, at=NOW)
    revoked = say(language, "This link was revoked. Please ask for a new one.")
    refuses(lambda: visitor.post("/sign/link/open/", {"token": token}), language, 410, revoked)
    refuses(lambda: visitor.post("/sign/link/page/", signing(ticket)), language, 410, revoked)


@BOTH
def test_a_wrong_pin_keeps_the_phone_locked(world: World, language: str) -> None:
    ticket = reach(world, "to_sign")
    engineer = browser(language, world.engineer)
    with translation.override("en"):
        pin = engineer.post(
            "/account/pin/", {"current_password": "a-quiet-hall-2024", "pin": "470913", "pin_again": "470913"}
        )
    assert pin.status_code == 302
    start = engineer.post(f"/sign/ticket/{ticket.pk}/completion/handover/", {"signer_name": "窗口人员01"})
    assert start.headers["Location"] == "/sign/handover/"
    with translation.override(language):
        message = ngettext("The PIN is wrong. %(left)d try is left.", "The PIN is wrong. %(left)d tries are left.", 4)
    response = engineer.post("/sign/handover/unlock/", {"pin": "111222"})
    assert response.status_code == 422
    assert message % {"left": 4} in html.unescape(response.content.decode())
    assert engineer.get("/tickets/").headers["Location"] == "/sign/handover/"


# The weekly report and the account ------------------------------------------------------------------------------------


@BOTH
def test_a_summary_written_over_somebody_elses_is_refused_and_not_lost(world: World, language: str) -> None:
    report = report_open(contract=world.contract, starts_on=date(2024, 3, 16), actor=world.manager, at=NOW)
    address = f"/reports/weekly/{report.iso_week}/edit/"
    seen = report.version
    report_edit_summary(report=report, summary="先写的一句", version_seen=seen, actor=world.manager, at=NOW)
    manager = browser(language, world.manager)
    page = refuses(
        lambda: manager.post(address, {"summary": TYPED, "version": seen}),
        language,
        409,
        say(language, "The draft was changed after you opened it. Please look at it again before you go on."),
    )
    assert TYPED in page
    refuses(
        lambda: manager.post(f"/reports/weekly/{report.iso_week}/issue/", {"version": report.version}),
        language,
        422,
        say(language, "Please confirm that the report has been checked."),
    )


@BOTH
def test_a_wrong_password_says_so_and_keeps_the_account(world: World, language: str) -> None:
    visitor = browser(language)
    response = visitor.post("/login/", {"username": "clerk", "password": "not-this-one"})
    page = html.unescape(response.content.decode())
    assert response.status_code == 422
    assert say(language, "The account or the password is not right. Please check both and try again.") in page
    assert 'value="clerk"' in page
    assert "not-this-one" not in page


@BOTH
def test_an_address_that_leads_nowhere_says_so(world: World, language: str) -> None:
    engineer = browser(language, world.engineer)
    refuses(lambda: engineer.get("/nowhere/"), language, 404, say(language, "There is no such page."))
    for address, message in (
        ("/tickets/GD-20240318-9999/", "There is no such ticket, or it is not yours to see."),
        ("/devices/NIX-404/", "There is no such device in this hall."),
        ("/clocks/987654/why/", "There is no such clock."),
        ("/attachments/987654/", "There is no such file."),
    ):
        refuses(lambda: engineer.get(address), language, 404, say(language, message))  # noqa: B023
    refuses(
        lambda: engineer.get("/d/NIX404/"),
        language,
        404,
        say(
            language,
            "There is no device with the code %(code)s in this hall. Please compare it with the label.",
            code="NIX404",
        ),
    )


@BOTH
def test_an_address_with_a_nul_is_refused_and_never_reaches_the_database(world: World, language: str) -> None:
    client = browser(language, world.engineer)
    for address in (
        "/devices/%00/",
        "/tickets/%00/",
        "/devices/?q=a%00b",
        "/devices/?q=a&q=%00",
        "/api/v1/devices/x%00/",
    ):
        answer = client.get(address)
        assert answer.status_code == 400, address
        assert say(language, "This address holds a sign that no name here has.") in html.unescape(
            answer.content.decode()
        )
