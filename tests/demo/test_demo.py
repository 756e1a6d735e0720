"""The demo warehouse: whole, the same on both databases, and with something to do on every screen."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import Any

import pytest
import sqlalchemy as sa

from tests.demo import pages
from tests.warehouse import Warehouse
from wms.actor import Role
from wms.app import Application
from wms.auth import devices, sign_in
from wms.auth.models import Person
from wms.auth.people import create_token
from wms.catalog.gs1 import gtin14
from wms.catalog.models import Product
from wms.db import session, transaction
from wms.demo import build, floor, people, special, walk
from wms.demo.floor import STATIONS, assign_faces, bins
from wms.demo.goods import articles, case_barcode
from wms.demo.sizes import Size
from wms.locations.models import Location
from wms.orders.models import Hold, InboundOrder, InboundStatus, Order, OrderLine, OrderStatus
from wms.orders.services import OrderService
from wms.shipping.models import Load, LoadStatus
from wms.stock.models import Batch, Stock
from wms.stocktake.models import CountPlan, CountStatus
from wms.tasks.models import Task, TaskKind

_seen: dict[str, Any] = {}


# -- on paper ----------------------------------------------------------------------------------------------------------


def test_every_barcode_is_a_valid_one_of_the_example_range() -> None:
    goods = articles(Size.FULL)
    codes = [code for one in goods for code in (one.ean, case_barcode(one))]
    assert all(gtin14(code) for code in codes)
    assert len(set(codes)) == len(codes)
    assert all(one.ean.startswith("690") and len(one.ean) == 13 for one in goods)


def test_the_full_house_has_forty_styles_and_three_hundred_locations() -> None:
    goods, racks = articles(Size.FULL), bins(Size.FULL)
    assert 160 <= len(goods) <= 240
    assert len({one.style.code for one in goods}) >= 40
    assert len(racks) + len(STATIONS) == 300
    assert len({one.at for one in racks}) == len(racks)


def test_a_product_keeps_its_barcode_and_the_walk_its_bin_in_both_sizes() -> None:
    full = {one.sku: one.ean for one in articles(Size.FULL)}
    assert len(articles(Size.SMALL)) == 40
    assert all(full[one.sku] == one.ean for one in articles(Size.SMALL))
    for size in Size:
        assert assign_faces(bins(size), articles(size))[walk.BIN].sku == walk.SKU


def test_pick_faces_hold_what_fits_into_them() -> None:
    for one in articles(Size.FULL):
        length, width, height = one.family.box_mm
        assert one.family.maximum * length * width * height <= 480_000_000, one.sku


# -- loaded ------------------------------------------------------------------------------------------------------------


@pytest.mark.sqlite
def test_the_house_that_make_run_opens_can_be_built(app: Application) -> None:
    assert walk.INBOUND in build.load(size="full")
    every_kind_of_work_waits()


def test_every_screen_has_something_to_do(app: Application) -> None:
    said = build.load(size="small", seed=7)
    assert walk.INBOUND in said
    orders_stand_at_every_stage()
    every_kind_of_work_waits()
    goods_are_of_all_ages()
    everybody_may_sign_in()
    the_one_who_signs_in_as_picker_has_free_hands()
    trucks_drive_for_loads()
    some_orders_ask_for_more_than_counting()
    the_same_seed_builds_the_same_house()
    session.close()  # pages read with connections of their own: ours does not stay in a transaction meanwhile
    every_page_opens(app)
    the_first_walk_is_as_the_readme_tells_it(app)
    the_second_walk_takes_them_out_of_the_gate(app)
    several_orders_are_picked_on_the_cart_as_the_readme_tells_it(app)


def orders_stand_at_every_stage() -> None:
    assert {S for (S,) in session.execute(sa.select(Order.status).distinct())} == set(OrderStatus)
    holds = set(session.execute(sa.select(Hold.code).where(Hold.lifted_at.is_(None))).scalars())
    assert holds == {"credit_limit", "credit_days", "settlement", "stock", "suitable_stock", "address", "manual"}
    assert {S for (S,) in session.execute(sa.select(InboundOrder.status).distinct())} == set(InboundStatus)
    assert {S for (S,) in session.execute(sa.select(Load.status).distinct())} == {LoadStatus.LOADING, LoadStatus.CLOSED, LoadStatus.LEFT}
    assert {S for (S,) in session.execute(sa.select(CountPlan.status).distinct())} == set(CountStatus)


def every_kind_of_work_waits() -> None:
    waiting = set(session.execute(sa.select(Task.kind).where(Task.status == "open")).scalars())
    assert waiting >= {TaskKind.PUTAWAY, TaskKind.REPLENISH, TaskKind.PICK, TaskKind.PUT_BACK, TaskKind.COUNT, TaskKind.LOAD}


def goods_are_of_all_ages() -> None:
    conditions = set(session.execute(sa.select(Stock.condition).where(Stock.on_hand > 0)).scalars())
    assert conditions == {"good", "damaged", "inspection", "blocked"}
    oldest, youngest = session.execute(sa.select(sa.func.min(Batch.received_on), sa.func.max(Batch.received_on))).one()
    assert (youngest - oldest).days > 150


def everybody_may_sign_in() -> None:
    for one in people.sign_ins():
        assert sign_in.check_password(one["name"], one["password"]).right
        assert sign_in.check_pin(one["badge"], one["pin"]).right
    assert {one["role"] for one in people.sign_ins()} == {role.text.both() for role in Role}
    with transaction():
        for code in walk.DEVICE_CODES:
            devices.enrol(code)


def the_one_who_signs_in_as_picker_has_free_hands() -> None:
    shown = {one["name"] for one in people.sign_ins()}
    holding = session.execute(sa.select(Person.code).join(Task, Task.person_id == Person.id).where(Task.status == "claimed")).scalars()
    assert not shown & set(holding)


def trucks_drive_for_loads() -> None:
    rows = session.execute(sa.select(Load.vehicle_id, Load.max_weight_grams)).all()
    assert rows
    assert all(vehicle and most for vehicle, most in rows)


def some_orders_ask_for_more_than_counting() -> None:
    asked = sa.select(Product.sku, Order.status).join(OrderLine, OrderLine.product_id == Product.id).join(Order)
    found = session.execute(asked.where(Product.sku.in_([special.NUMBERED, special.WEIGHED]))).all()
    assert sorted(map(tuple, found)) == [(special.NUMBERED, "released"), (special.WEIGHED, "released")]
    services = sa.select(Order.status, OrderService.code).join(OrderService, OrderService.order_id == Order.id)
    assert sorted(map(tuple, session.execute(services))) == [("picked", "gift_wrap"), ("picked", "insert"), ("released", "gift_wrap")]


def the_same_seed_builds_the_same_house() -> None:
    stock = session.execute(
        sa.select(Product.sku, Location.code, Batch.lot, Stock.condition, Stock.on_hand, Stock.reserved)
        .join(Product, Product.id == Stock.product_id)
        .join(Location, Location.id == Stock.location_id)
        .join(Batch, Batch.id == Stock.batch_id)
    ).all()
    lines = session.execute(
        sa.select(Order.number, Order.status, Product.sku, OrderLine.ordered, OrderLine.picked)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .join(Product, Product.id == OrderLine.product_id)
    ).all()
    house = {"stock": Counter(map(tuple, stock)), "lines": Counter(map(tuple, lines))}
    assert house == _seen.setdefault("house", house)


def the_first_walk_is_as_the_readme_tells_it(app: Application) -> None:
    with transaction():
        _, token = create_token("walk", Role.RECEIVER)
    client, keys = app.test_client(), itertools.count()

    def scan(flow: str, text: str) -> dict[str, Any]:
        address, header = f"/api/v1/scan/{flow}", {"Authorization": f"Bearer {token}"}
        version = client.get(address, headers=header).json["version"]
        answer = client.post(address, headers=header, json={"scan": text, "version": version, "key": f"walk-{next(keys)}"})
        assert answer.status_code == 200, answer.text
        screen: dict[str, Any] = answer.json
        assert screen["message"]["tone"] != "stop", screen
        return screen

    for text in (walk.INBOUND, walk.DOCK, walk.EAN, str(walk.QUANTITY)):
        scan("receive", text)
    received = scan("receive", str(walk.QUANTITY))
    assert received["printed"][0]["kind"] == "handling-unit"
    scan("putaway", str(scan("putaway", "CMD:NEXT")["expected"]))
    assert scan("putaway", walk.BIN)["message"]["tone"] == "good"


def the_second_walk_takes_them_out_of_the_gate(app: Application) -> None:
    """Follows the screens: of codes that they do not show it knows only the order's number, which each of them takes."""
    roles = (Role.SUPERVISOR, Role.PICKER, Role.PACKER, Role.DISPATCHER, Role.GATE)
    with transaction():
        tokens = {role: create_token(f"out {role.value}", role)[1] for role in roles}
    client, keys = app.test_client(), itertools.count()

    def desk(address: str, **body: Any) -> Any:
        header = {"Authorization": f"Bearer {tokens[Role.SUPERVISOR]}", "Idempotency-Key": f"out-{next(keys)}"}
        answer = client.post(f"/api/v1/{address}", headers=header, json=body)
        assert answer.status_code in (200, 201), answer.text
        return answer.json

    def scan(role: Role, flow: str, *texts: str) -> dict[str, Any]:
        header, screen = {"Authorization": f"Bearer {tokens[role]}"}, {}
        for text in texts:
            screen = client.get(f"/api/v1/scan/{flow}", headers=header).json
            scanned = {"scan": text or screen["expected"], "version": screen["version"], "key": f"out-{next(keys)}"}
            screen = client.post(f"/api/v1/scan/{flow}", headers=header, json=scanned).json
            assert screen["message"]["tone"] != "stop", (text, screen)
        return screen

    number = desk("orders", customer=walk.CUSTOMER, lines=[{"sku": walk.SKU, "quantity": walk.ORDERED}])["number"]
    assert desk(f"orders/{number}/release")["status"] == "released"
    desk("waves", orders=[number], method="single", seconds=0)
    scan(Role.PICKER, "pick", number, walk.BIN, walk.EAN, str(walk.ORDERED), walk.BENCH)
    scan(Role.PACKER, "pack", walk.BENCH, number, *[walk.EAN] * walk.ORDERED, "CMD:DONE")
    load = desk("loads", orders=[number], vehicle=walk.TRUCK, door=walk.DOOR)
    closed = scan(Role.DISPATCHER, "load", number, "", "SEAL-1")
    gate_pass = next(one["number"] for one in closed["printed"] if one["kind"] == "gate-pass")
    scan(Role.GATE, "gate", gate_pass, gate_pass)
    left = sa.select(Order.status).where(Order.number == number)
    assert session.execute(left).scalar_one() == OrderStatus.SHIPPED, load
    session.rollback()


