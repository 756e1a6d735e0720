"""Which product should stand in which pick face, from the walks of the last weeks; and what is carried when somebody accepts it.

    advice = advise(weeks=8, seconds=20, by=by)      # outside any transaction: it reads, lets go, and searches
    accept([one.step for one in advice.steps[:3]], by=by)     # inside one: faces change their products, and what stands there has tasks

The search itself is in `wms.routing.slotting`, which knows no database; what a face can hold is said by `wms.stock.capacity`.
"""

from __future__ import annotations

import datetime as dt
import time
from collections import Counter
from collections.abc import Callable, Collection, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa

from wms import clock
from wms.actor import Actor
from wms.catalog.models import Packaging, Product
from wms.catalog.products import find_product
from wms.db import among, in_transaction, session, table_of
from wms.errors import Conflict, Refused
from wms.i18n import T, Text
from wms.locations.models import Kind, Location
from wms.locations.places import find_location
from wms.picking import replenishment
from wms.picking.advice import STEP_ASIDE, NoPackingPlace, grounds_of
from wms.picking.goods import packing_place
from wms.routing import slotting as routing
from wms.routing.batching import Limits
from wms.routing.floor import Point
from wms.stock import capacity
from wms.stock.capacity import Cargo, Load, Piece
from wms.stock.models import Condition, Movement, MovementKind, Stock
from wms.tasks import queue
from wms.tasks.models import LIVE, Task, TaskKind, TaskStatus

WEEKS, MOST_WEEKS = 8, 52
LONGEST = 60
MOST_CARRIED = 10
REASON = "slotting"
_PRIORITY = 3  # when nothing else is to be put away
_AWAY_FIRST = 4
_S, _L, _M, _P, _T = (table_of(one) for one in (Stock, Location, Movement, Product, Task))


class FaceChanged(Conflict):
    """The faces are not as they were when the advice was given."""

    code = "face_changed"
    sentence = T("{location} is not the pick face of {sku} any more, or not free", "{location} 已不是 {sku} 的拣货位，或已不空")
    advice = T("Look for advice anew", "请重新计算建议")


class FaceInWork(Refused):
    """Somebody is on the way to the face with goods."""

    code = "face_in_work"
    sentence = T("Goods are on their way to {location}", "有货物正送往 {location}")
    advice = T("Accept the move when they are there", "请待其送达后再采纳")


class Step(NamedTuple):
    """A product goes to another face; what stands there goes to the first, unless it is free."""

    sku: str
    source: str
    target: str
    other: str | None = None


@dataclass(frozen=True, slots=True)
class Carried:
    """A product that is carried from face to face."""

    sku: str
    name: Text
    source: str
    target: str
    visits: int
    """How often it was fetched in the weeks that were looked at."""


@dataclass(frozen=True, slots=True)
class Advised:
    """A step of the short list, with the millimetres that it saves in a week."""

    step: Step
    carries: tuple[Carried, ...]
    saved_mm: int

    @property
    def metres(self) -> int:
        """Metres saved in a week."""
        return round(self.saved_mm / 1000)


@dataclass(frozen=True, slots=True)
class Advice:
    """What to move first, and what would be saved in a week by that and by moving everything."""

    since: dt.datetime
    walks: int
    faces: int
    products: int
    steps: tuple[Advised, ...]
    walked_mm: int
    saved_by_all_mm: int
    moved_by_all: int
    believed: float
    searched_seconds: float

    @property
    def metres(self) -> int:
        """Metres walked in a week, roughly."""
        return round(self.walked_mm / 1000)

    @property
    def metres_saved(self) -> int:
        """Metres that the short list saves in a week."""
        return round(sum(one.saved_mm for one in self.steps) / 1000)

    @property
    def metres_saved_by_all(self) -> int:
        """Metres that moving everything saves in a week."""
        return round(self.saved_by_all_mm / 1000)


