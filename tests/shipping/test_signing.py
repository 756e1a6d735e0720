"""Sign-off: every piece that left is told of once; what was not kept comes back, what is missing has an owner."""

from __future__ import annotations

import base64
import datetime as dt
import io
import threading
from typing import Any

import pytest
import sqlalchemy as sa
from PIL import Image

from tests.shipping.conftest import Yard
from tests.shipping.test_pallets import pack_two, pallet
from wms import audit, clock, db
from wms.actor import Role
from wms.app import Application
from wms.db import session
from wms.errors import WarehouseError
from wms.orders import differences, inbound, lifecycle, operations, signatures, signing, withdrawal
from wms.orders.lines import LineTwice, LineUnknown, NewLine
from wms.orders.models import Difference, InboundOrder, OrderKind, Outcome, SignOff
from wms.orders.signing import SignedLine
from wms.receiving import outstanding, returns, settling
from wms.receiving.models import Found, Return
from wms.shipping import strays
from wms.states import MoveNotAllowed
from wms.stock.models import Movement, MovementKind

L = SignedLine


@pytest.fixture
def road(yard: Yard) -> Road:
    return Road(yard)


class Road:
    """Trucks that have left, customers who sign, and what comes back."""

    def __init__(self, yard: Yard) -> None:
        self.yard, self.w = yard, yard.w

    def gone(self, number: str, **facts: Any) -> str:
        """An order on its way; its shipment."""
        carton = self.yard.packed(number, **facts)
        self.out(number, carton)
        return self.yard.shipment(number).number

    def out(self, number: str, *cartons: str) -> None:
        load = self.yard.plan(number)
        self.yard.load(load, *cartons)
        self.yard.leave(self.yard.close(load, reason="the rest follows"))

    def sign(self, number: str, *lines: SignedLine, by: Any = None, **facts: Any) -> str:
        with self.w.transaction():
            return signing.sign_off(number, signed_by="李雷", lines=lines, by=by or self.yard.loader, **facts).status

    def rows(self, number: str) -> list[tuple[int, int, int, int, str | None]]:
        """Delivered, damaged, refused, missing and reason of each row."""
        session.rollback()  # somebody else's writes are seen by a new reading only
        found = [row for one in signing.of_order(self.yard.order(number).id) for row in one.lines]
        return [(row.delivered, row.damaged, row.refused, row.missing, row.reason) for row in found]

    def announced(self) -> list[tuple[str | None, list[tuple[str, int, str | None]]]]:
        """What is announced to come back: the reference, and (line, quantity, lot)."""
        found = session.execute(sa.select(InboundOrder).order_by(InboundOrder.id)).scalars()
        return [(one.reference, [(line.line, line.expected, line.lot) for line in one.lines]) for one in found]

    def lost(self) -> list[Difference]:
        return list(session.execute(sa.select(Difference).order_by(Difference.id)).scalars())

    def back(self, number: str, sku: str, quantity: int, at: str, found: Found, *, announced: bool = True) -> None:
        """The receiver takes back what the truck brought."""
        with self.w.transaction():
            inbound = session.execute(sa.select(InboundOrder)).scalars().first() if announced else None
            order = outstanding.find_order(number, by=self.w.by)
            note = returns.open_return(by=self.w.by, order=order, inbound=inbound).number
        with self.w.transaction():
            returns.take_back(
                note, self.w.product(sku), quantity, found=found, location_id=self.w.location(at).id, by=self.w.by, key=self.w.key(),
                company_prefix="6900000",
            )  # fmt: skip

    def undo(self) -> None:
        """The receiver takes the newest return back."""
        with self.w.transaction():
            number = session.execute(sa.select(Return.number).order_by(Return.id.desc()).limit(1)).scalar_one()
            returns.undo_line(number, 1, by=self.w.by, key=self.w.key())

    def settle(self, number: str) -> None:
        with self.w.transaction():
            operations.settle(number, by=self.w.by)

    def close(self, number: str, reason: str | None = None) -> str:
        with self.w.transaction():
            return operations.close(number, by=self.w.by, reason=reason).status


