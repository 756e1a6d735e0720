"""What fits where: weight, volume, pallets, mixing, storage class and the levels of a pick face. Never bent, for nobody.

Space is taken by what lies in a bin and by what open work will bring there, so two pallets are never sent to the last place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from wms import clock
from wms.actor import Actor
from wms.catalog.models import Product
from wms.db import session, table_of
from wms.errors import Refused
from wms.i18n import T, Text
from wms.locations.models import Kind, Location, Mixing
from wms.stock.capacity import LocationFull, NotTogether, StorageClassDiffers
from wms.stock.models import Batch, Condition, Stock
from wms.tasks.models import Task, TaskKind, TaskStatus

_S, _T, _P, _L, _B = (table_of(model) for model in (Stock, Task, Product, Location, Batch))
_BRINGS = [TaskKind.PUTAWAY.value, TaskKind.REPLENISH.value, TaskKind.PUT_BACK.value]
_UNDONE = [TaskStatus.WAITING.value, TaskStatus.OPEN.value, TaskStatus.CLAIMED.value]

AREAS: dict[Condition, tuple[Kind, ...]] = {
    Condition.GOOD: (Kind.STORAGE, Kind.PICK_FACE),
    Condition.INSPECTION: (Kind.INSPECTION,),
    Condition.DAMAGED: (Kind.DEFECT, Kind.SCRAP),
    Condition.BLOCKED: (Kind.INSPECTION, Kind.DEFECT),
}
"""Where goods of a condition belong."""


class WrongArea(Refused):
    """Goods of this condition do not belong there."""

    code = "wrong_area"
    sentence = T("{condition} goods do not belong at {location} ({kind})", "“{condition}”货物不能放入 {location}（{kind}）")
    advice = T("Take them to: {areas}", "请送往：{areas}")


class FaceOfAnother(Refused):
    """A pick face is assigned to one product."""

    code = "face_of_another_product"
    sentence = T("Pick face {location} belongs to {owner}, not {sku}", "拣货位 {location} 属于 {owner}，不是 {sku}")
    advice = T("Choose a storage location", "请选择存储位")


_MOST = 2**60  # what databases can add up


@dataclass(frozen=True, slots=True)
class Goods:
    """What asks for a place."""

    product: Product
    batch_id: int
    quantity: int
    condition: Condition = Condition.GOOD
    unit_id: int | None = None

    @property
    def weight_grams(self) -> int:
        """Of all of it."""
        return min(self.quantity * self.product.weight_grams, _MOST)

    @property
    def volume_mm3(self) -> int:
        """Of all of it."""
        return min(self.quantity * self.product.volume_mm3, _MOST)


def load(goods: Goods, site_id: int, *, at: Any, without_task: int | None = None) -> sa.Subquery:
    """Per location (of those in `at`, a query of ids): what it carries now and will carry, seen by these goods."""
    lying = sa.select(
        _S.c.location_id, _S.c.product_id, _S.c.batch_id, _S.c.on_hand.label("quantity"), _S.c.handling_unit_id.label("unit_id")
    ).where(_S.c.location_id.in_(at), _S.c.on_hand != 0)
    coming = sa.select(_T.c.target_id, _T.c.product_id, _T.c.batch_id, sa.func.coalesce(_T.c.quantity, 0), _T.c.handling_unit_id).where(
        _T.c.target_id.in_(at), _T.c.status.in_(_UNDONE), _T.c.kind.in_(_BRINGS), _T.c.site_id == site_id
    )
    if without_task is not None:
        coming = coming.where(_T.c.id != without_task)
    both = sa.union_all(lying, coming).subquery("both")
    mine, same = both.c.product_id == goods.product.id, both.c.batch_id == goods.batch_id
    volume = _P.c.length_mm * _P.c.width_mm * _P.c.height_mm
    return (
        sa.select(
            both.c.location_id,
            sa.func.sum(both.c.quantity * _P.c.weight_grams).label("weight"),
            sa.func.sum(both.c.quantity * volume).label("volume"),
            sa.func.count(sa.distinct(both.c.unit_id)).label("units"),
            sa.func.sum(sa.case((mine, both.c.quantity), else_=0)).label("own"),
            sa.func.sum(sa.case((same, both.c.quantity), else_=0)).label("same"),
            sa.func.sum(sa.case((mine, 0), else_=1)).label("other_products"),
            sa.func.sum(sa.case((same, 0), else_=1)).label("other_batches"),
        )
        .select_from(both.join(_P, _P.c.id == both.c.product_id))
        .group_by(both.c.location_id)
        .subquery("load")
    )


def fits(goods: Goods, carried: sa.Subquery | None) -> sa.ColumnElement[bool]:
    """Whether the goods fit into a location that carries so much (nothing, when None); the same rule as `check`, in SQL."""
    has = (lambda name: sa.func.coalesce(carried.c[name], 0)) if carried is not None else (lambda _: sa.literal(0))
    rules = [
        sa.or_(_L.c.max_weight_grams.is_(None), has("weight") + goods.weight_grams <= _L.c.max_weight_grams),
        sa.or_(_L.c.max_volume_cm3.is_(None), has("volume") + goods.volume_mm3 <= _L.c.max_volume_cm3 * 1000),
        sa.or_(
            _L.c.mixing == Mixing.ANY.value,
            sa.and_(_L.c.mixing == Mixing.ONE_PRODUCT.value, has("other_products") == 0),
            sa.and_(_L.c.mixing == Mixing.ONE_BATCH.value, has("other_batches") == 0),
        ),
        sa.or_(_L.c.assigned_maximum.is_(None), has("own") + goods.quantity <= _L.c.assigned_maximum),
        sa.or_(_L.c.kind != Kind.PICK_FACE.value, _L.c.assigned_product_id == goods.product.id),
        _class_fits(goods.product),
    ]
    if goods.unit_id is not None:
        rules.append(sa.or_(_L.c.max_units.is_(None), has("units") + 1 <= _L.c.max_units))
    return sa.and_(*rules)


def _class_fits(product: Product) -> sa.ColumnElement[bool]:
    if not product.storage_class:  # it may lie anywhere, but is not sent to where others must lie
        return _L.c.storage_class.is_(None)
    return _L.c.storage_class == product.storage_class


def check(goods: Goods, location_id: int, *, by: Actor, without_task: int | None = None) -> Location:
    """The location, after making sure that these goods may lie there and fit. One without limits costs nothing more.

    Where there are limits its row is locked, so that a second fork-lift waits until the first pallet is booked. Raises WrongArea,
    StorageClassDiffers, FaceOfAnother, NotTogether, LocationFull.
    """
    location = session.get_one(Location, location_id)
    assert location.site_id == by.site_id, "a place of another site"
    _check_kind(goods, location)
    limits = (location.max_weight_grams, location.max_volume_cm3, location.max_units, location.assigned_maximum)
    if location.mixing == Mixing.ANY and not any(limits):
        return location
    session.execute(sa.select(Location.id).where(Location.id == location_id).with_for_update(key_share=True))
    product, code = goods.product, location.code
    carried = load(goods, by.site_id, at=[location_id], without_task=without_task)
    has = session.execute(sa.select(carried)).mappings().one_or_none() or dict.fromkeys(carried.c.keys(), 0)
    if location.mixing == Mixing.ONE_PRODUCT and has["other_products"]:
        raise NotTogether(location=code, what=T("product", "商品"))
    if location.mixing == Mixing.ONE_BATCH and has["other_batches"]:
        raise NotTogether(location=code, what=T("batch", "批次"))
    units = 1 if goods.unit_id is not None and location.kind != Kind.PICK_FACE else 0
    for what, have, more, most in (
        (T("grams", "克重"), has["weight"], goods.weight_grams, location.max_weight_grams),
        (T("cubic centimetres", "立方厘米"), has["volume"] // 1000, -(-goods.volume_mm3 // 1000), location.max_volume_cm3),
        (T("pallets", "托盘数"), has["units"], units, location.max_units),
        (T("pieces", "件数"), has["own"], goods.quantity, location.assigned_maximum),
    ):
        if most is not None and more and have + more > most:
            raise LocationFull(location=code, what=what, have=int(have), more=more, most=most, sku=product.sku)
    return location


def _check_kind(goods: Goods, location: Location) -> None:
    product, areas = goods.product, AREAS[goods.condition]
    if Kind(location.kind) not in areas:
        words = T(" / ".join(kind.text.en for kind in areas), "、".join(kind.text.zh for kind in areas))
        raise WrongArea(condition=goods.condition.text, location=location.code, kind=Kind(location.kind).text, areas=words)
    if location.kind in (Kind.STORAGE, Kind.PICK_FACE) and product.storage_class and location.storage_class != product.storage_class:
        given = location.storage_class or T("without", "无")
        raise StorageClassDiffers(sku=product.sku, needed=product.storage_class, location=location.code, given=given)
    if location.kind == Kind.PICK_FACE and location.assigned_product_id != product.id:
        owner = session.get(Product, location.assigned_product_id) if location.assigned_product_id else None
        raise FaceOfAnother(location=location.code, owner=owner.sku if owner else T("nobody", "无"), sku=product.sku)


# -- where to --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A place and why; no place when nothing fits."""

    location_id: int | None
    reasons: list[dict[str, str]]


