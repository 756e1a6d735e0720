"""Which of the house's boxes an order needs, what goes into which, and how it lies there. What has no size is said, and left to the packer.

The search itself is in `wms.cartons`; here are the order's goods, in whole packagings where their size is known and a box takes them, and
the answer in the words of the trade. One order's goods never share a carton with another's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from wms import beforehand
from wms.actor import Actor
from wms.cartons.choice import Carton, Choice, Filled, choose
from wms.cartons.goods import ANY_WAY, UPRIGHT, Goods, Placement, Size
from wms.catalog import carton_types
from wms.catalog.models import CartonType, Product
from wms.catalog.units import in_unit
from wms.db import among, in_transaction, session
from wms.i18n import T, Text
from wms.orders.models import OrderLine
from wms.shipping import holding, packing
from wms.stock.models import HandlingUnit, Stock

_REMEMBERED = 512
_SHOWN = 6  # at the bench, of what will be taken one after the other


@dataclass(frozen=True)
class Piece:
    """So many of a product; in whole packagings where `packaging` names one."""

    sku: str
    name: Text
    unit: str
    quantity: int
    packaging: str | None = None
    each: int = 1

    @property
    def amount(self) -> Text:
        """2 cases of 12; 3 pairs."""
        if self.packaging is None:
            return T("{n} {unit}", "{n} {unit}", n=self.quantity, unit=in_unit(self.quantity, self.unit))
        count = self.quantity // self.each
        words = T("{n} {unit} of {each}", "{n} {unit}（每{one} {each}）", n=count, each=self.each)
        return words.with_facts(unit=in_unit(count, self.packaging), one=in_unit(1, self.packaging))


@dataclass(frozen=True)
class Laid:
    """So many pieces or packagings that lie the same way in one layer; `goods` numbers them through the order, as in the placements."""

    goods: int
    piece: Piece
    length_mm: int
    width_mm: int
    height_mm: int


@dataclass(frozen=True)
class Layer:
    """What stands at one height above the bottom."""

    from_mm: int
    laid: tuple[Laid, ...]


@dataclass(frozen=True)
class Suggested:
    """One carton: which box, what goes in, and how it lies from the bottom up; no layers where only the volume was reckoned."""

    code: str
    name: str | None
    size: Size
    contents: tuple[Piece, ...]
    layers: tuple[Layer, ...]
    fill_percent: int
    weight_grams: int | None
    placements: tuple[Placement, ...]

    @property
    def measures(self) -> str:
        """400×300×200."""
        return "×".join(str(side) for side in self.size)


@dataclass(frozen=True)
class Advice:
    """The cartons of an order, whole packagings that are parcels by themselves, what no box takes, and what has no size."""

    cartons: tuple[Suggested, ...]
    as_is: tuple[Piece, ...]
    loose: tuple[Piece, ...]
    unknown: tuple[Piece, ...]


@dataclass(frozen=True)
class _Kind:
    """Goods for the search, and what they are."""

    product: Product
    packaging: str | None
    each: int
    goods: Goods

    def piece(self, count: int) -> Piece:
        one = self.product
        return Piece(one.sku, one.text, one.base_unit, count * self.each, self.packaging, self.each)


def advise(order_id: int, carton: str | None = None) -> Advice:
    """For what an order still has to pack, and what is in the carton in hand; where nobody says which that is, in the one opened last."""
    return of_goods(to_pack(order_id, carton))


def to_pack(order_id: int, carton: str | None = None) -> dict[int, int]:
    """By product: what is or will be at the bench, and what is in the carton in hand. Of an order that nothing is promised to all of it."""
    lines = session.execute(sa.select(OrderLine).where(OrderLine.order_id == order_id).execution_options(populate_existing=True)).scalars()
    found: Counter[int] = Counter()
    all_of_it: Counter[int] = Counter()
    begun = False
    for line in lines:
        coming = line.promised + line.reserved + line.picked
        begun = begun or coming > 0
        found[line.product_id] += coming - line.packed
        all_of_it[line.product_id] += line.ordered - line.cancelled
    unit = _in_hand(order_id, carton) if begun else None
    if unit is not None:
        inside = sa.select(Stock.product_id, Stock.on_hand).where(Stock.handling_unit_id == unit.id, Stock.on_hand > 0)
        for product_id, quantity in session.execute(inside):
            found[product_id] += quantity
    return {product: quantity for product, quantity in (found if begun else all_of_it).items() if quantity > 0}


def _in_hand(order_id: int, carton: str | None) -> HandlingUnit | None:
    named = (one for one in packing.open_cartons(order_id) if one.code == carton)
    return next(named, None) or packing.open_carton(order_id)


def of_goods(wanted: Mapping[int, int]) -> Advice:
    """For so many of each product, by id."""
    boxes = carton_types.in_use()
    if not boxes:
        return Advice((), (), (), ())
    kinds, as_is, unknown = _kinds(wanted, boxes)
    choice = _chosen(tuple(kind.goods for kind in kinds), tuple(Carton(_inside(box), box.most_grams) for box in boxes))
    loose = tuple(kind.piece(left) for kind, left in zip(kinds, choice.left, strict=True) if left)
    return Advice(tuple(_suggested(boxes[one.carton], one, kinds) for one in choice.cartons), tuple(as_is), loose, tuple(unknown))


_known: dict[tuple[tuple[Goods, ...], tuple[Carton, ...]], Choice] = {}


def _chosen(goods: tuple[Goods, ...], cartons: tuple[Carton, ...]) -> Choice:
    """The same goods get the same cartons, so that they are reckoned once; never inside a transaction. Raises beforehand.Wanted there."""
    found = _known.get((goods, cartons))
    if found is not None:
        return found
    if in_transaction():
        raise beforehand.Wanted(lambda: _chosen(goods, cartons))
    found = _known[goods, cartons] = choose(goods, cartons)
    while len(_known) > _REMEMBERED:
        _known.pop(next(iter(_known)), None)  # the oldest; another thread may have been quicker
    return found


def _inside(box: CartonType) -> Size:
    return box.length_mm, box.width_mm, box.height_mm


def _kinds(wanted: Mapping[int, int], boxes: Sequence[CartonType]) -> tuple[list[_Kind], list[Piece], list[Piece]]:
    """The goods in whole packagings, largest first, and single pieces; the packagings that need no box; and what has no size."""
    found: list[_Kind] = []
    as_is: list[Piece] = []
    unknown: list[Piece] = []
    products = session.execute(sa.select(Product).where(among(Product.id, list(wanted))).order_by(Product.sku_key)).scalars()
    for product in products:
        left, upright = wanted[product.id], UPRIGHT if product.this_way_up else ANY_WAY
        for packaging in sorted(product.packagings, key=lambda one: -one.quantity):
            size = (packaging.length_mm, packaging.width_mm, packaging.height_mm)
            grams = packaging.weight_grams or packaging.quantity * product.weight_grams
            goods = Goods(size, left // packaging.quantity, upright, grams)
            if packaging.ships_as_is and goods.count:
                as_is.append(_Kind(product, packaging.unit, packaging.quantity, goods).piece(goods.count))
                left %= packaging.quantity
            elif packaging.quantity > 1 and goods.count and all(size) and any(_goes_into(goods, box) for box in boxes):
                found.append(_Kind(product, packaging.unit, packaging.quantity, goods))
                left %= packaging.quantity
        size = (product.length_mm, product.width_mm, product.height_mm)
        if left and all(size):
            found.append(_Kind(product, None, 1, Goods(size, left, upright, product.weight_grams)))
        elif left:
            unknown.append(Piece(product.sku, product.text, product.base_unit, left))
    return found, as_is, unknown


def _goes_into(goods: Goods, box: CartonType) -> bool:
    if box.most_grams is not None and goods.grams > box.most_grams:
        return False
    return any(all(edge <= side for edge, side in zip(way, _inside(box), strict=True)) for way in goods.ways())


def _suggested(box: CartonType, filled: Filled, kinds: Sequence[_Kind]) -> Suggested:
    inside = [(kind, count) for kind, count in zip(kinds, filled.counts, strict=True) if count]
    volume = sum(kind.goods.volume * count for kind, count in inside)
    known = all(kind.goods.grams for kind, _ in inside)
    placements = tuple(filled.plan.placements) if filled.plan else ()
    return Suggested(
        code=box.code,
        name=box.name,
        size=_inside(box),
        contents=tuple(kind.piece(count) for kind, count in inside),
        layers=_layers(placements, kinds),
        fill_percent=round(100 * volume / box.volume_mm3),
        weight_grams=box.tare_grams + sum(kind.goods.grams * count for kind, count in inside) if known else None,
        placements=placements,
    )


def _layers(placements: Sequence[Placement], kinds: Sequence[_Kind]) -> tuple[Layer, ...]:
    counted: dict[int, Counter[tuple[int, Size]]] = {}
    for one in placements:
        counted.setdefault(one.at[2], Counter())[one.goods, one.size] += 1
    return tuple(
        Layer(
            height,
            tuple(Laid(index, kinds[index].piece(count), *size) for (index, size), count in sorted(counted[height].items())),
        )
        for height in sorted(counted)
    )


def alike(cartons: Sequence[Suggested]) -> list[tuple[int, int, Suggested]]:
    """Cartons that are packed the same way, one after the other, told once: the first and the last of them, counted from 1."""
    found: list[tuple[int, int, Suggested]] = []
    for number, one in enumerate(cartons, start=1):
        if found and found[-1][2] == one:
            found[-1] = (found[-1][0], number, one)
        else:
            found.append((number, number, one))
    return found


# -- at the bench ------------------------------------------------------------------------------------------------------


def are_there_boxes() -> bool:
    """Whether the house packs into boxes of its own at all."""
    return bool(carton_types.in_use())


def at_bench(order_id: int, carton: str) -> dict[str, Any]:
    """What a screen shows: the boxes to take, one after the other, each as its code and its size, and what needs none, in words."""
    advice = advise(order_id, carton)
    first = next(((one.amount.say("en"), one.amount.say("zh_CN"), one.sku) for one in advice.as_is), None)
    return {
        "boxes": [[one.code, one.measures] for one in advice.cartons[:_SHOWN]] or None,
        "as_is": first and [*first, len(advice.as_is) - 1],
    }


def box(code: str, by: Actor) -> CartonType | None:  # noqa: ARG001
    """The box that a barcode at the bench names. Raises CartonTypeNotInUse."""
    return carton_types.usable(code) if carton_types.find(code) else None


def take(order_id: int, carton: str, box: CartonType) -> HandlingUnit:
    """The open carton is this box. Raises OrderTakenBack, NothingToPack, CartonUnknown, CartonTooHeavy."""
    order = packing.locked_for_packing(order_id)
    unit = next((one for one in packing.open_cartons(order_id) if one.code == carton), None)
    if unit is None:
        raise packing.CartonUnknown(code=carton, number=order.number)
    unit.carton_type_id = box.id
    unit.length_mm, unit.width_mm, unit.height_mm = _inside(box)
    holding.must_hold(unit)
    session.flush()  # the next screen shows it
    return unit
