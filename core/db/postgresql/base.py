"""What settings.DATABASES names as ENGINE "core.db.postgresql"."""

from django.db.backends.postgresql import base

from core.db.hooks import NotesUntilCommit


class DatabaseWrapper(NotesUntilCommit, base.DatabaseWrapper):
    """Django's own, with callbacks before COMMIT."""