def refused(error: type[WarehouseError], act: Any, *arguments: Any, **facts: Any) -> WarehouseError:
    with pytest.raises(error) as refusal:
        act(*arguments, **facts)
    return refusal.value


# -- what was signed for --------------------------------------------------------------------------------------------------------


def test_all_arrived_and_finance_closes(road: Road) -> None:
    shipment = road.gone("SO-1", APPLE=6)
    refused(MoveNotAllowed, road.close, "SO-1")
    assert road.sign("SO-1", signature=signatures.read("M10 10L20 20"), comment="back door") == "delivered"
    assert (road.yard.lines("SO-1", "delivered"), road.rows("SO-1")) == ([6], [(6, 0, 0, 0, None)])
    assert (road.yard.shipment("SO-1").signed_by, road.yard.shipment("SO-1").number) == ("李雷", shipment)
    header = signing.of_order(road.yard.order("SO-1").id)[0]
    assert (header.signature_path, header.comment, header.recorded_by_id) == ("M10 10L20 20", "back door", road.yard.loader.id)
    refused(operations.NotSettled, road.close, "SO-1")
    road.settle("SO-1")
    assert road.close("SO-1") == "closed"
    assert (road.announced(), road.lost()) == ([], [])


def test_every_piece_is_delivered_or_comes_back_or_has_an_owner(road: Road) -> None:
    shipment = road.gone("SO-1", APPLE=10, PEAR=4)
    line = L("1", 5, damaged=2, refused=1, reason="wet")
    assert road.sign("SO-1", line) == "delivered"
    assert road.rows("SO-1") == [(5, 2, 1, 2, "wet"), (4, 0, 0, 0, None)]
    assert [(reference, [(line, n) for line, n, _ in lines]) for reference, lines in road.announced()] == [(shipment, [("1", 3)])]
    [lost] = road.lost()
    assert (lost.kind, lost.quantity, lost.owner_role, lost.reason, lost.note) == ("not_delivered", 2, "supervisor", "wet", shipment)
    assert road.yard.events("SO-1")[-3:] == ["order.delivered", "order.return_announced", "inbound.difference"]
    assert road.w.on_hand("APPLE", at="@CUSTOMER") == 10, "the book has them outside until they are taken in"


def test_nothing_is_closed_while_something_is_open(road: Road) -> None:
    for place, kind in (("DOCK", "dock"), ("DEF", "defect")):
        road.w.location(place, kind=kind)
    road.gone("SO-1", APPLE=10)
    road.sign("SO-1", L("1", 7, damaged=1, refused=1, reason="crushed"))
    road.settle("SO-1")
    refused(operations.DifferencesOpen, road.close, "SO-1")
    road.back("SO-1", "APPLE", 1, "DEF", Found.DAMAGED)
    refused(operations.DifferencesOpen, road.close, "SO-1")
    road.back("SO-1", "APPLE", 1, "DOCK", Found.GOOD)
    assert (road.yard.lines("SO-1", "delivered"), road.yard.lines("SO-1", "returned")) == ([7], [2])
    refused(operations.DifferencesOpen, road.close, "SO-1")
    [lost] = [one for one in road.lost() if one.kind == "not_delivered"]
    refused(differences.OutcomeNotFitting, _settle, road, lost.number, Outcome.SENT_BACK)
    _settle(road, lost.number, Outcome.CARRIER_PAYS)
    assert road.close("SO-1") == "closed"


def _settle(road: Road, number: str, outcome: Outcome) -> None:
    with road.w.transaction():
        settling.settle(number, outcome, by=road.yard.chief, key=road.w.key(), company_prefix="6900000", text="their fault")


