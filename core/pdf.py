"""HTML to PDF in a child process of its own: capped in time and memory, one at a time, with nothing to fetch from.

A document that hangs, grows or crashes takes its child with it and never the web worker; the caller gets a DomainError.
"""

import fcntl
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from core.errors import DomainError

log = logging.getLogger(__name__)
LOCK_FILE = "pdf.lock"
LOCK_POLL_SECONDS = 0.05


class PdfFailed(DomainError):
    """The document could not be made just now (503); nothing was changed, the same request may be repeated."""

    status = 503


def pdf_render(html: str, *, timeout_seconds: float = 60, memory_mb: int = 512) -> bytes:
    """The PDF/A-3a file of an HTML document; equal documents give equal bytes.

    The document carries everything with it: only `data:` addresses are read. `timeout_seconds` bounds the wait for other
    renderings and the rendering itself, each; `memory_mb` bounds the child's address space (MiB). Never call it within a
    transaction. Raises PdfFailed when it took too long, needed too much, or failed.
    """
    with _one_at_a_time(timeout_seconds):
        return _run(html.encode(), timeout_seconds, memory_mb)


@contextmanager
def _one_at_a_time(timeout_seconds: float) -> Iterator[None]:
    """Hold the machine's one rendering place: a lock on a file, so that it ends with its process however that ends."""
    deadline = time.monotonic() + timeout_seconds
    with (Path(settings.VAR_DIR) / LOCK_FILE).open("a") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise PdfFailed(
                        _("Other documents are being made at the moment. Please try again in a minute.")
                    ) from None
                time.sleep(LOCK_POLL_SECONDS)
        yield


def _run(document: bytes, timeout_seconds: float, memory_mb: int) -> bytes:
    command = [sys.executable, "-m", "core.pdf_worker", str(memory_mb), str(int(timeout_seconds) + 1)]
    # Equal input must give equal bytes, and the child has no business with the web process's secrets.
    environment = {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "HOME": os.environ.get("HOME", "/"),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONHASHSEED": "0",
        "OMP_NUM_THREADS": "1",
    }
    child = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=settings.BASE_DIR,
        env=environment,
        start_new_session=True,
    )
    try:
        pdf, errors = child.communicate(document, timeout=timeout_seconds)
    except subprocess.TimeoutExpired:
        _kill(child)
        log.error("pdf rendering took longer than %s s and was ended", timeout_seconds)
        raise PdfFailed(_("The PDF took too long and was stopped. Nothing was changed; please try again.")) from None
    except BaseException:
        _kill(child)
        raise
    if child.returncode != 0 or not pdf.startswith(b"%PDF-"):
        log.error("pdf rendering failed with code %s: %s", child.returncode, errors.decode(errors="replace")[-2000:])
        raise PdfFailed(_("The PDF could not be rendered. Nothing was changed; please try again."))
    return pdf


def _kill(child: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):  # it may have ended by itself meanwhile
        os.killpg(child.pid, signal.SIGKILL)
    child.communicate()
