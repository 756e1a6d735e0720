"""The only writer of stock. One verb, `move`; everything that happens to goods is that verb with another place at an end.

The hot path is Core with statements built once. Rows are always touched in canonical order (location, batch, unit, condition), so
two people moving the same goods wait for each other instead of deadlocking.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam
from sqlalchemy.dialects import postgresql, sqlite

from wms import clock
from wms.actor import Actor
from wms.catalog.models import Product
from wms.db import among, compiled_once, insert_rows, is_postgresql, session, table_of
from wms.errors import Conflict, Invalid, Refused
from wms.i18n import T
from wms.locations.models import Kind, Location
from wms.stock.models import Batch, Claim, Condition, HandlingUnit, Movement, MovementKind, Reservation, Stage, Stock

LARGEST = 10**12  # pieces in one movement: beyond it somebody scanned a barcode into a quantity


class NotEnough(Refused):
    """Less is free at the source than was asked for."""

    code = "not_enough"
    sentence = T("Only {free} of {sku} are free at {location}, not {wanted}", "{location} 的 {sku} 可用 {free}，不足 {wanted}")
    advice = T("Count again, or take it from another location", "请重新清点，或从其他库位取货")


class QuantityWrong(Invalid):
    """A quantity that is no positive whole number, or absurdly large."""

    code = "quantity_wrong"
    sentence = T("{quantity} is not a quantity that can be moved", "数量无效：{quantity}")
    advice = T("Enter a whole number from 1", "请输入大于 0 的整数")


class SamePlace(Refused):
    """Source and target are the same."""

    code = "same_place"
    sentence = T("The goods are already there", "货物已在该位置")
    advice = T("Scan the location they go to", "请扫描目标库位")


class OtherSite(Refused):
    """Goods go to another site by a transfer order, never by one movement."""

    code = "other_site"
    sentence = T("That place belongs to another site", "该位置属于其他仓库")
    advice = T("Go to a place of this site", "请使用本仓库的位置")


class UnitGone(Conflict):
    """Goods go into a handling unit only where it stands; it was moved meanwhile."""

    code = "unit_gone"
    sentence = T("{unit} does not stand at {location} any more; it is at {now}", "{unit} 已不在 {location}，现位于 {now}")
    advice = T("Bring the goods there, or move the unit back first", "请将货物送到该处，或先移回该单元")


class ClaimGone(Conflict):
    """The reservation was ended or moved by somebody else meanwhile."""

    code = "claim_gone"
    sentence = T("This work was changed meanwhile", "该任务已被更改")
    advice = T("Leave this work (Action) and scan the list or order again", "请在“操作”中离开，再重新扫描单据")


@dataclass(frozen=True, slots=True)
class Place:
    """One end of a movement: a location, the handling unit there, and the goods' condition."""

    location_id: int
    unit_id: int | None = None
    condition: str = Condition.GOOD.value


@dataclass(frozen=True, slots=True)
class Move:
    """So many of a batch from one place to another.

    `claims` are reservations that travel with the goods, whole; with `ends_claims` they are posted instead (the goods have left).
    The rest of the quantity must be free at the source. `key` acts once, for ever.
    """

    key: str
    batch_id: int
    quantity: int
    source: Place
    target: Place
    kind: MovementKind
    reason: str | None = None
    document: str | None = None
    order_line_id: int | None = None
    inbound_line_id: int | None = None
    arrival_id: int | None = None
    task_id: int | None = None
    reverses_id: int | None = None
    claims: tuple[int, ...] = ()
    claimed: int = 0  # how much of the quantity the claims hold
    stage: Stage | None = None  # the claims' stage afterwards
    ends_claims: bool = False


@dataclass(frozen=True, slots=True)
class Moved:
    """What a move touched."""

    movement_id: int
    source_stock_id: int
    target_stock_id: int


def move(by: Actor, **facts: object) -> Moved:
    """One movement; see `Move` for the facts. Raises NotEnough, QuantityWrong, SamePlace, ClaimGone."""
    return post([Move(**facts)], by=by)[0]  # type: ignore[arg-type]


