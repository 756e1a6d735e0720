"""Shipping at the desk: every page shows what is there and acts on it."""

from __future__ import annotations

import pytest

from tests.http import Api, Client
from tests.shipping.conftest import Yard
from tests.web.desk import Desk
from wms.actor import Role
from wms.shipping import gate
from wms.shipping.models import Mismatch


@pytest.fixture
def desk(client: Client, yard: Yard) -> Desk:
    return Desk(client, Role.SUPERVISOR)


PAGES = ("/packing", "/loads", "/loads/new", "/shipments", "/gate")


def test_every_list_opens_empty_and_says_what_to_do(desk: Desk) -> None:
    for page in PAGES:
        assert 'class="empty"' in desk.get(page), page
    assert "Nothing waits for packing" in desk.get("/")


@pytest.mark.parametrize("query", ["?q=%25_'", "?sort=nonsense&page=999", "?status=nonsense&state=nonsense", "?page=-1", "?q=" + "x" * 500])
def test_odd_addresses_do_no_harm(desk: Desk, query: str) -> None:
    for page in PAGES:
        desk.get(page + query)


def test_the_bench_queue_shows_what_waits_and_who_packs_it(yard: Yard, desk: Desk) -> None:
    yard.picked("SO-1", APPLE=4)
    assert "SO-1" in desk.get("/packing")
    yard.carton("SO-1", by=yard.packer)
    assert "Packer packs it" in desk.get("/packing?q=so-1")
    assert "SO-1" in desk.get("/packing?export=csv")
    assert "Packer packs it" in desk.get("/")


def test_a_load_is_planned_and_closed_once_however_often_its_form_is_sent(yard: Yard, desk: Desk) -> None:
    here = yard.packed("SO-1", APPLE=4)
    assert 'name="once"' in desk.get("/loads/new")
    desk.post("/loads/new", orders=["SO-1"], plate="沪A12345", door="DOOR-2", once="a-key")
    page = desk.last.headers["Location"]
    desk.post("/loads/new", orders=["SO-1"], plate="沪A12345", door="DOOR-2", once="a-key")
    assert "was taken in before" in desk.get(desk.last.headers["Location"])
    yard.load(yard.plan_of(page.rpartition("/")[2]), here)
    for _ in range(2):
        desk.post(page + "/change", do="close", seal="S-1", once="another-key")
    assert "was taken in before" in desk.get(page)


def test_a_load_is_planned_changed_and_closed_at_the_desk(yard: Yard, desk: Desk) -> None:
    here, there = yard.packed("SO-1", APPLE=4), yard.packed("SO-2", PEAR=1)
    assert "SO-2" in desk.get("/loads/new")
    desk.post("/loads/new", orders=["SO-1"], plate="沪A12345", door="DOOR-2")
    page = desk.last.headers["Location"]
    shown = desk.get(page)
    assert here in shown
    assert "沪A12345" in shown
    desk.post(page + "/change", do="add", order="SO-2")
    assert there in desk.get(page)
    load = yard.plan_of(page.rpartition("/")[2])
    yard.load(load, here)
    desk.post(page + "/change", do="close", seal="S-1")
    assert "still missing" in desk.get(page)
    desk.post(page + "/change", do="unload", unit=here)
    desk.post(page + "/change", do="take_off", order="SO-2")
    yard.load(load, here)
    desk.post(page + "/change", do="close", seal="S-1")
    assert "gate pass GP-" in desk.get(page)
    assert yard.fresh(load).gate_pass in desk.get("/gate")
    desk.post(page + "/change", do="reopen")
    desk.post(page + "/change", do="describe", plate="沪B2", driver="王师傅", seal="S-1")
    assert "沪B2 · 王师傅" in desk.get(page)
    desk.post(page + "/change", do="close", reason="")
    yard.leave(yard.fresh(load).gate_pass or "")
    assert "Left the gate" in desk.get(page)
    assert "沪B2" in desk.get("/gate")
    assert load.number in desk.get("/gate?export=csv")
    assert load.number in desk.get("/loads?status=left&q=SO-1")
    desk.get("/loads?export=xlsx")


