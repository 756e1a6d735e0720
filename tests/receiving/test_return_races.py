"""Two stations take back the same last pieces; two people decide about the same goods: what left is never exceeded, nothing is lost."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from tests.crowd import all_at_once
from tests.receiving.conftest import Dock
from tests.receiving.customers import Customers
from tests.warehouse import PREFIX, Warehouse
from wms import clock
from wms.app import Application
from wms.db import session, transaction
from wms.errors import WarehouseError
from wms.receiving import outstanding, returns, unclaimed
from wms.receiving.models import Found
from wms.receiving.unclaimed import Decision

LONG_AGO = clock.today() - dt.timedelta(days=40)


@pytest.fixture
def customers(w: Warehouse, dock: Dock) -> Customers:
    found = Customers(w)
    w.receive("TEA", 20, at="A-01", received_on=LONG_AGO)
    found.sent("SO-1", ("TEA", 5))
    return found


@pytest.mark.parametrize("stations", [2, 6])
def test_several_stations_taking_back_the_last_pieces_never_exceed_what_left(
    customers: Customers, w: Warehouse, app: Application, stations: int
) -> None:
    notes = [customers.begin("SO-1") for _ in range(stations)]
    places = {Found.GOOD: w.location("DOCK").id, Found.DAMAGED: w.location("DEF").id}
    product = w.product("TEA")

    def station(number: int) -> Callable[[], int]:
        found = (Found.GOOD, Found.DAMAGED)[number % 2]

        def unit() -> int:
            with transaction():
                return returns.take_back(
                    notes[number], product, 3, found=found, location_id=places[found], by=w.by, key=f"race-{number}", company_prefix=PREFIX
                ).quantity

        return unit

    answers = all_at_once(app, [station(number) for number in range(stations)])
    assert answers.count(3) == 1, answers
    assert all(answer == 3 or isinstance(answer, outstanding.NothingShipped) for answer in answers), answers
    session.rollback()
    assert (customers.returned("SO-1"), w.on_hand("TEA", at="@CUSTOMER")) == ([3], 2)


def test_goods_without_papers_are_decided_about_once(customers: Customers, w: Warehouse, app: Application) -> None:
    customers.sent("SO-2", ("TEA", 5))
    note = customers.unclaimed("TEA", 3).note
    customers.finish(note)

    def linking(order: str) -> Callable[[], str]:
        def unit() -> str:
            with transaction():
                unclaimed.link(note, order, by=w.by, key=f"link-{order}")
            return order

        return unit

    def keeping() -> str:
        with transaction():
            unclaimed.decide(note, Decision.ACCEPT, by=w.by, key="keep")
        return "ours"

    def undoing() -> str:
        with transaction():
            returns.undo_line(note, 1, by=w.by, key="undo")
        return "undone"

    answers = all_at_once(app, [linking("SO-1"), linking("SO-2"), keeping, undoing])
    (done,) = [answer for answer in answers if isinstance(answer, str)]
    assert all(isinstance(answer, str | WarehouseError) for answer in answers), answers
    session.rollback()
    returned = {"SO-1": customers.returned("SO-1"), "SO-2": customers.returned("SO-2")}
    assert returned == {number: [3] if number == done else [0] for number in returned}
    assert w.on_hand("TEA", at="INSP") == (0 if done == "undone" else 3)


def test_a_line_is_undone_once(customers: Customers, w: Warehouse, app: Application) -> None:
    note = customers.begin("SO-1")
    customers.back(note, "TEA", 3, "DOCK")

    def unit(number: int) -> Callable[[], int]:
        def undo() -> int:
            with transaction():
                return returns.undo_line(note, 1, by=w.by, key=f"undo-{number}").line

        return undo

    answers = all_at_once(app, [unit(number) for number in range(3)])
    assert answers.count(1) == 1, answers
    session.rollback()
    assert (customers.returned("SO-1"), w.on_hand("TEA", at="DOCK")) == ([0], 0)
