"""Photos and signature images reach those who see their record, and nobody else."""

from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from records.services.attachments import attachment_add
from records.tests.make import AT, give, picture, upload
from records.tests.test_sign import logged_in
from tests.make import make_world


@pytest.fixture(autouse=True)
def empty_media(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def photo(world, sheet):
    return attachment_add(
        contract=world.contract,
        subject=sheet,
        file=upload(picture(), '现场 "1".jpg'),
        actor=world.engineer,
        at=AT,
    )


def url_of(photo) -> str:
    return reverse("records:attachment", args=[photo.pk])


def test_download_has_the_senders_name_and_no_way_to_run(world, photo):
    response = logged_in(world.engineer).get(url_of(photo))
    assert response.status_code == 200
    headers = response.headers
    assert headers["Content-Type"] == "image/jpeg"
    assert headers["Content-Disposition"] == "attachment; filename*=utf-8''%E7%8E%B0%E5%9C%BA%201.jpg"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert headers["Cache-Control"].startswith("private")
    assert b"".join(response) == (Path(str(settings.MEDIA_ROOT)) / str(photo.file)).read_bytes()


def test_picture_in_the_page_is_inline_and_not_sent_twice(world, photo):
    client = logged_in(world.engineer)
    response = client.get(url_of(photo) + "?inline")
    assert response.headers["Content-Disposition"].startswith("inline")
    again = client.get(url_of(photo) + "?inline", headers={"If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304


def test_only_who_sees_the_record_gets_the_file(world, sheet, photo):
    signature = give(sheet)
    other = make_world("b")
    for url in (url_of(photo), reverse("records:signature_image", args=[signature.pk])):
        for user in (world.clerk, world.supervisor, world.engineer, world.auditor):
            assert logged_in(user).get(url).status_code == 200
        for user in (world.other_clerk, other.engineer, other.supervisor):
            assert logged_in(user).get(url).status_code == 404
        assert logged_in(world.admin).get(url).status_code == 403
        assert Client().get(url).status_code == 302
        assert Client().head(url).status_code == 302


def test_signature_image_is_never_kept(world, sheet):
    signature = give(sheet)
    response = logged_in(world.manager).get(reverse("records:signature_image", args=[signature.pk]))
    assert response.headers["Content-Type"] == "image/png"
    assert "no-store" in response.headers["Cache-Control"]
    assert response.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response.content.startswith(b"\x89PNG")


def test_unknown_and_missing_files_are_404(world, photo):
    client = logged_in(world.engineer)
    assert client.get("/attachments/999999/").status_code == 404
    (Path(str(settings.MEDIA_ROOT)) / str(photo.file)).unlink()
    assert client.get(url_of(photo)).status_code == 404


def test_media_folder_has_no_address_of_its_own(world, photo):
    client = logged_in(world.engineer)
    for path in (f"/media/{photo.file}", f"/{photo.file}", f"/static/{photo.file}"):
        assert client.get(path).status_code == 404
