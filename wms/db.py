"""Engine and session for SQLite and PostgreSQL, column types, `with transaction():`, and the retry of a whole unit.

Reading needs nothing: a session begins a read transaction by itself. Writing happens inside `transaction()` alone, which stands
only at the edges (views, scan engine, API, jobs, commands); operations compose because none of them commits.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import json
import logging
import os
import random
import threading
import time
import unicodedata
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, lru_cache
from pathlib import Path
from typing import Annotated, Any, TypeVar, cast
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Dialect, Engine, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column
from sqlalchemy.pool import Pool
from sqlalchemy.types import TypeDecorator

from wms.config import Settings
from wms.errors import Invalid
from wms.i18n import T

log = logging.getLogger(__name__)
R = TypeVar("R")

ATTEMPTS = 5
SERIALIZATION_FAILURE, DEADLOCK, LOCK_TIMEOUT, UNIQUE_VIOLATION = "40001", "40P01", "55P03", "23505"
# The WAL-reset bug: fixed in 3.51.3 and ported back to these.
_WAL_FIXED = (3, 51, 3)
_WAL_PORTED_BACK = {(3, 44): 6, (3, 50): 7}


class UtcDateTime(TypeDecorator[dt.datetime]):
    """A moment: aware going in, stored as UTC, aware UTC coming out."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        if value is None:
            return None
        assert value.tzinfo is not None, "a moment without a time zone"
        utc = value.astimezone(dt.UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


# SQLite counts its own row ids only in a column that is exactly INTEGER.
_Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_Json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

Key = Annotated[int, mapped_column(_Big, primary_key=True, autoincrement=True)]
Quantity = Annotated[int, mapped_column(_Big)]
Count = Annotated[int, mapped_column(_Big, default=0, server_default="0")]
Moment = Annotated[dt.datetime, mapped_column(UtcDateTime())]
Json = Annotated[dict[str, Any], mapped_column(_Json)]
JsonList = Annotated[list[Any], mapped_column(_Json)]


class Base(DeclarativeBase):
    """All tables. Every constraint gets a name, so that a later migration can find it."""

    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {int: _Big, dt.datetime: UtcDateTime()}  # noqa: RUF012


def table_of(model: type[Base]) -> sa.Table:
    """The Core table of a model, for statements that are built once."""
    return cast(sa.Table, model.__table__)


def foreign(target: str, **more: Any) -> Any:
    """A column that points at another table, named as a string so that rooms need not import each other."""
    return mapped_column(_Big, sa.ForeignKey(target), **more)


def whole(*columns: str) -> tuple[sa.CheckConstraint, ...]:
    """SQLite accepts 'abc' in an INTEGER column; these checks do not. PostgreSQL needs none."""
    return tuple(
        sa.CheckConstraint(f"typeof({name}) IN ('integer', 'null')", name=f"{name}_whole").ddl_if(dialect="sqlite") for name in columns
    )


def fold(code: str) -> str:
    """The form in which codes are compared: trimmed, composed, without case. What was given is kept beside it."""
    return unicodedata.normalize("NFC", code).strip().casefold()


def folded(column: str) -> Any:
    """A unique look-up column filled from another one by `fold`."""
    return mapped_column(sa.String(200), default=lambda context: fold(context.get_current_parameters()[column]))


database = SQLAlchemy(
    metadata=Base.metadata,
    disable_autonaming=True,
    session_options={"expire_on_commit": False, "autoflush": True},
)
session = database.session

_writing: ContextVar[bool] = ContextVar("writing", default=False)


# -- engines -----------------------------------------------------------------------------------------------------------


def engine_options(settings: Settings) -> dict[str, Any]:
    """What `create_engine` is told for this database."""
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite":
        return {"module": sqlite_driver(), "connect_args": {"timeout": 5, "check_same_thread": False}}
    options = {
        "statement_timeout": settings.statement_timeout_ms,
        "lock_timeout": settings.lock_timeout_ms,
        "idle_in_transaction_session_timeout": settings.statement_timeout_ms,
        "TimeZone": "UTC",
        "plan_cache_mode": "force_custom_plan",  # a plan for every value alike looks through whole tables where a value names three rows
        "jit": "off",  # a second of compiling for a statement of one
        "DateStyle": "ISO",  # whatever the server's is: a date written as text sorts as a date only so
    }
    return {
        "pool_size": settings.pool_size,
        "max_overflow": 2,
        "pool_pre_ping": True,
        "connect_args": {"options": " ".join(f"-c {name}={value}" for name, value in options.items())},
    }


def absolute_url(settings: Settings) -> str:
    """The database's address, a relative SQLite path taken from the current directory, whose folder is made."""
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:":
        path = Path(url.database).absolute()
        path.parent.mkdir(parents=True, exist_ok=True)
        url = url.set(database=str(path))
    return url.render_as_string(hide_password=False)


def prepare(engine: Engine) -> None:
    """Attaches what each connection, each beginning and each write needs; once per engine."""
    event.listen(engine, "before_cursor_execute", _texts_fit)
    if engine.dialect.name != "sqlite":
        return
    event.listen(engine, "connect", _sqlite_connect)
    event.listen(engine, "begin", _sqlite_begin)


def sqlite_driver() -> Any:
    try:
        from pysqlite3 import dbapi2  # noqa: PLC0415  (Linux has the wheel; elsewhere Python's own must do)
    except ImportError:  # pragma: no cover
        import sqlite3 as dbapi2  # noqa: PLC0415
    return dbapi2


def wal_is_safe(version: tuple[int, ...]) -> bool:
    """Whether this SQLite is free of the WAL-reset bug, which corrupts a database that several processes write."""
    return version >= _WAL_FIXED or version[2] >= _WAL_PORTED_BACK.get((version[0], version[1]), 10**6)


def _sqlite_connect(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    version = tuple(int(part) for part in sqlite_driver().sqlite_version.split("."))
    cursor = connection.cursor()
    if wal_is_safe(version):
        cursor.execute("PRAGMA journal_mode = WAL")
    else:
        log.warning("SQLite %s has the WAL-reset bug; using the slower DELETE journal", version)
        cursor.execute("PRAGMA journal_mode = DELETE")
    for pragma in ("foreign_keys = ON", "busy_timeout = 5000", "synchronous = FULL", "mmap_size = 0"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _sqlite_begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if _writing.get() else "BEGIN")


class TooLong(Invalid):
    """A text is longer than the column it is for."""

    code = "string_too_long"
    sentence = T("{value} is too long: it has {length} characters, {most} are kept", "{value} 过长：共 {length} 个字符，最多 {most} 个")

    def __init__(self, column: str, text: str, most: int) -> None:
        self.text = text
        super().__init__(pointer=f"/{column}", value=text[:30] + "…", length=len(text), most=most)


def _texts_fit(_connection: Connection, _cursor: Any, statement: str, _parameters: Any, context: Any, _many: bool) -> None:
    """Raises TooLong before a row is written that PostgreSQL would refuse without saying which text, and SQLite would keep."""
    compiled = getattr(context, "compiled", None)
    if getattr(context, "texts_fit", False):
        return  # all rows were looked at before the first handful of them was sent
    if compiled is None or not statement.lstrip()[:6].upper().startswith(("INSERT", "UPDATE")):
        return
    for name, bind in compiled.binds.items():
        most = bind.type.length if isinstance(bind.type, sa.String) else None
        if most:
            for row in context.compiled_parameters:
                text = row.get(name)
                if isinstance(text, str) and len(text) > most:
                    raise TooLong(bind.key, text, most)
    context.texts_fit = True


def must_fit(table: sa.Table, row: Mapping[str, Any]) -> None:
    """Raises TooLong for a row whose text is longer than its column, before any row is written beside it."""
    for name, most in _most_of(table):
        text = row.get(name)
        if isinstance(text, str) and len(text) > most:
            raise TooLong(name, text, most)


@cache
def _most_of(table: sa.Table) -> list[tuple[str, int]]:
    return [(one.key, one.type.length) for one in table.columns if isinstance(one.type, sa.String) and one.type.length]


class _Gate:
    """A fair queue before SQLite's single writer: first come, first served within a process, `flock` between processes."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._mutex = threading.Lock()
        self._busy = False
        self._queue: deque[threading.Lock] = deque()
        self._file: int | None = None
        self._pid = 0

    @contextmanager
    def pass_through(self) -> Iterator[None]:
        self._enter()
        try:
            if self._pid != os.getpid():  # after a fork the descriptor would be shared, and the lock with it
                self._file, self._pid = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600), os.getpid()
            assert self._file is not None
            fcntl.flock(self._file, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.flock(self._file, fcntl.LOCK_UN)
        finally:
            self._leave()

    def _enter(self) -> None:
        with self._mutex:
            if not self._busy:
                self._busy = True
                return
            turn = threading.Lock()
            turn.acquire()
            self._queue.append(turn)
        turn.acquire()  # released by the one before us

    def _leave(self) -> None:
        with self._mutex:
            if self._queue:
                self._queue.popleft().release()
            else:
                self._busy = False


_gates: dict[str, _Gate] = {}
_gates_mutex = threading.Lock()


@contextmanager
def _gate(engine: Engine) -> Iterator[None]:
    path = engine.url.database
    if engine.dialect.name != "sqlite" or not path or path == ":memory:":
        yield
        return
    with _gates_mutex:
        gate = _gates.setdefault(path, _Gate(path + ".gate"))
    with gate.pass_through():
        yield


# -- the unit of work --------------------------------------------------------------------------------------------------


@contextmanager
def sole_writer(engine: Engine) -> Iterator[None]:
    """Through the gate, and marked as writing: on SQLite nobody else writes until we leave, and BEGIN is IMMEDIATE."""
    with _gate(engine):
        mark = _writing.set(True)
        try:
            yield
        finally:
            _writing.reset(mark)


@contextmanager
def transaction() -> Iterator[None]:
    """One transaction, in sight: commits on leaving, rolls back on any exception, is never nested.

    What was read before it is let go first: inside, everything is read afresh.
    """
    assert not _writing.get(), "transactions are not nested: operations do not open them, edges do"
    session.close()
    with sole_writer(session.get_bind()):  # type: ignore[arg-type]
        try:
            yield
            session.commit()
        except BaseException:
            session.rollback()
            raise
        finally:
            session.close()


def in_transaction() -> bool:
    """Whether we stand inside `transaction()`."""
    return _writing.get()


@event.listens_for(Session, "before_flush")
def _writes_only_inside(_session: Session, _context: Any, _instances: Any) -> None:
    assert _writing.get(), "a write outside `with transaction():`"


def may_try_again(error: BaseException) -> bool:
    """Whether the whole unit may be tried again: serialization failure, deadlock, lock timeout, or a busy SQLite."""
    if not isinstance(error, DBAPIError):
        return False
    state = getattr(error.orig, "sqlstate", None)
    if state in {SERIALIZATION_FAILURE, DEADLOCK, LOCK_TIMEOUT}:
        return True
    return "database is locked" in str(error.orig) or "database table is locked" in str(error.orig)


def is_double(error: BaseException) -> bool:
    """Whether a unique constraint spoke: somebody made the same thing first. Every other constraint that speaks is our mistake."""
    if not isinstance(error, IntegrityError):
        return False
    return getattr(error.orig, "sqlstate", None) == UNIQUE_VIOLATION or "UNIQUE constraint failed" in str(error.orig)


def again(unit: Callable[[], R]) -> R:
    """Runs a whole unit (with its own `transaction()` inside), at most five times, waiting a little longer each time."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return unit()
        except DBAPIError as error:
            session.rollback()
            if attempt == ATTEMPTS or not may_try_again(error):
                raise
            time.sleep(random.uniform(0.005, 0.02) * 2**attempt)  # noqa: S311
    raise AssertionError("unreachable")


# By connection pool: an engine that is disposed of (after a fork) gets a new pool, and so forgets.
_in_mind: WeakKeyDictionary[Pool, dict[str, dict[Any, Any]]] = WeakKeyDictionary()


def in_mind(kind: str) -> dict[Any, Any]:
    """What this process has in mind of the database it works on, of one kind, to be looked up and written into."""
    return _in_mind.setdefault(session.get_bind().pool, {}).setdefault(kind, {})  # type: ignore[union-attr]


def forget(kind: str | None = None) -> None:
    """What is in mind of one kind, or all of it, is read anew; what somebody is just reckoning from the old is lost with it."""
    pool = session.get_bind().pool  # type: ignore[union-attr]
    if kind is None:
        _in_mind.pop(pool, None)
    else:
        _in_mind.get(pool, {}).pop(kind, None)


def is_postgresql() -> bool:
    """Whether the current database is PostgreSQL."""
    return session.get_bind().dialect.name == "postgresql"


def upsert(table: Any) -> Any:
    """`INSERT … ON CONFLICT` of the current database's dialect."""
    return (postgresql.insert if is_postgresql() else sqlite.insert)(table)


def read(statement: sa.Executable, facts: Mapping[str, Any] | None = None) -> sa.Result[Any]:
    """What a statement over tables finds. One over models takes half as long again, whatever it finds; one over tables does not know what
    the session has still to write, so that is written first.
    """
    session.flush()
    return session.execute(statement, facts)


def among(column: Any, ids: Sequence[int]) -> sa.ColumnElement[bool]:
    """`column IN ids`, with one parameter however many there are."""
    if is_postgresql():
        return column == sa.any_(sa.cast(list(ids), postgresql.ARRAY(sa.BigInteger)))  # type: ignore[no-any-return]
    values = sa.func.json_each(sa.literal(json.dumps(list(ids)))).table_valued("value")
    return column.in_(sa.select(values.c.value))  # type: ignore[no-any-return]


def in_turn(ids: Sequence[int]) -> sa.FromClause:
    """These ids as rows (`id`, and their `place` in the list), with one parameter however many there are."""
    if is_postgresql():
        array = sa.cast(list(ids), postgresql.ARRAY(sa.BigInteger))
        return sa.func.unnest(array).table_valued("id", with_ordinality="place").render_derived()
    listed = sa.func.json_each(sa.literal(json.dumps(list(ids)))).table_valued("key", "value")
    return sa.select(listed.c.value.label("id"), listed.c.key.label("place")).subquery()


def containing(text: str, *columns: Any) -> sa.ColumnElement[bool]:
    """Whether any column contains the text, without case. `%` and `_` mean themselves."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return sa.or_(*(column.ilike(f"%{escaped}%", escape="\\") for column in columns))


def few(many: Sequence[R], at_once: int = 500) -> Iterator[Sequence[R]]:
    """A long list in handfuls."""
    for start in range(0, len(many), at_once):
        yield many[start : start + at_once]


_MANY = 20


def insert_rows(table: sa.Table, rows: Sequence[Mapping[str, Any]], *returned: sa.Column[Any]) -> Sequence[Any]:
    """Writes rows that all name the same columns, among them every one that we fill in ourselves; gives what is to be `returned` of each.

    Many of them go to PostgreSQL as one statement, a column that varies as an array and any other as one value: to send, to read and to
    check them costs a third of what as many single rows cost. They get their ids in the sequence in which they are given.

    Raises TooLong.
    """
    if not rows:
        return ()
    _must_be_whole(table, tuple(rows[0]))
    if not is_postgresql() or len(rows) <= _MANY:
        result = session.execute(_insert_each(table, returned), rows if len(rows) > 1 else rows[0])
    else:
        for row in rows:
            must_fit(table, row)
        columns = {name: [row[name] for row in rows] for name in rows[0]}
        varying = {name: values for name, values in columns.items() if any(value != values[0] for value in values)} or columns
        result = session.execute(_insert_columns(table, tuple(columns), tuple(varying), returned), {**rows[0], **varying})
    return result.all() if returned else ()


@cache
def _must_be_whole(table: sa.Table, names: tuple[str, ...]) -> None:
    left_out = [one.name for one in table.columns if one.default is not None and one.name not in names]
    assert not left_out, f"{table.name}: {left_out} are filled in by us"


@cache
def _insert_each(table: sa.Table, returned: tuple[sa.Column[Any], ...]) -> Any:
    return sa.insert(table).returning(*returned) if returned else sa.insert(table).inline()


@lru_cache(maxsize=256)
def _insert_columns(table: sa.Table, names: tuple[str, ...], varying: tuple[str, ...], returned: tuple[sa.Column[Any], ...]) -> Any:
    """`INSERT … SELECT … FROM unnest(…)`. Texts are sent without a length, since a cast to one would cut them."""
    types = {name: sa.Text() if isinstance(table.c[name].type, sa.String) else table.c[name].type for name in names}
    arrays = [sa.bindparam(name, type_=postgresql.ARRAY(types[name])) for name in varying]
    found = sa.func.unnest(*arrays).table_valued(*(sa.column(name, types[name]) for name in varying), name="row").render_derived()
    values = [found.c[name] if name in varying else sa.bindparam(name, type_=types[name]) for name in names]
    statement = sa.insert(table).from_select(names, sa.select(*values), include_defaults=False)
    return statement.returning(*returned) if returned else statement


def between(key: Any, first: str | None, last: str | None) -> list[sa.ColumnElement[bool]]:
    """Whether a folded code lies in a range of codes, character by character on both databases; A-02 as the end includes A-02-7."""
    plain = sa.collate(key, "C" if is_postgresql() else "BINARY")
    conditions: list[sa.ColumnElement[bool]] = [plain >= fold(first)] if first else []
    if last:
        conditions.append(sa.or_(plain <= fold(last), key.startswith(fold(last), autoescape=True)))
    return conditions


def compiled_once(statement: Any, dialect: Any) -> sa.TextClause:
    """The statement as text for one dialect, its parameters by name and type.

    SQLAlchemy cannot cache `INSERT … ON CONFLICT` and writes its SQL anew each time, for half a millisecond; text it can.
    """
    compiled = statement.compile(dialect=dialect.dialect(paramstyle="named"))
    parameters = (sa.bindparam(name, value, type_=compiled.binds[name].type) for name, value in compiled.params.items())
    return sa.text(str(compiled)).bindparams(*parameters)
