"""Where goods may go, and where they should: the areas of each condition, and the best place that `wms.stock.capacity` allows.

Space is taken by what lies in a bin and by what open work will bring there, so two pallets are never sent to the last place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam

from wms import clock
from wms.actor import Actor
from wms.catalog.models import Product
from wms.db import session, table_of
from wms.errors import Refused
from wms.i18n import T, Text
from wms.locations.models import Kind, Location, Mixing
from wms.stock import capacity
from wms.stock.capacity import Carried
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


# -- statements, built once: a receipt every second must not spend its time on writing SQL ----------------------------------


_UNDONE_WORK = (
    _T.c.site_id == bindparam("site"),
    _T.c.status.in_(_UNDONE),
    _T.c.kind.in_(_BRINGS),
    _T.c.id != bindparam("without_task"),
)


def _load(at: Any) -> sa.Subquery:
    """Per location (of those in `at`, a query of ids): what it carries now and will carry, seen by `:product` and `:batch`."""
    lying = sa.select(
        _S.c.location_id, _S.c.product_id, _S.c.batch_id, _S.c.on_hand.label("quantity"), _S.c.handling_unit_id.label("unit_id")
    ).where(_S.c.location_id.in_(at), _S.c.on_hand != 0)
    coming = sa.select(_T.c.target_id, _T.c.product_id, _T.c.batch_id, sa.func.coalesce(_T.c.quantity, 0), _T.c.handling_unit_id).where(
        _T.c.target_id.in_(at), *_UNDONE_WORK
    )
    both = sa.union_all(lying, coming).subquery("both")
    mine, same = both.c.product_id == bindparam("product"), both.c.batch_id == bindparam("batch")
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


def _fits(carried: sa.Subquery | None) -> sa.ColumnElement[bool]:
    """Whether the goods fit into a location that carries so much (nothing, when None): `capacity.must_fit` for many locations at once."""

    def has(name: str) -> sa.ColumnElement[int]:
        return sa.literal_column("0", sa.BigInteger) if carried is None else sa.func.coalesce(carried.c[name], 0)

    return sa.and_(
        sa.or_(_L.c.max_weight_grams.is_(None), has("weight") + _big("weight") <= _L.c.max_weight_grams),
        sa.or_(_L.c.max_volume_cm3.is_(None), has("volume") + _big("volume") <= _L.c.max_volume_cm3 * 1000),
        sa.or_(_L.c.max_units.is_(None), has("units") + _big("units") <= _L.c.max_units),
        sa.or_(
            _L.c.mixing == Mixing.ANY.value,
            sa.and_(_L.c.mixing == Mixing.ONE_PRODUCT.value, has("other_products") == 0),
            sa.and_(_L.c.mixing == Mixing.ONE_BATCH.value, has("other_batches") == 0),
        ),
        sa.or_(_L.c.assigned_maximum.is_(None), has("own") + _big("quantity") <= _L.c.assigned_maximum),
        sa.or_(_L.c.kind != Kind.PICK_FACE.value, _L.c.assigned_product_id == bindparam("product")),
        # What needs no class may lie anywhere, but is not sent to where others must lie.
        sa.func.coalesce(_L.c.storage_class, "") == bindparam("storage_class"),
        _L.c.id != bindparam("avoid"),
    )


def _big(name: str) -> sa.ColumnElement[int]:
    return sa.cast(bindparam(name), sa.BigInteger)


def _way() -> sa.ColumnElement[int]:
    """Millimetres to walk and to lift from `:x`, `:y`; lifting is slow."""
    return sa.func.abs(_L.c.x_mm - _big("x")) + sa.func.abs(_L.c.y_mm - _big("y")) + 3 * _L.c.z_mm


def _older_in_reserve() -> sa.ColumnElement[bool]:
    """Older stock waits in reserve: the pick face is filled from there, so that the product leaves in turn."""
    reserve, this = _L.alias("reserve"), _B.alias("this")
    return sa.exists(
        sa.select(_S.c.id)
        .join(_B, _B.c.id == _S.c.batch_id)
        .join(reserve, reserve.c.id == _S.c.location_id)
        .join(this, this.c.id == bindparam("batch"))
        .where(
            _S.c.product_id == bindparam("product"),
            _S.c.site_id == bindparam("site"),
            _S.c.condition == Condition.GOOD.value,
            _S.c.on_hand > _S.c.reserved,
            reserve.c.kind == Kind.STORAGE.value,
            sa.or_(_B.c.received_on < this.c.received_on, _B.c.expires_on < this.c.expires_on),
            sa.or_(_B.c.expires_on.is_(None), _B.c.expires_on >= bindparam("today")),
        )
    )


def _among_own() -> sa.Select[Any]:
    """The product's pick face if it is short, else bins where the batch or the product lies (or is about to), the best first."""
    mine = sa.union(
        sa.select(_L.c.id).where(_L.c.assigned_product_id == bindparam("product"), _L.c.site_id == bindparam("site")),
        sa.select(_S.c.location_id).where(_S.c.product_id == bindparam("product"), _S.c.site_id == bindparam("site"), _S.c.on_hand > 0),
        sa.select(_T.c.target_id).where(_T.c.product_id == bindparam("product"), _T.c.target_id.is_not(None), *_UNDONE_WORK),
    )
    carried = _load(mine)
    own, same = sa.func.coalesce(carried.c.own, 0), sa.func.coalesce(carried.c.same, 0)
    short = sa.and_(_L.c.kind == Kind.PICK_FACE.value, own < _L.c.assigned_minimum, ~_older_in_reserve())
    stored = _L.c.kind == Kind.STORAGE.value
    rank = sa.case((short, 0), (sa.and_(stored, same > 0), 1), (sa.and_(stored, own > 0), 2), else_=9)
    return (
        sa.select(_L.c.id, _L.c.code, _L.c.assigned_minimum, own.label("own"), rank.label("rank"))
        .select_from(_L.outerjoin(carried, carried.c.location_id == _L.c.id))
        .where(_L.c.id.in_(mine), _L.c.site_id == bindparam("site"), rank < 9, _fits(carried))
        .order_by(rank, _way(), _L.c.id)
        .limit(1)
    )