def post(moves: Sequence[Move], *, by: Actor) -> list[Moved]:
    """Carries out several movements as one: every row is changed once, in canonical order, or nothing is.

    Raises NotEnough where a source has less free than its moves need, UnitGone where a target unit stands elsewhere, QuantityWrong,
    SamePlace, OtherSite, ClaimGone.
    """
    changes: dict[tuple[int, int, int, str], list[int]] = {}  # place -> [on_hand, reserved, free it must have]
    for one in moves:
        if not (isinstance(one.quantity, int) and 0 < one.quantity <= LARGEST):
            raise QuantityWrong(quantity=one.quantity)
        if one.source == one.target:
            raise SamePlace
        assert 0 <= one.claimed <= one.quantity, "claims hold more than is moved"
        assert bool(one.claims) == bool(one.claimed), "claims and their quantity belong together"
        arriving = 0 if one.ends_claims else one.claimed
        for place, on_hand, reserved in (
            (one.source, -one.quantity, -one.claimed),
            (one.target, one.quantity, arriving),
        ):
            change = changes.setdefault(_order(place, one.batch_id), [0, 0])
            change[0] += on_hand
            change[1] += reserved
    in_turn = [(place, on_hand, reserved) for place, (on_hand, reserved) in sorted(changes.items())]
    rows = _change_all(in_turn) if len(in_turn) > _FEW else {one[0]: _change(*one) for one in in_turn}
    moment = clock.now()
    written: list[dict[str, object]] = []
    carried: list[_Carried] = []
    for one in moves:
        source = rows[_order(one.source, one.batch_id)]
        target = rows[_order(one.target, one.batch_id)]
        if source[1] != target[1]:
            raise OtherSite
        if one.claims:
            carried.append((one, source[0], target[0]))
        written.append(
            {
                "key": one.key,
                "at": moment,
                "device_at": None,
                "site_id": source[1],
                "product_id": source[2],
                "batch_id": one.batch_id,
                "quantity": one.quantity,
                "source_id": one.source.location_id,
                "source_unit_id": one.source.unit_id,
                "source_condition": one.source.condition,
                "target_id": one.target.location_id,
                "target_unit_id": one.target.unit_id,
                "target_condition": one.target.condition,
                "kind": one.kind.value,
                "reason": one.reason,
                "document": one.document,
                "order_line_id": one.order_line_id,
                "inbound_line_id": one.inbound_line_id,
                "arrival_id": one.arrival_id,
                "task_id": one.task_id,
                "reverses_id": one.reverses_id,
                "by_id": by.id,
            }
        )
    if len(carried) > _FEW:
        _carry_all(carried)
    else:
        for each in carried:
            _carry_claims(*each)
    ids = {row.key: row.id for row in insert_rows(_M, written, _M.c.id, _M.c.key)}
    return [Moved(ids[one.key], rows[_order(one.source, one.batch_id)][0], rows[_order(one.target, one.batch_id)][0]) for one in moves]


# -- one stock row -----------------------------------------------------------------------------------------------------

_Row = tuple[int, int, int]  # stock id, site id, product id


def _row(row: sa.Row[tuple[int, int, int]]) -> _Row:
    return (row[0], row[1], row[2])


def _order(place: Place, batch_id: int) -> tuple[int, int, int, str]:
    return (place.location_id, batch_id, place.unit_id or 0, place.condition)


_At = tuple[int, int, int, str]  # location, batch, unit or 0, condition: by it rows are sorted


def _values(place: _At, on_hand: int, reserved: int) -> dict[str, object]:
    location_id, batch_id, unit_id, condition = place
    return {
        "at_location": location_id,
        "at_batch": batch_id,
        "at_unit": unit_id or None,
        "at_condition": condition,
        "more_on_hand": on_hand,
        "more_reserved": reserved,
        "more_free": on_hand - reserved,
    }


def _change(place: _At, on_hand: int, reserved: int) -> _Row:
    values, unit_id = _values(place, on_hand, reserved), place[2]
    if on_hand >= reserved >= 0:  # the row gets only richer, so it may be made here
        put = session.execute((_PUT_IN_UNIT if unit_id else _PUT_LOOSE)[is_postgresql()], values).one_or_none()
        if put is None:
            raise _unit_gone(values)
        return _row(put)
    taken = session.execute(_TAKE_FROM_UNIT if unit_id else _TAKE_LOOSE, values).one_or_none()
    if taken is None:
        taken = session.execute((_OWE_IN_UNIT if unit_id else _OWE_LOOSE)[is_postgresql()], values).one_or_none()
    if taken is None:
        raise _shortage(values)
    return _row(taken)


