"""The lines of a pick list as the picker needs them: the one in hand, read with its order's header locked, and the one that comes next."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam

from wms import clock
from wms.actor import Actor
from wms.catalog.models import Barcode, Packaging, Product, Tracking
from wms.db import session, table_of
from wms.errors import Conflict
from wms.i18n import T, Text
from wms.locations.models import Location
from wms.orders.models import Head, Order, OrderLine
from wms.picking.models import Method, PickList
from wms.picking.strategies import doubted
from wms.stock.ledger import ClaimGone
from wms.stock.models import Batch, Claim, HandlingUnit, Movement, Reservation, Stage, Stock
from wms.tasks import queue
from wms.tasks.models import Task, TaskStatus

RENEW_BELOW = dt.timedelta(minutes=20)


class GoodsMoved(Conflict):
    """The goods of the line were brought elsewhere, to their pick face as a rule, while the picker stood before the rack."""

    code = "goods_moved"
    sentence = T("The goods of this line are at {location} now", "该行货物现在在 {location}")
    advice = T("Put these back and go there", "请放回原处并前往该库位")


@dataclass(frozen=True, slots=True)
class Pick:
    """One line of a pick list as the picker needs it."""

    claim_id: int
    quantity: int
    sequence: int
    order_line_id: int
    order_id: int
    order_number: str
    stock_id: int
    location_id: int
    location: str
    batch_id: int
    unit_id: int | None
    unit: str | None
    lot: str
    received_on: dt.date
    expires_on: dt.date | None
    product_id: int
    sku: str
    name: str
    name_zh: str | None
    name_en: str | None
    tracking: str
    base_unit: str
    rotation: str
    catch_weight: bool
    weight_grams: int
    barcode: str | None
    case_unit: str | None
    case_quantity: int | None
    several_lots: bool
    doubted: bool
    method: str | None
    several_orders: bool

    @property
    def to_sort(self) -> bool:
        """Whether its goods are sorted to their orders afterwards."""
        return self.method == Method.BATCH and self.several_orders

    @property
    def together(self) -> bool:
        """Whether what other orders of the list want of these goods is picked with it. Pieces with numbers are each one order's."""
        return self.to_sort and self.tracking != Tracking.SERIAL


@dataclass(frozen=True, slots=True)
class Here:
    """Where a picker stands, read with the order's header locked."""

    order: Head
    document: str
    task_id: int
    epoch: int
    line: Pick
    after: Pick | None


_R, _S, _OL, _O, _T = table_of(Reservation), table_of(Stock), table_of(OrderLine), table_of(Order), table_of(Task)
_L, _B, _P, _U = table_of(Location), table_of(Batch), table_of(Product), table_of(HandlingUnit)
_PK, _BC, _PL = table_of(Packaging), table_of(Barcode), table_of(PickList)


_STILL = sa.select(_R.c.quantity).where(
    _R.c.id == bindparam("claim"), _R.c.status == Claim.PENDING.value, _R.c.stage == Stage.RESERVED.value, _R.c.task_id == bindparam("task")
)


def must_be_wanted(claim_id: int, task_id: int, quantity: int) -> None:
    """The line in hand is on its list still, and so much of it. Raises ClaimGone where its order was cancelled, or wants less or other
    goods by now."""
    if (session.execute(_STILL, {"claim": claim_id, "task": task_id}).scalar() or 0) < quantity:
        raise ClaimGone


_METHOD = sa.select(_PL.c.method).where(_PL.c.task_id == bindparam("task")).scalar_subquery()
_SEVERAL = sa.select(_T.c.order_id.is_(None)).where(_T.c.id == bindparam("task")).correlate(None).scalar_subquery()


