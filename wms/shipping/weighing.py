"""What a carton should weigh, and what is done when it does not: counted again, accepted on record, or left to a supervisor."""

from __future__ import annotations

import enum
from dataclasses import dataclass

import sqlalchemy as sa

from wms import events
from wms.actor import Actor, Permission
from wms.auth.models import Person
from wms.catalog.models import Packaging, Product
from wms.db import session
from wms.errors import Refused
from wms.i18n import T
from wms.orders import differences, lifecycle
from wms.orders.models import Difference, DifferenceKind, DifferenceStatus, Order, Outcome
from wms.shipping import holding, packing
from wms.stock import handling_units
from wms.stock.models import HandlingUnit, Stock

UNKNOWN_BOX_PERCENT, UNKNOWN_BOX_GRAMS = 30, 1000
"""What a box that nobody named, and its filling, may weigh: so much of the goods, and so much besides."""


class WeightUnsettled(Refused):
    """What it weighs was not what should be in it, and no supervisor has said that it may go."""

    code = "weight_unsettled"
    sentence = T("The weight of {carton} is to be settled: {difference}", "箱 {carton} 的重量待处理：{difference}")
    advice = T("A supervisor settles the difference, or weighs it again", "请主管处理差异或重新称重")


class WeightWanted(Refused):
    """What the scale said did not fit: leaving the weight out is no answer to that."""

    code = "weight_wanted"
    sentence = T("The weight of carton {carton} did not fit: it is not left out", "箱 {carton} 重量不符，不能略过称重")
    advice = T("Weigh it again, or choose Put aside: a supervisor decides", "请重新称重，或选“放到一旁”由主管处理")


