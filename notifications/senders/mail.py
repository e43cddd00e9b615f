"""E-mail through any SMTP server. The delivery's key stands in Message-ID: a repetition is the same letter."""

import smtplib
import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from core import outbound
from core.clock import SHANGHAI
from notifications.senders.base import Item, Rejected, Setup, TargetDown, one_line

TLS, STARTTLS, PLAIN = "tls", "starttls", "none"
SUBJECT = 150


class _Pinned(smtplib.SMTP):
    """An SMTP conversation over a connection that already exists: the address was judged when it was made."""

    def __init__(self, sock: socket.socket, host: str, port: int, seconds: float) -> None:
        self._given = sock
        super().__init__(host, port, local_hostname="guarantee", timeout=seconds)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:  # noqa: ARG002 - smtplib's own signature
        return self._given


def letter(setup: Setup, item: Item, at: datetime) -> EmailMessage:
    """The letter. Whatever a title holds, the subject is one line. Raises Rejected for an address that is none."""
    host = urlsplit(settings.SITE_URL).hostname or "localhost"
    mail = EmailMessage(policy=SMTP_POLICY)
    try:
        if not item.person.email.isascii():
            raise ValueError(item.person.email)
        mail["Subject"] = one_line(item.title)[:SUBJECT]
        mail["From"] = Address(
            one_line(str(setup.settings.get("from_name", ""))), addr_spec=setup.settings["from_address"]
        )
        mail["To"] = Address(one_line(item.person.name), addr_spec=item.person.email)
    except (ValueError, HeaderParseError, IndexError) as error:
        raise Rejected(f"bad address: {one_line(str(error))}") from error
    mail["Date"] = format_datetime(at.astimezone(SHANGHAI))
    mail["Message-ID"] = f"<delivery.{item.key}@{host}>"
    mail["Idempotency-Key"] = str(item.key)
    mail["Auto-Submitted"] = "auto-generated"
    lines = [item.title, item.body, item.url, "", _("You can choose in your account what is sent to you.")]
    mail.set_content("\n".join(lines))
    return mail


def send(setup: Setup, items: Sequence[Item], at: datetime) -> str:
    """Hand one letter to the server. Raises Rejected, TargetDown, core.outbound.Refused or core.outbound.Unreachable."""
    (item,) = items
    if not item.person.email:
        raise Rejected("no e-mail address")
    mail = letter(setup, item, at)
    host, port = outbound.check_host(str(setup.settings["host"])), int(setup.settings["port"])
    with outbound.lined() as line:
        sock = outbound.dial(host, port, allow=setup.allow, line=line)
        if setup.settings["tls"] == TLS:
            sock = outbound.secure(sock, host, line)
        try:
            return _converse(sock, host, port, setup, mail, line)
        except smtplib.SMTPRecipientsRefused as error:
            ((code, said),) = list(error.recipients.values())[:1]
            raise Rejected(f"SMTP {code} {_said(said)}") from error
        except (smtplib.SMTPDataError, smtplib.SMTPSenderRefused) as error:
            kind = TargetDown if error.smtp_code == 421 or isinstance(error, smtplib.SMTPSenderRefused) else Rejected
            raise kind(f"SMTP {error.smtp_code} {_said(error.smtp_error)}") from error
        except smtplib.SMTPResponseException as error:
            raise TargetDown(f"SMTP {error.smtp_code} {_said(error.smtp_error)}") from error
        except smtplib.SMTPException as error:
            line.check()
            raise TargetDown(one_line(str(error))[:200] or type(error).__name__) from error


def _converse(sock: socket.socket, host: str, port: int, setup: Setup, mail: EmailMessage, line: outbound.Line) -> str:
    server = _Pinned(sock, host, port, line.left)
    if setup.settings["tls"] == STARTTLS:
        server.starttls(context=_context(line))
    if setup.settings.get("username"):
        server.login(str(setup.settings["username"]), setup.secrets.get("password", ""))
    server.send_message(mail)
    with suppress(smtplib.SMTPException, OSError):
        server.docmd("QUIT")  # the letter is taken; how they part says nothing about it
    return "SMTP 250"


def _context(line: outbound.Line) -> Any:
    """A TLS context whose sockets stay under the deadline."""
    context = outbound.tls_context()

    class Held(ssl.SSLSocket):
        def do_handshake(self, block: bool = False) -> None:
            line.hold(self)
            super().do_handshake(block)

    context.sslsocket_class = Held
    return context


def _said(text: bytes | str) -> str:
    return one_line(text.decode(errors="replace") if isinstance(text, bytes) else text)[:200]
