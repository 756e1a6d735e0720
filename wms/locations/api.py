"""Locations over the API."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

import sqlalchemy as sa
from pydantic import Field

from wms.actor import Actor, Permission
from wms.auth.current import actor
from wms.catalog.models import Partner, Product, Temperature
from wms.catalog.putting import Put
from wms.db import session
from wms.locations import places
from wms.locations.models import Kind, Location, Mixing, Site
from wms.locations.places import Assigned, LocationFacts
from wms.web.api import Answer, Api, Body, Code, Count, Label, Quantity, code_in_address

api = Api("locations")

RealKind = Literal["dock", "inspection", "storage", "pick_face", "packing", "staging", "door", "defect", "scrap", "consignment"]
Millimetres = Annotated[int, Field(ge=-(10**9), le=10**9)]


class AssignedIn(Body):
    """The product a pick face is for, and the levels it is kept between."""

    sku: Code
    minimum: Count
    maximum: Quantity


class LocationIn(Body):
    """A place with coordinates in millimetres from the site's corner; an empty limit is no limit."""

    site: Code | None = None
    kind: RealKind
    """What the place is for."""
    zone: Label | None = None
    aisle: Label | None = None
    bay: Label | None = None
    level: Label | None = None
    position: Label | None = None
    """Position within the level; null: none."""
    x_mm: Millimetres = 0
    y_mm: Millimetres = 0
    z_mm: Millimetres = 0
    max_weight_grams: Quantity | None = None
    max_volume_cm3: Quantity | None = None
    max_units: Quantity | None = None
    """Handling units that find room."""
    max_height_mm: Quantity | None = None
    mixing: Mixing = Mixing.ANY
    """What may lie together in it."""
    storage_class: Label | None = None
    """Only goods of this class; null: of any."""
    temperature: Temperature | None = None
    """How cold it is kept; left out: as the house is."""
    equipment: Label | None = None
    """Without which nobody reaches it: a reach truck, a ladder."""
    allow_negative: bool = False
    """Consignment only."""
    assigned: AssignedIn | None = None
    """Pick faces only."""
    partner: Code | None = None
    """The customer of a consignment location."""

    def facts(self, code: str) -> LocationFacts:
        """The location as it is put in."""
        return LocationFacts(
            code,
            Kind(self.kind),
            **self.model_dump(include=set(LocationIn.model_fields) - {"site", "kind", "assigned"}),
            assigned=Assigned(**self.assigned.model_dump()) if self.assigned else None,
        )

    def put(self, code: str, *, by: Actor) -> tuple[Location, Put]:
        """Creates the location, or replaces it as a whole; tells what it came to."""
        return places.put_facts(self.facts(code), by=by)


class SiteQuery(Body):
    """Which site; the only one where it is left out."""

    site: Code | None = None


class AssignedOut(Answer):
    """The product a pick face is for."""

    sku: str
    minimum: int
    maximum: int


class LocationOut(Answer):
    """A place."""

    code: str
    site: str
    kind: Kind
    zone: str | None
    aisle: str | None
    bay: str | None
    level: str | None
    position: str | None
    """Position within the level; null: none."""
    x_mm: int
    y_mm: int
    z_mm: int
    max_weight_grams: int | None
    max_volume_cm3: int | None
    max_units: int | None
    max_height_mm: int | None
    mixing: Mixing
    storage_class: str | None
    """Only goods of this class; null: of any."""
    temperature: Temperature | None
    equipment: str | None
    allow_negative: bool
    assigned: AssignedOut | None
    partner: str | None
    updated_at: dt.datetime


def shown(location: Location) -> LocationOut:
    """A location as the API answers it."""
    assigned = None
    if location.assigned_product_id is not None:
        sku = session.execute(sa.select(Product.sku).where(Product.id == location.assigned_product_id)).scalar_one()
        assigned = AssignedOut(sku=sku, minimum=location.assigned_minimum or 0, maximum=location.assigned_maximum or 0)
    return LocationOut(
        code=location.code,
        site=session.execute(sa.select(Site.code).where(Site.id == location.site_id)).scalar_one(),
        kind=Kind(location.kind),
        zone=location.zone,
        aisle=location.aisle,
        bay=location.bay,
        level=location.level,
        position=location.position,
        x_mm=location.x_mm,
        y_mm=location.y_mm,
        z_mm=location.z_mm,
        max_weight_grams=location.max_weight_grams,
        max_volume_cm3=location.max_volume_cm3,
        max_units=location.max_units,
        max_height_mm=location.max_height_mm,
        mixing=Mixing(location.mixing),
        storage_class=location.storage_class,
        temperature=Temperature(location.temperature) if location.temperature else None,
        equipment=location.equipment,
        allow_negative=location.allow_negative,
        assigned=assigned,
        partner=session.execute(sa.select(Partner.code).where(Partner.id == location.partner_id)).scalar_one_or_none(),
        updated_at=location.updated_at,
    )


@api.put("/locations/<path:code>", Permission.MASTER_DATA, body=LocationIn, answer=LocationOut)
def put_location(code: str, body: LocationIn) -> tuple[LocationOut, int]:
    """Creates or replaces a location."""
    location, put = body.put(code_in_address(code), by=actor())
    return shown(location), 201 if put is Put.CREATED else 200


@api.get("/locations/<path:code>", Permission.IN_HOUSE, query=SiteQuery, answer=LocationOut)
def get_location(code: str, query: SiteQuery) -> LocationOut:  # noqa: ARG001
    """One location."""
    return shown(places.find_location(code, by=actor()))
