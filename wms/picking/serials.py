"""Pieces with serial numbers: any at the place may be taken that rotation allows, and the claims follow the ones that were scanned.

A line of a list is one claim a piece. What lies at one place for one order line is picked together, piece by piece; nothing is written
until the pieces are put down, so that a number scanned by mistake is taken back by forgetting it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from wms import clock
from wms.actor import Actor
from wms.catalog.models import Product, Tracking
from wms.db import fold, session, table_of
from wms.errors import Refused
from wms.i18n import T
from wms.locations.models import Location
from wms.orders.models import OrderLine
from wms.picking.lines import Pick
from wms.picking.lots import Age, chosen_by, days_ahead, since
from wms.picking.strategies import kept_lots, terms
from wms.stock import reservations
from wms.stock.ledger import ClaimGone
from wms.stock.models import Batch, Claim, Condition, Reservation, Stage, Stock

_R, _S, _B, _L, _P = (table_of(one) for one in (Reservation, Stock, Batch, Location, Product))
_OL = table_of(OrderLine)


class SerialTwice(Refused):
    """One piece is one number."""

    code = "serial_twice"
    sentence = T("{serial} is scanned already", "{serial} 已扫过")
    advice = T("Scan the next piece", "请扫描下一件")


class SerialStranger(Refused):
    """No piece of the product with this number lies there by the book."""

    code = "serial_stranger"
    sentence = T("{serial} of {sku} is not at {location}", "{location} 没有 {sku} 的序列号 {serial}")
    advice = T("Put it aside for your supervisor and scan another piece", "请放到一边交主管处理，改扫其他件")


class SerialTaken(Refused):
    """The piece is held, expired, or promised to somebody by its number."""

    code = "serial_taken"
    sentence = T("{serial} may not be taken", "{serial} 不可拣出")
    advice = T("Put it back and scan another piece", "请放回并改扫其他件")


class SerialOrdered(Refused):
    """The order names its pieces."""

    code = "serial_ordered"
    sentence = T("The order asks for {first}, not {serial}", "订单指定 {first}，不是 {serial}")
    advice = T("Put it back and scan {first}", "请放回并扫描 {first}")


class SerialTooOld(Refused):
    """The customer wants goods that keep longer."""

    code = "serial_too_old"
    sentence = T(
        "{serial} expires on {day}; this customer takes nothing before {least}", "{serial} {day} 到期，该客户要求 {least} 及以后到期"
    )
    advice = T("Put it back and scan another piece", "请放回并改扫其他件")


class SerialOutOfTurn(Refused):
    """Older pieces go first."""

    code = "serial_out_of_turn"
    sentence = T("{serial} may not go before {first}, {since}", "{serial} 不能先于 {first}（{since}）出库")
    advice = T("Put it back and scan {first}", "请放回并扫描 {first}")


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece that is claimed for the line in hand."""

    claim_id: int
    stock_id: int
    batch_id: int
    serial: str
    age: Age


@dataclass(frozen=True, slots=True)
class _Found:
    """A piece at the place: whose claim is on it, and whether it may be had at all."""

    stock_id: int
    batch_id: int
    serial: str
    age: Age
    sound: bool
    claim_id: int | None
    order_line_id: int | None
    ordered: bool


def by_pieces(line: Pick) -> bool:
    """Whether the line is picked by numbers, one a piece."""
    return line.tracking == Tracking.SERIAL and line.quantity == 1


def together(claim_id: int) -> list[Piece]:
    """The pieces that are picked with this one: of its order line and list, at its place, in their turn."""
    mine, row = _R.alias("mine"), _S.alias("row")
    rows = session.execute(
        sa.select(_R.c.id, _S.c.id, _B.c.id, _B.c.lot, _B.c.received_on, _B.c.expires_on)
        .select_from(mine)
        .join(row, row.c.id == mine.c.stock_id)
        .join(_R, sa.and_(_R.c.task_id == mine.c.task_id, _R.c.order_line_id == mine.c.order_line_id))
        .join(_S, sa.and_(_S.c.id == _R.c.stock_id, _S.c.location_id == row.c.location_id))
        .join(_B, _B.c.id == _S.c.batch_id)
        .where(
            mine.c.id == claim_id,
            _R.c.status == Claim.PENDING.value,
            _R.c.stage == Stage.RESERVED.value,
            _R.c.quantity == 1,
            _S.c.handling_unit_id.is_not_distinct_from(row.c.handling_unit_id),
        )
        .order_by(_R.c.sequence, _R.c.id)
    ).all()
    return [Piece(claim, stock, batch, lot, Age(received, expires)) for claim, stock, batch, lot, received, expires in rows]