@pytest.mark.parametrize(
    ("outcome", "delivered"),
    [(Outcome.CORRECTED, [8, 4]), (Outcome.DELIVERED_LATER, [8, 4]), (Outcome.CARRIER_PAYS, [7, 2]), (Outcome.WRITTEN_OFF, [7, 2])],
)
def test_what_was_missing_and_arrived_after_all_counts_as_delivered(road: Road, outcome: Outcome, delivered: list[int]) -> None:
    road.gone("SO-1", APPLE=10, PEAR=4)
    road.sign("SO-1", L("1", 7, refused=2, reason="crushed"), L("2", 2))
    first, second = road.lost()
    assert (first.quantity, second.quantity) == (1, 2)
    _settle(road, first.number, outcome)
    assert road.yard.lines("SO-1", "delivered") == [delivered[0], 2]
    _settle(road, second.number, outcome)
    assert road.yard.lines("SO-1", "delivered") == delivered


def test_finance_takes_differences_as_they_are_with_a_reason(road: Road) -> None:
    road.gone("SO-1", APPLE=10)
    refused(signing.NotSigned, _accept, road, "fine")
    road.sign("SO-1", L("1", 9, damaged=1))
    road.settle("SO-1")
    assert refused(signing.ReasonMissing, _accept, road, "  ").pointer == "/reason", "it stands at its field"  # type: ignore[attr-defined]
    _accept(road, "half price")
    refused(signing.NothingToAccept, _accept, road, "again")
    assert road.close("SO-1") == "closed"
    header = signing.of_order(road.yard.order("SO-1").id)[0]
    assert (header.accept_reason, header.accepted_by_id) == ("half price", road.w.by.id)


def _accept(road: Road, reason: str) -> None:
    with road.w.transaction():
        signing.accept("SO-1", reason=reason, by=road.w.by)


def test_many_are_closed_at_once_and_the_others_say_why(road: Road) -> None:
    for number in ("SO-1", "SO-2", "SO-3"):
        road.gone(number, APPLE=2)
    road.sign("SO-1")
    road.settle("SO-1")
    road.sign("SO-2", L("1", 1))
    road.settle("SO-2")
    with road.w.transaction():
        done = operations.close_many(["so-2", "SO-1", "SO-3", "SO-9"], by=road.w.by)
    assert {name: no.code if no else None for name, no in done.items()} == {
        "so-2": "differences_open",
        "SO-1": None,
        "SO-3": "state_not_allowed",
        "SO-9": "order_unknown",
    }
    assert [road.yard.status(number) for number in ("SO-1", "SO-2", "SO-3")] == ["closed", "delivered", "shipped"]


# -- lots and shipments ---------------------------------------------------------------------------------------------------------


def test_the_lot_that_comes_back_is_named_where_it_is_known(road: Road) -> None:
    road.w.product("TEA", tracking="lot")
    road.w.receive("TEA", 4, at="A-01", lot="L1", received_on=clock.today() - dt.timedelta(days=9))
    road.w.receive("TEA", 3, at="A-01", lot="L2")
    road.yard.enter("SO-1", TEA=7)
    road.yard.pick("SO-1")
    road.out("SO-1", road.yard.pack_all("SO-1"))
    refused(signing.LotUnknown, road.sign, "SO-1", L("1", 1, lot="L9"))
    refused(signing.MoreThanShipped, road.sign, "SO-1", L("1", 3, damaged=2, lot="L1"))
    refused(LineTwice, road.sign, "SO-1", L("1", 4, lot="L1"), L("1", 4, lot="l1"))
    refused(LineTwice, road.sign, "SO-1", L("1", 7), L("1", 4, lot="L1"))
    refused(LineTwice, road.sign, "SO-1", L("1", 4, lot="L1"), L("1", 7))
    road.sign("SO-1", L("1", 3, damaged=1, lot="L1"), L("1", 0, refused=3, lot="L2"))
    assert road.rows("SO-1") == [(3, 1, 0, 0, None), (0, 0, 3, 0, None)]
    assert road.announced()[0][1] == [("1", 1, "L1"), ("1-2", 3, "L2")]