def reason(code: str, words: Text) -> dict[str, str]:
    """A reason as it is kept with a task: its code, and the sentence in both languages."""
    return {"code": code, "en": words.say("en"), "zh_CN": words.say("zh_CN")}


def suggest(goods: Goods, start: Location, *, site_id: int, without_task: int | None = None, avoid: int | None = None) -> Suggestion:
    """Where these goods should go from `start`: the pick face that is short of them, then their batch, then their product,
    then the nearest empty bin that fits (A goods near, B and C farther back). Damaged goods go to the defect area, uninspected
    ones to inspection. One statement, or two; never a loop over bins. `avoid` is a bin the worker says is full.
    """
    if goods.condition is not Condition.GOOD:
        return _area(goods, start, site_id)
    return _among_own(goods, start, site_id, without_task, avoid) or _empty(goods, start, site_id, without_task, avoid) or _NOWHERE


_NOWHERE = Suggestion(None, [reason("no_room", T("No location fits; the worker chooses", "没有合适的库位，由作业员选择"))])


def _way(start: Location) -> sa.ColumnElement[int]:
    """Millimetres to walk and to lift; lifting is slow."""
    return sa.func.abs(_L.c.x_mm - start.x_mm) + sa.func.abs(_L.c.y_mm - start.y_mm) + 3 * _L.c.z_mm


