"""Shipping at the desk: every page shows what is there and acts on it."""

from __future__ import annotations

import re

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


PAGES = ("/packing", "/loads", "/loads/new", "/shipments", "/gate", "/vehicles", "/routes")


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


def test_the_bench_queue_counts_as_people_do(yard: Yard, desk: Desk) -> None:
    for sku in ("RICE", "SALT"):
        yard.w.product(sku, base_unit="kg", decimals=3)
    yard.picked("SO-1", RICE=1250, SALT=500)
    yard.picked("SO-2", RICE=250, APPLE=4)
    for number, packed in (("SO-1", 1000), ("SO-2", 250)):
        yard.pack(number, "RICE", packed, yard.carton(number))
    for page in ("/packing", "/"):
        assert re.findall(r"</progress><span>([^<]*)</span>", desk.get(page))[:2] == ["1/1.75", "1/2 lines"]


def test_what_is_loaded_is_counted_as_people_do(yard: Yard, desk: Desk) -> None:
    yard.w.product("RICE", base_unit="g", decimals=3)  # counted in grams, shown in kilograms
    yard.packed("SO-1", RICE=1250, APPLE=2)
    yard.picked("SO-2", RICE=500)
    desk.post("/loads/new", orders=["SO-1", "SO-2"], plate="沪A12345", door="DOOR-2")
    page = desk.get(desk.last.headers["Location"])
    assert ">1.25 kg + 2 pieces<" in page
    assert "0.5 kg" in page, "is not packed yet"
    shipment = re.findall(r'href="(/shipments/[^"?]+)">', desk.get("/shipments?q=SO-1"))[0]
    assert re.findall(r'"text">Pieces</span>\s*<strong>([^<]*)', desk.get(shipment)) == ["1.25 kg + 2 pieces"]
    assert ">1.25 kg</td>" in desk.get(shipment)


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


def test_what_a_truck_left_behind_is_not_to_be_loaded_and_what_left_has_left(yard: Yard, desk: Desk) -> None:
    yard.picked("SO-1", APPLE=4)
    first = yard.carton("SO-1")
    yard.pack("SO-1", "APPLE", 2, first)
    yard.full("SO-1", first)
    second = yard.pack_all("SO-1")
    load = yard.plan("SO-1")
    yard.load(load, second)
    assert "To load" in desk.get(f"/loads/{load.number}")
    gate_pass = yard.close(load, reason="Not found")
    shown = desk.get(f"/loads/{load.number}")
    assert ("Left behind" in shown, "To load" in shown) == (True, False)
    shipment = yard.shipment("SO-1").number
    yard.leave(gate_pass)
    assert yard.status("SO-1") == "packed", "the other carton is still here"
    assert 'data-label="Reserved"' not in desk.get("/orders/SO-1"), "all of it is picked: names and notes need the room"
    assert "Left the gate</span>" in desk.get(f"/shipments/{shipment}").partition("</h1>")[0]


def test_the_shipment_of_a_cancelled_order_sends_nobody_to_pack_it(yard: Yard, desk: Desk) -> None:
    yard.packed("SO-1", APPLE=4)
    yard.cancel("SO-1")
    shown = desk.get(f"/shipments/{yard.shipment('SO-1').number}")
    assert ("The order was cancelled; nothing leaves." in shown, "finds SO-1 in Pack" in shown) == (True, False)


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


def test_a_closed_truck_keeps_its_seal_or_has_another(yard: Yard, desk: Desk) -> None:
    """An emptied field is no reason to go without one."""
    carton = yard.packed("SO-1", APPLE=1)
    load = yard.plan("SO-1")
    yard.load(load, carton)
    yard.close(load, seal="S-1")
    page = f"/loads/{load.number}"
    desk.post(page + "/change", do="describe", plate="沪A1", seal="")
    assert f"{load.number} has no seal" in desk.get(page)
    assert yard.fresh(load).seal == "S-1"
    desk.post(page + "/change", do="describe", plate="沪A1", seal="S-2")
    assert (yard.fresh(load).seal, yard.fresh(load).status) == ("S-2", "closed")


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
    assert "Not to go" not in desk.get("/gate")
    yard.cancel("SO-2")
    assert "1 of the 2 units were cancelled" in desk.get(f"/loads/{load.number}")
    assert "Not to go: 1 unit cancelled" in desk.get("/gate")


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


