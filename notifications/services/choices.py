"""What a person wants to hear where, and when not."""

from collections.abc import Mapping, Sequence
from datetime import datetime, time
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core.errors import Invalid
from notifications.models import PERSONAL, ChannelChoice
from notifications.topics import all_topics
from parties.models import User
from records.models import Visibility
from records.services.audit import audit_write


@transaction.atomic
def choice_save(
    *,
    user: User,
    topics: Mapping[str, Sequence[str]],
    quiet_from: time | None,
    quiet_until: time | None,
    wecom_id: str,
    feishu_id: str,
    at: datetime,
) -> ChannelChoice:
    """Keep a person's choice of channels by topic and their quiet hours (local times, which may pass midnight).

    What is urgent ignores both. Raises Invalid when only one end of the quiet hours is given, or both are the same.
    """
    if (quiet_from is None) != (quiet_until is None) or (quiet_from is not None and quiet_from == quiet_until):
        message = _("Quiet hours need a beginning and a different end.")
        raise Invalid(message, fields={"quiet_until": message})
    known = all_topics()
    chosen = {slug: [kind for kind in PERSONAL if kind in topics[slug]] for slug in known if topics.get(slug)}
    new: dict[str, Any] = {
        "topics": {slug: kinds for slug, kinds in chosen.items() if kinds},
        "quiet_from": quiet_from,
        "quiet_until": quiet_until,
        "wecom_id": wecom_id.strip(),
        "feishu_id": feishu_id.strip(),
    }
    stored = ChannelChoice.objects.filter(user=user).values(*new).first() or {}
    row, _made = ChannelChoice.objects.update_or_create(user=user, defaults=new)
    changed = [name for name, value in new.items() if stored.get(name) != value]
    if changed:
        audit_write(
            contract=None,
            subject=user,
            verb="channel_choice",
            actor=user,
            at=at,
            before={name: stored.get(name) for name in changed},
            after={name: new[name] for name in changed},
            visibility=Visibility.INTERNAL,
        )
    return row
