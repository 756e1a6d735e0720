"""Numbers of documents and handling units, never given twice."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from wms.db import Base, Quantity, session, table_of, upsert


class NumberSeries(Base):
    """The last number given, by name of the series."""

    __tablename__ = "number_series"

    name: Mapped[str] = mapped_column(sa.String(60), primary_key=True)
    last: Mapped[Quantity]


def next_in(series: str, start: int = 1, count: int = 1) -> int:
    """Takes `count` numbers from a series and returns the first; two stations asking at once wait for each other."""
    table = table_of(NumberSeries)
    statement = upsert(table).values(name=series, last=start + count - 1)
    statement = statement.on_conflict_do_update(index_elements=["name"], set_={"last": table.c.last + count})
    last: int = session.execute(statement.returning(table.c.last)).scalar_one()
    return last - count + 1


def document_number(prefix: str, start: int = 10001) -> str:
    """The next number of a kind of document, such as `P-10001`."""
    return f"{prefix}-{next_in('document:' + prefix, start)}"