def test_a_vehicle_is_entered_changed_and_its_limits_shown_on_its_load(yard: Yard, client: Client) -> None:
    admin = Desk(client, Role.ADMIN)
    yard.w.product("APPLE", weight_grams=10_000)
    yard.packed("SO-1", APPLE=4)
    admin.post("/vehicles/new", code="V-1", plate="豫A·1", max_weight="1000", max_volume="12.5", pallet_places="4", in_service="1")
    assert "1,000 kg" in admin.get("/vehicles")
    seen = admin.get("/vehicles/V-1/edit").split('name="seen" value="')[1].split('"')[0]
    assert 'value="12.5"' in admin.get("/vehicles/V-1/edit")
    admin.post("/vehicles/V-1/edit", plate="豫A·2", max_weight="39", in_service="1", seen=seen)
    admin.post("/vehicles/V-1/edit", plate="豫A·3", seen=seen, status=422)
    assert "changed while you were typing" in admin.last.text
    admin.post("/vehicles/new", code="v-1", status=422)
    admin.post("/vehicles/new", code="V-2", max_weight="much", pallet_places="0", status=422)
    admin.post("/loads/new", orders=["SO-1"], vehicle="V-1", status=422)
    assert "40 kg of 39 kg" in admin.last.text
    admin.post("/loads/new", orders=["SO-1"], vehicle="other", plate="P")
    page = admin.last.headers["Location"]
    admin.post(page + "/change", do="limit", max_weight="38.5")
    assert "40 kg of 38.5 kg" in admin.get(page)
    admin.post(page + "/change", do="limit", max_weight="x")
    assert "What it may carry" in admin.get(page)
    admin.post(page + "/change", do="limit", max_weight="41", temperature="chilled")
    admin.post(page + "/change", do="allow_more", reason="")
    assert "Say why" in admin.get(page)
    admin.post(page + "/change", do="allow_more", reason="short way")
    assert "short way" in admin.get(page)


def test_a_route_is_entered_and_changed(client: Client, yard: Yard) -> None:
    admin = Desk(client, Role.ADMIN)
    admin.post(
        "/routes/new", code="WEST", name="West", cut_off="16:00", area_city=["洛阳", ""], area_region=["", ""], area_postcode=["", "4720"]
    )
    assert "洛阳 → 4720…" in admin.get("/routes")
    shown = admin.get("/routes/WEST/edit")
    seen = shown.split('name="seen" value="')[1].split('"')[0]
    admin.post("/routes/WEST/edit", name="Far west", area_city=["三门峡"], seen=seen)
    assert "Far west" in admin.get("/routes")
    admin.post("/routes/WEST/edit", name="", seen=seen, status=422)
    admin.post("/routes/new", code="west", name="x", status=422)
    admin.post("/routes/new", code="X", name="x", do="more", status=200)


def test_a_truck_that_left_is_taken_back_at_the_desk(yard: Yard, desk: Desk) -> None:
    cartons = [yard.packed(number, APPLE=4) for number in ("SO-1", "SO-2")]
    load = yard.plan("SO-1", "SO-2")
    yard.load(load, *cartons)
    yard.leave(yard.close(load))
    page = f"/loads/{load.number}"
    assert "The truck came back" in desk.get(page)
    desk.post(page + "/change", do="turn_back")
    assert "Say why the truck came back" in desk.get(page)
    desk.post(page + "/change", do="turn_back", reason="customer closed", orders=["SO-2"])
    assert "The goods are on L-" in desk.get(page)
    assert yard.status("SO-2") == "loaded"
    desk.post(page + "/change", do="turn_back", reason="accident")
    shown = desk.get(page)
    assert "Came back after it had left" in shown
    assert "customer closed" in shown
    assert yard.fresh(load).status == "loading"
    assert yard.status("SO-1") == "loaded"
