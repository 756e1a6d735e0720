"""What was counted goes into the book: by counter-movements against @COUNT, or as goods that lie elsewhere or in another condition than the
book has them, always with the count as document.

A difference is what was counted against the book of that moment. Goods that moved since do not change it; a correction of the book does:
what another count or a supervisor has put right meanwhile is not posted a second time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from wms import clock
from wms.actor import Actor
from wms.catalog.models import Product, Tracking
from wms.db import among, fold, session
from wms.errors import Refused
from wms.i18n import T
from wms.locations.models import Kind, Location, Virtual
from wms.locations.sites import virtual
from wms.orders.claims import lock_holders, return_to_promise, withdraw_empty_picks
from wms.stock import changes, handling_units, promises, reservations
from wms.stock.ledger import CANONICAL, Move, Moved, Place
from wms.stock.ledger import post as post_moves
from wms.stock.models import Batch, Claim, Condition, HandlingUnit, Movement, MovementKind, Reservation, Stage, Stock
from wms.stocktake import found_goods
from wms.stocktake.choice import RESTING
from wms.stocktake.doubts import CORRECTIONS, LOT_KEY, Goods, goods_of, sides
from wms.stocktake.models import Cause, CountEntry, CountLine, CountPlace, CountPlan, Outcome, PlaceState
from wms.tasks import queue

_EXPIRED = "count:expired:"
"""What blocks expired goods begins so in the journal: it changes their condition, and puts nothing right."""
_RESTS = [kind.value for kind in RESTING]
_IN_THE_RACK = sa.and_(Reservation.status == Claim.PENDING.value, Reservation.stage == Stage.RESERVED.value)


class ReservedGoodsMissing(Refused):
    """What is missing is reserved and cannot be given up any more because it was picked already."""

    code = "reserved_goods_missing"
    sentence = T("{sku} at {location}: more is missing than is free", "{location} 的 {sku}：缺少的数量超过未占用的数量")
    advice = T("Cancel or short the orders that hold it, then approve again", "请先取消相关订单或报缺货，再审批")


class MissingMoved(ReservedGoodsMissing):
    """The book has less there by now than is missing: goods that were not there were moved on, or away, in the book."""

    code = "missing_moved"
    sentence = T("{sku} at {location}: the book has less there by now than is missing", "{location} 的 {sku}：当前账面少于缺少的数量")
    advice = T(
        "What was missing was moved in the book since: have it counted once more, and where it was moved to",
        "缺少的货物盘点后在账面上已移走：请安排再盘，并盘点移入的库位",
    )


@dataclass
class Standing:
    """A difference that still stands, and where it is booked: `left` is what nothing has explained yet."""

    line: CountLine
    place: CountPlace
    left: int


def post(places: Sequence[CountPlace], *, by: Actor, reason: str | None = None) -> None:
    """Books what of every difference at these places still stands, with their count as document. Claims on goods that are not there are
    given up. The places are locked, and of one count. Raises ReservedGoodsMissing."""
    ids = [place.id for place in places]
    at = {place.id: place for place in places}
    off = sa.select(CountLine).where(among(CountLine.place_id, ids), CountLine.difference != 0)
    lines = list(session.execute(off.order_by(CountLine.id).execution_options(populate_existing=True)).scalars())
    if not lines:
        return
    count = session.get_one(CountPlan, places[0].count_id)
    products = _lock_holders(count, lines)
    _lock_places(count, lines, places, products)
    rows = _locked_rows(lines)
    standing = [Standing(line, at[line.place_id], much) for line, much in _still_standing(lines, at)]
    outside = virtual(count.site_id, Virtual.COUNT)
    booking = Booking(count, outside, reason or count.reason, rows)
    moved_units = _move_units(count, standing, rows, by=by, reason=booking.reason)
    for one, other in _changed_condition(standing):
        booking.rebook(one, other, Outcome.CONDITION)
    for one, other in _misplaced(standing):
        booking.rebook(one, other, Outcome.RELOCATED)
    for one in standing:
        booking.fetch_serial(one)
    for one in standing:
        if one.left < 0:
            booking.take_out(one)
        elif one.left > 0:
            booking.put_in(one)
    session.flush()
    withdraw_empty_picks(booking.freed)
    told = [*moved_units, *(post_moves(booking.moves, by=by) if booking.moves else [])]
    if told:
        changes.tell([one.movement_id for one in told], by=by)


def block_expired(places: Sequence[CountPlace], *, by: Actor) -> None:
    """Good stock that was counted at these places, which are locked, and has expired is blocked, as far as nobody has a claim on it."""
    expired = sa.and_(Stock.condition == Condition.GOOD.value, Batch.expires_on < clock.today(), Stock.on_hand > Stock.reserved)
    rows = (
        sa.select(Stock, CountLine)
        .join(Batch, Batch.id == Stock.batch_id)
        .join(CountPlace, CountPlace.location_id == Stock.location_id)
        .join(CountLine, sa.and_(CountLine.place_id == CountPlace.id, CountLine.product_id == Stock.product_id))
        .where(_of_lines_at(places), expired)
        .where(sa.exists().where(CountEntry.line_id == CountLine.id, CountEntry.quantity > 0))
        .order_by(*CANONICAL)
        .with_for_update(key_share=True, of=Stock)
        .execution_options(populate_existing=True)
    )
    moves: list[Move] = []
    for row, line in session.execute(rows).all():
        number = session.get_one(CountPlan, places[0].count_id).number
        blocked = Place(row.location_id, row.handling_unit_id, Condition.BLOCKED.value)
        moves.append(
            Move(
                key=f"{_EXPIRED}{line.id}:{row.batch_id}",
                batch_id=row.batch_id,
                quantity=row.on_hand - row.reserved,
                source=Place(row.location_id, row.handling_unit_id, row.condition),
                target=blocked,
                kind=MovementKind.COUNT,
                reason=Cause.EXPIRED.text.both(),
                document=number,
            )
        )
        line.outcome, line.cause = line.outcome or Outcome.CONDITION.value, line.cause or Cause.EXPIRED.value
    session.flush()
    if moves:
        changes.tell([one.movement_id for one in post_moves(moves, by=by)], by=by)


def _changed_condition(standing: Sequence[Standing]) -> Iterator[tuple[Standing, Standing]]:
    """Fewer in one condition and more in another of the same goods at the same place: they are there, and have changed."""
    return _pairs(standing, lambda one: (one.place_id, one.product_id, one.lot_key, one.owner_id, one.handling_unit_id))


def _misplaced(standing: Sequence[Standing]) -> Iterator[tuple[Standing, Standing]]:
    """Fewer at one place and more of the same goods at another: they lie there, and keep their batch and its age."""
    return _pairs(standing, lambda one: (one.product_id, one.lot_key, one.owner_id, one.condition), elsewhere=True)


def _pairs(
    standing: Sequence[Standing], same: Callable[[CountLine], tuple[Any, ...]], *, elsewhere: bool = False
) -> Iterator[tuple[Standing, Standing]]:
    """What is missing, each with what is too much of the same and not explained yet by the pairs before, which the caller books as they
    come: as fast as there are lines."""
    more: dict[tuple[Any, ...], list[Standing]] = defaultdict(list)
    for one in standing:
        if one.left > 0:
            more[same(one.line)].append(one)
    done: dict[tuple[Any, ...], int] = defaultdict(int)
    for one in standing:
        key = same(one.line)
        others = more.get(key, [])
        while done[key] < len(others) and others[done[key]].left <= 0:
            done[key] += 1
        for place in range(done[key], len(others)):
            if one.left >= 0:
                break
            if others[place].left > 0 and not (elsewhere and one.place.id == others[place].place.id):
                yield one, others[place]


def _move_units(count: CountPlan, standing: list[Standing], rows: dict[int, list[Stock]], *, by: Actor, reason: str | None) -> list[Moved]:
    """Whole pallets that stand elsewhere than the book has them go there in the book, with all that is on them, and claims on it.

    Where somebody has moved them since they were counted, they stand where they were moved to.
    """
    moved: list[Moved] = []
    for unit_id, here in _units_found(standing).items():
        unit = session.get_one(HandlingUnit, unit_id, populate_existing=True)
        tree = set(session.execute(handling_units.tree(unit_id)).scalars())
        on_it = [one for one in standing if one.line.handling_unit_id in tree]
        start = unit.location_id
        if _moved_since(here, start, _went_whole(tree)):
            for one in on_it:
                _let_stand(one, unit)
            continue
        if start == here.place.location_id:
            continue
        for one in on_it:  # what was taken off it since it was counted, or put on, is no difference
            if one.place.id == here.place.id:
                one.left += _changed_on(one.line)
            elif one.place.location_id == start:
                one.left -= _changed_on(one.line, by_hands=True)
        inside = [(row, row.on_hand) for row in handling_units.contents(unit_id)]
        key = f"count:{count.id}:unit:{unit_id}:{here.place.id}"
        went = handling_units.move_unit(
            unit, here.place.location_id, key=key, kind=MovementKind.COUNT, by=by, reason=reason, document=count.number
        )
        moved += went
        for row, quantity in inside:
            _relocated(count, standing, row, quantity, start, here.place)
    for one in standing:
        if one.left < 0 and one.line.handling_unit_id is not None:
            unit = session.get_one(HandlingUnit, one.line.handling_unit_id)
            start = one.place.location_id
            if unit.location_id != start and _carried(one, _went_whole({unit.id}), Movement.source_id == start):
                _let_stand(one, unit)
    if moved:
        session.flush()
        for line_id, found in _locked_rows([one.line for one in standing]).items():
            rows[line_id] = found
    return moved


def _units_found(standing: Sequence[Standing]) -> dict[int, Standing]:
    """The units on which more was found than the book has there, and where: the lowest one of a stack where all that stands on it was found
    there."""
    found: dict[int, dict[int, Standing]] = defaultdict(dict)
    for one in standing:
        if one.line.handling_unit_id and one.left > 0:
            found[one.place.id].setdefault(one.line.handling_unit_id, one)
    wanted: dict[int, Standing] = {}
    for units in found.values():
        for unit_id, one in sorted(units.items()):
            unit = session.get_one(HandlingUnit, unit_id, populate_existing=True)
            while unit.parent_id is not None and unit.location_id != one.place.location_id:
                if not {row.handling_unit_id for row in handling_units.contents(unit.parent_id)} <= units.keys():
                    break
                unit = session.get_one(HandlingUnit, unit.parent_id, populate_existing=True)
            wanted.setdefault(unit.id, one)
    return wanted


def _went_whole(unit_ids: set[int]) -> sa.ColumnElement[bool]:
    """Whether a movement is one of goods that stayed on these units."""
    return sa.and_(Movement.target_unit_id.in_(unit_ids), Movement.source_unit_id == Movement.target_unit_id)


def _carried(one: Standing, *of_it: sa.ColumnElement[bool]) -> bool:
    """Whether hands have carried this from one place to another since it was counted."""
    m = Movement
    since = sa.and_(m.product_id == one.line.product_id, m.at > one.line.taken_at, m.source_id != m.target_id, m.kind.not_in(CORRECTIONS))
    return session.execute(sa.select(m.id).where(since, *of_it).limit(1)).first() is not None


def _moved_since(one: Standing, location_id: int, of_it: sa.ColumnElement[bool]) -> bool:
    """Whether what was found came to where the book has it after it was counted: in somebody's hands, or by a count that saw it there
    later, whether that one had to bring it there in the book or found it where the book has it."""
    if _carried(one, of_it, Movement.target_id == location_id):
        return True
    other, its = aliased(CountLine), aliased(CountPlace)
    later = sa.select(other.id).join(its, its.id == other.place_id).where(its.location_id == location_id, its.id != one.place.id)
    saw = sa.exists().where(CountEntry.line_id == other.id, CountEntry.at == other.taken_at, CountEntry.quantity > 0).correlate(other)
    believed = sa.and_(its.state.in_([PlaceState.POSTED.value, PlaceState.REVIEW.value]), saw)
    brought = sa.and_(its.state == PlaceState.POSTED.value, other.posted > 0)
    later = later.where(sa.or_(brought, believed), other.taken_at > one.line.taken_at)
    later = later.where(other.product_id == one.line.product_id, other.lot_key == one.line.lot_key)
    later = later.where(other.handling_unit_id.is_not_distinct_from(one.line.handling_unit_id))
    return session.execute(later.limit(1)).first() is not None


def _let_stand(one: Standing, unit: HandlingUnit) -> None:
    """A unit that was moved since it was counted stands where it was moved to. Where not all of it was there, it is counted there."""
    said = sa.select(CountEntry.quantity, CountEntry.plate).where(CountEntry.line_id == one.line.id, CountEntry.at == one.line.taken_at)
    if any(quantity and not plate for quantity, plate in session.execute(said)):
        kind = session.execute(sa.select(Location.kind).where(Location.id == unit.location_id)).scalar_one()
        if kind in _RESTS:
            reasons = [{"code": "moved_since_counted"}]
            queue.count_once(unit.location_id, one.line.product_id, site_id=unit.site_id, priority=5, reasons=reasons)
    one.left = 0


def _changed_on(line: CountLine, *, by_hands: bool = False) -> int:
    """By how much the book of what lies on a line's unit has changed since it was counted, wherever it stood: by hands, or in any way."""
    m = Movement
    rows = (
        sa.select(m, Batch.owner_id, LOT_KEY.label("lot_key"))
        .join(Batch, Batch.id == m.batch_id)
        .join(Product, Product.id == m.product_id)
        .where(m.product_id == line.product_id, m.at > line.taken_at)
        .where(sa.or_(m.source_unit_id == line.handling_unit_id, m.target_unit_id == line.handling_unit_id))
        .where(~sa.and_(m.source_unit_id.is_not_distinct_from(m.target_unit_id), m.source_id != m.target_id))
    )
    if by_hands:
        rows = rows.where(m.kind.not_in(CORRECTIONS))
    goods, changed = goods_of(line), 0
    for one, owner_id, lot_key in session.execute(rows):
        for location_id in {one.source_id, one.target_id}:
            changed += sides(one, location_id, lot_key, owner_id).get(goods, 0)
    return changed


