"""Announced licence plates: what the sender says stands on each pallet and carton, so that one scan at the dock takes all of it.

The plates hang below an inbound order's lines. Check-in asks `find` what is expected under a number and tells `arrived` when it came.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from wms import clock, events
from wms.actor import Actor
from wms.catalog.gs1 import is_sscc
from wms.catalog.models import Product, Tracking
from wms.db import fold, insert_rows, session, table_of
from wms.errors import Conflict, Invalid, NotFound, Refused
from wms.i18n import T
from wms.orders.lines import ReadLine, unit_size
from wms.orders.models import AnnouncedContent, AnnouncedStatus, AnnouncedUnit, InboundLine, InboundOrder
from wms.orders.timeline import teach
from wms.stock import handling_units
from wms.stock.ledger import LARGEST
from wms.stock.models import HandlingUnit, Movement, UnitKind

S = AnnouncedStatus
MOST_LEVELS = 3

teach("inbound.plate_arrived", T("Plate {unit} has come", "托盘 {unit} 已到货"), "good")
teach("inbound.plate_not_arrived", T("Arrival of plate {unit} undone", "托盘 {unit} 的到货已撤销"), "ask")


class PlateNotAnnounced(NotFound):
    """No inbound order of this site announces a plate with this number."""

    code = "plate_not_announced"
    sentence = T("No delivery announces plate {code}", "没有到货通知含有此托盘号：{code}")
    advice = T("Receive the goods on it one by one", "请逐件收其上货物")


class PlateCameAlready(Conflict):
    """It was received before."""

    code = "plate_came_already"
    sentence = T("Plate {code} was received {when}", "托盘 {code} 已于 {when} 收货")
    advice = T("Look it up to see where it stands", "请用查询查看其位置")


class NoSscc(Invalid):
    """A plate is announced under its SSCC."""

    code = "sscc_wrong"
    sentence = T("{code} is not an SSCC of 18 digits", "{code} 不是 18 位 SSCC")


class PlateTwice(Invalid):
    """Two plates of one delivery have the same number."""

    code = "plate_twice"
    sentence = T("Plate {code} is there twice", "托盘号 {code} 重复")


class PlateExpected(Refused):
    """Another delivery announces the same plate, or one with this number stands here."""

    code = "plate_expected_already"
    sentence = T("Plate {code} is announced by {number} already", "托盘号 {code} 已在 {number} 中通知")
    advice = T("Check the number, or close the other delivery", "请核对托盘号，或先关闭该到货通知")

    def __init__(self, pointer: str, **facts: Any) -> None:
        self.pointer = pointer
        super().__init__(**facts)


class PlateHere(Refused):
    """A number is given once: a plate that has it is known here."""

    code = "plate_known"
    sentence = T("A plate {code} is in the book already", "系统中已有托盘 {code}")
    advice = T("Ask the sender for the right number", "请向发货方核对托盘号")

    def __init__(self, pointer: str, **facts: Any) -> None:
        self.pointer = pointer
        super().__init__(**facts)


class ParentUnknown(Invalid):
    """The plate under it is not in this delivery."""

    code = "parent_unknown"
    sentence = T("{code} stands on {parent}, which is not announced here", "{code} 的上级 {parent} 不在本到货通知中")


class StackWrong(Invalid):
    """Plates that stand on each other in a ring, or too high."""

    code = "stack_wrong"
    sentence = T("{code} does not end on the floor within {most} levels", "{code} 的上级关系成环或超过 {most} 层")


class NothingOnIt(Invalid):
    """A plate without goods is nothing to receive."""

    code = "plate_without_contents"
    sentence = T("Nothing is announced on plate {code}", "托盘 {code} 没有内容")


class LineUnknown(Invalid):
    """The contents name a line that the delivery does not have."""

    code = "line_unknown"
    sentence = T("There is no line {line} in this delivery", "到货通知中没有第 {line} 行")


class MoreOnPlates(Invalid):
    """The plates hold more of a line than is announced."""

    code = "more_on_plates"
    sentence = T("Line {line}: {on_plates} on plates, {expected} announced", "第 {line} 行：托盘合计 {on_plates}，通知数量 {expected}")


class ContentQuantityWrong(Invalid):
    """No quantity that can be moved."""

    code = "quantity_wrong"
    sentence = T("{quantity} is not a quantity that can come on a plate", "托盘内容数量无效：{quantity}")


class ContentDiffers(Invalid):
    """The line says another lot or date."""

    code = "content_differs"
    sentence = T("Line {line} announces {known}, the plate {given}", "第 {line} 行通知的是 {known}，托盘内容为 {given}")


class SerialsWrong(Invalid):
    """As many numbers as pieces, each once, and only for what has them."""

    code = "serials_wrong"
    sentence = T("Line {line}: {serials} serial numbers for {quantity} pieces", "第 {line} 行：{quantity} 件有 {serials} 个序列号")


# -- what is asked for ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class NewContent:
    """So many of a line on a plate. `quantity` counts `unit`s, or base units where none is named."""

    line: str
    quantity: int
    unit: str | None = None
    lot: str | None = None
    expires_on: dt.date | None = None
    produced_on: dt.date | None = None
    serials: Sequence[str] = ()


@dataclass(frozen=True)
class NewUnit:
    """A plate as the sender announces it; `parent` is the SSCC of the plate it stands on."""

    sscc: str
    kind: UnitKind = UnitKind.PALLET
    parent: str | None = None
    contents: Sequence[NewContent] = ()


@dataclass(frozen=True)
class ReadUnit:
    """A plate whose number and contents are in order."""

    code: str
    kind: UnitKind
    parent: str | None
    contents: list[tuple[str, int, NewContent]] = field(default_factory=list)
    """Line, pieces, and what is said of them."""


def read_units(units: Sequence[NewUnit], lines: Sequence[ReadLine], *, by: Actor, company_prefix: str) -> list[ReadUnit]:
    """The plates, checked against the lines they fill; raises about the first that is wrong, by its pointer.

    Raises NoSscc, Gs1CheckDigit, OwnNumber, PlateTwice, PlateHere, PlateExpected, ParentUnknown, StackWrong, NothingOnIt, LineUnknown,
    MoreOnPlates, ContentQuantityWrong, ContentDiffers, SerialsWrong, UnitOfMeasureUnknown.
    """
    if not units:
        return []
    codes = _codes(units, by=by, company_prefix=company_prefix)
    parents = _parents(units, codes)
    by_line = {one.line: one for one in lines}
    sums: dict[str, int] = defaultdict(int)
    seen: dict[str, set[str]] = defaultdict(set)
    read = []
    for index, (code, unit) in enumerate(zip(codes, units, strict=True)):
        pointer = f"/units/{index}"
        if not unit.contents and code not in parents.values():
            raise NothingOnIt(pointer=f"{pointer}/contents", code=code)
        one = ReadUnit(code, UnitKind(unit.kind), parents.get(code))
        for place, content in enumerate(unit.contents):
            here = f"{pointer}/contents/{place}"
            line = by_line.get(content.line.strip())
            if line is None:
                raise LineUnknown(pointer=f"{here}/line", line=content.line)
            pieces = _content(content, line, here, seen[line.product.sku])
            sums[line.line] += pieces
            if sums[line.line] > line.quantity:
                raise MoreOnPlates(pointer=f"{here}/quantity", line=line.line, on_plates=sums[line.line], expected=line.quantity)
            one.contents.append((line.line, pieces, content))
        read.append(one)
    return read


def _codes(units: Sequence[NewUnit], *, by: Actor, company_prefix: str) -> list[str]:
    codes: list[str] = []
    for index, unit in enumerate(units):
        pointer, code = f"/units/{index}/sscc", handling_units.plain(unit.sscc)
        try:
            right = is_sscc(code)
        except Invalid as wrong:
            wrong.pointer = pointer
            raise
        if not right:
            raise NoSscc(pointer=pointer, code=unit.sscc)
        if company_prefix and code[1:].startswith(company_prefix):
            raise OwnAnnounced(pointer=pointer, code=code)
        if code in codes:
            raise PlateTwice(pointer=pointer, code=code)
        codes.append(code)
    known = session.execute(sa.select(HandlingUnit.code_key).where(HandlingUnit.code_key.in_(codes)).limit(1)).scalar_one_or_none()
    if known is not None:
        raise PlateHere(f"/units/{codes.index(known)}/sscc", code=known)
    _must_be_expected_once(codes, by)
    return codes


class OwnAnnounced(Invalid):
    """Numbers of our own series are given by the system, and never to a sender."""

    code = "own_sscc"
    sentence = T("{code} is of our own series, which no sender gives", "{code} 属于本公司编号，发货方不能使用")


def _must_be_expected_once(codes: Sequence[str], by: Actor) -> None:
    taken = session.execute(
        sa.select(AnnouncedUnit.code_key, InboundOrder.number)
        .join(InboundOrder, InboundOrder.id == AnnouncedUnit.inbound_order_id)
        .where(AnnouncedUnit.code_key.in_(codes), AnnouncedUnit.status == S.ANNOUNCED.value, AnnouncedUnit.site_id == by.site_id)
        .order_by(AnnouncedUnit.id)
        .limit(1)
    ).one_or_none()
    if taken is not None:
        raise PlateExpected(f"/units/{list(codes).index(taken.code_key)}/sscc", code=taken.code_key, number=taken.number)


def _parents(units: Sequence[NewUnit], codes: list[str]) -> dict[str, str]:
    """The plate under each plate that stands on one."""
    parents: dict[str, str] = {}
    for index, (code, unit) in enumerate(zip(codes, units, strict=True)):
        if unit.parent:
            parent = handling_units.plain(unit.parent)
            if parent not in codes:
                raise ParentUnknown(pointer=f"/units/{index}/parent", code=code, parent=unit.parent)
            parents[code] = parent
    for index, code in enumerate(codes):
        below, levels = code, 1
        while below in parents:
            below, levels = parents[below], levels + 1
            if levels > MOST_LEVELS:
                raise StackWrong(pointer=f"/units/{index}/parent", code=code, most=MOST_LEVELS)
    return parents


def _content(content: NewContent, line: ReadLine, pointer: str, serials: set[str]) -> int:
    """How many pieces it is."""
    pieces = content.quantity * unit_size(line.product, content.unit, f"{pointer}/unit")
    if not 0 < pieces <= LARGEST:
        raise ContentQuantityWrong(pointer=f"{pointer}/quantity", quantity=pieces)
    for name, known, given in (
        ("lot", line.asked.lot, content.lot),
        ("expires_on", line.asked.expires_on, content.expires_on),
    ):
        if known and given and (fold(str(known)) != fold(str(given))):
            raise ContentDiffers(pointer=f"{pointer}/{name}", line=line.line, known=known, given=given)
    if content.serials:
        keys = [fold(serial) for serial in content.serials]
        alone = len(set(keys)) == len(keys) and not serials.intersection(keys)
        if line.product.tracking != Tracking.SERIAL or len(keys) != pieces or not alone:
            raise SerialsWrong(pointer=f"{pointer}/serials", line=line.line, serials=len(keys), quantity=pieces)
        serials.update(keys)
    return pieces


def write_units(order: InboundOrder, units: Sequence[ReadUnit]) -> None:
    """Writes the plates of an order that was just written down. Raises PlateExpected when somebody announced one at the same moment."""
    if not units:
        return
    lines = {line.line: line.id for line in order.lines}
    ids: dict[str, int] = {}
    try:
        table = table_of(AnnouncedUnit)
        with session.begin_nested():
            for level in _from_the_floor(units):
                rows = [
                    {
                        "site_id": order.site_id,
                        "inbound_order_id": order.id,
                        "code": one.code,
                        "code_key": fold(one.code),
                        "kind": one.kind.value,
                        "parent_id": ids[one.parent] if one.parent else None,
                        "status": S.ANNOUNCED.value,
                    }
                    for one in level
                ]
                ids.update((row.code, row.id) for row in insert_rows(table, rows, table.c.code, table.c.id))
    except IntegrityError as error:
        if "announced_units" not in str(error.orig):
            raise
        raise PlateExpected(
            "/units", code=", ".join(one.code for one in units[:3]), number=T("another delivery", "其他到货通知")
        ) from error
    contents = [
        {
            "announced_unit_id": ids[unit.code],
            "inbound_line_id": lines[line],
            "quantity": pieces,
            "lot": (content.lot or "").strip() or None,
            "expires_on": content.expires_on,
            "produced_on": content.produced_on,
            "serials": [serial.strip() for serial in content.serials],
        }
        for unit in units
        for line, pieces, content in unit.contents
    ]
    insert_rows(table_of(AnnouncedContent), contents)


def _from_the_floor(units: Sequence[ReadUnit]) -> Iterator[list[ReadUnit]]:
    """Plates level by level, those on the floor first."""
    below: set[str | None] = {None}
    while level := [one for one in units if one.parent in below]:
        yield level
        below = {one.code for one in level}


# -- what is expected, and what has come ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Content:
    """So many pieces on an announced plate."""

    line_id: int
    line: str
    product: Product
    quantity: int
    lot: str | None
    expires_on: dt.date | None
    produced_on: dt.date | None
    serials: tuple[str, ...]

    @property
    def sku(self) -> str:
        """The product's number."""
        return self.product.sku

    @property
    def missing(self) -> tuple[str, ...]:
        """What the sender left out and the product needs before it can be taken in: `lot`, `expires_on`, `serials`."""
        tracking = Tracking(self.product.tracking)
        wants = {
            "lot": tracking in (Tracking.LOT, Tracking.EXPIRY) and not self.lot,
            "expires_on": tracking is Tracking.EXPIRY and not (self.expires_on or (self.produced_on and self.product.shelf_life_days)),
            "serials": tracking is Tracking.SERIAL and not self.serials,
        }
        return tuple(name for name, is_missing in wants.items() if is_missing)