class Verdict(enum.Enum):
    """How a weight fits what should be in the carton."""

    FITS = enum.auto()
    DOUBTFUL = enum.auto()
    BEYOND = enum.auto()


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far a carton may be from what it should weigh before it is asked about, and how far beyond that only a supervisor accepts it."""

    percent: int
    grams: int
    limit_percent: int
    limit_grams: int


@dataclass(frozen=True, slots=True)
class Expected:
    """What a carton should weigh: at least its pieces, at most with their packagings round them, and its box where that is known."""

    least: int
    most: int
    boxed: bool

    @property
    def said(self) -> int:
        """The one figure that people are told."""
        return self.least

    def verdict(self, grams: int, tolerance: Tolerance) -> Verdict:
        """How this weight fits."""
        low = self.least - self.least * tolerance.percent // 100 - tolerance.grams
        high = self.most + self.most * tolerance.percent // 100 + tolerance.grams
        if not self.boxed:
            high += self.most * UNKNOWN_BOX_PERCENT // 100 + UNKNOWN_BOX_GRAMS
        low = max(low, self.least // 2)  # of something light half of it is missed, however generous the grams
        if low <= grams <= high:
            return Verdict.FITS
        more = self.most * tolerance.limit_percent // 100 + tolerance.limit_grams
        return Verdict.DOUBTFUL if low - more <= grams <= high + more else Verdict.BEYOND


def expected(unit: HandlingUnit) -> Expected | None:
    """What a carton should weigh; None where something in it was never weighed."""
    least = holding.expected_grams(unit.id)
    return None if least is None else Expected(least, least + _packagings(unit.id), unit.carton_type_id is not None)


def _packagings(unit_id: int) -> int:
    """What the packagings may weigh round the pieces in them, where all that fits is packed by whole ones."""
    rows = session.execute(
        sa.select(Stock.product_id, sa.func.sum(Stock.on_hand), Product.weight_grams)
        .join(Product, Product.id == Stock.product_id)
        .where(Stock.handling_unit_id == unit_id, Stock.on_hand > 0)
        .group_by(Stock.product_id, Product.weight_grams)
    ).all()
    wanted = [row[0] for row in rows]
    sizes = session.execute(
        sa.select(Packaging).where(Packaging.product_id.in_(wanted), Packaging.weight_grams > 0).order_by(Packaging.quantity.desc())
    ).scalars()
    by_product: dict[int, list[Packaging]] = {}
    for one in sizes:
        by_product.setdefault(one.product_id, []).append(one)
    more = 0
    for product_id, pieces, grams in rows:
        left = int(pieces)
        for packaging in by_product.get(product_id, []):
            whole, left = divmod(left, packaging.quantity)
            more += whole * max(0, packaging.weight_grams - packaging.quantity * grams)
    return more


def judge(carton: str, grams: int, tolerance: Tolerance, *, by: Actor) -> tuple[Verdict, int | None]:
    """How a weight fits, and what was expected. Nothing is written. Raises ScaleSaysTooHeavy."""
    unit = handling_units.find(carton, by=by)
    holding.must_hold_weighed(unit, grams)
    should = expected(unit)
    return (Verdict.FITS, None) if should is None else (should.verdict(grams, tolerance), should.said)


def may_accept(by: Actor) -> bool:
    """Whether somebody may take a weight that is beyond the limit."""
    return by.may(Permission.DECIDE)


def weigh(order_id: int, carton: str, grams: int, tolerance: Tolerance, *, by: Actor) -> Verdict:
    """Writes a carton's weight down. What is doubtful was confirmed by then, and is on record; what is beyond the limit is taken from a
    supervisor alone: from anybody else it is noted as a difference, and the carton stays unweighed. Raises CartonUnknown,
    ScaleSaysTooHeavy.
    """
    order = lifecycle.lock(order_id)
    verdict, should = judge(carton, grams, tolerance, by=by)
    if verdict is Verdict.BEYOND and not may_accept(by):
        _note(order, carton, grams, should, by=by)
        return verdict
    unit = packing.weigh(order.id, carton, grams, by=by)
    if verdict is not Verdict.FITS:
        events.record(order, "order.weight_accepted", by=by, carton=unit.code, grams=grams, expected=should)
    for one in _open_of(unit.id):
        differences.settle(one, Outcome.ACCEPTED if verdict is Verdict.BEYOND else Outcome.CORRECTED, by=by, text=f"{grams} g")
    return verdict


def must_be_settled(unit: HandlingUnit) -> None:
    """A carton whose weight nobody could explain does not go on a truck. Raises WeightUnsettled."""
    still = _open_of(unit.id)
    if still:
        raise WeightUnsettled(carton=unit.code, difference=still[0].number)


def put_aside(order_id: int, carton: str, grams: int, *, by: Actor) -> None:
    """A carton whose weight did not fit is left to a supervisor, and goes on no truck before that."""
    order = lifecycle.lock(order_id)
    unit = handling_units.find(carton, by=by)
    if _open_of(unit.id):
        return  # it is on the list
    should = expected(unit)
    _note(order, carton, grams, should.said if should else None, by=by)


def is_unsettled(carton: str, *, by: Actor) -> bool:
    """Whether the last weight of a carton did not fit, and nobody has settled it."""
    return bool(_open_of(handling_units.find(carton, by=by).id))


def last_refused(order: Order, carton: str) -> tuple[int, int | None, str] | None:
    """The last weight of a carton that was not taken: grams, what was expected, and who read it."""
    rows = session.execute(
        sa.select(events.Event.facts, Person.name)
        .outerjoin(Person, Person.id == events.Event.by_id)
        .where(
            events.Event.subject_kind == Order.event_kind,
            events.Event.subject_id == order.id,
            events.Event.code == "order.weight_refused",
        )
        .order_by(events.Event.id.desc())
    ).all()
    return next(((row.facts["grams"], row.facts["expected"], row.name or "–") for row in rows if row.facts["carton"] == carton), None)


def _note(order: Order, carton: str, grams: int, should: int | None, *, by: Actor) -> None:
    unit = handling_units.find(carton, by=by)
    events.record(order, "order.weight_refused", by=by, carton=unit.code, grams=grams, expected=should)
    if not _open_of(unit.id):
        text = f"{unit.code}: {grams} g" + (f" / {should} g" if should is not None else "")
        differences.note(DifferenceKind.WEIGHT_OFF, by=by, order=order, text=text, handling_unit_id=unit.id, scanned=unit.code)


def _open_of(unit_id: int) -> list[Difference]:
    query = sa.select(Difference).where(
        Difference.handling_unit_id == unit_id,
        Difference.kind == DifferenceKind.WEIGHT_OFF.value,
        Difference.status == DifferenceStatus.OPEN.value,
    )
    return list(session.execute(query.execution_options(populate_existing=True)).scalars())
