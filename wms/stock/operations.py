"""What a person does to stock outside the four stories: correct the book, move goods from one location to another."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import sqlalchemy as sa

from wms import clock
from wms.actor import Actor
from wms.catalog.models import Product, Tracking
from wms.catalog.products import find_product, in_base_units
from wms.db import fold, session
from wms.errors import Invalid, Refused
from wms.i18n import T
from wms.locations.models import Kind, Location, Virtual
from wms.locations.places import find_location, may_lie
from wms.locations.sites import virtual
from wms.stock import capacity, changes, handling_units
from wms.stock.batches import open_batch
from wms.stock.capacity import Cargo, Piece
from wms.stock.ledger import LARGEST, Move, Moved, NotEnough, Place, QuantityWrong, SamePlace, post
from wms.stock.models import Batch, Condition, HandlingUnit, MovementKind, Stock, UnitKind
from wms.stock.rotation import turn


class NothingToAdjust(Invalid):
    """An adjustment of zero."""

    code = "nothing_to_adjust"
    sentence = T("An adjustment of zero changes nothing", "调整数量不能为零")


class ReceivedWhen(Invalid):
    """Goods that are there have come already."""

    code = "received_on_wrong"
    sentence = T("{day} is still to come: goods that are here were received before", "{day} 尚未到来，在库货物的收货日期不能晚于今天")


class UnitElsewhere(Invalid):
    """The handling unit does not stand at the location."""

    code = "unit_elsewhere"
    sentence = T("Unit {unit} does not stand at {location}", "货物单元 {unit} 不在 {location}")


class NotByHand(Refused):
    """Goods do not get there by being carried."""

    code = "not_by_hand"
    pointer = "/target"
    sentence = T("{location} ({kind}) is no place to move goods to", "不能移货到 {location}（{kind}）")
    advice = T("Scan a storage location", "请扫描存储位")


class NotInRacks(Refused):
    """In the racks lies what may be sold."""

    code = "wrong_area"
    pointer = "/target"
    sentence = T("{condition} goods do not belong at {location} ({kind})", "“{condition}”货物不能放入 {location}（{kind}）")
    advice = T("Take them to the inspection or the defect area", "请送往待检区或不合格品区")


FreeRow = tuple[int, int | None, int]  # batch, handling unit, free


@dataclass(frozen=True, slots=True)
class ByHand:
    """Free goods that a person is about to move; `unit` goes along when all that is in it is moved."""

    product: Product
    taken: list[FreeRow]
    source: Location
    target: Location
    condition: Condition
    unit: HandlingUnit | None
    reason: str | None
    document: str | None

    def cargo(self) -> Cargo:
        """The pieces as limits see them, when they go loose."""
        return Cargo([Piece(self.product, amount, batch_id) for batch_id, _, amount in self.taken])


class Way(Protocol):
    """Moves goods for which work waits, and that work with them; None where none does."""

    def __call__(self, goods: ByHand, *, by: Actor, key: str) -> list[Moved] | None: ...


_ways: list[Way] = []


def moves_by_hand(way: Way) -> Way:
    """Who knows of work that waits for goods (it lies above stock in the house) is asked before they are moved by hand."""
    _ways.append(way)
    return way


class SerialHere(Refused):
    """A serial number is one piece, and that is in the house."""

    code = "serial_here"
    pointer = "/lot"
    sentence = T("Serial number {serial} of {sku} is in the house already, at {place}", "{sku} 序列号 {serial} 已在库内：{place}")
    advice = T("Check the label; count the place where it is said to be", "请核对标签，并盘点系统所示库位")


class SerialAlone(Refused):
    """A serial number stands for one piece."""

    code = "serial_alone"
    pointer = "/quantity"
    sentence = T("One serial number is one piece of {sku}, not {quantity}", "{sku} 一个序列号对应一件，不是 {quantity} 件")
    advice = T("Enter each piece with its own number", "请逐件录入序列号")


@dataclass(frozen=True)
class Adjusted:
    """What an adjustment wrote."""

    product: Product
    location: Location
    batch_id: int
    quantity: int
    movements: list[int]


def adjust(
    sku: str,
    location: str,
    quantity: int,
    *,
    by: Actor,
    key: str | None = None,
    unit: str | None = None,
    lot: str | None = None,
    received_on: dt.date | None = None,
    expires_on: dt.date | None = None,
    condition: Condition = Condition.GOOD,
    handling_unit: str | None = None,
    owner_id: int | None = None,
    company_prefix: str = "",
    reason: str | None = None,
    kind: MovementKind = MovementKind.ADJUSTMENT,
    told: bool = True,
) -> Adjusted:
    """Adds found goods to the book, or takes missing ones out; so opening stock comes in with its real age.

    More opens the batch where it is new (and the handling unit). Less takes the named lot, else the batches in turn, of what is free.
    Whoever makes many tells of them together (`changes.tell`) and says `told=False`.
    Raises NothingToAdjust, NotEnough, LotMissing, ExpiryMissing, LotExpiryDiffers, ProductUnknown, LocationUnknown, UnitUnknown,
    UnitElsewhere, ReceivedWhen, SerialAlone, SerialHere, and OwnNumber or Gs1CheckDigit for the number of a new unit.
    """
    if quantity == 0:
        raise NothingToAdjust(pointer="/quantity")
    if received_on is not None and received_on > clock.today():
        raise ReceivedWhen(pointer="/received_on", day=received_on)
    product, place = find_product(sku), find_location(location, by=by)
    quantity, owner_id = in_base_units(product, quantity, unit), _owner_of_batch(product, owner_id)
    outside = Place(virtual(by.site_id, Virtual.ADJUSTMENT), None, condition.value)
    key = key or uuid.uuid4().hex
    unit_id = _unit_at(handling_unit, place, by, open_with=company_prefix if quantity > 0 else None)
    here = Place(place.id, unit_id, condition.value)
    if quantity > 0:
        batch_id = open_batch(product, lot=lot, received_on=received_on, expires_on=expires_on, owner_id=owner_id)
        if product.tracking == Tracking.SERIAL:
            _must_be_one_piece(product, lot or "", quantity)
        moves = [Move(key, batch_id, quantity, outside, here, kind, reason=reason)]
    else:
        rows = free_rows(product, place.id, lot=lot, received_on=received_on, unit_id=unit_id, condition=condition, owner_id=owner_id)
        batch_id, moves = 0, []
        for part, (batch_id, row_unit, amount) in enumerate(_taken(rows, -quantity, product, place)):
            source = Place(place.id, row_unit, condition.value)
            moves.append(Move(f"{key}:{part}", batch_id, amount, source, outside, kind, reason=reason))
    written = [one.movement_id for one in post(moves, by=by)]
    if told:
        changes.tell(written, by=by)
    return Adjusted(product, place, batch_id, quantity, written)


def serial_in_house(product: Product, serial: str) -> str | None:
    """The place where a serial number is, if it is in the house. To be asked behind the batch's row (`open_batch`): of two who bring one
    number the second finds the first one's."""
    return session.execute(
        sa.select(Location.code)
        .join(Stock, Stock.location_id == Location.id)
        .join(Batch, Batch.id == Stock.batch_id)
        .where(Batch.product_id == product.id, Batch.lot_key == fold(serial), Stock.on_hand > 0, Location.kind != Kind.VIRTUAL.value)
        .limit(1)
    ).scalar_one_or_none()


