"""How a wave would be: which orders, from which bins, on which lists, along which ways. Only looks: it books nothing and holds no lock.

    advice = advise(Choice(due_before=…), method=Method.CLUSTER, cart="C-12", by=by)     # before the transaction: this takes seconds
    plan_wave(…, advice=advice, by=by)                                                   # inside it: this does not

What is read is let go before the search begins, so that nothing waits for it; and the search steps aside for others again and again.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from wms.actor import Actor
from wms.db import in_transaction, session
from wms.errors import Invalid, Refused
from wms.i18n import T
from wms.locations.floors import floor_of_site, floors_of_zones, starts_of_site
from wms.orders.models import Order
from wms.picking import cart_kinds, choosing, missing_goods
from wms.picking.allocation import propose
from wms.picking.choosing import Choice, Skipped
from wms.picking.goods import Chosen, Goods, Place, look_up, packing_place
from wms.picking.grouping import Dealt, Grounds, Room, Trip, Walk, deal_out, exceeding
from wms.picking.missing_goods import Lack
from wms.picking.models import Method
from wms.routing.batching import Limits

SECONDS = 5.0
LONGEST = 60.0
METHODS = (Method.SINGLE, Method.BATCH, Method.CLUSTER, Method.ZONE)
STEP_ASIDE = 0.0002
ROUNDS_EACH = 500  # of the search for each order: few orders need no long search


class MethodUnfit(Invalid):
    """Whole pallets are parted off by themselves."""

    code = "method_unfit"
    sentence = T("{method} is not a way to plan a wave", "“{method}”不能作为波次方式")
    advice = T(
        "Choose single, batch, cluster or zone; whole pallets are put on lists of their own by themselves",
        "请选择摘果、播种、边拣边分或分区接力；整托会自动单独成单",
    )


class NoPackingPlace(Refused):
    """The site has no place where picked goods could go."""

    code = "no_packing_place"
    sentence = T("There is no packing place where picked goods could go", "没有打包台或集货区，无法安排拣货去向")
    advice = T("Create a location of kind packing", "请先建立打包台库位")


@dataclass(frozen=True, slots=True)
class Advice:
    """A wave as it would be."""

    site_id: int
    method: Method
    room: Room
    trips: tuple[Trip, ...]
    first_come_mm: int
    orders: tuple[str, ...]
    skipped: tuple[Skipped, ...]
    shortages: tuple[Lack, ...]
    searched_seconds: float

    @property
    def walks(self) -> list[Walk]:
        """Its lists."""
        return [walk for trip in self.trips for walk in trip.walks]

    @property
    def lines(self) -> int:
        """How often somebody takes something."""
        return sum(len(walk.goods) for walk in self.walks)

    @property
    def exceeding(self) -> int:
        """How many of them are more than a tote of the cart takes."""
        return exceeding((one for trip in self.trips for one in trip.goods), self.method, self.room)

    @property
    def pieces(self) -> int:
        """How many pieces."""
        return sum(walk.pieces for walk in self.walks)

    @property
    def seconds(self) -> int:
        """How long all lists take, one after the other."""
        return sum(walk.seconds for walk in self.walks)

    @property
    def metres(self) -> int:
        """Metres of all walks as planned."""
        return round(sum(walk.planned_mm for walk in self.walks) / 1000)

    @property
    def metres_shortest(self) -> int | None:
        """The shortest that is possible with these lists; none where the layout allows no proof."""
        proved = [walk.shortest_mm for walk in self.walks]
        return None if None in proved else round(sum(one or 0 for one in proved) / 1000)

    @property
    def metres_s_shape(self) -> int:
        """The same lists in S-shapes."""
        return round(sum(walk.s_shape_mm for walk in self.walks) / 1000)

    @property
    def metres_by_name(self) -> int:
        """The same lists in the order of location names."""
        return round(sum(walk.by_name_mm for walk in self.walks) / 1000)

    @property
    def metres_first_come(self) -> int:
        """Carts filled as orders come, walked in S-shapes."""
        return round(self.first_come_mm / 1000)


def advise(
    choice: Choice,
    *,
    method: Method = Method.SINGLE,
    cart: str | None = None,
    orders_per_list: int | None = None,
    budget_seconds: float = SECONDS,
    by: Actor,
) -> Advice:
    """The wave that `plan_wave` would make, searched for as long as the budget allows. An empty one where no order can be planned.

    Raises OrderUnknown, NoPackingPlace, CartUnknown, MethodUnfit.
    """
    assert not in_transaction(), "advice takes its time: ask for it before the transaction"
    begin = time.monotonic()
    try:
        room, target = room_for(method, cart, orders_per_list, by=by)
        wanted, skipped = choosing.choose(by.site_id, choice, lock=False)
        ids = [order.id for order in wanted]
        chosen = [Chosen(*one) for one in propose(ids, site_id=by.site_id)] if ids else []
        goods = look_up(chosen)
        with_goods = {one.order_id for one in goods}
        skipped += choosing.left_empty([order for order in wanted if order.id not in with_goods])
        numbers = tuple(order.number for order in wanted if order.id in with_goods)
        lacks = _lacks(wanted, goods)
        grounds = grounds_of(by.site_id, target)
    finally:
        session.close()  # nothing is held while we search
    left = max(0.0, budget_seconds - (time.monotonic() - begin))
    dealt: Dealt = deal_out(goods, method, room, grounds, Limits(left, len(numbers) * ROUNDS_EACH, _step_aside))
    spent = time.monotonic() - begin
    return Advice(by.site_id, method, room, dealt.trips, dealt.first_come_mm, numbers, tuple(skipped), lacks, spent)


def room_for(method: Method, cart: str | None, orders_per_list: int | None, *, by: Actor) -> tuple[Room, Place]:
    """What one trip takes, and where it goes. Raises MethodUnfit, CartUnknown, NoPackingPlace."""
    if method not in METHODS:
        raise MethodUnfit(pointer="/method", method=method.text)
    target = packing_place(by.site_id)
    if target is None:
        raise NoPackingPlace
    if cart is None:
        return Room(orders=orders_per_list), target
    kind = cart_kinds.find(cart, by=by)
    limits = (kind.positions, kind.tote_weight_grams, kind.tote_volume_cm3, kind.max_weight_grams)
    return Room(kind.id, *limits, orders_per_list), target


def grounds_of(site_id: int, target: Place) -> Grounds:
    """Where the site's walks lead: from the packing place and back, unless its floor plan says otherwise."""
    starts = starts_of_site(site_id)
    return Grounds(floor_of_site(site_id), starts.get("", target.point), floors_of_zones(site_id), starts)


def _step_aside() -> bool:
    """Between two rounds of the search whoever else has work in this process goes first."""
    time.sleep(STEP_ASIDE)
    return False


def _lacks(orders: Sequence[Order], goods: Sequence[Goods]) -> tuple[Lack, ...]:
    """What the orders want and would not get, by product; the most first."""
    got: dict[tuple[int, int], int] = {}
    for one in goods:
        key = (one.order_id, one.product_id)
        got[key] = got.get(key, 0) + one.chosen.quantity
    return missing_goods.by_product(missing_goods.of_orders((order.id for order in orders), got))
