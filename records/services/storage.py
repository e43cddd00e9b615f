"""Puts bytes on disk so that a row never names a file that is not wholly there, and sweeps what no row names."""

import errno
import os
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from django.conf import settings
from django.utils.translation import gettext as _

from core.errors import DomainError
from records.models import Attachment
from records.models.attachment import FOLDER

log = structlog.get_logger()
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}
ORPHAN_AFTER = timedelta(hours=1)
"""Longer than any request lives: what no row names after that belongs to a transaction that failed."""


class StorageFull(DomainError):
    """There is no room left for the file (507)."""

    status = 507


def write_safely(name: str, data: bytes) -> None:
    """Write a new file below MEDIA_ROOT: whole and flushed under its name, or not at all.

    Raises StorageFull when the disk takes no more.
    """
    target = Path(settings.MEDIA_ROOT) / name
    temporary = ""
    try:
        target.parent.mkdir(mode=settings.FILE_UPLOAD_DIRECTORY_PERMISSIONS, parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=target.parent, suffix=".part")
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(settings.FILE_UPLOAD_PERMISSIONS)
        Path(temporary).rename(target)
        _flush_folder(target.parent)
    except OSError as error:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        if error.errno in FULL:
            log.error("storage_full", errno=error.errno)
            raise StorageFull(
                _("The server has no room left for files. Nothing was saved; please tell the administrator.")
            ) from error
        raise


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove_file(name: str) -> None:
    """Remove a file that no row will name."""
    (Path(settings.MEDIA_ROOT) / name).unlink(missing_ok=True)


def orphans_sweep(*, at: datetime) -> int:
    """Remove stored files that no row names and that are older than ORPHAN_AFTER; how many there were.

    A file comes to the disk before its row. Where the transaction failed in between, or the process was killed, only the
    file is left; nobody can reach it, and this takes it away.
    """
    root = Path(settings.MEDIA_ROOT)
    before = (at - ORPHAN_AFTER).timestamp()
    removed = 0
    for folder in sorted((root / FOLDER).glob("*")):
        old = {
            path.relative_to(root).as_posix(): path
            for path in folder.iterdir()
            if path.is_file() and path.stat().st_mtime < before
        }
        known = set(
            Attachment.objects.filter(file__startswith=f"{FOLDER}/{folder.name}/").values_list("file", flat=True)
        )
        for name, path in old.items():
            if name not in known:
                path.unlink(missing_ok=True)
                removed += 1
    if removed:
        log.info("orphans_swept", files=removed)
    return removed
