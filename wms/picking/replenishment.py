"""Pick faces get what they need as tasks: what released orders wait for first, then what keeps them above their minimum, from the oldest
batch in reserve and in whole packagings. What a face needs is said in `faces`; here it is read and written.

Goods that an order has claimed in reserve move to the face together with their claims, so rotation is never broken to save a walk.
A whole packaging is picked from reserve; and whoever comes before the goods were brought down picks them where they lie.

Tasks that nobody has begun are no more than a proposal: whenever a face is looked at they are reckoned anew, and grow, shrink or go.
Faces are locked while they are looked at, so two who look at once never ask twice for the same.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa

from wms import clock
from wms.actor import Actor
from wms.catalog.models import Packaging, Product
from wms.db import among, session, table_of
from wms.locations.models import Kind, Location, Mixing
from wms.orders.models import Order, OrderLine
from wms.picking import lateness
from wms.picking.choosing import ON_THE_FLOOR
from wms.picking.faces import KEPT, Claimed, Expected, Key, Need, Plan, Portion, Source, Why, is_loose, plan
from wms.picking.strategies import in_turn, racks, sound
from wms.stock import capacity
from wms.stock.capacity import Cargo, Piece
from wms.stock.models import Batch, Claim, Condition, HandlingUnit, Promise, Reservation, Stage, Stock
from wms.tasks import queue, urgency
from wms.tasks.models import LIVE, Task, TaskKind, TaskStatus

_S, _B, _L, _P, _T = table_of(Stock), table_of(Batch), table_of(Location), table_of(Product), table_of(Task)
_R, _O, _OL = table_of(Reservation), table_of(Order), table_of(OrderLine)
UNBEGUN = (TaskStatus.WAITING.value, TaskStatus.OPEN.value)
EMERGENCY = Why.SHORT.priority
AT_ONCE = 500  # faces read by one statement
_SOONER = dt.timedelta(minutes=5)  # by less a due time is not written anew
_PICKING = dt.timedelta(hours=1)  # before an order is due, its pick begins


@dataclass(frozen=True, slots=True)
class Asks:
    """What else is asked of the faces beside their levels and released orders. None: what was asked before stays as it is."""

    expected: Mapping[int, Expected] | None = None
    top_off: Collection[int] | None = None
    short: int | None = None


@dataclass(slots=True)
class Work:
    """A replenishment that is not over."""

    id: int
    target_id: int
    product_id: int
    key: Key
    quantity: int
    status: str
    priority: int
    due_at: dt.datetime | None
    created_at: dt.datetime
    reasons: list[dict[str, Any]]
    person_id: int | None
    assigned_at: dt.datetime | None

    @property
    def why(self) -> tuple[str, ...]:
        """The codes of its reasons."""
        return tuple(one["code"] for one in self.reasons)


@dataclass(slots=True)
class Standing:
    """A pick face as it is beside the work that nobody has begun."""

    place: Location
    product: Product
    free: int = 0
    room: int = 0
    on_hand: int = 0
    case: int = 1
    short: bool = False
    batches: set[int] = field(default_factory=set)
    alone: bool = True
    """Whether the product lies there alone, or may lie with others."""
    begun: list[Work] = field(default_factory=list)
    unbegun: list[Work] = field(default_factory=list)
    released: int = 0
    released_due: dt.datetime | None = None
    released_priority: int = 0


@dataclass(frozen=True, slots=True)
class Looked:
    """A face (None where it is none any more), what it needs, and what is to be changed about its work."""

    place_id: int
    face: Standing | None
    plan: Plan
    offer: tuple[Portion, ...]
    change: tuple[tuple[Work, Portion], ...]
    withdraw: tuple[Work, ...]

    @property
    def differs(self) -> bool:
        """Whether there is anything to write."""
        return bool(self.offer or self.change or self.withdraw)


@dataclass(frozen=True, slots=True)
class Settled:
    """What was written: new tasks, how many others were changed, and how many went."""

    offered: list[Task]
    changed: int = 0
    withdrawn: int = 0


def serve_faces(stock_ids: Iterable[int], *, by: Actor) -> list[Task]:
    """Brings down what orders have just claimed loose in reserve, where a pick face should serve it; then fills the faces that run low."""
    products = session.execute(
        sa.select(_S.c.product_id)
        .join(_L, sa.and_(_L.c.assigned_product_id == _S.c.product_id, _L.c.site_id == _S.c.site_id))
        .where(among(_S.c.id, sorted(set(stock_ids))))
        .distinct()
    ).scalars()
    return refill(by.site_id, set(products))


def refill(site_id: int, product_ids: Iterable[int] | None = None) -> list[Task]:
    """Offers what the faces need (of these products, or of all); the tasks that are new.

    A face in other hands is passed over, and looked at in a few seconds again: planning and picking hold stock when they come here, and a
    place is locked before its stock.
    """
    return settle(site_id, wanting(site_id, product_ids)).offered


def review(site_id: int) -> Settled:
    """Looks again at every place that has work nobody has begun: its need may be gone, or its goods."""
    return settle(site_id, with_work(site_id))


def with_work(site_id: int, *, begun: bool = False) -> list[int]:
    """The places with work that nobody has begun; with `begun`, those with any."""
    live = LIVE if begun else UNBEGUN
    targets = session.execute(
        sa.select(_T.c.target_id).where(_T.c.site_id == site_id, _T.c.kind == TaskKind.REPLENISH.value, _T.c.status.in_(live)).distinct()
    ).scalars()
    return sorted(one for one in targets if one is not None)


def after_short(location_id: int, product_id: int, *, site_id: int) -> list[Task]:
    """A pick face came up short: whatever the book says, there is nothing, and goods are brought before all others.

    What is on its way is counted, so a second short asks for nothing more. A place that is no face of the product wants nothing.
    """
    found = session.execute(
        sa.select(_L.c.id).where(_L.c.id == location_id, _L.c.assigned_product_id == product_id, *_is_face(site_id))
    ).scalar_one_or_none()
    if found is None:
        return []
    for one in _work(_T.c.target_id, [location_id]):
        if one.priority < EMERGENCY:
            _write(one, priority=EMERGENCY)
    return settle(site_id, [location_id], Asks(short=location_id)).offered


# -- which faces -----------------------------------------------------------------------------------------------------------------


def _is_face(site_id: int) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        _L.c.site_id == site_id,
        _L.c.kind == Kind.PICK_FACE.value,
        _L.c.assigned_product_id.is_not(None),
        _L.c.assigned_maximum > 0,
    )


def wanting(site_id: int, product_ids: Iterable[int] | None = None, *, in_vain: bool = False) -> list[int]:
    """The faces that may want goods that reserve may have: they run low, released orders ask for more than they have, or orders have
    claimed their product in reserve. Few: faces that want nothing are neither locked nor looked at one by one. With `in_vain` also those
    for which nothing is in reserve."""
    query = sa.select(_L.c.id).where(*_is_face(site_id))
    if product_ids is not None:
        wanted = sorted(set(product_ids))
        if not wanted:
            return []
        query = query.where(among(_L.c.assigned_product_id, wanted))
    free = sa.select(sa.func.coalesce(sa.func.sum(_S.c.on_hand - _S.c.reserved), 0)).where(_S.c.location_id == _L.c.id)
    coming = sa.select(sa.func.coalesce(sa.func.sum(_T.c.quantity), 0)).where(
        _T.c.kind == TaskKind.REPLENISH.value, _T.c.target_id == _L.c.id, _T.c.status.in_(LIVE)
    )
    promised = sa.select(sa.func.coalesce(sa.func.sum(Promise.promised), 0)).where(
        Promise.site_id == site_id, Promise.product_id == _L.c.assigned_product_id
    )
    rack, there = _L.alias("rack"), _S.alias("there")
    in_reserve = (
        there.c.product_id == _L.c.assigned_product_id,
        there.c.site_id == site_id,
        rack.c.id == there.c.location_id,
        rack.c.kind == Kind.STORAGE.value,
    )
    low = free.scalar_subquery() + coming.scalar_subquery() < sa.func.coalesce(_L.c.assigned_minimum, 0) + promised.scalar_subquery()
    wants = sa.or_(
        low if in_vain else sa.and_(low, sa.exists().where(*in_reserve, there.c.on_hand > there.c.reserved)),
        sa.exists().where(*in_reserve, there.c.reserved > 0),
    )
    return list(session.execute(query.where(wants).order_by(_L.c.id)).scalars())


# -- looking and writing ---------------------------------------------------------------------------------------------------------


def settle(site_id: int, face_ids: Sequence[int], asks: Asks = Asks()) -> Settled:
    """Reckons what these faces need and writes it: new tasks, and tasks that nobody has begun changed or withdrawn."""
    offered: list[Task] = []
    changed = withdrawn = 0
    for first in range(0, len(face_ids), AT_ONCE):
        for one in look(site_id, face_ids[first : first + AT_ONCE], asks, lock=True):
            for work in one.withdraw:
                queue.cancel(work.id)
            for work, portion in one.change:
                _write(work, **_changes(work, portion))
            offered += [_offer(site_id, one.face, portion) for portion in one.offer if one.face is not None]
            changed += len(one.change)
            withdrawn += len(one.withdraw)
    return Settled(offered, changed, withdrawn)


def look(site_id: int, face_ids: Sequence[int], asks: Asks = Asks(), *, lock: bool = False) -> list[Looked]:
    """What these faces need and what would be done about it. Without `lock` it only looks; with it, faces in other hands are left out."""
    if not face_ids:
        return []
    query = sa.select(Location).where(among(_L.c.id, sorted(face_ids)), _L.c.site_id == site_id).order_by(_L.c.id)
    if lock:
        query = query.with_for_update(key_share=True, skip_locked=True, of=_L)
    places = list(session.execute(query.execution_options(populate_existing=True)).scalars())
    found = [_no_more(place) for place in places if not is_face(place)]
    places = [place for place in places if is_face(place)]
    if not places:
        return found
    standing, reserve = _read(site_id, places, lock=lock)
    for face in standing:
        goods = reserve.get(face.product.id, [])
        sources = [replace(one, fits=_fits(face, one.key[1])) for one in goods]
        one_batch = face.place.mixing == Mixing.ONE_BATCH
        made = plan(
            free=face.free,
            room=face.room,
            sources=sources,
            needs=_needs(face, asks),
            case=face.case,
            one_batch=one_batch,
            in_reserve=bool(goods),
        )
        reserve[face.product.id] = [_less(one, made.portions) for one in goods]
        found.append(_compared(face, made))
    return found


def is_face(place: Location) -> bool:
    """Whether a place is a pick face of a product, with a maximum."""
    return place.kind == Kind.PICK_FACE and place.assigned_product_id is not None and bool(place.assigned_maximum)


def _no_more(place: Location) -> Looked:
    """A place that is no face any more: what nobody has begun goes."""
    return Looked(place.id, None, Plan((), (), None), (), (), tuple(_work(_T.c.target_id, [place.id], unbegun=True)))


def _needs(face: Standing, asks: Asks) -> list[Need]:
    kept = dict.fromkeys(KEPT, 0)
    for work in face.unbegun:
        for one in work.reasons:
            if one["code"] in KEPT:
                kept[Why(one["code"])] += one.get("quantity", 0)
    if asks.short == face.place.id:
        return [Need(Why.SHORT, always=True)]
    if face.short:  # the book is not believed: what was ordered then stays, and more is not asked before it was counted
        return [Need(Why.SHORT, keep=sum(kept.values()))]
    minimum = face.place.assigned_minimum or 0
    needs = [Need(Why.MINIMUM, least=minimum + face.released, fill=True, due_at=face.released_due)]
    if face.released:
        priority = max(Why.RELEASED.priority, face.released_priority)
        needs.append(Need(Why.RELEASED, least=face.released, due_at=face.released_due, priority=priority))
    if asks.expected is None:
        needs.append(Need(Why.FORECAST, keep=kept[Why.FORECAST]))
    elif (expected := asks.expected.get(face.place.id)) is not None:
        needs.append(Need(Why.FORECAST, least=face.released + expected.more_than(face.released), due_at=expected.due_at))
    if asks.top_off is None:
        needs.append(Need(Why.TOP_OFF, keep=kept[Why.TOP_OFF]))
    elif face.place.id in asks.top_off:
        needs.append(Need(Why.TOP_OFF, always=True))
    return needs


def _fits(face: Standing, batch_id: int) -> bool:
    return face.alone and (face.place.mixing != Mixing.ONE_BATCH or not face.batches - {batch_id})


def _less(source: Source, portions: Sequence[Portion]) -> Source:
    """What another face of the product leaves of a source."""
    for one in portions:
        if one.key == source.key:
            return _asked(source, one.quantity)
    return source


def _asked(source: Source, quantity: int) -> Source:
    """A source beside work that takes so much of it: loose claims go along first, as `bringing` takes them, then free goods."""
    left, kept = quantity, []
    for claim in source.claims:
        if claim.quantity <= left:
            left -= claim.quantity
        else:
            kept.append(claim)
    return replace(source, free=max(0, source.free - left), claims=tuple(kept), whole_unit=False)


def _compared(face: Standing, made: Plan) -> Looked:
    """What is to be written so that the work nobody has begun is what is planned."""
    left: dict[Key, Work] = {}
    withdraw = []
    for work in face.unbegun:
        if work.key in left or work.product_id != face.product.id:
            withdraw.append(work)
        else:
            left[work.key] = work
    offer, change = [], []
    for portion in made.portions:
        before = left.pop(portion.key, None)
        if before is None:
            offer.append(portion)
        elif _changes(before, portion):
            change.append((before, portion))
    return Looked(face.place.id, face, made, tuple(offer), tuple(change), (*withdraw, *left.values()))


def _changes(work: Work, portion: Portion) -> dict[str, Any]:
    """What is new about work. A priority that somebody chose stays while the reason is the same, unless an order makes it more urgent."""
    found: dict[str, Any] = {}
    if work.quantity != portion.quantity:
        found["quantity"] = portion.quantity
    if work.reasons != _reasons(portion):
        found["reasons"] = _reasons(portion)
    if work.why != portion.why:
        found |= {"priority": portion.priority, "due_at": portion.due_at}
    elif portion.priority > max(work.priority, portion.why[0].priority):
        found["priority"] = portion.priority
    if portion.due_at is not None and (work.due_at is None or portion.due_at < work.due_at - _SOONER):
        found["due_at"] = portion.due_at
    return found


def _reasons(portion: Portion) -> list[dict[str, Any]]:
    kept = dict(portion.kept)
    return [{"code": why.value, **({"quantity": kept[why]} if why in kept else {})} for why in portion.why]


def _write(work: Work, **values: Any) -> None:
    """Its place in the line follows from its priority and due time."""
    if "priority" in values or "due_at" in values:
        priority, due_at = values.get("priority", work.priority), values.get("due_at", work.due_at)
        values["wanted_at"] = urgency.wanted_at(TaskKind.REPLENISH, priority, due_at, work.created_at)
    session.execute(sa.update(_T).where(_T.c.id == work.id, _T.c.status.in_(LIVE)).values(**values))
    for task in session:
        if isinstance(task, Task) and task.id == work.id:
            session.expire(task)


def _offer(site_id: int, face: Standing, portion: Portion) -> Task:
    location_id, batch_id, unit_id = portion.key
    return queue.offer(
        TaskKind.REPLENISH,
        site_id=site_id,
        priority=portion.priority,
        due_at=portion.due_at,
        product_id=face.product.id,
        batch_id=batch_id,
        handling_unit_id=unit_id,
        quantity=portion.quantity,
        source_id=location_id,
        target_id=face.place.id,
        reasons=_reasons(portion),
    )


# -- reading: a few statements, however many faces -------------------------------------------------------------------------------


def _read(site_id: int, places: Sequence[Location], *, lock: bool) -> tuple[list[Standing], dict[int, list[Source]]]:
    """The faces as they stand, and the goods in reserve by product, in turn, beside what other work takes of them."""
    by_product: dict[int, list[Standing]] = {}
    products = {place.assigned_product_id for place in places if place.assigned_product_id is not None}
    wanted = sorted(products)
    found = {one.id: one for one in session.execute(sa.select(Product).where(among(_P.c.id, wanted))).scalars()}
    cases = cases_of(wanted)
    faces: dict[int, Standing] = {}
    for place in places:
        product = found[place.assigned_product_id or 0]
        faces[place.id] = face = Standing(place, product, case=cases.get(product.id, 1))
        by_product.setdefault(product.id, []).append(face)
    others = _sort_work(faces, wanted, lock=lock)
    _fill_in(site_id, faces)
    reserve = _reserve(site_id, wanted, cases)
    for work in others:
        _take_off(reserve, work)
    for face in faces.values():
        for work in face.begun:
            claimed = _take_off(reserve, work)
            face.free += work.quantity - claimed
    _released(site_id, by_product, cases)
    return list(faces.values()), reserve


def cases_of(products: Sequence[int]) -> dict[int, int]:
    """The smallest packaging of more than one piece, by product; products without one are left out."""
    rows = session.execute(
        sa.select(Packaging.product_id, sa.func.min(Packaging.quantity))
        .where(among(Packaging.product_id, products), Packaging.quantity > 1)
        .group_by(Packaging.product_id)
    )
    return {product: int(quantity) for product, quantity in rows}


def _work(column: Any, ids: Sequence[int], *, unbegun: bool = False) -> list[Work]:
    rows = session.execute(
        sa.select(
            *(_T.c.id, _T.c.target_id, _T.c.product_id, _T.c.source_id, _T.c.batch_id, _T.c.handling_unit_id, _T.c.quantity),
            *(_T.c.status, _T.c.priority, _T.c.due_at, _T.c.created_at, _T.c.reasons, _T.c.person_id, _T.c.assigned_at),
        )
        .where(_T.c.kind == TaskKind.REPLENISH.value, _T.c.status.in_(UNBEGUN if unbegun else LIVE), among(column, ids))
        .order_by(_T.c.id)
    )
    return [
        Work(
            row.id,
            row.target_id,
            row.product_id,
            (row.source_id, row.batch_id, row.handling_unit_id),
            row.quantity or 0,
            row.status,
            row.priority,
            row.due_at,
            row.created_at,
            row.reasons or [],
            row.person_id,
            row.assigned_at,
        )
        for row in rows
    ]


def _sort_work(faces: Mapping[int, Standing], products: Sequence[int], *, lock: bool) -> list[Work]:
    """Begun and unbegun work of the faces; returns the work of other faces. What somebody is just taking counts as begun."""
    mine = _work(_T.c.target_id, sorted(faces))
    open_ids = {one.id for one in mine if one.status in UNBEGUN}
    if lock and open_ids:
        locked = sa.select(_T.c.id).where(among(_T.c.id, sorted(open_ids)), _T.c.status.in_(UNBEGUN)).order_by(_T.c.id)
        open_ids = set(session.execute(locked.with_for_update(skip_locked=True)).scalars())
    for one in mine:
        face = faces[one.target_id]
        (face.unbegun if one.id in open_ids else face.begun).append(one)
    return [one for one in _work(_T.c.product_id, products) if one.target_id not in faces]


def _fill_in(site_id: int, faces: Mapping[int, Standing]) -> None:
    """What lies in each face, what is free of it, and how much more fits beside what is on its way."""
    unbegun = [work.id for face in faces.values() for work in face.unbegun]
    ids = sorted(faces)
    rows = capacity.carried(ids, without=unbegun)
    ours = sa.and_(
        _S.c.condition == Condition.GOOD.value,
        _B.c.owner_id.is_(None),
        sa.or_(_B.c.expires_on.is_(None), _B.c.expires_on >= clock.today()),
    )
    free = {
        row[0]: int(row[1])
        for row in session.execute(
            sa.select(_S.c.location_id, sa.func.sum(_S.c.on_hand - _S.c.reserved))
            .join_from(_S, _B, _B.c.id == _S.c.batch_id)
            .where(among(_S.c.location_id, ids), ours)
            .group_by(_S.c.location_id)
        )
    }
    counts = session.execute(
        sa.select(_T.c.source_id, _T.c.product_id, _T.c.reasons).where(
            _T.c.kind == TaskKind.COUNT.value, _T.c.status.in_(LIVE), _T.c.site_id == site_id, among(_T.c.source_id, ids)
        )
    )
    short = {(row.source_id, row.product_id) for row in counts if any(one["code"] == "short_pick" for one in row.reasons or [])}
    for face in faces.values():
        there = rows.get(face.place.id, [])
        load = capacity.load_of(there, Cargo([Piece(face.product, 0)]))
        face.short = (face.place.id, face.product.id) in short
        face.free = 0 if face.short else free.get(face.place.id, 0)
        face.on_hand = load.lying.own
        on_its_way = load.whole.own - load.lying.own
        face.free += on_its_way - sum(work.quantity for work in face.begun if work.product_id == face.product.id)  # put away there
        face.batches = {row[3] for row in there}
        face.alone = face.place.mixing == Mixing.ANY or not load.whole.other_products
        has = load.whole
        if face.short:  # nobody found what the book says
            lying = load.lying
            has = replace(
                has,
                weight_grams=has.weight_grams - lying.weight_grams,
                volume_mm3=has.volume_mm3 - lying.volume_mm3,
                own=has.own - lying.own,
            )
        suits = capacity.limit_of(face.place, Cargo([Piece(face.product, 1)])) is None
        most = face.place.assigned_maximum or 0
        face.room = capacity.most_pieces(face.place, face.product, has, at_most=most) if suits else 0


def _reserve(site_id: int, products: Sequence[int], cases: Mapping[int, int]) -> dict[int, list[Source]]:
    """Goods in the racks by product, the next in turn first, with the loose pieces that orders have claimed of them."""
    may = sa.case((sound(site_id), 1), else_=0)
    rows = session.execute(
        sa.select(_S.c.id, _S.c.product_id, _S.c.location_id, _S.c.batch_id, _S.c.handling_unit_id, _S.c.on_hand, _S.c.reserved, may)
        .select_from(racks())
        .where(
            _S.c.site_id == site_id,
            among(_S.c.product_id, products),
            _L.c.kind == Kind.STORAGE.value,
            _S.c.on_hand > 0,
            _S.c.condition == Condition.GOOD.value,
        )
        .order_by(*in_turn())
    ).all()
    claims = _claims(site_id, [row[0] for row in rows if row[6]], {row[0]: cases.get(row[1], 1) for row in rows})
    alone = _alone_on_unit(sorted({row[4] for row in rows if row[4] is not None}))
    found: dict[int, list[Source]] = {}
    for stock_id, product, location, batch, unit, on_hand, reserved, is_sound in rows:
        free = on_hand - reserved if is_sound else 0
        source = Source((location, batch, unit), free, tuple(claims.get(stock_id, ())), whole_unit=unit in alone and free == on_hand)
        found.setdefault(product, []).append(source)
    return found


def _claims(site_id: int, stock_ids: Sequence[int], cases: Mapping[int, int]) -> dict[int, list[Claimed]]:
    """Loose pieces that orders have claimed, by stock row, oldest claim first, with when they are expected to be picked."""
    if not stock_ids:
        return {}
    rows = session.execute(
        sa.select(_R.c.stock_id, _R.c.quantity, _R.c.task_id, _O.c.priority, _O.c.due_at)
        .join_from(_R, _OL, _OL.c.id == _R.c.order_line_id)
        .join(_O, _O.c.id == _OL.c.order_id)
        .where(among(_R.c.stock_id, stock_ids), _R.c.status == Claim.PENDING.value, _R.c.stage == Stage.RESERVED.value)
        .order_by(_R.c.id)
    ).all()
    loose = [row for row in rows if is_loose(row.quantity, cases[row.stock_id])]
    starts = lateness.starts(site_id) if loose else {}
    found: dict[int, list[Claimed]] = {}
    for row in loose:
        at = starts.get(row.task_id) or (row.due_at - _PICKING if row.due_at else None)
        found.setdefault(row.stock_id, []).append(Claimed(row.quantity, row.priority, at))
    return found


def _alone_on_unit(units: Sequence[int]) -> set[int]:
    """Units that carry one stock row and no other unit: who takes that takes the unit."""
    if not units:
        return set()
    nested = sa.select(HandlingUnit.parent_id).where(among(HandlingUnit.parent_id, units))
    rows = session.execute(
        sa.select(_S.c.handling_unit_id)
        .where(among(_S.c.handling_unit_id, units), _S.c.on_hand > 0, _S.c.handling_unit_id.not_in(nested))
        .group_by(_S.c.handling_unit_id)
        .having(sa.func.count() == 1)
    )
    return set(rows.scalars())


def _take_off(reserve: Mapping[int, list[Source]], work: Work) -> int:
    """Takes what work will take off its source; how much of that is claimed."""
    goods = reserve.get(work.product_id, [])
    for place, source in enumerate(goods):
        if source.key == work.key:
            goods[place] = after = _asked(source, work.quantity)
            return sum(one.quantity for one in source.claims) - sum(one.quantity for one in after.claims)
    return 0


def _released(site_id: int, by_product: Mapping[int, list[Standing]], cases: Mapping[int, int]) -> None:
    """What released lines ask that are not planned yet, of loose pieces, dealt out to the faces of their product."""
    rows = session.execute(
        sa.select(_OL.c.product_id, _OL.c.promised, _O.c.priority, _O.c.due_at)
        .join_from(_OL, _O, _O.c.id == _OL.c.order_id)
        .where(_O.c.site_id == site_id, _O.c.status.in_(ON_THE_FLOOR), _OL.c.promised > 0, among(_OL.c.product_id, sorted(by_product)))
    )
    for row in rows:
        if not is_loose(row.promised, cases.get(row.product_id, 1)):
            continue
        faces = by_product[row.product_id]
        left = row.promised
        for face in faces:
            part = min(left, max(0, face.free - face.released)) if face is not faces[-1] else left
            if part:
                left -= part
                face.released += part
                face.released_priority = max(face.released_priority, row.priority)
                if row.due_at is not None:
                    due = row.due_at - _PICKING
                    face.released_due = due if face.released_due is None else min(face.released_due, due)