def _area(goods: Goods, start: Location, site_id: int) -> Suggestion:
    kinds = [kind.value for kind in AREAS[goods.condition]]
    row = session.execute(
        sa.select(_L.c.id)
        .where(_L.c.site_id == site_id, _L.c.kind.in_(kinds))
        .order_by(sa.case(*((_L.c.kind == kind, place) for place, kind in enumerate(kinds))), _way(start), _L.c.id)
        .limit(1)
    ).scalar_one_or_none()
    why = reason("condition", T("The goods are: {condition}", "货物状态：{condition}", condition=goods.condition.text))
    return Suggestion(row, [why]) if row is not None else _NOWHERE


def _among_own(goods: Goods, start: Location, site_id: int, without_task: int | None, avoid: int | None) -> Suggestion | None:
    """The product's pick face if it is short, else a bin where the batch or the product lies (or is about to)."""
    mine = sa.union(
        sa.select(_L.c.id).where(_L.c.assigned_product_id == goods.product.id, _L.c.site_id == site_id),
        sa.select(_S.c.location_id).where(_S.c.product_id == goods.product.id, _S.c.site_id == site_id, _S.c.on_hand > 0),
        sa.select(_T.c.target_id).where(
            _T.c.product_id == goods.product.id,
            _T.c.site_id == site_id,
            _T.c.status.in_(_UNDONE),
            _T.c.kind.in_(_BRINGS),
            _T.c.target_id.is_not(None),
        ),
    )
    carried = load(goods, site_id, at=mine, without_task=without_task)
    own, same = sa.func.coalesce(carried.c.own, 0), sa.func.coalesce(carried.c.same, 0)
    short = sa.and_(_L.c.kind == Kind.PICK_FACE.value, own < _L.c.assigned_minimum, ~_older_in_reserve(goods, site_id))
    stored = _L.c.kind == Kind.STORAGE.value
    rank = sa.case((short, 0), (sa.and_(stored, same > 0), 1), (sa.and_(stored, own > 0), 2), else_=9)
    query = (
        sa.select(_L.c.id, _L.c.code, _L.c.assigned_minimum, own.label("own"), rank.label("rank"))
        .select_from(_L.outerjoin(carried, carried.c.location_id == _L.c.id))
        .where(_L.c.id.in_(mine), _L.c.site_id == site_id, rank < 9, fits(goods, carried))
        .order_by(rank, _way(start), _L.c.id)
        .limit(1)
    )
    row = session.execute(query if avoid is None else query.where(_L.c.id != avoid)).one_or_none()
    if row is None:
        return None
    words = (
        T("Pick face {bin} holds {own}, below its minimum {least}", "拣货位 {bin} 现有 {own}，低于下限 {least}"),
        T("The same batch lies in {bin}", "{bin} 已有同批次"),
        T("The same product lies in {bin}", "{bin} 已有同商品"),
    )[row.rank]
    code = ("pick_face_short", "same_batch", "same_product")[row.rank]
    return Suggestion(row.id, [reason(code, words.with_facts(bin=row.code, own=int(row.own), least=row.assigned_minimum))])