def _must_be_one_piece(product: Product, serial: str, quantity: int) -> None:
    if quantity != 1:
        raise SerialAlone(sku=product.sku, quantity=quantity)
    place = serial_in_house(product, serial)
    if place is not None:
        raise SerialHere(serial=serial, sku=product.sku, place=place)


def move_goods(
    sku: str,
    quantity: int,
    source: str,
    target: str,
    *,
    by: Actor,
    key: str | None = None,
    unit: str | None = None,
    lot: str | None = None,
    handling_unit: str | None = None,
    condition: Condition = Condition.GOOD,
    owner_id: int | None = None,
    reason: str | None = None,
    document: str | None = None,
) -> list[Moved]:
    """Moves free goods by hand: the named lot, else the batches in the product's turn.

    A handling unit that is named and wholly taken goes along; pieces out of one become loose. What waits for goods is asked first
    (`moves_by_hand`): brought where they belong they are put away, brought elsewhere their work goes with them.

    Raises TaskTaken where somebody has that work in hand, NotEnough beyond what is free at the source, QuantityWrong, SamePlace,
    NotByHand, NotInRacks, LocationFull and its kin, and the unknowns.
    """
    product = find_product(sku)
    if quantity <= 0:
        raise QuantityWrong(quantity=quantity, pointer="/quantity")
    pieces, owner_id = in_base_units(product, quantity, unit), _owner_of_batch(product, owner_id)
    if pieces > LARGEST:
        raise QuantityWrong(quantity=pieces, pointer="/quantity")
    start, end = find_location(source, by=by), find_location(target, by=by)
    if start.id == end.id:
        raise SamePlace
    must_be_by_hand(end, condition)
    unit_id = _unit_at(handling_unit, start, by)
    rows = free_rows(product, start.id, lot=lot, unit_id=unit_id, condition=condition, owner_id=owner_id)
    taken = _taken(rows, pieces, product, start)
    key = key or uuid.uuid4().hex
    whole = None
    if unit_id is not None and sum(row.on_hand for row in handling_units.contents(unit_id)) == pieces:
        whole = session.get_one(HandlingUnit, unit_id)
    goods = ByHand(product, taken, start, end, condition, whole, reason, document)
    for way in _ways:
        moved = way(goods, by=by, key=key)
        if moved is not None:
            return moved
    if whole is not None:
        of_batches = [Piece(product, amount, batch_id) for batch_id, _, amount in taken]
        capacity.must_take(end, Cargo(of_batches, in_unit=True, unit_id=whole.id))
        return _told(handling_units.move_unit(whole, end.id, key=key, kind=MovementKind.MOVE, by=by, reason=reason, document=document), by)
    capacity.must_take(end, goods.cargo())
    moves = [
        Move(
            f"{key}:{part}",
            batch_id,
            amount,
            Place(start.id, row_unit, condition.value),
            Place(end.id, None, condition.value),
            MovementKind.MOVE,
            reason=reason,
            document=document,
        )
        for part, (batch_id, row_unit, amount) in enumerate(taken)
    ]
    return _told(post(moves, by=by), by)


