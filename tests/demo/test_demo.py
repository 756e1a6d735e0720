"""The demo warehouse: whole, the same on both databases, and with something to do on every screen."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import sqlalchemy as sa

from tests.warehouse import Warehouse
from wms.actor import Actor, Role
from wms.app import Application
from wms.auth import devices, sign_in
from wms.auth.models import Person
from wms.catalog.gs1 import gtin14
from wms.catalog.models import Product
from wms.db import session, transaction
from wms.demo import build, people, walk
from wms.demo.floor import STATIONS, assign_faces, bins
from wms.demo.goods import articles, case_barcode
from wms.demo.hands import Hands
from wms.demo.sizes import Size
from wms.locations.models import Location, Site
from wms.orders.models import Hold, InboundOrder, InboundStatus, Order, OrderLine, OrderStatus
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


def test_every_screen_has_something_to_do(app: Application) -> None:
    said = build.load(size="small", seed=7)
    assert walk.INBOUND in said
    orders_stand_at_every_stage()
    every_kind_of_work_waits()
    goods_are_of_all_ages()
    everybody_may_sign_in()
    the_same_seed_builds_the_same_house()
    the_first_walk_leads_to_its_bin()


def orders_stand_at_every_stage() -> None:
    assert {S for (S,) in session.execute(sa.select(Order.status).distinct())} == set(OrderStatus)
    holds = set(session.execute(sa.select(Hold.code).where(Hold.lifted_at.is_(None))).scalars())
    assert holds == {"credit_limit", "credit_days", "settlement", "stock", "suitable_stock", "address", "manual"}
    assert {S for (S,) in session.execute(sa.select(InboundOrder.status).distinct())} == set(InboundStatus) - {InboundStatus.ARRIVING}
    assert {S for (S,) in session.execute(sa.select(Load.status).distinct())} == {LoadStatus.LOADING, LoadStatus.CLOSED, LoadStatus.LEFT}
    assert {S for (S,) in session.execute(sa.select(CountPlan.status).distinct())} == set(CountStatus) - {CountStatus.REFUSED}


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


def the_first_walk_leads_to_its_bin() -> None:
    person = session.execute(sa.select(Person).where(Person.code == "receiver")).scalar_one()
    site_id = session.execute(sa.select(Site.id)).scalar_one()
    by = Actor(person.id, person.code, person.name, frozenset({Role.RECEIVER}), site_id)
    with transaction():
        receipt = Hands("walk").take_in(walk.INBOUND, walk.SKU, walk.QUANTITY, by=by, dock=walk.DOCK)
        assert session.get_one(Location, receipt.task.target_id).code == walk.BIN


def test_a_house_with_goods_in_it_is_refused(w: Warehouse) -> None:
    w.product("APPLE")
    with pytest.raises(build.NotEmpty) as refusal:
        build.load(size="small", seed=7)
    assert "products" in refusal.value.say("en")
    assert session.execute(sa.select(sa.func.count()).select_from(Person)).scalar_one() == 1