def _empty() -> sa.Select[Any]:
    """The nearest empty bin that fits, of those that lie at least so far back as `:begins` (a share of all empty ones)."""
    due = sa.select(_T.c.target_id).where(_T.c.target_id.is_not(None), *_UNDONE_WORK)
    taken = sa.union_all(sa.select(_S.c.location_id).where(_S.c.site_id == bindparam("site"), _S.c.on_hand != 0), due)
    way = _way().label("way")
    free = (
        sa.select(_L.c.id, _L.c.code, way, sa.func.percent_rank().over(order_by=way).label("back"))
        .where(_L.c.site_id == bindparam("site"), _L.c.kind == Kind.STORAGE.value, _fits(None), _L.c.id.not_in(taken))
        .subquery("free")
    )
    behind = sa.case((free.c.back >= sa.cast(bindparam("begins"), sa.Float), 0), else_=1)
    return sa.select(free).order_by(behind, free.c.way, free.c.id).limit(1)


_CARRIED = sa.select(_load(sa.select(_L.c.id).where(_L.c.id == bindparam("location"))))
_AMONG_OWN, _EMPTY = _among_own(), _empty()
_BACK = {"B": 1 / 3, "C": 2 / 3}
"""How far back a class begins: A anywhere near, B behind the nearest third of the empty bins, C behind two thirds."""


def _facts(goods: Goods, site_id: int, *, without_task: int | None) -> dict[str, Any]:
    """The goods as the statements name them."""
    return {
        "site": site_id,
        "product": goods.product.id,
        "batch": goods.batch_id,
        "quantity": goods.quantity,
        "weight": goods.weight_grams,
        "volume": goods.volume_mm3,
        "units": 0 if goods.unit_id is None else 1,
        "storage_class": goods.product.storage_class or "",
        "without_task": without_task or 0,
    }