def _relocated(count: CountPlan, standing: list[Standing], row: Stock, quantity: int, start: int, end: CountPlace) -> None:
    """Goods of a row have gone from one place to another: both places of the count say so."""
    batch = session.get_one(Batch, row.batch_id)
    product = session.get_one(Product, row.product_id)
    lot = "" if product.tracking == Tracking.NONE else batch.lot
    goods = Goods(row.product_id, fold(lot), batch.owner_id, row.condition, row.handling_unit_id)
    for place_id, sign in ((start, -1), (end.location_id, 1)):
        one = next((one for one in standing if one.place.location_id == place_id and goods_of(one.line) == goods), None)
        line = one.line if one is not None else found_goods.line_at(count.id, place_id, goods, lot)
        if line is None:
            continue
        line.posted += sign * quantity
        line.outcome = Outcome.RELOCATED.value
        if one is not None:
            one.left -= sign * quantity


class Booking:
    """The movements of one posting, as they come together."""

    def __init__(self, count: CountPlan, outside: int, reason: str | None, rows: dict[int, list[Stock]]) -> None:
        self.count, self.outside, self.reason, self.rows = count, outside, reason, rows
        self.moves: list[Move] = []
        self.taken: dict[int, int] = defaultdict(int)
        """By row of stock: what is taken of it already."""
        self.freed: set[int] = set()
        """The pick lists whose claims were given up: what is left without a line is no work."""

    def rebook(self, one: Standing, other: Standing, outcome: Outcome) -> None:
        """What is missing in one line is what is too much in another."""
        quantity = min(-one.left, other.left)
        if quantity <= 0:
            return
        target = Place(other.place.location_id, other.line.handling_unit_id, other.line.condition)
        self._leave(one, quantity, target, outcome)
        other.line.posted += quantity
        other.line.outcome = outcome.value
        other.left -= quantity

    def fetch_serial(self, one: Standing) -> None:
        """A numbered piece that was found here and that the book has elsewhere: it is only one, so it is here."""
        product = session.get_one(Product, one.line.product_id)
        if one.left != 1 or product.tracking != Tracking.SERIAL:
            return
        same = sa.and_(_is_piece(one.line.product_id, one.line.lot_key), Stock.site_id == self.count.site_id, Stock.id.not_in(self.taken))
        row = session.execute(
            sa.select(Stock)
            .join(Batch, Batch.id == Stock.batch_id)
            .join(Location, Location.id == Stock.location_id)
            .where(same)
            .order_by(Batch.owner_id.is_distinct_from(one.line.owner_id), Stock.id)
            .limit(1)
            .with_for_update(key_share=True, of=Stock)
            .execution_options(populate_existing=True)
        ).scalar_one_or_none()
        if row is None:
            return
        target = Place(one.place.location_id, one.line.handling_unit_id, one.line.condition)
        source = Place(row.location_id, row.handling_unit_id, row.condition)
        if source == target or _moved_since(one, row.location_id, Movement.batch_id == row.batch_id):
            one.left = 0
            return
        if row.reserved:
            self.freed |= _give_up_claims(row, row.reserved, one)
        self.taken[row.id] += 1
        self._move(one, row.batch_id, 1, source, target)
        goods = Goods(product.id, one.line.lot_key, one.line.owner_id, row.condition, row.handling_unit_id)
        left = found_goods.line_at(self.count.id, row.location_id, goods, one.line.lot)
        if left is not None:
            left.posted -= 1
            left.outcome = Outcome.RELOCATED.value
        one.line.posted += 1
        one.line.outcome = Outcome.RELOCATED.value
        one.left = 0

    def take_out(self, one: Standing) -> None:
        """What is missing goes outside. Of a place that may owe goods, what it owes is made up first: what was counted there is of the
        batches that are left. Goods that were put into another condition since they were counted are missing of that one."""
        here = self.rows.get(one.line.id, [])
        for row in here:
            if row.on_hand < 0:
                self._bring(one, row.batch_id, -row.on_hand)
        lacking = -one.left - sum(max(row.on_hand - self.taken[row.id], 0) for row in here)
        for row, turned in _turned_since(one) if lacking > 0 else []:
            part = min(lacking, turned, row.on_hand - row.reserved - self.taken[row.id])
            if part > 0:
                place = Place(row.location_id, row.handling_unit_id, row.condition)
                self._move(one, row.batch_id, part, place, Place(self.outside, None, row.condition))
                self.taken[row.id] += part
                one.line.posted -= part
                one.line.outcome = Outcome.ADJUSTED.value
                one.left += part
                lacking -= part
        if one.left < 0:
            self._leave(one, -one.left, Place(self.outside, None, one.line.condition), Outcome.ADJUSTED)

    def put_in(self, one: Standing) -> None:
        """What was found beyond the book comes in: to the batches first of which the place owes some."""
        line = one.line
        here = self.rows.get(line.id, [])
        for row in here:
            if row.on_hand < 0 < one.left:
                self._bring(one, row.batch_id, min(-row.on_hand, one.left))
        if one.left > 0:
            self._bring(one, line.batch_id or (here[0].batch_id if here else found_goods.batch_of(line)), one.left)

    def _bring(self, one: Standing, batch_id: int, quantity: int) -> None:
        """So much of a batch comes in from outside."""
        line = one.line
        target = Place(one.place.location_id, line.handling_unit_id, line.condition)
        self._move(one, batch_id, quantity, Place(self.outside, None, line.condition), target)
        line.posted += quantity
        line.outcome = line.outcome or Outcome.ADJUSTED.value
        one.left -= quantity

    def _leave(self, one: Standing, quantity: int, target: Place, outcome: Outcome) -> None:
        """So much leaves the rows of a line: the newest batches first, what nobody claims before what somebody does."""
        left = quantity
        parts: dict[int, list[Any]] = {}
        for claimed in (False, True):
            for row in self.rows.get(one.line.id, []):
                have = row.on_hand - self.taken[row.id] - (0 if claimed else row.reserved)
                part = min(left, max(have, 0))
                if part:
                    parts.setdefault(row.id, [row, 0])[1] += part
                    self.taken[row.id] += part
                    left -= part
        if left:
            raise MissingMoved(**names(one.line, one.place))
        for row, part in parts.values():
            lacking = self.taken[row.id] - (row.on_hand - row.reserved)
            if lacking > 0:
                self.freed |= _give_up_claims(row, lacking, one)
            source = Place(row.location_id, row.handling_unit_id, row.condition)
            self._move(one, row.batch_id, part, source, target)
        one.line.posted -= quantity
        one.line.outcome = outcome.value
        one.left += quantity

    def _move(self, one: Standing, batch_id: int, quantity: int, source: Place, target: Place) -> None:
        self.moves.append(
            Move(
                key=f"count:{self.count.id}:{one.line.id}:{len(self.moves)}",
                batch_id=batch_id,
                quantity=quantity,
                source=source,
                target=target,
                kind=MovementKind.COUNT,
                reason=self.reason,
                document=self.count.number,
            )
        )


