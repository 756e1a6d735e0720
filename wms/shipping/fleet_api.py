"""Vehicles and routes over the API."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from pydantic import Field, StringConstraints

from wms.actor import Permission
from wms.catalog.models import Partner, Temperature
from wms.db import session
from wms.shipping import drivers, fleet, routes
from wms.shipping.fleet import Capacity
from wms.shipping.models import Route, Vehicle
from wms.shipping.routes import Area
from wms.web.api import Answer, Api, Body, Code, Items, code_in_address

api = Api("fleet")

Grams = Annotated[int, Field(ge=1, le=10**9)]
Cm3 = Annotated[int, Field(ge=1, le=10**9)]
Places = Annotated[int, Field(ge=1, le=200)]
Short = Annotated[str, StringConstraints(strip_whitespace=True, max_length=80)]
Plate = Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)]
Part = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)]
Clock = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


class CapacityIn(Body):
    """What may go on a truck. What is left out nobody has said, and nothing is held to it."""

    max_weight_grams: Grams | None = None
    max_volume_cm3: Cm3 | None = None
    pallet_places: Places | None = None
    temperature: Temperature | None = None
    """Goods that are kept otherwise than the house is go only on a truck kept so."""

    def capacity(self) -> Capacity:
        """As the operations take it."""
        return Capacity(self.max_weight_grams, self.max_volume_cm3, self.pallet_places, self.temperature)


class VehicleIn(CapacityIn):
    """A truck that comes again and again."""

    name: Short | None = None
    """What people call it; null: its code."""
    plate: Plate | None = None
    carrier: Code | None = None
    driver: Short | None = None
    """The name of a stranger; whose code is given is called by his own name."""
    driver_code: Code | None = None
    """One of our drivers: he signs off what this vehicle carries."""
    in_service: bool = True

    def put(self, code: str) -> tuple[Vehicle, bool]:
        """Creates the vehicle, or replaces it as a whole; tells whether it is new."""
        facts = self.model_dump(include={"name", "plate", "carrier", "driver", "driver_code", "in_service"})
        return fleet.put_vehicle(code, capacity=self.capacity(), **facts)


class NewVehicle(VehicleIn):
    """A truck with its code: in a form, in a row of a file."""

    code: Code


class VehicleOut(Answer):
    """A vehicle."""

    code: str
    name: str | None
    plate: str | None
    carrier: str | None
    driver: str | None
    driver_code: str | None
    max_weight_grams: int | None
    max_volume_cm3: int | None
    pallet_places: int | None
    temperature: Temperature | None
    in_service: bool
    updated_at: dt.datetime


def _carrier(partner_id: int | None) -> str | None:
    return session.get_one(Partner, partner_id).code if partner_id else None


def vehicle_shown(one: Vehicle) -> VehicleOut:
    """A vehicle as the API answers it."""
    same = {name: getattr(one, name) for name in VehicleOut.model_fields if name not in ("carrier", "driver_code", "temperature")}
    driver = drivers.code_of(one.driver_id)
    return VehicleOut(carrier=_carrier(one.carrier_id), driver_code=driver, temperature=fleet.capacity_of(one).temperature, **same)


@api.put("/vehicles/<path:code>", Permission.MASTER_DATA, body=VehicleIn, answer=VehicleOut)
def put_vehicle(code: str, body: VehicleIn) -> tuple[VehicleOut, int]:
    """Creates or replaces a vehicle.

    A load whose `vehicle` names it takes over its plate, driver, carrier and capacity. Loads that are planned keep what they took over.
    """
    one, new = body.put(code_in_address(code))
    return vehicle_shown(one), 201 if new else 200


@api.get("/vehicles/<path:code>", Permission.IN_HOUSE, answer=VehicleOut)
def get_vehicle(code: str) -> VehicleOut:
    """One vehicle."""
    return vehicle_shown(fleet.find_vehicle(code))


@api.get("/vehicles", Permission.IN_HOUSE, answer=Items[VehicleOut])
def get_vehicles() -> Items[VehicleOut]:
    """All vehicles, by code."""
    return Items(items=[vehicle_shown(one) for one in fleet.vehicles()])


class AreaIn(Body):
    """A part of the country. What is left out fits everything; a postcode fits all that begin with it."""

    region: Part | None = None
    city: Part | None = None
    postcode: Annotated[str, StringConstraints(strip_whitespace=True, max_length=30)] | None = None


class RouteIn(Body):
    """Where trucks go together; its areas stand in delivery order."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    areas: Annotated[list[AreaIn], Field(max_length=500)] = Field(default_factory=list)
    carrier: Code | None = None
    cut_off: Clock | None = None
    """`16:00` on the house's clock: by then its trucks are closed."""

    def put(self, code: str) -> tuple[Route, bool]:
        """Creates the route, or replaces it as a whole; tells whether it is new."""
        areas = [Area(one.region or None, one.city or None, one.postcode or None) for one in self.areas]
        cut_off = dt.time.fromisoformat(self.cut_off) if self.cut_off else None
        return routes.put_route(code, name=self.name, areas=areas, carrier=self.carrier, cut_off=cut_off)


class AreaOut(Answer):
    """A part of the country."""

    region: str | None
    city: str | None
    postcode: str | None


class RouteOut(Answer):
    """A route."""

    code: str
    name: str
    areas: list[AreaOut]
    carrier: str | None
    cut_off: str | None
    updated_at: dt.datetime


def route_shown(one: Route) -> RouteOut:
    """A route as the API answers it."""
    areas = [AreaOut(region=area.region, city=area.city, postcode=area.postcode) for area in routes.areas_of(one)]
    return RouteOut(
        code=one.code, name=one.name, areas=areas, carrier=_carrier(one.carrier_id), cut_off=one.cut_off, updated_at=one.updated_at
    )


@api.put("/routes/<path:code>", Permission.MASTER_DATA, body=RouteIn, answer=RouteOut)
def put_route(code: str, body: RouteIn) -> tuple[RouteOut, int]:
    """Creates or replaces a route.

    An order belongs to the route with the area that says most about its address: a city goes before its region, a longer postcode
    before a shorter one.
    """
    one, new = body.put(code_in_address(code))
    return route_shown(one), 201 if new else 200


@api.get("/routes/<path:code>", Permission.IN_HOUSE, answer=RouteOut)
def get_route(code: str) -> RouteOut:
    """One route."""
    return route_shown(routes.find_route(code))


@api.get("/routes", Permission.IN_HOUSE, answer=Items[RouteOut])
def get_routes() -> Items[RouteOut]:
    """All routes, by code."""
    return Items(items=[route_shown(one) for one in routes.routes()])
