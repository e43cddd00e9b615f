"""Both signatures of a work order, their versions, the sheet, and what waits for whom."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from core.errors import Conflict, NotAllowed
from notifications.models import Delivery
from records.models import AuditEntry, Signature, SignLink
from records.querysets import sealed_signatures_of
from records.services.attachments import check_image
from records.services.documents import document_of
from records.services.links import sign_link_issue
from records.services.paper import paper_confirm, paper_upload
from records.services.signatures import Seen, signature_give
from records.services.versions import changed_lines, versions_of
from records.tests.make import data_url, handwriting, picture, strokes, upload
from records.tests.test_sign import at_once, logged_in
from tests.make import make_world
from tickets.canonical import same_but_version
from tickets.finds.signing import narrowed, unsigned_of
from tickets.models import Rating, Ticket
from tickets.services.send_back import ticket_send_back
from tickets.services.sign_remind import PAUSE, ticket_sign_remind
from tickets.subject import can_sign, sitting, still_stands
from tickets.tests.make import RESOLVED, SIGNED, minutes, reach, resolve

BOTH = ("acceptance", "completion")


def given(ticket: Ticket, purpose: str, signer: Any, **changes: Any) -> Signature:
    document = document_of(ticket, purpose)
    arguments: dict[str, Any] = {
        "subject": ticket,
        "purpose": purpose,
        "way": "account",
        "signer": signer,
        "image": data_url(),
        "strokes": strokes(),
        "version_seen": document.version,
        "sha256_seen": document.sha256,
        "at": SIGNED,
    }
    return signature_give(**(arguments | changes))


def fresh(ticket: Ticket) -> Ticket:
    return Ticket.objects.select_related("contract").get(pk=ticket.pk)


def form_for(ticket: Ticket) -> dict[str, str]:
    document = document_of(ticket, "completion")
    return {
        "version_seen": str(document.version),
        "sha256_seen": document.sha256,
        "also": "1",
        "also_sha256": document_of(ticket, "acceptance").sha256,
        **handwriting(),
    }


@pytest.mark.django_db
def test_one_page_shows_both_texts_and_one_handwriting_signs_both() -> None:
    world = make_world()
    ticket = reach(world, "to_sign")
    page = logged_in(world.clerk)
    url = reverse("records:sign", args=["ticket", ticket.pk, "completion"])
    shown = page.get(url).content.decode()
    for purpose in BOTH:
        assert document_of(ticket, purpose).sha256 in shown and document_of(ticket, purpose).text in shown
    assert " checked" not in shown, "nothing is chosen beforehand"
    assert not Signature.objects.exists()
    assert page.post(url, form_for(ticket) | {"rating": "5"}).status_code == 302
    rows = sealed_signatures_of(ticket)
    assert [(row.purpose, row.way, row.state) for row in rows] == [(one, "account", "valid") for one in BOTH]  # type: ignore[attr-defined]
    assert bytes(rows[0].image_png) == bytes(rows[1].image_png) and rows[0].verify_code != rows[1].verify_code
    assert fresh(ticket).status == "signed"
    assert Rating.objects.count() == 1, "the rating is asked once"
    assert list(AuditEntry.objects.filter(verb__in=("accept", "sign")).values_list("verb", flat=True)) == [
        "accept",
        "sign",
    ]


@pytest.mark.django_db
def test_only_the_completion_can_be_signed_too_and_a_changed_text_signs_neither() -> None:
    world = make_world()
    ticket = reach(world, "to_sign")
    with pytest.raises(Conflict):
        given(ticket, "completion", world.clerk, also=Seen("acceptance", "0" * 64))
    assert not Signature.objects.exists() and fresh(ticket).status == "to_sign"
    url = reverse("records:sign", args=["ticket", ticket.pk, "completion"])
    form = form_for(ticket)
    del form["also"]
    assert logged_in(world.clerk).post(url, form).status_code == 302
    assert Signature.objects.get().purpose == "completion"


@pytest.mark.django_db
@pytest.mark.parametrize("way", ["link", "handover"])
def test_both_are_given_without_an_account(way: str) -> None:
    world = make_world()
    ticket = reach(world, "to_sign")
    who: dict[str, Any] = {"way": way, "signer": None}
    if way == "link":
        link, _token = sign_link_issue(
            subject=ticket, purpose="completion", signer_name="王五", actor=world.engineer, at=RESOLVED
        )
        assert link.also == "acceptance"
        who["link"] = link
    else:
        who |= {"witness": world.engineer, "signer_name": "王五"}
    also = Seen("acceptance", document_of(ticket, "acceptance").sha256)
    given(ticket, "completion", also=also, rating=4, **who)
    assert sorted(Signature.objects.values_list("purpose", "way")) == sorted((one, way) for one in BOTH)
    assert Rating.objects.get().way == way
    assert fresh(ticket).status == "signed"


@pytest.mark.django_db
def test_acceptance_comes_with_the_response_gates_nothing_and_stands_while_the_order_says_the_same() -> None:
    world = make_world()
    early = reach(world, "pending_response")
    assert not can_sign(world.clerk, early, "acceptance")
    ticket = reach(world, "in_progress")
    assert can_sign(world.clerk, ticket, "acceptance")
    accepted = given(ticket, "acceptance", world.clerk, at=RESOLVED - minutes(1))
    assert fresh(ticket).status == "in_progress"
    done = resolve(world, fresh(ticket))
    assert done.content_version > accepted.version
    assert still_stands(done, accepted) and sitting(done, "completion") == ""
    assert not can_sign(world.clerk, done, "acceptance"), "it is not asked for twice"
    done.description = "另一个故障"
    assert not still_stands(done, accepted) and sitting(done, "completion") == "acceptance"
    assert "服务承诺：" in accepted.canonical_text


@pytest.mark.django_db
def test_what_is_done_again_is_unsigned_and_the_old_version_stays_readable() -> None:
    world = make_world()
    ticket = reach(world, "to_sign")
    client = logged_in(world.supervisor)
    first = given(ticket, "completion", world.clerk)
    assert fresh(ticket).status == "signed"
    Ticket.objects.filter(pk=ticket.pk).update(solution="更换电源模块", content_version=ticket.content_version + 1)
    old = versions_of(fresh(ticket), "completion")[1]
    assert old.text == first.canonical_text and old.signatures == [first] and not old.stands
    now = versions_of(fresh(ticket), "completion")[0]
    assert now.present and now.signatures == []
    assert ("gone", "解决方案：更换插座，试机正常") in now.changes and ("new", "解决方案：更换电源模块") in now.changes
    page = client.get(reverse("records:versions", args=["ticket", ticket.pk])).content.decode()
    assert "更换插座，试机正常" in page and "更换电源模块" in page
    assert 'class="gone"' in page
    other = logged_in(make_world("b").supervisor)
    assert other.get(reverse("records:versions", args=["ticket", ticket.pk])).status_code == 404


def test_texts_are_compared_line_by_line_and_without_their_version() -> None:
    assert changed_lines("a\nb\nc", "a\nx\nc\nd") == [("gone", "b"), ("new", "x"), ("new", "d")]
    assert same_but_version("标题：一\n内容版本：1\n", "标题：一\n内容版本：12\n")
    assert not same_but_version("标题：一\n内容版本：1\n", "标题：二\n内容版本：1\n")


@pytest.mark.django_db
def test_a_sheet_signed_on_paper_ends_the_work_only_when_it_is_confirmed() -> None:
    world = make_world()
    ticket = reach(world, "to_sign")
    sheet = paper_upload(
        subject=ticket,
        purpose="completion",
        also=True,
        version=ticket.content_version,
        signer_name="王五",
        signed_on=date(2024, 3, 18),
        photos=[check_image(upload(picture()))],
        actor=world.engineer,
        at=SIGNED,
    )
    assert fresh(ticket).status == "to_sign" and "paper" in fresh(ticket).holds
    told = {row.recipient for row in Delivery.objects.filter(message__topic="paper")}
    assert {world.manager, world.supervisor} <= told and world.engineer not in told
    page = logged_in(world.manager).get(reverse("tickets:detail", args=[ticket.code])).content.decode()
    assert reverse("records:paper", args=[sheet.pk]) in page
    paper_confirm(sheet=sheet, actor=world.manager, at=SIGNED + minutes(5))
    assert fresh(ticket).status == "signed"
    assert sorted(Signature.objects.values_list("purpose", "way")) == [("acceptance", "paper"), ("completion", "paper")]


@pytest.mark.django_db
def test_the_sheet_prints_signatures_codes_and_version(monkeypatch: pytest.MonkeyPatch) -> None:
    world = make_world()
    ticket = reach(world, "to_sign")
    printed: list[str] = []

    def kept(html: str) -> bytes:
        printed.append(html)
        return b"%PDF"

    monkeypatch.setattr("tickets.views.sheet.pdf_render", kept)
    client, url = logged_in(world.engineer), reverse("tickets:sheet", args=[ticket.code])
    assert client.get(url).status_code == 200
    assert "签字：" in printed[-1] and f"第{ticket.content_version}版" in printed[-1]
    assert "扫码上传照片" in printed[-1] and printed[-1].count("<svg") == 1
    signature = given(ticket, "completion", world.clerk)
    assert client.get(url).status_code == 200
    grouped = "-".join(signature.verify_code[start : start + 4] for start in (0, 4, 8, 12))
    assert grouped in printed[-1] and "封签校验不通过" not in printed[-1]
    assert printed[-1].count("<svg") == 2, "a code to check one block, one to bring the other"


@pytest.mark.django_db
def test_the_list_says_what_waits_for_whom_and_reminders_are_limited() -> None:
    world = make_world()
    ticket, closed, signed = reach(world, "to_sign"), reach(world, "closed_unsigned"), reach(world, "signed")
    now = RESOLVED + timedelta(days=20)
    rows = unsigned_of(world.manager, world.contract)
    assert {row.pk for row in rows} == {ticket.pk, closed.pk} and signed.pk not in {row.pk for row in rows}
    assert [row.pk for row in narrowed(rows, "overdue", "", now)] == [ticket.pk]
    assert [row.pk for row in narrowed(rows, "overdue", "", RESOLVED)] == []
    assert [row.pk for row in narrowed(rows, "closed", "", now)] == [closed.pk]
    assert [row.pk for row in narrowed(rows, "", ticket.code, now)] == [ticket.pk]
    assert not unsigned_of(world.other_clerk, world.contract).exists()
    for actor in (world.clerk, world.auditor, world.engineer2):
        with pytest.raises(NotAllowed):
            ticket_sign_remind(ticket=ticket, actor=actor, at=now)
    assert set(ticket_sign_remind(ticket=ticket, actor=world.manager, at=now)) == {world.clerk, world.supervisor}
    with pytest.raises(Conflict):
        ticket_sign_remind(ticket=ticket, actor=world.engineer, at=now + PAUSE - minutes(1))
    ticket_sign_remind(ticket=ticket, actor=world.engineer, at=now + PAUSE)
    with transaction.atomic(), pytest.raises(Conflict):
        ticket_sign_remind(ticket=signed, actor=world.manager, at=now)
    for role, signs in (("manager", False), ("supervisor", True), ("clerk", True), ("auditor", False)):
        page = logged_in(getattr(world, role)).get(reverse("tickets:unsigned")).content.decode()
        assert ticket.code in page and closed.code in page
        offered = f'href="{reverse("records:sign", args=["ticket", ticket.pk, "completion"])}"'
        assert (offered in page) is signs, role
    late = given(closed, "completion", world.supervisor, at=now)
    assert late.version == fresh(closed).content_version and fresh(closed).status == "signed", (
        "late, but still possible"
    )


@pytest.mark.django_db
def test_several_are_signed_in_one_sitting_each_by_its_own_tick() -> None:
    world = make_world()
    one, two, three = (reach(world, "to_sign") for _ in range(3))
    foreign = reach(make_world("b"), "to_sign")
    client = logged_in(world.supervisor)
    keys = [f"ticket-{ticket.pk}-completion" for ticket in (one, two, three, foreign)]
    url = reverse("records:several")
    page = client.get(url, {"of": [*keys, "nonsense", "ticket-99999-completion"]}).content.decode()
    for ticket in (one, two, three):
        assert document_of(ticket, "completion").text in page
    assert foreign.code not in page and " checked" not in page
    form: dict[str, Any] = {"of": keys, **handwriting()}
    for ticket, key in zip((one, two, three, foreign), keys, strict=True):
        form[f"sha256-{key}"] = document_of(ticket, "completion").sha256
    assert client.post(url, form).status_code == 422, "nothing ticked, nothing signed"
    assert not Signature.objects.exists()
    form |= {f"tick-{keys[0]}": "1", f"tick-{keys[1]}": "1", f"tick-{keys[3]}": "1", f"sha256-{keys[1]}": "0" * 64}
    page = client.post(url, form).content.decode()
    assert [fresh(ticket).status for ticket in (one, two, three, foreign)] == [
        "signed",
        "to_sign",
        "to_sign",
        "to_sign",
    ]
    assert two.code in page and one.code not in page, "what was not as shown is shown anew"
    assert logged_in(world.engineer).get(url).status_code == 403


@pytest.mark.django_db
def test_who_handled_it_never_rates_it() -> None:
    world = make_world()
    ticket = reach(world, "to_sign")
    Ticket.objects.filter(pk=ticket.pk).update(assignee=world.clerk)
    with pytest.raises(NotAllowed):
        given(fresh(ticket), "completion", world.clerk, rating=5)
    assert not Rating.objects.exists() and not Signature.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_fifty_equal_posts_of_both_texts_at_once_give_two_signatures() -> None:
    world = make_world()
    ticket = reach(world, "to_sign")
    form, url = form_for(ticket), reverse("records:sign", args=["ticket", ticket.pk, "completion"])
    clients: list[Client] = [logged_in(world.clerk) for _ in range(50)]
    assert at_once(clients, lambda client: client.post(url, form).status_code) == [302] * 50
    assert Signature.objects.count() == 2
    assert AuditEntry.objects.filter(verb="sign").count() == AuditEntry.objects.filter(verb="accept").count() == 1
    assert not SignLink.objects.exists() and fresh(ticket).status == "signed"


@pytest.mark.django_db
def test_send_back_makes_the_signing_link_dead() -> None:
    world = make_world()
    ticket = reach(world, "to_sign")
    link, token = sign_link_issue(
        subject=ticket, purpose="completion", signer_name="王五", actor=world.engineer, at=RESOLVED
    )
    ticket_send_back(ticket=fresh(ticket), actor=world.clerk, at=SIGNED, reason="又坏了")
    answer = Client().post(reverse("records:link_open"), {"token": token})
    assert answer.status_code == 410 and link.version != fresh(ticket).content_version
