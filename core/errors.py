"""What a service may refuse. Pages and API turn each into a clear message; nothing else is raised on purpose."""

from collections.abc import Mapping


class DomainError(Exception):
    """A refusal that the user can understand. `message` is already in the user's language; `fields` names bad inputs."""

    status = 422

    def __init__(self, message: str, *, fields: Mapping[str, str] | None = None, code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.fields = dict(fields or {})
        self.code = code or type(self).__name__


class NotAllowed(DomainError):
    """The user may see it but may not do this (403)."""

    status = 403


class NotFound(DomainError):
    """It does not exist, or this user may not know that it does (404)."""

    status = 404


class Conflict(DomainError):
    """Somebody was quicker, or the record is no longer in a state that allows this (409)."""

    status = 409


class Gone(DomainError):
    """A one-time link that was used, revoked or has expired (410)."""

    status = 410


class Invalid(DomainError):
    """The input cannot be accepted; `fields` says what is wrong where (422)."""

    status = 422
