"""Triggers by which the database itself refuses to change or delete what proves something."""

from django.db.backends.base.schema import BaseDatabaseSchemaEditor

TABLES = ("records_auditentry", "records_auditlink", "records_signature")
MESSAGE = "append-only: rows of this table are never changed or deleted"


def triggers_put(editor: BaseDatabaseSchemaEditor, tables: tuple[str, ...] = TABLES) -> None:
    """Make the triggers of these tables, in a migration."""
    for statement in statements(editor.connection.vendor, tables):
        editor.execute(statement, params=None)


def triggers_drop(editor: BaseDatabaseSchemaEditor, tables: tuple[str, ...] = TABLES) -> None:
    """Take the triggers away again, when a migration is taken back."""
    postgresql = editor.connection.vendor == "postgresql"
    for table in tables:
        for name in names(editor.connection.vendor, table):
            editor.execute(
                f"DROP TRIGGER IF EXISTS {name} ON {table}" if postgresql else f"DROP TRIGGER IF EXISTS {name}"
            )
    if postgresql:
        editor.execute("DROP FUNCTION IF EXISTS records_append_only()")


def names(vendor: str, table: str) -> tuple[str, ...]:
    """The names of a table's triggers; `manage.py verify_records` misses them when they are gone."""
    kinds = ("row", "truncate") if vendor == "postgresql" else ("update", "delete", "replace")
    return tuple(f"{table}_append_only_{kind}" for kind in kinds)


def statements(vendor: str, tables: tuple[str, ...] = TABLES) -> list[str]:
    """The SQL that makes the triggers."""
    if vendor == "postgresql":
        refuse = f"RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'integrity_constraint_violation', TABLE = TG_TABLE_NAME;"
        made = [
            f"CREATE OR REPLACE FUNCTION records_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {refuse} END $$"
        ]
        for table in tables:
            row, truncate = names(vendor, table)
            function = "EXECUTE FUNCTION records_append_only()"
            made += [
                f"CREATE TRIGGER {row} BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW {function}",
                f"CREATE TRIGGER {truncate} BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {function}",
            ]
        return made
    made = []
    for table in tables:
        update, delete, replace = names(vendor, table)
        key = "entry_id" if table == "records_auditlink" else "id"
        refuse = f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
        made += [
            f"CREATE TRIGGER {update} BEFORE UPDATE ON {table} {refuse}",
            f"CREATE TRIGGER {delete} BEFORE DELETE ON {table} {refuse}",
            # REPLACE deletes what is in its way without asking the trigger above.
            f"CREATE TRIGGER {replace} BEFORE INSERT ON {table} WHEN NEW.{key} IN (SELECT {key} FROM {table}) {refuse}",  # noqa: S608 - constants
        ]
    return made
