"""Numbers of documents and handling units, never given twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column

from wms.db import Base, Quantity, compiled_once, fold, is_postgresql, session, table_of


class NumberSeries(Base):
    """The last number given, by name of the series."""

    __tablename__ = "number_series"

    name: Mapped[str] = mapped_column(sa.String(60), primary_key=True)
    last: Mapped[Quantity]


_N = table_of(NumberSeries)
_AHEAD = 500


def _taking(dialect: Any) -> sa.TextClause:
    upto, count = sa.bindparam("upto", type_=_N.c.last.type), sa.bindparam("taken", type_=_N.c.last.type)
    statement = dialect.insert(_N).values(name=sa.bindparam("series", type_=_N.c.name.type), last=upto)
    statement = statement.on_conflict_do_update(index_elements=["name"], set_={"last": _N.c.last + count})
    return compiled_once(statement.returning(_N.c.last), dialect)


_TAKE = tuple(_taking(dialect) for dialect in (sqlite, postgresql))


def next_in(series: str, start: int = 1, count: int = 1) -> int:
    """Takes `count` numbers from a series and returns the first; two stations asking at once wait for each other."""
    values = {"series": series, "upto": start + count - 1, "taken": count}
    last: int = session.execute(_TAKE[is_postgresql()], values).scalar_one()
    return last - count + 1


def last_in(series: str) -> int:
    """The last number that was taken from a series, 0 before the first."""
    return session.execute(sa.select(_N.c.last).where(_N.c.name == series)).scalar_one_or_none() or 0


def next_free(
    series: str,
    write: Callable[[int], str],
    column: InstrumentedAttribute[Any],
    *within: sa.ColumnElement[bool],
    start: int = 1,
    count: int = 1,
) -> list[str]:
    """The next `count` numbers of a series, as `write` writes them, that `column` has not: one that came from outside is stepped over.

    A `…_key` column has the folded form. The series' row is ours from the first number on, so nobody else steps beside us.
    """
    known_as = fold if column.key.endswith("_key") else str
    last = next_in(series, start, count) + count - 1
    ahead = range(last - count + 1, last + 1)
    found: list[str] = []
    while True:
        texts = [write(number) for number in ahead]
        taken = set(session.execute(sa.select(column).where(column.in_([known_as(text) for text in texts]), *within)).scalars())
        free = [(number, text) for number, text in zip(ahead, texts, strict=True) if known_as(text) not in taken][: count - len(found)]
        found += [text for _, text in free]
        used = free[-1][0] if len(found) == count else ahead[-1]
        if used > last:
            last = next_in(series, start, used - last) + used - last - 1
        if len(found) == count:
            return found
        ahead = range(last + 1, last + 1 + _AHEAD)


def document_number(
    prefix: str, column: InstrumentedAttribute[Any] | None = None, *within: sa.ColumnElement[bool], start: int = 10001
) -> str:
    """The next number of a kind of document, such as `P-10001`, that the `column` it is kept in does not have yet."""
    if column is None:
        return f"{prefix}-{next_in('document:' + prefix, start)}"
    return document_numbers(prefix, 1, column, *within, start=start)[0]


def document_numbers(
    prefix: str, count: int, column: InstrumentedAttribute[Any], *within: sa.ColumnElement[bool], start: int = 10001
) -> list[str]:
    """The same for several at once."""
    return next_free(f"document:{prefix}", lambda number: f"{prefix}-{number}", column, *within, start=start, count=count)


def number_apart(prefix: str, column: InstrumentedAttribute[Any], *, start: int = 10001) -> str:
    """The same for what takes seconds to write: nobody else who needs a number waits until that is done. Where it comes to nothing, the
    number is lost. SQLite has one writer at a time, whatever it writes."""
    if not is_postgresql():
        return document_number(prefix, column, start=start)
    while True:
        values = {"series": f"document:{prefix}", "upto": start, "taken": 1}
        with session.get_bind().engine.begin() as apart:
            number = f"{prefix}-{apart.execute(_TAKE[True], values).scalar_one()}"
        if session.execute(sa.select(column).where(column == number)).first() is None:
            return number


def own_number(typed: str) -> str:
    """A number of the house's own series, however it was typed: they are written in capitals, so the plain index finds it."""
    return typed.strip().upper()
