"""Builds the demo warehouse: one shoe and apparel distribution centre in Zhengzhou, the same from the same seed.

Everything goes through the operations, in one transaction: a demo is whole or it is not there.
"""

from __future__ import annotations

import time
from random import Random

import sqlalchemy as sa

from wms.catalog.models import Partner, Product
from wms.db import session, transaction
from wms.demo import counts, dispatch, inspections, people, special, walk
from wms.demo.cartons import put_boxes
from wms.demo.floor import assign_faces, bins, put_cart, put_floor
from wms.demo.goods import articles, put_goods
from wms.demo.hands import Hands
from wms.demo.inbound import Inbound
from wms.demo.opening import Opening
from wms.demo.outbound import Outbound
from wms.demo.partners import put_partners
from wms.demo.returned import Returned
from wms.demo.sizes import Size
from wms.errors import Refused
from wms.i18n import T
from wms.locations.models import Kind, Location
from wms.locations.sites import MAIN, ensure_site
from wms.orders.models import InboundOrder, Order
from wms.picking import bringing, lookahead, replenishment

NAME = "郑州一号 Zhengzhou One"


class NotEmpty(Refused):
    """The demo is for an empty database, so that it never mixes with real goods."""

    code = "database_not_empty"
    sentence = T("The database is not empty: it has {what} already", "数据库非空：已有{what}")
    advice = T("Use an empty database for the demo", "请使用空数据库加载演示仓库")


def load(*, size: str = Size.FULL, seed: int = 1) -> str:
    """Loads the demo into an empty database; returns what it built, in words. Raises NotEmpty."""
    started = time.monotonic()
    chosen, random = Size(size), Random(seed)  # noqa: S311  (a story, not a secret)
    with transaction():
        _must_be_empty()
        site = ensure_site(MAIN, NAME)
        site.name = NAME
        crew = people.take_on(site.id)
        goods, racks = articles(chosen), bins(chosen)
        products = put_goods(goods)
        put_partners()
        put_boxes()
        faces = assign_faces(racks, goods)
        put_floor(racks, faces, by=crew["admin"])
        put_cart(by=crew["admin"])
        opening = Opening(crew, faces, racks, random)
        opening.stock(goods, chosen)
        counts.count_for_weeks(crew, opening.pieces, chosen)
        special.put_special(by=crew["supervisor"])
        dispatch.put_trucks(by=crew["dispatcher"])
        inspections.open_waiting(by=crew["supervisor"])
        hands = Hands()
        inspections.put_rules(by=crew["supervisor"])
        Inbound(crew, hands, goods, chosen).bring()
        Outbound(crew, hands, goods, opening.pieces, chosen, random).send()
        Returned(crew, hands).come_back()
        replenishment.refill(site.id, [one.id for one in products if one.sku in opening.low])
        hands.replenish(by=crew["picker2"], tasks=chosen.of(3))
        lookahead.look_ahead(site.id)
        bringing.next_task(by=crew["picker2"])
        counts.open_counts(crew)
        return _summary(time.monotonic() - started)


def _must_be_empty() -> None:
    for model, words in (
        (Product, T("products", "商品")),
        (Partner, T("partners", "往来单位")),
        (Location, T("locations", "库位")),
        (InboundOrder, T("inbound orders", "到货通知")),
        (Order, T("orders", "订单")),
    ):
        found = sa.select(sa.literal(1)).select_from(model).limit(1)
        if model is Location:
            found = found.where(Location.kind != Kind.VIRTUAL.value)
        if session.execute(found).first():
            raise NotEmpty(what=words)


def _summary(seconds: float) -> str:
    def number(model: type[object], *conditions: sa.ColumnElement[bool]) -> int:
        return session.execute(sa.select(sa.func.count()).select_from(model).where(*conditions)).scalar_one()

    real = Location.kind != Kind.VIRTUAL.value
    lines = [
        f"{NAME} is open: {number(Product)} products, {number(Location, real)} locations, {number(Partner)} partners, "
        f"{number(InboundOrder)} inbound orders, {number(Order)} orders; {seconds:.1f} s.",
        "",
        *(f"{one['role']:<24} {one['name']:<12} {one['password']}   badge {one['badge']}  PIN {one['pin']}" for one in people.sign_ins()),
        "",
        f"Handhelds are enrolled with {', '.join(walk.DEVICE_CODES)} (each once, within a day).",
        f"Begin with: {', '.join(f'{one.en.lower()} {one.text}' for one in walk.BARCODES)}.",
    ]
    return "\n".join(lines)
