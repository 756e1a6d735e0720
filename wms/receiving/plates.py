"""Plates are built up, merged, split, taken apart: on the spot, with the work that waited for their goods following them.

Every act can be undone by counter-movements as long as nobody touched what it made. Locks are taken as everywhere: the work first, then
the place, then the stacks (the lowest unit first), then stock.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from wms import events
from wms.actor import Actor
from wms.catalog.models import Product
from wms.db import fold, session
from wms.errors import Conflict, Refused
from wms.i18n import T
from wms.locations.models import Kind, Location
from wms.locations.places import find_location
from wms.orders.timeline import teach, teach_facts
from wms.receiving import moves, plate_goods, whole_plates
from wms.receiving.models import Inspection, InspectionStatus
from wms.receiving.whole_plates import EmptyUnit
from wms.stock import capacity, changes, handling_units, ledger, nesting
from wms.stock.capacity import Cargo, LocationFull, Piece
from wms.stock.ledger import NotEnough, QuantityWrong
from wms.stock.models import Batch, Claim, Condition, HandlingUnit, Movement, Reservation, Stage, Stock, UnitKind
from wms.stock.nesting import Holds, OnItself, must_be_here
from wms.stock.operations import must_be_by_hand
from wms.tasks import queue
from wms.tasks.models import Task, TaskStatus

SUBJECT = "handling_unit"

teach("plate.put_on", T("Put on {onto}", "放到 {onto} 上"))
teach("plate.came_on", T("{unit} was put on it", "{unit} 已放上"))
teach("plate.taken_off", T("Taken off {onto}", "从 {onto} 上取下"))
teach("plate.filled", T("{quantity} {sku} put on it", "放上 {sku} {quantity}"))
teach("plate.split", T("{quantity} {sku} taken off onto {onto}", "{sku} {quantity} 转到 {onto}"))
teach("plate.merged", T("Merged into {onto}", "已并入 {onto}"))
teach("plate.merged_in", T("{unit} was merged into it", "已并入 {unit}"))
teach("plate.dissolved", T("Taken apart: its goods lie loose", "已拆托：货物散放"), "ask")
teach("plate.undone", T("Undone: {act}", "已撤销：{act}"), "ask")
teach_facts(
    "act",
    {
        "put_on": T("put on", "放上"),
        "taken_off": T("taken off", "取下"),
        "filled": T("goods put on", "放上货物"),
        "split": T("split", "拆分"),
        "merged": T("merged", "合并"),
        "dissolved": T("taken apart", "拆托"),
    },
)


class PackedStays(Refused):
    """What was picked or packed for an order leaves its carton by the bench alone."""

    code = "packed_stays"
    sentence = T("{unit} holds goods picked or packed for an order", "{unit} 内是订单已拣或已打包的货物")
    advice = T("Put the whole carton on a pallet, or take it to the packing bench", "请整箱放到托盘上，或送回打包台")


class UnderInspection(Refused):
    """An open inspection is about what is on this plate, and finds it there."""

    code = "unit_under_inspection"
    sentence = T("{unit} waits for inspection {number}", "{unit} 待检（{number}）")
    advice = T("Enter the result of the inspection first", "请先录入检验结果")


class OtherwiseLoose(Refused):
    """The same goods lie there already in another condition."""

    code = "otherwise_loose"
    sentence = T("The same goods lie loose at {location}: {condition}", "{location} 已有同批散放货物：{condition}")
    advice = T("Put those away first, or leave these on their plate", "请先处理散放货物，或保留在托盘上")


class NotStanding(Refused):
    """It stands on nothing."""

    code = "unit_on_nothing"
    sentence = T("{unit} does not stand on another unit", "{unit} 没有放在其他单元上")
    advice = T("Scan a carton that stands on the pallet", "请扫描托盘上的箱")


class PlateChanged(Refused):
    """Somebody went on with what was built."""

    code = "plate_changed"
    sentence = T("There is nothing to undo: the goods or units have moved on", "无法撤销：货物或单元已变动")
    advice = T("Build it the other way round by hand", "请手工反向操作")


@dataclass(frozen=True, slots=True)
class Built:
    """An act on plates, as it is undone."""

    what: str
    unit_id: int
    onto_id: int | None = None
    movements: tuple[int, ...] = ()
    stood: tuple[tuple[int, int | None], ...] = ()
    """Units that changed what they stand on, with what they stood on before."""

    def kept(self) -> dict[str, Any]:
        """As it is kept in notes."""
        return asdict(self)

    @classmethod
    def again(cls, kept: dict[str, Any]) -> Built:
        """From notes."""
        movements, stood = tuple(kept["movements"]), tuple((one, parent) for one, parent in kept["stood"])
        return cls(kept["what"], kept["unit_id"], kept["onto_id"], movements, stood)


# -- a new one -----------------------------------------------------------------------------------------------------------------


def begin(kind: UnitKind, location_id: int, *, by: Actor, company_prefix: str) -> HandlingUnit:
    """A new empty plate at a place, with a number of its own. Raises NoPrefix, NumbersUsedUp."""
    return handling_units.new_unit(kind, location_id=location_id, site_id=by.site_id, company_prefix=company_prefix)


def issue(kind: UnitKind, count: int, location: str | None, *, by: Actor, company_prefix: str) -> list[str]:
    """New numbers for so many empty plates, such as labels printed beforehand; they wait at the place that is named, else at the first
    dock. Raises LocationUnknown, NoPrefix, NumbersUsedUp, NoPlace, NotByHand."""
    if location:
        place = find_location(location, by=by)
        must_be_by_hand(place)
    at = place.id if location else first_place(by=by)
    return handling_units.new_units(kind, count, location_id=at, site_id=by.site_id, company_prefix=company_prefix)


def begin_with(code: str, location_id: int, *, by: Actor, company_prefix: str) -> HandlingUnit:
    """A new empty pallet under a number that somebody else gave it. Raises OwnNumber, Gs1CheckDigit, UnitUnknown (it is another site's)."""
    handling_units.must_come_from_elsewhere(code, company_prefix=company_prefix)
    if session.execute(sa.select(HandlingUnit.id).where(HandlingUnit.code_key == fold(code))).first() is not None:
        raise handling_units.UnitUnknown(code=code)
    return handling_units.new_unit(UnitKind.PALLET, location_id=location_id, site_id=by.site_id, company_prefix=company_prefix, code=code)


# -- units on units ------------------------------------------------------------------------------------------------------------


def put_unit_on(unit: HandlingUnit, onto: HandlingUnit, *, by: Actor, key: str) -> Built:
    """A carton (or a pallet) is put on a pallet, with all that stands on it. An empty one comes to where the other stands; of two with
    goods, the one that is put on is moved to the other first, by the rules of moving.

    Raises what `nesting.put_on` and, where it is moved, `moves.move_plate` raise.
    """
    before = unit.parent_id
    if unit.id == onto.id:
        raise OnItself(unit=unit.code, onto=onto.code)
    if unit.location_id != onto.location_id:
        nesting.must_go_together(unit, onto)
        _bring_together(unit, onto, by=by, key=key)
        before = None
    place = _locked([unit, onto], by=by)
    nesting.put_on(unit, onto)
    _must_still_fit(place)
    whole_plates.aim(handling_units.root_of(unit), by=by)
    _tell(unit, "plate.put_on", by, onto=onto.code)
    _tell(onto, "plate.came_on", by, unit=unit.code)
    return Built("put_on", unit.id, onto.id, stood=((unit.id, before),))


def _bring_together(unit: HandlingUnit, onto: HandlingUnit, *, by: Actor, key: str) -> None:
    if not handling_units.contents(unit.id):
        handling_units.stand_at(unit.id, onto.location_id)
    elif not handling_units.contents(onto.id) and onto.parent_id is None:
        handling_units.stand_at(onto.id, unit.location_id)
    else:
        moves.move_plate(unit, onto.location_id, by=by, key=f"{key}:bring")


def take_unit_off(unit: HandlingUnit, *, by: Actor) -> Built:
    """A carton is taken off its pallet and stands beside it. Raises NotStanding, UnitOnLoad, UnitOutside, LocationFull."""
    if unit.parent_id is None:
        raise NotStanding(unit=unit.code)
    onto = session.get_one(HandlingUnit, unit.parent_id)
    must_be_here(unit)
    place = _locked([unit, onto], by=by)
    handling_units.take_off(unit.id)
    _must_still_fit(place)
    _tell(unit, "plate.taken_off", by, onto=onto.code)
    return Built("taken_off", unit.id, onto.id, stood=((unit.id, onto.id),))


# -- goods onto a plate, off a plate -------------------------------------------------------------------------------------------


def put_goods_on(
    onto: HandlingUnit,
    product: Product,
    quantity: int,
    source_id: int,
    *,
    by: Actor,
    key: str,
    lot: str | None = None,
    condition: Condition | None = None,
) -> Built:
    """Loose goods from a place go onto a plate; an empty one comes to where they lie. Free goods only, the first to leave first.

    Raises QuantityWrong, NotEnough, ConditionsApart, OwnersApart, PackedStays, UnderInspection, UnitOnLoad, UnitOutside, the rules of
    the place, and Conflict where somebody changed the plate meanwhile.
    """
    if quantity <= 0:
        raise QuantityWrong(quantity=quantity)
    must_be_here(onto)
    held = _not_packed(onto)
    if not held.conditions and onto.parent_id is None and not handling_units.standing_on(onto.id):
        handling_units.stand_at(onto.id, source_id)
    rows = [row for row in plate_goods.free_rows(Stock.location_id == source_id, product, lot) if row.handling_unit_id is None]
    state = condition.value if condition else _state_of(rows, held)
    taken = plate_goods.taken_of([row for row in rows if row.condition == state], quantity, product, source_id)
    target = session.get_one(Location, onto.location_id)
    for row, _ in taken:
        _may_go_on(onto, row, held)
    if target.id != source_id:
        must_be_by_hand(target, Condition(state))
        capacity.must_take(target, Cargo([Piece(product, count, row.batch_id) for row, count in taken]))
    _locked([onto], by=by)
    _must_hold_together(onto)
    _not_inspected([onto.id])
    held = _not_packed(onto)  # as it is now that nobody else changes it
    for row, _ in taken:
        _may_go_on(onto, row, held)
    moved = plate_goods.carry(taken, onto, by=by, key=key)
    _must_still_fit(target)
    plate_goods.follow(taken, onto, by)
    _tell(onto, "plate.filled", by, quantity=quantity, sku=product.sku)
    return Built("filled", onto.id, onto.id, tuple(one.movement_id for one in moved))


def take_goods_off(
    unit: HandlingUnit, product: Product, quantity: int, onto: HandlingUnit, *, by: Actor, key: str, lot: str | None = None
) -> Built:
    """A part of the goods on a plate goes onto another one beside it: a new one, or one that is there. Free goods only.

    Raises QuantityWrong, NotOnIt, NotEnough, ConditionsApart, OwnersApart, PackedStays, UnderInspection, UnitElsewhereNow, LocationFull.
    """
    if quantity <= 0:
        raise QuantityWrong(quantity=quantity)
    if unit.id == onto.id:
        raise OnItself(unit=unit.code, onto=onto.code)
    for one in (unit, onto):
        must_be_here(one)
        _not_packed(one)
    if not handling_units.contents(onto.id) and onto.parent_id is None:
        handling_units.stand_at(onto.id, unit.location_id)
    if unit.location_id != onto.location_id:
        raise _apart(unit, onto)
    place = _locked([unit, onto], by=by)
    _must_hold_together(unit, onto)
    _not_inspected([unit.id, *(one.id for one in handling_units.standing_on(unit.id)), onto.id])
    for one in (unit, onto):
        _not_packed(one)
    rows = plate_goods.free_rows(Stock.handling_unit_id.in_(handling_units.tree(unit.id)), product, lot)
    if not rows:
        raise plate_goods.NotOnIt(sku=product.sku, unit=unit.code)
    taken = plate_goods.taken_of(rows, quantity, product, unit.location_id)
    held = nesting.holds(onto.id)
    for row, _ in taken:
        _may_go_on(onto, row, held)
    moved = plate_goods.carry(taken, onto, by=by, key=key)
    _must_still_fit(place)
    plate_goods.follow(taken, onto, by)
    for one in (unit, onto):
        whole_plates.aim(handling_units.root_of(one), by=by)
    _tell(unit, "plate.split", by, quantity=quantity, sku=product.sku, onto=onto.code)
    _tell(onto, "plate.filled", by, quantity=quantity, sku=product.sku)
    return Built("split", unit.id, onto.id, tuple(one.movement_id for one in moved))


def merge(unit: HandlingUnit, onto: HandlingUnit, *, by: Actor, key: str) -> Built:
    """Everything of one plate goes onto another beside it: its goods, and the units that stand on it. What was reserved stays reserved.
    The empty plate may be used again.

    Raises OnItself, EmptyUnit, PackedStays, UnderInspection, TooHigh, ConditionsApart, OwnersApart, UnitElsewhereNow, UnitOnLoad,
    LocationFull, TaskTaken.
    """
    if unit.id == onto.id or onto.id in {one.id for one in handling_units.standing_on(unit.id)}:
        raise OnItself(unit=unit.code, onto=onto.code)
    nesting.must_go_together(unit, onto)
    for one in (unit, onto):
        _not_packed(one)
    if not handling_units.contents(unit.id):
        raise EmptyUnit(code=unit.code)
    if unit.location_id != onto.location_id:
        if handling_units.contents(onto.id) or onto.parent_id is not None:
            raise _apart(unit, onto)
        handling_units.stand_at(onto.id, unit.location_id)
    place = _locked([unit, onto], by=by)
    _must_hold_together(unit, onto)
    nesting.must_go_together(unit, onto)  # as they are now that nobody else changes them
    for one in (unit, onto):
        _not_packed(one)
    rows = [row for row in handling_units.contents(unit.id) if row.handling_unit_id == unit.id]
    _not_inspected([unit.id, onto.id])
    above = [one for one in handling_units.standing_on(unit.id) if one.parent_id == unit.id]
    moved = nesting.pour(unit, onto, by=by, key=key)
    for one in above:
        nesting.put_on(one, onto)
    _must_still_fit(place)
    plate_goods.follow([(row, row.on_hand) for row in rows], onto, by)
    whole_plates.aim(handling_units.root_of(onto), by=by)
    changes.tell([one.movement_id for one in moved], by=by)
    _tell(unit, "plate.merged", by, onto=onto.code)
    _tell(onto, "plate.merged_in", by, unit=unit.code)
    return Built("merged", unit.id, onto.id, tuple(one.movement_id for one in moved), tuple((one.id, unit.id) for one in above))


def dissolve(unit: HandlingUnit, *, by: Actor, key: str) -> Built:
    """A plate is taken apart where it stands: its goods lie loose, what stood on it stands beside it.

    Raises EmptyUnit, PackedStays, UnderInspection, OtherwiseLoose, UnitOnLoad, UnitOutside, LocationFull, TaskTaken.
    """
    must_be_here(unit)
    own = [row for row in handling_units.contents(unit.id) if row.handling_unit_id == unit.id]
    above = [one for one in handling_units.standing_on(unit.id) if one.parent_id == unit.id]
    if not own and not above:
        raise EmptyUnit(code=unit.code)
    if own:
        _not_packed(unit)
    place = _locked([unit], by=by)
    _not_inspected([unit.id])
    for one in above:
        handling_units.take_off(one.id)
    taken = [(row, row.on_hand) for row in handling_units.contents(unit.id)]
    for row, _ in taken:
        _not_beside_others(row, place)
    moved = plate_goods.carry(taken, None, by=by, key=key) if taken else []
    _must_still_fit(place)
    plate_goods.follow(taken, None, by)
    _tell(unit, "plate.dissolved", by)
    return Built("dissolved", unit.id, None, tuple(one.movement_id for one in moved), tuple((one.id, unit.id) for one in above))


def _not_beside_others(row: Stock, place: Location) -> None:
    """Loose goods of one batch at one place are in one condition: nobody could tell which are meant by the work that waits for them."""
    other = sa.select(Stock.condition).where(
        Stock.location_id == row.location_id, Stock.batch_id == row.batch_id, Stock.handling_unit_id.is_(None), Stock.on_hand > 0,
        Stock.condition != row.condition,
    )  # fmt: skip
    found = session.execute(other.limit(1)).scalar_one_or_none()
    if found is not None:
        raise OtherwiseLoose(location=place.code, condition=Condition(found).text)


# -- undoing -------------------------------------------------------------------------------------------------------------------


def undo(built: Built, *, by: Actor, key: str) -> HandlingUnit:
    """Takes an act back, if what it made stands untouched; the plate it was done to. Raises PlateChanged, LocationFull, TaskTaken."""
    named = {built.unit_id, built.onto_id, *(one for pair in built.stood for one in pair)} - {None}
    units = {one.id: one for one in session.execute(sa.select(HandlingUnit).where(HandlingUnit.id.in_(named))).scalars()}
    place = _locked(list(units.values()), by=by)
    now = None if built.what in ("taken_off", "dissolved") else built.onto_id
    for unit_id, before in built.stood:
        unit = units[unit_id]
        under = units[before] if before is not None else None
        if unit.parent_id != now or (under is not None and under.location_id != unit.location_id):
            raise PlateChanged
        must_be_here(unit)
        handling_units.take_off(unit_id)
        if under is not None:
            nesting.put_on(unit, under)
    _must_take_back(built.movements)
    for number, movement_id in enumerate(built.movements):
        _reverse(movement_id, by=by, key=f"{key}:{number}")
    _must_still_fit(place)
    for one in {handling_units.root_of(unit).id for unit in units.values()}:
        whole_plates.aim(session.get_one(HandlingUnit, one), by=by)
    unit = units[built.unit_id]
    _tell(unit, "plate.undone", by, act=built.what)
    return unit


def _must_take_back(movement_ids: Sequence[int]) -> None:
    """Raises LocationFull and the like where the goods came from another place and something else took their room meanwhile."""
    pieces: dict[int, list[Piece]] = {}
    for one in session.execute(
        sa.select(Movement).where(Movement.id.in_(movement_ids), Movement.source_id != Movement.target_id)
    ).scalars():
        product = session.get_one(Product, one.product_id)
        pieces.setdefault(one.source_id, []).append(Piece(product, one.quantity, one.batch_id))
    for place_id, back in sorted(pieces.items()):
        capacity.must_take(session.get_one(Location, place_id), Cargo(back))


def _reverse(movement_id: int, *, by: Actor, key: str) -> None:
    movement = session.get_one(Movement, movement_id)
    target = _row_at(movement.target_id, movement.batch_id, movement.target_unit_id, movement.target_condition)
    if target is None:
        raise PlateChanged
    claims: list[Reservation] = []
    if movement.order_line_id is not None:
        which = (Reservation.stock_id == target.id, Reservation.order_line_id == movement.order_line_id)
        claims = list(session.execute(sa.select(Reservation).where(*which, Reservation.status == Claim.PENDING.value)).scalars())
    held = sum(claim.quantity for claim in claims)
    if movement.order_line_id is not None and held != movement.quantity:
        raise PlateChanged
    facts: dict[str, Any] = {}
    if claims:
        facts = {"claims": tuple(claim.id for claim in claims), "claimed": held, "stage": Stage(claims[0].stage)}
    try:
        ledger.reverse(movement_id, key=key, by=by, **facts)
    except (NotEnough, Conflict) as gone:
        raise PlateChanged from gone
    back = session.get_one(HandlingUnit, movement.source_unit_id) if movement.source_unit_id else None
    plate_goods.follow([(target, movement.quantity)], back, by)


def _row_at(location_id: int, batch_id: int, unit_id: int | None, condition: str) -> Stock | None:
    unit = Stock.handling_unit_id == unit_id if unit_id else Stock.handling_unit_id.is_(None)
    where = (Stock.location_id == location_id, Stock.batch_id == batch_id, Stock.condition == condition, unit)
    return session.execute(sa.select(Stock).where(*where)).scalar_one_or_none()


# -- the rules -----------------------------------------------------------------------------------------------------------------


def _not_packed(unit: HandlingUnit) -> Holds:
    held = nesting.holds(unit.id)
    if held.orders:
        raise PackedStays(unit=unit.code)
    return held


def _not_inspected(unit_ids: Sequence[int]) -> None:
    """Raises UnderInspection for a plate that an open inspection names: its goods stay on it until there is a result."""
    found = session.execute(
        sa.select(Inspection.number, HandlingUnit.code)
        .join(HandlingUnit, HandlingUnit.id == Inspection.handling_unit_id)
        .where(Inspection.handling_unit_id.in_(unit_ids), Inspection.status == InspectionStatus.OPEN.value)
        .order_by(Inspection.id)
        .limit(1)
    ).one_or_none()
    if found is not None:
        raise UnderInspection(unit=found.code, number=found.number)


def _must_hold_together(*units: HandlingUnit) -> None:
    """Raises Conflict where goods were put on a plate while it was brought elsewhere, or one of two was taken away."""
    places = {row.location_id for unit in units for row in handling_units.contents(unit.id)} | {unit.location_id for unit in units}
    if len(places) > 1:
        raise Conflict


def _may_go_on(onto: HandlingUnit, row: Stock, held: Holds) -> None:
    """Raises ConditionsApart, OwnersApart for goods that do not go with what is on the plate."""
    batch, product = session.get_one(Batch, row.batch_id), session.get_one(Product, row.product_id)
    goods = Holds(frozenset([row.condition]), frozenset([batch.owner_id or product.owner_id]), frozenset(), open=False)
    if held.conditions:
        nesting.must_agree(product.sku, goods, onto.code, held)


def _state_of(rows: Iterable[Stock], held: Holds) -> str:
    """The condition that is meant: that of the plate's goods; on an empty plate good goods before others."""
    there = {row.condition for row in rows}
    if len(held.conditions) == 1:
        return next(iter(held.conditions))
    return Condition.GOOD.value if Condition.GOOD.value in there or not there else min(there)


def _apart(unit: HandlingUnit, onto: HandlingUnit) -> nesting.UnitElsewhereNow:
    there, here = (session.get_one(Location, one.location_id).code for one in (unit, onto))
    return nesting.UnitElsewhereNow(unit=unit.code, onto=onto.code, there=there, here=here)


def _must_still_fit(place: Location) -> None:
    """Raises LocationFull where there are more plates at the place now than it takes."""
    if place.max_units is None or place.kind == Kind.VIRTUAL:
        return
    units = capacity.lying_at(place.id).units
    if units > place.max_units:
        raise LocationFull(location=place.code, what=T("pallets", "托盘数"), have=units - 1, more=1, most=place.max_units)


def _locked(units: Sequence[HandlingUnit], *, by: Actor) -> Location:
    """The place of these units, with their work, the place and their stacks locked. Raises TaskTaken for work in somebody else's hands."""
    tasks = session.execute(
        sa.select(Task)
        .where(
            Task.handling_unit_id.in_(sa.union_all(*(sa.select(handling_units.tree(unit.id).subquery().c.id) for unit in units))),
            Task.kind.in_([kind.value for kind in plate_goods.FOLLOWS]),
            Task.status.in_([TaskStatus.OPEN.value, TaskStatus.CLAIMED.value]),
        )
        .order_by(Task.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).scalars()
    for task in tasks:
        if task.status == TaskStatus.CLAIMED:
            queue.claim(task.id, by=by)  # one's own stays one's own; of another's it says whose it is
    location_id = units[-1].location_id
    place = session.execute(sa.select(Location).where(Location.id == location_id).with_for_update(key_share=True)).scalar_one()
    handling_units.lock_trees(*(unit.id for unit in units))
    return place


@dataclass(frozen=True, slots=True)
class _Subject:
    id: int
    number: str
    site_id: int
    event_kind: str = SUBJECT


def _tell(about: HandlingUnit, code: str, by: Actor, **facts: Any) -> None:
    events.record(_Subject(about.id, about.code, about.site_id), code, by=by, **facts)


# -- where it begins ---------------------------------------------------------------------------------------------------------


def first_place(*, by: Actor) -> int:
    """Where an empty plate stands before anything is on it: the first dock, else the first place that goods are put. Raises NoPlace."""
    in_turn = sa.case({Kind.DOCK.value: 0, Kind.STAGING.value: 1, Kind.PACKING.value: 2}, value=Location.kind, else_=3)
    found = session.execute(
        sa.select(Location.id)
        .where(Location.site_id == by.site_id, Location.kind.not_in([Kind.VIRTUAL.value, Kind.CONSIGNMENT.value]))
        .order_by(in_turn, Location.id)
        .limit(1)
    ).scalar_one_or_none()
    if found is None:
        raise NoPlace
    return found


class NoPlace(Refused):
    """A warehouse without a place."""

    code = "no_place"
    sentence = T("There is no location a pallet could stand at", "没有可放托盘的库位")
    advice = T("Put in the locations first", "请先建立库位")
