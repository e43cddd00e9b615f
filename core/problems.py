"""The API's errors as problem details (RFC 9457)."""

from typing import Any

from rest_framework.response import Response
from rest_framework.views import exception_handler as drf_handler

from core.errors import DomainError


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Turn a refusal into application/problem+json with the fields that are wrong."""
    if isinstance(exc, DomainError):
        body: dict[str, Any] = {"type": "about:blank", "title": exc.message, "status": exc.status, "code": exc.code}
        if exc.fields:
            body["errors"] = exc.fields
        return Response(body, status=exc.status, content_type="application/problem+json")
    response = drf_handler(exc, context)
    if response is not None:
        detail = response.data.get("detail") if isinstance(response.data, dict) else None
        response.data = {
            "type": "about:blank",
            "title": str(detail or response.status_text),
            "status": response.status_code,
            "errors": response.data if detail is None else {},
        }
        response.content_type = "application/problem+json"
    return response
