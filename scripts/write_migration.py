"""Writes the SQL of the newest migration from the difference between the older ones and the models: one script per database.

    python -m scripts.write_migration            writes wms/migrations/versions/0002_….sqlite.sql and ….postgresql.sql anew
    python -m scripts.write_migration shelf_life begins the next migration, once the newest one has been released

Both schemas are really built, and the databases say themselves how they differ: the older migrations are run, what is there is read; the
models' tables are made, and read likewise. SQLite gets each table that differs made anew and its rows copied; PostgreSQL gets it altered.
What rows that are there already have in a new column is said by hand, in the VALUES of the migration.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa
from alembic import command
from alembic.script import Script, ScriptDirectory
from sqlalchemy.schema import CreateIndex, CreateTable, DDLElement

from tests.postgres import Cluster
from wms.app import create_app
from wms.config import Settings
from wms.db import Base, sqlite_driver
from wms.migrations import schema
from wms.migrations.sql import END

DATABASES = ("sqlite", "postgresql")
VERSION_TABLE = "alembic_version"


class Unclear(Exception):
    """What nobody has said about rows that are there already."""


class Column(NamedTuple):
    """A column as the database tells of it."""

    type: str
    required: bool
    default: str | None


class Facts(NamedTuple):
    """All there is in a database, by name. What belongs to a table is named after it: (table, name)."""

    columns: dict[str, dict[str, Column]]
    tables: dict[str, str]
    """SQLite only: the statement that made each table."""
    constraints: dict[tuple[str, str], tuple[str, str]]
    """PostgreSQL only: of which kind, and its definition."""
    indexes: dict[tuple[str, str], str]
    functions: dict[str, str]
    triggers: dict[tuple[str, str], str]


def newest() -> Script:
    """The migration that is being written."""
    directory = ScriptDirectory.from_config(schema.config())
    script = directory.get_revision("head")
    assert script is not None
    return script


def path(database: str, script: Script | None = None) -> Path:
    """Where its SQL for a database lies."""
    return Path((script or newest()).path).with_suffix(f".{database}.sql")


def written(connection: sa.Connection) -> str:
    """The SQL of the newest migration for this database. Both schemas are built in it, and nothing of them stays. Raises Unclear."""
    create_app(Settings(database_url="sqlite://"))  # imports every room, and with it every table
    script = newest()
    with connection.begin() as work:
        _empty(connection)
        assert isinstance(script.down_revision, str), "the first migration is not written any more"
        command.upgrade(schema.config(connection), script.down_revision)
        before = facts(connection)
        _empty(connection)
        Base.metadata.create_all(connection)
        after = facts(connection)
        work.rollback()
    change = Change(before, after, script.module.VALUES, script.module.DROPPED)
    change.must_be_clear()
    statements = list(sqlite(change) if connection.dialect.name == "sqlite" else postgresql(change))
    assert not [one for one in statements if END in one]
    return END.join(
        [f"-- Written by `make migration`: from {script.down_revision} to {script.revision}.\n" + statements[0], *statements[1:], ""]
    )


# -- reading ---------------------------------------------------------------------------------------------------------------


def facts(connection: sa.Connection) -> Facts:
    """What this database says of itself."""
    return _of_sqlite(connection) if connection.dialect.name == "sqlite" else _of_postgresql(connection)


def _of_sqlite(connection: sa.Connection) -> Facts:
    rows = connection.exec_driver_sql(
        "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY tbl_name, name"
    ).all()
    found: dict[str, dict[Any, str]] = {"table": {}, "index": {}, "trigger": {}}
    for kind, name, table, statement in rows:
        if table != VERSION_TABLE:
            text = statement.replace("\t", "    ").replace(" \n", "\n")
            found[kind][name if kind == "table" else (table, name)] = re.sub(r'^CREATE TABLE "(\w+)"', r"CREATE TABLE \1", text)
    columns = {
        table: {
            f'"{row.name}"' if f'"{row.name}"' in statement else row.name: Column(row.type, bool(row.notnull), row.dflt_value)
            for row in connection.execute(sa.text("SELECT * FROM pragma_table_info(:table) ORDER BY cid"), {"table": table})
        }
        for table, statement in found["table"].items()
    }
    return Facts(columns, found["table"], {}, found["index"], {}, found["trigger"])


_COLUMNS = """
    SELECT relname, quote_ident(attname), format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid) FROM pg_attribute
    JOIN pg_class ON pg_class.oid = attrelid LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND attnum > 0 AND NOT attisdropped ORDER BY relname, attnum
"""
_CONSTRAINTS = """
    SELECT relname, conname, contype, pg_get_constraintdef(pg_constraint.oid) FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid
    WHERE connamespace = 'public'::regnamespace AND contype IN ('p', 'u', 'c', 'f') ORDER BY relname, conname
"""
_INDEXES = """
    SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND NOT EXISTS (
        SELECT FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND conname = indexname) ORDER BY tablename, indexname
