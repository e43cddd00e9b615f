"""Sheets of loans and checks that were signed on paper: whoever may confirm one is told, and who uploaded it when it is refused."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_noop

from core.roles import MANAGER, SUPERVISOR
from devices.services.common import people_of
from notifications.services.outbox import message_post
from records.models import PaperSheet, PaperState

UPLOADED = gettext_noop("%(code)s was signed on paper: please confirm the photo")
REFUSED = gettext_noop("%(code)s: the photo of the signed sheet was refused")


def paper_told(url: Callable[[Any], str]) -> Callable[..., None]:
    """What is posted when a sheet of one kind of record is uploaded or refused; `url` is the record's page."""

    def told(subject: Any, *, sheet: PaperSheet, at: datetime, source: str = "") -> None:
        if sheet.state == PaperState.CONFIRMED:
            return
        is_new = sheet.state == PaperState.UPLOADED
        confirmers = people_of(subject.contract, at, MANAGER, SUPERVISOR)
        message_post(
            contract=subject.contract,
            topic="devices",
            recipients=[one for one in confirmers if one.pk != sheet.uploaded_by_id] if is_new else [sheet.uploaded_by],
            title=UPLOADED if is_new else REFUSED,
            body="%(reason)s" if sheet.reason else "",
            params={"code": subject.code, "reason": sheet.reason},
            url=url(subject),
            subject=subject,
            source=source,
            at=at,
        )

    return told