def test_where_nobody_says_which_lot_none_is_named(road: Road) -> None:
    road.w.product("TEA", tracking="lot")
    for lot in ("L1", "L2"):
        road.w.receive("TEA", 3, at="A-01", lot=lot)
    road.yard.enter("SO-1", TEA=6)
    road.yard.pick("SO-1")
    road.out("SO-1", road.yard.pack_all("SO-1"))
    road.sign("SO-1", L("1", 5, damaged=1))
    assert (road.rows("SO-1"), road.announced()[0][1]) == ([(5, 1, 0, 0, None)], [("1", 1, None)])


def test_what_is_refused_whole_comes_back_lot_by_lot(road: Road) -> None:
    road.w.product("TEA", tracking="lot")
    for lot in ("L1", "L2"):
        road.w.receive("TEA", 3, at="A-01", lot=lot)
    road.yard.enter("SO-1", TEA=6)
    road.yard.pick("SO-1")
    road.out("SO-1", road.yard.pack_all("SO-1"))
    road.sign("SO-1", L("1", 0, refused=6))
    assert road.announced()[0][1] == [("1", 3, "L1"), ("1-2", 3, "L2")]


def test_a_part_is_signed_for_by_itself(road: Road) -> None:
    road.w.receive("APPLE", 6, at="A-01")
    road.yard.enter("SO-1", APPLE=6, allow_backorder=True)
    road.yard.pick("SO-1", only=4)
    road.out("SO-1", road.yard.pack_all("SO-1"))
    first = road.yard.shipment("SO-1").number
    assert road.sign("SO-1", L("1", 3, damaged=1)) == "picking"
    assert road.yard.events("SO-1")[-2:] == ["order.part_signed", "order.return_announced"]
    refused(signing.SignedAlready, road.sign, "SO-1")
    road.yard.pick("SO-1")
    road.out("SO-1", road.yard.pack_all("SO-1"))
    second = road.yard.shipment("SO-1").number
    assert first != second
    refused(signing.SignedAlready, road.sign, "SO-1", shipment=first)
    refused(signing.MoreThanShipped, road.sign, "SO-1", L("1", 3))
    assert road.sign("SO-1", L("1", 2), shipment=second) == "delivered"
    assert road.yard.lines("SO-1", "delivered") == [5]
    assert road.rows("SO-1") == [(3, 1, 0, 0, None), (2, 0, 0, 0, None)]


def test_several_on_their_way_are_signed_for_together_or_the_difference_is_asked_for(road: Road) -> None:
    road.w.receive("APPLE", 6, at="A-01")
    road.yard.enter("SO-1", APPLE=6, allow_backorder=True)
    for part in (4, None):
        road.yard.pick("SO-1", only=part)
        road.out("SO-1", road.yard.pack_all("SO-1"))
    refused(signing.WhichShipment, road.sign, "SO-1", L("1", 5))
    assert road.sign("SO-1", L("1", 6)) == "delivered"
    assert road.rows("SO-1") == [(4, 0, 0, 0, None), (2, 0, 0, 0, None)]


def test_when_the_rest_is_cancelled_after_signing_the_order_is_delivered(road: Road) -> None:
    road.w.receive("APPLE", 6, at="A-01")
    road.yard.enter("SO-1", APPLE=6, allow_backorder=True)
    road.yard.pick("SO-1", only=4)
    road.out("SO-1", road.yard.pack_all("SO-1"))
    road.sign("SO-1")
    with road.w.transaction():
        withdrawal.cancel("SO-1", by=road.w.by)
    assert (road.yard.status("SO-1"), road.yard.lines("SO-1", "delivered")) == ("delivered", [4])


