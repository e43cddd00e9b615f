"""What every test stands on: fast settings, folders of its own, and a database file that behaves like the real one."""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connections

NEEDS_A_DATABASE = frozenset({"db", "transactional_db", "live_stack"})


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as `pure` what asks for no database: a second database need not run it again. tests/faults brings its own."""
    for item in items:
        asks = NEEDS_A_DATABASE & set(getattr(item, "fixturenames", ()))
        if not asks and item.get_closest_marker("django_db") is None and "tests/faults" not in item.nodeid:
            item.add_marker(pytest.mark.pure)


def pytest_configure(config: pytest.Config) -> None:
    """Change what would slow tests down or leave traces in var/; everything else is what production runs."""
    folder = Path(tempfile.mkdtemp(prefix="guarantee-files-"))
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    settings.MEDIA_ROOT = folder / "media"
    settings.ANCHOR_DIR = folder / "anchors"
    settings.SEAL_KEYS, settings.SEAL_KEY_FILE = [], folder / "seal_key"
    # The pages of a test need no hashed names, and three of four milliseconds of a request are WhiteNoise's.
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "whitenoise" not in name]
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # No worker listens here; what must reach one is tested with real processes (tests/faults).
    settings.CELERY_BROKER_URL = "memory://"
    settings.CELERY_BROKER_TRANSPORT_OPTIONS = {}


def _let_tests_empty(connection: Any) -> None:
    """After a transactional test Django empties every table, which triggers of records refuse. Tests are the database's owner and
    superuser; the product knows no such way."""
    operations = type(connection.ops)
    flush = operations.execute_sql_flush

    def as_replica(self: Any, statements: Sequence[str]) -> None:
        flush(self, ["SET LOCAL session_replication_role = replica", *statements])

    def without_triggers(self: Any, statements: Sequence[str]) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE '%append_only%'")
            triggers = cursor.fetchall()
        drops = [f"DROP TRIGGER {name}" for name, _sql in triggers]
        flush(self, [*drops, *statements, *(sql for _name, sql in triggers)])

    operations.execute_sql_flush = as_replica if connection.vendor == "postgresql" else without_triggers


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """SQLite in a file: the in-memory one that Django would take does not lock between threads as the real one does."""
    connection = connections["default"]
    _let_tests_empty(connection)
    if connection.vendor == "sqlite":
        path = tmp_path_factory.mktemp("database") / "test.sqlite3"
        connection.settings_dict["TEST"]["NAME"] = str(path)


@pytest.fixture(autouse=True)
def chinese_first() -> Iterator[None]:
    """Every test begins in the product's default language, whatever the one before activated."""
    from django.utils import translation

    with translation.override(settings.LANGUAGE_CODE):
        yield
