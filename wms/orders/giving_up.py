"""What of a line is given up when it wants less, and how: the least advanced goods first.

Short before what nobody has promised yet, promised, reserved, to be sorted, picked, packed, loaded. Nothing of it moves: claims end, and
goods that have left the rack are brought back by tasks. What was picked and packed for the line is so no more, and is counted apart.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from wms import clock
from wms.db import session
from wms.i18n import T, Worded
from wms.locations.models import Location
from wms.orders.claims import lock_sorts, withdraw_empty_picks, withdraw_empty_sorts
from wms.orders.gate import open_quantity
from wms.orders.models import Order, OrderLine
from wms.orders.outside import LOADS, PICK_LISTS
from wms.stock import promises, reservations
from wms.stock.models import Claim, HandlingUnit, Reservation, Stage, Stock
from wms.tasks import queue
from wms.tasks.models import Task, TaskKind, TaskStatus


class Where(Worded):
    """How far pieces have come that a line does not want any more."""

    SHORT = "short", T("short", "缺货")
    OPEN = "open", T("not promised", "未预占")
    PROMISED = "promised", T("not planned", "未排单")
    RESERVED = "reserved", T("to be picked", "待拣")
    TO_SORT = "to_sort", T("to be sorted", "待分播")
    PICKED = "picked", T("picked", "已拣")
    PACKED = "packed", T("packed", "已打包")
    LOADED = "loaded", T("on the truck", "已装车")


OUT_OF_THE_RACK = (Where.TO_SORT, Where.PICKED, Where.PACKED, Where.LOADED)
IN_CARTONS = (Where.PACKED, Where.LOADED)


@dataclass(frozen=True, slots=True)
class Held:
    """A claim of a line, where its goods are, and who works on them."""

    claim_id: int
    line_id: int
    stage: Where
    quantity: int
    task_id: int | None
    sequence: int
    location_id: int
    location: str
    product_id: int
    batch_id: int
    unit_id: int | None
    unit: str | None
    closed: bool
    load: str | None
    pick_list: str | None
    begun: bool


@dataclass(frozen=True, slots=True)
class Part:
    """So many pieces that are given up, at one stage of their way; of one claim where there is one."""

    line_id: int
    where: Where
    quantity: int
    held: Held | None = None


def held_for(line_ids: Iterable[int]) -> list[Held]:
    """All that is claimed for these lines."""
    u, work = aliased(HandlingUnit), aliased(Task)
    begun = sa.and_(work.status == TaskStatus.CLAIMED.value, work.kind == TaskKind.PICK.value)
    rows = session.execute(
        sa.select(
            *(Reservation.id, Reservation.order_line_id, Reservation.stage, Reservation.quantity, Reservation.task_id),
            *(Reservation.sequence, Stock.location_id, Location.code, Stock.product_id, Stock.batch_id, Stock.handling_unit_id),
            *(u.code, u.closed_at.is_not(None), LOADS.c.number, PICK_LISTS.c.number, sa.func.coalesce(begun, sa.false())),
        )
        .join(Stock, Stock.id == Reservation.stock_id)
        .join(Location, Location.id == Stock.location_id)
        .outerjoin(u, u.id == Stock.handling_unit_id)
        .outerjoin(LOADS, LOADS.c.id == u.load_id)
        .outerjoin(work, work.id == Reservation.task_id)
        .outerjoin(PICK_LISTS, PICK_LISTS.c.task_id == Reservation.task_id)
        .where(Reservation.order_line_id.in_(list(line_ids)), Reservation.status == Claim.PENDING.value)
        .order_by(Reservation.id)
    ).all()
    return [Held(row[0], row[1], Where(row[2]), *row[3:]) for row in rows]


def units_of(order_id: int) -> sa.Select[tuple[int | None]]:
    """The units in which packed goods of an order are that have not left."""
    return (
        sa.select(Stock.handling_unit_id)
        .join(Reservation, Reservation.stock_id == Stock.id)
        .join(OrderLine, OrderLine.id == Reservation.order_line_id)
        .where(
            OrderLine.order_id == order_id,
            Reservation.status == Claim.PENDING.value,
            Reservation.stage.in_([Stage.PACKED.value, Stage.LOADED.value]),
            Stock.handling_unit_id.is_not(None),
        )
    )


def lists_of(order_id: int) -> sa.Select[tuple[int | None]]:
    """The tasks of the lists that goods of an order are picked by."""
    return (
        sa.select(Reservation.task_id)
        .join(OrderLine, OrderLine.id == Reservation.order_line_id)
        .where(OrderLine.order_id == order_id, Reservation.status == Claim.PENDING.value, Reservation.task_id.is_not(None))
    )


def most(line: OrderLine) -> int:
    """How many pieces a line can give up: all that have not left."""
    return line.ordered - line.cancelled - line.shipped


def parts_of(line: OrderLine, quantity: int, held: Sequence[Held]) -> list[Part]:
    """Which pieces of a line are given up, so many in all, and no more than it has."""
    assert 0 <= quantity <= most(line)
    mine = [one for one in held if one.line_id == line.id]
    parts: list[Part] = []
    left = quantity
    for where, there in ((Where.SHORT, line.short), (Where.OPEN, open_quantity(line)), (Where.PROMISED, line.promised)):
        parts += [Part(line.id, where, min(left, there))] if min(left, there) else []
        left -= min(left, there)
    for stage in (Where.RESERVED, *OUT_OF_THE_RACK):
        here = [one for one in mine if one.stage is stage]
        for one in _by_carton(here, left) if stage in IN_CARTONS else _latest(here):
            part = min(left, one.quantity)
            parts += [Part(line.id, stage, part, one)] if part else []
            left -= part
    assert left == 0, f"{left} of line {line.line} are neither claimed nor waiting"
    return parts


def _latest(held: Sequence[Held]) -> list[Held]:
    """What nobody has begun before what somebody walks for, the end of the walk before its beginning, younger claims before older."""
    return sorted(held, key=lambda one: (one.begun, -one.sequence, -one.claim_id))


def _by_carton(held: Sequence[Held], wanted: int) -> list[Held]:
    """As few cartons as possible are opened, and one that is open before one that is closed."""
    cartons: dict[int | None, list[Held]] = defaultdict(list)
    for one in held:
        cartons[one.unit_id].append(one)
    chosen: list[Held] = []
    while wanted > 0 and cartons:
        sizes = {unit: sum(one.quantity for one in inside) for unit, inside in cartons.items()}

        def fits(unit: int | None, sizes: dict[int | None, int] = sizes, wanted: int = wanted) -> tuple[bool, bool, int, int]:
            enough = sizes[unit] >= wanted
            return (cartons[unit][0].closed, not enough, sizes[unit] if enough else -sizes[unit], -(unit or 0))

        best = min(cartons, key=fits)
        wanted -= sizes[best]
        chosen += sorted(cartons.pop(best), key=lambda one: -one.claim_id)
    return chosen


# -- doing it ------------------------------------------------------------------------------------------------------------


def give_up(order: Order, parts: Sequence[Part], *, reason: dict[str, Any]) -> int:
    """Ends what was promised and claimed for these pieces of a locked order. Returns how many tasks take goods back."""
    lines = {line.id: line for line in order.lines}
    promises.lock(order.site_id, {lines[part.line_id].product_id for part in parts})  # before the stock, as planning does
    picks = {part.held.task_id for part in parts if part.held and part.held.task_id and part.where is Where.RESERVED}
    sorts = {part.held.task_id for part in parts if part.held and part.held.task_id and part.where in OUT_OF_THE_RACK}
    lock_sorts(sorts)
    freed: dict[int, int] = {}
    claims = []
    for part in parts:
        line = lines[part.line_id]
        line.cancelled += part.quantity
        count(line, part)
        if part.where is Where.PROMISED:
            freed[line.product_id] = freed.get(line.product_id, 0) - part.quantity
        if part.held is not None:
            whole = part.quantity == part.held.quantity
            claims.append(part.held.claim_id if whole else reservations.split(part.held.claim_id, part.quantity))
    reservations.void(claims)
    promises.change(order.site_id, freed)
    withdraw_empty_picks(picks)
    withdraw_empty_sorts(sorts)
    order.updated_at = clock.now()
    session.flush()  # the state is computed from the lines in the database
    return put_back(order, [part for part in parts if part.where in OUT_OF_THE_RACK], reason=reason)


def count(line: OrderLine, part: Part) -> None:
    """Takes pieces that are given up off the counter of how far they have come."""
    quantity = part.quantity
    if part.where is Where.SHORT:
        line.short -= quantity
    elif part.where is Where.PROMISED:
        line.promised -= quantity
    elif part.where is Where.RESERVED:
        line.reserved -= quantity
    elif part.where in OUT_OF_THE_RACK:
        if part.where in IN_CARTONS:
            line.packed -= quantity
            line.withdrawn_packed += quantity
        line.picked -= quantity
        line.withdrawn += quantity


def put_back(order: Order, parts: Iterable[Part], *, reason: dict[str, Any]) -> int:
    """One task for each place and batch where goods lie that nobody wants any more; how many."""
    places: dict[tuple[int, int, int | None], Held] = {}
    quantities: dict[tuple[int, int, int | None], int] = defaultdict(int)
    for part in parts:
        assert part.held is not None
        place = (part.held.location_id, part.held.batch_id, part.held.unit_id)
        places[place] = part.held
        quantities[place] += part.quantity
    for place in sorted(places, key=lambda one: (one[0], one[1], one[2] or 0)):
        held = places[place]
        queue.offer(
            TaskKind.PUT_BACK,
            site_id=order.site_id,
            priority=order.priority,
            document=order.number,
            order_id=order.id,
            product_id=held.product_id,
            batch_id=held.batch_id,
            handling_unit_id=held.unit_id,
            quantity=quantities[place],
            source_id=held.location_id,
            reasons=[reason],
        )
    return len(places)


# Stages of a claim by the words of this module.
assert {stage.value for stage in Stage} <= {where.value for where in Where}
