"""Two products that ask for more than counting: watches with a serial number each, and hides that are sold by their weight."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from wms import clock
from wms.actor import Actor
from wms.catalog.models import Tracking
from wms.catalog.products import put_product
from wms.db import session
from wms.demo.goods import COMPANY, gtin
from wms.locations.models import Kind, Location
from wms.stock.models import Stock
from wms.stock.operations import adjust

NUMBERED, WEIGHED = "GW-3001", "LE-5001"
SERIALS = tuple(f"GW26A{number:04d}" for number in range(117, 123))
HIDES = 18
_EAN = {NUMBERED: gtin(f"{COMPANY}09001"), WEIGHED: gtin(f"{COMPANY}09002")}


def put_special(*, by: Actor) -> None:
    """Puts both products in, and what there is of them into two empty bins."""
    put_product(
        NUMBERED,
        name="儿童定位手表",
        name_zh="儿童定位手表",
        name_en="GPS watch for children",
        tracking=Tracking.SERIAL,
        weight_grams=140,
        length_mm=110,
        width_mm=90,
        height_mm=80,
        abc="B",
        barcodes=[_EAN[NUMBERED]],
    )
    put_product(
        WEIGHED,
        name="植鞣头层皮（按张计重）",
        name_zh="植鞣头层皮（按张计重）",
        name_en="Vegetable-tanned hide, sold by weight",
        catch_weight=True,
        weight_grams=2_400,
        length_mm=600,
        width_mm=300,
        height_mm=40,
        abc="C",
        barcodes=[_EAN[WEIGHED]],
    )
    watches, hides = _empty_bins(by)
    received = clock.today() - dt.timedelta(days=12)
    for serial in SERIALS:
        adjust(NUMBERED, watches, 1, by=by, key=f"special:{serial}", lot=serial, received_on=received, reason="期初库存 Opening stock")
    adjust(WEIGHED, hides, HIDES, by=by, key="special:hides", received_on=received, reason="期初库存 Opening stock")


def _empty_bins(by: Actor) -> list[str]:
    """Two bins for any goods that hold nothing, the last of the hall."""
    holds = sa.select(Stock.location_id).where(Stock.on_hand != 0)
    free = sa.select(Location.code).where(
        Location.site_id == by.site_id,
        Location.kind == Kind.STORAGE.value,
        Location.storage_class.is_(None),
        Location.id.not_in(holds),
    )
    return list(session.execute(free.order_by(Location.code_key.desc()).limit(2)).scalars())