@dataclass(frozen=True, slots=True)
class Announced:
    """An announced plate with what stands on it."""

    id: int
    sscc: str
    kind: UnitKind
    parent: str | None
    status: AnnouncedStatus
    arrived_at: dt.datetime | None
    handling_unit_id: int | None
    order_id: int
    number: str
    """Of its inbound order."""
    contents: tuple[Content, ...]
    children: tuple[Announced, ...]

    def stack(self) -> Iterator[Announced]:
        """This plate and all that stands on it, the lower ones first."""
        yield self
        for child in self.children:
            yield from child.stack()

    def still_to_come(self) -> list[Announced]:
        """Of this plate and what stands on it: what has not come yet, the lower ones first."""
        return [one for one in self.stack() if one.status is S.ANNOUNCED]

    @property
    def pieces(self) -> int:
        """All pieces on it and on what stands on it."""
        return sum(content.quantity for one in self.stack() for content in one.contents)

    @property
    def missing(self) -> dict[str, tuple[str, ...]]:
        """What the sender left out, per SKU, of all that stands on it."""
        return {content.sku: content.missing for one in self.stack() for content in one.contents if content.missing}


def find(sscc: str, *, by: Actor) -> Announced:
    """The announced plate with this number at the person's site, with its order, contents and what stands on it.

    One that is still to come before one that came earlier. Raises PlateNotAnnounced.
    """
    at_site = sa.and_(AnnouncedUnit.code_key == fold(handling_units.plain(sscc)), AnnouncedUnit.site_id == by.site_id)
    found = session.execute(
        sa.select(AnnouncedUnit.id).where(at_site).order_by(AnnouncedUnit.status != S.ANNOUNCED.value, AnnouncedUnit.id.desc()).limit(1)
    ).scalar_one_or_none()
    if found is None:
        raise PlateNotAnnounced(code=sscc)
    plates = _plates(AnnouncedUnit.id.in_(_stack_of(found)))
    return next(one for root in plates for one in root.stack() if one.id == found)


