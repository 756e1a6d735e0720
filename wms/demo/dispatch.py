"""What goods leave with: the house's trucks and its routes, what a carrier numbers by himself, how strictly the bench looks."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from wms.actor import Actor
from wms.shipping import booking, checks, fleet, routes
from wms.shipping.bench_models import CheckPolicy
from wms.shipping.checks import Rule
from wms.shipping.fleet import Capacity
from wms.shipping.routes import Area


@dataclass(frozen=True)
class Truck:
    """A vehicle that comes every day, with whoever drives it."""

    code: str
    name: str
    plate: str
    driver: str
    carrier: str
    capacity: Capacity
    driver_code: str | None = None


_MEDIUM, _LARGE = Capacity(1_800_000, 16_000_000, 8), Capacity(8_000_000, 45_000_000, 18)
TRUCKS = (
    Truck("TRUCK-1", "4.2 m 厢车", "豫A·8F213", "李师傅 Li", "V-ZHONGYUAN", _MEDIUM, "driver2"),
    Truck("TRUCK-2", "4.2 m 厢车", "豫A·77K05", "高师傅 Gao", "V-ZHONGYUAN", _MEDIUM, "driver"),
    Truck("TRUCK-3", "4.2 m 厢车", "豫A·3M891", "赵师傅 Zhao", "V-ZHONGYUAN", _MEDIUM),
    Truck("TRUCK-4", "6.8 m 厢车", "豫A·5N402", "钱师傅 Qian", "V-ZHONGYUAN", _LARGE),
    Truck("TRUCK-5", "微型面包车 small van", "豫A·2E668", "孙师傅 Sun", "V-SHUNTU", Capacity(400_000, 2_500_000, 1)),
)
FROM_ABROAD = Truck("TRUCK-HH", "Sattelzug 40 t", "HH-NF 2040", "Jens Petersen", "V-NORDFRACHT", Capacity(24_000_000, 85_000_000, 33))

ROUTES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("R-WEST", "西线 west", ("焦作", "洛阳", "三门峡")),
    ("R-NORTH", "北线 north", ("新乡", "安阳", "邯郸")),
    ("R-EAST", "东线 east", ("开封", "商丘")),
    ("R-SOUTH", "南线 south", ("许昌", "周口", "驻马店", "信阳", "南阳")),
)
LEAVES_AT = dt.time(18, 30)

STRICT, TRUSTED = "C-1003", "SK-1501-36-40"
"""A customer who gets nothing unchecked, and a product that nobody looks at twice."""


def put_trucks(*, by: Actor) -> None:
    """Vehicles, routes, a carrier's range of numbers, and the rules of the bench."""
    for one in (*TRUCKS, FROM_ABROAD):
        fleet.put_vehicle(
            one.code,
            name=one.name,
            plate=one.plate,
            carrier=one.carrier,
            driver=one.driver,
            driver_code=one.driver_code,
            capacity=one.capacity,
        )
    for code, name, cities in ROUTES:
        routes.put_route(code, name=name, areas=[Area(city=city) for city in cities], cut_off=LEAVES_AT)
    booking.put_account("V-SHUNTU", "own_range", {"service": "ST", "country": "CN", "first": 40_001, "last": 49_999}, by=by)
    checks.put(Rule(CheckPolicy.EVERY), customer=STRICT)
    checks.put(Rule(CheckPolicy.TRUST), sku=TRUSTED)