def test_what_came_back_before_anybody_signed_is_not_announced_once_more(road: Road) -> None:
    road.w.location("DOCK", kind="dock")
    road.gone("SO-1", APPLE=5)
    road.back("SO-1", "APPLE", 2, "DOCK", Found.GOOD, announced=False)
    road.sign("SO-1", L("1", 2, refused=3, reason="too_late"))
    assert [[n for _, n, _ in lines] for _, lines in road.announced()] == [[1]]


def test_a_return_that_a_signature_counted_on_is_announced_when_it_is_undone(road: Road) -> None:
    road.w.location("DOCK", kind="dock")
    shipment = road.gone("SO-1", APPLE=5)
    road.back("SO-1", "APPLE", 1, "DOCK", Found.GOOD, announced=False)
    assert road.sign("SO-1", L("1", 4, refused=1, reason="too_late")) == "delivered"
    assert (road.announced(), signing.unresolved(road.yard.order("SO-1"))) == ([], False)
    road.undo()
    assert [(reference, [(line, n) for line, n, _ in lines]) for reference, lines in road.announced()] == [(shipment, [("1", 1)])]
    road.settle("SO-1")
    refused(operations.DifferencesOpen, road.close, "SO-1")
    assert "order.return_announced" in road.yard.events("SO-1")
    road.back("SO-1", "APPLE", 1, "DOCK", Found.GOOD)
    assert road.close("SO-1") == "closed"


@pytest.mark.parametrize("closed", [False, True])
def test_what_is_announced_afterwards_stands_with_what_was_announced_before(road: Road, closed: bool) -> None:
    road.w.location("DOCK", kind="dock")
    road.gone("SO-1", APPLE=5)
    road.back("SO-1", "APPLE", 2, "DOCK", Found.GOOD, announced=False)
    road.sign("SO-1", L("1", 2, refused=3, reason="too_late"))
    if closed:
        with road.w.transaction():
            inbound.close_inbound(session.execute(sa.select(InboundOrder.number)).scalar_one(), by=road.w.by)
    road.undo()
    assert [[(line, n) for line, n, _ in lines] for _, lines in road.announced()] == (
        [[("1", 1)], [("1", 2)]] if closed else [[("1", 1), ("1-2", 2)]]
    )
    assert signing.unresolved(road.yard.order("SO-1"))


def test_a_return_that_was_announced_waits_again_when_it_is_undone(road: Road) -> None:
    road.w.location("DOCK", kind="dock")
    road.gone("SO-1", APPLE=5)
    road.sign("SO-1", L("1", 3, refused=2, reason="too_late"))
    road.back("SO-1", "APPLE", 2, "DOCK", Found.GOOD)
    road.undo()
    assert [[n for _, n, _ in lines] for _, lines in road.announced()] == [[2]]
    assert signing.unresolved(road.yard.order("SO-1"))


def test_lots_come_back_under_labels_that_no_line_of_the_order_has(road: Road) -> None:
    yard = road.yard
    for lot in ("L1", "L2"):
        road.w.receive("APPLE", 2, lot=lot, at="A-01")
    road.w.receive("PEAR", 1, at="A-01")
    road.w.partner("CUSTOMER")
    with road.w.transaction():
        lines = [NewLine("APPLE", 4, line="1"), NewLine("PEAR", 1, line="1-2")]
        operations.enter_order(number="SO-1", customer="CUSTOMER", lines=lines, by=road.w.by)
        operations.release("SO-1", by=road.w.by)
    yard.pick("SO-1")
    road.out("SO-1", yard.pack_all("SO-1"))
    road.sign("SO-1", L("1", 0, refused=2, lot="L1"), L("1", 0, refused=2, lot="L2"), L("1-2", 0, refused=1))
    [(_, lines)] = road.announced()
    assert [(line, quantity) for line, quantity, _ in lines] == [("1", 2), ("1-3", 2), ("1-2", 1)]