def _turned_since(one: Standing) -> list[tuple[Stock, int]]:
    """The rows at its place into whose condition goods of a line were put since they were counted, locked, and how many: expired goods
    that another count has blocked."""
    m, line, at = Movement, one.line, one.place.location_id
    moved = sa.select(m.batch_id, m.source_condition, m.target_condition, sa.func.sum(m.quantity)).join(Batch, Batch.id == m.batch_id)
    moved = moved.where(m.source_id == at, m.target_id == at, m.at > line.taken_at, m.product_id == line.product_id)
    moved = moved.where(
        m.source_unit_id.is_not_distinct_from(line.handling_unit_id), m.target_unit_id.is_not_distinct_from(m.source_unit_id)
    )
    moved = moved.where(Batch.owner_id.is_not_distinct_from(line.owner_id), *([Batch.lot_key == line.lot_key] if line.lot_key else []))
    turned: dict[tuple[int, str], int] = defaultdict(int)
    for batch_id, before, after, quantity in session.execute(moved.group_by(m.batch_id, m.source_condition, m.target_condition)):
        if before == line.condition:
            turned[batch_id, after] += quantity
        elif after == line.condition:
            turned[batch_id, before] -= quantity
    wanted = sa.tuple_(Stock.batch_id, Stock.condition).in_([which for which, many in turned.items() if many > 0])
    rows = sa.select(Stock).where(Stock.location_id == at, Stock.handling_unit_id.is_not_distinct_from(line.handling_unit_id), wanted)
    rows = rows.order_by(*CANONICAL).with_for_update(key_share=True).execution_options(populate_existing=True)
    return [(row, int(turned[row.batch_id, row.condition])) for row in session.execute(rows).scalars()]


