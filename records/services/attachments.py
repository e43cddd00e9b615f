"""Takes photos in: decided by content, made anew by Pillow, stored under a random name, entered into the history."""

import hashlib
import io
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import IO, TypeAlias

from django.core.files import File
from django.db import models, transaction
from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from core.errors import Invalid
from parties.models import Contract, User
from records.models import Attachment, Source, Visibility
from records.models.attachment import INTERNAL_KIND, random_name
from records.services.audit import audit_write, subject_key
from records.services.storage import remove_file, write_safely

MAX_FILE_BYTES = 12 * 1024 * 1024
MAX_PIXELS = 40_000_000
MAX_FILES = 12
LONG_EDGE_PX = 3200
"""A stored photo is made no longer than this: serial numbers stay legible, the disk is spared."""
JPEG_QUALITY = 88
KINDS = {"JPEG": ("jpg", "image/jpeg"), "PNG": ("png", "image/png"), "WEBP": ("webp", "image/webp")}
PDF_WITHIN_BYTES = 1024
"""A PDF's readers accept its mark that far into the file."""
SCRIPTS = (b"<script", b"<?php", b"<html", b"<!doctype html", b"<svg", b"<iframe")
IncomingFile: TypeAlias = "File[bytes]"
"""What Django makes of an uploaded file."""


@dataclass(frozen=True)
class PreparedImage:
    """A picture made anew, ready to be stored: nothing of the sender's bytes is left in it."""

    data: bytes
    extension: str
    content_type: str
    width_px: int
    height_px: int
    sha256: str
    name: str


def format_by_magic(head: bytes) -> str | None:
    """Pillow's name of the format that the first bytes announce: JPEG, PNG or WEBP; None for anything else."""
    if head.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    return None


def is_polyglot(data: bytes) -> bool:
    """Whether a picture's bytes are also an archive, a PDF or a page with scripts.

    Nothing of them would survive the re-encoding, but nobody sends such a file by mistake. What telephones add behind a photo (a
    short film) is none of these.
    """
    low = data.lower()
    return (
        any(mark in low for mark in SCRIPTS)
        or b"%PDF-" in data[:PDF_WITHIN_BYTES]
        or zipfile.is_zipfile(io.BytesIO(data))
    )


def prepare_images(files: Iterable[IncomingFile], *, field: str = "photos") -> list[PreparedImage]:
    """Check and re-encode all files before any transaction; one bad file refuses all of them.

    Raises Invalid with `fields={field: message}` in the reader's language: not a picture, over 12 MB, over 40 million
    pixels, damaged, or more than 12 files.
    """
    given = list(files)
    if len(given) > MAX_FILES:
        raise _refused(field, _("At most %(count)d photos can be sent at once.") % {"count": MAX_FILES})
    return [check_image(file, field=field) for file in given]


