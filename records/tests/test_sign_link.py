"""One-time links: named signer, one version, at most a day, used by POST only, and worthless to whoever guesses."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import translation

from core import clock
from core.errors import Conflict, Gone, Invalid, NotAllowed, NotFound
from core.subjects import get as subject_named
from parties.models import Membership
from records.models import AuditEntry, GuessCount, Signature, SignLink
from records.services.documents import document_of
from records.services.links import (
    MAX_GUESSES,
    TooMany,
    link_url,
    sign_link_issue,
    sign_link_open,
    sign_link_revoke,
    token_hash,
)
from records.tests.make import AT, KEY, give, handwriting, sheet_of, sheets_registered
from records.tests.test_sign import address, at_once, logged_in, sent
from records.views.links import COOKIE
from tests.make import make_world

OPEN, PAGE = "/sign/link/open/", "/sign/link/page/"


def issue(world, sheet, at=AT, **changes) -> tuple[SignLink, str]:
    arguments = {"subject": sheet, "purpose": "completion", "signer_name": "王五", "signer_unit": "社保局"}
    return sign_link_issue(**(arguments | {"actor": world.engineer, "at": at} | changes))


def opened(token: str) -> Client:
    client = Client()
    assert client.post(OPEN, {"token": token}).status_code == 302
    return client


def test_link_is_bound_to_record_version_and_signer_and_stores_no_token(world, sheet):
    link, token = issue(world, sheet)
    assert len(token) >= 43, "256 bits"
    assert link.token_hash == token_hash(token) != token
    assert token not in repr(SignLink.objects.values())
    assert (link.subject_type, link.subject_id, link.version, link.signer_name) == (KEY, sheet.pk, 1, "王五")
    assert link.expires_at == AT + timedelta(hours=24)
    entry = AuditEntry.objects.get(verb="sign_link_issue")
    assert (entry.actor, entry.subject_id) == (world.engineer, sheet.pk)
    assert token not in repr(entry.after) and link.token_hash not in repr(entry.after)


def test_address_is_built_from_the_configured_site_and_hides_the_token_in_the_fragment():
    assert link_url("T") == f"{settings.SITE_URL}/sign/link/#t=T"


def test_subject_may_shorten_the_links_life_but_not_prolong_it(world, sheet):
    spec = subject_named(KEY)
    try:
        for hours, lives in ((2, 2), (48, 24)):
            object.__setattr__(spec, "link_hours", lambda _contract, _on, hours=hours: hours)
            link, _token = issue(world, sheet)
            assert link.expires_at - link.issued_at == timedelta(hours=lives)
    finally:
        object.__setattr__(spec, "link_hours", None)


def test_new_link_revokes_the_earlier_one(world, sheet):
    first, token = issue(world, sheet)
    issue(world, sheet)
    with pytest.raises(Gone) as refused:
        sign_link_open(token=token, at=AT)
    assert refused.value.code == "revoked"
    first.refresh_from_db()
    assert first.revoked_at == AT
    assert AuditEntry.objects.get(verb="sign_link_revoke").after["link"] == first.pk


def test_only_staff_who_see_the_record_issue_links(world, sheet):
    other = make_world("b")
    for actor in (world.clerk, world.supervisor, world.auditor, world.admin, other.engineer):
        with pytest.raises(NotAllowed):
            issue(world, sheet, actor=actor)
    with pytest.raises(Invalid) as refused:
        issue(world, sheet, signer_name="  ")
    assert "signer_name" in refused.value.fields
    assert not SignLink.objects.exists()


def test_signed_version_needs_no_link(world, sheet):
    give(sheet)
    with pytest.raises(Conflict):
        issue(world, sheet)


def test_opening_uses_nothing_up(world, sheet):
    link, token = issue(world, sheet)
    for _attempt in range(3):
        assert sign_link_open(token=token, at=AT) == link
    link.refresh_from_db()
    assert link.used_at is None


@pytest.mark.parametrize(
    "spoil, code",
    [
        (lambda _world, sheet, link: give(sheet, way="link", link=link), "used"),
        (lambda _world, sheet, _link: give(sheet), "signed"),
        (lambda world, _sheet, link: sign_link_revoke(link=link, actor=world.engineer, at=AT), "revoked"),
        (lambda _world, _sheet, _link: SignLink.objects.update(expires_at=AT), "expired"),
        (lambda _world, sheet, _link: Membership.objects.filter(pk=sheet.pk).update(title="2"), "changed"),
    ],
    ids=["used", "signed", "revoked", "expired", "changed"],
)
def test_dead_link_says_why(world, sheet, spoil, code):
    link, token = issue(world, sheet)
    spoil(world, sheet, link)
    with pytest.raises(Gone) as refused:
        sign_link_open(token=token, at=AT)
    assert (refused.value.code, refused.value.status) == (code, 410)
    signatures = Signature.objects.count()
    with pytest.raises((Gone, Conflict)) as again:
        give(sheet, way="link", link=SignLink.objects.get(), version_seen=1) if code != "used" else issue(world, sheet)
    assert again.value.status in (409, 410)
    assert Signature.objects.count() == signatures


def test_signature_by_link_has_the_issuer_as_witness_and_uses_the_link_up(world, sheet):
    link, _token = issue(world, sheet)
    signature = give(sheet, way="link", link=link)
    assert (signature.witness, signature.signer, signature.signer_name) == (world.engineer, None, "王五")
    link.refresh_from_db()
    assert link.used_at == AT
    assert give(sheet, way="link", link=link) == signature, "the same again is the first one"
    assert AuditEntry.objects.get(verb="signature_give").source == "link"


def test_link_that_could_not_be_used_stays_open(world, sheet):
    link, _token = issue(world, sheet)
    with pytest.raises(Conflict):
        give(sheet, way="link", link=link, sha256_seen="0" * 64)
    link = SignLink.objects.get()
    assert link.used_at is None
    assert give(sheet, way="link", link=link).link == link


def test_revoked_link_cannot_be_revoked_or_used(world, sheet):
    link, _token = issue(world, sheet)
    with pytest.raises(NotAllowed):
        sign_link_revoke(link=link, actor=world.clerk, at=AT)
    sign_link_revoke(link=link, actor=world.manager, at=AT)
    with pytest.raises(Conflict):
        sign_link_revoke(link=link, actor=world.manager, at=AT)
    with pytest.raises(Gone):
        give(sheet, way="link", link=link)


def test_guesses_are_counted_by_network_and_stopped(world, sheet):
    link, token = issue(world, sheet)
    for number in range(MAX_GUESSES):
        with pytest.raises(NotFound):
            sign_link_open(token=f"guess{number}", at=AT, ip="10.1.1.1")
    with pytest.raises(TooMany) as refused:
        sign_link_open(token="guess", at=AT, ip="10.1.1.1")
    assert refused.value.status == 429
    assert sign_link_open(token=token, at=AT, ip="10.1.1.2") == link, "somebody else is not kept waiting"
    assert sign_link_open(token=token, at=AT + timedelta(minutes=16), ip="10.1.1.1") == link
    with pytest.raises(NotFound):
        sign_link_open(token="guess", at=AT + timedelta(minutes=16), ip="10.1.1.1")
    assert GuessCount.objects.get().count == 1


def test_one_ipv6_visitor_is_one_guesser():
    from records.services.guesses import network_of

    assert network_of("2001:db8::1") == network_of("2001:db8::ffff:1") == "2001:db8::/64"
    assert network_of("10.0.0.7") == "10.0.0.7"
    assert network_of("nonsense") == "unknown"


# --- the pages --------------------------------------------------------------------------------------------------------


def test_landing_page_knows_nothing_of_the_token_and_a_get_changes_nothing(world, sheet):
    issue(world, sheet, at=clock.now())
    response = Client().get("/sign/link/")
    assert response.status_code == 200
    assert "signlink.js" in response.content.decode() and "<noscript>" in response.content.decode()
    assert Client().get(OPEN).status_code == 405
    assert SignLink.objects.get().used_at is None


def test_token_needs_a_form_of_this_site(world, sheet):
    _link, token = issue(world, sheet, at=clock.now())
    assert Client(enforce_csrf_checks=True).post(OPEN, {"token": token}).status_code == 403


def test_cookie_is_short_and_of_this_page_only(world, sheet):
    _link, token = issue(world, sheet, at=clock.now())
    client = opened(token)
    cookie = client.cookies[COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Strict", "/sign/link/")
    assert cookie["max-age"] <= 1800
    assert token not in cookie.value
    client.cookies[COOKIE] = cookie.value[:-2] + "xx"
    assert client.get(PAGE).status_code == 404


def test_whoever_holds_the_link_reads_the_full_text_signs_once_and_sees_nothing_else(world, sheet):
    _link, token = issue(world, sheet, at=clock.now())
    client = opened(token)
    page = client.get(PAGE).content.decode()
    document = document_of(sheet, "completion")
    assert document.text in page and document.sha256 in page and "王五" in page
    assert " checked" not in page
    form = sent(sheet, rating="2", comment="等得久")
    assert client.post(PAGE, form)["Location"] == PAGE
    assert client.post(PAGE, form)["Location"] == PAGE, "the same again is no error"
    assert Signature.objects.get().signer_name == "王五"
    sheet.refresh_from_db()
    assert sheet.title == "1|completion:2:等得久"
    assert document.sha256 in client.get(PAGE).content.decode(), "the thanks name what was signed"
    assert Client().post(OPEN, {"token": token}).status_code == 410
    image = reverse("records:signature_image", args=[Signature.objects.get().pk])
    for path in ("/", address(sheet), image, address(sheet, "records:issue_link")):
        assert client.get(path).status_code == 302, "anonymous everywhere else"


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("token, status", [("", 404), ("x" * 5000, 404), ("\x00'\"<script>", 404)])
def test_garbage_is_not_found(world, sheet, token, status, language):
    client = Client()
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    response = client.post(OPEN, {"token": token})
    assert response.status_code == status
    with translation.override(language):
        assert translation.gettext("This link is not valid. Please ask for a new one.") in response.content.decode()
    assert "<script>" not in response.content.decode().split("</head>")[1].split("<form")[0]


def test_used_link_is_gone_in_the_pages_language(world, sheet):
    _link, token = issue(world, sheet, at=clock.now())
    client = opened(token)
    give(sheet)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    response = client.get(PAGE)
    assert response.status_code == 410
    assert "already signed" in response.content.decode()
    assert client.post(PAGE, sent(sheet)).status_code == 409
    assert Signature.objects.count() == 1


def test_record_that_changed_asks_for_a_new_link(world, sheet):
    _link, token = issue(world, sheet, at=clock.now())
    client, form = opened(token), sent(sheet)
    Membership.objects.filter(pk=sheet.pk).update(title="2")
    assert client.get(PAGE).status_code == 410
    assert client.post(PAGE, form).status_code in (409, 410)
    sheet.refresh_from_db()
    assert client.post(PAGE, sent(sheet)).status_code in (409, 410)
    assert not Signature.objects.exists()


def test_staff_cannot_sign_through_a_link(world, sheet):
    _link, token = issue(world, sheet, at=clock.now())
    client = logged_in(world.engineer)
    client.post(OPEN, {"token": token})
    assert client.get(PAGE).status_code == 403
    assert client.post(PAGE, sent(sheet)).status_code == 403
    assert not Signature.objects.exists()


def test_issuing_page_shows_code_and_address_once(world, sheet):
    client = logged_in(world.engineer)
    url = address(sheet, "records:issue_link")
    first = client.get(url).content.decode()
    assert 'value="窗口人员01"' in first, "the proposal of the record"
    response = client.post(url, {"signer_name": "王五", "signer_unit": "社保局"})
    page = response.content.decode()
    (token,) = set(re.findall(r"/sign/link/#t=([\w-]{43})", page))
    assert f'value="{settings.SITE_URL}/sign/link/#t={token}"' in page
    assert "<svg" in page and "style=" not in page.split("<svg")[1].split("</svg>")[0]
    assert response.headers["Cache-Control"] == "no-store"
    opened(token)
    again = client.get(url).content.decode()
    assert "#t=" not in again and "王五" in again, "later only its state"


def test_forged_host_does_not_reach_the_link(world, sheet):
    client = logged_in(world.engineer)
    url = address(sheet, "records:issue_link")
    form = {"signer_name": "王五"}
    for header in ("X-Forwarded-Host", "X-Host", "Forwarded", "X-Forwarded-Server"):
        page = client.post(url, form, headers={header: "evil.example"}).content.decode()
        assert "evil.example" not in page and f"{settings.SITE_URL}/sign/link/#t=" in page
    assert client.post(url, form, HTTP_HOST="evil.example").status_code == 400


def test_progress_is_asked_until_it_is_decided(world, sheet):
    client = logged_in(world.engineer)
    link, _token = issue(world, sheet, at=clock.now())
    url = reverse("records:link_progress", args=[link.pk])
    waiting = client.get(url, headers={"HX-Request": "true"})
    assert waiting.status_code == 200 and "every 3s" in waiting.content.decode()
    give(sheet, way="link", link=link, at=clock.now())
    done = client.get(url, headers={"HX-Request": "true"})
    assert done.status_code == 286 and "every 3s" not in done.content.decode() and "王五" in done.content.decode()


def test_links_of_another_contract_do_not_exist(world, sheet):
    link, _token = issue(world, sheet, at=clock.now())
    stranger = logged_in(make_world("b").engineer)
    assert stranger.get(reverse("records:link_progress", args=[link.pk])).status_code == 404
    assert stranger.post(reverse("records:revoke_link", args=[link.pk])).status_code == 404
    assert stranger.get(address(sheet, "records:issue_link")).status_code == 404
    link.refresh_from_db()
    assert link.revoked_at is None


def test_revoke_button(world, sheet):
    link, token = issue(world, sheet, at=clock.now())
    client = logged_in(world.engineer)
    url = reverse("records:revoke_link", args=[link.pk])
    assert client.post(url)["Location"] == address(sheet, "records:issue_link")
    assert client.post(url).status_code == 409
    assert Client().post(OPEN, {"token": token}).status_code == 410


@pytest.mark.django_db(transaction=True)
def test_one_link_posted_fifty_times_at_once_gives_one_signature():
    with sheets_registered():
        world = make_world()
        sheet = sheet_of(world.clerk)
        _link, token = issue(world, sheet, at=clock.now())
        form = sent(sheet)
        clients = [opened(token) for _ in range(50)]
        assert at_once(clients, lambda client: client.post(PAGE, form).status_code) == [302] * 50
        assert Signature.objects.count() == 1
        assert SignLink.objects.get().used_at
        assert AuditEntry.objects.filter(verb="signature_give").count() == 1


@pytest.mark.django_db(transaction=True)
def test_link_used_and_revoked_at_once_is_one_or_the_other():
    with sheets_registered():
        world = make_world()
        sheet = sheet_of(world.clerk)
        link, token = issue(world, sheet, at=clock.now())
        form, signer, staff = sent(sheet), opened(token), logged_in(world.engineer)
        revoke = reverse("records:revoke_link", args=[link.pk])
        statuses = at_once([(signer, PAGE), (staff, revoke)], lambda pair: pair[0].post(pair[1], form).status_code)
        link.refresh_from_db()
        assert bool(link.used_at) != bool(link.revoked_at)
        assert Signature.objects.count() == bool(link.used_at)
        assert statuses in ([302, 409], [410, 302])


def test_handwriting_is_what_the_pad_sends():
    assert set(handwriting()) == {"image", "strokes"}