def test_finance_is_asked_for_what_this_signature_lacks_and_nothing_else(road: Road) -> None:
    yard = road.yard
    yard.picked("SO-1", APPLE=4)
    first = yard.carton("SO-1")
    yard.pack("SO-1", "APPLE", 2, first)
    second = yard.full("SO-1", first)
    yard.pack("SO-1", "APPLE", 2, second)
    road.out("SO-1", first)
    road.sign("SO-1", L("1", 1))
    with road.w.transaction():
        signing.accept("SO-1", reason="the carrier pays", by=road.w.by)
    road.out("SO-1", second)
    road.sign("SO-1")
    assert not signing.unresolved(yard.order("SO-1")), "it was accepted, and the second one was clean"
    road.settle("SO-1")
    assert road.close("SO-1") == "closed"


def test_whoever_recorded_the_signature_does_not_close(road: Road) -> None:
    clerk, other = (road.w.person(name, roles=[Role.FINANCE]) for name in ("clerk", "other"))
    road.gone("SO-1", APPLE=2)
    road.sign("SO-1", by=clerk)
    road.settle("SO-1")
    with pytest.raises(operations.SignedYourself), road.w.transaction():
        operations.close("SO-1", by=clerk)
    with road.w.transaction():
        assert operations.close_many(["SO-1"], by=clerk)["SO-1"] is not None
    with road.w.transaction():
        assert operations.close("SO-1", by=other).status == "closed"


def test_what_the_bench_found_is_none_of_finances_business(road: Road) -> None:
    yard = road.yard
    yard.product("PLUM", "6901234567908")
    yard.picked("SO-1", APPLE=2)
    with road.w.transaction():
        bench = road.w.location("PACK").id
        aside = {"bench_id": bench, "by": road.w.by, "key": road.w.key()}
        strays.put_aside(yard.order("SO-1").id, road.w.product("PLUM"), 1, **aside)
    road.out("SO-1", yard.pack_all("SO-1"))
    road.sign("SO-1")
    assert [one.status for one in road.lost()] == ["open"]
    assert not signing.unresolved(yard.order("SO-1"))
    road.settle("SO-1")
    assert road.close("SO-1") == "closed"


def test_a_truck_that_is_still_here_is_not_signed_for(road: Road) -> None:
    carton = road.yard.packed("SO-1", APPLE=2)
    refused(MoveNotAllowed, road.sign, "SO-1")
    load = road.yard.plan("SO-1")
    road.yard.load(load, carton)
    refused(signing.NotLeftYet, road.sign, "SO-1", shipment=road.yard.shipment("SO-1").number)
    refused(signing.ShipmentNotOfOrder, road.sign, "SO-1", shipment="S-99999")


def test_a_truck_that_turned_back_is_signed_for_when_it_has_left_again(road: Road) -> None:
    yard = road.yard
    carton = yard.packed("SO-1", APPLE=3)
    load = yard.plan("SO-1")
    yard.load(load, carton)
    yard.leave(yard.close(load))
    shipment = yard.shipment("SO-1").number
    yard.turn_back(load)
    refused(signing.NotLeftYet, road.sign, "SO-1", shipment=shipment)
    refused(MoveNotAllowed, road.sign, "SO-1")
    yard.leave(yard.close(load))
    assert road.sign("SO-1", L("1", 2, damaged=1), shipment=shipment) == "delivered"
    assert road.rows("SO-1") == [(2, 1, 0, 0, None)]


def test_what_stands_on_a_pallet_is_signed_for_like_the_rest(road: Road) -> None:
    cartons = pack_two(road.yard, "SO-1")
    load = road.yard.plan("SO-1")
    road.yard.load(load, pallet(road.yard, *cartons))
    road.yard.leave(road.yard.close(load))
    assert road.sign("SO-1", L("1", 3)) == "delivered"
    assert road.rows("SO-1") == [(3, 0, 0, 1, None), (2, 0, 0, 0, None)]