def check(line_claim: int, serials: Sequence[str], *, window: int, by: Actor) -> str:
    """The last of these numbers may be taken for the line, beside those before it; returns it as it is written in the book.

    Raises SerialTwice, SerialStranger, SerialTaken, SerialOrdered, SerialTooOld, SerialOutOfTurn, ClaimGone.
    """
    pieces = together(line_claim)
    found = _found(line_claim, pieces, serials, window, by)
    _pair(pieces, found)
    return found[-1].serial


def take(line_claim: int, serials: Sequence[str], *, window: int, by: Actor) -> list[Piece]:
    """The line's claims are on the pieces with these numbers from now on; whoever had a claim on one of them gets one of ours instead.

    The order's header is locked by the caller. Raises as `check`.
    """
    pieces = together(line_claim)
    found = _found(line_claim, pieces, serials, window, by)
    reservations.lock_rows([*(one.stock_id for one in pieces), *(one.stock_id for one in found)])
    found = _found(line_claim, pieces, serials, window, by)  # as it is behind the lock
    swaps = _pair(pieces, found)
    _exchange(swaps, by)
    ours = {piece.stock_id: piece for piece in pieces} | {one.stock_id: given for given, one in swaps}
    return [Piece(ours[one.stock_id].claim_id, one.stock_id, one.batch_id, one.serial, one.age) for one in found]


_Swap = tuple[Piece, _Found]  # a claim of ours leaves this piece, and goes to that one


def _pair(pieces: Sequence[Piece], found: Sequence[_Found]) -> list[_Swap]:
    """Which of our pieces is given up for each that is not ours; its holder gets one that they may have. Raises SerialTaken."""
    ours, wanted = {piece.stock_id for piece in pieces}, {one.stock_id for one in found}
    spare = [piece for piece in reversed(pieces) if piece.stock_id not in wanted]
    others = terms([one.order_line_id for one in found if one.order_line_id is not None and one.stock_id not in ours])
    swaps: list[_Swap] = []
    for one in sorted((one for one in found if one.stock_id not in ours), key=lambda one: one.order_line_id is None):
        asked = others.get(one.order_line_id or 0)
        given = next((piece for piece in spare if asked is None or asked.take(piece.age.expires_on)), None)
        if given is None:
            raise SerialTaken(serial=one.serial)
        spare.remove(given)
        swaps.append((given, one))
    return swaps


def _exchange(swaps: Sequence[_Swap], by: Actor) -> None:
    """Claims change places, all at once; a row that nobody had claimed is claimed, and the one it was exchanged for is free."""
    if not swaps:
        return
    targets: dict[int, int] = {}
    said: dict[int, list[Any]] = {}
    fresh: dict[int, int] = {}
    freed: dict[int, int] = {}
    for given, one in swaps:
        targets[given.claim_id], said[given.claim_id] = one.stock_id, [chosen_by(by, given.serial)]
        if one.claim_id is None:
            fresh[one.stock_id], freed[given.stock_id] = 1, -1
        else:
            targets[one.claim_id], said[one.claim_id] = given.stock_id, [{**chosen_by(by, one.serial), "code": "exchanged"}]
    moved = session.execute(
        sa.update(_R)
        .where(_R.c.id.in_(sorted(targets)), _R.c.status == Claim.PENDING.value, _R.c.stage == Stage.RESERVED.value)
        .values(stock_id=sa.case(targets, value=_R.c.id))
    )
    if moved.rowcount != len(targets):  # type: ignore[attr-defined]
        raise ClaimGone
    why = sa.update(_R).where(_R.c.id == sa.bindparam("claim")).values(reasons=sa.bindparam("why", type_=_R.c.reasons.type))
    session.connection().execute(why, [{"claim": claim, "why": reasons} for claim, reasons in sorted(said.items())])
    if not fresh:
        return
    changed = session.execute(
        sa.update(_S)
        .where(
            _S.c.id.in_(sorted(fresh | freed)),
            sa.or_(_S.c.id.in_(sorted(freed)), _S.c.on_hand > _S.c.reserved),
        )
        .values(reserved=_S.c.reserved + sa.case(fresh | freed, value=_S.c.id))
    )
    if changed.rowcount != len(fresh | freed):  # type: ignore[attr-defined]
        raise ClaimGone


