"""Triggers: what keeps units that stand on units together, and what notes a storage bin that was emptied, so that putaway need not look
for it."""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

# -- units that stand on units -------------------------------------------------------------------------------------------------
#
# Looked at after the row is written. Levels are counted without recursion, for there are three at most: a pallet, the cartons on it, what
# is in those. What stands on a unit follows it by itself, so that no hand can leave a carton behind; its goods are moved by the ledger.

_NESTING_WRONG = re.sub(
    r"\s+",
    " ",
    """NOT EXISTS (
        SELECT 1 FROM handling_units AS under WHERE under.id = NEW.parent_id AND under.location_id = NEW.location_id
            AND under.site_id = NEW.site_id AND COALESCE(under.root_id, under.id) = NEW.root_id)
    OR NEW.root_id = NEW.id
    OR EXISTS (
        SELECT 1 FROM handling_units AS under JOIN handling_units AS below ON below.id = under.parent_id
        WHERE under.id = NEW.parent_id AND (below.parent_id IS NOT NULL
            OR EXISTS (SELECT 1 FROM handling_units AS above WHERE above.parent_id = NEW.id)))
    OR EXISTS (
        SELECT 1 FROM handling_units AS above JOIN handling_units AS top ON top.parent_id = above.id WHERE above.parent_id = NEW.id)""",
)
_NESTING_SAID = "a unit stands where the one under it stands, at most three levels high"
_NESTING_SQLITE = (
    *(
        f"CREATE TRIGGER {{table}}_nested_{when} AFTER {event} ON {{table}} WHEN NEW.parent_id IS NOT NULL AND ({_NESTING_WRONG}) "
        f"BEGIN SELECT RAISE(ABORT, '{{table}}: {_NESTING_SAID}'); END"
        for when, event in (("new", "INSERT"), ("changed", "UPDATE OF parent_id, root_id, location_id, site_id"))
    ),
    "CREATE TRIGGER {table}_follow AFTER UPDATE OF location_id ON {table} WHEN OLD.location_id <> NEW.location_id BEGIN "
    "UPDATE {table} SET location_id = NEW.location_id WHERE parent_id = NEW.id AND location_id <> NEW.location_id; "
    "UPDATE {table} SET location_id = NEW.location_id WHERE location_id <> NEW.location_id "
    "AND parent_id IN (SELECT above.id FROM {table} AS above WHERE above.parent_id = NEW.id); END",
)
_NESTING_POSTGRESQL = (
    f"CREATE OR REPLACE FUNCTION unit_stands_well() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {_NESTING_WRONG} THEN "
    f"RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ': {_NESTING_SAID}', ERRCODE = 'integrity_constraint_violation'; END IF; "
    "RETURN NULL; END $$",
    "CREATE TRIGGER {table}_nested AFTER INSERT OR UPDATE OF parent_id, root_id, location_id, site_id ON {table} FOR EACH ROW "
    "WHEN (NEW.parent_id IS NOT NULL) EXECUTE FUNCTION unit_stands_well()",
    "CREATE OR REPLACE FUNCTION unit_is_followed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    "UPDATE handling_units SET location_id = NEW.location_id WHERE parent_id = NEW.id AND location_id <> NEW.location_id; "
    "RETURN NULL; END $$",
    "CREATE TRIGGER {table}_follow AFTER UPDATE OF location_id ON {table} FOR EACH ROW "
    "WHEN (OLD.location_id <> NEW.location_id) EXECUTE FUNCTION unit_is_followed()",
)


def nesting_statements(table: str, dialect: str) -> list[str]:
    """What keeps units that stand on units together on this database; the migration runs the same statements."""
    return [statement.format(table=table) for statement in (_NESTING_POSTGRESQL if dialect == "postgresql" else _NESTING_SQLITE)]


def nesting(table: sa.Table) -> None:
    """Whenever the table is created, what stands on a unit stands where it stands."""

    def guard(_table: sa.Table, connection: sa.Connection, **_more: Any) -> None:
        for statement in nesting_statements(table.name, connection.dialect.name):
            connection.execute(sa.DDL(statement))  # type: ignore[no-untyped-call]

    event.listen(table, "after_create", guard)


_NOTES = (
    "INSERT INTO vacancies (location_id, group_id, x_mm, y_mm, z_mm) "
    "SELECT id, group_id, x_mm, y_mm, z_mm FROM locations WHERE id = NEW.location_id AND kind = 'storage'"
)
_EMPTIED_SQLITE = (
    f"CREATE TRIGGER stock_emptied AFTER UPDATE OF on_hand ON stock WHEN NEW.on_hand = 0 AND OLD.on_hand <> 0 BEGIN {_NOTES}; END",
)
_EMPTIED_POSTGRESQL = (
    f"CREATE OR REPLACE FUNCTION note_vacancy() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {_NOTES}; RETURN NULL; END $$",
    "CREATE TRIGGER stock_emptied AFTER UPDATE OF on_hand ON stock FOR EACH ROW "
    "WHEN (NEW.on_hand = 0 AND OLD.on_hand <> 0) EXECUTE FUNCTION note_vacancy()",
)


def emptied_statements(dialect: str) -> list[str]:
    """What notes in `vacancies` that a row of stock has become empty; the migration runs the same statements."""
    return list(_EMPTIED_POSTGRESQL if dialect == "postgresql" else _EMPTIED_SQLITE)


def noting_vacancies(table: sa.Table) -> None:
    """Whenever the table of stock is created, what empties a row of it notes its bin. Nothing is asked of a row that is not emptied."""

    def note(_table: sa.Table, connection: sa.Connection, **_more: Any) -> None:
        for statement in emptied_statements(connection.dialect.name):
            connection.execute(sa.DDL(statement))  # type: ignore[no-untyped-call]

    event.listen(table, "after_create", note)
