"""Which places: by zone, aisle, product, class, owner, value, or by when they were counted last. What is said narrows; nothing said is all
places where goods rest."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import sqlalchemy as sa

from wms import clock
from wms.catalog.models import Partner, Product
from wms.catalog.worth import worth_of
from wms.db import fold, session, table_of
from wms.errors import NotFound
from wms.i18n import T, Text
from wms.locations.models import Kind, Location
from wms.stock.models import Batch, Stock
from wms.stocktake.classes import class_column
from wms.stocktake.counts import product_of
from wms.stocktake.models import CountPlace, CountPlan

_L, _S, _B, _P, _CP, _C = (table_of(one) for one in (Location, Stock, Batch, Product, CountPlace, CountPlan))
RESTING = (Kind.STORAGE, Kind.PICK_FACE, Kind.INSPECTION, Kind.DEFECT, Kind.CONSIGNMENT)
"""Where goods rest: what programmes go by. A full count has all places of the house."""
HOUSE = "-"
"""Whose goods: the house's own."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What is said of the places; all of it must hold."""

    locations: tuple[str, ...] = ()
    skus: tuple[str, ...] = ()
    zone: str | None = None
    aisle: str | None = None
    abc: str | None = None
    owner: str | None = None
    """A partner's code, or `HOUSE`."""
    worth_from: int | None = None
    """What lies there is worth so much, in the smallest unit of money."""
    not_counted_days: int | None = None
    everywhere: bool = False
    """Docks, staging and benches too."""
    kinds: tuple[str, ...] = field(default=())
    zones: tuple[str, ...] = ()
    """One of these zones; an empty one is of places in none."""

    def as_json(self) -> dict[str, Any]:
        """What is said, and nothing else."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items() if value}

    @classmethod
    def of_json(cls, said: dict[str, Any]) -> Choice:
        """The same back."""
        given: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in said.items()}
        return cls(**given)

    @property
    def words(self) -> list[Text]:
        """What is said, for people."""
        said: list[Text] = []
        if self.locations:
            said.append(T("{n} named {n:location/locations}", "指定库位 {n} 个", n=len(self.locations)))
        if self.skus:
            said.append(T("products {skus}", "商品 {skus}", skus=", ".join(self.skus[:5]) + ("…" if len(self.skus) > 5 else "")))
        if self.zone:
            said.append(T("zone {zone}", "库区 {zone}", zone=self.zone))
        if self.zones:
            said.append(T("zones {zones}", "库区 {zones}", zones=", ".join(zone or "–" for zone in self.zones)))
        if self.aisle:
            said.append(T("aisle {aisle}", "巷道 {aisle}", aisle=self.aisle))
        if self.abc:
            said.append(T("class {abc}", "{abc} 类", abc=self.abc))
        if self.owner:
            said.append(
                T("the house's own goods", "自有货物") if self.owner == HOUSE else T("goods of {owner}", "货主 {owner}", owner=self.owner)
            )
        if self.worth_from:
            said.append(T("worth {value} or more", "金额 ≥ {value}", value=f"{self.worth_from / 100:,.2f}"))
        if self.not_counted_days:
            said.append(T("not counted for {n} days", "{n} 天未盘", n=self.not_counted_days))
        if self.kinds:
            said += [Kind(one).text for one in self.kinds]
        return said or [T("all locations", "全部库位") if self.everywhere else T("all locations where goods rest", "全部存货库位")]


def places(choice: Choice, site_id: int) -> sa.Select[tuple[int]]:
    """The ids of the places that a choice speaks of. Raises NotFound for a name that is unknown."""
    wanted = [_L.c.site_id == site_id, _L.c.kind != Kind.VIRTUAL.value]
    if choice.locations:
        wanted.append(_L.c.id.in_(_named(choice.locations, site_id)))
    elif choice.kinds:
        wanted.append(_L.c.kind.in_(choice.kinds))
    elif not choice.everywhere:
        wanted.append(_L.c.kind.in_([one.value for one in RESTING]))
    if choice.zone:
        wanted.append(sa.func.lower(_L.c.zone) == choice.zone.strip().lower())
    if choice.zones:
        wanted.append(sa.func.coalesce(_L.c.zone, "").in_(choice.zones))
    if choice.aisle:
        wanted.append(sa.func.lower(_L.c.aisle) == choice.aisle.strip().lower())
    if choice.skus or choice.abc or choice.owner:
        wanted.append(_holds(choice, site_id))
    if choice.worth_from:
        wanted.append(_worth() >= choice.worth_from)
    if choice.not_counted_days:
        wanted.append(~counted_since(_L.c.id, clock.now() - dt.timedelta(days=choice.not_counted_days)))
    return sa.select(_L.c.id).where(*wanted)


def in_walking_order(ids: sa.Select[tuple[int]]) -> list[int]:
    """These places as somebody walks from one to the next."""
    rows = sa.select(_L.c.id).where(_L.c.id.in_(ids))
    return list(session.execute(rows.order_by(sa.func.coalesce(_L.c.zone, ""), _L.c.x_mm, _L.c.y_mm, _L.c.z_mm, _L.c.code_key)).scalars())


def _named(codes: Sequence[str], site_id: int) -> list[int]:
    keys = {fold(code): code for code in codes}
    rows = dict(session.execute(sa.select(_L.c.code_key, _L.c.id).where(_L.c.site_id == site_id, _L.c.code_key.in_(keys))).tuples().all())
    for key, code in keys.items():
        if key not in rows:
            raise NotFound(what=T("location", "库位"), code=code)
    return list(rows.values())


def _holds(choice: Choice, site_id: int) -> sa.ColumnElement[bool]:
    """Whether goods of the kind that is spoken of lie there, or belong there."""
    of_product: list[sa.ColumnElement[bool]] = []
    if choice.skus:
        of_product.append(_P.c.id.in_([product_of(sku).id for sku in choice.skus]))
    if choice.abc:
        of_product.append(class_column(site_id) == choice.abc.strip().upper())
    of_batch: list[sa.ColumnElement[bool]] = []
    if choice.owner:
        owner = sa.func.coalesce(_B.c.owner_id, _P.c.owner_id)
        of_batch.append(owner.is_(None) if choice.owner == HOUSE else owner == _partner(choice.owner))
    lies = sa.select(sa.literal(1)).select_from(_S.join(_P, _P.c.id == _S.c.product_id).join(_B, _B.c.id == _S.c.batch_id))
    lies = lies.where(_S.c.location_id == _L.c.id, _S.c.on_hand != 0, *of_product, *of_batch).correlate(_L)
    if not of_product:
        return lies.exists()
    belongs = sa.select(sa.literal(1)).select_from(_P).where(_P.c.id == _L.c.assigned_product_id, *of_product).correlate(_L)
    return lies.exists() if of_batch else sa.or_(lies.exists(), belongs.exists())


def _partner(code: str) -> int:
    found = session.execute(sa.select(Partner.id).where(Partner.code_key == fold(code))).scalar_one_or_none()
    if found is None:
        raise NotFound(what=T("partner", "往来单位"), code=code)
    return found


def _worth() -> sa.ColumnElement[int]:
    """What lies at a place is worth."""
    lies = _S.join(_P, _P.c.id == _S.c.product_id)
    worth = sa.select(sa.func.coalesce(sa.func.sum(worth_of(_S.c.on_hand)), 0)).select_from(lies)
    return worth.where(_S.c.location_id == _L.c.id, _S.c.on_hand > 0).correlate(_L).scalar_subquery()


def counted_since(location: Any, moment: Any) -> sa.ColumnElement[bool]:
    """Whether somebody has counted a place since then."""
    counted = sa.select(sa.literal(1)).where(_CP.c.location_id == location, _CP.c.counted_at >= moment)
    return counted.exists()
