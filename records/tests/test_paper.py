"""A sheet signed on paper: bound to its version, uploaded by one, confirmed by another, and only then a signature."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from core.errors import Conflict, Invalid, NotAllowed
from parties.models import Membership
from records.models import AuditEntry, PaperSheet, Signature
from records.services.attachments import check_image
from records.services.paper import paper_confirm, paper_refuse, paper_upload
from records.services.proof import ALTERED, VALID, signature_state
from records.tests.make import AT, give, picture, upload
from records.tests.test_sign import address, logged_in
from tests.make import make_world

LATER = AT + timedelta(hours=1)


def photographed(number: int = 1):
    return [check_image(upload(picture(size=(200 + n, 150)), name=f"签字单{n}.jpg")) for n in range(number)]


def brought(world, sheet, **changes) -> PaperSheet:
    given = {
        "subject": sheet,
        "purpose": "completion",
        "version": 1,
        "signer_name": "王五",
        "signer_unit": "社保局",
        "signed_on": date(2026, 3, 17),
        "photos": photographed(2),
        "actor": world.engineer,
        "at": AT,
    }
    return paper_upload(**(given | changes))


def test_it_counts_only_when_somebody_else_has_confirmed_it(world, sheet):
    paper = brought(world, sheet)
    assert not Signature.objects.exists()
    sheet.refresh_from_db()
    assert sheet.title == "1", "the record has not moved on"
    with pytest.raises(NotAllowed):
        paper_confirm(sheet=paper, actor=world.engineer, at=LATER)
    with pytest.raises(NotAllowed):
        paper_confirm(sheet=paper, actor=world.clerk, at=LATER)
    assert not Signature.objects.exists()
    signature = paper_confirm(sheet=paper, actor=world.supervisor, at=LATER)
    assert (signature.way, signature.signer, signature.witness, signature.signed_at) == (
        "paper",
        None,
        world.engineer,
        LATER,
    )
    assert (signature.paper_date, signature.signer_unit) == (date(2026, 3, 17), "社保局")
    row = Signature.objects.get()
    assert row.evidence["confirmed_by"] == world.supervisor.pk
    assert sorted(row.evidence["photos"]) == sorted(paper.photos.values_list("sha256", flat=True))
    assert signature_state(row) == VALID
    paper.photos.remove(*paper.photos.all()[:1])
    assert signature_state(Signature.objects.get()) == ALTERED, "a photo less"
    sheet.refresh_from_db()
    assert sheet.title.startswith("1|completion")
    assert AuditEntry.objects.filter(verb__in=("paper_upload", "paper_confirm")).count() == 2
    with pytest.raises(Conflict):
        paper_confirm(sheet=paper, actor=world.manager, at=LATER)


def test_what_is_not_whole_is_refused(world, sheet):
    for changes, field in (
        ({"version": 2}, "version"),
        ({"photos": []}, "photos"),
        ({"photos": photographed(4)}, "photos"),
        ({"signer_name": " "}, "signer_name"),
        ({"signed_on": date(2026, 3, 19)}, "signed_on"),
    ):
        with pytest.raises(Invalid) as refused:
            brought(world, sheet, **changes)
        assert field in refused.value.fields
    with pytest.raises(NotAllowed):
        brought(world, sheet, actor=world.clerk)
    brought(world, sheet)
    with pytest.raises(Conflict):
        brought(world, sheet, actor=world.engineer2)


def test_a_sheet_of_an_earlier_version_is_never_a_signature(world, sheet):
    paper = brought(world, sheet)
    Membership.objects.filter(pk=sheet.pk).update(title="2")
    with pytest.raises(Conflict):
        paper_confirm(sheet=paper, actor=world.manager, at=LATER)
    paper.refresh_from_db()
    assert paper.state == "uploaded" and not Signature.objects.exists()
    page = logged_in(world.manager).get(reverse("records:paper", args=[paper.pk])).content.decode()
    assert reverse("records:paper_confirm", args=[paper.pk]) not in page, "the page does not offer it"
    paper_refuse(sheet=paper, actor=world.manager, at=LATER, reason="内容已变更")
    sheet.refresh_from_db()
    assert brought(world, sheet, version=2).state == "uploaded"


def test_who_signed_otherwise_meanwhile_was_quicker(world, sheet):
    paper = brought(world, sheet)
    give(sheet)
    with pytest.raises(Conflict):
        paper_confirm(sheet=paper, actor=world.manager, at=LATER)
    assert Signature.objects.get().way == "account"


def test_pages_lead_from_the_photo_to_the_signature(world, sheet):
    url = address(sheet, "records:paper_upload")
    staff = logged_in(world.engineer)
    assert 'value="1"' in staff.get(url + "?version=1").content.decode(), "the sheet's code brings its version"
    given = {"signer_name": "王五", "signed_on": "2026-03-17", "version": "2"}
    assert staff.post(url, given | {"photos": upload(picture())}).status_code == 422
    assert not PaperSheet.objects.exists()
    given["version"] = "1"
    assert staff.post(url, given | {"photos": upload(b"%PDF-1.7 no picture")}).status_code == 422
    assert staff.post(url, given | {"photos": upload(picture())}).status_code == 302
    paper = PaperSheet.objects.get()
    page = reverse("records:paper", args=[paper.pk])
    confirm, refuse = (reverse(f"records:paper_{verb}", args=[paper.pk]) for verb in ("confirm", "refuse"))
    assert confirm not in staff.get(page).content.decode()
    assert staff.post(confirm).status_code == 403
    boss = logged_in(world.manager)
    assert confirm in boss.get(page).content.decode()
    assert boss.post(refuse, {"reason": ""}).status_code == 422
    assert boss.get(confirm).status_code == 405, "looking confirms nothing"
    assert boss.post(confirm).status_code == 302
    assert Signature.objects.get().way == "paper"


def test_a_sheet_of_another_contract_does_not_exist(world, sheet):
    paper = brought(world, sheet)
    stranger = logged_in(make_world("b").manager)
    for name in ("paper", "paper_confirm", "paper_refuse"):
        url = reverse(f"records:{name}", args=[paper.pk])
        assert (stranger.get if name == "paper" else stranger.post)(url).status_code == 404
    assert stranger.get(address(sheet, "records:paper_upload")).status_code == 404
    assert not Signature.objects.exists()