def check_image(file: IncomingFile, *, field: str = "photos") -> PreparedImage:
    """One file, checked and made anew: type by content, upright, without location and other metadata.

    Raises Invalid as prepare_images does.
    """
    shown = {"name": (file.name or "")[-60:]}
    size = file.size or 0
    if size > MAX_FILE_BYTES:
        raise _refused(
            field,
            _("%(name)s has %(size)s MB; a photo may have at most %(limit)d MB.")
            % {**shown, "size": f"{size / 1024 / 1024:.1f}", "limit": MAX_FILE_BYTES // 1024 // 1024},
        )
    file.seek(0)
    data = file.read(MAX_FILE_BYTES + 1)
    kind = format_by_magic(data[:16])
    if kind is None or len(data) > MAX_FILE_BYTES:
        raise _refused(field, _("%(name)s is not a picture. Photos must be JPEG, PNG or WebP.") % shown)
    if is_polyglot(data):
        raise _refused(
            field, _("%(name)s is a picture and something else at once. Please take the photo anew.") % shown
        )
    try:
        image = _opened(io.BytesIO(data), kind)
    except (_TooManyPixels, Image.DecompressionBombError):
        raise _refused(
            field, _("%(name)s has more than %(limit)d million pixels.") % {**shown, "limit": MAX_PIXELS // 1_000_000}
        ) from None
    except (OSError, SyntaxError, ValueError) as error:
        # What Pillow raises on damaged or hostile files; their texts are not for readers.
        raise _refused(field, _("%(name)s is damaged and cannot be read as a picture.") % shown) from error
    encoded = _encoded(image, kind)
    extension, content_type = KINDS[kind]
    return PreparedImage(
        data=encoded,
        extension=extension,
        content_type=content_type,
        width_px=image.width,
        height_px=image.height,
        sha256=hashlib.sha256(encoded).hexdigest(),
        name=_clean_name(file.name or "", extension),
    )


def attachment_store(
    prepared: PreparedImage,
    *,
    contract: Contract,
    subject: models.Model,
    kind: str = "photo",
    actor: User | None,
    at: datetime,
    source: str = Source.PAGE,
) -> Attachment:
    """Store one prepared picture with its entry in the history; call it inside the verb's transaction.

    The file is whole on disk before its row is written; should the transaction fail later, nothing names the file and
    `orphans_sweep` removes it. Raises StorageFull.
    """
    return attachments_store(
        [prepared], contract=contract, subject=subject, kind=kind, actor=actor, at=at, source=source
    )[0]


@transaction.atomic
def attachments_store(
    prepared: Sequence[PreparedImage],
    *,
    contract: Contract,
    subject: models.Model,
    kind: str = "photo",
    actor: User | None,
    at: datetime,
    source: str = Source.PAGE,
) -> list[Attachment]:
    """Store several prepared pictures under one entry in the history. Raises StorageFull; none is kept then."""
    written: list[str] = []
    rows = []
    try:
        for picture in prepared:
            name = random_name(picture.extension)
            write_safely(name, picture.data)
            written.append(name)
            rows.append(
                Attachment.objects.create(
                    contract=contract,
                    subject_type=subject_key(subject),
                    subject_id=subject.pk,
                    kind=kind,
                    file=name,
                    extension=picture.extension,
                    content_type=picture.content_type,
                    size_bytes=len(picture.data),
                    width_px=picture.width_px,
                    height_px=picture.height_px,
                    sha256=picture.sha256,
                    name=picture.name,
                    added_by=actor,
                    added_at=at,
                )
            )
        if rows:
            audit_write(
                contract=contract,
                subject=subject,
                verb="attach",
                actor=actor,
                at=at,
                source=source,
                visibility=Visibility.INTERNAL if kind == INTERNAL_KIND else Visibility.CLIENT,
                after={"kind": kind, "files": [{"id": row.pk, "name": row.name, "sha256": row.sha256} for row in rows]},
            )
    except Exception:
        for name in written:
            remove_file(name)
        raise
    return rows


def attachment_add(
    *,
    contract: Contract,
    subject: models.Model,
    file: IncomingFile,
    kind: str = "photo",
    actor: User | None,
    at: datetime,
    source: str = Source.PAGE,
) -> Attachment:
    """Check and store one uploaded picture. Raises Invalid (what was sent) and StorageFull (where it should go)."""
    prepared = check_image(file, field="photos")
    return attachment_store(prepared, contract=contract, subject=subject, kind=kind, actor=actor, at=at, source=source)


class _TooManyPixels(Exception):
    pass


def _opened(stream: IO[bytes], kind: str) -> Image.Image:
    """The decoded picture, upright and no larger than it has to be. Its size is judged before anything is decoded."""
    with Image.open(stream, formats=[kind]) as source:
        if source.width * source.height > MAX_PIXELS:
            raise _TooManyPixels
        source.draft("RGB", (LONG_EDGE_PX, LONG_EDGE_PX))
        source.load()
        orientation = source.getexif()
        keeps_alpha = kind != "JPEG" and ("A" in source.getbands() or "transparency" in source.info)
        image = source.convert("RGBA" if keeps_alpha else "RGB")
        image.thumbnail((LONG_EDGE_PX, LONG_EDGE_PX))
    # convert() keeps no EXIF block, so the turn that the camera asked for is made from what was read before.
    image.info.clear()
    image.getexif().update({274: orientation.get(274, 1)})
    upright = ImageOps.exif_transpose(image)
    clean = Image.new(upright.mode, upright.size)
    clean.paste(upright)
    return clean


def _encoded(image: Image.Image, kind: str) -> bytes:
    buffer = io.BytesIO()
    if kind == "JPEG":
        image.save(buffer, "JPEG", quality=JPEG_QUALITY, optimize=True)
    elif kind == "PNG":
        image.save(buffer, "PNG", optimize=False)
    else:
        image.save(buffer, "WEBP", quality=JPEG_QUALITY)
    return buffer.getvalue()


def _clean_name(name: str, extension: str) -> str:
    """The sender's name for the file, without control characters and with the extension that is true."""
    stem = name.rsplit(".", 1)[0] if "." in name else name
    stem = "".join(sign for sign in stem if sign.isprintable() and sign not in '/\\"<>|:*?').strip(" .")
    return f"{stem[:150] or 'photo'}.{extension}"


def _refused(field: str, message: str) -> Invalid:
    return Invalid(message, fields={field: message})