def _lines(limit: int, *, in_hand: bool = False) -> sa.Subquery:
    """The next lines of a list. What only a screen shows is left out for the claim `in_hand`: its screen has been shown."""
    order = _O.alias("line_order")

    def shown(column: Any) -> Any:
        return sa.case((_R.c.id != bindparam("in_hand"), column)) if in_hand else column

    other = _S.alias("other")
    barcode = sa.select(_BC.c.code).where(_BC.c.product_id == _P.c.id, _BC.c.packaging_id.is_(None)).order_by(_BC.c.id).limit(1)
    fitting = (_PK.c.product_id == _P.c.id, _PK.c.quantity > 1, _PK.c.quantity <= _R.c.quantity)
    case_unit = sa.select(_PK.c.unit).where(*fitting).order_by(_PK.c.quantity.desc()).limit(1)
    case_quantity = sa.select(_PK.c.quantity).where(*fitting).order_by(_PK.c.quantity.desc()).limit(1)
    several = sa.exists().where(
        other.c.location_id == _S.c.location_id,
        other.c.product_id == _S.c.product_id,
        other.c.batch_id != _S.c.batch_id,
        other.c.on_hand > 0,
    )
    columns: dict[str, Any] = {
        "claim_id": _R.c.id,
        "quantity": _R.c.quantity,
        "sequence": _R.c.sequence,
        "order_line_id": _OL.c.id,
        "order_id": order.c.id,
        "order_number": order.c.number,
        "stock_id": _S.c.id,
        "location_id": _L.c.id,
        "location": _L.c.code,
        "batch_id": _B.c.id,
        "unit_id": _U.c.id,
        "unit": _U.c.code,
        "lot": _B.c.lot,
        "received_on": _B.c.received_on,
        "expires_on": _B.c.expires_on,
        "product_id": _P.c.id,
        "sku": _P.c.sku,
        "name": _P.c.name,
        "name_zh": _P.c.name_zh,
        "name_en": _P.c.name_en,
        "tracking": _P.c.tracking,
        "base_unit": _P.c.base_unit,
        "rotation": _P.c.rotation,
        "catch_weight": _P.c.catch_weight,
        "weight_grams": _P.c.weight_grams,
        "barcode": shown(barcode.scalar_subquery()),
        "case_unit": shown(case_unit.scalar_subquery()),
        "case_quantity": shown(case_quantity.scalar_subquery()),
        "several_lots": shown(several),
        "doubted": doubted(_S.c.location_id, _S.c.product_id),
        "method": _METHOD,
        "several_orders": _SEVERAL,
    }
    assert list(columns) == list(Pick.__dataclass_fields__), "the statement and Pick name the same things"
    return (
        sa.select(*(column.label(name) for name, column in columns.items()))
        .select_from(_R)
        .join(_OL, _OL.c.id == _R.c.order_line_id)
        .join(order, order.c.id == _OL.c.order_id)
        .join(_S, _S.c.id == _R.c.stock_id)
        .join(_L, _L.c.id == _S.c.location_id)
        .join(_B, _B.c.id == _S.c.batch_id)
        .join(_P, _P.c.id == _S.c.product_id)
        .outerjoin(_U, _U.c.id == _S.c.handling_unit_id)
        .where(_R.c.task_id == bindparam("task"), _R.c.status == Claim.PENDING.value, _R.c.stage == Stage.RESERVED.value)
        .order_by(_R.c.sequence, _R.c.id)
        .limit(limit)
        .subquery("lines")
    )


def _locking() -> sa.Select[Any]:
    """The task, the order's state and the next lines, with the order's header locked: first of all locks, as everywhere."""
    lines = _lines(2, in_hand=True)
    return (
        sa.select(
            *(_O.c.id, _O.c.site_id, _O.c.number, _O.c.status, _O.c.priority, _O.c.due_at),
            *(_T.c.person_id, _T.c.status, _T.c.lease_until, _T.c.document, _T.c.epoch),
            *lines.c,
        )
        .select_from(_O)
        .join(_T, _T.c.id == bindparam("task"))
        .join(lines, sa.true())
        .where(_O.c.id == bindparam("order"))
        .order_by(lines.c.sequence, lines.c.claim_id)
        .with_for_update(key_share=True, of=_O)
    )


