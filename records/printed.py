"""Signatures on paper: what a printed sheet shows of each, and the codes beside them."""

from base64 import b64encode
from typing import Any

import segno
from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from core import subjects
from records.models import Signature
from records.services.documents import document_of
from records.services.proof import VALID
from records.services.verify import shown_code


def printed_signature(title: Any, signature: Signature | None) -> dict[str, Any]:
    """One block of a sheet, for records/_printed_signature.html: the signature with its code, or room to sign by hand.

    `signature` must carry its `state` (records.querysets.sealed_signatures_of). On paper there is no picture: `sheet` is then the
    address of the photos.
    """
    if signature is None:
        return {"title": title, "signature": None}
    image = b64encode(bytes(signature.image_png)).decode()
    return {
        "title": title,
        "signature": signature,
        "valid": signature.state == VALID,  # type: ignore[attr-defined]
        "image": f"data:image/png;base64,{image}" if image else "",
        "sheet": _absolute("records:paper", signature.paper_id) if signature.paper_id else "",
        "code": shown_code(signature.verify_code),
        "qr": qr(_absolute("records:verify", signature.verify_code)),
    }


def upload_qr(subject: models.Model, purpose: str) -> SafeString:
    """The code that leads to the page for the photo of a sheet signed by hand, bound to the version printed beside it."""
    path = _absolute("records:paper_upload", subjects.key_of(subject), subject.pk, purpose)
    return qr(f"{path}?version={document_of(subject, purpose).version}")


def site_shown() -> str:
    """The site as it is typed: without the scheme."""
    return str(settings.SITE_URL).split("://", 1)[1]


def qr(url: str) -> SafeString:
    """An address of ours as a QR code, SVG without a border."""
    code = segno.make(url, error="m", micro=False)
    return mark_safe(code.svg_inline(border=0, dark="#000000", light="#ffffff", omitsize=True))  # noqa: S308 - our own address


def _absolute(route: str, *args: Any) -> str:
    return f"{settings.SITE_URL}{reverse(route, args=args)}"
