"""Vehicles and routes at the desk: lists, and forms to enter and change them."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from wms.actor import Permission
from wms.catalog.models import Partner, Temperature
from wms.db import session
from wms.i18n import T, Text
from wms.shipping import drivers, fleet, queries, routes
from wms.shipping.fleet_api import NewVehicle, RouteIn, VehicleIn
from wms.shipping.models import Route, Vehicle
from wms.web import access
from wms.web.access import allow
from wms.web.api import Code
from wms.web.navigation import HOUSE, Entry
from wms.web.render import render
from wms.web.typed import Row, altered, entered, field, fields, in_thousands, more_rows, padded, thousandths, typed_rows

blueprint = Blueprint("fleet", __name__)
navigation = [
    Entry(HOUSE, T("Vehicles", "车辆"), "fleet.vehicles", Permission.LOAD),
    Entry(HOUSE, T("Routes", "线路"), "fleet.routes_index", Permission.LOAD),
]


_VEHICLE, _ROUTE = T("Vehicle {code} saved", "车辆 {code} 已保存"), T("Route {code} saved", "线路 {code} 已保存")


def _saved(text: Text, endpoint: str) -> ResponseReturnValue:
    flash(text.say(access.language()), "good")
    return redirect(url_for(endpoint))


def _carrier_code(partner_id: int | None) -> str:
    return session.get_one(Partner, partner_id).code if partner_id else ""


# -- vehicles ----------------------------------------------------------------------------------------------------------


@blueprint.get("/vehicles")
@allow(Permission.LOAD)
def vehicles() -> ResponseReturnValue:
    """The fleet."""
    names = dict(queries.carriers())
    rows = [(one, names.get(_carrier_code(one.carrier_id)), fleet.capacity_of(one)) for one in fleet.vehicles()]
    return render("shipping/vehicles", rows=rows)


@blueprint.get("/vehicles/new")
@allow(Permission.MASTER_DATA)
def new_vehicle() -> ResponseReturnValue:
    """The form for a vehicle."""
    return _vehicle_form({}, {"in_service": True})


@blueprint.post("/vehicles/new")
@allow(Permission.MASTER_DATA)
def create_vehicle() -> ResponseReturnValue:
    """Puts the typed vehicle in."""
    code, errors = entered(NewVehicle, _typed_vehicle(), there=fleet.by_code)
    return _saved(_VEHICLE.with_facts(code=code), "fleet.vehicles") if code else (_vehicle_form(errors), 422)


@blueprint.get("/vehicles/<path:code>/edit")
@allow(Permission.MASTER_DATA)
def edit_vehicle(code: str) -> ResponseReturnValue:
    """The form for a vehicle as it stands."""
    found = fleet.find_vehicle(code)
    same = {name: getattr(found, name) or "" for name in ("name", "plate", "driver", "pallet_places", "temperature")}
    kilos, cubic = in_thousands(found.max_weight_grams), in_thousands(found.max_volume_cm3 and found.max_volume_cm3 // 1000)
    values = {
        "max_weight": kilos,
        "max_volume": cubic,
        "in_service": found.in_service,
        "carrier": _carrier_code(found.carrier_id),
        "driver_code": drivers.code_of(found.driver_id) or "",
    }
    if found.driver_id:
        same["driver"] = ""
    return _vehicle_form({}, {**same, **values}, found)


@blueprint.post("/vehicles/<path:code>/edit")
@allow(Permission.MASTER_DATA)
def change_vehicle(code: str) -> ResponseReturnValue:
    """Makes the vehicle what was typed."""
    changed, errors = altered(VehicleIn, _typed_vehicle(), find=lambda: fleet.find_vehicle(code))
    if changed:
        return _saved(_VEHICLE.with_facts(code=changed), "fleet.vehicles")
    return _vehicle_form(errors, found=fleet.find_vehicle(code)), 422


def _typed_vehicle() -> dict[str, Any]:
    """Typed in kg and m³, kept in grams and cm³."""
    weight, litres = thousandths("max_weight"), thousandths("max_volume")
    cm3 = litres * 1000 if isinstance(litres, int) else litres
    places = field("pallet_places")
    return {
        **fields("name", "plate", "carrier", "driver", "driver_code", "temperature"),
        **({"max_weight_grams": weight} if weight is not None else {}),
        **({"max_volume_cm3": cm3} if cm3 is not None else {}),
        **({"pallet_places": places} if places else {}),
        "in_service": bool(field("in_service")),
    }


_NO_NUMBER = T("must be a number, such as 2.5", "须为数字，例如 2.5")


def _vehicle_form(errors: dict[str, str], values: Any = None, found: Vehicle | None = None) -> str:
    for name, typed in (("max_weight_grams", "max_weight"), ("max_volume_cm3", "max_volume")):
        if name in errors and isinstance(thousandths(typed), str):
            errors[name] = _NO_NUMBER.say(access.language())
    return render(
        "shipping/vehicle_form",
        vehicle=found,
        errors=errors,
        values=request.form if values is None else values,
        fresh=values is not None,
        carriers=queries.carriers(),
        drivers=drivers.listed(site_id=None, before=found.driver_id if found else None),
        temperatures=Temperature,
    )


# -- routes ------------------------------------------------------------------------------------------------------------

_AREA = {"region": T("Region", "省/自治区"), "city": T("City", "城市"), "postcode": T("Postcode begins with", "邮编开头")}


class NewRoute(RouteIn):
    """A route with its code."""

    code: Code


@blueprint.get("/routes")
@allow(Permission.LOAD)
def routes_index() -> ResponseReturnValue:
    """The routes."""
    names = dict(queries.carriers())
    rows = [(one, names.get(_carrier_code(one.carrier_id)), [str(area) for area in routes.areas_of(one)]) for one in routes.routes()]
    return render("shipping/routes", rows=rows)


@blueprint.get("/routes/new")
@allow(Permission.MASTER_DATA)
def new_route() -> ResponseReturnValue:
    """The form for a route."""
    return _route_form(typed_rows(*_AREA, prefix="area_"), {}, {})


@blueprint.post("/routes/new")
@allow(Permission.MASTER_DATA)
def create_route() -> ResponseReturnValue:
    """Puts the typed route in."""
    rows = typed_rows(*_AREA, prefix="area_")
    if field("do") == "more":
        return _route_form(more_rows(rows), {})
    code, errors = entered(NewRoute, _typed_route(), there=routes.by_code, labels=_AREA, areas=rows)
    return _saved(_ROUTE.with_facts(code=code), "fleet.routes_index") if code else (_route_form(rows, errors), 422)


@blueprint.get("/routes/<path:code>/edit")
@allow(Permission.MASTER_DATA)
def edit_route(code: str) -> ResponseReturnValue:
    """The form for a route as it stands."""
    found = routes.find_route(code)
    rows = [{"region": one.region or "", "city": one.city or "", "postcode": one.postcode or ""} for one in routes.areas_of(found)]
    values = {"name": found.name, "cut_off": found.cut_off or "", "carrier": _carrier_code(found.carrier_id)}
    return _route_form(padded(rows, *_AREA), {}, values, found)


@blueprint.post("/routes/<path:code>/edit")
@allow(Permission.MASTER_DATA)
def change_route(code: str) -> ResponseReturnValue:
    """Makes the route what was typed."""
    rows, found = typed_rows(*_AREA, prefix="area_"), routes.find_route(code)
    if field("do") == "more":
        return _route_form(more_rows(rows), {}, found=found)
    changed, errors = altered(RouteIn, _typed_route(), find=lambda: routes.find_route(code), labels=_AREA, areas=rows)
    if changed:
        return _saved(_ROUTE.with_facts(code=changed), "fleet.routes_index")
    return _route_form(rows, errors, found=routes.find_route(code)), 422


def _typed_route() -> dict[str, str]:
    return fields("name", "carrier", "cut_off")


def _route_form(rows: list[Row], errors: dict[str, str], values: Any = None, found: Route | None = None) -> str:
    return render(
        "shipping/route_form",
        route=found,
        rows=rows,
        columns=_AREA,
        errors=errors,
        values=request.form if values is None else values,
        fresh=values is not None,
        carriers=queries.carriers(),
    )
