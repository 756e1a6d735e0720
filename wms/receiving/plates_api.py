"""Plates over the API: issued, read, moved, put on one another, merged, split."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from flask import current_app
from pydantic import Field

from wms.actor import Permission
from wms.auth.current import actor
from wms.catalog.products import find_product, in_base_units
from wms.db import session
from wms.locations.places import find_location
from wms.printing.views import MOST_LABELS
from wms.receiving import moves, plate_queries, plates
from wms.stock import handling_units
from wms.stock.models import Condition, HandlingUnit, UnitKind
from wms.web.api import Answer, Api, Body, Code, Quantity, UnitCode

api = Api("plates")


class NewUnitsIn(Body):
    """New empty plates."""

    kind: UnitKind = UnitKind.PALLET
    count: Annotated[int, Field(ge=1, le=MOST_LABELS)] = 1
    """How many."""
    location: Code | None = None
    """Where they wait; the first dock where it is left out. An empty plate comes to the goods that are put on it."""
    site: Code | None = None


class NewUnitsOut(Answer):
    """The numbers given, in their order, and where their labels are."""

    handling_units: list[str]
    """Their numbers, in their sequence."""
    labels: str
    """Where the PDF of their labels is."""


class GoodsOut(Answer):
    """So much of one lot, in base units."""

    sku: str
    lot: str
    """Lot, as its label says; empty: goods without one."""
    expires_on: dt.date | None
    condition: Condition
    on_hand: int
    reserved: int


class StandingOut(Answer):
    """A unit that stands on the plate, or on one that does."""

    sscc: str
    kind: UnitKind
    parent: str | None
    contents: list[GoodsOut]


class HandlingUnitOut(Answer):
    """A plate with all that stands on it."""

    sscc: str
    kind: UnitKind
    location: str
    """Code of the place where it stands."""
    parent: str | None
    """What it stands on."""
    root: str | None
    """The lowest of its stack, where it stands on another one."""
    order: str | None
    """Number of the order it is packed for; null: for none."""
    contents: list[GoodsOut]
    on_it: list[StandingOut]
    """Units that stand on it, and on those."""
    created_at: dt.datetime


def _shown(unit: HandlingUnit) -> HandlingUnitOut:
    session.flush()  # it is read from the database
    session.refresh(unit)
    return HandlingUnitOut.model_validate(plate_queries.shown(unit, actor().language), from_attributes=True)


def _unit(sscc: str) -> HandlingUnit:
    return handling_units.find(sscc, by=actor())


def _prefix() -> str:
    return str(current_app.config["WMS"].gs1_company_prefix)


@api.post("/handling-units", Permission.MOVE_STOCK, body=NewUnitsIn, answer=NewUnitsOut, status=201)
def issue(body: NewUnitsIn) -> NewUnitsOut:
    """Gives new SSCCs to empty plates, such as pre-printed labels for the dock."""
    codes = plates.issue(body.kind, body.count, body.location, by=actor(), company_prefix=_prefix())
    return NewUnitsOut(handling_units=codes, labels=f"/labels/plates.pdf?first={codes[0]}&last={codes[-1]}")


@api.get("/handling-units/<sscc>", Permission.SEE_STOCK, answer=HandlingUnitOut)
def one(sscc: str) -> HandlingUnitOut:
    """One plate: where it stands, what is in it, what stands on it."""
    return _shown(_unit(sscc))


class PlateMoveIn(Body):
    """Where to."""

    location: Code
    """Code of the place where it goes."""
    site: Code | None = None


@api.post("/handling-units/<sscc>/move", Permission.MOVE_STOCK, body=PlateMoveIn, answer=HandlingUnitOut)
def move(sscc: str, body: PlateMoveIn) -> HandlingUnitOut:
    """Moves a plate with all that is on it; what waited for putaway is thereby put away, and at a pick face it is dissolved."""
    unit = _unit(sscc)
    moves.move_plate(unit, find_location(body.location, by=actor()).id, by=actor(), key=handling_units.fresh_key())
    return _shown(unit)


class NestIn(Body):
    """What it is put on."""

    onto: UnitCode | None = None
    """Null takes it off what it stands on."""


@api.post("/handling-units/<sscc>/nest", Permission.MOVE_STOCK, body=NestIn, answer=HandlingUnitOut)
def nest(sscc: str, body: NestIn) -> HandlingUnitOut:
    """Puts a plate on another one, with all that stands on it, or takes it off."""
    unit = _unit(sscc)
    if body.onto is None:
        plates.take_unit_off(unit, by=actor())
    else:
        plates.put_unit_on(unit, _unit(body.onto), by=actor(), key=handling_units.fresh_key())
    return _shown(unit)


class MergeIn(Body):
    """Where everything goes."""

    into: UnitCode
    """The unit that takes all of it."""


@api.post("/handling-units/<sscc>/merge", Permission.MOVE_STOCK, body=MergeIn, answer=HandlingUnitOut)
def merge(sscc: str, body: MergeIn) -> HandlingUnitOut:
    """Puts everything of a plate onto another one beside it; answers that one. The empty plate may be used again."""
    onto = _unit(body.into)
    plates.merge(_unit(sscc), onto, by=actor(), key=handling_units.fresh_key())
    return _shown(onto)


class SplitIn(Body):
    """What is taken off, and onto what."""

    sku: Code
    quantity: Quantity
    unit: Code | None = None
    """The base unit where it is left out."""
    lot: Code | None = None
    """Left out: the first to leave."""
    onto: UnitCode | None = None
    """A plate beside it; left out: a new one."""


@api.post("/handling-units/<sscc>/split", Permission.MOVE_STOCK, body=SplitIn, answer=HandlingUnitOut)
def split(sscc: str, body: SplitIn) -> HandlingUnitOut:
    """Takes a part of the free goods off a plate onto another one; answers that one."""
    unit, product = _unit(sscc), find_product(body.sku)
    pieces = in_base_units(product, body.quantity, body.unit)
    onto = _unit(body.onto) if body.onto else plates.begin(UnitKind(unit.kind), unit.location_id, by=actor(), company_prefix=_prefix())
    plates.take_goods_off(unit, product, pieces, onto, by=actor(), key=handling_units.fresh_key(), lot=body.lot)
    return _shown(onto)
