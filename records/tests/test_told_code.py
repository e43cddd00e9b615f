"""A link for somebody who is elsewhere: the code told by telephone says who holds it."""

from datetime import timedelta

import pytest
from django.test import Client

from core import clock
from core.errors import Gone, Invalid
from records.models import AuditEntry, Signature, SignLink
from records.services.links import MAX_CODE_TRIES, sign_link_code, sign_link_issue_told
from records.tests.test_sign import address, logged_in, sent
from records.tests.test_sign_link import opened

PAGE, CODE = "/sign/link/page/", "/sign/link/code/"


def told(world, sheet, **changes):
    arguments = {"subject": sheet, "purpose": "completion", "signer_name": "王五", "tell_to": "138 0000 1234"}
    return sign_link_issue_told(**(arguments | {"actor": world.engineer, "at": clock.now()} | changes))


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def test_the_record_is_shown_only_to_who_knows_the_code(world, sheet):
    link, token, code = told(world, sheet)
    assert len(code) == 6 and code not in link.code_hash and link.told_to == "*******1234"
    client = opened(token)
    page = client.get(PAGE).content.decode()
    assert "签字单" not in page and "*******1234" in page
    assert client.post(PAGE, sent(sheet)).status_code == 200 and not Signature.objects.exists()
    assert client.post(CODE, {"code": wrong(code)}).status_code == 422
    assert client.post(CODE, {"code": f"{code[:3]} {code[3:]}"}).headers["Location"] == PAGE
    assert "签字单" in client.get(PAGE).content.decode()
    assert client.post(PAGE, sent(sheet)).status_code == 302
    signature = Signature.objects.get()
    assert (signature.identity, signature.told_to, signature.witness) == ("code", "*******1234", world.engineer)
    assert code not in str(list(AuditEntry.objects.values_list("after", flat=True)))


def test_five_wrong_codes_end_the_link_however_slowly_they_come(world, sheet):
    link, _token, code = told(world, sheet)
    at = clock.now()
    for tried in range(1, MAX_CODE_TRIES):
        with pytest.raises(Invalid):
            sign_link_code(link=link, code=wrong(code), at=at + timedelta(hours=3 * tried))
    with pytest.raises(Gone):
        sign_link_code(link=link, code=wrong(code), at=at + timedelta(hours=15))
    with pytest.raises(Gone):
        sign_link_code(link=SignLink.objects.get(pk=link.pk), code=code, at=at + timedelta(hours=15))
    assert SignLink.objects.get(pk=link.pk).revoked_at


def test_the_code_of_one_link_opens_no_other(world, sheet):
    _first, _token, code = told(world, sheet)
    link, _token, other = told(world, sheet)
    if code != other:
        with pytest.raises(Invalid):
            sign_link_code(link=link, code=code, at=clock.now())
    with pytest.raises(Invalid):
        told(world, sheet, tell_to="12")


def test_the_code_page_needs_the_link_first(world, sheet):
    assert Client().post(CODE, {"code": "123456"}).status_code == 404


def test_the_issuing_page_shows_the_code_once(world, sheet):
    staff = logged_in(world.engineer)
    url = address(sheet, "records:issue_link")
    page = staff.post(url, {"signer_name": "王五", "tell_to": "13800001234"}).content.decode()
    assert 'id="told-code"' in page and "*******1234" in page
    assert 'id="told-code"' not in staff.get(url).content.decode()
