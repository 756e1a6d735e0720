"""Goods come back: against an order, from consignment, and without papers."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import sqlalchemy as sa

from tests.receiving.conftest import Dock
from tests.receiving.customers import Customers
from tests.warehouse import PREFIX, Warehouse
from wms import clock
from wms.actor import PERMISSIONS, Actor, Permission, Role
from wms.db import session
from wms.errors import WarehouseError
from wms.locations.models import Kind
from wms.orders import lifecycle, operations, signing
from wms.orders.models import InboundKind, InboundOrder, Order, OrderKind, Outcome
from wms.orders.signing import SignedLine
from wms.receiving import outstanding, putaway, returns, scrapping, settling, unclaimed
from wms.receiving.models import Disposition, Found
from wms.receiving.unclaimed import Decision
from wms.stock import capacity, handling_units
from wms.stock.models import MovementKind
from wms.tasks import queue

LONG_AGO = clock.today() - dt.timedelta(days=40)


@pytest.fixture
def customers(w: Warehouse, dock: Dock) -> Customers:
    return Customers(w)


def refused(kind: type[WarehouseError], what: Any, *args: Any, **facts: Any) -> WarehouseError:
    """The refusal that this meets."""
    with pytest.raises(kind) as refusal:
        what(*args, **facts)
    session.rollback()
    return refusal.value


# -- against an order ----------------------------------------------------------------------------------------------------------


def test_each_piece_goes_where_its_condition_sends_it_all_on_one_note(customers: Customers, w: Warehouse) -> None:
    w.receive("TEA", 20, at="A-01", received_on=LONG_AGO)
    customers.sent("SO-1", ("TEA", 10))
    note = customers.begin("SO-1", reason="wrong size")
    good = customers.back(note, "TEA", 3, "DOCK")
    held = customers.back(note, "TEA", 2, "INSP", Found.OPENED)
    customers.back(note, "TEA", 1, "DEF", Found.DAMAGED, reason="wet")
    customers.back(note, "TEA", 1, "SCRAP", Found.UNUSABLE)
    assert customers.returned("SO-1") == [7]
    assert w.on_hand("TEA", at="DOCK", condition="good", unit=good.unit) == 3
    assert w.on_hand("TEA", at="INSP", condition="inspection", unit=held.unit) == 2
    assert w.on_hand("TEA", at="DEF", condition="damaged") == 1
    assert w.on_hand("TEA", at="SCRAP") == 0
    assert w.on_hand("TEA", at="@SCRAP", condition="damaged") == 1
    assert customers.putaways() == [(3, "open")]
    assert {line.batch_id for line in customers.lines(note)} == {w.stock("TEA", at="A-01")[0].batch_id}
    assert customers.events("SO-1") == ["order.returned"] * 4
    customers.finish(note)
    assert customers.header(note).status == "closed"


def test_what_comes_back_of_a_settled_order_is_on_finances_list_of_money_to_pay_back(customers: Customers, w: Warehouse) -> None:
    w.receive("TEA", 20, at="A-01", received_on=LONG_AGO)
    for number in ("SO-1", "SO-2"):
        customers.sent(number, ("TEA", 5))
    with w.transaction():
        operations.settle("SO-1", by=w.by)
    for number in ("SO-1", "SO-2"):
        customers.back(customers.begin(number, reason="wrong size"), "TEA", 1, "DOCK")
    owed = session.execute(sa.select(Order.number).where(Order.owed_back_at.is_not(None))).scalars().all()
    assert owed == ["SO-1"], "who has not paid is paid nothing back"
    assert customers.events("SO-1")[-2:] == ["order.returned", "order.owed_back"]


def test_many_pieces_beyond_use_wait_for_another_pair_of_eyes(customers: Customers, w: Warehouse) -> None:
    w.receive("TEA", 60, at="A-01")
    customers.sent("SO-1", ("TEA", 60))
    note = customers.begin("SO-1")
    customers.back(note, "TEA", 15, "SCRAP", Found.UNUSABLE)
    refusal = refused(scrapping.ScrapNeedsAnother, customers.back, note, "TEA", 10, "SCRAP", Found.UNUSABLE, disposition=Disposition.SCRAP)
    assert "Set them aside in the defect area" in refusal.advise("en")
    customers.back(note, "TEA", 25, "DEF", Found.UNUSABLE)
    assert (w.on_hand("TEA", at="@SCRAP", condition="damaged"), w.on_hand("TEA", at="DEF", condition="damaged")) == (15, 25)
    number = customers.difference().number

    def scrap(by: Actor) -> None:
        with w.transaction():
            settling.settle(number, Outcome.SCRAPPED, by=by, key=w.key(), company_prefix=PREFIX)

    refused(scrapping.ScrapNeedsAnother, scrap, w.by)
    refused(scrapping.ScrapNeedsAnother, scrap, w.person("sales", roles=[Role.SALES]))
    scrap(w.person("chief", roles=[Role.SUPERVISOR]))
    assert (w.on_hand("TEA", at="DEF", condition="damaged"), customers.difference().outcome) == (0, "scrapped")


def test_many_pieces_of_nobody_are_scrapped_by_a_supervisor_who_did_not_find_them(customers: Customers, w: Warehouse) -> None:
    back = customers.unclaimed("TEA", 30)
    customers.finish(back.note)

    def scrap(by: Actor) -> None:
        with w.transaction():
            unclaimed.decide(back.note, Decision.SCRAP, by=by, key=w.key())

    refused(scrapping.ScrapNeedsAnother, scrap, w.by)
    refused(scrapping.ScrapNeedsAnother, scrap, w.person("sales", roles=[Role.SALES]))
    scrap(w.person("chief", roles=[Role.SUPERVISOR]))
    assert customers.told(back.note) == [("to_scrap", 30)]


def test_no_more_comes_back_than_left(customers: Customers, w: Warehouse) -> None:
    w.receive("TEA", 9, at="A-01")
    customers.sent("SO-1", ("TEA", 5))
    note = customers.begin("SO-1")
    customers.back(note, "TEA", 4, "DOCK")
    refusal = refused(outstanding.NothingShipped, customers.back, note, "TEA", 2, "DOCK")
    assert refusal.say("en") == "TEA: 5 left with SO-1, 4 came back"
    customers.back(note, "TEA", 1, "DOCK")
    assert customers.returned("SO-1") == [5]


def test_a_serial_that_did_not_leave_does_not_come_back(customers: Customers, w: Warehouse) -> None:
    w.product("WATCH", tracking="serial")
    for serial in ("S1", "S2", "S3"):
        w.receive("WATCH", 1, lot=serial, at="A-01")
    customers.sent("SO-1", ("WATCH", 1, "S1"), ("WATCH", 1, "S2"))
    note = customers.begin("SO-1")
    refused(outstanding.LotNotShipped, customers.back, note, "WATCH", 1, "DOCK", lot="S3")
    refused(returns.SerialAlone, customers.back, note, "WATCH", 2, "DOCK", lot="S1")
    customers.back(note, "WATCH", 1, "DOCK", lot="S2")
    refused(outstanding.LotNotShipped, customers.back, note, "WATCH", 1, "DOCK", lot="S2")
    assert w.on_hand("WATCH", at="DOCK", lot="S2") == 1


def test_expired_goods_are_not_restocked(customers: Customers, w: Warehouse) -> None:
    w.product("MILK", tracking="expiry")
    w.receive("MILK", 4, lot="M", at="A-01", expires_on=clock.today() - dt.timedelta(days=1))
    customers.sent("SO-1", ("MILK", 4))
    note = customers.begin("SO-1")
    refused(returns.ExpiredGoods, customers.back, note, "MILK", 4, "DOCK")
    customers.back(note, "MILK", 4, "INSP", disposition=Disposition.HOLD)


@pytest.mark.parametrize(("found", "disposition"), [(Found.GOOD, Disposition.SCRAP), (Found.DAMAGED, Disposition.RESTOCK)])
def test_not_every_piece_may_go_everywhere(customers: Customers, w: Warehouse, found: Found, disposition: Disposition) -> None:
    w.receive("TEA", 5, at="A-01")
    customers.sent("SO-1", ("TEA", 5))
    note = customers.begin("SO-1")
    refused(returns.DispositionNotFitting, customers.back, note, "TEA", 1, "DOCK", found, disposition=disposition)


def test_the_order_is_found_by_delivery_note_parcel_and_tracking_number(customers: Customers, w: Warehouse) -> None:
    w.receive("TEA", 5, at="A-01")
    order = customers.sent("SO-1", ("TEA", 5))
    with w.transaction():
        parcel = handling_units.new_unit(
            handling_units.UnitKind.CARTON,
            location_id=w.location("@CUSTOMER").id,
            site_id=w.site_id,
            company_prefix=PREFIX,
            order_id=order.id,
        )
        parcel.tracking = "SF1234567890"
    for typed in ("so-1", parcel.code, "00" + parcel.code, "SF1234567890"):
        found = outstanding.find_order(typed, by=w.by)
        assert found is not None
        assert found.number == "SO-1"
    assert outstanding.find_order("nothing", by=w.by) is None


def test_an_announced_return_fills_its_lines_and_the_order(customers: Customers, dock: Dock, w: Warehouse) -> None:
    w.receive("TEA", 5, at="A-01")
    customers.sent("SO-1", ("TEA", 5))
    inbound = dock.announce(("TEA", 4), number="RT-1", kind=InboundKind.CUSTOMER_RETURN, reference="SO-1")
    order = outstanding.announced_for(inbound, by=w.by)
    assert order is not None
    note = customers.begin("SO-1", inbound=inbound)
    good = customers.back(note, "TEA", 3, "DOCK")
    customers.back(note, "TEA", 1, "DEF", Found.DAMAGED)
    line = dock.line("RT-1")
    assert (line.received, line.rejected, customers.returned("SO-1")) == (4, 1, [4])
    assert good.unit is not None
    with w.transaction():
        task = putaway.claim_unit(good.unit, by=w.by)
    dock.store(task.id)
    assert dock.line("RT-1").put_away == 3
    customers.undo(note, 2)
    assert (dock.line("RT-1").received, dock.line("RT-1").rejected) == (3, 0)


def test_what_the_customer_signs_for_as_damaged_is_announced_to_come_back(customers: Customers, dock: Dock, w: Warehouse) -> None:
    w.receive("TEA", 5, at="A-01")
    customers.sent("SO-1", ("TEA", 5))
    with w.transaction():
        signing.sign_off("SO-1", signed_by="Li", by=w.by, lines=[SignedLine("1", 3, damaged=2, reason="wet")])
    inbound = session.execute(sa.select(InboundOrder)).scalar_one()
    assert (inbound.kind, inbound.reference, [line.expected for line in inbound.lines]) == ("customer_return", "SO-1", [2])
    order = outstanding.announced_for(inbound, by=w.by)
    assert order is not None
    assert (order.number, customers.events("SO-1")) == ("SO-1", ["order.delivered", "order.return_announced"])


def test_what_was_lost_on_the_way_is_not_announced(customers: Customers, w: Warehouse) -> None:
    w.receive("TEA", 5, at="A-01")
    customers.sent("SO-1", ("TEA", 5))
    with w.transaction():
        signing.sign_off("SO-1", signed_by="Li", by=w.by, lines=[SignedLine("1", 3)])
    assert session.execute(sa.select(InboundOrder)).first() is None


# -- undoing ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("found", "at"), [(Found.GOOD, "DOCK"), (Found.OPENED, "INSP"), (Found.DAMAGED, "DEF"), (Found.UNUSABLE, "SCRAP")])
def test_a_line_is_undone_while_its_goods_stand_where_they_were_put(customers: Customers, w: Warehouse, found: Found, at: str) -> None:
    w.receive("TEA", 5, at="A-01")
    customers.sent("SO-1", ("TEA", 5))
    note = customers.begin("SO-1")
    customers.back(note, "TEA", 2, at, found)
    customers.undo(note)
    assert customers.told(note) == [("undone", 2)]
    assert (customers.returned("SO-1"), w.on_hand("TEA", at=at), w.on_hand("TEA", at="@CUSTOMER")) == ([0], 0, 5)
    assert all(status == "cancelled" for _, status in customers.putaways())
    assert customers.events("SO-1") == ["order.returned", "order.return_undone"]
    refused(returns.LineGone, customers.undo, note)


def test_a_line_whose_goods_were_put_away_is_not_undone(customers: Customers, dock: Dock, w: Warehouse) -> None:
    w.receive("TEA", 5, at="A-01")
    customers.sent("SO-1", ("TEA", 5))
    note = customers.begin("SO-1")
    back = customers.back(note, "TEA", 2, "DOCK")
    assert back.unit is not None
    with w.transaction():
        task = putaway.claim_unit(back.unit, by=w.by)
    other = w.person("other")
    refused(queue.TaskTaken, customers.undo, note, by=other)
    dock.store(task.id)
    refused(returns.LineGone, customers.undo, note)
    assert customers.returned("SO-1") == [2]


def test_goods_of_several_batches_are_undone_one_by_one(customers: Customers, w: Warehouse) -> None:
    w.product("TEA", tracking="lot")
    w.receive("TEA", 2, lot="L1", at="A-01", received_on=LONG_AGO)
    w.receive("TEA", 3, lot="L2", at="A-01")
    customers.sent("SO-1", ("TEA", 2, "L1"), ("TEA", 3, "L2"))
    note = customers.begin("SO-1")
    customers.back(note, "TEA", 4, "DOCK")
    assert customers.told(note) == [("booked", 2), ("booked", 2)]
    customers.undo(note, 2)
    assert (customers.returned("SO-1"), customers.putaways()) == ([2, 0], [(2, "open"), (2, "cancelled")])


# -- without papers ----------------------------------------------------------------------------------------------------------------


def test_goods_without_papers_are_held_with_a_difference_for_sales(customers: Customers, w: Warehouse) -> None:
    w.product("TEA", tracking="lot")
    back = customers.unclaimed("TEA", 3, lot="L1", sender="Old shop, Luoyang")
    customers.finish(back.note)
    assert customers.header(back.note).status == "waiting"
    assert (w.on_hand("TEA", at="INSP", condition="blocked", unit=back.unit), customers.putaways()) == (3, [])
    noted = customers.difference()
    assert (noted.kind, noted.owner_role, noted.quantity, noted.handling_unit_id) == (
        "without_papers",
        "sales",
        3,
        back.lines[0].handling_unit_id,
    )
    assert "Old shop" in str(noted.note)


def test_a_link_books_the_goods_into_the_batch_they_left_in(customers: Customers, w: Warehouse) -> None:
    w.product("TEA", tracking="lot")
    w.receive("TEA", 9, lot="L1", at="A-01", received_on=LONG_AGO)
    customers.sent("SO-1", ("TEA", 5))
    back = customers.unclaimed("TEA", 3, lot="L1")
    customers.finish(back.note)
    customers.link(back.note, "SO-1")
    assert customers.told(back.note) == [("replaced", 3), ("booked", 3)]
    (row,) = [row for row in w.stock("TEA", at="INSP") if row.on_hand]
    assert (row.on_hand, row.condition, row.batch_id) == (3, "good", w.stock("TEA", at="A-01")[0].batch_id)
    assert (customers.returned("SO-1"), customers.putaways()) == ([3], [(3, "open")])
    assert (customers.difference().status, customers.difference().outcome) == ("settled", "corrected")
    assert customers.events("SO-1") == ["order.returned"]
    assert customers.header(back.note).status == "closed"
    refused(unclaimed.NothingWaits, customers.link, back.note, "SO-1")


def test_a_link_follows_the_goods_to_where_they_were_moved(customers: Customers, w: Warehouse) -> None:
    w.location("INSP-2", kind=Kind.INSPECTION)
    w.receive("TEA", 5, at="A-01", received_on=LONG_AGO)
    customers.sent("SO-1", ("TEA", 5))
    back = customers.unclaimed("TEA", 3)
    assert back.unit is not None
    with w.transaction():
        handling_units.move_unit(back.unit, w.location("INSP-2").id, key=w.key(), kind=MovementKind.MOVE, by=w.by)
    customers.link(back.note, "SO-1")
    assert w.on_hand("TEA", at="INSP-2", condition="good") == 3


def test_what_the_order_did_not_send_goes_on_waiting(customers: Customers, w: Warehouse) -> None:
    w.receive("TEA", 9, at="A-01", received_on=LONG_AGO)
    customers.sent("SO-1", ("TEA", 2))
    customers.sent("SO-2", ("TEA", 5))
    back = customers.unclaimed("TEA", 5)
    customers.finish(back.note)
    customers.link(back.note, "SO-1")
    assert customers.told(back.note) == [("replaced", 5), ("booked", 2), ("waiting", 3)]
    assert (customers.header(back.note).status, customers.difference().quantity, customers.difference().status) == ("waiting", 3, "open")
    customers.link(back.note, "SO-2")
    assert customers.told(back.note)[-2:] == [("replaced", 3), ("booked", 3)]
    assert (customers.returned("SO-1"), customers.returned("SO-2"), customers.difference().status) == ([2], [3], "settled")


def test_goods_of_another_lot_are_not_linked(customers: Customers, w: Warehouse) -> None:
    w.product("TEA", tracking="lot")
    w.receive("TEA", 9, lot="L1", at="A-01")
    customers.sent("SO-1", ("TEA", 5))
    back = customers.unclaimed("TEA", 3, lot="L2")
    refused(unclaimed.OrderNotFitting, customers.link, back.note, "SO-1")
    refused(outstanding.LotNotShipped, customers.link, back.note, "SO-1", lines=[1])
    refused(lifecycle.OrderUnknown, customers.link, back.note, "SO-9")
    assert w.on_hand("TEA", at="INSP", condition="blocked") == 3


def test_damaged_goods_without_papers_stay_damaged_when_linked(customers: Customers, w: Warehouse) -> None:
    w.receive("TEA", 9, at="A-01", received_on=LONG_AGO)
    customers.sent("SO-1", ("TEA", 5))
    back = customers.unclaimed("TEA", 3, "DEF", Found.DAMAGED)
    customers.link(back.note, "SO-1")
    assert (w.on_hand("TEA", at="DEF", condition="damaged"), customers.putaways()) == (3, [])


def test_goods_that_were_taken_away_are_not_linked(customers: Customers, w: Warehouse) -> None:
    w.receive("TEA", 9, at="A-01")
    customers.sent("SO-1", ("TEA", 5))
    back = customers.unclaimed("TEA", 3)
    w.move("TEA", 1, "INSP", "DEF", from_unit=back.unit, from_condition="blocked")
    refused(unclaimed.GoodsMovedOn, customers.link, back.note, "SO-1")


def test_what_is_nobodys_is_kept_as_ours(customers: Customers, w: Warehouse) -> None:
    back = customers.unclaimed("TEA", 3)
    customers.finish(back.note)
    with w.transaction():
        unclaimed.decide(back.note, Decision.ACCEPT, by=w.by, key=w.key(), text="a present")
    assert w.on_hand("TEA", at="INSP", condition="good") == 3
    assert w.on_hand("TEA", at="@ADJUSTMENT") == -3
    assert (customers.told(back.note), customers.putaways()) == ([("replaced", 3), ("booked", 3)], [(3, "open")])
    assert (customers.difference().outcome, customers.header(back.note).status) == ("accepted", "closed")


@pytest.mark.parametrize(
    ("decision", "before", "after", "outside"),
    [(Decision.SEND_BACK, "to_send_back", "sent_back", "@CUSTOMER"), (Decision.SCRAP, "to_scrap", "scrapped", "@SCRAP")],
)
def test_what_nobody_wants_stays_held_until_the_floor_has_carried_it_out(
    customers: Customers, w: Warehouse, decision: Decision, before: str, after: str, outside: str
) -> None:
    back = customers.unclaimed("TEA", 3)
    customers.finish(back.note)
    with w.transaction():
        unclaimed.decide(back.note, decision, by=w.by, key=w.key(), text="nobody ordered it")
    assert (customers.told(back.note), customers.header(back.note).status) == ([(before, 3)], "open")
    assert (w.on_hand("TEA", at="INSP", condition="blocked"), customers.difference().owner_role) == (3, "supervisor")
    refused(returns.LineGone, customers.undo, back.note)
    with w.transaction():
        note = unclaimed.carry_out(back.note, 1, by=w.by, key=w.key())
    assert note.startswith("T-")
    assert (customers.told(back.note), w.on_hand("TEA"), customers.header(back.note).status) == ([(after, 3)], 0, "closed")
    assert customers.difference().outcome == after


def test_what_was_taken_in_without_papers_is_undone_with_its_difference(customers: Customers, w: Warehouse) -> None:
    back = customers.unclaimed("TEA", 3)
    customers.undo(back.note)
    assert (w.on_hand("TEA"), customers.difference().status, customers.header(back.note).status) == (0, "withdrawn", "open")


def test_the_orders_that_may_have_sent_it_are_named_the_likeliest_first(customers: Customers, w: Warehouse) -> None:
    w.product("TEA", tracking="lot")
    w.receive("TEA", 9, lot="L1", at="A-01")
    w.receive("TEA", 9, lot="L2", at="A-01")
    customers.sent("SO-SENDER", ("TEA", 1, "L2"), customer="LUOYANG")
    customers.sent("SO-LOT", ("TEA", 2, "L1"), customer="KAIFENG")
    customers.sent("SO-LATEST", ("TEA", 2, "L2"), customer="XIAN")
    back = customers.unclaimed("TEA", 1, lot="L1", sender="Luoyang")
    found = unclaimed.candidates(customers.header(back.note))
    assert [(one.order, one.out, one.lot_fits, one.sender_fits) for one in found] == [
        ("SO-SENDER", 1, False, True),
        ("SO-LOT", 2, True, False),
        ("SO-LATEST", 2, False, False),
    ]


@pytest.mark.parametrize(
    ("outcome", "role", "status", "told"),
    [
        (Outcome.ACCEPTED, Role.SALES, "settled", [("replaced", 3), ("booked", 3)]),
        (Outcome.SENT_BACK, Role.SALES, "open", [("to_send_back", 3)]),
        (Outcome.SENT_BACK, Role.SUPERVISOR, "settled", [("sent_back", 3)]),
        (Outcome.SCRAPPED, Role.SUPERVISOR, "settled", [("scrapped", 3)]),
    ],
)
def test_a_difference_of_a_return_ends_with_its_return(
    customers: Customers, w: Warehouse, outcome: Outcome, role: Role, status: str, told: list[tuple[str, int]]
) -> None:
    note = customers.unclaimed("TEA", 3).note
    customers.finish(note)
    by = w.person("clerk", roles=[role])
    number = customers.difference().number
    with pytest.raises(unclaimed.BelongsToReturn), w.transaction():
        settling.settle(number, Outcome.CORRECTED, by=by, key=w.key(), company_prefix=PREFIX)
    with w.transaction():
        settling.settle(number, outcome, by=by, key=w.key(), company_prefix=PREFIX)
    assert (customers.difference().status, customers.told(note)) == (status, told)
    if status == "open":
        with w.transaction():
            settling.settle(number, outcome, by=w.by, key=w.key(), company_prefix=PREFIX)
        assert (customers.difference().status, customers.header(note).status) == ("settled", "closed")


# -- consignment -------------------------------------------------------------------------------------------------------------------


def consignee(w: Warehouse, *, negative: bool) -> None:
    with w.transaction():
        w.location("CONS", kind=Kind.CONSIGNMENT, allow_negative=negative, partner_id=w.partner("SHOP").id)


@pytest.mark.parametrize("negative", [True, False])
def test_rejects_come_back_from_consignment_out_of_their_carton(customers: Customers, w: Warehouse, negative: bool) -> None:
    consignee(w, negative=negative)
    w.receive("TEA", 9, at="A-01", received_on=LONG_AGO)
    carton = w.unit(at="PACK", kind="carton")
    customers.sent("SO-1", ("TEA", 5), kind=OrderKind.CONSIGNMENT, customer="SHOP", to="CONS", carton=carton)
    with w.transaction():
        header = returns.open_return(by=w.by, consignment=w.location("CONS"))
    assert header.number.startswith("T-")
    customers.back(header.number, "TEA", 2, "DEF", Found.DAMAGED)
    assert (w.on_hand("TEA", at="CONS", unit=carton), w.on_hand("TEA", at="DEF", condition="damaged")) == (3, 2)
    assert returns.paper_kind(header) == "transfer-note"
    if negative:
        customers.back(header.number, "TEA", 5, "DEF", Found.DAMAGED)
        assert w.on_hand("TEA", at="CONS") == -2
    else:
        refused(outstanding.NothingConsigned, customers.back, header.number, "TEA", 5, "DEF", Found.DAMAGED)


def test_a_consignment_order_counts_its_rejects(customers: Customers, w: Warehouse) -> None:
    consignee(w, negative=False)
    w.receive("TEA", 9, at="A-01", received_on=LONG_AGO)
    carton = w.unit(at="PACK", kind="carton")
    customers.sent("SO-1", ("TEA", 5), kind=OrderKind.CONSIGNMENT, customer="SHOP", to="CONS", carton=carton)
    note = customers.begin("SO-1")
    customers.back(note, "TEA", 2, "DEF", Found.DAMAGED)
    assert (customers.returned("SO-1"), w.on_hand("TEA", at="CONS", unit=carton)) == ([2], 3)
    assert returns.paper_kind(customers.header(note)) == "transfer-note"
    customers.undo(note)
    assert (customers.returned("SO-1"), w.on_hand("TEA", at="CONS", unit=carton)) == ([0], 5)


# -- who may, and what is broken -----------------------------------------------------------------------------------------------------


def test_sales_may_decide_and_not_book() -> None:

    assert Permission.DECIDE in PERMISSIONS[Role.SALES]
    assert Permission.RETURN_GOODS not in PERMISSIONS[Role.SALES]
    assert Permission.DECIDE not in PERMISSIONS[Role.RECEIVER]


def test_a_return_is_not_held_where_no_more_plates_stand(customers: Customers, w: Warehouse, dock: Dock) -> None:
    with w.transaction():
        w.location("IONE", kind=Kind.INSPECTION, max_units=1, x_mm=5)
    w.receive("TEA", 20, at="A-01")
    customers.sent("SO-1", ("TEA", 5))
    note, place = customers.begin("SO-1"), dock.id("IONE")
    facts: dict[str, Any] = {"found": Found.OPENED, "location_id": place, "by": w.by, "company_prefix": PREFIX}
    with w.transaction():
        returns.take_back(note, w.product("TEA"), 1, key=w.key(), **facts)
    with pytest.raises(capacity.LocationFull), w.transaction():
        returns.take_back(note, w.product("TEA"), 1, key=w.key(), **facts)
    without_papers = customers.begin()
    with pytest.raises(capacity.LocationFull), w.transaction():
        unclaimed.take_in(without_papers, w.product("TEA"), 1, key=w.key(), **facts)
    assert capacity.lying_at(place).units == 1
