"""A full truck costs the gate, the way back and its papers as many statements as a small one, locked in the sequence of everybody else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from tests.shipping.conftest import Yard
from wms import db
from wms.actor import Actor
from wms.db import session
from wms.printing import keeping
from wms.printing.models import KeptPaper
from wms.shipping import jobs, many_papers
from wms.shipping.models import Load
from wms.stock import reservations
from wms.stock.ledger import ClaimGone, Move, Place, post
from wms.stock.models import MovementKind, Reservation, Stage, Stock
from wms.stock.reservations import Wanted

SMALL, FULL = 10, 16
"""Orders on the trucks: both are more than what is written row by row."""


@contextmanager
def heard() -> Iterator[list[str]]:
    """What the database is told meanwhile."""
    told: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        told.append(" ".join(statement.split()))

    sa.event.listen(db.database.engine, "before_cursor_execute", note)
    try:
        yield told
    finally:
        sa.event.remove(db.database.engine, "before_cursor_execute", note)


class Truck:
    """A load of so many orders of one carton each, on board."""

    def __init__(self, yard: Yard, first: int, orders: int) -> None:
        self.yard = yard
        numbers = [f"SO-{place}" for place in range(first, first + orders)]
        cartons = [yard.packed(number, APPLE=2) for number in numbers]
        self.load = yard.plan(*numbers)
        yard.load(self.load, *reversed(cartons))
        self.number = self.load.number

    def way(self) -> dict[str, list[str]]:
        """Closed, let out, its papers kept and read together, and taken back: what the database was told of each."""
        found: dict[str, list[str]] = {}

        def told(what: str, act: Callable[[], Any]) -> Any:
            with heard() as found[what]:
                return act()

        gate_pass = told("closed", lambda: self.yard.close(self.load))
        told("let out", lambda: self.yard.leave(gate_pass))
        told("papers kept", jobs.keep_papers)
        told("slips of all", lambda: many_papers.chosen("packing-slip", by=self.yard.by, load=self.number))
        session.rollback()
        told("taken back", lambda: self.yard.turn_back(self.load))
        return found


def test_a_full_truck_takes_as_many_statements_as_a_small_one(yard: Yard) -> None:
    small, full = Truck(yard, 100, SMALL).way(), Truck(yard, 200, FULL).way()
    counts = {what: (len(small[what]), len(full[what])) for what in small}
    assert all(more <= less + 2 for less, more in counts.values()), counts
    assert counts["let out"][1] < 60, counts
    assert yard.status("SO-200") == "loaded"


def test_the_gate_locks_load_orders_units_goods_and_claims_in_that_sequence(yard: Yard) -> None:
    told = Truck(yard, 100, SMALL).way()["let out"]
    begins = [
        "SELECT loads.id FROM loads",
        "SELECT orders.id FROM orders WHERE orders.id IN",
        "SELECT handling_units.id FROM handling_units",
        "SELECT stock.id, stock.site_id",
        "UPDATE stock",
        "SELECT reservations.id, reservations.stock_id, reservations.quantity",
        "UPDATE reservations",
    ]
    places = [next(place for place, one in enumerate(told) if one.startswith(begin)) for begin in begins]
    if db.is_postgresql():  # goods are read before they are locked, to know which they are
        places[3] = next(place for place, one in enumerate(told) if one.startswith(begins[3]) and "FOR NO KEY UPDATE" in one)
        several = [one for one in told if "FOR NO KEY UPDATE" in one and not one.startswith("SELECT loads.id")]
        assert len(several) == 4, several
        assert all("ORDER BY" in one for one in several), several
    assert places == sorted(places), told


def test_papers_are_kept_in_handfuls_and_gone_on_with_where_it_broke_off(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "HANDFUL", 4)
    monkeypatch.setattr(jobs, "_TROUBLE", {})
    truck = Truck(yard, 100, 3)
    yard.leave(yard.close(truck.load))
    keep, kept = keeping.keep, list[int]()

    def handful(papers: Any, *, by: Actor) -> int:
        some = list(papers)
        assert db.in_transaction()
        if len(kept) == 2:
            raise RuntimeError("the machine goes down")
        kept.append(len(some))
        return keep(some, by=by)

    monkeypatch.setattr(keeping, "keep", handful)
    assert jobs.keep_papers() == 8
    assert kept == [4, 4]
    assert session.execute(sa.select(sa.func.count()).select_from(KeptPaper)).scalar_one() == 8
    monkeypatch.setattr(keeping, "keep", keep)
    jobs._TROUBLE.clear()
    every = 3 * 2 + 2 * 3 + 4  # slips of shipments and cartons, notes, the truck's own
    assert jobs.keep_papers() == every - 8
    assert session.execute(sa.select(sa.func.count()).select_from(KeptPaper)).scalar_one() == every
    assert session.get_one(Load, truck.load.id, populate_existing=True).papers_kept_at is not None


# -- many claims at once -------------------------------------------------------------------------------------------------


def onward(yard: Yard, target: int) -> list[Move]:
    """All claimed goods go there, with their claims."""
    query = sa.select(Reservation.id, Reservation.quantity, Reservation.order_line_id, Reservation.stage, Stock.batch_id, Stock.location_id)
    rows = session.execute(query.join(Stock).where(Reservation.status == "pending").order_by(Reservation.id)).all()
    session.rollback()
    return [
        Move(
            yard.w.key(), row.batch_id, row.quantity, Place(row.location_id), Place(target), MovementKind.MOVE,
            order_line_id=row.order_line_id, claims=(row.id,), claimed=row.quantity, stage=Stage(row.stage),
        )
        for row in rows
    ]  # fmt: skip


def test_many_claims_travel_with_their_goods_and_none_with_those_of_another(yard: Yard) -> None:
    for place in range(10):
        yard.picked(f"SO-{place}", APPLE=2)
    rack = yard.w.location("A-02").id
    moves = onward(yard, rack)
    with yard.w.transaction():
        post(moves, by=yard.by)
    where = sa.select(Stock.location_id, sa.func.sum(Reservation.quantity)).join(Reservation).group_by(Stock.location_id)
    assert [(place, int(pieces)) for place, pieces in session.execute(where)] == [(rack, 20)]
    moves = onward(yard, yard.w.location("PACK").id)
    moves[3] = replace(moves[3], claims=moves[2].claims)
    with pytest.raises(ClaimGone), yard.w.transaction():
        post(moves, by=yard.by)
    assert yard.w.on_hand("APPLE", at="A-02") == 20


def test_many_are_claimed_as_far_as_goods_are_free_and_good(yard: Yard) -> None:
    yard.w.receive("APPLE", 5, at="A-01")
    yard.enter("SO-1", APPLE=5)
    line = yard.order("SO-1").lines[0].id
    row = session.execute(sa.select(Stock.id).where(Stock.on_hand == 5)).scalar_one()
    with yard.w.transaction():
        got = reservations.reserve_all([Wanted(row, 3, line), Wanted(row, 3, line), Wanted(row, 2, line)], stage=Stage.PICKED)
        assert got == [True, False, True]
        assert session.execute(sa.select(Stock.reserved).where(Stock.id == row)).scalar_one() == 5
        session.rollback()