def _shortage(values: Mapping[str, object]) -> NotEnough:
    s = table_of(Stock).c
    unit = s.handling_unit_id == values["at_unit"] if values["at_unit"] else s.handling_unit_id.is_(None)
    free = session.execute(
        sa.select(s.on_hand - s.reserved).where(
            s.location_id == values["at_location"], s.batch_id == values["at_batch"], s.condition == values["at_condition"], unit
        )
    ).scalar_one_or_none()
    sku = session.execute(sa.select(Product.sku).join(Batch).where(Batch.id == values["at_batch"])).scalar_one()
    code = session.execute(sa.select(Location.code).where(Location.id == values["at_location"])).scalar_one()
    return NotEnough(free=free or 0, sku=sku, location=code, wanted=-int(str(values["more_free"])))


def _unit_gone(values: Mapping[str, object]) -> UnitGone:
    here, now = table_of(Location), table_of(Location).alias("now")
    unit, location, stands = session.execute(
        sa.select(_U.c.code, here.c.code, now.c.code)
        .join(now, now.c.id == _U.c.location_id)
        .join(here, here.c.id == values["at_location"])
        .where(_U.c.id == values["at_unit"])
    ).one()
    return UnitGone(unit=unit, location=location, now=stands)


_S = table_of(Stock)
_L, _B, _U = table_of(Location), table_of(Batch), table_of(HandlingUnit)
# The sequence in which rows are changed, here and wherever several are: that of `_order`.
CANONICAL = (_S.c.location_id, _S.c.batch_id, sa.func.coalesce(_S.c.handling_unit_id, 0), _S.c.condition)
_MAY_BE_NEGATIVE = sa.or_(_L.c.kind == Kind.VIRTUAL.value, _L.c.allow_negative)
_RETURNED = (_S.c.id, _S.c.site_id, _S.c.product_id)


def _taking(in_unit: bool) -> sa.sql.dml.ReturningUpdate[tuple[int, int, int]]:
    """Takes from a row what is free there; no row comes back when less is free."""
    unit = _S.c.handling_unit_id == bindparam("at_unit") if in_unit else _S.c.handling_unit_id.is_(None)
    return (
        sa.update(_S)
        .where(
            _S.c.location_id == bindparam("at_location"),
            _S.c.batch_id == bindparam("at_batch"),
            _S.c.condition == bindparam("at_condition"),
            unit,
            sa.or_(
                sa.and_(
                    _S.c.on_hand - _S.c.reserved + bindparam("more_free") >= 0,
                    _S.c.reserved + bindparam("more_reserved") >= 0,
                ),
                # The book may run below zero, but not over the claims: those goods are somebody's.
                sa.and_(_S.c.may_be_negative, _S.c.reserved + bindparam("more_reserved") == 0),
            ),
        )
        .values(on_hand=_S.c.on_hand + bindparam("more_on_hand"), reserved=_S.c.reserved + bindparam("more_reserved"))
        .returning(*_RETURNED)
    )


def _putting(in_unit: bool, negative: bool) -> tuple[sa.TextClause, ...]:
    """Adds to a row, making it when it is the first; `negative` makes it only where the book may run below zero.

    A unit must stand there, and stays until the transaction ends: whoever moves it waits, and then finds these goods in it.
    """
    unit = sa.cast(bindparam("at_unit"), sa.BigInteger) if in_unit else sa.null()
    big = sa.BigInteger
    select = (
        sa.select(  # one location and one batch: the product of both is one row
            _L.c.site_id,
            _L.c.id,
            _B.c.id,
            _B.c.product_id,
            unit,
            sa.cast(bindparam("at_condition"), sa.String(12)),
            sa.cast(bindparam("more_on_hand"), big),
            sa.cast(bindparam("more_reserved"), big),
            _MAY_BE_NEGATIVE,
        )
        .select_from(_L.join(_B, sa.true()))
        .where(_L.c.id == bindparam("at_location"), _B.c.id == bindparam("at_batch"))
    )
    if in_unit:
        standing = sa.and_(_U.c.id == bindparam("at_unit"), _U.c.location_id == _L.c.id)
        select = select.where(standing).with_for_update(read=True, of=_U)
    if negative:
        select = select.where(_MAY_BE_NEGATIVE)
    columns = [
        "site_id",
        "location_id",
        "batch_id",
        "product_id",
        "handling_unit_id",
        "condition",
        "on_hand",
        "reserved",
        "may_be_negative",
    ]
    keys = ["location_id", "batch_id", "condition", *(["handling_unit_id"] if in_unit else [])]
    where = _S.c.handling_unit_id.is_not(None) if in_unit else _S.c.handling_unit_id.is_(None)
    built = []
    for dialect in (sqlite, postgresql):
        statement = dialect.insert(_S).from_select(columns, select)
        built.append(
            compiled_once(
                statement.on_conflict_do_update(
                    index_elements=keys,
                    index_where=where,
                    set_={
                        "on_hand": _S.c.on_hand + statement.excluded.on_hand,
                        "reserved": _S.c.reserved + statement.excluded.reserved,
                    },
                    where=_S.c.reserved + statement.excluded.reserved == 0 if negative else None,
                ).returning(*_RETURNED),
                dialect,
            )
        )
    return tuple(built)