def advise(
    *,
    weeks: int = WEEKS,
    seconds: float,
    most_carried: int = MOST_CARRIED,
    stop: Callable[[], bool] = lambda: False,
    by: Actor,
) -> Advice:
    """What should move, searched for as long as the budget allows or until `stop` says so, with the best so far.

    A product with several faces stays where it is, and so does what is picked from reserve: they are stops of the walks all the same.
    Raises NoPackingPlace.
    """
    assert not in_transaction(), "advice takes its time: ask for it before the transaction"
    begin, now = time.monotonic(), clock.now()
    try:
        target = packing_place(by.site_id)
        if target is None:
            raise NoPackingPlace
        grounds = grounds_of(by.site_id, target)
        faces = _faces(by.site_id)
        owners = Counter(one.assigned_product_id for one in faces)
        mine: dict[int, Any] = {one.assigned_product_id: one for one in faces if owners[one.assigned_product_id] == 1}
        mine.pop(None, None)  # type: ignore[call-overload]
        products = _products(sorted(mine))
        heights = _heights({key: one.assigned_maximum or 1 for key, one in mine.items()}) if any(one.max_height_mm for one in faces) else {}
        walks, since, places = _walks(by.site_id, now - dt.timedelta(weeks=weeks), {key: one.id for key, one in mine.items()})
        free = [one.id for one in faces if one.assigned_product_id is None and not one.taken]
    finally:
        session.close()  # nothing is held while we search
    places |= {one.id: Point(one.x_mm, one.y_mm, one.aisle) for one in faces}
    cargoes = {key: _cargo(products[key], one.assigned_maximum, heights.get(key, 0)) for key, one in mine.items()}
    bounds = {one.id: _Bounds.of(one) for one in faces}

    def fits(product: Hashable, face: Hashable) -> bool:
        return capacity.limit_of(bounds[face], cargoes[product]) is None  # type: ignore[index]

    def stopped() -> bool:
        time.sleep(STEP_ASIDE)  # whoever else has work in this process goes first
        return stop()

    left = max(0.0, seconds - (time.monotonic() - begin))
    stands: dict[Hashable, Hashable] = {key: one.id for key, one in mine.items()}
    hall = routing.Hall(grounds.floor, grounds.start, places)
    found = routing.advise(walks, stands, free, hall, fits, Limits(left, stop=stopped), most_carried=most_carried)
    in_weeks = max((now - since) / dt.timedelta(weeks=1), 1 / 7)
    visits = Counter(product for walk in walks for product in walk.products)
    codes = {one.id: one.code for one in faces}
    steps = tuple(
        Advised(
            _step(one, products, codes), tuple(_carried(it, products, codes, visits) for it in one.carries), round(one.saved / in_weeks)
        )
        for one in found.steps
    )
    moved = sum(face != stands[product] for product, face in found.ideal.items())
    return Advice(
        since, len(walks), len(faces), len(mine), tuple(steps), round(found.length / in_weeks), round(found.saved_by_all / in_weeks), moved,
        found.believed, time.monotonic() - begin,
    )  # fmt: skip


def _step(one: routing.Step, products: dict[int, Product], codes: dict[int, str]) -> Step:
    first, *others = one.carries
    other = products[others[0].product].sku if others else None  # type: ignore[index]
    return Step(products[first.product].sku, codes[first.source], codes[first.target], other)  # type: ignore[index]


def _carried(one: routing.Carry, products: dict[int, Product], codes: dict[int, str], visits: Counter[Hashable]) -> Carried:
    product = products[one.product]  # type: ignore[index]
    return Carried(product.sku, product.text, codes[one.source], codes[one.target], visits[one.product])  # type: ignore[index]


