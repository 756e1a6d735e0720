"""What comes in: finished, at the dock, late, expected today and tomorrow; from suppliers, our own plant, another house, a customer."""

from __future__ import annotations

import datetime as dt

from wms import clock
from wms.demo import walk
from wms.demo.goods import Article
from wms.demo.hands import Hands
from wms.demo.people import Crew
from wms.demo.sizes import Size
from wms.orders.inbound import announce, close_inbound
from wms.orders.lines import NewLine
from wms.orders.models import InboundKind
from wms.receiving import arrivals, queries
from wms.receiving.appointments import Hours
from wms.receiving.arrivals import Plan
from wms.stock.models import Condition


class Inbound:
    """Announces deliveries and takes some of them in."""

    def __init__(self, crew: Crew, hands: Hands, goods: list[Article], size: Size) -> None:
        self._crew, self._hands, self._size = crew, hands, size
        self._goods: dict[str, list[Article]] = {}
        for one in goods:
            self._goods.setdefault(one.style.code, []).append(one)

    def bring(self) -> None:
        """All deliveries, the finished one first."""
        self._finished("PO-3097", "HP-2205")
        self._at_the_dock("PO-3099", "OX-4105")
        self._partly_received("PO-3101", "SN-6301")
        self._announce("PO-3102", "S-LINGNAN", -1, self._cases("TS-1001", 1))
        self._announce(walk.INBOUND, "S-OUJIANG", 0, self._cases("HP-2311", 2))
        self._care("PO-3105")
        self._announce("PO-3106", "S-OUJIANG", 1, self._cases("BT-8104", 2))
        self._production("MO-2207")
        self._announce("TR-0118", "S-XIAN", 1, self._cases("SK-1501", 1), kind=InboundKind.TRANSFER, reference="西安中转 XA-77")
        returned = [NewLine(self._goods["HP-2205"][2].sku, 2), NewLine(self._goods["HP-2205"][3].sku, 1)]
        self._announce("RT-0041", "C-1008", 0, returned, kind=InboundKind.CUSTOMER_RETURN, reference="尺码不符 wrong size")
        self._trucks()
        if self._size is Size.FULL:
            self._announce("PO-3108", "S-HAIAN", 1, [*self._cases("SN-6308", 2), *self._cases("KD-0311", 1)])
            self._announce("PO-3109", "S-LINGNAN", 2, [*self._cases("HD-1203", 2), *self._cases("JN-1405", 2)])
            self._announce("PO-3111", "S-OUJIANG", 5, self._cases("BT-8110", 3))

    def _trucks(self) -> None:
        """Who comes with it: one is being unloaded, one waits at the door, the others have their time at a dock."""
        by, hours, today = self._crew["supervisor"], Hours(), clock.begins(clock.today())

        def truck(plate: str, *orders: str, dock: str | None = None, hour: float = 0, days: int = 0, driver: str | None = None) -> str:
            begin = today + dt.timedelta(days=days, hours=hour) if dock else None
            return arrivals.plan(Plan(orders=orders, plate=plate, driver=driver, dock=dock, planned_from=begin), by=by, hours=hours).number

        first, second = queries.docks(by=by)[:2]
        arrivals.unload(truck("豫A·8F213", "PO-3101", dock=second.code, hour=8.5, driver="李建国"), by=by)
        truck("浙C·52K17", walk.INBOUND, dock=walk.DOCK, hour=10, driver="陈海涛")
        truck("粤B·9Q604", "PO-3102", dock=first.code, hour=13.5)
        truck("豫A·77K05", "TR-0118", dock=second.code, hour=9, days=1)
        arrivals.arrive(truck("豫B·30D92", "RT-0041"), by=by)

    def _announce(
        self,
        number: str,
        partner: str,
        days: int,
        lines: list[NewLine],
        *,
        kind: InboundKind = InboundKind.PURCHASE,
        reference: str | None = None,
    ) -> None:
        announce(
            lines=lines,
            by=self._crew["supervisor"],
            number=number,
            kind=kind,
            partner=partner,
            reference=reference,
            expected_on=clock.today() + dt.timedelta(days=days),
            over_receipt_percent=5 if kind is InboundKind.PURCHASE else 0,
        )

    def _cases(self, style: str, cases: int) -> list[NewLine]:
        return [NewLine(one.sku, cases, unit="case") for one in self._goods[style]]

    # -- how far each has come -----------------------------------------------------------------------------------------

    def _finished(self, number: str, style: str) -> None:
        who, goods = self._crew["receiver"], self._goods[style]
        self._announce(number, "S-OUJIANG", -2, self._cases(style, 1), reference="送货单 8841")
        for one in goods:
            self._hands.put_away(self._hands.take_in(number, one.sku, one.family.case, by=who), by=who)
        close_inbound(number, by=self._crew["supervisor"], reason="全部到齐 complete")

    def _at_the_dock(self, number: str, style: str) -> None:
        self._announce(number, "S-OUJIANG", 0, self._cases(style, 1))
        for one in self._goods[style]:
            self._hands.take_in(number, one.sku, one.family.case, by=self._crew["receiver2"], dock="DOCK-2")

    def _partly_received(self, number: str, style: str) -> None:
        who, goods = self._crew["receiver"], self._goods[style]
        self._announce(number, "S-HAIAN", -1, self._cases(style, 2), reference="分两车 two trucks")
        first = self._hands.take_in(number, goods[0].sku, 12, by=who)
        self._hands.put_away(first, by=who)
        self._hands.take_in(number, goods[1].sku, 24, by=who)
        self._hands.take_in(number, goods[2].sku, 10, by=who)
        self._hands.take_in(number, goods[2].sku, 2, by=who, condition=Condition.DAMAGED)

    def _care(self, number: str) -> None:
        today = clock.today()
        cream, spray, foam = (self._goods[code][0] for code in ("CR-2001", "CR-2010", "CR-2015"))
        lines = [
            NewLine(cream.sku, 48, lot="L7734", expires_on=today + dt.timedelta(days=640)),
            NewLine(spray.sku, 24),
            NewLine(foam.sku, 24),
        ]
        self._announce(number, "S-KESSLER", 0, lines, reference="Lieferschein 40117")
        self._hands.take_in(
            number, cream.sku, 24, by=self._crew["receiver2"], dock="DOCK-2", lot="L7734", expires_on=today + dt.timedelta(days=640)
        )

    def _production(self, number: str) -> None:
        lines = [
            NewLine(one.sku, 2, unit="case", certificate=f"HGZ-{number[-4:]}-{place}")
            for place, one in enumerate(self._goods["OX-4105"], 1)
        ]
        self._announce(number, "S-FACTORY2", 0, lines, kind=InboundKind.PRODUCTION)
        self._hands.take_in(number, self._goods["OX-4105"][0].sku, 12, by=self._crew["receiver"], dock="DOCK-3")