# -- what still stands -------------------------------------------------------------------------------------------------


def _still_standing(lines: Sequence[CountLine], at: dict[int, CountPlace]) -> list[tuple[CountLine, int]]:
    """What the book must still change by so that it says what was counted, and what has moved since.

    What another count has posted since is taken off; who counted later, and was posted, has the last word. So has a correction by hand
    since, as far as it goes. What one person found alone, within the tolerance, never becomes more by this.
    """
    later, counted, by_hand, people = _counted_later(lines), *_corrected_since(lines, at), _people(lines)
    found = []
    for line in lines:
        assert line.difference is not None
        rest = 0 if line.id in later else line.difference - counted[line.id]
        if people[line.id] < 2:
            rest = _at_most(rest, line.difference)
        rest = _at_most(rest - by_hand[line.id], rest)
        if rest:
            found.append((line, rest))
    return found


def _at_most(quantity: int, limit: int) -> int:
    """Between nothing and the limit, on its side of zero."""
    return min(max(quantity, 0), limit) if limit > 0 else max(min(quantity, 0), limit)


def _people(lines: Sequence[CountLine]) -> dict[int, int]:
    """How many have counted each line."""
    ids = [line.id for line in lines]
    rows = sa.select(CountEntry.line_id, sa.func.count(CountEntry.person_id.distinct())).where(among(CountEntry.line_id, ids))
    return dict(session.execute(rows.group_by(CountEntry.line_id)).tuples().all())


