"""How a verb's form meets its service: a refusal lands on the form's fields, and what was typed stays."""

from collections.abc import Callable
from typing import Any, TypeVar

from django import forms

from core.errors import DomainError, NotAllowed, NotFound

T = TypeVar("T")


def attempt(form: forms.BaseForm, service: Callable[..., T], **arguments: Any) -> T | None:
    """Call the service; on refusal write its message into the form and return None. 403 and 404 are passed on.

    The view then renders the form again with status `form_status(form)`.
    """
    try:
        return service(**arguments)
    except (NotAllowed, NotFound):
        raise
    except DomainError as error:
        for name, message in error.fields.items():
            form.add_error(name if name in form.fields else None, message)
        if not error.fields:
            form.add_error(None, error.message)
        form.refused_status = error.status  # type: ignore[attr-defined]
        return None


def form_status(form: forms.BaseForm) -> int:
    """The HTTP status with which a bound, refused form is shown again: the service's, else 422."""
    return int(getattr(form, "refused_status", 422)) if form.is_bound else 200