# -- reading -------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Bounds:
    """What a face takes, whoever it belongs to."""

    mixing: str
    max_weight_grams: int | None
    max_volume_cm3: int | None
    max_units: int | None
    max_height_mm: int | None
    storage_class: str | None
    temperature: str | None
    kind: str = Kind.PICK_FACE.value
    assigned_product_id: int | None = None
    assigned_maximum: int | None = None

    @classmethod
    def of(cls, row: Any) -> _Bounds:
        return cls(
            row.mixing, row.max_weight_grams, row.max_volume_cm3, row.max_units, row.max_height_mm, row.storage_class, row.temperature
        )  # fmt: skip


def _faces(site_id: int) -> list[Any]:
    """Every pick face; `taken`: goods lie there or are on their way."""
    lies = sa.exists().where(_S.c.location_id == _L.c.id, _S.c.on_hand != 0)
    comes = sa.exists().where(_T.c.target_id == _L.c.id, _T.c.status.in_(LIVE))
    names = (
        *("id", "code", "x_mm", "y_mm", "aisle", "assigned_product_id", "assigned_maximum", "mixing", "max_weight_grams"),
        *("max_volume_cm3", "max_units", "max_height_mm", "storage_class", "temperature"),
    )
    taken = sa.case((sa.or_(lies, comes), True), else_=False).label("taken")
    query = sa.select(*(_L.c[name] for name in names), taken).where(_L.c.site_id == site_id, _L.c.kind == Kind.PICK_FACE.value)
    return list(session.execute(query.order_by(_L.c.id)).all())


def _products(ids: Sequence[int]) -> dict[int, Product]:
    query = sa.select(Product).where(among(_P.c.id, ids)).options(sa.orm.lazyload("*"))
    return {one.id: one for one in session.execute(query).scalars()}


def _heights(quantities: dict[int, int]) -> dict[int, int]:
    """The highest packaging that goes into what is kept of each product, as `capacity.tallest` finds it for one."""
    box = table_of(Packaging).c
    rows = session.execute(
        sa.select(box.product_id, box.quantity, box.height_mm)
        .where(among(box.product_id, sorted(quantities)), box.height_mm > 0)
        .order_by(box.quantity)
    )
    return {row.product_id: row.height_mm for row in rows if row.quantity <= quantities[row.product_id]}


def _cargo(product: Product, quantity: int | None, height_mm: int) -> Cargo:
    return Cargo([Piece(product, quantity or 1)], height_mm=height_mm or product.height_mm)


def _walks(site_id: int, since: dt.datetime, faces: dict[int, int]) -> tuple[list[routing.Walk], dt.datetime, dict[Hashable, Point]]:
    """The walks since then as they were: what was taken from faces by pick list, and where else they stopped; since when there are any."""
    undone = _M.alias("undone")
    picked = (
        _M.c.site_id == site_id,
        _M.c.kind == MovementKind.PICK.value,
        _M.c.at >= since,
        ~sa.exists().where(undone.c.reverses_id == _M.c.id),
    )
    first = session.execute(sa.select(sa.func.min(_M.c.at)).where(*picked)).scalar()
    rows = session.execute(
        sa.select(sa.func.coalesce(_M.c.task_id, -_M.c.order_line_id).label("walk"), _M.c.product_id, _M.c.source_id, _L.c.kind)
        .join(_L, _L.c.id == _M.c.source_id)
        .where(*picked)
        .distinct()
    )
    taken: dict[int, set[Hashable]] = {}
    elsewhere: dict[int, set[int]] = {}
    for walk, product, source, kind in rows:
        if kind == Kind.PICK_FACE and product in faces:
            taken.setdefault(walk, set()).add(product)
        else:
            elsewhere.setdefault(walk, set()).add(source)
    others = sorted({place for places in elsewhere.values() for place in places})
    points = session.execute(sa.select(_L.c.id, _L.c.x_mm, _L.c.y_mm, _L.c.aisle).where(among(_L.c.id, others)))
    walks = [routing.Walk(frozenset(taken[walk]), frozenset(elsewhere.get(walk, ()))) for walk in sorted(taken)]
    return walks, first or since, {key: Point(x, y, aisle) for key, x, y, aisle in points}


