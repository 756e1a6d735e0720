"""Where goods may go: the areas of each condition. What fits a place is said in `wms.stock.capacity`, what suits best in `suggestion`."""

from __future__ import annotations

from dataclasses import dataclass

from wms.actor import Actor
from wms.catalog.models import Product
from wms.db import session
from wms.errors import Refused
from wms.i18n import T, Text
from wms.locations.models import Kind, Location
from wms.stock import capacity
from wms.stock.capacity import Cargo, Piece
from wms.stock.models import Condition

AREAS: dict[Condition, tuple[Kind, ...]] = {
    Condition.GOOD: (Kind.STORAGE, Kind.PICK_FACE),
    Condition.INSPECTION: (Kind.INSPECTION,),
    Condition.DAMAGED: (Kind.DEFECT, Kind.SCRAP),
    Condition.BLOCKED: (Kind.INSPECTION, Kind.DEFECT),
}
"""Where goods of a condition belong."""


class WrongArea(Refused):
    """Goods of this condition do not belong there."""

    code = "wrong_area"
    sentence = T("{condition} goods do not belong at {location} ({kind})", "“{condition}”货物不能放入 {location}（{kind}）")
    advice = T("Take them to: {areas}", "请送往：{areas}")


LOOSE = "loose"


@dataclass(frozen=True, slots=True)
class Goods:
    """What asks for a place."""

    product: Product
    batch_id: int
    quantity: int
    condition: Condition = Condition.GOOD
    unit_id: int | None = None
    unit_kind: str | None = None
    """pallet, carton, tote or loose; where it is not told, that of the unit."""
    supplier_id: int | None = None
    """Where it is not told, the batch's."""
    height_mm: int | None = None
    """Where it is not told, as `capacity.tallest` finds it."""
    more: tuple[Piece, ...] = ()
    """What else stands on the same unit and goes with them."""

    @property
    def in_unit(self) -> bool:
        """Whether they stand on a unit of their own."""
        return self.unit_id is not None or self.unit_kind not in (None, LOOSE)

    def cargo(self) -> Cargo:
        """The goods as limits see them."""
        return Cargo([Piece(self.product, self.quantity, self.batch_id), *self.more], self.in_unit, self.unit_id, self.height_mm)


def areas_in_words(condition: Condition) -> Text:
    """Where goods of a condition belong, as it is said."""
    areas = AREAS[condition]
    return T(" / ".join(kind.text.en for kind in areas), "、".join(kind.text.zh for kind in areas))


def must_belong(condition: Condition, location: Location) -> None:
    """Raises WrongArea where goods of this condition have no business."""
    if Kind(location.kind) not in AREAS[condition]:
        kind = Kind(location.kind).text
        raise WrongArea(condition=condition.text, location=location.code, kind=kind, areas=areas_in_words(condition))


def check(goods: Goods, location_id: int, *, by: Actor, without_task: int | None = None) -> Location:
    """The location, after making sure that these goods belong there and fit beside what lies there and what open work brings.

    Raises WrongArea, and what `capacity.must_take` raises.
    """
    location = session.get_one(Location, location_id)
    assert location.site_id == by.site_id, "a place of another site"
    must_belong(goods.condition, location)
    capacity.must_take(location, goods.cargo(), without=() if without_task is None else (without_task,))
    return location