_NEXT = sa.select(_lines(1))
_LOCK_AND_LOOK = _locking()


def next_line(task_id: int) -> Pick | None:
    """The line that comes next on a list; None when it is done."""
    row = session.execute(_NEXT, {"task": task_id}).one_or_none()
    return None if row is None else Pick(*row)


def progress_of(task_id: int) -> tuple[int, int]:
    """(done, of) in lines of a list."""
    done = sa.func.coalesce(sa.func.sum(sa.case((_R.c.stage != Stage.RESERVED.value, 1), else_=0)), 0)
    row = session.execute(
        sa.select(done, sa.func.count()).where(_R.c.task_id == task_id, _R.c.status.in_([Claim.PENDING.value, Claim.POSTED.value]))
    ).one()
    return int(row[0]), int(row[1])


@dataclass(frozen=True, slots=True)
class Summary:
    """What was done of a list that has ended."""

    lines: int
    pieces: int
    minutes: int
    shorts: int

    @property
    def text(self) -> Text:
        """The same in one line."""
        done = T("{lines} {lines:line/lines}, {pieces} {pieces:piece/pieces}, {minutes} min", "{lines} 行 {pieces} 件，{minutes} 分钟")
        short = T("{done}, {shorts} short", "{done}，缺货 {shorts} 行")
        done = done.with_facts(lines=self.lines, pieces=self.pieces, minutes=self.minutes)
        return short.with_facts(done=done, shorts=self.shorts) if self.shorts else done


def summary_of(task_id: int, begun_at: dt.datetime) -> Summary:
    """What came of a list that was begun at a moment and has ended now."""
    picked = sa.and_(_R.c.status.in_([Claim.PENDING.value, Claim.POSTED.value]), _R.c.stage != Stage.RESERVED.value)
    counted = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(_R.c.quantity), 0))
    lines, pieces = session.execute(counted.where(_R.c.task_id == task_id, picked)).one()
    given_up = sa.select(_R.c.order_line_id).where(_R.c.task_id == task_id, _R.c.status == Claim.VOIDED.value)
    shorts = session.execute(sa.select(sa.func.count()).where(_OL.c.id.in_(given_up), _OL.c.short > 0)).scalar_one()
    return Summary(int(lines), int(pieces), max(1, round((clock.now() - begun_at).total_seconds() / 60)), int(shorts))


def unit_of_undone(task_id: int) -> str | None:
    """The tote or carton that the pick of this list last taken back lay in."""
    newest = sa.select(Movement.source_unit_id).where(Movement.task_id == task_id, Movement.reverses_id.is_not(None))
    unit_id = session.execute(newest.order_by(Movement.id.desc()).limit(1)).scalar()
    return None if unit_id is None else session.execute(sa.select(HandlingUnit.code).where(HandlingUnit.id == unit_id)).scalar()


def look(claim_id: int, task_id: int, order_id: int, by: Actor, location_id: int | None = None) -> Here:
    """Locks the order and reads the current line and the one after it; the line must still be the current one of this person's list."""
    rows = session.execute(_LOCK_AND_LOOK, {"task": task_id, "order": order_id, "in_hand": claim_id}).all()
    if not rows:
        raise ClaimGone
    header, (person_id, task_status, lease_until, document, epoch), first = rows[0][:6], rows[0][6:11], rows[0][11:]
    if person_id != by.id or task_status != TaskStatus.CLAIMED:
        raise queue.TaskOver
    line = Pick(*first)
    if line.claim_id != claim_id or line.order_id != order_id:
        raise ClaimGone
    if location_id not in (None, line.location_id):
        raise GoodsMoved(location=line.location)
    if lease_until is None or lease_until - clock.now() < RENEW_BELOW:
        queue.claim(task_id, by=by)
    return Here(Head(*header), document, task_id, epoch, line, Pick(*rows[1][11:]) if len(rows) > 1 else None)
