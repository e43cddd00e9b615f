"""A message's words in the reader's language, made when they are read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext, gettext_noop

from core.clock import SHANGHAI
from notifications.models import Message

INSTANT = "_at"
"""Parameters with this ending are instants in ISO 8601, shown as local time to the second."""
MSGID = "t_"
"""Parameters with this beginning are English msgids, shown in the reader's language."""
NOTES = "notes"
"""A list of msgids: sentences that are added to the body, with the same parameters."""


class UnreadableMessage(ValueError):
    """A message whose parameters do not fit its text."""


@dataclass(frozen=True)
class Words:
    """Title and body as a person reads them."""

    title: str
    body: str


def words_of(message: Message) -> Words:
    """Title and body in the active language. Raises UnreadableMessage when the parameters do not fit."""
    try:
        values = {name: _shown(name, value) for name, value in message.params.items() if name != NOTES}
        sentences = [message.body, *message.params.get(NOTES, ())]
        body = " ".join(gettext(sentence) % values for sentence in sentences if sentence)
        return Words(gettext(message.title) % values, body)
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise UnreadableMessage(f"message {message.pk}: {type(error).__name__} {error}") from error


def safe_words(message: Message) -> Words:
    """As `words_of`, but a message that cannot be read shows its bare text: one bad row never breaks a page."""
    try:
        return words_of(message)
    except UnreadableMessage:
        return Words(message.title, message.body)


def _shown(name: str, value: Any) -> Any:
    if name.endswith(INSTANT):
        return datetime.fromisoformat(value).astimezone(SHANGHAI).strftime("%m-%d %H:%M:%S")
    if name.startswith(MSGID):
        return gettext(value) if value else ""
    return value


def plain_params(params: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters as JSON holds them: instants in ISO 8601."""
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in params.items()}


TROUBLES: Mapping[str, str] = {
    "too slow": gettext_noop("The other side did not answer in time."),
    "timed out": gettext_noop("The other side did not answer in time."),
    "name not found": gettext_noop("There is no server of this name."),
    "Connection refused": gettext_noop("The other side takes no connections."),
    "Connection reset": gettext_noop("The other side broke the connection off."),
    "Network is unreachable": gettext_noop("There is no way to this network."),
    "No route to host": gettext_noop("There is no way to this network."),
    "certificate": gettext_noop("The certificate of the other side does not hold."),
    "address:": gettext_noop("The address lies inside the house and was not opened."),
    "metadata:": gettext_noop("This address may never be called."),
    "port:": gettext_noop("This port may not be called."),
    "redirect refused": gettext_noop("The other side sends us elsewhere; that is not followed."),
    "not the platform's answer": gettext_noop("Something else than the platform answered."),
    "no phone number": gettext_noop("There is no phone number."),
    "no e-mail address": gettext_noop("There is no e-mail address."),
    "bad address": gettext_noop("The e-mail address cannot be used."),
    "channel switched off": gettext_noop("The channel was switched off."),
    "sealed with a key": gettext_noop("The key that opens its secrets is missing: please type them again."),
}
"""What senders note of a failure, by a part of it, and how it is told to people."""


def trouble(noted: str) -> str:
    """A failure in the reader's words, with what was noted behind it where that says more."""
    for part, told in TROUBLES.items():
        if part in noted:
            return gettext(told) if noted.startswith(part) and not part.endswith(":") else f"{gettext(told)} ({noted})"
    return noted
