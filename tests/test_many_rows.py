"""Many rows written in one statement are the same rows as those that are written one by one."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import sqlalchemy as sa

from tests.warehouse import Warehouse
from wms import db
from wms.db import TooLong, insert_rows, session, table_of, transaction
from wms.events import Event
from wms.locations.models import Location

EVENTS = table_of(Event)
MOMENT = dt.datetime(2026, 2, 3, 4, 5, 6, 789000, tzinfo=dt.timezone(dt.timedelta(hours=8)))
ODD = [
    'plain "quotes"',
    "it's {1,2}",
    "back\\slash, comma",
    "NULL",
    "null",
    " ",
    "苹果；Äpfel",
    "🍎\t%s %(x)s :name",
    "a'); DROP TABLE events; --",
]


def row(w: Warehouse, number: int, **more: Any) -> dict[str, Any]:
    return {
        "at": MOMENT,
        "site_id": w.site_id,
        "subject_kind": "order",
        "subject_id": number,
        "subject_number": ODD[number % len(ODD)],
        "code": "order.received",
        "facts": {},
        "by_id": None,
        "told_at": None,
        **more,
    }


def written(least: int) -> list[dict[str, Any]]:
    found = session.execute(sa.select(EVENTS).where(EVENTS.c.id > least).order_by(EVENTS.c.id)).mappings()
    return [{name: value for name, value in one.items() if name != "id"} for one in found]


def newest() -> int:
    return session.execute(sa.select(sa.func.coalesce(sa.func.max(EVENTS.c.id), 0))).scalar_one()


@pytest.mark.parametrize("varying", [False, True], ids=["all alike", "no two alike"])
@pytest.mark.parametrize("count", [1, 2, 500])
def test_they_are_read_as_they_were_given_and_in_their_sequence(w: Warehouse, count: int, varying: bool) -> None:
    rows = [row(w, 0)] * count
    if varying:
        facts: list[Any] = [{"text": ODD[n % len(ODD)], "n": n, "deep": [{"a": None}, []]} for n in range(count)]
        when = [MOMENT + dt.timedelta(microseconds=n) if n % 2 else None for n in range(count)]
        rows = [row(w, n, facts=facts[n], told_at=when[n], by_id=w.by.id if n % 3 else None) for n in range(count)]
    before = newest()
    with transaction():
        ids = [one.id for one in insert_rows(EVENTS, rows, EVENTS.c.id)]
    assert ids == sorted(set(ids))
    assert len(ids) == count
    assert written(before) == rows


def test_no_rows_are_no_statement(w: Warehouse) -> None:
    before = newest()
    with transaction():
        assert list(insert_rows(EVENTS, [], EVENTS.c.id)) == []
    assert newest() == before


@pytest.mark.parametrize("many", [False, True], ids=["in a column that varies", "in one that does not"])
def test_a_text_that_is_too_long_is_refused_and_never_cut(w: Warehouse, many: bool) -> None:
    before, long = newest(), "x" * 81
    rows = [row(w, n, subject_number=long if many or n == 70 else str(n)) for n in range(100)]
    with pytest.raises(TooLong, match="81 characters, 80 are kept"), transaction():
        insert_rows(EVENTS, rows)
    assert newest() == before


@pytest.mark.parametrize("count", [1, 100])
def test_whoever_forgets_a_column_that_we_fill_in_is_told_at_once(w: Warehouse, count: int) -> None:
    rows = [{"site_id": w.site_id, "code": f"X-{n}", "kind": "storage"} for n in range(count)]
    with pytest.raises(AssertionError, match="code_key"), transaction():
        insert_rows(table_of(Location), rows)


@pytest.mark.postgresql
def test_postgresql_gets_many_of_them_as_one_statement(w: Warehouse) -> None:
    said: list[str] = []
    sa.event.listen(db.database.engine, "before_cursor_execute", lambda *one: said.append(one[2]))
    with transaction():
        insert_rows(EVENTS, [row(w, n) for n in range(500)])
    assert len(said) == 1
    assert "unnest" in said[0]
