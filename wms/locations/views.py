"""Locations at the desk: the list with search, filter and export, and one location with what lies there."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue

from wms.actor import Permission
from wms.auth.current import actor
from wms.catalog.models import Product
from wms.db import session
from wms.i18n import T
from wms.locations import places, queries
from wms.locations.models import Kind, Location, Mixing
from wms.web.access import allow
from wms.web.lists import Column, arg, export, page_of, rows_of, wants_export
from wms.web.navigation import HOUSE, Entry
from wms.web.render import render

blueprint = Blueprint("locations", __name__)
navigation = [Entry(HOUSE, T("Locations", "库位"), "locations.index", Permission.SEE_STOCK)]

MIXING = {
    Mixing.ANY: T("Mixed", "可混放"),
    Mixing.ONE_PRODUCT: T("One product", "单一商品"),
    Mixing.ONE_BATCH: T("One batch", "单一批次"),
}
KINDS = [kind for kind in Kind if kind is not Kind.VIRTUAL]
_SORTS: dict[str, Any] = {"code": Location.code_key, "kind": (Location.kind, Location.code_key), "zone": (Location.zone, Location.code_key)}
_COLUMNS = [
    Column(T("Location", "库位"), lambda row: row[0].code),
    Column(T("Kind", "类型"), lambda row: Kind(row[0].kind).text),
    Column(T("Zone", "库区"), lambda row: row[0].zone),
    Column(T("Aisle", "巷道"), lambda row: row[0].aisle),
    Column(T("Assigned to", "指定商品"), lambda row: row[1]),
    Column(T("Minimum", "下限"), lambda row: row[0].assigned_minimum),
    Column(T("Maximum", "上限"), lambda row: row[0].assigned_maximum),
    Column(T("Maximum weight, g", "承重（克）"), lambda row: row[0].max_weight_grams),
    Column(T("Volume, cm³", "容积（立方厘米）"), lambda row: row[0].max_volume_cm3),
    Column(T("Pallets", "托盘数"), lambda row: row[0].max_units),
    Column(T("Mixing", "混放"), lambda row: MIXING[Mixing(row[0].mixing)]),
]


@blueprint.get("/locations")
@allow(Permission.SEE_STOCK)
def index() -> ResponseReturnValue:
    """The locations of this site."""
    kind = arg("kind") if arg("kind") in set(KINDS) else None
    statement = queries.locations(by=actor(), q=arg("q"), kind=kind, zone=arg("zone"))
    if wants_export():
        return export("locations", _COLUMNS, rows_of(statement, _SORTS, "code"))
    page = page_of(statement, _SORTS, "code")
    return render("locations/index", page=page, kinds=KINDS, zones=queries.zones(by=actor()), kind_of=Kind, mixing=MIXING, mixing_of=Mixing)


@blueprint.get("/locations/<path:code>")
@allow(Permission.SEE_STOCK)
def one(code: str) -> ResponseReturnValue:
    """One location."""
    location = places.find_location(code, by=actor())
    assigned = session.get(Product, location.assigned_product_id) if location.assigned_product_id else None
    return render(
        "locations/one",
        location=location,
        kind=Kind(location.kind).text,
        mixing=MIXING[Mixing(location.mixing)],
        assigned=assigned,
        stock_href=url_for("stock.index", location=location.code),
        movements_href=url_for("stock.movements", location=location.code),
    )
