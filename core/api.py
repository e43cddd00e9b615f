"""What the interfaces of the apps share: /api/v1/ with the pages' session and CSRF token, errors as problem details."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request


class HouseSession(SessionAuthentication):
    """The pages' session, with the answer 401 for whoever has none."""

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002 - the framework passes it
        """What makes the answer to a stranger a 401 instead of a 403."""
        return "Session"


def refuse_parameters(query: Iterable[str], known: Iterable[str]) -> None:
    """Raise ValidationError (400) for parameters that the interface does not have: none is silently left out."""
    strangers = sorted(set(query) - set(known))
    if strangers:
        raise serializers.ValidationError({name: [_("There is no such parameter.")] for name in strangers})


def refuse_fields(data: Any, form: serializers.Serializer[Any]) -> None:
    """Raise ValidationError (400) for fields that a body may not have."""
    strangers = sorted(set(map(str, data)) - set(form.fields)) if isinstance(data, dict) else []
    if strangers:
        raise serializers.ValidationError({name[:40]: [_("There is no such field.")] for name in strangers[:20]})


def refuse_errors(errors: Any) -> None:
    """Raise ValidationError (400) for a filter's values that are not offered."""
    if errors:
        raise serializers.ValidationError({name: [str(text) for text in texts] for name, texts in errors.items()})
