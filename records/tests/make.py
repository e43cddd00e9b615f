"""Handwriting that passes, and a subject to sign: a membership whose title counts its versions."""

import base64
import io
import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from PIL import Image

from core import subjects
from core.errors import Conflict
from core.roles import CLERK, SUPERVISOR
from core.subjects import Subject
from parties.models import Membership, User
from parties.querysets import contracts_visible_to, role_in
from records import append_only
from records.models import Signature
from records.services.audit import CHAIN
from records.services.chain import entries_link
from records.services.documents import document_of
from records.services.drawing import drawn
from records.services.signatures import signature_give

AT = datetime(2026, 3, 18, 1, 30, tzinfo=UTC)
KEY = "sheet"


def strokes() -> list[list[list[int]]]:
    """Two strokes of a plausible hand: a wave and a line beneath it."""
    wave = [[40 + 6 * i, round(100 + 45 * math.sin(i / 3)), 12 * i] for i in range(60)]
    return [wave, [[60 + 8 * i, 170 - i, 900 + 10 * i] for i in range(30)]]


def data_url(png: bytes | None = None) -> str:
    """What the pad sends as picture; the drawn strokes unless other bytes are given."""
    return "data:image/png;base64," + base64.b64encode(drawn(strokes()) if png is None else png).decode()


def handwriting() -> dict[str, str]:
    """The two hidden fields of the pad."""
    pad = {"width": 600, "height": 220, "strokes": [{"points": _points(stroke)} for stroke in strokes()]}
    return {"image": data_url(), "strokes": json.dumps(pad)}


def _points(stroke: list[list[int]]) -> list[dict[str, int]]:
    return [{"x": x, "y": y, "time": 1_700_000_000_000 + t, "pressure": 0} for x, y, t in stroke]


def picture(kind: str = "JPEG", size: tuple[int, int] = (640, 480), *, exif: Any = None, mode: str = "RGB") -> bytes:
    """A picture with a red upper left quarter, so that a turn can be seen."""
    image = Image.new(mode, size, (240, 240, 240) if mode == "RGB" else (240, 240, 240, 120))
    image.paste((200, 20, 20) if mode == "RGB" else (200, 20, 20, 255), (0, 0, size[0] // 2, size[1] // 2))
    buffer = io.BytesIO()
    image.save(buffer, kind, **({"exif": exif} if exif else {}))
    return buffer.getvalue()


def upload(data: bytes, name: str = "现场照片.jpg", content_type: str = "image/jpeg") -> SimpleUploadedFile:
    """An uploaded file."""
    return SimpleUploadedFile(name, data, content_type)


def _version(sheet: Membership) -> int:
    return int(sheet.title.split("|")[0] or 1)


def _text(sheet: Membership) -> str:
    return f"签字单 {sheet.pk}\n人员：{sheet.user.name}\n版本：{_version(sheet)}\n内容：{sheet.title}"


def _visible(user: Any) -> Any:
    rows = Membership.objects.filter(contract__in=contracts_visible_to(user))
    memberships = {row.contract_id: row for row in Membership.objects.filter(user=user)} if user.pk else {}
    clerk_of = [pk for pk, row in memberships.items() if row.role == CLERK]
    return rows.exclude(contract__in=clerk_of) | rows.filter(contract__in=clerk_of, user=user)


def _on_signed(
    sheet: Membership, *, signature: Signature, at: datetime, rating: int | None, comment: str, source: str
) -> None:
    signed = f"{sheet.title}|{signature.purpose}:{rating or '-'}:{comment}"[:40]
    if not Membership.objects.filter(pk=sheet.pk, title=sheet.title).update(title=signed):
        raise Conflict("somebody was quicker")


SHEET = Subject(
    key=KEY,
    model=Membership,
    label=lambda sheet: f"SHEET-{sheet.pk}",
    url=lambda sheet: f"/?sheet={sheet.pk}",
    visible_to=_visible,
    canonical={"completion": _text},
    signed_version=_version,
    on_signed=_on_signed,
    can_sign=lambda user, sheet, _purpose: role_in(user, sheet.contract_id) in (CLERK, SUPERVISOR),
    summary=lambda sheet, _language: {
        "title": "签字单",
        "facts": [("人员", sheet.user.name)],
        "signer_name": sheet.user.name,
        "signer_unit": str(sheet.unit or ""),
    },
)


@contextmanager
def sheets_registered() -> Iterator[None]:
    """Let memberships be signed for as long as a test runs."""
    subjects.register(SHEET)
    try:
        yield
    finally:
        subjects._subjects.pop(KEY, None)


def sheet_of(user: User) -> Membership:
    """The subject that belongs to a person, in its first version. Its text holds what was signed, but for the mark of it."""
    Membership.objects.filter(user=user).update(title="1")
    return Membership.objects.select_related("user", "contract", "unit").get(user=user)


def give(subject: Membership, **changes: Any) -> Signature:
    """A signature by the subject's own account, at AT; `changes` replace arguments of signature_give."""
    document = document_of(subject, "completion")
    arguments: dict[str, Any] = {
        "subject": subject,
        "purpose": "completion",
        "way": "account",
        "image": data_url(),
        "strokes": strokes(),
        "version_seen": document.version,
        "sha256_seen": document.sha256,
        "at": AT,
    }
    if changes.get("way", "account") == "account":
        arguments["signer"] = subject.user
    return signature_give(**(arguments | changes))


def settled() -> None:
    """What a commit would do for the entries of a test, whose transaction never commits: give them their links and anchor them."""
    wrapper = transaction.get_connection()
    notes, wrapper.notes = wrapper.notes, []
    noted = [item for _savepoints, name, item in notes if name == CHAIN]
    if noted:
        entries_link(wrapper, noted)()


@contextmanager
def without_triggers() -> Iterator[None]:
    """As whoever owns the database could: the triggers gone for a while."""
    with connection.cursor() as cursor:
        for table in append_only.TABLES:
            for name in append_only.names(connection.vendor, table):
                cursor.execute(
                    f"DROP TRIGGER {name} ON {table}" if connection.vendor == "postgresql" else f"DROP TRIGGER {name}"
                )
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            for statement in append_only.statements(connection.vendor):
                cursor.execute(statement)
