"""One-time links of accounts: nobody types, sends or reads another person's password."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from core import audit
from core.errors import Conflict, Gone, Invalid, NotAllowed, NotFound
from parties.models import AccountLink, User
from parties.permissions import can_administer_account
from parties.services.contracts import check_password_strength
from parties.services.sessions import sessions_drop

log = structlog.get_logger()
TOKEN_BYTES = 32
LIFE = {AccountLink.Purpose.INVITE: timedelta(hours=72), AccountLink.Purpose.RESET: timedelta(hours=1)}
"""How long a link may be used (security list, 22)."""


def token_hash(token: str) -> str:
    """What is stored of a token: a keyed hash, useless without the server's secret."""
    return salted_hmac("parties.account_link", token, algorithm="sha256").hexdigest()


def password_mark(user: User) -> str:
    """What is stored of the password that stood when a link was made: any change of it makes the link dead."""
    return salted_hmac("parties.account_link.password", user.password, algorithm="sha256").hexdigest()


def link_url(token: str) -> str:
    """The address to hand over; the token stands in the fragment, which no server log, referrer or preview ever sees."""
    return f"{settings.SITE_URL}{reverse('people:link')}#t={token}"


def purpose_for(user: User) -> AccountLink.Purpose:
    """An account that never had a password of its owner's is invited; any other's password is reset."""
    return AccountLink.Purpose.RESET if user.has_usable_password() else AccountLink.Purpose.INVITE


@transaction.atomic
def account_link_issue(
    *, user: User, actor: User | None, at: datetime, source: str = audit.PAGE
) -> tuple[AccountLink, str]:
    """Make a one-time link for an account and return it with its token, which is nowhere kept. Earlier ones die.

    Raises NotAllowed (not the account's administrator, or one's own account) and Conflict (the account is deactivated).
    """
    if actor is not None:
        _may_help(user, actor)
    if not User.objects.filter(pk=user.pk, is_active=True).exists():
        raise Conflict(_("This account is deactivated. Please reactivate it first."))
    user.refresh_from_db(fields=["password"])
    ((link, token),) = links_make([user], actor=actor, at=at)
    audit.write(
        contract=None,
        subject=user,
        verb="account_link_issue",
        actor=actor,
        at=at,
        source=source,
        after={"link": link.pk, "purpose": link.purpose, "expires_at": link.expires_at},
        internal=True,
    )
    return link, token


def links_make(users: Sequence[User], *, actor: User | None, at: datetime) -> list[tuple[AccountLink, str]]:
    """New links for several accounts in two statements; whoever calls has decided that it may be, and writes the entries."""
    AccountLink.objects.filter(user__in=users, used_at=None, revoked_at=None).update(revoked_at=at)
    tokens = [secrets.token_urlsafe(TOKEN_BYTES) for _user in users]
    links = AccountLink.objects.bulk_create(
        AccountLink(
            user=user,
            purpose=(purpose := purpose_for(user)),
            token_hash=token_hash(token),
            password_mark=password_mark(user),
            issued_by=actor,
            issued_at=at,
            expires_at=at + LIFE[purpose],
        )
        for user, token in zip(users, tokens, strict=True)
    )
    return list(zip(links, tokens, strict=True))


@transaction.atomic
def account_link_revoke(*, user: User, actor: User, at: datetime) -> int:
    """Take back every open link of an account; returns how many. Raises NotAllowed."""
    _may_help(user, actor)
    ended = AccountLink.objects.filter(user=user, used_at=None, revoked_at=None).update(revoked_at=at)
    if ended:
        audit.write(
            contract=None,
            subject=user,
            verb="account_link_revoke",
            actor=actor,
            at=at,
            source=audit.PAGE,
            after={"links": ended},
            internal=True,
        )
    return ended


def account_link_open(*, token: str, at: datetime) -> AccountLink:
    """The link behind a token; nothing is used up by looking. Raises NotFound (no such link) and Gone (dead, with the reason)."""
    link = _find(token_hash=token_hash(token)) if token else None
    if link is None:
        log.warning("account_link_unknown")
        raise NotFound(_("This link is not valid. Please ask your administrator for a new one."))
    refuse_dead_link(link, at=at)
    return link


def link_by_id(link_id: int) -> AccountLink | None:
    """A link whose holder has proved the token before (the page's signed cookie)."""
    return _find(pk=link_id)


def refuse_dead_link(link: AccountLink, *, at: datetime) -> None:
    """Raise Gone, with the reason, unless the link may be used now."""
    if link.used_at:
        raise Gone(_("This link was already used. Please sign in with the password that was set."), code="used")
    if link.revoked_at:
        raise Gone(_("A newer link replaced this one, or it was taken back. Please use the newest."), code="revoked")
    if link.expires_at <= at:
        raise Gone(_("This link has expired. Please ask your administrator for a new one."), code="expired")
    if not link.user.is_active:
        raise Gone(_("This account is deactivated. Please ask your administrator."), code="inactive")
    if not constant_time_compare(link.password_mark, password_mark(link.user)):
        raise Gone(_("The password was changed after this link was made."), code="changed")


def account_link_use(*, link: AccountLink, new_password: str, at: datetime) -> User:
    """Set the account's password and use the link up, once; all sessions of the account end and its lock is lifted.

    The link is claimed by a conditional UPDATE, the password replaced only while it is the one the link was made for; hashing,
    which is slow on purpose, is done before the transaction. Raises Gone (somebody was quicker, or the link is dead) and Invalid
    (field new_password1); neither uses anything up.
    """
    refuse_dead_link(link, at=at)
    user = link.user
    check_password_strength(new_password, user)
    if check_password(new_password, user.password):
        message = _("The new password must differ from the present one.")
        raise Invalid(message, fields={"new_password1": message})
    present, hashed = user.password, make_password(new_password)
    open_link = AccountLink.objects.filter(pk=link.pk, used_at=None, revoked_at=None, expires_at__gt=at)
    with transaction.atomic():
        if not open_link.update(used_at=at):
            raise Gone(_("This link was already used. Please sign in with the password that was set."), code="used")
        same = User.objects.filter(pk=user.pk, is_active=True, password=present)
        if not same.update(password=hashed, must_change_password=False, password_expires_at=None):
            raise Gone(_("The password was changed after this link was made."), code="changed")
        user.refresh_from_db()
        sessions_drop(user)
        attempts_forget(user)
        audit.write(
            contract=None,
            subject=user,
            verb="account_link_use",
            actor=user,
            at=at,
            source=audit.LINK,
            after={"link": link.pk, "purpose": link.purpose},
            internal=True,
        )
    link.used_at = at
    return user


def attempts_forget(user: User) -> int:
    """Lift the lock that failed sign-ins put on an account, wherever they came from; returns from how many places."""
    return int(AccessAttempt.objects.filter(username=user.username).delete()[0])


def _find(**wanted: object) -> AccountLink | None:
    return AccountLink.objects.select_related("user").filter(**wanted).first()


def _may_help(user: User, actor: User) -> None:
    if user.pk == actor.pk:
        raise NotAllowed(_("Your own password is changed on your account page."))
    if not can_administer_account(actor, user):
        raise NotAllowed(_("Only whoever administers every contract of this account may do this."))