def _stack_of(unit_id: int) -> set[int]:
    """The ids of a plate, of those it stands on and of those that stand on it or on them: read level by level, there are few."""
    lowest, below = unit_id, cast(int | None, unit_id)
    while below is not None:
        lowest = below
        below = session.execute(sa.select(AnnouncedUnit.parent_id).where(AnnouncedUnit.id == lowest)).scalar_one()
    stack, level = {lowest}, {lowest}
    while level:
        level = set(session.execute(sa.select(AnnouncedUnit.id).where(AnnouncedUnit.parent_id.in_(level))).scalars()) - stack
        stack |= level
    return stack


def is_expected(sscc: str, *, by: Actor) -> bool:
    """Whether a plate with this number is announced, or was."""
    wanted = sa.select(AnnouncedUnit.id).where(
        AnnouncedUnit.code_key == fold(handling_units.plain(sscc)), AnnouncedUnit.site_id == by.site_id
    )
    return session.execute(wanted.limit(1)).scalar_one_or_none() is not None


def of_orders(order_ids: Sequence[int]) -> Mapping[int, list[Announced]]:
    """The announced plates of these inbound orders that stand on the floor, each with what stands on it, in two statements."""
    found: dict[int, list[Announced]] = {order_id: [] for order_id in order_ids}
    for plate in _plates(AnnouncedUnit.inbound_order_id.in_(order_ids)):
        found[plate.order_id].append(plate)
    return found