_TAKE_LOOSE, _TAKE_FROM_UNIT = _taking(in_unit=False), _taking(in_unit=True)
_PUT_LOOSE, _PUT_IN_UNIT = _putting(in_unit=False, negative=False), _putting(in_unit=True, negative=False)
_OWE_LOOSE, _OWE_IN_UNIT = _putting(in_unit=False, negative=True), _putting(in_unit=True, negative=True)
_M = table_of(Movement)

# -- many stock rows at once ---------------------------------------------------------------------------------------------------

_FEW = 8
"""So many rows are changed one by one, by statements that carry their condition; more of them are locked in their sequence first, by one
statement, weighed here, and written by two."""


def _change_all(changes: Sequence[tuple[_At, int, int]]) -> dict[_At, _Row]:
    """`_change` for many rows that come in canonical order. Raises as that does, and nothing is written."""
    _must_stand([change for change in changes if change[0][2] and change[1] >= change[2] >= 0])
    there = _locked([place for place, _, _ in changes])
    found: dict[_At, _Row] = {}
    richer: list[dict[str, object]] = []
    new: list[tuple[_At, int, int]] = []
    for place, on_hand, reserved in changes:
        row = there.get(place)
        if row is None:
            new.append((place, on_hand, reserved))
            continue
        claimed = row.reserved + reserved
        enough = claimed >= 0 and row.on_hand + on_hand >= claimed
        if not (on_hand >= reserved >= 0 or enough or (row.may_be_negative and claimed == 0)):
            raise _shortage(_values(place, on_hand, reserved))
        richer.append({"row": row.id, "more_on_hand": on_hand, "more_reserved": reserved})
        found[place] = (row.id, row.site_id, row.product_id)
    if richer:
        session.execute(_ADD, richer)
    for in_unit in (False, True):
        found |= _written([change for change in new if bool(change[0][2]) is in_unit], in_unit)
    return found


def _must_stand(changes: Sequence[tuple[_At, int, int]]) -> None:
    """The units that goods go into stand where the goods go, and stay there until the transaction ends. Raises UnitGone."""
    wanted = sorted({place[2] for place, _, _ in changes})
    if not wanted:
        return
    standing = sa.select(_U.c.id, _U.c.location_id).where(_U.c.id.in_(wanted)).order_by(_U.c.id).with_for_update(read=True)
    stands = {row.id: row.location_id for row in session.execute(standing)}
    for place, on_hand, reserved in changes:
        if stands.get(place[2]) != place[0]:
            raise _unit_gone(_values(place, on_hand, reserved))


def _locked(places: Sequence[_At]) -> dict[_At, Any]:
    """The rows of these places that are there, locked in canonical order and read as they are behind the lock."""
    at = (_S.c.location_id, _S.c.batch_id, sa.func.coalesce(_S.c.handling_unit_id, 0), _S.c.condition)
    rows = session.execute(
        sa.select(_S)
        .where(
            _S.c.location_id.in_(sorted({place[0] for place in places})),
            _S.c.batch_id.in_(sorted({place[1] for place in places})),
            sa.tuple_(*at).in_(places),
        )
        .order_by(*CANONICAL)
        .with_for_update(key_share=True)
    )
    return {(row.location_id, row.batch_id, row.handling_unit_id or 0, row.condition): row for row in rows}