# -- accepting -----------------------------------------------------------------------------------------------------------------


def accept(steps: Sequence[Step], *, by: Actor) -> list[Task]:
    """Faces change their products, with the levels that these are kept between, and what stands there free gets tasks to be carried.

    Goods that pick lists have claimed stay until they are picked. Where two products may not lie together, or have no room beside each
    other, the second is carried into reserve first and comes to its new face as replenishment.

    Raises FaceChanged, FaceInWork, the limits of the faces (StorageClassDiffers, LocationFull, …), LocationUnknown, ProductUnknown.
    """
    faces = _locked([code for step in steps for code in (step.source, step.target)], by=by)
    return [task for step in steps for task in _accept(step, faces, by=by)]


def _locked(codes: Sequence[str], *, by: Actor) -> dict[str, Location]:
    """The faces of all steps by the codes they were called, locked in id order: of two who accept at once the second waits."""
    ids = {code: find_location(code, by=by).id for code in codes}
    query = sa.select(Location).where(among(_L.c.id, sorted(set(ids.values())))).order_by(_L.c.id)
    rows = session.execute(query.with_for_update(key_share=True).execution_options(populate_existing=True)).scalars()
    places = {one.id: one for one in rows}
    return {code: places[place] for code, place in ids.items()}


def _accept(step: Step, faces: dict[str, Location], *, by: Actor) -> list[Task]:
    product, other = find_product(step.sku), find_product(step.other) if step.other else None
    source, target = faces[step.source], faces[step.target]
    _must_be_as_advised(source, product, target, other)
    _must_be_quiet([source, target])
    levels = (source.assigned_product_id, source.assigned_minimum, source.assigned_maximum)
    others = (target.assigned_product_id, target.assigned_minimum, target.assigned_maximum)
    for face, (product_id, minimum, maximum) in ((target, levels), (source, others)):
        face.assigned_product_id, face.assigned_minimum, face.assigned_maximum = product_id, minimum, maximum
        face.updated_at = clock.now()
    for face, goods in ((target, product), (source, other)):
        if goods is not None and (limit := capacity.limit_of(face, _cargo(goods, face.assigned_maximum, 0))) is not None:
            raise limit.of(face.code)
    session.flush()  # places are weighed with their new products
    _on_the_way(product, source, target)
    if other is not None:
        _on_the_way(other, target, source)
    first = _carry(product, source, target)
    second = _carry(other, target, source) if other is not None else []
    if first and second and not (_all_fit(first, target) and _all_fit(second, source)):
        second = [{**one, "target_id": None, "priority": _AWAY_FIRST} for one in second]
    tasks = queue.offer_all(TaskKind.PUT_BACK, [*first, *second], site_id=by.site_id)
    replenishment.settle(
        by.site_id, sorted([source.id, target.id])
    )  # what was asked for the products that stood there is asked for no more
    return tasks


def _must_be_as_advised(source: Location, product: Product, target: Location, other: Product | None) -> None:
    if source.kind != Kind.PICK_FACE or source.assigned_product_id != product.id or source.id == target.id:
        raise FaceChanged(location=source.code, sku=product.sku)
    wanted = other.id if other is not None else None
    if target.kind != Kind.PICK_FACE or target.assigned_product_id != wanted or (other is None and capacity.carried([target.id])):
        raise FaceChanged(location=target.code, sku=other.sku if other is not None else product.sku)


def _must_be_quiet(faces: Collection[Location]) -> None:
    """Nobody has goods for them in hand."""
    coming = session.execute(
        sa.select(_T.c.target_id)
        .where(_T.c.target_id.in_([one.id for one in faces]), _T.c.status == TaskStatus.CLAIMED.value)
        .where(_T.c.kind.in_(capacity.BRINGS))
        .limit(1)
    ).scalar()
    for one in faces:
        if one.id == coming:
            raise FaceInWork(location=one.code)


