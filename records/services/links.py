"""One-time links: how somebody without an account signs on a phone of their own (电子签名法第十三条: sole control)."""

import secrets
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import models, transaction
from django.db.models import F
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core import clock, subjects
from core.errors import Conflict, DomainError, Gone, Invalid, NotAllowed, NotFound
from parties.models import User
from records.models import Purpose, Signature, SignLink, Source, Visibility
from records.services.audit import audit_write
from records.services.documents import document_of, may_ask, signature_of, sitting_of, spec_of
from records.services.guesses import guess_add, guesses_in_window, network_of

log = structlog.get_logger()
TOKEN_BYTES = 32
MAX_HOURS = 24
MAX_GUESSES = 30
"""Unknown tokens that one address may send within a quarter of an hour; the token itself has 256 bits."""
CODE_DIGITS = 6
MAX_CODE_TRIES = 5
"""Wrong codes until the link is dead: one chance in 200,000 for whoever has stolen the link."""


class TooMany(DomainError):
    """Too many wrong guesses from one place (429)."""

    status = 429


def token_hash(token: str) -> str:
    """What is stored of a token: a keyed hash, useless without the server's secret."""
    return salted_hmac("records.sign_link", token, algorithm="sha256").hexdigest()


def code_hash(link: SignLink, code: str) -> str:
    """What is stored of a told code: a keyed hash that fits this link only."""
    return salted_hmac("records.sign_code", f"{link.token_hash}:{code}", algorithm="sha256").hexdigest()


def link_url(token: str) -> str:
    """The address to hand over; the token stands in the fragment, which no server log, referrer or preview ever sees."""
    return f"{settings.SITE_URL}{reverse('records:link')}#t={token}"


@transaction.atomic
def sign_link_issue(
    *,
    subject: models.Model,
    purpose: Purpose | str,
    signer_name: str,
    signer_unit: str = "",
    actor: User,
    at: datetime,
    source: str = Source.PAGE,
) -> tuple[SignLink, str]:
    """Make a one-time link for a named signer and return it with its token, which is nowhere kept.

    Links of the same record and purpose that are still open are revoked. The actor becomes the witness of the signature.
    Raises NotAllowed, Invalid (no name) and Conflict (this version is signed already).
    """
    spec = spec_of(subject, purpose)
    if not may_ask(actor, subject, purpose):
        raise NotAllowed(_("You may not ask for this signature, or the record is not ready to be signed."))
    signer_name = signer_name.strip()
    if not signer_name:
        message = _("Please enter who is to sign.")
        raise Invalid(message, fields={"signer_name": message})
    document = document_of(subject, purpose)
    if signature_of(subject, purpose, document.version):
        raise Conflict(_("This version of the record is already signed."))
    contract = subject.contract  # type: ignore[attr-defined]
    day = at.astimezone(clock.SHANGHAI).date()
    hours = min(spec.link_hours(contract, day), MAX_HOURS) if spec.link_hours else MAX_HOURS
    for earlier in _open_links(subject, purpose):
        sign_link_revoke(link=earlier, actor=actor, at=at)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    link = SignLink.objects.create(
        contract=contract,
        subject_type=subjects.key_of(subject),
        subject_id=subject.pk,
        purpose=purpose,
        also=sitting_of(subject, purpose),
        version=document.version,
        token_hash=token_hash(token),
        signer_name=signer_name[:40],
        signer_unit=signer_unit.strip()[:80],
        issued_by=actor,
        issued_at=at,
        expires_at=at + timedelta(hours=hours),
    )
    audit_write(
        contract=contract,
        subject=subject,
        verb="sign_link_issue",
        actor=actor,
        at=at,
        source=source,
        after={
            "link": link.pk,
            "purpose": purpose,
            "version": link.version,
            "signer_name": link.signer_name,
            "expires_at": link.expires_at,
        },
    )
    return link, token


@transaction.atomic
def sign_link_issue_told(*, tell_to: str, actor: User, at: datetime, **issue: Any) -> tuple[SignLink, str, str]:
    """A one-time link for a signer who is elsewhere, with its token and the code of six digits that it asks for.

    The actor tells the code by telephone under the number `tell_to`, of which the last four digits are kept; the code itself is
    nowhere kept. Raises Invalid (no such number) and what sign_link_issue raises.
    """
    digits = "".join(sign for sign in tell_to if sign.isdigit())
    if not 7 <= len(digits) <= 15:
        message = _("Please enter the telephone number under which you tell the code.")
        raise Invalid(message, fields={"tell_to": message})
    link, token = sign_link_issue(actor=actor, at=at, **issue)
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
    link.told_to = f"{'*' * (len(digits) - 4)}{digits[-4:]}"
    link.code_hash = code_hash(link, code)
    SignLink.objects.filter(pk=link.pk).update(told_to=link.told_to, code_hash=link.code_hash)
    audit_write(
        contract=link.contract,
        subject=issue["subject"],
        verb="sign_link_tell",
        actor=actor,
        at=at,
        visibility=Visibility.INTERNAL,
        after={"link": link.pk, "signer_name": link.signer_name, "told_to": link.told_to},
    )
    return link, token, code