def _counted_later(lines: Sequence[CountLine]) -> set[int]:
    """Lines whose goods were counted again since, by a count whose word was posted."""
    one, mine = aliased(CountLine), aliased(CountPlace)
    other, its = aliased(CountLine), aliased(CountPlace)
    same = sa.and_(
        other.product_id == one.product_id,
        other.lot_key == one.lot_key,
        other.condition == one.condition,
        other.owner_id.is_not_distinct_from(one.owner_id),
        other.handling_unit_id.is_not_distinct_from(one.handling_unit_id),
    )
    rows = (
        sa.select(one.id)
        .join(mine, mine.id == one.place_id)
        .join(its, sa.and_(its.location_id == mine.location_id, its.id != mine.id, its.state == PlaceState.POSTED.value))
        .join(other, sa.and_(other.place_id == its.id, same))
        .where(among(one.id, [line.id for line in lines]), other.taken_at > one.taken_at)
    )
    return set(session.execute(rows).scalars())


def _corrected_since(lines: Sequence[CountLine], at: dict[int, CountPlace]) -> tuple[dict[int, int], dict[int, int]]:
    """By how much the book of these goods was corrected, by another count and by hand, since the moment when they were counted.

    Movements are written, and counts taken, under the lock of the stock row: the moments of both tell which came first.
    """
    m = Movement
    counted: dict[int, int] = defaultdict(int)
    by_hand: dict[int, int] = defaultdict(int)
    rows = (
        sa.select(CountLine, m, Batch.owner_id, LOT_KEY.label("lot_key"))
        .join(CountPlace, CountPlace.id == CountLine.place_id)
        .join(m, sa.and_(m.product_id == CountLine.product_id, m.at > CountLine.taken_at))
        .join(Batch, Batch.id == m.batch_id)
        .join(Product, Product.id == m.product_id)
        .where(among(CountLine.id, [line.id for line in lines]))
        .where(m.kind.in_(CORRECTIONS), ~m.key.startswith(_EXPIRED))
        .where(sa.or_(m.source_id == CountPlace.location_id, m.target_id == CountPlace.location_id))
    )
    for line, one, owner_id, lot_key in session.execute(rows):
        goods = goods_of(line)
        known = lot_key if not line.lot_key or lot_key else session.get_one(Batch, one.batch_id).lot_key
        delta = sides(one, at[line.place_id].location_id, known if line.lot_key else "", owner_id).get(goods, 0)
        (counted if one.kind == MovementKind.COUNT else by_hand)[line.id] += delta
    return counted, by_hand


