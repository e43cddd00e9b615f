"""What settings.DATABASES names as ENGINE "core.db.sqlite3"."""

from django.db.backends.sqlite3 import base

from core.db.hooks import NotesUntilCommit


class DatabaseWrapper(NotesUntilCommit, base.DatabaseWrapper):
    """Django's own, with callbacks before COMMIT."""
