"""An empty database is brought to this version's schema, and the schema is what the models say."""

import re

import pytest
import sqlalchemy as sa

from scripts import write_first_migration
from tests.crowd import all_at_once
from wms import db
from wms.db import Base, session
from wms.migrations import schema
from wms.migrations.schema import SchemaNewer, SchemaUnknown, migrate

pytestmark = pytest.mark.broken  # these tests empty the database and build it up again


def empty() -> None:
    """Takes everything out, as if the database had just been made."""
    with db.database.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("DROP SCHEMA public CASCADE")
            connection.exec_driver_sql("CREATE SCHEMA public")
            connection.commit()
            return
        raw = connection.connection.dbapi_connection.cursor()
        raw.execute("PRAGMA foreign_keys = OFF")
        for name in [row[0] for row in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()]:
            raw.execute(f"DROP TABLE {name}")
        raw.execute("PRAGMA foreign_keys = ON")


def described() -> list[str]:
    """Every table, column, constraint, index, trigger and function, as the database itself writes it."""
    session.rollback()
    if not db.is_postgresql():
        rows = session.execute(sa.text("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND tbl_name <> 'alembic_version'"))
        return sorted(re.sub(r"\s+", " ", row[0]) for row in rows)
    queries = (
        "SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, column_default, ordinal_position "
        "FROM information_schema.columns WHERE table_schema = 'public'",
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE connamespace = 'public'::regnamespace",
        "SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'",
        "SELECT tgrelid::regclass::text, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
        "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
    )
    return sorted(str(tuple(row)) for query in queries for row in session.execute(sa.text(query)) if row[0] != "alembic_version")


def test_a_migrated_database_is_the_one_the_models_describe(app):
    of_the_models = described()
    session.rollback()
    empty()
    migrate()
    assert described() == of_the_models


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_first_migration_is_written_from_the_models(kind):
    """Until the first release; `make migration` writes it anew."""
    assert write_first_migration.path(kind).read_text(encoding="utf-8") == write_first_migration.script(kind)


def test_a_migrated_database_can_be_worked_in(app):
    empty()
    migrate()
    from tests.warehouse import Warehouse

    w = Warehouse()
    w.receive("APPLE", 10, lot="L1", at="A-01")
    assert w.on_hand("APPLE") == 10


def test_migrating_again_changes_nothing(app):
    empty()
    assert schema.current() is None
    assert migrate() == schema.newest()
    before = described()
    assert migrate() == schema.newest() == schema.current()
    assert described() == before


def test_two_may_migrate_at_once(app):
    empty()
    assert all_at_once(app, [migrate, migrate, migrate]) == [schema.newest()] * 3


def test_a_newer_schema_is_refused_in_words(app):
    empty()
    migrate()
    with db.transaction():
        session.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaNewer) as refusal:
        migrate()
    assert refusal.value.say("en") == "The database has schema 9999, which this version does not know"


def test_somebody_elses_tables_are_left_alone(app):
    with pytest.raises(SchemaUnknown):  # made by create_all, never migrated
        migrate()


def test_a_migration_that_fails_has_changed_nothing(app, monkeypatch):
    empty()

    def fail(_connection: sa.Connection) -> None:
        raise LookupError

    monkeypatch.setattr(schema, "_check_foreign_keys", fail)
    with pytest.raises(LookupError):
        migrate()
    assert described() == []
    assert schema.current() is None


@pytest.mark.sqlite
def test_foreign_keys_are_watched_again_afterwards(app):
    empty()
    migrate()
    assert session.execute(sa.text("PRAGMA foreign_keys")).scalar() == 1


def test_every_constraint_has_a_name():
    """A later migration finds a constraint by its name; on SQLite an unnamed one would silently be lost."""
    unnamed = [
        f"{table.name}: {constraint}" for table in Base.metadata.tables.values() for constraint in table.constraints if not constraint.name
    ]
    assert unnamed == []
