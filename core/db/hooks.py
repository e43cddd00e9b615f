"""What a transaction notes on its connection, and who is asked about it right before COMMIT.

Django tells when a transaction has been committed, never that it is about to be. Whatever must be the last act of a transaction
(the links of the audit chain, whose head row is locked as shortly as can be) notes its items with `note` and does its work in a
callback that was registered in AppConfig.ready(). A rollback, to a savepoint too, forgets what was noted since. A callback that
fails makes the commit fail with a DatabaseError, and the whole transaction is rolled back.
"""

from collections.abc import Callable, Iterable
from typing import Any

import structlog
from django.db import DatabaseError, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

log = structlog.get_logger(__name__)
AfterCommit = Callable[[], object]
Callback = Callable[[BaseDatabaseWrapper, list[Any]], AfterCommit | None]
"""callback(connection, items) -> what to do right after the commit, without the database; None for nothing."""

_callbacks: dict[str, Callback] = {}


class CannotCommit(DatabaseError):
    """A callback before the commit failed."""


def register(name: str, callback: Callback) -> None:
    """Let a callback see, before each commit, what was noted under its name. The same name again replaces it."""
    _callbacks[name] = callback


def note(name: str, items: Iterable[Any]) -> None:
    """Note items on the connection until its transaction ends. Raises TransactionManagementError outside a transaction."""
    connection = transaction.get_connection()
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("What is noted until the commit needs a transaction.")
    # Which savepoints are open tells later whether a rollback to one of them forgets the items.
    savepoints = tuple(sid for sid in connection.savepoint_ids if sid)
    connection.notes.extend((savepoints, name, item) for item in items)


class NotesUntilCommit(BaseDatabaseWrapper):
    """The part that both backends share."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.notes: list[tuple[tuple[str, ...], str, Any]] = []
        self.scratch: dict[Any, Any] = {}
        """What code remembers for as long as the transaction lasts; any rollback forgets it too."""

    def connect(self) -> None:
        """A new connection knows nothing of what the old one noted."""
        self._forget()
        super().connect()

    def close(self) -> None:
        """What was not committed is lost, and its notes with it."""
        self._forget()
        super().close()

    def savepoint_rollback(self, sid: str) -> None:
        """Forget what was noted since the savepoint."""
        super().savepoint_rollback(sid)
        self.scratch = {}
        self.notes = [row for row in self.notes if sid not in row[0]]

    def _forget(self) -> None:
        self.notes, self.scratch = [], {}

    def _rollback(self) -> None:
        self._forget()
        super()._rollback()  # type: ignore[misc]

    def _commit(self) -> None:
        after = self._last_acts() if self.notes and self.connection is not None else []
        super()._commit()  # type: ignore[misc]
        self._forget()
        for act in after:
            try:
                act()
            except Exception:
                # The transaction is committed: nothing that fails now may look to the caller as if it were not.
                log.exception("after_commit_failed")

    def _last_acts(self) -> list[AfterCommit]:
        notes, self.notes = self.notes, []
        grouped: dict[str, list[Any]] = {}
        for _savepoints, name, item in notes:
            grouped.setdefault(name, []).append(item)
        try:
            acts = [_callbacks[name](self, items) for name, items in grouped.items()]
        except DatabaseError:
            raise
        except Exception as error:
            # Only for a DatabaseError does Django roll back what it could not commit.
            raise CannotCommit(f"the last act of the transaction failed: {error!r}") from error
        return [act for act in acts if act is not None]