def must_be_by_hand(location: Location, condition: Condition = Condition.GOOD) -> None:
    """Raises NotByHand for places that goods reach by a procedure of their own, NotInRacks for goods that nobody may pick."""
    kind = Kind(location.kind)
    if not may_lie(kind, good=True):
        raise NotByHand(location=location.code, kind=kind.text)
    if not may_lie(kind, good=condition is Condition.GOOD):
        raise NotInRacks(condition=condition.text, location=location.code, kind=kind.text)


def _told(moved: list[Moved], by: Actor) -> list[Moved]:
    changes.tell([one.movement_id for one in moved], by=by)
    return moved


def _owner_of_batch(product: Product, owner_id: int | None) -> int | None:
    """A batch names its owner only where the product does not: what is the product's owner's is its ordinary stock."""
    return None if owner_id == product.owner_id else owner_id


def free_rows(
    product: Product,
    location_id: int,
    *,
    lot: str | None = None,
    received_on: dt.date | None = None,
    unit_id: int | None = None,
    condition: Condition = Condition.GOOD,
    owner_id: int | None = None,
) -> list[FreeRow]:
    """The free goods of a product at a location, in the order in which they leave."""
    statement = (
        sa.select(Stock.batch_id, Stock.handling_unit_id, Stock.on_hand - Stock.reserved)
        .join(Batch, Batch.id == Stock.batch_id)
        .join(Product, Product.id == Stock.product_id)
        .where(
            Stock.product_id == product.id,
            Stock.location_id == location_id,
            Stock.condition == condition.value,
            Stock.on_hand > Stock.reserved,
            Batch.owner_id == owner_id if owner_id is not None else Batch.owner_id.is_(None),
        )
        .order_by(*turn())
    )
    if lot:
        statement = statement.where(Batch.lot_key == fold(lot))
    if received_on:
        statement = statement.where(Batch.received_on == received_on)
    if unit_id is not None:
        statement = statement.where(Stock.handling_unit_id.in_(handling_units.tree(unit_id)))
    return [(row[0], row[1], row[2]) for row in session.execute(statement)]


def _taken(rows: Iterable[FreeRow], wanted: int, product: Product, place: Location) -> list[FreeRow]:
    """As much of each row, in order, as makes the whole quantity; raises NotEnough."""
    taken: list[FreeRow] = []
    left = wanted
    for batch_id, unit_id, free in rows:
        if left == 0:
            break
        taken.append((batch_id, unit_id, min(free, left)))
        left -= taken[-1][2]
    if left:
        raise NotEnough(free=wanted - left, sku=product.sku, location=place.code, wanted=wanted)
    return taken


def _unit_at(code: str | None, place: Location, by: Actor, *, open_with: str | None = None) -> int | None:
    """The id of the unit with this code at the place; with `open_with` (a GS1 prefix) a new one is opened where it is unknown."""
    if not code:
        return None
    try:
        unit = handling_units.find(code, by=by)
    except handling_units.UnitUnknown:
        code = handling_units.plain(code)
        elsewhere = sa.select(HandlingUnit.id).where(HandlingUnit.code_key == fold(code))
        if open_with is None or session.execute(elsewhere).first() is not None:
            raise  # a code is given once in the whole house, and another site's unit is as if it did not exist
        handling_units.must_come_from_elsewhere(code, company_prefix=open_with)
        unit = handling_units.new_unit(UnitKind.PALLET, location_id=place.id, site_id=by.site_id, company_prefix=open_with, code=code)
    if unit.location_id != place.id:
        if open_with is not None and not handling_units.contents(unit.id):
            handling_units.stand_at(unit.id, place.id)
            return unit.id
        raise UnitElsewhere(unit=code, location=place.code, pointer="/handling_unit")
    return unit.id