# -- locks -------------------------------------------------------------------------------------------------------------


def _of_lines(lines: Sequence[CountLine]) -> sa.ColumnElement[bool]:
    """Whether a row of stock (and its batch) is meant by a line of these, for a query over all of them."""
    return sa.and_(among(CountLine.id, [line.id for line in lines]), _means())


def _of_lines_at(places: Sequence[CountPlace]) -> sa.ColumnElement[bool]:
    """The same of all lines at these places."""
    return sa.and_(among(CountPlace.id, [place.id for place in places]), _means())


def _means() -> sa.ColumnElement[bool]:
    return sa.and_(
        Stock.location_id == CountPlace.location_id,
        Stock.product_id == CountLine.product_id,
        Stock.condition == CountLine.condition,
        Stock.handling_unit_id.is_not_distinct_from(CountLine.handling_unit_id),
        Batch.owner_id.is_not_distinct_from(CountLine.owner_id),
        sa.or_(CountLine.lot_key == "", CountLine.lot_key == Batch.lot_key),
    )


def lock_ahead(locations: Sequence[int], product_id: int | None = None) -> None:
    """What posting by itself locks before any row of stock, for whoever holds rows of these places when it comes to that: the orders with
    claims on what lies there, the places, the promises of their products. Orders come first, as everywhere; else a picker at the shelf and
    the counter wait for each other."""
    here = sa.and_(among(Stock.location_id, list(locations)), Stock.on_hand != 0)
    here = here if product_id is None else sa.and_(here, Stock.product_id == product_id)
    lock_holders(session.execute(sa.select(Reservation.id).join(Stock).where(here, _IN_THE_RACK)).scalars().all())
    _lock_locations(locations)
    held: dict[int, set[int]] = defaultdict(set)
    for site_id, product in session.execute(sa.select(Stock.site_id, Stock.product_id).where(here).distinct()):
        held[site_id].add(product)
    for site_id in sorted(held):
        promises.lock(site_id, held[site_id])