@transaction.atomic
def sign_link_revoke(*, link: SignLink, actor: User, at: datetime) -> SignLink:
    """Take an open link back. Raises NotAllowed, and Conflict when it was used or revoked before."""
    subject = subjects.load(link.subject_type, link.subject_id)
    if not may_ask(actor, subject, link.purpose) and link.issued_by_id != actor.pk:
        raise NotAllowed(_("You may not revoke this link."))
    if not SignLink.objects.filter(pk=link.pk, used_at=None, revoked_at=None).update(revoked_at=at):
        raise Conflict(_("The link was used or revoked before."))
    link.revoked_at = at
    audit_write(
        contract=link.contract,
        subject=subject,
        verb="sign_link_revoke",
        actor=actor,
        at=at,
        after={"link": link.pk, "signer_name": link.signer_name},
    )
    return link


def sign_link_open(*, token: str, at: datetime, ip: str = "") -> SignLink:
    """The link behind a token; nothing is used up by looking. Wrong guesses are counted by address.

    Raises NotFound (no such link), Gone (used, revoked, expired, or the record has changed) and TooMany.
    """
    key = f"link:{network_of(ip)}"
    if guesses_in_window(key, at=at) >= MAX_GUESSES:
        raise TooMany(_("Too many wrong links were opened from your network. Please wait a quarter of an hour."))
    link = _find(token_hash(token)) if token else None
    if link is None:
        if guess_add(key, at=at) == MAX_GUESSES:
            log.warning("sign_link_guesses", network=network_of(ip))
        raise NotFound(_("This link is not valid. Please ask for a new one."))
    refuse_dead_link(link, at=at)
    return link


def sign_link_code(*, link: SignLink, code: str, at: datetime) -> None:
    """Check the code that the holder was told. Each try is counted before it is judged; after the last wrong one the link is dead.

    Raises Gone (dead link) and Invalid (wrong code).
    """
    refuse_dead_link(link, at=at)
    SignLink.objects.filter(pk=link.pk).update(code_tries=F("code_tries") + 1)
    tries = int(SignLink.objects.values_list("code_tries", flat=True).get(pk=link.pk))
    given = "".join(sign for sign in code if sign.isdigit())
    if tries <= MAX_CODE_TRIES and constant_time_compare(code_hash(link, given), link.code_hash):
        return
    if tries >= MAX_CODE_TRIES:
        with transaction.atomic():
            if SignLink.objects.filter(pk=link.pk, used_at=None, revoked_at=None).update(revoked_at=at):
                audit_write(
                    contract=link.contract,
                    subject=subjects.load(link.subject_type, link.subject_id),
                    verb="sign_link_revoke",
                    actor=None,
                    actor_label=link.signer_name,
                    at=at,
                    source=Source.LINK,
                    after={"link": link.pk, "signer_name": link.signer_name, "wrong_codes": tries},
                )
        raise Gone(_("The code was wrong too often, so this link is dead. Please ask for a new one."), code="revoked")
    left = MAX_CODE_TRIES - tries
    message = ngettext("The code is wrong. %(left)d try is left.", "The code is wrong. %(left)d tries are left.", left)
    raise Invalid(message % {"left": left}, fields={"code": message % {"left": left}})


def link_by_id(link_id: int) -> SignLink | None:
    """A link whose holder has proved the token before (the page's signed cookie)."""
    return SignLink.objects.select_related("contract", "issued_by").filter(pk=link_id).first()


def refuse_dead_link(link: SignLink, *, at: datetime) -> None:
    """Raise Gone, with the reason, unless the link may be used now."""
    if link.used_at:
        raise Gone(_("This link was already used. The record is signed; there is nothing left to do."), code="used")
    subject = subjects.load(link.subject_type, link.subject_id)
    if signature_of(subject, link.purpose, link.version):
        raise Gone(_("The record is already signed; there is nothing left to do."), code="signed")
    if link.revoked_at:
        raise Gone(_("This link was revoked. Please ask for a new one."), code="revoked")
    if link.expires_at <= at:
        raise Gone(_("This link has expired. Please ask for a new one."), code="expired")
    if document_of(subject, link.purpose).version != link.version:
        raise Gone(_("The record was changed after this link was made. Please ask for a new one."), code="changed")


def link_claim(link: SignLink, *, at: datetime) -> bool:
    """Use the link up, once: True for the one who got it. Call it inside the signature's transaction."""
    open_link = SignLink.objects.filter(pk=link.pk, used_at=None, revoked_at=None, expires_at__gt=at)
    claimed = bool(open_link.update(used_at=at))
    if claimed:
        link.used_at = at
    return claimed


def link_state(link: SignLink, *, at: datetime) -> str:
    """Where a link stands: used, revoked, expired or open."""
    if link.used_at:
        return "used"
    if link.revoked_at:
        return "revoked"
    return "expired" if link.expires_at <= at else "open"


def signature_by(link: SignLink) -> Signature | None:
    """The signature that was given by this link."""
    return Signature.objects.defer("image_png", "strokes").filter(link=link, purpose=link.purpose).first()


def _find(hashed: str) -> SignLink | None:
    return SignLink.objects.select_related("contract", "issued_by").filter(token_hash=hashed).first()


def _open_links(subject: models.Model, purpose: str) -> list[SignLink]:
    rows = SignLink.objects.select_related("contract").filter(
        subject_type=subjects.key_of(subject), subject_id=subject.pk, purpose=purpose, used_at=None, revoked_at=None
    )
    return list(rows)
