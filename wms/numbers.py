"""Numbers of documents and handling units, never given twice."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from wms.db import Base, Quantity, compiled_once, is_postgresql, session, table_of


class NumberSeries(Base):
    """The last number given, by name of the series."""

    __tablename__ = "number_series"

    name: Mapped[str] = mapped_column(sa.String(60), primary_key=True)
    last: Mapped[Quantity]


_N = table_of(NumberSeries)


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


def document_number(prefix: str, start: int = 10001) -> str:
    """The next number of a kind of document, such as `P-10001`."""
    return f"{prefix}-{next_in('document:' + prefix, start)}"


def own_number(typed: str) -> str:
    """A number of the house's own series, however it was typed: they are written in capitals, so the plain index finds it."""
    return typed.strip().upper()
