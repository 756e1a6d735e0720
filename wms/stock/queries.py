"""Reads of stock for the API and the desk: rows, availability, the journal."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from wms.actor import Actor
from wms.catalog.models import Partner, Product, Tracking
from wms.db import fold, session
from wms.locations.models import Kind, Location
from wms.stock import promises
from wms.stock.models import Batch, HandlingUnit, Movement, Promise, Stock

_SOURCE, _TARGET = sa.orm.aliased(Location, name="source"), sa.orm.aliased(Location, name="target")
# People lie beside stock and inbound orders above it: their tables are named as text, not imported.
_LINES = sa.table("inbound_lines", *(sa.column(name) for name in ("inbound_order_id", "product_id", "expected", "received")))
_PEOPLE = sa.table("people", sa.column("id"), sa.column("name"))
_INBOUND = sa.table("inbound_orders", sa.column("id"), sa.column("site_id"), sa.column("status"))


def lot_shown() -> sa.Label[str | None]:
    """The lot where the product has lots: the day that stands in its place is our own bookkeeping, and tells people nothing new."""
    return sa.case((Product.tracking != Tracking.NONE.value, Batch.lot), else_=None).label("lot_shown")


def rows(
    *,
    by: Actor,
    sku: str | None = None,
    location: str | None = None,
    lot: str | None = None,
    condition: str | None = None,
    handling_unit: str | None = None,
    owner: str | None = None,
) -> sa.Select[Any]:
    """Stock rows of the person's site that hold something. Places outside are left out unless one is named."""
    statement = (
        sa.select(
            Stock.id,
            Product.sku,
            Product.name,
            Product.name_zh,
            Product.name_en,
            Product.decimals,
            Location.code.label("location"),
            Location.kind.label("location_kind"),
            Batch.lot,
            lot_shown(),
            Batch.received_on,
            Batch.expires_on,
            HandlingUnit.code.label("handling_unit"),
            Partner.code.label("owner"),
            Stock.condition,
            Stock.on_hand,
            Stock.reserved,
        )
        .join(Product, Product.id == Stock.product_id)
        .join(Location, Location.id == Stock.location_id)
        .join(Batch, Batch.id == Stock.batch_id)
        .outerjoin(HandlingUnit, HandlingUnit.id == Stock.handling_unit_id)
        .outerjoin(Partner, Partner.id == sa.func.coalesce(Batch.owner_id, Product.owner_id))
        .where(Stock.site_id == by.site_id, Stock.on_hand != 0)
    )
    if not (location or "").strip().startswith("@"):
        statement = statement.where(Location.kind != Kind.VIRTUAL.value)
    for text, column in (
        (sku, Product.sku_key),
        (location, Location.code_key),
        (lot, Batch.lot_key),
        (handling_unit, HandlingUnit.code_key),
        (owner, Partner.code_key),
    ):
        if text:
            statement = statement.where(column == fold(text))
    if condition:
        statement = statement.where(Stock.condition == condition)
    return statement


@dataclass(frozen=True)
class Availability:
    """How much of one product there is, and how much may still be promised."""

    sku: str
    on_hand: int
    reserved: int
    promised: int
    available: int
    expected: int


def availability(product: Product, *, by: Actor) -> Availability:
    """One product at the person's site: everything inside the house, and what may be promised of it."""
    on_hand, reserved = session.execute(
        sa.select(sa.func.coalesce(sa.func.sum(Stock.on_hand), 0), sa.func.coalesce(sa.func.sum(Stock.reserved), 0))
        .join(Location, Location.id == Stock.location_id)
        .where(Stock.product_id == product.id, Stock.site_id == by.site_id, Location.kind != Kind.VIRTUAL.value)
    ).one()
    promised = session.execute(
        sa.select(Promise.promised).where(Promise.site_id == by.site_id, Promise.product_id == product.id)
    ).scalar_one_or_none()
    missing = sa.case((_LINES.c.expected > _LINES.c.received, _LINES.c.expected - _LINES.c.received), else_=0)
    expected = session.execute(
        sa.select(sa.func.coalesce(sa.func.sum(missing), 0))
        .join_from(_LINES, _INBOUND, _INBOUND.c.id == _LINES.c.inbound_order_id)
        .where(_LINES.c.product_id == product.id, _INBOUND.c.site_id == by.site_id, _INBOUND.c.status != "closed")
    ).scalar_one()
    return Availability(
        sku=product.sku,
        on_hand=int(on_hand),
        reserved=int(reserved),
        promised=int(promised or 0),
        available=promises.available(by.site_id, product.id),
        expected=int(expected),
    )


def movements(
    *,
    by: Actor,
    sku: str | None = None,
    location: str | None = None,
    kind: str | None = None,
    document: str | None = None,
    since: dt.datetime | None = None,
    until: dt.datetime | None = None,
    after: int = 0,
) -> sa.Select[Any]:
    """The journal of the person's site."""
    statement = (
        sa.select(
            Movement.id,
            Movement.at,
            Product.sku,
            Product.name,
            Product.name_zh,
            Product.name_en,
            Product.decimals,
            Batch.lot,
            lot_shown(),
            Movement.quantity,
            _SOURCE.code.label("source"),
            _TARGET.code.label("target"),
            Movement.source_condition,
            Movement.target_condition,
            HandlingUnit.code.label("handling_unit"),
            Movement.kind,
            Movement.reason,
            _PEOPLE.c.name.label("by"),
            Movement.document,
            Movement.reverses_id.label("reverses"),
        )
        .join(Product, Product.id == Movement.product_id)
        .join(Batch, Batch.id == Movement.batch_id)
        .join(_SOURCE, _SOURCE.id == Movement.source_id)
        .join(_TARGET, _TARGET.id == Movement.target_id)
        .join(_PEOPLE, _PEOPLE.c.id == Movement.by_id)
        .outerjoin(HandlingUnit, HandlingUnit.id == sa.func.coalesce(Movement.target_unit_id, Movement.source_unit_id))
        .where(Movement.site_id == by.site_id)
    )
    if after:
        statement = statement.where(Movement.id > after)
    if sku:  # a batch is of one product, and the journal is indexed by batches and places
        mine = sa.select(Batch.id).join(Product, Product.id == Batch.product_id).where(Product.sku_key == fold(sku))
        statement = statement.where(Movement.batch_id.in_(mine))
    if location:
        here = sa.select(Location.id).where(Location.code_key == fold(location), Location.site_id == by.site_id)
        statement = statement.where(sa.or_(Movement.source_id.in_(here), Movement.target_id.in_(here)))
    if kind:
        statement = statement.where(Movement.kind == kind)
    if document:
        statement = statement.where(Movement.document == document)
    if since:
        statement = statement.where(Movement.at >= since)
    if until:
        statement = statement.where(Movement.at < until)
    return statement
