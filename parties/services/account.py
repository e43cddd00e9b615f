"""What people do with their own account: sign in and out, password, PIN, language and contact."""

import re
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils.translation import gettext as _

from core import audit
from core.errors import Invalid
from parties.models import User
from parties.services.contracts import check_password_strength
from parties.services.sessions import sessions_drop

PIN = re.compile(r"[0-9]{4,8}")


def login_record(*, user: User | None, username: str, succeeded: bool, at: datetime) -> None:
    """Enter a sign-in, or an attempt that failed. An account name that nobody has is not kept: it may be a mistyped password."""
    known = user or User.objects.filter(username=username).first()
    audit.write(
        contract=None,
        subject=known,
        subject_type="user",
        verb="login" if succeeded else "login_failed",
        actor=known if succeeded else None,
        at=at,
        source=audit.PAGE,
        internal=True,
    )


def logout_record(*, user: User, at: datetime) -> None:
    """Enter that somebody signed out."""
    audit.write(contract=None, subject=user, verb="logout", actor=user, at=at, source=audit.PAGE, internal=True)


@transaction.atomic
def profile_change(*, user: User, phone: str, language: str, sound_on: bool, at: datetime) -> User:
    """Change one's own phone number, language and sound."""
    new: dict[str, Any] = {"phone": phone, "language": language, "sound_on": sound_on}
    stored = User.objects.filter(pk=user.pk).values(*new).get()
    changed = [name for name, value in new.items() if stored[name] != value]
    if not changed:
        return user
    User.objects.filter(pk=user.pk).update(**new)
    user.refresh_from_db(fields=list(new))
    audit.write(
        contract=None,
        subject=user,
        verb="profile_change",
        actor=user,
        at=at,
        source=audit.PAGE,
        before={name: stored[name] for name in changed},
        after={name: new[name] for name in changed},
        internal=True,
    )
    return user


@transaction.atomic
def password_change(*, user: User, new_password: str, actor: User, at: datetime, source: str = audit.PAGE) -> User:
    """Set a new password; every other session of the account ends. Whoever calls has checked the old one.

    Raises Invalid (field new_password1) when it is too weak or the same as before.
    """
    check_password_strength(new_password, user)
    if user.check_password(new_password):
        message = _("The new password must differ from the present one.")
        raise Invalid(message, fields={"new_password1": message})
    user.set_password(new_password)
    user.must_change_password = user.pk != actor.pk
    user.password_expires_at = None
    user.save(update_fields=["password", "must_change_password", "password_expires_at"])
    sessions_drop(user)
    audit.write(contract=None, subject=user, verb="password_change", actor=actor, at=at, source=source, internal=True)
    return user


@transaction.atomic
def pin_set(*, user: User, pin: str, at: datetime, source: str = audit.PAGE) -> User:
    """Set the PIN that ends hand-over mode: 4 to 8 digits that are not all alike or in a row; only its hash is stored.

    Raises Invalid (field pin).
    """
    message = ""
    if not PIN.fullmatch(pin):
        message = _("A PIN has 4 to 8 digits.")
    elif _is_run(pin):
        message = _("This PIN is too easy to guess.")
    if message:
        raise Invalid(message, fields={"pin": message})
    User.objects.filter(pk=user.pk).update(pin_hash=make_password(pin))
    had_one = bool(user.pin_hash)
    user.refresh_from_db(fields=["pin_hash"])
    audit.write(
        contract=None,
        subject=user,
        verb="pin_change" if had_one else "pin_set",
        actor=user,
        at=at,
        source=source,
        internal=True,
    )
    return user


def _is_run(pin: str) -> bool:
    """Whether every digit follows from the one before by the same step of 0, +1 or -1."""
    steps = {int(after) - int(before) for before, after in pairwise(pin)}
    return len(steps) == 1 and steps <= {0, 1, -1}
