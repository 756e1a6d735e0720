"""`wms migrate`: brings a database to this version's schema, safe to repeat, safe to start twice at once."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from wms import db
from wms.errors import Refused
from wms.i18n import T

logging.getLogger("alembic").setLevel(logging.WARNING)  # that a database was looked at is no news
_LOCK = 0x_77_6D_73  # one number for all who migrate this product


class SchemaNewer(Refused):
    """The database was migrated by a later version of the program."""

    code = "schema_newer"
    sentence = T("The database has schema {found}, which this version does not know", "数据库结构为 {found}，当前程序版本无法识别")
    advice = T("Start the newer version of the program, or restore a backup", "请启动较新版本的程序，或恢复备份")


class SchemaOlder(Refused):
    """The database was made by an earlier version of the program and not brought up since."""

    code = "schema_older"
    sentence = T("The database has schema {found}, and this version works with {needed}", "数据库结构为 {found}，当前程序版本需要 {needed}")
    advice = T("Take a backup, then run `wms migrate`", "请先备份，再运行 wms migrate")


class SchemaUnknown(Refused):
    """The database has tables but was never migrated."""

    code = "schema_unknown"
    sentence = T("The database holds tables that this program did not make", "数据库中已有并非本程序创建的数据表")
    advice = T("Give an empty database", "请使用空数据库")


class ForeignKeysBroken(Refused):
    """A row points at a row that is not there."""

    code = "foreign_keys_broken"
    sentence = T("After the change {count} rows point at nothing; nothing was changed", "变更后有 {count} 行引用失效；未做任何更改")


def newest() -> str:
    """The schema this version of the program works with."""
    head = ScriptDirectory.from_config(config()).get_current_head()
    assert head, "there is a first revision"
    return head


def current() -> str | None:
    """The schema the database has; None when it is empty."""
    with db.database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def must_fit(engine: sa.Engine) -> None:
    """Raises SchemaOlder, SchemaNewer where a database was migrated to another schema than this version works with."""
    with engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    if found is not None and found not in _known():
        raise SchemaNewer(found=found)
    if found is not None and found != newest():
        raise SchemaOlder(found=found, needed=newest())


def migrate() -> str:
    """Brings the database to the newest schema and returns it. Raises SchemaNewer, SchemaUnknown, ForeignKeysBroken.

    All of it is one transaction: a migration that fails has changed nothing.
    """
    with _sole_connection() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
        if found is not None and found not in _known():
            raise SchemaNewer(found=found)
        if found is None and set(sa.inspect(connection).get_table_names()) - {"alembic_version"}:
            raise SchemaUnknown
        if found != newest():
            command.upgrade(config(connection), "head")
            _check_foreign_keys(connection)
    return newest()


def _known() -> set[str]:
    return {script.revision for script in ScriptDirectory.from_config(config()).walk_revisions()}


@contextmanager
def _sole_connection() -> Iterator[sa.Connection]:
    engine = db.database.engine
    with db.sole_writer(engine), engine.connect() as connection:
        raw = connection.connection.dbapi_connection
        assert raw is not None
        sqlite = engine.dialect.name == "sqlite"
        if sqlite:  # a table that is altered is copied, and dropping the old one must not delete what points at it
            raw.cursor().execute("PRAGMA foreign_keys = OFF")
        try:
            with connection.begin():
                if not sqlite:
                    connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
                    connection.exec_driver_sql("SET LOCAL lock_timeout = '60s'")
                    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
                yield connection
        finally:
            if sqlite:
                raw.cursor().execute("PRAGMA foreign_keys = ON")


def _check_foreign_keys(connection: sa.Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    if broken:
        raise ForeignKeysBroken(count=len(broken))


def config(connection: sa.Connection | None = None) -> Config:
    """What Alembic is told: where the migrations lie, how a new one is named, and the connection they run on."""
    told = Config()
    told.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    told.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    told.attributes["connection"] = connection
    return told
