"""How far a delivery is, for whoever stands at the dock: what is complete, of how much, and the first of what is still to come."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from wms.catalog.models import Product
from wms.db import session
from wms.orders.models import AnnouncedContent, AnnouncedStatus, AnnouncedUnit, CheckIn, InboundLine, InboundOrder

AT_MOST = 4
_LEFT = InboundLine.expected - InboundLine.received + InboundLine.rejected
S = AnnouncedStatus


@dataclass(frozen=True)
class Standing:
    """What is complete, of how many, and the first of what is still to come: lines, or (`plates`: code, SKUs, pieces) announced plates."""

    done: int
    of: int
    waits: list[tuple[str, int, str]]
    plates: list[tuple[str, list[str], int]]

    @property
    def more(self) -> int:
        """How many wait that are not among those named."""
        return self.of - self.done - len(self.waits) - len(self.plates)


def standing(order: InboundOrder) -> Standing:
    """How far an inbound order is: by its announced plates where it is checked in by these, with what comes beside them loose; else line
    by line. Lines that nobody expected do not count."""
    if order.check_in == CheckIn.UNITS and (by_plates := _by_plates(order.id)) is not None:
        return by_plates
    mine = sa.and_(InboundLine.inbound_order_id == order.id, InboundLine.expected > 0)
    of, waiting = session.execute(sa.select(sa.func.count(), sa.func.count().filter(_LEFT > 0)).where(mine)).one()
    return Standing(of - waiting, of, _lines(sa.and_(mine, _LEFT > 0), _LEFT, AT_MOST), [])


def _lines(which: sa.ColumnElement[bool], left: sa.ColumnElement[int], at_most: int) -> list[tuple[str, int, str]]:
    rows = session.execute(
        sa.select(Product.sku, left, Product.base_unit)
        .join(Product, Product.id == InboundLine.product_id)
        .where(which)
        .order_by(InboundLine.id)
        .limit(at_most)
    ).all()
    return [(sku, int(quantity), unit) for sku, quantity, unit in rows]


def _begun(unit: type[AnnouncedUnit]) -> sa.ColumnElement[bool]:
    """Whether something that stands on an announced plate came before it: the plate is no longer taken in as a whole."""
    child, grandchild, above = aliased(AnnouncedUnit), aliased(AnnouncedUnit), aliased(AnnouncedUnit)
    of_children = sa.select(child.id).where(child.parent_id == unit.id, child.status != S.ANNOUNCED.value)
    of_theirs = (
        sa.select(grandchild.id)
        .join(above, above.id == grandchild.parent_id)
        .where(above.parent_id == unit.id, grandchild.status != S.ANNOUNCED.value)
    )
    return sa.or_(sa.exists(of_children), sa.exists(of_theirs))


def _by_plates(order_id: int) -> Standing | None:
    """By the plates that are taken in by one scan each; None where none was announced."""
    unit, above = aliased(AnnouncedUnit), aliased(AnnouncedUnit)
    waits = sa.and_(unit.status == S.ANNOUNCED.value, ~_begun(unit))
    below_one_that_waits = sa.exists().where(above.id == unit.parent_id, above.status == S.ANNOUNCED.value, ~_begun(above))
    below_one_that_came = sa.exists().where(above.id == unit.parent_id, above.status == S.ARRIVED.value)
    came = sa.and_(unit.status == S.ARRIVED.value, ~below_one_that_came)
    whole = sa.and_(waits, ~below_one_that_waits)
    known, done, to_come = session.execute(
        sa.select(sa.func.count(), sa.func.count().filter(came), sa.func.count().filter(whole)).where(unit.inbound_order_id == order_id)
    ).one()
    if not known:
        return None
    rows = session.execute(
        sa.select(unit.id, unit.code).where(unit.inbound_order_id == order_id, whole).order_by(unit.id).limit(AT_MOST)
    ).all()
    goods = _contents([row.id for row in rows])
    plates = [(row.code, list(dict.fromkeys(goods[row.id][0])), goods[row.id][1]) for row in rows]
    # What comes on no plate, or on one that was begun in parts, comes line by line.
    all_on, to_come_on = _on_plates(sa.true()), _on_plates(sa.and_(AnnouncedUnit.status == S.ANNOUNCED.value, ~_begun(AnnouncedUnit)))
    beside = _LEFT - to_come_on
    mine = sa.and_(InboundLine.inbound_order_id == order_id, InboundLine.expected > 0)
    loose, open_loose = session.execute(
        sa.select(sa.func.count().filter(sa.or_(InboundLine.expected > all_on, beside > 0)), sa.func.count().filter(beside > 0)).where(mine)
    ).one()
    room = AT_MOST - len(plates)
    lines = _lines(sa.and_(mine, beside > 0), beside, room) if open_loose and room else []
    return Standing(done + loose - open_loose, done + to_come + loose, lines, plates)


def _on_plates(which: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
    return (
        sa.select(sa.func.coalesce(sa.func.sum(AnnouncedContent.quantity), 0))
        .join(AnnouncedUnit, AnnouncedUnit.id == AnnouncedContent.announced_unit_id)
        .where(AnnouncedContent.inbound_line_id == InboundLine.id, which)
        .correlate(InboundLine)
        .scalar_subquery()
    )


def _contents(roots: list[int]) -> dict[int, tuple[list[str], int]]:
    """SKUs and pieces on each of these plates and on what stands on them."""
    unit, above = aliased(AnnouncedUnit), aliased(AnnouncedUnit)
    rows = session.execute(
        sa.select(unit.id, unit.parent_id, above.parent_id, Product.sku, AnnouncedContent.quantity)
        .join(unit, unit.id == AnnouncedContent.announced_unit_id)
        .outerjoin(above, above.id == unit.parent_id)
        .join(InboundLine, InboundLine.id == AnnouncedContent.inbound_line_id)
        .join(Product, Product.id == InboundLine.product_id)
        .where(sa.or_(unit.id.in_(roots), unit.parent_id.in_(roots), above.parent_id.in_(roots)))
        .order_by(AnnouncedContent.id)
    ).all()
    found: dict[int, tuple[list[str], int]] = defaultdict(lambda: ([], 0))
    for own, parent, grandparent, sku, quantity in rows:
        root = next(one for one in (own, parent, grandparent) if one in roots)
        skus, pieces = found[root]
        found[root] = ([*skus, sku], pieces + int(quantity))
    return found
