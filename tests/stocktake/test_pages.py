"""Counts at the desk."""

from __future__ import annotations

import pytest
from werkzeug.test import Client

from tests.warehouse import Warehouse
from tests.web.desk import Desk
from wms.actor import Role
from wms.db import session, transaction
from wms.stock import operations
from wms.stock.models import Condition
from wms.stocktake import adjustments, counting, counts
from wms.stocktake.models import CountPlan


@pytest.mark.parametrize("tolerance", ["-1", "1" + "0" * 25, "some"])
def test_a_tolerance_that_is_none_is_refused_in_words_and_what_was_typed_stays(w: Warehouse, client: Client, tolerance: str) -> None:
    w.location("A-01")
    page = Desk(client).post("/counting/new", status=422, locations="A-01", tolerance=tolerance)
    assert f'value="{tolerance}"' in page
    assert 'class="error' in page
    assert session.query(CountPlan).count() == 0


def test_a_reason_longer_than_the_journal_keeps_is_refused(w: Warehouse, client: Client) -> None:
    w.location("A-01")
    desk = Desk(client)
    desk.post("/counting/new", status=422, locations="A-01", reason="r" * 201)
    desk.post("/counting/new", locations="A-01", reason="r" * 200)
    assert session.query(CountPlan).count() == 1


@pytest.mark.parametrize(("skus", "words"), [(["APPLE"], "1 difference waits for approval"), (["APPLE", "PEAR"], "2 differences wait for")])
def test_the_board_says_how_many_differences_wait(w: Warehouse, client: Client, skus: list[str], words: str) -> None:
    for sku in skus:
        w.receive(sku, 10, at="A-01")
    place = w.location("A-01").id
    with transaction():
        count = counts.open_count(by=w.by, locations=["A-01"])
    for name in ("anna", "ben"):
        who = w.person(name, roles=[Role.COUNTER])
        for sku in skus:
            with transaction():
                counting.enter(count.id, place, sku, 9, by=who)
        with transaction():
            counting.close_place(count.id, place, by=who)
    assert words in Desk(client, Role.SUPERVISOR).get("/")


def test_who_decides_sees_condition_and_owner_and_what_was_posted_in_the_end(w: Warehouse, client: Client) -> None:
    w.receive("APPLE", 10, at="A-01", condition="damaged", owner_id=w.partner("OWNER1").id)
    place = w.location("A-01").id
    with transaction():
        number = counts.open_count(by=w.by, locations=["A-01"]).number
    for name in ("anna", "ben"):
        with transaction():
            count = counts.find(number, by=w.by)
            counting.enter(count.id, place, "APPLE", 7, by=(who := w.person(name, roles=[Role.COUNTER])))
            counting.close_place(count.id, place, by=who)
    with transaction():
        operations.adjust("APPLE", "A-01", -1, by=w.by, condition=Condition.DAMAGED, owner_id=w.partner("OWNER1").id)
        adjustments.approve(number, by=w.by)
    page = Desk(client).get(f"/counts/{number}")
    assert all(word in page for word in ("Damaged", "OWNER1", "-3", "posted -2"))
