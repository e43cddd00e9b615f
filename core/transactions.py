"""One transaction for a verb and for what it calls."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import connection, transaction

P = ParamSpec("P")
T = TypeVar("T")


def joined(service: Callable[P, T]) -> Callable[P, T]:
    """Run a service in its caller's transaction, or in one of its own where there is none.

    Unlike a nested `transaction.atomic` it costs no savepoint, which counts for services that other services call. Such a service
    refuses before it writes: a caller that catches the refusal and goes on keeps nothing half done.
    """

    @wraps(service)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        if connection.in_atomic_block:
            return service(*args, **kwargs)
        with transaction.atomic():
            return service(*args, **kwargs)

    return run