def _on_the_way(product: Product, before: Location, now: Location) -> None:
    """What was to be carried to the face that a product leaves again goes to its new one, or stays where that is. Raises FaceInWork."""
    mine = (_T.c.kind == TaskKind.PUT_BACK.value, _T.c.product_id == product.id, _T.c.site_id == now.site_id)
    towards = sa.or_(_T.c.target_id == before.id, sa.and_(_T.c.target_id.is_(None), _T.c.source_id == now.id))
    found = sa.select(Task).where(*mine, towards, _T.c.status == TaskStatus.OPEN.value).order_by(_T.c.id)
    waiting = {one.id for one in session.execute(found).scalars() if _is_ours(one.reasons)}
    locked = session.execute(
        found.where(_T.c.id.in_(waiting)).with_for_update(key_share=True, skip_locked=True).execution_options(populate_existing=True)
    )
    works = list(locked.scalars())
    if len(works) != len(waiting):  # somebody is just taking it
        raise FaceInWork(location=before.code)
    for work in works:
        if work.source_id == now.id:
            queue.cancel(work.id)
            continue
        start = session.get_one(Location, work.source_id)
        work.target_id, work.reasons = now.id, [{"code": REASON, "source": start.code, "target": now.code}]
        queue.aimed(work)
    session.flush()  # the places they keep are weighed


def _is_ours(reasons: Sequence[dict[str, Any]] | None) -> bool:
    return any(one.get("code") == REASON for one in reasons or [])


def _carry(product: Product, start: Location, end: Location) -> list[dict[str, Any]]:
    """The work of carrying what stands free in a face to another: a task for each batch."""
    rows = session.execute(
        sa.select(_S.c.batch_id, _S.c.handling_unit_id, _S.c.on_hand - _S.c.reserved)
        .where(_S.c.location_id == start.id, _S.c.product_id == product.id, _S.c.condition == Condition.GOOD.value)
        .where(_S.c.on_hand > _S.c.reserved)
        .order_by(_S.c.id)
    )
    return [
        {
            "priority": _PRIORITY,
            "product_id": product.id,
            "batch_id": batch_id,
            "handling_unit_id": unit_id,
            "quantity": free,
            "source_id": start.id,
            "target_id": end.id,
            "reasons": [{"code": REASON, "source": start.code, "target": end.code}],
        }
        for batch_id, unit_id, free in rows
    ]


def _all_fit(work: Sequence[dict[str, Any]], place: Location) -> bool:
    """Whether all of it may lie there beside what lies there now."""
    product = session.get_one(Product, work[0]["product_id"])
    cargo = Cargo([Piece(product, one["quantity"], one["batch_id"]) for one in work])
    return capacity.limit_of(place, cargo, capacity.loads([place.id], cargo).get(place.id, Load()).lying) is None


@dataclass(frozen=True, slots=True)
class ToCarry:
    """Accepted and not carried yet."""

    sku: str
    name: Text
    quantity: int
    source: str
    target: str | None
    status: TaskStatus


def to_carry(site_id: int) -> list[ToCarry]:
    """What was accepted and waits to be carried, oldest first."""
    start, end = _L.alias("start"), _L.alias("end_")
    rows = session.execute(
        sa.select(Product, Task.quantity, start.c.code, end.c.code, Task.status, Task.reasons)
        .join(Task, Task.product_id == Product.id)
        .join(start, start.c.id == Task.source_id)
        .outerjoin(end, end.c.id == Task.target_id)
        .where(Task.site_id == site_id, Task.kind == TaskKind.PUT_BACK.value, Task.status.in_(LIVE), start.c.kind == Kind.PICK_FACE.value)
        .order_by(Task.id)
        .options(sa.orm.lazyload("*"))
    )
    return [
        ToCarry(product.sku, product.text, quantity or 0, source, target, TaskStatus(status))
        for product, quantity, source, target, status, reasons in rows
        if _is_ours(reasons)
    ]