"""
_FUNCTIONS = "SELECT proname, pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY proname"
_TRIGGERS = """
    SELECT relname, tgname, pg_get_triggerdef(pg_trigger.oid) FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
    WHERE relnamespace = 'public'::regnamespace AND NOT tgisinternal ORDER BY relname, tgname
"""


def _of_postgresql(connection: sa.Connection) -> Facts:
    def rows(query: str) -> Iterator[list[Any]]:
        for row in connection.exec_driver_sql(query):
            if row[0] != VERSION_TABLE:
                yield [value.replace("public.", "").strip() if isinstance(value, str) else value for value in row]

    columns: dict[str, dict[str, Column]] = {}
    for table, name, kind, required, default in rows(_COLUMNS):
        columns.setdefault(table, {})[name] = Column(kind, required, default)
    return Facts(
        columns,
        {},
        {(table, name): (kind, definition) for table, name, kind, definition in rows(_CONSTRAINTS)},
        {(table, name): definition for table, name, definition in rows(_INDEXES)},
        dict(rows(_FUNCTIONS)),  # type: ignore[arg-type]
        {(table, name): definition for table, name, definition in rows(_TRIGGERS)},
    )


def _empty(connection: sa.Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")
        return
    for (name,) in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").all():
        connection.exec_driver_sql(f"DROP TABLE {name}")


# -- what is to be done ------------------------------------------------------------------------------------------------------


class Change(NamedTuple):
    """From one schema to the other."""

    before: Facts
    after: Facts
    values: dict[str, str]
    dropped: set[str]

    @property
    def kept(self) -> list[str]:
        """The tables that are in both."""
        return sorted(self.before.columns.keys() & self.after.columns.keys())

    def value(self, table: str, column: str) -> str | None:
        """What is said by hand of the rows that are there already."""
        return self.values.get(f"{table}.{column}".replace('"', ""))

    def must_be_clear(self) -> None:
        """Raises Unclear where rows that are there already would be without a value, or lose one that nobody has given up."""
        unclear = [
            f"VALUES says nothing of {table}.{name}, which must not be empty"
            for table in self.kept
            for name, column in self.after.columns[table].items()
            if column.required and self.value(table, name) is None and self._may_lack(table, name, column)
        ]
        gone = [table for table in self.before.columns if table not in self.after.columns]
        gone += [f"{table}.{name}" for table in self.kept for name in self.before.columns[table] if name not in self.after.columns[table]]
        unclear += [f"DROPPED does not give up {name}" for name in gone if name not in self.dropped]
        known = {f"{table}.{name}" for table in self.kept for name in self.after.columns[table]}
        unclear += [f"VALUES speaks of {name}, which is no column of a table that was there" for name in self.values if name not in known]
        if unclear:
            raise Unclear("; ".join(unclear))

    def _may_lack(self, table: str, name: str, column: Column) -> bool:
        was = self.before.columns[table].get(name)
        return column.default is None if was is None else not was.required


def differing(before: dict[Any, Any], after: dict[Any, Any]) -> tuple[dict[Any, Any], dict[Any, Any]]:
    """What goes, and what comes."""
    return (
        {key: was for key, was in before.items() if after.get(key) != was},
        {key: will_be for key, will_be in after.items() if before.get(key) != will_be},
    )


def sqlite(change: Change) -> Iterator[str]:
    """A table that differs is made anew under another name, its rows are copied, and it takes the old one's place.

    Triggers are away meanwhile: none watches a migration, and a table is not renamed while one of another table speaks of it. Foreign keys
    are not watched either, and checked at the end (`wms.migrations.schema`).
    """
    before, after = change.before, change.after
    for _table, name in before.triggers:
        yield f"DROP TRIGGER {name}"
    anew = set()
    for table, statement in after.tables.items():
        if table not in before.tables:
            yield statement
        elif _plain(statement) != _plain(before.tables[table]) or any(one.startswith(f"{table}.") for one in change.values):
            anew.add(table)
            columns = {
                name: change.value(table, name) or name
                for name in after.columns[table]
                if name in before.columns[table] or change.value(table, name)
            }
            yield re.sub(rf"^CREATE TABLE {table}\b", f"CREATE TABLE new_{table}", statement)
            yield f"INSERT INTO new_{table} ({', '.join(columns)})\nSELECT {', '.join(columns.values())}\nFROM {table}"
            yield f"DROP TABLE {table}"
            yield f"ALTER TABLE new_{table} RENAME TO {table}"
    for table in before.tables:
        if table not in after.tables:
            yield f"DROP TABLE {table}"
    gone, come = differing(before.indexes, after.indexes)
    for table, name in gone:
        if table not in anew and table in after.tables:
            yield f"DROP INDEX {name}"
    for key, statement in after.indexes.items():
        if key in come or key[0] in anew:
            yield statement
    yield from after.triggers.values()


def _plain(statement: str) -> str:
    return re.sub(r"\s+", " ", statement)


def postgresql(change: Change) -> Iterator[str]:
    """Tables are altered; what depends on them goes first and comes last."""
    before, after = change.before, change.after
    for table, name in before.triggers:
        yield f"DROP TRIGGER {name} ON {table}"
    constraints_gone, constraints_come = differing(before.constraints, after.constraints)
    for kind in "fcup":
        for (table, name), (its_kind, _definition) in constraints_gone.items():
            if its_kind == kind and table in after.columns:
                yield f"ALTER TABLE {table} DROP CONSTRAINT {name}"
    indexes_gone, indexes_come = differing(before.indexes, after.indexes)
    for table, name in indexes_gone:
        if table in after.columns:
            yield f"DROP INDEX {name}"
    for table in after.columns:
        if table not in before.columns:
            yield _spelled(CreateTable(Base.metadata.tables[table], include_foreign_key_constraints=[]))
        else:
            yield from _altered(table, change)
    for kind in "pucf":
        for (table, name), (its_kind, definition) in constraints_come.items():
            if its_kind == kind and (kind == "f" or table in before.columns):
                yield f"ALTER TABLE {table} ADD CONSTRAINT {name} {_constraint(table, name, definition)}"
    for table in before.columns:
        if table not in after.columns:
            yield f"DROP TABLE {table}"
    for table, name in indexes_come:
        yield _index(table, name)
    functions_gone, functions_come = differing(before.functions, after.functions)
    for name in functions_gone:
        if name not in after.functions:
            yield f"DROP FUNCTION {name}"
    yield from functions_come.values()
    yield from after.triggers.values()


def _spelled(ddl: DDLElement) -> str:
    """As SQLAlchemy writes it: PostgreSQL tells of some conditions otherwise than it was told, and otherwise again when told so."""
    dialect = sa.make_url("postgresql+psycopg://").get_dialect()()
    text = str(ddl.compile(dialect=dialect)).strip().replace("\t", "    ").replace(" \n", "\n")
    return text.replace("%%", "%")


def _constraint(table: str, name: str, definition: str) -> str:
    for one in Base.metadata.tables[table].constraints:
        if isinstance(one, sa.CheckConstraint) and one.name == name:
            return f"CHECK ({one.sqltext})"
    return definition


def _index(table: str, name: str) -> str:
    return next(_spelled(CreateIndex(one)) for one in Base.metadata.tables[table].indexes if one.name == name)


def _column(name: str, column: Column) -> str:
    default = f" DEFAULT {column.default}" if column.default is not None else ""
    return f"{name} {column.type}{default}" + (" NOT NULL" if column.required else "")


def _altered(table: str, change: Change) -> Iterator[str]:
    was, is_now = change.before.columns[table], change.after.columns[table]
    first, last = [], []
    for name, column in is_now.items():
        old = was.get(name)
        filled = change.value(table, name) is not None
        if old is None:
            first.append(f"ADD COLUMN {_column(name, column._replace(required=column.required and not filled))}")
        else:
            if old.type != column.type:
                first.append(f"ALTER COLUMN {name} TYPE {column.type} USING {name}::{column.type}")
            if old.default != column.default:
                first.append(f"ALTER COLUMN {name} " + (f"SET DEFAULT {column.default}" if column.default else "DROP DEFAULT"))
            if old.required and not column.required:
                first.append(f"ALTER COLUMN {name} DROP NOT NULL")
        if column.required and not (old.required if old else not filled):
            last.append(f"ALTER COLUMN {name} SET NOT NULL")
    values = {name: value for name in is_now if (value := change.value(table, name)) is not None}
    last += [f"DROP COLUMN {name}" for name in was if name not in is_now]
    if first:
        yield f"ALTER TABLE {table}\n    " + ",\n    ".join(first)
    if values:
        told = ", ".join(f"{name} = {value}" for name, value in values.items())
        yield f"UPDATE {table} SET {told}"  # noqa: S608
    if last:
        yield f"ALTER TABLE {table}\n    " + ",\n    ".join(last)


# -- the command -------------------------------------------------------------------------------------------------------------


def engine_of(database: str, cluster: Cluster | None = None) -> sa.Engine:
    """An empty database to build in."""
    if database == "sqlite":
        return sa.create_engine("sqlite://", module=sqlite_driver())
    assert cluster is not None
    return sa.create_engine(cluster.create("migration"), poolclass=sa.NullPool)


def main(arguments: list[str]) -> None:
    if arguments:
        number = f"{int(newest().revision) + 1:04d}"
        command.revision(schema.config(), arguments[0].replace("_", " ").capitalize(), rev_id=number)
    cluster = Cluster()
    try:
        for database in DATABASES:
            with engine_of(database, cluster).connect() as connection:
                text = written(connection)
            path(database).write_text(text, encoding="utf-8")
            sys.stdout.write(f"{path(database)}\n")
    except Unclear as unclear:
        sys.exit(f"{newest().path}: {unclear}")
    finally:
        cluster.stop()


if __name__ == "__main__":
    main(sys.argv[1:])