def _plates(which: sa.ColumnElement[bool]) -> list[Announced]:
    """The plates among these that stand on the floor, each with what stands on it."""
    units = session.execute(
        sa.select(AnnouncedUnit, InboundOrder.number)
        .join(InboundOrder, InboundOrder.id == AnnouncedUnit.inbound_order_id)
        .where(which)
        .order_by(AnnouncedUnit.id)
        .execution_options(populate_existing=True)
    ).all()
    if not units:
        return []
    contents: dict[int, list[Content]] = defaultdict(list)
    for content, line, product in session.execute(
        sa.select(AnnouncedContent, InboundLine.line, Product)
        .join(AnnouncedUnit, AnnouncedUnit.id == AnnouncedContent.announced_unit_id)
        .join(InboundLine, InboundLine.id == AnnouncedContent.inbound_line_id)
        .join(Product, Product.id == InboundLine.product_id)
        .where(which)
        .order_by(AnnouncedContent.id)
    ):
        contents[content.announced_unit_id].append(
            Content(
                content.inbound_line_id,
                line,
                product,
                content.quantity,
                content.lot,
                content.expires_on,
                content.produced_on,
                tuple(content.serials),
            )
        )
    codes = {unit.id: unit.code for unit, _ in units}
    above: dict[int | None, list[Any]] = defaultdict(list)
    for unit, number in units:
        above[unit.parent_id].append((unit, number))

    def plate(unit: AnnouncedUnit, number: str) -> Announced:
        return Announced(
            unit.id,
            unit.code,
            UnitKind(unit.kind),
            codes.get(unit.parent_id or 0),
            S(unit.status),
            unit.arrived_at,
            unit.handling_unit_id,
            unit.inbound_order_id,
            number,
            tuple(contents[unit.id]),
            tuple(plate(*child) for child in above[unit.id]),
        )

    return [plate(unit, number) for unit, number in above[None]]