def _written(changes: Sequence[tuple[_At, int, int]], in_unit: bool) -> dict[_At, _Row]:
    """Rows that are made here; one that somebody made meanwhile is added to, where it has enough. Raises NotEnough."""
    if not changes:
        return {}
    location_ids, batch_ids = ({place[end] for place, _, _ in changes} for end in (0, 1))
    of_locations = sa.select(_L.c.id, _L.c.site_id, _MAY_BE_NEGATIVE).where(_L.c.id.in_(location_ids))
    sites = {row[0]: (row[1], bool(row[2])) for row in session.execute(of_locations)}
    products = {row[0]: row[1] for row in session.execute(sa.select(_B.c.id, _B.c.product_id).where(_B.c.id.in_(batch_ids)))}
    facts: list[dict[str, object]] = []
    for place, on_hand, reserved in changes:
        location_id, batch_id, unit_id, condition = place
        site_id, may_be_negative = sites[location_id]
        if not on_hand >= reserved >= 0 and not (may_be_negative and reserved == 0):
            raise _shortage(_values(place, on_hand, reserved))
        facts.append(
            {
                "site_id": site_id,
                "location_id": location_id,
                "batch_id": batch_id,
                "product_id": products[batch_id],
                "handling_unit_id": unit_id or None,
                "condition": condition,
                "on_hand": on_hand,
                "reserved": reserved,
                "may_be_negative": may_be_negative,
            }
        )
    made = session.execute(_MAKE[in_unit][is_postgresql()], facts)
    found = {
        (row.location_id, row.batch_id, row.handling_unit_id or 0, row.condition): (row.id, row.site_id, row.product_id) for row in made
    }
    for place, on_hand, reserved in changes:
        if place not in found:
            raise _shortage(_values(place, on_hand, reserved))
    return found


def _making(in_unit: bool) -> tuple[sa.Executable, ...]:
    keys = ["location_id", "batch_id", "condition", *(["handling_unit_id"] if in_unit else [])]
    where = _S.c.handling_unit_id.is_not(None) if in_unit else _S.c.handling_unit_id.is_(None)
    built: list[sa.Executable] = []
    for dialect in (sqlite, postgresql):
        statement = dialect.insert(_S)
        new = statement.excluded
        on_hand, reserved = _S.c.on_hand + new.on_hand, _S.c.reserved + new.reserved
        built.append(
            statement.on_conflict_do_update(
                index_elements=keys,
                index_where=where,
                set_={"on_hand": on_hand, "reserved": reserved},
                where=sa.or_(on_hand >= reserved, sa.and_(_S.c.may_be_negative, reserved == 0)),
            ).returning(*_RETURNED, _S.c.location_id, _S.c.batch_id, _S.c.handling_unit_id, _S.c.condition)
        )
    return tuple(built)


_ADD = (
    sa.update(_S)
    .where(_S.c.id == bindparam("row"))
    .values(on_hand=_S.c.on_hand + bindparam("more_on_hand"), reserved=_S.c.reserved + bindparam("more_reserved"))
)
_MAKE = (_making(in_unit=False), _making(in_unit=True))


# -- the claims that travel --------------------------------------------------------------------------------------------

_R = table_of(Reservation)
_ONE_CLAIM = sa.and_(_R.c.id == bindparam("claim"), _R.c.stock_id == bindparam("source"), _R.c.status == Claim.PENDING.value)
_CARRY_MANY = sa.update(_R).where(_ONE_CLAIM).values(stock_id=bindparam("target"), stage=bindparam("new_stage"))
_CARRY = _CARRY_MANY.returning(_R.c.quantity)
_POST = sa.update(_R).where(_ONE_CLAIM).values(status=Claim.POSTED.value, ended_at=bindparam("moment")).returning(_R.c.quantity)


_Carried = tuple[Move, int, int]  # a movement with claims, and the stock rows that it goes from and to


