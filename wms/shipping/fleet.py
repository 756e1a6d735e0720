"""Vehicles that come again and again: put in whole, found by code, and what a load takes over from its vehicle."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from wms import clock
from wms.actor import Actor
from wms.catalog.models import PartnerKind, Temperature
from wms.db import fold, session
from wms.errors import NotFound, Refused
from wms.i18n import T
from wms.orders.lines import find_partner
from wms.shipping import drivers
from wms.shipping.drivers import Driver
from wms.shipping.models import Load, Vehicle


class VehicleUnknown(NotFound):
    """No vehicle has this code."""

    code = "vehicle_unknown"
    sentence = T("There is no vehicle {vehicle}", "没有此车辆：{vehicle}")
    advice = T("Check the code, or have the vehicle put in", "请核对编码，或先建立该车辆")


class VehicleOutOfService(Refused):
    """It is in the workshop, or was given back."""

    code = "vehicle_out_of_service"
    pointer = "/vehicle"
    sentence = T("Vehicle {vehicle} is out of service", "车辆 {vehicle} 已停用")
    advice = T("Take another one, or put it back into service", "请换一辆，或先恢复使用")


@dataclass(frozen=True)
class Capacity:
    """What may go on a truck; what is None nobody has said, and nothing is held to it."""

    max_weight_grams: int | None = None
    max_volume_cm3: int | None = None
    pallet_places: int | None = None
    temperature: Temperature | None = None

    def __bool__(self) -> bool:
        return any(one is not None for one in (self.max_weight_grams, self.max_volume_cm3, self.pallet_places, self.temperature))

    def loosens(self, before: Capacity) -> bool:
        """Whether more may go on a truck than before, or warmer."""
        pairs = (
            (self.max_weight_grams, before.max_weight_grams),
            (self.max_volume_cm3, before.max_volume_cm3),
            (self.pallet_places, before.pallet_places),
        )
        more = any(was is not None and (now is None or now > was) for now, was in pairs)
        return more or (before.temperature is not None and self.temperature is None)

    def facts(self) -> dict[str, int | str]:
        """What is said of it, as an event keeps it."""
        said = {
            "max_weight_grams": self.max_weight_grams,
            "max_volume_cm3": self.max_volume_cm3,
            "pallet_places": self.pallet_places,
            "temperature": self.temperature.value if self.temperature else None,
        }
        return {name: value for name, value in said.items() if value is not None}


def capacity_of(one: Vehicle | Load) -> Capacity:
    """What a vehicle may carry, or a load."""
    cold = Temperature(one.temperature) if one.temperature else None
    return Capacity(one.max_weight_grams, one.max_volume_cm3, one.pallet_places, cold)


def limit(one: Vehicle | Load, capacity: Capacity) -> None:
    """Writes down what it may carry."""
    one.max_weight_grams, one.max_volume_cm3 = capacity.max_weight_grams, capacity.max_volume_cm3
    one.pallet_places = capacity.pallet_places
    one.temperature = capacity.temperature.value if capacity.temperature else None


def put_vehicle(
    code: str,
    *,
    name: str | None = None,
    plate: str | None = None,
    carrier: str | None = None,
    driver: str | None = None,
    driver_code: str | None = None,
    capacity: Capacity | None = None,
    in_service: bool = True,
) -> tuple[Vehicle, bool]:
    """Creates or wholly replaces a vehicle; tells whether it is new. Loads that are planned keep what they took over. Raises
    PartnerUnknown, DriverUnknown."""
    vehicle = by_code(code)
    new = vehicle is None
    carrier_id = find_partner(carrier, PartnerKind.CARRIER, "/carrier").id if carrier else None
    who = drivers.named(driver_code, driver, site_id=None, before=vehicle.driver_id if vehicle else None)
    if vehicle is None:
        vehicle = Vehicle(code=code.strip())
        session.add(vehicle)
    vehicle.name, vehicle.plate = name or None, plate or None
    vehicle.driver, vehicle.driver_id = who.name, who.person_id
    vehicle.carrier_id, vehicle.in_service, vehicle.updated_at = carrier_id, in_service, clock.now()
    limit(vehicle, capacity or Capacity())
    session.flush()  # loads name it by its id
    return vehicle, new


def find_vehicle(code: str) -> Vehicle:
    """The vehicle with this code; raises VehicleUnknown."""
    vehicle = by_code(code)
    if vehicle is None:
        raise VehicleUnknown(vehicle=code)
    return vehicle


def by_code(code: str) -> Vehicle | None:
    """The vehicle with this code, or none."""
    return session.execute(sa.select(Vehicle).where(Vehicle.code_key == fold(code))).scalar_one_or_none()


def vehicles(*, in_service: bool | None = None) -> list[Vehicle]:
    """The vehicles by code; those in service only, where that is asked."""
    query = sa.select(Vehicle) if in_service is None else sa.select(Vehicle).where(Vehicle.in_service.is_(in_service))
    return list(session.execute(query.order_by(Vehicle.code_key)).scalars())


def named_by(word: str | None, *, driven: int | None = None) -> Vehicle | None:
    """The known vehicle that a load's `vehicle` names; None where it only describes one. Raises VehicleOutOfService, unless the load is
    `driven` by it already."""
    vehicle = by_code(word) if word else None
    if vehicle is not None and not vehicle.in_service and vehicle.id != driven:
        raise VehicleOutOfService(vehicle=vehicle.code)
    return vehicle


def take_over(load: Load, word: str | None, given: Capacity | None = None) -> None:
    """The load is driven by the vehicle that the word names, and carries what that may, unless it is said what this load may carry.

    Raises VehicleOutOfService.
    """
    before = load.vehicle_id
    vehicle = named_by(word, driven=before)
    load.vehicle_id = vehicle.id if vehicle else None
    load.vehicle = vehicle.code if vehicle else word or None
    if given:
        limit(load, given)
    elif vehicle is not None:
        limit(load, capacity_of(vehicle))
    elif before is not None or given is not None:
        limit(load, Capacity())


def driver_of(vehicle: Vehicle | None, said: Driver, *, by: Actor) -> Driver:
    """Who drives: as it was said, else whoever comes with the vehicle; its driver's name means its driver."""
    if vehicle is None or said.person_id is not None or said.name not in (None, vehicle.driver):
        return said
    return drivers.of_vehicle(vehicle, by=by)
