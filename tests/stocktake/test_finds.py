"""Unknown goods: noted with a picture while somebody counts, never lost, explained by somebody else."""

from __future__ import annotations

import pytest

from tests.http import Api, Client
from tests.stocktake.test_counts import count, status
from tests.warehouse import Warehouse
from tests.web.desk import Desk
from wms.actor import Actor, Role
from wms.db import session, transaction
from wms.stocktake import adjustments, counts, finds, found_goods
from wms.stocktake.models import CountPlan, CountStatus, FindEnd, PlaceState


@pytest.fixture
def crew(w: Warehouse) -> list[Actor]:
    return [w.person(name, roles=[Role.COUNTER]) for name in ("anna", "ben")]


def found(w: Warehouse, by: Actor, code: str = "blue box", quantity: int = 2, at: str = "A-01") -> int:
    """Somebody counts a place, and notes what nobody knows there."""
    w.location(at)
    with transaction():
        plan = counts.open_count(by=w.by, locations=[at])
        number = found_goods.note(plan.id, w.location(at).id, code, quantity, by=by).id
    count(w, plan, at, by)
    assert status(plan) == CountStatus.POSTED
    return number


def explained(number: int, outcome: FindEnd, by: Actor, **facts: str) -> CountPlan | None:
    with transaction():
        find = finds.explain(number, outcome, by=by, **facts)
        return session.get(CountPlan, find.count_id) if find.count_id else None


def test_goods_that_nobody_knew_turn_out_to_be_a_product_and_come_into_the_book_when_another_has_counted_them(
    w: Warehouse, crew: list[Actor], chief: Actor
) -> None:
    w.product("TEA")
    number = found(w, crew[0])
    assert (finds.waiting(chief), finds.one(number, by=chief).count) == (1, "C-10001"), "its count has ended, and it waits all the same"
    plan = explained(number, FindEnd.PRODUCT, chief, sku="TEA")
    assert plan is not None
    assert (status(plan), w.on_hand("TEA", at="A-01")) == (CountStatus.RECOUNT, 0), "the finder's number is the first voice"
    count(w, plan, "A-01", crew[1], TEA=2)
    assert counts.find_place(plan.id, w.location("A-01").id).state == PlaceState.REVIEW
    with transaction():
        adjustments.approve(plan.number, by=chief)
    assert (w.on_hand("TEA", at="A-01"), finds.waiting(chief)) == (2, 0)
    with transaction(), pytest.raises(finds.FindOver):
        finds.explain(number, FindEnd.FOREIGN, by=chief, note="no")


def test_where_some_of_the_product_was_known_there_all_of_it_is_counted_anew(w: Warehouse, crew: list[Actor], chief: Actor) -> None:
    w.receive("TEA", 10, at="A-02")
    w.location("A-02")
    with transaction():
        plan = counts.open_count(by=w.by, locations=["A-02"])
        number = found_goods.note(plan.id, w.location("A-02").id, "torn label", 3, by=crew[0]).id
    count(w, plan, "A-02", crew[0], TEA=10)
    again = explained(number, FindEnd.PRODUCT, chief, sku="TEA")
    assert again is not None
    assert status(again) == CountStatus.OPEN, "3 were found beside the 10: neither number is that of the place"
    for who in crew:
        count(w, again, "A-02", who, TEA=13)
    with transaction():
        adjustments.approve(again.number, by=chief)
    assert w.on_hand("TEA", at="A-02") == 13


def test_goods_that_are_nobodys_product_leave_with_a_word(w: Warehouse, crew: list[Actor], chief: Actor) -> None:
    first, second = found(w, crew[0]), found(w, crew[0], code="paint", at="A-02")
    with transaction(), pytest.raises(finds.FindSaysNothing):
        finds.explain(first, FindEnd.DISCARDED, by=chief)
    with transaction(), pytest.raises(finds.FindProductMissing):
        finds.explain(first, FindEnd.PRODUCT, by=chief)
    assert explained(first, FindEnd.FOREIGN, chief, note="the rack maker's") is None
    assert explained(second, FindEnd.DISCARDED, chief, note="dried up") is None
    assert [(one.outcome, one.note) for one in finds.of_count(1, w.site_id)] == [(FindEnd.FOREIGN, "the rack maker's")]


def test_who_found_them_may_explain_but_does_not_count_them_alone(w: Warehouse, crew: list[Actor]) -> None:
    w.product("TEA")
    boss = w.person("boss", roles=[Role.SUPERVISOR])
    plan = explained(found(w, boss), FindEnd.PRODUCT, boss, sku="TEA")
    assert plan is not None
    assert status(plan) == CountStatus.OPEN


def test_the_desk_lists_them_with_their_pictures_until_they_are_explained(
    w: Warehouse, client: Client, crew: list[Actor], api: Api
) -> None:
    w.product("TEA")
    number = found(w, crew[0])
    desk = Desk(client, Role.SUPERVISOR)
    assert "blue box" in desk.get("/counting/finds")
    assert "Unknown goods" in desk.get("/counts/C-10001")
    page = desk.get(f"/counting/finds/{number}")
    assert "Take a photo" in page
    assert "Say which product they are" in desk.post(f"/counting/finds/{number}", status=422, outcome="product")
    assert "There is no product NONE" in desk.post(f"/counting/finds/{number}", status=422, outcome="product", sku="NONE")
    assert [one["code"] for one in api.get("/count-finds", waiting="true")["items"]] == ["blue box"]
    desk.post(f"/counting/finds/{number}", outcome="product", sku="tea")
    assert "C-10002" in desk.get(f"/counting/finds/{number}")
    assert "No unknown goods wait" in desk.get("/counting/finds")
    assert "C-10002" in desk.get("/counting/finds?show=over")
    assert "TEA" in desk.get("/counting/finds?show=over&export=csv")
    assert api.get("/count-finds")["items"][0]["follows"] == "C-10002"
    desk.get("/counting/finds/999", status=404)