def _carry_all(carried: Sequence[_Carried]) -> None:
    """`_carry_claims` for many movements: their claims are locked by id, weighed here, and written at once. Raises ClaimGone."""
    wanted = sorted({claim for one, _, _ in carried for claim in one.claims})
    rows = session.execute(
        sa.select(_R.c.id, _R.c.stock_id, _R.c.quantity)
        .where(among(_R.c.id, wanted), _R.c.status == Claim.PENDING.value)
        .order_by(_R.c.id)
        .with_for_update(key_share=True)
    )
    there = {row.id: row for row in rows}
    ended: list[int] = []
    travelling: list[dict[str, object]] = []
    for one, source, target in carried:
        mine = [there.pop(claim, None) for claim in one.claims]  # a claim goes with one movement
        if any(row is None or row.stock_id != source for row in mine) or sum(row.quantity for row in mine if row) != one.claimed:
            raise ClaimGone
        if one.ends_claims:
            ended.extend(one.claims)
        else:
            assert one.stage, "a claim that travels has a stage where it arrives"
            values = {"source": source, "target": target, "new_stage": one.stage.value}
            travelling.extend({"claim": claim, **values} for claim in one.claims)
    if ended:
        session.execute(sa.update(_R).where(among(_R.c.id, ended)).values(status=Claim.POSTED.value, ended_at=clock.now()))
    if travelling:
        session.execute(_CARRY_MANY, travelling)


def _carry_claims(one: Move, source: int, target: int) -> None:
    held = 0
    for claim in sorted(one.claims):
        if one.ends_claims:
            values = {"claim": claim, "source": source, "moment": clock.now()}
            quantity = session.execute(_POST, values).scalar_one_or_none()
        else:
            assert one.stage, "a claim that travels has a stage where it arrives"
            values = {"claim": claim, "source": source, "target": target, "new_stage": one.stage.value}
            quantity = session.execute(_CARRY, values).scalar_one_or_none()
        if quantity is None:
            raise ClaimGone
        held += quantity
    if held != one.claimed:
        raise ClaimGone


def reverse(
    movement_id: int,
    *,
    key: str,
    by: Actor,
    reason: str | None = None,
    claims: tuple[int, ...] = (),
    claimed: int = 0,
    stage: Stage | None = None,
) -> Moved:
    """Undoes a movement by a counter-movement that names it. The goods must still be there: free, or held by `claims`.

    Raises NotEnough when they are not, and Conflict (through the unique `reverses_id`) when it was undone before.
    """
    original = session.execute(sa.select(Movement).where(Movement.id == movement_id)).scalar_one()
    undone = session.execute(sa.select(Movement.id).where(Movement.reverses_id == movement_id)).scalar_one_or_none()
    if undone is not None:
        raise Conflict(T("This was undone already", "该操作已撤销"))
    return move(
        by,
        key=key,
        batch_id=original.batch_id,
        quantity=original.quantity,
        source=Place(original.target_id, original.target_unit_id, original.target_condition),
        target=Place(original.source_id, original.source_unit_id, original.source_condition),
        kind=MovementKind.REVERSAL,
        reason=reason,
        document=original.document,
        order_line_id=original.order_line_id,
        inbound_line_id=original.inbound_line_id,
        arrival_id=original.arrival_id,
        task_id=original.task_id,
        reverses_id=movement_id,
        claims=claims,
        claimed=claimed,
        stage=stage,
    )


def reverse_all(movement_ids: Sequence[int], *, key: str, by: Actor, reason: str | None = None) -> list[Moved]:
    """Undoes several movements as one, each by a counter-movement that names it; the answers stand in the order of the ids.

    The goods must still be there, free, and units stand where the goods go. Raises NotEnough and UnitGone where they do not, Conflict
    where one was undone before.
    """
    rows = {row.id: row for row in session.execute(sa.select(table_of(Movement)).where(among(table_of(Movement).c.id, movement_ids)))}
    undone = sa.select(Movement.id).where(among(table_of(Movement).c.reverses_id, movement_ids)).limit(1)
    if session.execute(undone).first():
        raise Conflict(T("This was undone already", "该操作已撤销"))
    return post([_undoing(rows[movement_id], f"{key}:{movement_id}", reason) for movement_id in movement_ids], by=by)


def _undoing(original: Any, key: str, reason: str | None) -> Move:
    return Move(
        key=key,
        batch_id=original.batch_id,
        quantity=original.quantity,
        source=Place(original.target_id, original.target_unit_id, original.target_condition),
        target=Place(original.source_id, original.source_unit_id, original.source_condition),
        kind=MovementKind.REVERSAL,
        reason=reason,
        document=original.document,
        order_line_id=original.order_line_id,
        inbound_line_id=original.inbound_line_id,
        arrival_id=original.arrival_id,
        task_id=original.task_id,
        reverses_id=original.id,
    )
