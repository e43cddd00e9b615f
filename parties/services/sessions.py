"""Open sessions: what each browser is, and how it is ended at once."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth import HASH_SESSION_KEY
from django.db import transaction
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from core import audit
from core.errors import NotAllowed, NotFound
from core.request import current
from parties.models import Session, User
from parties.permissions import can_administer_account
from parties.querysets import sessions_of
from parties.rules import browser_name

SIGNED_IN = "signed_in"
"""The session key under which stands how it began: instant, address and browser."""


@dataclass(frozen=True)
class OpenSession:
    """A session as its owner and the administrator see it; `ref` names it without giving its key away."""

    ref: str
    began_at: datetime | None
    ip: str
    browser: str
    ends_at: datetime
    is_current: bool


def session_begun(session: Any, *, at: datetime) -> None:
    """Write into a new session when, from where and with which browser it began."""
    facts = current.get()
    session[SIGNED_IN] = {"at": at.isoformat(), "ip": facts.ip, "agent": facts.user_agent}


def open_sessions(user: User, *, at: datetime, current_key: str | None = None) -> list[OpenSession]:
    """The sessions with which somebody could act as the user now; those of an earlier password are not among them."""
    found = []
    for row in sessions_of(user, at=at):
        data = row.get_decoded()
        if not constant_time_compare(data.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash()):
            continue
        began = data.get(SIGNED_IN, {})
        found.append(
            OpenSession(
                ref=session_ref(row.session_key),
                began_at=datetime.fromisoformat(began["at"]) if began else None,
                ip=began.get("ip", ""),
                browser=browser_name(began.get("agent", "")),
                ends_at=row.expire_date,
                is_current=row.session_key == current_key,
            )
        )
    return found


def session_ref(key: str) -> str:
    """A name for a session that may stand on a page: its key is a secret."""
    return salted_hmac("parties.session", key, algorithm="sha256").hexdigest()[:24]


@transaction.atomic
def session_end(*, user: User, ref: str, actor: User, at: datetime) -> None:
    """End one session of an account: one's own, or one whose account the actor administers. Raises NotAllowed, NotFound."""
    _may_end(user, actor)
    rows = Session.objects.filter(user=user, expire_date__gt=at)
    key = next((row.session_key for row in rows if session_ref(row.session_key) == ref), None)
    if key is None or not rows.filter(session_key=key).delete()[0]:
        raise NotFound(_("This session has ended already."))
    audit.write(
        contract=None,
        subject=user,
        verb="session_end",
        actor=actor,
        at=at,
        source=audit.PAGE,
        after={"sessions": 1},
        internal=True,
    )


@transaction.atomic
def sessions_end(*, user: User, actor: User, at: datetime, keep: str | None = None) -> int:
    """End all sessions of an account but the one to keep; returns how many. Raises NotAllowed."""
    _may_end(user, actor)
    ended = sessions_drop(user, keep=keep)
    if ended:
        audit.write(
            contract=None,
            subject=user,
            verb="session_end",
            actor=actor,
            at=at,
            source=audit.PAGE,
            after={"sessions": ended},
            internal=True,
        )
    return ended


def sessions_drop(user: User, *, keep: str | None = None) -> int:
    """Delete the user's sessions, all but one where one is given, as part of a verb that writes its own entry."""
    rows = Session.objects.filter(user=user)
    if keep:
        rows = rows.exclude(session_key=keep)
    return rows.delete()[0]


def _may_end(user: User, actor: User) -> None:
    if user.pk != actor.pk and not can_administer_account(actor, user):
        raise NotAllowed(_("Only whoever administers every contract of this account may do this."))