def _lock_holders(count: CountPlan, lines: Sequence[CountLine]) -> set[int]:
    """The orders whose goods may be missing, or are found in another place, are locked before any claim or stock row is touched: a picker
    may be at the shelf. Returns the products whose claims may be given up."""
    missing = [line for line in lines if (line.difference or 0) < 0]
    found = [line.id for line in lines if (line.difference or 0) > 0]
    claims: list[int] = []
    if missing:
        held = (
            sa.select(Reservation.id)
            .join(Stock, Stock.id == Reservation.stock_id)
            .join(Batch, Batch.id == Stock.batch_id)
            .join(CountLine, CountLine.product_id == Stock.product_id)
            .join(CountPlace, CountPlace.id == CountLine.place_id)
        )
        claims += session.execute(held.where(_IN_THE_RACK, _of_lines(missing))).scalars().all()
    pieces = (
        sa.select(Reservation.id, Stock.product_id)
        .join(Stock, Stock.id == Reservation.stock_id)
        .join(Batch, Batch.id == Stock.batch_id)
        .join(Location, Location.id == Stock.location_id)
        .join(CountLine, _is_piece(CountLine.product_id, CountLine.lot_key))
        .join(Product, Product.id == CountLine.product_id)
        .where(among(CountLine.id, found), Product.tracking == Tracking.SERIAL.value, Stock.site_id == count.site_id, _IN_THE_RACK)
    )
    elsewhere = session.execute(pieces).all() if found else []
    lock_holders([*claims, *(row.id for row in elsewhere)])
    return {line.product_id for line in missing} | {row.product_id for row in elsewhere}


