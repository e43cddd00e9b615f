"""Photos: judged by content, made anew, stored whole or not at all."""

import errno
import io
import os
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from core.errors import Invalid
from records.models import Attachment, AuditEntry
from records.querysets import attachments_of
from records.services.attachments import attachment_add, attachments_store, check_image, prepare_images
from records.services.storage import StorageFull, orphans_sweep, write_safely
from records.tasks import sweep_orphans
from records.tests.make import AT, picture, upload


def media() -> Path:
    return Path(str(settings.MEDIA_ROOT))


def stored() -> list[Path]:
    return sorted(path for path in (media() / "attachments").rglob("*") if path.is_file())


@pytest.fixture(autouse=True)
def empty_media(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.mark.parametrize("kind, extension", [("JPEG", "jpg"), ("PNG", "png"), ("WEBP", "webp")])
def test_photo_is_stored_under_a_random_name(world, kind, extension):
    row = attachment_add(
        contract=world.contract, subject=world.device, file=upload(picture(kind)), actor=world.engineer, at=AT
    )
    assert (row.extension, row.width_px, row.height_px) == (extension, 640, 480)
    assert row.name == f"现场照片.{extension}"
    assert "现场" not in str(row.file)
    data = (media() / str(row.file)).read_bytes()
    assert len(data) == row.size_bytes
    assert oct(stored()[0].stat().st_mode & 0o777) == "0o600"
    with Image.open(stored()[0]) as image:
        image.load()
        assert image.format == kind
    assert list(attachments_of(world.device)) == [row]
    entry = AuditEntry.objects.get(verb="attach")
    assert entry.after["files"] == [{"id": row.pk, "name": row.name, "sha256": row.sha256}]


def test_location_is_gone_and_the_picture_stands_upright():
    exif = Image.Exif()
    exif[274] = 6
    exif[0x010F] = "某厂"
    exif.get_ifd(0x8825)[2] = (31.0, 14.0, 5.0)
    ready = check_image(upload(picture(exif=exif)))
    assert (ready.width_px, ready.height_px) == (480, 640)
    with Image.open(io.BytesIO(ready.data)) as image:
        assert not image.getexif()
        assert "exif" not in image.info
        corner = image.convert("RGB").crop((400, 60, 401, 61)).tobytes()
    assert corner[0] > 150 and corner[1] < 80, "the red quarter is turned to the upper right"


def test_transparency_of_a_png_stays():
    ready = check_image(upload(picture("PNG", mode="RGBA"), "截图.png"))
    with Image.open(io.BytesIO(ready.data)) as image:
        assert image.mode == "RGBA"


def test_large_photo_is_made_smaller():
    ready = check_image(upload(picture(size=(5000, 2500))))
    assert (ready.width_px, ready.height_px) == (3200, 1600)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"GIF89a" + b"\0" * 60,
        b"%PDF-1.7\n",
        b"MZ" + b"\0" * 100,
        b"\xff\xd8\xff" + b"not a jpeg at all" * 20,
        b"\x89PNG\r\n\x1a\n" + b"\0" * 50,
        b"RIFF\0\0\0\0WEBPVP8 ",
    ],
    ids=["empty", "svg", "gif", "pdf", "exe", "false jpeg", "false png", "false webp"],
)
def test_what_is_no_picture_is_refused(data):
    with pytest.raises(Invalid) as refused:
        check_image(upload(data))
    assert list(refused.value.fields) == ["photos"]
    assert "现场照片.jpg" in refused.value.message


def test_cut_off_photo_is_refused():
    with pytest.raises(Invalid):
        check_image(upload(picture()[:2000]))


def test_twenty_megabytes_are_refused_with_figures():
    with pytest.raises(Invalid) as refused:
        check_image(upload(picture() + b"\0" * 20 * 1024 * 1024))
    assert "20.0" in refused.value.message and "12" in refused.value.message


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("edge", [10_000, 20_000])
def test_bomb_is_refused_before_it_is_decoded(monkeypatch, edge):
    decoded = []
    monkeypatch.setattr(Image.Image, "convert", lambda self, *_args, **_kwargs: decoded.append(self))
    bomb = Image.new("1", (edge, edge))
    buffer = io.BytesIO()
    bomb.save(buffer, "PNG")
    with pytest.raises(Invalid) as refused:
        check_image(upload(buffer.getvalue(), "炸弹.png"))
    assert "40" in refused.value.message
    assert not decoded


def archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("a.html", "x" * 2000)
    return buffer.getvalue()


def commented(comment: bytes) -> bytes:
    """A JPEG whose comment is something else."""
    photo = picture()
    return photo[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + photo[2:]


@pytest.mark.parametrize(
    "data",
    [
        picture() + b"<script>alert(1)</script>",
        picture("PNG") + archive(),
        commented(b"%PDF-1.7 1 0 obj"),
        commented(b"<?PHP system($_GET[0]); ?>"),
        picture("WEBP") + b"<!DOCTYPE html><p>",
    ],
    ids=["script", "zip", "pdf", "php", "page"],
)
def test_picture_that_is_something_else_as_well_is_refused(data):
    with pytest.raises(Invalid) as refused:
        check_image(upload(data, "图.jpg.php"))
    assert list(refused.value.fields) == ["photos"]


def test_film_behind_a_photo_does_not_survive():
    ready = check_image(upload(picture() + b"\0\0\0\x18ftypmp42" + bytes(range(256)) * 20, "图.jpg.php"))
    assert b"ftypmp42" not in ready.data
    assert ready.name == "图.jpg.jpg"


def test_bomb_in_a_text_of_a_png_is_refused():
    info = PngInfo()
    info.add_text("Comment", "x" * 80_000_000, zip=True)
    buffer = io.BytesIO()
    Image.new("RGB", (4, 4)).save(buffer, "PNG", pnginfo=info)
    assert len(buffer.getvalue()) < 200_000
    with pytest.raises(Invalid):
        check_image(upload(buffer.getvalue(), "炸弹.png"))


def test_of_many_frames_only_the_first_is_decoded():
    frames = [Image.new("RGB", (40, 40), (shade, 0, 0)) for shade in range(60)]
    buffer = io.BytesIO()
    frames[0].save(buffer, "PNG", save_all=True, append_images=frames[1:])
    ready = check_image(upload(buffer.getvalue(), "动图.png"))
    with Image.open(io.BytesIO(ready.data)) as image:
        assert getattr(image, "n_frames", 1) == 1


@pytest.mark.parametrize("name", ["../../etc/passwd", "a\r\nSet-Cookie: x.png", '"; filename="x.html', "", "." * 20])
def test_hostile_file_name_is_harmless(name):
    file = upload(picture())
    vars(file)["_name"] = name  # past Django's own cleaning
    ready = check_image(file)
    assert not set(ready.name) & set('/\\"\r\n')
    assert ready.name.endswith(".jpg")


def test_one_bad_file_refuses_all():
    with pytest.raises(Invalid):
        prepare_images([upload(picture()), upload(b"x", "错.txt")])
    with pytest.raises(Invalid):
        prepare_images([upload(b"x")] * 13)


def test_full_disk_changes_nothing_and_says_so(world, monkeypatch):
    prepared = prepare_images([upload(picture()), upload(picture("PNG"), "二.png")])
    real, calls = os.fsync, []

    def full(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) > 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageFull) as refused:
        attachments_store(prepared, contract=world.contract, subject=world.device, actor=world.engineer, at=AT)
    assert refused.value.status == 507
    assert not Attachment.objects.exists()
    assert not stored(), "neither the first file nor the half of the second is left"


def test_file_of_a_failed_transaction_is_swept_and_others_stay(world):
    prepared = prepare_images([upload(picture())])
    with pytest.raises(RuntimeError), transaction.atomic():
        attachments_store(prepared, contract=world.contract, subject=world.device, actor=world.engineer, at=AT)
        raise RuntimeError
    assert len(stored()) == 1 and not Attachment.objects.exists()
    kept = attachments_store(prepared, contract=world.contract, subject=world.device, actor=world.engineer, at=AT)
    now = datetime.now(UTC)
    assert sweep_orphans() == 0, "a request may still be at work"
    assert orphans_sweep(at=now + timedelta(hours=2)) == 1
    assert [path.relative_to(media()).as_posix() for path in stored()] == [str(kept[0].file)]


def test_other_disk_errors_are_not_hidden(monkeypatch):
    def broken(descriptor: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(OSError, match="Input/output"):
        write_safely("attachments/aa/x.jpg", b"x")
    assert not stored()
