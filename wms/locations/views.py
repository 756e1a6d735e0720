"""Locations at the desk: the list with search, filter and export, and one location with what lies there."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from wms.actor import Permission
from wms.auth.current import actor
from wms.catalog.models import Product, Temperature
from wms.catalog.partners import PartnerKindWrong, PartnerUnknown
from wms.catalog.products import NotCounted, ProductUnknown, typed_of
from wms.db import session, transaction
from wms.errors import Refused
from wms.i18n import T
from wms.locations import places, queries
from wms.locations.api import LocationIn
from wms.locations.documents import label_of
from wms.locations.models import Kind, Location, Mixing
from wms.locations.places import LocationCodeWrong, StillNegative
from wms.printing.views import MOST_LABELS, choice, many
from wms.web import access
from wms.web.access import allow
from wms.web.api import Code
from wms.web.lists import Column, arg, export, page_of, rows_of, wants_export
from wms.web.navigation import HOUSE, Entry
from wms.web.render import render
from wms.web.typed import body_of, field, fields, refused, thousandths, unchanged

blueprint = Blueprint("locations", __name__)
navigation = [Entry(HOUSE, T("Locations", "库位"), "locations.index", Permission.SEE_STOCK)]

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
    Column(T("Height, mm", "限高（毫米）"), lambda row: row[0].max_height_mm),
    Column(T("Temperature", "温区"), lambda row: Temperature(row[0].temperature).text if row[0].temperature else None),
    Column(T("Mixing", "混放"), lambda row: Mixing(row[0].mixing).text),
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
    return render("locations/index", page=page, kinds=KINDS, zones=queries.zones(by=actor()), kind_of=Kind, mixing_of=Mixing)


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
        mixing=Mixing(location.mixing).text,
        temperature=Temperature(location.temperature).text if location.temperature else None,
        assigned=assigned,
        stock_href=url_for("stock.index", location=location.code),
        movements_href=url_for("stock.movements", location=location.code),
    )


# -- labels ------------------------------------------------------------------------------------------------------------


def _chosen() -> sa.Select[Any]:
    kind = arg("kind") if arg("kind") in set(KINDS) else None
    return queries.locations(by=actor(), q=arg("q"), kind=kind, zone=arg("zone"), first=arg("first"), last=arg("last"))


@blueprint.get("/labels/locations")
@allow(Permission.SEE_STOCK)
def labels() -> ResponseReturnValue:
    """Which locations to print labels for: a range of codes, a zone, a kind."""
    files = choice(_chosen(), Location.code_key, Location.code, "locations.label_file", "q", "kind", "zone", "first", "last")
    return render("locations/labels", **files, kinds=KINDS, zones=queries.zones(by=actor()))


@blueprint.get("/labels/locations.<any(pdf, a4, zpl):form>")
@allow(Permission.SEE_STOCK)
def label_file(form: str) -> ResponseReturnValue:
    """The labels of all these locations in one file."""
    found = session.execute(_chosen().order_by(Location.code_key).limit(MOST_LABELS + 1)).scalars()
    return many([label_of(one) for one in found], form, "locations")


# -- entering and changing ---------------------------------------------------------------------------------------------

_PLAIN = (
    *("code", "kind", "zone", "aisle", "bay", "level", "position", "x_mm", "y_mm", "z_mm"),
    *("max_units", "max_height_mm", "mixing", "storage_class", "temperature", "equipment", "partner"),
)
_ABOUT = {
    LocationCodeWrong: "code",
    PartnerUnknown: "partner",
    PartnerKindWrong: "partner",
    ProductUnknown: "assigned_sku",
    StillNegative: "allow_negative",
}
_NO_NUMBER = T("must be a number, as 12.5", "必须是数字，如 12.5")
_IN_THOUSANDS = {"max_weight_grams": "max_weight_kg", "max_volume_cm3": "max_volume_litres"}


class NewLocation(LocationIn):
    """A location with its code, as the form for a new one has it."""

    code: Code


class LocationTaken(Refused):
    """A new location has a new code."""

    code = "location_taken"
    pointer = "/code"
    sentence = T("There is a location {location} already", "库位 {location} 已存在")
    advice = T("Give another code, or edit the one that is there", "请换一个编码，或修改已有库位")


@blueprint.get("/locations/new")
@allow(Permission.MASTER_DATA)
def new() -> ResponseReturnValue:
    """The form for a location, filled in from one that is like it where `like` names it."""
    like = queries.typed_location(places.find_location(arg("like") or "", by=actor())) if arg("like") else {}
    return _form({}, {"kind": Kind.STORAGE.value, "mixing": Mixing.ANY.value, **like})


def _form(errors: dict[str, str], values: Any = None, found: Location | None = None) -> str:
    return render(
        "locations/form",
        location=found,
        errors=errors,
        values=request.form if values is None else values,
        fresh=values is not None,
        kinds=KINDS,
        mixing=list(Mixing),
        temperatures=list(Temperature),
    )


def _typed() -> dict[str, Any]:
    assigned = {name: typed for name in ("sku", "minimum", "maximum") if (typed := field(f"assigned_{name}"))}
    for name in {"minimum", "maximum"} & assigned.keys():
        try:
            assigned[name] = typed_of(assigned.get("sku", ""), assigned[name])
        except NotCounted:
            assigned[name] = "?"  # which the model refuses
    limits = {name: thousandths(shown) for name, shown in _IN_THOUSANDS.items()}
    return {**fields(*_PLAIN), **limits, "allow_negative": bool(field("allow_negative")), "assigned": assigned or None}


def _beside(errors: dict[str, str]) -> dict[str, str]:
    """Sentences beside the fields as the form names them."""
    errors |= {name: _NO_NUMBER.say(access.language()) for name, shown in _IN_THOUSANDS.items() if isinstance(thousandths(shown), str)}
    return {_IN_THOUSANDS.get(name, "assigned_sku" if name == "assigned" else name): said for name, said in errors.items()}


@blueprint.post("/locations/new")
@allow(Permission.MASTER_DATA)
def create() -> ResponseReturnValue:
    """Puts the typed location in."""
    body, errors = body_of(NewLocation, _typed())
    if body is not None:
        with refused(errors, _ABOUT), transaction():
            if places.exists(body.code, by=actor()):
                raise LocationTaken(location=body.code)
            body.put(body.code, by=actor())
        if not errors:
            return _saved(body.code)
    return _form(_beside(errors)), 422


@blueprint.get("/locations/<path:code>/edit")
@allow(Permission.MASTER_DATA)
def edit(code: str) -> ResponseReturnValue:
    """The form for a location as it stands."""
    found = places.find_location(code, by=actor())
    return _form({}, queries.typed_location(found), found)


@blueprint.post("/locations/<path:code>/edit")
@allow(Permission.MASTER_DATA)
def change(code: str) -> ResponseReturnValue:
    """Makes the location what was typed."""
    body, errors = body_of(LocationIn, _typed())
    if body is not None:
        with refused(errors, _ABOUT), transaction():
            found = places.find_location(code, by=actor())
            unchanged(found.code, found.updated_at)
            body.put(found.code, by=actor())
        if not errors:
            return _saved(code)
    return _form(_beside(errors), found=places.find_location(code, by=actor())), 422


def _saved(code: str) -> ResponseReturnValue:
    flash(T("Location {code} saved", "库位 {code} 已保存", code=code).say(access.language()), "good")
    return redirect(url_for("locations.one", code=code))
