"""Locations are put in whole, within a site; the outside is not theirs to change."""

from __future__ import annotations

import threading
import time

import pytest

from tests.crowd import all_at_once
from tests.http import Api
from tests.warehouse import Warehouse
from wms import db
from wms.app import Application
from wms.locations.models import Kind, Virtual
from wms.locations.places import StillNegative, put_location
from wms.locations.sites import ensure_site, virtual
from wms.stock import ledger
from wms.stock.ledger import Place
from wms.stock.models import MovementKind

FACE = {"kind": "pick_face", "zone": "A", "aisle": "A", "bay": 7, "level": "1", "x_mm": 1200, "y_mm": 300}


def test_a_location_is_created_then_replaced_as_a_whole(w: Warehouse, api: Api) -> None:
    w.product("TEA")
    made = api.put("/locations/A-07-1", {**FACE, "assigned": {"sku": "tea", "minimum": 12, "maximum": 36}}, status=201)
    assert made["assigned"] == {"sku": "TEA", "minimum": 12, "maximum": 36}
    assert (made["site"], made["bay"], made["mixing"]) == ("MAIN", "7", "any")
    replaced = api.put("/locations/a-07-1", {"kind": "storage"}, status=200)
    assert (replaced["code"], replaced["assigned"], replaced["zone"], replaced["x_mm"]) == ("A-07-1", None, None, 0)
    assert api.get("/locations/A-07-1") == replaced


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"kind": "storage", "assigned": {"sku": "TEA", "minimum": 1, "maximum": 2}}, "assigned_wrong"),
        ({"assigned": {"sku": "TEA", "minimum": 3, "maximum": 2}}, "assigned_wrong"),
        ({"allow_negative": True}, "allow_negative_wrong"),
        ({"kind": "virtual"}, "invalid_input"),
        ({"max_weight_grams": 0}, "invalid_input"),
    ],
)
def test_what_makes_no_sense_is_refused(w: Warehouse, api: Api, change: dict[str, object], code: str) -> None:
    w.product("TEA")
    assert api.put("/locations/A-01", {**FACE, **change}, status=422)["code"] == code


@pytest.mark.sqlite
def test_the_outside_is_not_a_location_of_the_api(w: Warehouse, api: Api) -> None:
    assert api.put("/locations/@SUPPLIER", {"kind": "dock"}, status=422)["code"] == "location_code_wrong"
    assert api.get("/locations/@SUPPLIER", status=404)["code"] == "location_unknown"
    assert (
        api.put("/locations/F-1", {**FACE, "assigned": {"sku": "NONE", "minimum": 1, "maximum": 2}}, status=404)["code"]
        == "product_unknown"
    )


def test_every_site_has_its_own_outside(w: Warehouse) -> None:
    with db.transaction():
        north = ensure_site("NORTH", "North")
        assert ensure_site("north").id == north.id
        assert len({virtual(site, place) for site in (north.id, w.site_id) for place in Virtual}) == 2 * len(Virtual)


def test_a_consignment_location_may_run_below_zero_only_while_it_is_marked_so(w: Warehouse) -> None:
    with db.transaction():
        place, _ = put_location("CON-1", by=w.by, kind=Kind.CONSIGNMENT)
    w.receive("TEA", 5, at="CON-1")
    with pytest.raises(ledger.NotEnough):
        w.move("TEA", 6, "CON-1", Virtual.CUSTOMER)
    with db.transaction():
        put_location("CON-1", by=w.by, kind=Kind.CONSIGNMENT, allow_negative=True)
    with w.transaction():
        batch = w.batch("TEA")
        outside = Place(virtual(w.site_id, Virtual.CUSTOMER))
        ledger.move(w.by, key="k", batch_id=batch, quantity=6, source=Place(place.id), target=outside, kind=MovementKind.SHIP)
    with pytest.raises(StillNegative), db.transaction():
        put_location("CON-1", by=w.by, kind=Kind.CONSIGNMENT)
    w.receive("TEA", 1, at="CON-1")
    with db.transaction():
        put_location("CON-1", by=w.by, kind=Kind.CONSIGNMENT)
    with pytest.raises(ledger.NotEnough):
        w.move("TEA", 1, "CON-1", Virtual.CUSTOMER)


@pytest.mark.beneath_orders
def test_a_place_whose_goods_are_reserved_stays_what_it_is(w: Warehouse, api: Api) -> None:
    w.receive("TEA", 10, at="A-01")
    w.reserve(w.order_line("TEA", 4), 4, at="A-01")
    assert api.put("/locations/A-01", {"kind": "scrap"}, status=409)["code"] == "claims_there"
    assert api.get("/locations/A-01")["kind"] == "storage"
    assert api.put("/locations/A-01", {"kind": "pick_face"})["kind"] == "pick_face"  # goods are picked there too


@pytest.mark.parametrize(("condition", "kind", "new"), [("damaged", "defect", "storage"), ("good", "storage", "door")])
def test_a_place_does_not_become_one_where_its_goods_may_not_lie(w: Warehouse, api: Api, condition: str, kind: str, new: str) -> None:
    w.location("A-01", kind=kind)
    w.receive("TEA", 10, at="A-01", condition=condition)
    assert api.put("/locations/A-01", {"kind": new}, status=409)["code"] == "goods_there"
    w.move("TEA", 10, "A-01", Virtual.SCRAP, from_condition=condition)
    assert api.put("/locations/A-01", {"kind": new})["kind"] == new


@pytest.mark.postgresql
@pytest.mark.parametrize("first", ["goods", "rule"])
def test_goods_that_arrive_while_the_permission_changes_have_it_too(app: Application, w: Warehouse, first: str) -> None:
    w.location("CON-1", kind=Kind.CONSIGNMENT)
    batch, key = w.batch("TEA"), w.key()
    there = threading.Event()

    def arrive() -> None:
        with db.transaction():
            if first == "rule":
                there.wait(10)
            source, target = w.place(Virtual.SUPPLIER), w.place("CON-1")
            ledger.move(w.by, key=key, batch_id=batch, quantity=1, source=source, target=target, kind=MovementKind.RECEIPT)
            if first == "goods":
                there.set()
                time.sleep(0.3)

    def permit() -> None:
        with db.transaction():
            if first == "goods":
                there.wait(10)
            put_location("CON-1", by=w.by, kind=Kind.CONSIGNMENT, allow_negative=True)
            if first == "rule":
                there.set()
                time.sleep(0.3)

    assert all_at_once(app, [arrive, permit]) == [None, None]
    assert [row.may_be_negative for row in w.stock("TEA", at="CON-1")] == [True]