def test_consigned_goods_are_signed_for_and_stay_ours(road: Road) -> None:
    road.gone("SO-1", APPLE=4, kind=OrderKind.CONSIGNMENT)
    road.sign("SO-1", L("1", 3, refused=1, reason="not_ordered"))
    assert (road.yard.lines("SO-1", "delivered"), [[n for _, n, _ in lines] for _, lines in road.announced()]) == ([3], [[1]])
    road.w.location("DOCK", kind="dock")
    road.back("SO-1", "APPLE", 1, "DOCK", Found.GOOD, announced=False)
    assert road.yard.lines("SO-1", "returned") == [1]
    refused(operations.NothingOwed, road.settle, "SO-1")
    assert road.close("SO-1") == "closed", "a return against the order fills what was announced"


# -- time, copies, two at once --------------------------------------------------------------------------------------------------


def test_the_time_is_between_leaving_and_now(road: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    road.gone("SO-1", APPLE=2)
    left = road.yard.shipment("SO-1").left_at
    assert left is not None
    now = left + dt.timedelta(hours=5)
    monkeypatch.setattr(clock, "now", lambda: now)
    for wrong in (left - dt.timedelta(minutes=3), now + dt.timedelta(minutes=6), now + dt.timedelta(days=1), left - dt.timedelta(days=400)):
        assert refused(signing.SignedWhen, road.sign, "SO-1", signed_at=wrong).pointer == "/signed_at"  # type: ignore[attr-defined]
    road.sign("SO-1", signed_at=left - dt.timedelta(seconds=30))
    assert road.yard.shipment("SO-1").signed_at == left, "never before it left, whatever the phone's clock says"


def test_the_signed_copy_comes_back(road: Road) -> None:
    shipment = road.gone("SO-1", APPLE=2)
    refused(signing.NotSigned, _copy, road, shipment)
    refused(signing.ShipmentNotOfOrder, _copy, road, "S-404")
    road.sign("SO-1")
    assert (_copy(road, shipment), _copy(road, shipment), _copy(road, shipment, back=False)) == (True, True, False)
    assert road.yard.events("SO-1")[-2:] == ["order.copy_received", "order.copy_withdrawn"], "told once each"


def _copy(road: Road, shipment: str, *, back: bool = True) -> bool:
    with road.w.transaction():
        return signing.receive_copy(shipment, back=back, by=road.w.by).copy_at is not None


def test_two_who_sign_at_once_sign_once(road: Road, app: Application) -> None:
    road.gone("SO-1", APPLE=5)
    session.rollback()
    came: list[str] = []
    both = threading.Barrier(2)

    def sign(name: str, damaged: int) -> None:
        with app.app_context():
            both.wait()

            def once() -> None:
                with db.transaction():
                    signing.sign_off("SO-1", signed_by=name, lines=[L("1", 5 - damaged, damaged=damaged)], by=road.yard.loader)

            try:
                db.again(once)
                came.append(name)
            except (signing.SignedAlready, MoveNotAllowed) as refusal:
                came.append(refusal.code)

    threads = [threading.Thread(target=sign, args=(name, damaged)) for name, damaged in (("A", 1), ("B", 2))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(came)[1] == "signed_already", came
    assert session.execute(sa.select(sa.func.count(SignOff.id))).scalar_one() == 1
    assert len(road.announced()) == 1
    assert road.yard.lines("SO-1", "delivered") == [4 if "A" in came else 3]


def test_lines_nobody_sent_are_refused_and_leave_nothing(road: Road) -> None:
    road.gone("SO-1", APPLE=5)
    refused(LineUnknown, road.sign, "SO-1", L("7", 1))
    refused(signing.MoreThanShipped, road.sign, "SO-1", L("1", 6))
    refused(signing.MoreThanShipped, road.sign, "SO-1", L("1", -1))
    refused(signing.MoreThanShipped, road.sign, "SO-1", L("1", 6, damaged=-1))
    refused(signing.MoreThanShipped, road.sign, "SO-1", L("1", 3, damaged=2, refused=1))
    refused(LineTwice, road.sign, "SO-1", L("1", 3), L("1", 5))
    elsewhere = road.w.person("stranger", site=road.w.site("NORTH"))
    refused(lifecycle.OrderUnknown, road.sign, "SO-1", by=elsewhere)
    assert (road.rows("SO-1"), road.yard.status("SO-1")) == ([], "shipped")
    assert session.execute(sa.select(sa.func.count(Movement.id)).where(Movement.kind == MovementKind.RETURN.value)).scalar_one() == 0


@pytest.mark.broken
@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("UPDATE sign_off_lines SET shipped = 4, delivered = 2", "signed_for_is_what_left"),
        ("UPDATE order_lines SET delivered = 2", "signed_for_is_what_left"),
        ("UPDATE inbound_lines SET expected = 0", "what_was_not_kept_is_followed_up"),
        ("UPDATE sign_offs SET return_id = NULL", "what_was_not_kept_is_followed_up"),
        ("UPDATE differences SET quantity = 2 WHERE kind = 'not_delivered'", "what_was_not_kept_is_followed_up"),
    ],
)
def test_the_audit_finds_what_was_tampered_with(road: Road, statement: str, broken: str) -> None:
    from wms.orders.invariants import INVARIANTS

    road.gone("SO-1", APPLE=5)
    road.sign("SO-1", L("1", 3, damaged=1))
    assert audit.run(INVARIANTS) == []
    with road.w.transaction():
        session.execute(sa.text(statement))
    assert broken in {finding.invariant.name for finding in audit.run(INVARIANTS)}