# -- may it lie there --------------------------------------------------------------------------------------------------------


def check(goods: Goods, location_id: int, *, by: Actor, without_task: int | None = None) -> Location:
    """The location, after making sure that these goods belong there and fit beside what lies there and what open work brings.

    Raises WrongArea, and what `capacity.must_fit` raises.
    """
    location = session.get_one(Location, location_id)
    assert location.site_id == by.site_id, "a place of another site"
    areas = AREAS[goods.condition]
    if Kind(location.kind) not in areas:
        words = T(" / ".join(kind.text.en for kind in areas), "、".join(kind.text.zh for kind in areas))
        raise WrongArea(condition=goods.condition.text, location=location.code, kind=Kind(location.kind).text, areas=words)

    def load() -> Carried:
        facts = {**_facts(goods, by.site_id, without_task=without_task), "location": location_id}
        has = session.execute(_CARRIED, facts).one_or_none()
        if has is None:
            return Carried()
        return Carried(int(has.weight), int(has.volume), int(has.units), int(has.own), bool(has.other_products), bool(has.other_batches))

    in_unit = goods.unit_id is not None and location.kind != Kind.PICK_FACE
    capacity.must_fit(location, goods.product, goods.quantity, batch_id=goods.batch_id, in_unit=in_unit, load=load)
    return location


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
    begins = _BACK.get(goods.product.abc or "A", 0.0)
    facts = {
        **_facts(goods, site_id, without_task=without_task),
        "avoid": avoid or 0,
        "x": start.x_mm,
        "y": start.y_mm,
        "today": clock.today(),
        "begins": begins,
    }
    own = session.execute(_AMONG_OWN, facts).one_or_none()
    if own is not None:
        code, words = _OWN_REASONS[own.rank]
        return Suggestion(own.id, [reason(code, words.with_facts(bin=own.code, own=int(own.own), least=own.assigned_minimum))])
    empty = session.execute(_EMPTY, facts).one_or_none()
    if empty is None:
        return _NOWHERE
    reasons = [reason("nearest_empty", _NEAREST.with_facts(metres=round(empty.way / 1000)))]
    if begins:
        reasons.append(reason("abc", T("Class {abc} lies farther back", "{abc} 类货物靠后存放", abc=goods.product.abc)))
    return Suggestion(empty.id, reasons)


_NOWHERE = Suggestion(None, [reason("no_room", T("No location fits; the worker chooses", "没有合适的库位，由作业员选择"))])
_NEAREST = T("Nearest empty location that fits, {metres} m", "最近的可用空库位，{metres} 米")
_OWN_REASONS = (
    ("pick_face_short", T("Pick face {bin} holds {own}, below its minimum {least}", "拣货位 {bin} 现有 {own}，低于下限 {least}")),
    ("same_batch", T("The same batch lies in {bin}", "{bin} 已有同批次")),
    ("same_product", T("The same product lies in {bin}", "{bin} 已有同商品")),
)


def _area(goods: Goods, start: Location, site_id: int) -> Suggestion:
    kinds = [kind.value for kind in AREAS[goods.condition]]
    in_turn = sa.case(*((_L.c.kind == kind, place) for place, kind in enumerate(kinds)))
    row = session.execute(
        sa.select(_L.c.id).where(_L.c.site_id == site_id, _L.c.kind.in_(kinds)).order_by(in_turn, _way(), _L.c.id).limit(1),
        {"x": start.x_mm, "y": start.y_mm},
    ).scalar_one_or_none()
    why = reason("condition", T("The goods are: {condition}", "货物状态：{condition}", condition=goods.condition.text))
    return Suggestion(row, [why]) if row is not None else _NOWHERE