def _found(line_claim: int, pieces: Sequence[Piece], serials: Sequence[str], window: int, by: Actor) -> list[_Found]:
    if line_claim not in {piece.claim_id for piece in pieces}:
        raise ClaimGone
    keys = [fold(serial) for serial in serials]
    twice = next((serial for place, serial in enumerate(serials) if keys[place] in keys[:place]), None)
    if twice is not None or len(keys) > len(pieces):
        raise SerialTwice(serial=twice or serials[-1])
    there = _there(line_claim, keys)
    line, product, place, sku = _line(line_claim)
    asked = terms([line])[line]
    mine = {piece.claim_id for piece in pieces}
    strangers = [key for key in keys if key not in there or there[key].claim_id not in mine]
    kept = kept_lots([product], by.site_id) if strangers else {}
    for serial, key in zip(serials, keys, strict=True):
        one = there.get(key)
        if one is None:
            raise SerialStranger(serial=serial, sku=sku, location=place)
        if key not in strangers:
            continue
        if asked.lot is not None:
            raise SerialOrdered(serial=serial, first=pieces[0].serial)
        if not one.sound or one.ordered or kept.get((product, key)):
            raise SerialTaken(serial=serial)
        if not asked.take(one.age.expires_on):
            raise SerialTooOld(serial=serial, day=one.age.expires_on, least=asked.least)
    chosen = [there[key] for key in keys]
    _in_turn(pieces, chosen, asked.rotation, window)
    return chosen


def _in_turn(pieces: Sequence[Piece], chosen: Sequence[_Found], rotation: str, window: int) -> None:
    """Taken together the pieces are no younger than those claimed: the youngest than the youngest, and so on. Raises SerialOutOfTurn."""
    start = pieces[0].age
    ours = sorted(pieces, key=lambda piece: days_ahead(rotation, piece.age, start), reverse=True)
    theirs = sorted(chosen, key=lambda one: days_ahead(rotation, one.age, start), reverse=True)
    for piece, one in zip(ours, theirs, strict=False):
        if days_ahead(rotation, one.age, piece.age) > window:
            left = [own for own in ours if own.stock_id not in {other.stock_id for other in chosen}]
            first = left[-1] if left else piece
            raise SerialOutOfTurn(serial=chosen[-1].serial, first=first.serial, since=since(rotation, first.age))


def _line(claim_id: int) -> tuple[int, int, str, str]:
    """The order line of a claim, its product, where its piece lies, and the product's code."""
    line, product, place, sku = session.execute(
        sa.select(_R.c.order_line_id, _P.c.id, _L.c.code, _P.c.sku)
        .join_from(_R, _S, _S.c.id == _R.c.stock_id)
        .join(_L, _L.c.id == _S.c.location_id)
        .join(_P, _P.c.id == _S.c.product_id)
        .where(_R.c.id == claim_id)
    ).one()
    return line, product, place, sku


def _there(claim_id: int, keys: Sequence[str]) -> dict[str, _Found]:
    """The pieces with these numbers where the line's goods lie, loose or in the same unit."""
    mine, row = _R.alias("mine"), _S.alias("row")
    holder = sa.and_(_R.c.stock_id == _S.c.id, _R.c.status == Claim.PENDING.value, _R.c.stage == Stage.RESERVED.value)
    rows = session.execute(
        sa.select(_S.c.id, _B.c.id, _B.c.lot, _B.c.lot_key, _B.c.received_on, _B.c.expires_on, _S.c.condition, _R.c.id)
        .add_columns(_OL.c.id, _OL.c.lot)
        .select_from(mine)
        .join(row, row.c.id == mine.c.stock_id)
        .join(_S, sa.and_(_S.c.location_id == row.c.location_id, _S.c.product_id == row.c.product_id))
        .join(_B, sa.and_(_B.c.id == _S.c.batch_id, _B.c.owner_id.is_(None)))
        .outerjoin(_R, holder)
        .outerjoin(_OL, _OL.c.id == _R.c.order_line_id)
        .where(
            mine.c.id == claim_id,
            _B.c.lot_key.in_(sorted(set(keys))),
            _S.c.on_hand > 0,
            _S.c.handling_unit_id.is_not_distinct_from(row.c.handling_unit_id),
        )
    ).all()
    return {
        key: _Found(stock, batch, lot, Age(received, expires), _is_sound(condition, expires), claim, line, ordered is not None)
        for stock, batch, lot, key, received, expires, condition, claim, line, ordered in rows
    }


def _is_sound(condition: str, expires_on: dt.date | None) -> bool:
    return condition == Condition.GOOD.value and (expires_on is None or expires_on >= clock.today())