def _lock_places(count: CountPlan, lines: Sequence[CountLine], places: Sequence[CountPlace], products: set[int]) -> None:
    """Two counts of one place are posted one after the other; then the promises that given-up claims fall back on."""
    wanted = {line.place_id for line in lines}
    _lock_locations([place.location_id for place in places if place.id in wanted])
    promises.lock(count.site_id, products)


def _lock_locations(ids: Sequence[int]) -> None:
    wanted = sorted(set(ids))
    session.execute(sa.select(Location.id).where(among(Location.id, wanted)).order_by(Location.id).with_for_update(key_share=True)).all()


def _is_piece(product_id: Any, lot_key: Any) -> sa.ColumnElement[bool]:
    """Whether a row of stock is the piece with this number, anywhere in the house; for a query over Stock, Batch and Location."""
    return sa.and_(Stock.product_id == product_id, Batch.lot_key == lot_key, Stock.on_hand > 0, Location.kind != Kind.VIRTUAL.value)


def _locked_rows(lines: Sequence[CountLine]) -> dict[int, list[Stock]]:
    """The rows of stock that each line speaks of, locked in canonical order; the newest batch first."""
    rows = session.execute(
        sa.select(CountLine.id, Stock, Batch.received_on)
        .join(CountPlace, CountPlace.id == CountLine.place_id)
        .join(Stock, Stock.location_id == CountPlace.location_id)
        .join(Batch, Batch.id == Stock.batch_id)
        .where(_of_lines(lines))
        .order_by(*CANONICAL)
        .with_for_update(key_share=True, of=Stock)
        .execution_options(populate_existing=True)
    ).all()
    found: dict[int, list[Stock]] = defaultdict(list)
    for line_id, row, _ in sorted(rows, key=lambda one: (one[2], one[1].batch_id), reverse=True):
        found[line_id].append(row)
    return found


def _give_up_claims(row: Stock, lacking: int, one: Standing) -> set[int]:
    """Frees so much reserved stock of a row: youngest claims first, those not picked yet only.

    The lines fall back on their promise; planning looks for other goods. Returns the pick tasks the claims were of.
    """
    claims = session.execute(
        sa.select(Reservation).where(Reservation.stock_id == row.id, _IN_THE_RACK).order_by(Reservation.id.desc())
    ).scalars()
    give_up, tasks = [], set()
    for claim in claims:
        if lacking <= 0:
            break
        part = min(claim.quantity, lacking)
        give_up.append(claim.id if part == claim.quantity else reservations.split(claim.id, part))
        lacking -= part
        if claim.task_id is not None:
            tasks.add(claim.task_id)
    return_to_promise(give_up)
    session.refresh(row)
    if lacking > 0:
        raise ReservedGoodsMissing(**names(one.line, one.place))
    return tasks


def names(line: CountLine, place: CountPlace) -> dict[str, Any]:
    sku = session.execute(sa.select(Product.sku).where(Product.id == line.product_id)).scalar_one()
    code = session.execute(sa.select(Location.code).where(Location.id == place.location_id)).scalar_one()
    return {"sku": sku, "location": code}