def arrived(unit: Announced, *, by: Actor, became: Mapping[str, int] | None = None) -> list[Announced]:
    """The plate has come, with all that stands on it and had not come before; what is now marked. `became` names, per SSCC, the handling
    unit that holds the goods. The inbound order is locked by the caller. Raises PlateCameAlready.
    """
    moment, became = clock.now(), became or {}
    came = unit.still_to_come()
    u = table_of(AnnouncedUnit)
    for one in came:
        marked = session.execute(
            sa.update(u)
            .where(u.c.id == one.id, u.c.status == S.ANNOUNCED.value)
            .values(status=S.ARRIVED.value, arrived_at=moment, arrived_by_id=by.id, handling_unit_id=became.get(one.sscc))
            .returning(u.c.id)
        ).one_or_none()
        if marked is None:
            raise PlateCameAlready(code=one.sscc, when=moment)
    if unit not in came:
        raise PlateCameAlready(code=unit.sscc, when=unit.arrived_at or moment)
    events.record(session.get_one(InboundOrder, unit.order_id), "inbound.plate_arrived", by=by, unit=unit.sscc)
    return came


def expected_again(sscc: str, *, by: Actor) -> None:
    """The arrival of a plate was undone: it is still to come, with what came on it. Raises PlateNotAnnounced."""
    unit = find(sscc, by=by)
    back = [one.id for one in unit.stack() if one.status is S.ARRIVED and one.arrived_at == unit.arrived_at]
    session.execute(
        sa.update(table_of(AnnouncedUnit))
        .where(table_of(AnnouncedUnit).c.id.in_(back))
        .values(status=S.ANNOUNCED.value, arrived_at=None, arrived_by_id=None, handling_unit_id=None)
    )
    events.record(session.get_one(InboundOrder, unit.order_id), "inbound.plate_not_arrived", by=by, unit=unit.sscc)


def not_come(movement_ids: Sequence[int], *, by: Actor) -> None:
    """The receipts of these movements were undone: the plates that had brought their goods are expected again."""
    units = sa.select(Movement.target_unit_id).where(Movement.id.in_(movement_ids))
    came = session.execute(
        sa.select(AnnouncedUnit).where(AnnouncedUnit.handling_unit_id.in_(units), AnnouncedUnit.status == S.ARRIVED.value)
    ).scalars()
    lowest = set()
    for one in came.all():
        below: AnnouncedUnit | None = one
        while below is not None and below.arrived_at == one.arrived_at:
            one, below = below, session.get(AnnouncedUnit, below.parent_id) if below.parent_id else None
        lowest.add(one.code)
    for code in sorted(lowest):
        expected_again(code, by=by)


def close(order_id: int) -> list[str]:
    """The order is closed: what has not come did not come. Their numbers."""
    u = table_of(AnnouncedUnit)
    gone = (
        sa.update(u)
        .where(u.c.inbound_order_id == order_id, u.c.status == S.ANNOUNCED.value)
        .values(status=S.MISSING.value)
        .returning(u.c.code)
    )
    return sorted(session.execute(gone).scalars())