def test_a_load_without_orders_says_so_and_is_discarded(yard: Yard, desk: Desk) -> None:
    yard.packed("SO-1", APPLE=4)
    load = yard.plan("SO-1")
    yard.cancel("SO-1")
    assert "No order is on this load any more" in desk.get(f"/loads/{load.number}")
    assert "No orders" in desk.get("/loads")
    assert "No order is left on it" in desk.get("/")
    desk.post(f"/loads/{load.number}/change", do="discard")
    assert load.number not in desk.get("/loads")


def test_a_load_says_what_is_missing_and_takes_it(yard: Yard, desk: Desk) -> None:
    carton = yard.packed("SO-1", APPLE=4)
    yard.w.partner("SF-EXPRESS", kind="carrier")
    load = yard.plan("SO-1", plate=None)
    page = f"/loads/{load.number}"
    assert "Nobody has said which vehicle this is" in desk.get(page)
    desk.post(page + "/change", do="describe", plate="沪A1", carrier="sf-express", door="DOOR-2")
    shown = desk.get(page)
    assert "Not said yet: driver<" in shown
    assert "SF-EXPRESS</dd>" in shown
    assert yard.fresh(load).door_id == yard.w.location("DOOR-2").id
    yard.load(load, carton)
    desk.post(page + "/change", do="describe", plate="沪A1", carrier="", door="DOOR-1", driver="王师傅")
    assert "are on board" in desk.get(page)
    desk.post(page + "/change", do="describe", plate="沪A1", carrier="", driver="王师傅")
    assert "Not said yet: carrier<" in desk.get(page)


def test_a_truck_stopped_at_the_gate_is_told_and_answered_at_the_desk(yard: Yard, desk: Desk, api: Api) -> None:
    carton = yard.packed("SO-1", APPLE=4)
    load = yard.plan("SO-1")
    yard.load(load, carton)
    gate_pass = yard.close(load)
    page = f"/loads/{load.number}"
    with yard.w.transaction():
        gate.hold(gate_pass, Mismatch.SEAL, by=yard.guard)
    for path in ("/", "/loads", "/gate", page):
        assert "Stopped" in desk.get(path), path
    assert "Guard, just now. It does not go until" in desk.get(page)
    assert "Stopped at the gate: Seal missing, broken or another<" in desk.get(page)
    assert api.get(page)["held_at_gate"] == "SEAL"
    desk.post(page + "/change", do="clear", reason="new seal")
    shown = desk.get(page)
    assert "new seal" in shown
    assert "All is right" not in shown
    assert api.get(page)["held_at_gate"] is None
    desk.post(page + "/change", do="clear")
    assert "is not stopped at the gate" in desk.get(page)
    assert yard.leave(gate_pass).units == 1


def test_a_load_whose_goods_were_cancelled_after_closing_says_what_to_do(yard: Yard, desk: Desk) -> None:
    stays, goes = yard.packed("SO-1", APPLE=1), yard.packed("SO-2", PEAR=2)
    load = yard.plan("SO-1", "SO-2")
    yard.load(load, goes, stays)
    yard.close(load)
    yard.cancel("SO-2")
    assert "1 of the 2 units were cancelled" in desk.get(f"/loads/{load.number}")


def test_a_wrong_form_comes_back_with_words(yard: Yard, desk: Desk) -> None:
    assert "at least one order" in desk.post("/loads/new", status=422)
    yard.packed("SO-1", APPLE=4)
    assert "is not a door" in desk.post("/loads/new", status=422, orders=["SO-1"], door="PACK")
    assert "checked" in desk.last.text
    load = yard.plan("SO-1")
    desk.post(f"/loads/{load.number}/change", do="unload", unit="NOBODY")
    assert "There is no handling unit NOBODY" in desk.get(f"/loads/{load.number}")
    desk.post(f"/loads/{load.number}/change", do="discard")
    assert "discarded" in desk.get("/loads")
    desk.get(f"/loads/{load.number}", status=404)


def test_shipments_are_found_and_tell_their_cartons(yard: Yard, desk: Desk) -> None:
    carton = yard.packed("SO-1", APPLE=4)
    number = yard.shipment("SO-1").number
    assert number in desk.get("/shipments?q=so-1&state=packed")
    assert number not in desk.get("/shipments?state=left")
    assert carton in desk.get(f"/shipments/{number}")
    assert number in desk.get("/shipments?export=csv")


def test_pages_belong_to_their_people(client: Client, yard: Yard) -> None:
    sales = Desk(client, Role.SALES)
    sales.get("/shipments")
    sales.get("/loads", status=403)
    sales.get("/gate", status=403)
