"""The posts of a contract: loaded once, then changed by its manager."""

import json
from datetime import datetime, time
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core.errors import Invalid
from core.transactions import joined
from parties.models import Contract, User
from records.models import Source, Visibility
from records.services.audit import audit_write, changes
from roster.models import Post
from roster.permissions import only_manager
from roster.rules import RosterDay

POSTS = Path(__file__).resolve().parents[1] / "data" / "posts.json"


@joined
def roster_load(contract: Contract) -> list[Post]:
    """Give a contract the posts that come with the product (附二, 附四); those it has stay as they are."""
    known = set(Post.objects.filter(contract=contract).values_list("code", flat=True))
    rows: list[dict[str, Any]] = json.loads(POSTS.read_text(encoding="utf-8"))
    return Post.objects.bulk_create(
        Post(
            contract=contract,
            position=number * 10,
            **row | {"starts": time.fromisoformat(row["starts"]), "ends": time.fromisoformat(row["ends"])},
        )
        for number, row in enumerate(rows, 1)
        if row["code"] not in known
    )


@transaction.atomic
def post_change(
    *,
    post: Post,
    name: str,
    day_kinds: list[str],
    starts: time,
    ends: time,
    min_people: int,
    is_active: bool,
    actor: User,
    at: datetime,
    source: str = Source.PAGE,
) -> Post:
    """Change what a post is called, when it is needed and by how many. Shifts that are planned keep their hours.

    Raises NotAllowed for anybody but the manager, Invalid for a day that does not exist or a post needed on none.
    """
    only_manager(actor, post.contract)
    unknown = set(day_kinds) - {kind.value for kind in RosterDay}
    if unknown or (is_active and not day_kinds):
        message = _("Please choose the days on which the post is needed.")
        raise Invalid(message, fields={"day_kinds": message})
    new: dict[str, Any] = {
        "name": name.strip(),
        "day_kinds": [kind.value for kind in RosterDay if kind.value in day_kinds],
        "starts": starts,
        "ends": ends,
        "min_people": min_people,
        "is_active": is_active,
    }
    before, after = changes(post, **new)
    if after:
        for field, value in new.items():
            setattr(post, field, value)
        post.save(update_fields=list(new))
        audit_write(
            contract=post.contract,
            subject=post,
            verb="post_change",
            actor=actor,
            at=at,
            source=source,
            before=before,
            after=after,
            visibility=Visibility.INTERNAL,
        )
    return post