def _older_in_reserve(goods: Goods, site_id: int) -> sa.ColumnElement[bool]:
    """Older stock waits in reserve: the pick face is filled from there, so that the product leaves in turn."""
    reserve = _L.alias("reserve")
    this = sa.select(_B.c.received_on, _B.c.expires_on).where(_B.c.id == goods.batch_id).subquery()
    return sa.exists(
        sa.select(_S.c.id)
        .join(_B, _B.c.id == _S.c.batch_id)
        .join(reserve, reserve.c.id == _S.c.location_id)
        .join(this, sa.true())
        .where(
            _S.c.product_id == goods.product.id,
            _S.c.site_id == site_id,
            _S.c.condition == Condition.GOOD.value,
            _S.c.on_hand > _S.c.reserved,
            reserve.c.kind == Kind.STORAGE.value,
            sa.or_(_B.c.received_on < this.c.received_on, _B.c.expires_on < this.c.expires_on),
            sa.or_(_B.c.expires_on.is_(None), _B.c.expires_on >= clock.today()),
        )
    )


_BACK = {"B": 1 / 3, "C": 2 / 3}
"""How far back a class begins: A anywhere near, B behind the nearest third of the empty bins, C behind two thirds."""


def _empty(goods: Goods, start: Location, site_id: int, without_task: int | None, avoid: int | None) -> Suggestion | None:
    loose, in_unit = _S.alias("loose"), _S.alias("in_unit")
    due = sa.select(_T.c.id).where(_T.c.target_id == _L.c.id, _T.c.status.in_(_UNDONE), _T.c.kind.in_(_BRINGS), _T.c.site_id == site_id)
    if without_task is not None:
        due = due.where(_T.c.id != without_task)
    # Loose goods and units are asked for separately: each has its own unique index beginning with the location.
    lies = [
        sa.exists().where(one.c.location_id == _L.c.id, one.c.on_hand != 0, null)
        for one, null in ((loose, loose.c.handling_unit_id.is_(None)), (in_unit, in_unit.c.handling_unit_id.is_not(None)))
    ]
    way = _way(start).label("way")
    free = sa.select(_L.c.id, _L.c.code, way, sa.func.percent_rank().over(order_by=way).label("back")).where(
        _L.c.site_id == site_id, _L.c.kind == Kind.STORAGE.value, fits(goods, None), *(~one for one in lies), ~sa.exists(due)
    )
    found = (free if avoid is None else free.where(_L.c.id != avoid)).subquery("free")
    begins = _BACK.get(goods.product.abc or "A", 0)
    row = session.execute(
        sa.select(found).order_by(sa.case((found.c.back >= begins, 0), else_=1), found.c.way, found.c.id).limit(1)
    ).one_or_none()
    if row is None:
        return None
    reasons = [
        reason(
            "nearest_empty",
            T("Nearest empty location that fits, {metres} m", "最近的可用空库位，{metres} 米", metres=round(row.way / 1000)),
        )
    ]
    if begins:
        reasons.append(reason("abc", T("Class {abc} lies farther back", "{abc} 类货物靠后存放", abc=goods.product.abc)))
    return Suggestion(row.id, reasons)
