"""What is in a carton, in grams, and how much its box may hold: more is refused with the figure, piece by piece and on the scale."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from wms.catalog.models import CartonType, Product
from wms.db import session
from wms.errors import Refused
from wms.i18n import T
from wms.orders import weighed
from wms.orders.models import OrderLine
from wms.shipping.words import tail, weight
from wms.stock.models import Claim, HandlingUnit, Reservation, Stock


class CartonTooHeavy(Refused):
    """Its box does not hold so much."""

    code = "carton_too_heavy"
    sentence = T("Carton {carton} would hold {held}; box {box} takes {most}", "箱 {carton} 将装 {held}，箱型 {box} 限装 {most}")
    advice = T("Put it into another carton, or take a stronger box", "请装入另一箱，或换承重更大的箱型")


class ScaleSaysTooHeavy(CartonTooHeavy):
    """The book did not know; the scale does."""

    sentence = T("Carton {carton} holds {held} by the scale; box {box} takes {most}", "箱 {carton} 过磅净重 {held}，箱型 {box} 限装 {most}")
    advice = T("Choose Open it again, and move pieces into another carton", "请选“重新开箱”，将部分货物移到另一箱")


def box_of(unit: HandlingUnit) -> CartonType | None:
    """The box that a unit is, where that was said."""
    return session.get(CartonType, unit.carton_type_id) if unit.carton_type_id else None


def expected_grams(unit_id: int) -> int | None:
    """What a unit should weigh: its goods as they were weighed when picked, else by the book, and the box, where that was said. None when
    any product was never weighed.
    """
    return expected_of([unit_id]).get(unit_id)


def expected_of(unit_ids: Iterable[int]) -> dict[int, int]:
    """What these units should weigh, as `expected_grams` says; of what nobody can say, nothing."""
    units = list(unit_ids)
    goods = _goods(units)
    tares = sa.select(HandlingUnit.id, CartonType.tare_grams).join(CartonType, HandlingUnit.carton_type_id == CartonType.id)
    boxes = {unit: tare or 0 for unit, tare in session.execute(tares.where(HandlingUnit.id.in_(units)))}
    return {unit: sum(grams) + boxes.get(unit, 0) for unit, grams in goods.items() if all(grams)}


def _goods(unit_ids: list[int]) -> dict[int, list[int]]:
    """What each part of the goods in these units weighs; 0 where nobody knows."""
    rows = session.execute(
        sa.select(
            Stock.handling_unit_id, Stock.on_hand, Product.weight_grams, Product.catch_weight, Reservation.quantity, OrderLine.id,
            (OrderLine.picked + OrderLine.withdrawn).label("picked"),
        )
        .join(Product, Product.id == Stock.product_id)
        .outerjoin(Reservation, sa.and_(Reservation.stock_id == Stock.id, Reservation.status == Claim.PENDING.value))
        .outerjoin(OrderLine, OrderLine.id == Reservation.order_line_id)
        .where(Stock.handling_unit_id.in_(unit_ids), Stock.on_hand > 0)
    ).all()  # fmt: skip
    known = weighed.grams_of_lines(row.id for row in rows if row.catch_weight and row.id is not None)
    found: dict[int, list[int]] = {}
    for row in rows:
        by_the_book = (row.quantity or row.on_hand) * row.weight_grams
        grams = known[row.id] * row.quantity // row.picked if row.id in known else by_the_book
        found.setdefault(row.handling_unit_id, []).append(grams)
    return found


def must_hold(unit: HandlingUnit) -> None:
    """By the book, the box holds what is in it; what was never weighed counts nothing. Raises CartonTooHeavy."""
    box = box_of(unit)
    if box is not None and box.most_grams is not None:
        _hold(CartonTooHeavy, unit, box, box.most_grams, sum(_goods([unit.id]).get(unit.id, [])))


def must_hold_weighed(unit: HandlingUnit, grams: int) -> None:
    """By the scale, the box holds what is in it. Raises ScaleSaysTooHeavy."""
    box = box_of(unit)
    if box is not None and box.most_grams is not None:
        _hold(ScaleSaysTooHeavy, unit, box, box.most_grams, grams - box.tare_grams)


def _hold(refusal: type[CartonTooHeavy], unit: HandlingUnit, box: CartonType, most: int, held: int) -> None:
    if held > most:
        raise refusal(carton=tail(unit.code), held=weight(held), box=box.code, most=weight(most), grams=held)
