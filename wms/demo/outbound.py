"""What goes out: orders at every stage between the telephone and the customer's signature, the farthest on first."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Sequence
from random import Random
from typing import Any

from wms import clock
from wms.catalog.models import Tracking
from wms.demo import dispatch, partners, special, walk
from wms.demo.dispatch import Truck
from wms.demo.goods import Article
from wms.demo.hands import Hands
from wms.demo.people import Crew
from wms.demo.sizes import Size
from wms.orders import operations as orders
from wms.orders import signing, withdrawal
from wms.orders.lines import NewLine
from wms.orders.models import Fault, OrderKind
from wms.orders.services import NewService, Service
from wms.orders.signatures import Signature
from wms.orders.signing import SignedLine
from wms.picking.models import Method, PickList
from wms.picking.waves import plan_wave
from wms.shipping import closing, gate, loading, loads
from wms.shipping.models import Load

# A name as a hand writes it on glass.
_HAND = (
    "M78 60L132 54L186 50M132 22L126 60L104 110L70 152M126 62L150 104L190 146L214 152M240 48L310 40M276 18L272 70L262 132L236 156"
    "M240 92L330 84M356 40L350 96L338 140M356 42L430 34L424 92L412 138L396 130M360 88L420 82M470 120L500 60L516 40L520 80L514 132L560 96"
)

FIRST_NUMBER = 7641
ENOUGH = 12
"""A product is ordered while so many pieces more than asked for are left, so that no order is held by chance."""


class Outbound:
    """Enters the orders and takes each as far as its stage says."""

    def __init__(self, crew: Crew, hands: Hands, goods: Sequence[Article], pieces: dict[str, int], size: Size, random: Random) -> None:
        self._crew, self._hands, self._size, self._random = crew, hands, size, random
        self._left = dict(pieces)
        self._numbers = itertools.count(FIRST_NUMBER)
        self._customers = itertools.cycle(partners.RELIABLE)
        self._packers = itertools.cycle(("packer", "packer2"))
        self._pickers = itertools.cycle(("picker", "picker2", "picker3"))
        self._styles: dict[str, list[Article]] = {}
        for one in goods:
            if one.sku != walk.SKU and one.style.tracking is Tracking.NONE:
                self._styles.setdefault(one.style.code, []).append(one)

    def send(self) -> None:
        """All orders."""
        self._gone()
        self._at_the_doors()
        self._at_the_benches()
        self._in_the_racks()
        self._at_the_gate_of_release()
        self._out_of_the_ordinary()

    # -- stages, the farthest on first ---------------------------------------------------------------------------------

    def _gone(self) -> None:
        """Closed, signed for, on the road."""
        size, finance, dispatcher = self._size, self._crew["finance"], self._crew["dispatcher"]
        numbers = [
            self._enter("C-1001", kind=OrderKind.CONSIGNMENT, due=-28)
            if place == 2
            else self._enter(kind=OrderKind.INSTALMENT if place == 1 else OrderKind.SHIP_FIRST, due=place - 30)
            for place in range(size.of(8, 3))
        ]
        self._pack(numbers)
        for batch, truck in zip(_halves(numbers), dispatch.TRUCKS, strict=False):
            self._leave(self._load(batch, "DOOR-1", truck))
        signed = numbers[: size.of(5, 2)]
        for place, number in enumerate(signed):
            first = orders.find(number, by=dispatcher).lines[0]
            differences = [SignedLine(first.line, first.shipped - 1, damaged=1, reason=Fault.CRUSHED)] if place == 1 else []
            signed_by = ("刘店长", "陈经理", "收货组", "Schröder", "前台")[place]
            signing.sign_off(number, signed_by=signed_by, signature=Signature(path=_HAND), by=dispatcher, lines=differences)
        for number in signed[: size.of(2)]:
            orders.settle(number, by=finance, reason="货款两清 paid in full")
            orders.close(number, by=finance, reason="残损已扣款 the damage is credited")

    def _at_the_doors(self) -> None:
        """One truck closed and waiting for the gate, one half loaded, one planned."""
        size = self._size
        self._close(self._load(self._packed(size.of(3)), "DOOR-2", dispatch.TRUCKS[2]))
        self._load(self._packed(size.of(4, 2)), "DOOR-3", dispatch.TRUCKS[3], most=size.of(2))
        if size is Size.FULL:
            self._load(self._packed(2), "DOOR-1", dispatch.FROM_ABROAD, most=0)

    def _at_the_benches(self) -> None:
        """Packed without a truck; picked and waiting; cancelled after it was picked."""
        size = self._size
        self._packed(size.of(3))
        picked = [self._released() for _ in range(size.of(5, 2))]
        self._pick(picked)
        cancelled = self._released()
        self._pick([cancelled])
        withdrawal.cancel(cancelled, by=self._crew["sales"], reason="客户重复下单 ordered twice")

    def _in_the_racks(self) -> None:
        """Half picked, one of them short; on lists that wait for somebody; one wave by zones."""
        size = self._size
        self._hands.pick(self._wave([self._released(lines=4) for _ in range(size.of(2))])[0], by=self._crew["picker2"], most=2)
        cluster = self._wave([self._released(lines=3) for _ in range(size.of(3, 2))], Method.CLUSTER)
        self._hands.pick(cluster[0], by=self._crew["picker3"], most=3)
        short = self._wave([self._released(lines=3)])[0]
        self._hands.come_up_short(short, by=self._crew["picker"])
        self._hands.pick(short, by=self._crew["picker"])  # who has nothing in hand then: it is the picker that the sign-in page shows
        self._wave([self._released(due=2 * place - 1) for place in range(size.of(4, 2))])
        if size is Size.FULL:
            self._wave([self._released(lines=3) for _ in range(3)], Method.ZONE)

    def _at_the_gate_of_release(self) -> None:
        """Released and unplanned, some late; held for every reason; just received."""
        size, crew = self._size, self._crew
        for place in range(size.of(8, 2)):
            self._released(due=place - 1.5, priority=9 if place == 1 else 5)
        self._released(allow_backorder=True, lines=2, more=[NewLine(self._scarce().sku, 400)])
        withdrawal.cancel(self._released(), by=crew["sales"], reason="客户取消 customer changed their mind")
        for held in (
            self._enter(partners.OVER_LIMIT),
            self._enter(partners.OVERDUE),
            self._enter(kind=OrderKind.SETTLE_FIRST),
            self._enter(more=[NewLine(self._scarce().sku, 500)]),
            self._enter(ship_to={"name": "门店未定 shop not decided", "city": "平顶山"}),
            self._enter("C-1005", more=[NewLine("CR-2015", 5)]),
        ):
            orders.release(held, by=crew["supervisor"])
        by_hand = self._released()
        orders.hold(by_hand, by=crew["sales"], reason="等客户确认颜色 customer confirms the colour")
        for place in range(size.of(5, 2)):
            self._enter(kind=OrderKind.SETTLE_FIRST if place == 1 else OrderKind.SHIP_FIRST, due=20 + place)

    def _out_of_the_ordinary(self) -> None:
        """Numbered and weighed goods on a list for whoever comes; work besides packing at the bench, where the goods wait."""
        line = NewLine(special.NUMBERED, 2)
        more = [line, NewLine(special.WEIGHED, 1)]
        wrap = NewService(Service.GIFT_WRAP, text="蓝色包装纸 blue paper")
        card = NewService(Service.INSERT, text="感谢卡 thank-you card")
        self._wave([self._released("C-1011", lines=1, more=more, due=1.5, priority=7, services=[wrap])])
        self._pick([self._released("C-1011", lines=2, due=2, services=[wrap, card])])

    # -- one step ------------------------------------------------------------------------------------------------------

    def _enter(
        self,
        customer: str | None = None,
        *,
        kind: OrderKind = OrderKind.SHIP_FIRST,
        lines: int | None = None,
        due: float | None = None,
        more: Sequence[NewLine] = (),
        **facts: Any,
    ) -> str:
        """Takes an order in; `due` in hours from now."""
        hours = due if due is not None else self._random.randint(2, 30)
        wanted = self._choose(lines or self._random.randint(1, 5))
        order = orders.enter_order(
            customer=customer or next(self._customers),
            lines=[*wanted, *more],
            by=self._crew["sales"],
            number=f"SO-{next(self._numbers)}",
            source=self._random.choice(("ERP", "EDI", "电话 telephone")),
            kind=kind,
            due_at=_due(hours),
            carrier=self._random.choice(("V-ZHONGYUAN", "V-SHUNTU")),
            **facts,
        )
        return order.number

    def _choose(self, lines: int) -> list[NewLine]:
        """Some sizes of one style, as shops order; of another style when that has too few."""
        wanted: list[NewLine] = []
        styles = list(self._styles)
        self._random.shuffle(styles)
        for style in styles:
            for one in self._styles[style]:
                asked = self._random.choice((1, 1, 2, 2, 3, 4, 6))
                if self._left.get(one.sku, 0) >= asked + ENOUGH and len(wanted) < lines:
                    self._left[one.sku] -= asked
                    wanted.append(NewLine(one.sku, asked))
            if len(wanted) == lines:
                return wanted
        return wanted

    def _scarce(self) -> Article:
        """A product that an order may want too much of."""
        return self._random.choice([sizes[-1] for sizes in self._styles.values()])

    def _released(self, customer: str | None = None, **facts: Any) -> str:
        number = self._enter(customer, **facts)
        orders.release(number, by=self._crew["supervisor"])
        return number

    def _wave(self, numbers: Sequence[str], method: Method = Method.SINGLE) -> list[PickList]:
        return plan_wave(by=self._crew["supervisor"], orders=numbers, method=method).pick_lists

    def _pick(self, numbers: Sequence[str]) -> None:
        for one in self._wave(numbers):
            self._hands.pick(one, by=self._crew[next(self._pickers)])

    def _pack(self, numbers: Sequence[str]) -> None:
        for number in numbers:
            orders.release(number, by=self._crew["supervisor"])
        self._pick(numbers)
        for number in numbers:
            self._hands.pack(number, by=self._crew[next(self._packers)])

    def _packed(self, count: int) -> list[str]:
        numbers = [self._enter(due=self._random.randint(1, 5)) for _ in range(count)]
        self._pack(numbers)
        return numbers

    def _load(self, numbers: Sequence[str], door: str, truck: Truck, *, most: int | None = None) -> Load:
        """Plans a truck and loads it, or the first `most` units of it; what is delivered last goes on first."""
        dispatcher = self._crew["dispatcher"]
        load = loads.plan_load(numbers, by=dispatcher, carrier=truck.carrier, door=door, vehicle=truck.code)
        done = 0
        while (most is None or done < most) and (unit := loading.progress(load).next) is not None:
            loading.load_unit(load.id, unit, by=dispatcher, key=self._hands.key())
            done += 1
        return load

    def _close(self, load: Load) -> Load:
        return closing.close_load(load.id, by=self._crew["dispatcher"], seal=f"{self._random.randint(100000, 999999)}")

    def _leave(self, load: Load) -> None:
        closed = self._close(load)
        assert closed.gate_pass is not None, "a closed load has its gate pass"
        gate.leave(closed.gate_pass, by=self._crew["gate"], key=self._hands.key())


def _due(hours: float) -> dt.datetime:
    """So many hours from the last full half hour."""
    moment = clock.now()
    return moment.replace(minute=moment.minute // 30 * 30, second=0, microsecond=0) + dt.timedelta(hours=hours)


def _halves(numbers: Sequence[str]) -> list[Sequence[str]]:
    middle = (len(numbers) + 1) // 2
    return [numbers[:middle], numbers[middle:]]