# -- drawn signatures -----------------------------------------------------------------------------------------------------------


def png(size: tuple[int, int] = (300, 100), form: str = "PNG") -> str:
    stream = io.BytesIO()
    Image.new("RGBA", size, (0, 0, 0, 0)).save(stream, form) if form == "PNG" else Image.new("RGB", size).save(stream, form)
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode()


PDF = "data:image/png;base64," + base64.b64encode(b"%PDF-1.7 not a picture").decode()


def test_a_signature_is_strokes_or_a_picture() -> None:
    assert signatures.read("") is None
    assert signatures.read(None) is None
    drawn = signatures.read("M1 2L3 4L5 6M7 8")
    assert drawn is not None
    assert drawn.path is not None
    assert signatures.strokes(drawn.path) == [((1, 2), (3, 4), (5, 6)), ((7, 8),)]
    assert "M7 8L7 8" in signatures.svg(drawn.path), "a dot is seen"
    picture = signatures.read(png((1800, 600)))
    assert picture is not None
    assert picture.png is not None
    assert Image.open(io.BytesIO(picture.png)).size == (900, 300)


@pytest.mark.parametrize(
    "sent",
    [
        "M1 2L3 4<script>alert(1)</script>", 'M1 2"/><script>', "M601 2", "M1 201", "L1 2", "M1 2Z", "M1,2", "m1 2l3 4", "M1.5 2", "M-1 2",
        "M1 2\nL3 4", "url(#x)", "M１ ２", "data:text/html;base64,PHNjcmlwdD4=", "data:image/svg+xml;base64,PHN2Zz4=",
        "data:image/png;base64,", "data:image/png;base64,!!!", PDF,
        png(form="JPEG"), png(form="GIF"), png()[:-40],
    ],
)  # fmt: skip
def test_what_is_no_signature_is_refused(sent: str) -> None:
    refused(signatures.NotASignature, signatures.read, sent)


@pytest.mark.parametrize("sent", ["M1 1" * 1_300_000, "M1 1" + "L2 2" * 6_000, "data:image/png;base64," + "A" * 5_000_000, png((2400, 10))])
def test_too_much_is_refused_before_it_is_looked_at(sent: str) -> None:
    refused(signatures.SignatureTooLarge, signatures.read, sent)
