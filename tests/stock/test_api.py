"""Stock over the API."""

import pytest
import sqlalchemy as sa

from wms.db import session
from wms.stock import queries
from wms.stock.models import Movement


def test_goods_are_moved_over_the_api(api, w):
    w.receive("APPLE", 10, lot="L1", at="A-01")
    w.location("B-01")
    api.post("/stock/moves", {"sku": "APPLE", "quantity": 4, "source": "A-01", "target": "B-01"})
    assert [row["on_hand"] for row in api.get("/stock", sku="APPLE", location="B-01")["items"]] == [4]


def test_more_than_is_free_is_refused_with_its_code(api, w):
    w.receive("APPLE", 10, lot="L1", at="A-01")
    w.location("B-01")
    problem = api.post("/stock/moves", {"sku": "APPLE", "quantity": 11, "source": "A-01", "target": "B-01"}, status=409)
    assert problem["code"] == "not_enough"
    assert w.on_hand("APPLE", at="A-01") == 10


def test_a_key_moves_once(api, w):
    w.receive("APPLE", 10, lot="L1", at="A-01")
    w.location("B-01")
    body = {"sku": "APPLE", "quantity": 4, "source": "A-01", "target": "B-01"}
    first, second = api.post("/stock/moves", body, key="k1"), api.post("/stock/moves", body, key="k1")
    assert first == second
    assert w.on_hand("APPLE", at="B-01") == 4


@pytest.mark.sqlite
def test_the_journal_of_one_product_or_place_is_found_by_an_index(w):
    w.receive("APPLE", 5, at="A-01")
    for facts in ({"sku": "APPLE"}, {"location": "A-01"}):
        statement = queries.movements(by=w.by, **facts).order_by(Movement.id).limit(101)
        text = str(statement.compile(session.get_bind(), compile_kwargs={"literal_binds": True}))
        plan = [row[-1] for row in session.execute(sa.text("EXPLAIN QUERY PLAN " + text))]
        assert not [step for step in plan if step.startswith("SCAN movements")], plan
        assert [row.quantity for row in session.execute(statement)] == [5]


def test_goods_held_for_somebody_else_are_told_apart_and_moved_as_theirs(api, w):
    w.product("APPLE")
    w.location("A-01")
    w.location("B-01")
    w.partner("OWNER")
    for owner in (None, "OWNER"):
        api.post("/stock/adjustments", {"sku": "APPLE", "location": "A-01", "quantity": 3, "owner": owner})
    assert [row["owner"] for row in api.get("/stock", sku="APPLE")["items"]] == [None, "OWNER"]
    body = {"sku": "APPLE", "quantity": 3, "source": "A-01", "target": "B-01"}
    api.post("/stock/moves", {**body, "owner": "owner"})
    assert [(row["location"], row["on_hand"]) for row in api.get("/stock", sku="APPLE", owner="OWNER")["items"]] == [("B-01", 3)]
    assert w.on_hand("APPLE", at="A-01") == 3
