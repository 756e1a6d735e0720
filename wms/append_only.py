"""Tables whose rows can only be added to: what the journal says is not taken back, not even by a hand at the database."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

_SQLITE = (
    "CREATE TRIGGER {table}_not_updated BEFORE UPDATE ON {table} BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END",
    "CREATE TRIGGER {table}_not_deleted BEFORE DELETE ON {table} BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END",
)
_POSTGRESQL = (
    "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' is append-only', ERRCODE = 'restrict_violation'; END $$",
    "CREATE TRIGGER {table}_not_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
)


def append_only_statements(table: str, dialect: str) -> list[str]:
    """What makes the table append-only on this database; the migration runs the same statements."""
    return [statement.format(table=table) for statement in (_POSTGRESQL if dialect == "postgresql" else _SQLITE)]


def append_only(table: sa.Table) -> None:
    """Whenever the table is created, its rows can only be added to."""

    def guard(_table: sa.Table, connection: sa.Connection, **_more: Any) -> None:
        for statement in append_only_statements(table.name, connection.dialect.name):
            connection.execute(sa.DDL(statement))  # type: ignore[no-untyped-call]

    event.listen(table, "after_create", guard)
