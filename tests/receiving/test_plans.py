"""What the pages and papers of receiving read is found by an index, however long the journal grows."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from tests.receiving.conftest import Dock
from tests.warehouse import Warehouse
from wms import clock, db
from wms.db import session
from wms.receiving import queries
from wms.stock.models import Movement, MovementKind


def plans(read: Callable[[], Any], beside: str | None) -> list[str]:
    """How the database finds what the statements of a read ask for, one text each; `beside` is an index as good for so few rows."""
    said: list[tuple[str, Any]] = []

    def listen(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        said.append((statement, parameters))

    engine = session.get_bind()
    sa.event.listen(engine, "before_cursor_execute", listen)
    try:
        read()
    finally:
        sa.event.remove(engine, "before_cursor_execute", listen)
    connection = session.connection()
    if db.is_postgresql():  # so few rows are read from end to end unless it is told otherwise
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        if beside:
            connection.exec_driver_sql(f"DROP INDEX {beside}")
    explain = "EXPLAIN " if db.is_postgresql() else "EXPLAIN QUERY PLAN "
    found = ["\n".join(str(row[-1]) for row in connection.exec_driver_sql(explain + text, given)) for text, given in said]
    session.rollback()
    return found


def some_receipts(dock: Dock) -> None:
    """Ten deliveries of two receipts each, put away."""
    for number in range(1, 11):
        dock.announce(("TEA", 100), number=f"IN-{number}")
        for _ in range(2):
            dock.store(dock.receive("TEA", 1, number=f"IN-{number}").task)


def found_by(index: str, read: Callable[[], Any], beside: str | None = None) -> bool:
    return any(index in plan for plan in plans(read, beside))


def test_the_receipts_of_a_page_are_found_by_their_kind(w: Warehouse, dock: Dock) -> None:
    some_receipts(dock)
    rows: list[Any] = []

    def read() -> None:
        rows.extend(session.execute(queries.receipts(by=w.by).order_by(Movement.id.desc()).limit(50)))

    assert found_by("ix_movements_kind", read)
    assert len(rows) == 20


def test_the_count_of_receipts_is_found_by_their_kind(w: Warehouse, dock: Dock) -> None:
    some_receipts(dock)
    counted = sa.select(sa.func.count()).select_from(queries.receipts(by=w.by, day=clock.today()).subquery())
    assert found_by("ix_movements_kind", lambda: session.execute(counted).scalar_one())


def test_what_a_document_moved_is_found_by_its_number(w: Warehouse, dock: Dock) -> None:
    some_receipts(dock)
    read = functools.partial(queries.movements_of, "IN-1", kinds=[MovementKind.RECEIPT], by=w.by)
    assert found_by("ix_movements_document", read, beside="ix_movements_kind")
    assert len(queries.movements_of("IN-1", kinds=[MovementKind.RECEIPT, MovementKind.PUTAWAY], by=w.by)) == 4


def test_what_waits_of_a_delivery_is_found_by_its_number(w: Warehouse, dock: Dock) -> None:
    some_receipts(dock)
    dock.receive("TEA", 2)
    assert found_by("ix_tasks", lambda: queries.waiting_putaways("IN-1", by=w.by))
    assert [row.quantity for row in queries.waiting_putaways("IN-1", by=w.by)] == [2]