def several_orders_are_picked_on_the_cart_as_the_readme_tells_it(app: Application) -> None:
    with transaction():
        tokens = {role: create_token(role.value, role)[1] for role in (Role.SUPERVISOR, Role.PICKER)}
    client, keys = app.test_client(), itertools.count()
    header = {"Authorization": f"Bearer {tokens[Role.SUPERVISOR]}", "Idempotency-Key": "cart"}
    planned = client.post("/api/v1/waves", headers=header, json={"method": "cluster", "cart": floor.CART, "seconds": 1})
    assert planned.status_code == 201, planned.text
    number = next(one["number"] for one in planned.json["pick_lists"] if one["method"] == "cluster")
    header = {"Authorization": f"Bearer {tokens[Role.PICKER]}"}
    left = list(floor.TOTES)
    screen = client.get("/api/v1/scan/pick", headers=header).json
    while screen["step"] in ("document", "tote"):
        text = left.pop(0) if screen["step"] == "tote" else number
        scanned = {"scan": text, "version": screen["version"], "key": f"cart-{next(keys)}"}
        screen = client.post("/api/v1/scan/pick", headers=header, json=scanned).json
        assert screen["message"]["tone"] != "stop", screen
    assert screen["step"] == "source"
    assert len(left) < len(floor.TOTES) - 1, "several orders"


def every_page_opens(app: Application) -> None:
    admin = people.sign_ins()[-1]
    seen = list(pages.visit(pages.sign_in(app, admin["name"], admin["password"])))
    assert [(address, status) for address, status in seen if status != 200] == []
    assert len(seen) > 50


def test_a_house_with_goods_in_it_is_refused(w: Warehouse) -> None:
    w.product("APPLE")
    with pytest.raises(build.NotEmpty) as refusal:
        build.load(size="small", seed=7)
    assert "products" in refusal.value.say("en")
    assert session.execute(sa.select(sa.func.count()).select_from(Person)).scalar_one() == 1
