"""The release gate: what fails is held with its reason, and lifts when the cause is gone or somebody with the right approves."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import sqlalchemy as sa

from tests.orders.desk import Desk
from tests.warehouse import Warehouse
from wms import clock
from wms.actor import Role
from wms.catalog import partners
from wms.catalog.models import Partner, PartnerKind
from wms.db import session
from wms.events import Event
from wms.orders import editing, gate, inbound, lifecycle, operations, queries, timeline, withdrawal
from wms.orders.lines import NewLine
from wms.orders.models import OrderKind, OrderStatus
from wms.orders.signing import ReasonMissing
from wms.states import MoveNotAllowed
from wms.stock import promises


def test_stock_that_covers_the_order_is_promised_on_release(w: Warehouse, desk: Desk) -> None:
    w.receive("APPLE", 10, at="A-01")
    desk.enter("SO-1", APPLE=6)

    assert desk.release("SO-1") == "released"

    assert desk.counters("SO-1", "promised") == [6]
    assert promises.available(w.site_id, w.product("APPLE").id) == 4


def test_demand_beyond_what_is_available_is_held_with_what_is_missing(w: Warehouse, desk: Desk) -> None:
    w.receive("APPLE", 10, at="A-01")
    desk.enter("SO-1", APPLE=6)
    desk.enter("SO-2", APPLE=5)
    desk.release("SO-1")

    assert desk.release("SO-2") == "held"

    assert desk.reasons("SO-2") == {"stock": "Not enough stock: APPLE lacks 1 of 5"}
    assert desk.reasons("SO-2", "zh_CN") == {"stock": "库存不足：APPLE 缺 1（需 5）"}
    assert desk.counters("SO-2", "promised") == [0]


def test_what_is_counted_in_kilograms_lacks_kilograms(w: Warehouse, desk: Desk) -> None:
    w.product("RICE", base_unit="kg", decimals=3)
    w.receive("RICE", 1500, at="A-01")
    desk.enter("SO-1", [("RICE", 2750, {"min_remaining_days": 5}), ("RICE", 1_000_000)])
    assert queries.shown([desk.order("SO-1")], "zh_CN")[0].lines[0].can_ship_why == ["现货 1.5", "缺 1.25，尚无到货通知"]
    desk.release("SO-1")
    wished = "Not enough stock of the wanted lot or remaining life: RICE lacks 1.25 of 2.75"
    assert desk.reasons("SO-1") == {"stock": "Not enough stock: RICE lacks 1,001.25 of 1,002.75", "suitable_stock": wished}
    with w.transaction():
        editing.edit("SO-1", by=w.by, lines=[NewLine("RICE", 1250, "1", min_remaining_days=5)])
    told = "line 1: RICE 2.75 → 1.25; line 2: RICE 1,000 taken out"
    assert next(one.detail for one in queries.shown([desk.order("SO-1")], "en")[0].events if one.code == "order.changed") == told


def test_two_lines_of_one_product_are_one_demand(w: Warehouse, desk: Desk) -> None:
    w.receive("APPLE", 10, at="A-01")
    desk.enter("SO-1", [("APPLE", 6), ("APPLE", 6)])

    assert desk.release("SO-1") == "held"
    assert desk.reasons("SO-1") == {"stock": "Not enough stock: APPLE lacks 2 of 12"}


def test_a_back_order_is_promised_what_there_is(w: Warehouse, desk: Desk) -> None:
    w.receive("APPLE", 4, at="A-01")
    desk.enter("SO-1", APPLE=6, allow_backorder=True)

    assert desk.release("SO-1") == "released"
    assert desk.counters("SO-1", "promised") == [4]


def test_damaged_expired_and_staged_goods_cover_nothing(w: Warehouse, desk: Desk) -> None:
    w.location("PACK", kind="packing")
    w.receive("APPLE", 5, at="A-01", condition="damaged")
    w.receive("APPLE", 5, at="A-02", lot="OLD", expires_on=clock.today() - dt.timedelta(days=1))
    w.receive("APPLE", 5, at="PACK")
    desk.enter("SO-1", APPLE=1)

    assert desk.release("SO-1") == "held"


def test_a_hold_lifts_by_itself_when_stock_arrives_and_only_release_releases(w: Warehouse, desk: Desk) -> None:
    desk.enter("SO-1", APPLE=5)
    desk.release("SO-1")
    w.receive("APPLE", 5, at="A-01")

    desk.reconsider()

    assert desk.status("SO-1") == "received"
    assert desk.reasons("SO-1") == {}
    assert desk.counters("SO-1", "promised") == [0]
    assert "order.lifted" in desk.events("SO-1")
    assert desk.release("SO-1") == "released"


def test_a_hold_stays_while_too_little_has_arrived(w: Warehouse, desk: Desk) -> None:
    desk.enter("SO-1", APPLE=5)
    desk.release("SO-1")
    w.receive("APPLE", 4, at="A-01")

    desk.reconsider()

    assert desk.status("SO-1") == "held"


def test_a_timeline_tells_what_was_promised_and_what_will_not_come_as_people_count_it(w: Warehouse, desk: Desk) -> None:
    w.product("RICE", base_unit="kg", decimals=3)
    desk.enter("SO-1", RICE=2500, FIG=3, allow_backorder=True)
    desk.release("SO-1")
    w.receive("RICE", 1250, at="A-01")
    w.receive("FIG", 2, at="A-01")
    desk.reconsider()
    events = queries.shown([desk.order("SO-1")], "en")[0].events
    assert next(one.text for one in events if one.code == "order.promised") == "More stock promised: 1.25 × RICE, 2 × FIG"
    with w.transaction():
        coming = inbound.announce(number="IN-1", lines=[NewLine("RICE", 1250), NewLine("FIG", 3)], by=w.by)
        inbound.close_inbound("IN-1", by=w.by)
    told = timeline.timelines("inbound_order", [coming.id], "en")[coming.id][-1].detail
    assert told == "The rest will not come: 1.25 of line 1, 3 of line 2"


def test_what_arrives_later_is_promised_to_the_back_order(w: Warehouse, desk: Desk) -> None:
    desk.enter("SO-1", APPLE=6, allow_backorder=True)
    desk.release("SO-1")
    w.receive("APPLE", 4, at="A-01")

    desk.reconsider()

    assert desk.counters("SO-1", "promised") == [4]
    assert "order.promised" in desk.events("SO-1")


def test_a_line_that_wants_a_lot_waits_for_that_lot(w: Warehouse, desk: Desk) -> None:
    w.product("TEA", tracking="lot")
    w.receive("TEA", 10, at="A-01", lot="L1")
    desk.enter("SO-1", [("TEA", 2, {"lot": "L2"})])

    assert desk.release("SO-1") == "held"
    assert list(desk.reasons("SO-1")) == ["suitable_stock"]
    w.receive("TEA", 2, at="A-01", lot="L2")
    assert desk.release("SO-1") == "released"


def test_two_lines_of_one_lot_are_one_demand(w: Warehouse, desk: Desk) -> None:
    w.product("TEA", tracking="lot")
    w.receive("TEA", 10, at="A-01", lot="L1")
    w.receive("TEA", 20, at="A-02", lot="L2")
    desk.enter("SO-1", [("TEA", 8, {"lot": "L1"}), ("TEA", 8, {"lot": "l1"})])

    assert desk.release("SO-1") == "held"
    assert desk.reasons("SO-1") == {"suitable_stock": "Not enough stock of the wanted lot or remaining life: TEA lacks 6 of 16"}


def test_a_lot_that_is_promised_to_one_order_is_not_promised_to_another(w: Warehouse, desk: Desk) -> None:
    w.product("TEA", tracking="lot")
    w.receive("TEA", 10, at="A-01", lot="L1")
    w.receive("TEA", 20, at="A-02", lot="L2")
    desk.enter("SO-1", [("TEA", 8, {"lot": "L1"})])
    desk.enter("SO-2", [("TEA", 3, {"lot": "L1"})])
    desk.enter("SO-3", [("TEA", 2, {"lot": "L1"}), ("TEA", 20, {"lot": "L2"})])

    assert desk.release("SO-1") == "released"
    assert desk.release("SO-2") == "held"
    assert desk.reasons("SO-2") == {"suitable_stock": "Not enough stock of the wanted lot or remaining life: TEA lacks 1 of 3"}
    assert desk.release("SO-3") == "released"


def test_a_line_of_one_batch_waits_until_a_batch_has_all_of_it(w: Warehouse, desk: Desk) -> None:
    w.product("TEA", tracking="lot")
    w.receive("TEA", 3, at="A-01", lot="L1")
    w.receive("TEA", 2, at="A-02", lot="L2")
    w.receive("TEA", 1, at="A-03", lot="L2")
    desk.enter("SO-1", [("TEA", 5, {"one_batch": True})])
    desk.enter("SO-2", [("TEA", 3, {"one_batch": True, "lot": "L2"})])

    assert desk.release("SO-1") == "held"
    assert desk.reasons("SO-1") == {"one_batch": "No batch has all of what is to be of one: TEA lacks 2 of 5"}
    assert desk.release("SO-2") == "released"
    w.receive("TEA", 5, at="A-01", lot="L3")
    assert desk.release("SO-1") == "released"


def test_who_wants_a_long_life_draws_on_what_others_would_take_too(w: Warehouse, desk: Desk) -> None:
    w.product("MILK", tracking="expiry", rotation="fefo")
    w.receive("MILK", 10, at="A-01", lot="M1", expires_on=clock.today() + dt.timedelta(days=30))
    w.receive("MILK", 10, at="A-02", lot="M2", expires_on=clock.today() + dt.timedelta(days=90))
    desk.enter("SO-1", [("MILK", 8, {"min_remaining_days": 60}), ("MILK", 3, {"lot": "M2", "min_remaining_days": 60})])
    desk.enter("SO-2", [("MILK", 8, {"min_remaining_days": 60}), ("MILK", 12, {"min_remaining_days": 10})])

    assert desk.release("SO-1") == "held"
    assert desk.order("SO-1").holds[0].facts == {"missing": [{"sku": "MILK", "missing": 1, "wanted": 8, "lot": None, "days": 60}]}
    assert desk.release("SO-2") == "released"


def test_a_back_order_is_promised_no_more_of_a_lot_than_there_is(w: Warehouse, desk: Desk) -> None:
    w.product("TEA", tracking="lot")
    w.receive("TEA", 10, at="A-01", lot="L1")
    w.receive("TEA", 20, at="A-02", lot="L2")
    desk.enter("SO-1", [("TEA", 8, {"lot": "L1"}), ("TEA", 8, {"lot": "L1"})], allow_backorder=True)

    assert desk.release("SO-1") == "released"
    assert desk.counters("SO-1", "promised") == [8, 2]
    w.receive("TEA", 5, at="A-01", lot="L1")
    desk.reconsider()
    assert desk.counters("SO-1", "promised") == [8, 7]


def test_a_customer_who_wants_remaining_life_does_not_get_what_expires_soon(w: Warehouse, desk: Desk) -> None:
    w.partner("PICKY", min_remaining_days=60)
    w.product("MILK", tracking="expiry", rotation="fefo")
    w.receive("MILK", 10, at="A-01", lot="M1", expires_on=clock.today() + dt.timedelta(days=30))
    desk.enter("SO-1", MILK=2, customer="PICKY")

    assert desk.release("SO-1") == "held"
    assert list(desk.reasons("SO-1")) == ["suitable_stock"]


CREDIT: list[tuple[dict[str, Any], str]] = [
    ({"credit_limit": 1000, "balance_due": 1001}, "credit_limit"),
    ({"credit_days": 30, "oldest_due_on": dt.date(2020, 1, 1)}, "credit_days"),
]


@pytest.mark.parametrize(("facts", "code"), CREDIT)
def test_credit_is_held_and_finance_approves_it(w: Warehouse, desk: Desk, facts: dict[str, Any], code: str) -> None:
    w.partner("DEBTOR", **facts)
    w.receive("APPLE", 10, at="A-01")
    desk.enter("SO-1", APPLE=1, customer="DEBTOR")
    assert desk.release("SO-1") == "held"
    assert list(desk.reasons("SO-1")) == [code]
    sales, finance = w.person("sales", roles=[Role.SALES]), w.person("finance", roles=[Role.FINANCE])

    with pytest.raises(operations.NotYours), w.transaction():
        operations.approve("SO-1", by=sales)
    with w.transaction():
        operations.approve("SO-1", by=finance, reason="pays on Monday")

    assert desk.status("SO-1") == "received"
    assert desk.release("SO-1") == "released"
    held = desk.order("SO-1").holds[0]
    assert (held.lifted_by_id, held.lift_reason) == (finance.id, "pays on Monday")


def test_debt_at_the_limit_is_within_it(w: Warehouse, desk: Desk) -> None:
    w.partner("GOOD", credit_limit=1000, balance_due=1000, credit_days=30, oldest_due_on=clock.today() - dt.timedelta(days=30))
    w.receive("APPLE", 1, at="A-01")
    desk.enter("SO-1", APPLE=1, customer="GOOD")
    assert desk.release("SO-1") == "released"


def test_a_paid_debt_lifts_the_hold(w: Warehouse, desk: Desk) -> None:
    w.partner("DEBTOR", credit_limit=1000, balance_due=5000)
    w.receive("APPLE", 10, at="A-01")
    desk.enter("SO-1", APPLE=1, customer="DEBTOR")
    desk.release("SO-1")
    with w.transaction():
        session.execute(sa.text("UPDATE partners SET balance_due = 0"))

    desk.reconsider()

    assert desk.status("SO-1") == "received"


def test_settle_first_is_held_until_finance_settles(w: Warehouse, desk: Desk) -> None:
    w.receive("APPLE", 10, at="A-01")
    desk.enter("SO-1", APPLE=1, kind=OrderKind.SETTLE_FIRST)
    assert desk.release("SO-1") == "held"
    assert list(desk.reasons("SO-1")) == ["settlement"]

    with w.transaction():
        operations.settle("SO-1", by=w.by)

    assert desk.status("SO-1") == "received"
    assert desk.release("SO-1") == "released"


def test_settling_twice_is_settling_once(w: Warehouse, desk: Desk) -> None:
    desk.enter("SO-1", APPLE=1)
    for _ in range(2):
        with w.transaction():
            operations.settle("SO-1", by=w.by)
    assert desk.events("SO-1") == ["order.received", "order.settled"]


def test_an_incomplete_address_is_held_and_says_what_it_lacks(w: Warehouse, desk: Desk) -> None:
    w.receive("APPLE", 10, at="A-01")
    desk.enter("SO-1", APPLE=1, ship_to={"name": "李雷", "city": "上海"})
    assert desk.release("SO-1") == "held"
    assert desk.reasons("SO-1", "zh_CN") == {"address": "收货地址缺少：街道地址"}


def test_several_reasons_hold_together_and_each_lifts_alone(w: Warehouse, desk: Desk) -> None:
    w.partner("DEBTOR", credit_limit=0, balance_due=1)
    desk.enter("SO-1", APPLE=1, customer="DEBTOR", kind=OrderKind.SETTLE_FIRST)
    desk.release("SO-1")
    assert list(desk.reasons("SO-1")) == ["credit_limit", "stock", "settlement"]

    with w.transaction():
        operations.settle("SO-1", by=w.by)

    assert list(desk.reasons("SO-1")) == ["credit_limit", "stock"]
    assert desk.status("SO-1") == "held"


def test_an_approved_address_is_asked_again_when_it_is_another(w: Warehouse, desk: Desk) -> None:
    w.receive("APPLE", 5, at="A-01")
    desk.enter("SO-1", [("APPLE", 1)], ship_to={"name": "Li", "street": "Road 1"})
    desk.release("SO-1")
    with w.transaction():
        operations.approve("SO-1", by=w.by, reason="they collect in town")
    with w.transaction():
        editing.edit("SO-1", by=w.by, changes={"ship_to": {"name": "Wang", "street": "Road 9"}})

    assert desk.release("SO-1") == "held"
    assert list(desk.reasons("SO-1")) == ["address"]
    with w.transaction():
        editing.edit("SO-1", by=w.by, changes={"ship_to": {"name": "Li", "street": "Road 1"}})
    assert desk.release("SO-1") == "released"  # that one was approved


GROWN: list[tuple[dict[str, Any], bool]] = [
    ({"balance_due": 3000}, False),
    ({"credit_limit": 100}, False),
    ({"balance_due": 1500, "credit_limit": 1200}, True),
]


@pytest.mark.parametrize(("facts", "enough"), GROWN)
def test_an_approved_debt_is_asked_again_when_it_has_grown(w: Warehouse, desk: Desk, facts: dict[str, Any], enough: bool) -> None:
    partner = w.partner("DEBTOR", credit_limit=1000, balance_due=2000)
    w.receive("APPLE", 50, at="A-01")
    desk.enter("SO-1", customer="DEBTOR", APPLE=1)
    _approve(w, desk)
    with w.transaction():
        session.execute(sa.update(Partner).where(Partner.id == partner.id).values(**facts))

    assert desk.release("SO-1") == ("released" if enough else "held")


def test_a_debt_that_was_approved_yesterday_is_a_day_older_and_still_approved(w: Warehouse, desk: Desk, time_machine: Any) -> None:
    w.partner("DEBTOR", credit_days=30, oldest_due_on=clock.today() - dt.timedelta(days=40))
    w.receive("APPLE", 50, at="A-01")
    desk.enter("SO-1", customer="DEBTOR", APPLE=1)
    _approve(w, desk)
    time_machine.move_to(clock.now() + dt.timedelta(days=1))

    assert desk.release("SO-1") == "released"


@pytest.mark.parametrize(("quantity", "status"), [(4, "released"), (6, "held")])
def test_what_finance_let_go_unsettled_is_asked_again_for_more_goods(w: Warehouse, desk: Desk, quantity: int, status: str) -> None:
    w.receive("APPLE", 50, at="A-01")
    desk.enter("SO-1", kind=OrderKind.SETTLE_FIRST, APPLE=5)
    _approve(w, desk)
    with w.transaction():
        editing.edit("SO-1", by=w.by, lines=[NewLine("APPLE", quantity, line="1")])

    assert desk.release("SO-1") == status


def _approve(w: Warehouse, desk: Desk) -> None:
    assert desk.release("SO-1") == "held"
    with w.transaction():
        operations.approve("SO-1", by=w.by, reason="it is agreed")


def test_nobody_can_approve_stock_into_existence(w: Warehouse, desk: Desk) -> None:
    desk.enter("SO-1", APPLE=1)
    desk.release("SO-1")
    with pytest.raises(operations.NobodyApproves) as refusal, w.transaction():
        operations.approve("SO-1", by=w.by, reason="it is agreed")
    assert refusal.value.say("en") == "Nobody may approve what holds SO-1: Stock"
    assert refusal.value.say("zh_CN") == "SO-1 的暂挂原因无人可审批：库存"
    assert list(desk.reasons("SO-1")) == ["stock"]


def test_an_order_held_by_hand_stays_held_until_somebody_lifts_it(w: Warehouse, desk: Desk) -> None:
    w.receive("APPLE", 10, at="A-01")
    desk.enter("SO-1", APPLE=1)
    with w.transaction():
        operations.hold("SO-1", by=w.by, reason="customer calls back")
    assert desk.reasons("SO-1") == {"manual": "Held by hand: customer calls back"}
    assert desk.release("SO-1") == "held"
    desk.reconsider()
    assert desk.status("SO-1") == "held"

    with w.transaction():
        operations.approve("SO-1", by=w.by, reason="it is agreed")

    assert desk.status("SO-1") == "received"
    assert desk.release("SO-1") == "released"


def test_who_holds_an_order_once_more_holds_it_for_both_reasons(w: Warehouse, desk: Desk) -> None:
    desk.enter("SO-1", APPLE=1)
    for reason in ("customer calls back", "price is wrong", "price is wrong", None):
        with w.transaction():
            operations.hold("SO-1", by=w.by, reason=reason)
    assert desk.reasons("SO-1") == {"manual": "Held by hand: customer calls back / price is wrong"}


def test_holding_a_released_order_gives_its_promise_back(w: Warehouse, desk: Desk) -> None:
    w.receive("APPLE", 10, at="A-01")
    desk.enter("SO-1", APPLE=6)
    desk.release("SO-1")
    with w.transaction():
        operations.hold("SO-1", by=w.by)
    assert desk.counters("SO-1", "promised") == [0]
    assert promises.available(w.site_id, w.product("APPLE").id) == 10


def test_an_order_past_the_gate_is_not_released_again(w: Warehouse, desk: Desk) -> None:
    w.receive("APPLE", 10, at="A-01")
    desk.enter("SO-1", APPLE=6)
    desk.release("SO-1")
    with pytest.raises(MoveNotAllowed):
        desk.release("SO-1")
    with pytest.raises(MoveNotAllowed), w.transaction():
        operations.approve("SO-1", by=w.by, reason="it is agreed")
    assert desk.counters("SO-1", "promised") == [6]


def test_every_rule_says_in_both_languages_what_is_wrong_and_who_lifts_it() -> None:
    for rule in gate.BY_CODE.values():
        for text in (rule.sentence, rule.title, rule.who):
            assert text.en, rule.code
            assert text.zh, rule.code


# -- what holds an order as soon as it comes in --------------------------------------------------------------------------


def test_a_blocked_customer_holds_an_order_as_it_comes_in_and_finance_lets_it_go(w: Warehouse, desk: Desk) -> None:
    w.partner("BAD", blocked=True, blocked_reason="in court")
    w.receive("APPLE", 10, at="A-01")

    desk.enter("SO-1", APPLE=1, customer="BAD")

    assert desk.status("SO-1") == "held"
    assert desk.reasons("SO-1") == {"blocked": "The customer is blocked: in court"}
    assert desk.events("SO-1") == ["order.received", "order.held"]
    supervisor, finance = w.person("chief", roles=[Role.SUPERVISOR]), w.person("finance", roles=[Role.FINANCE])
    with pytest.raises(operations.NotYours), w.transaction():
        operations.approve("SO-1", by=supervisor, reason="let them")
    with w.transaction():
        operations.approve("SO-1", by=finance, reason="paid in advance")
    assert desk.release("SO-1") == "released"


def test_stock_and_settlement_do_not_hold_what_comes_in(w: Warehouse, desk: Desk) -> None:
    desk.enter("SO-1", APPLE=1, kind=OrderKind.SETTLE_FIRST)
    assert desk.status("SO-1") == "received"


def _terms(w: Warehouse, code: str, **facts: Any) -> None:
    """The desk or another system says anew what holds for the customer."""
    with w.transaction():
        partners.put_partner(
            code, kind=PartnerKind.CUSTOMER, name=code, address={"name": code, "city": "上海", "street": "南京路 1"}, **facts
        )


def test_who_comes_to_owe_too_much_is_held_at_once_and_a_payment_lifts_it_at_once(w: Warehouse, desk: Desk) -> None:
    w.partner("DEBTOR", credit_limit=1000)
    w.receive("APPLE", 10, at="A-01")
    desk.enter("SO-1", APPLE=1, customer="DEBTOR")
    desk.enter("SO-2", APPLE=1, customer="DEBTOR")
    desk.release("SO-2")

    _terms(w, "DEBTOR", credit_limit=1000, balance_due=1001)

    assert (desk.status("SO-1"), desk.status("SO-2")) == ("held", "released"), "what the floor has begun goes on"
    _terms(w, "DEBTOR", credit_limit=1000, balance_due=999)
    assert desk.status("SO-1") == "received"
    assert desk.events("SO-1") == ["order.received", "order.held", "order.lifted", "order.received"]


def test_nobody_approves_a_debt_they_have_not_read(w: Warehouse, desk: Desk, time_machine: Any) -> None:
    _terms(w, "DEBTOR", credit_limit=1000, balance_due=1001)
    desk.enter("SO-1", APPLE=1, customer="DEBTOR")
    read = desk.order("SO-1").updated_at
    time_machine.move_to(clock.now() + dt.timedelta(minutes=1))
    _terms(w, "DEBTOR", credit_limit=1000, balance_due=900_000)
    finance = w.person("finance", roles=[Role.FINANCE])

    with pytest.raises(operations.ApprovedUnseen), w.transaction():
        operations.approve("SO-1", by=finance, reason="it is one more than allowed", seen=read)

    assert list(desk.reasons("SO-1")) == ["credit_limit"]
    with w.transaction():
        operations.approve("SO-1", by=finance, reason="all of it is insured", seen=desk.order("SO-1").updated_at)
    assert desk.status("SO-1") == "received"


def test_an_order_that_is_looked_at_again_and_is_the_same_was_not_changed(w: Warehouse, desk: Desk, time_machine: Any) -> None:
    _terms(w, "DEBTOR", credit_limit=1000, balance_due=1001, credit_days=30, oldest_due_on=clock.today() - dt.timedelta(days=40))
    desk.enter("SO-1", APPLE=1, customer="DEBTOR")
    desk.release("SO-1")
    read = desk.order("SO-1").updated_at
    time_machine.move_to(clock.now() + dt.timedelta(minutes=1))
    session.expire_all()
    with w.transaction():
        order = operations.find("SO-1", by=w.by)
        operations.reconsider(order, by=w.by)

    assert list(desk.reasons("SO-1")) == ["credit_limit", "credit_days", "stock"]
    assert desk.order("SO-1").updated_at == read


def test_an_address_that_is_taken_away_holds_and_one_that_is_given_lifts(w: Warehouse, desk: Desk) -> None:
    desk.enter("SO-1", APPLE=1)
    with w.transaction():
        editing.edit("SO-1", by=w.by, changes={"ship_to": {"name": "Li", "city": "上海"}})
    assert list(desk.reasons("SO-1")) == ["address"]
    with w.transaction():
        editing.edit("SO-1", by=w.by, changes={"ship_to": {"name": "Li", "city": "上海", "street": "Road 1"}})
    assert desk.status("SO-1") == "received"


def test_an_approval_needs_a_reason(w: Warehouse, desk: Desk) -> None:
    w.partner("BAD", blocked=True, blocked_reason="in court")
    desk.enter("SO-1", APPLE=1, customer="BAD")
    for reason in (None, "", "  "):
        with pytest.raises(ReasonMissing), w.transaction():
            operations.approve("SO-1", by=w.by, reason=reason)
    assert desk.status("SO-1") == "held"


def test_what_is_due_today_is_held_after_the_cut_off_until_tomorrow(w: Warehouse, desk: Desk, house_rules: Any, time_machine: Any) -> None:
    house_rules("17:00", 0)
    w.receive("APPLE", 10, at="A-01")
    five = clock.begins(clock.today()) + dt.timedelta(hours=17)
    time_machine.move_to(five - dt.timedelta(minutes=1))
    for number, hours in {"SO-1": 2, "SO-2": 2, "SO-3": 26}.items():
        desk.enter(number, APPLE=1, due_at=five + dt.timedelta(hours=hours))
    assert desk.release("SO-1") == "released"
    time_machine.move_to(five)
    assert desk.release("SO-2") == "held"
    assert desk.reasons("SO-2", "zh_CN") == {"cut_off": "今日应发，已过截单时间 17:00"}
    assert desk.release("SO-3") == "released", "due tomorrow"
    time_machine.move_to(five + dt.timedelta(hours=7, minutes=1))
    desk.reconsider()
    assert desk.status("SO-2") == "received", "it is tomorrow"


def test_an_order_like_the_one_before_is_doubted_for_some_hours(w: Warehouse, desk: Desk, house_rules: Any, time_machine: Any) -> None:
    house_rules("", 24)
    w.receive("APPLE", 50, at="A-01")
    desk.enter("SO-1", APPLE=5, NUT=1)
    desk.enter("SO-2", [("NUT", 1), ("APPLE", 5)])
    desk.enter("SO-3", APPLE=5, NUT=2)
    desk.enter("SO-4", APPLE=5, NUT=1, ship_to={"name": "Li", "city": "上海", "street": "Road 9"})
    assert [desk.status(f"SO-{n}") for n in (1, 2, 3, 4)] == ["received", "held", "received", "received"]
    assert desk.reasons("SO-2") == {"duplicate": "The same goods for the same customer as SO-1, a short time after it"}
    with w.transaction():
        withdrawal.cancel("SO-1", by=w.by)
    desk.reconsider()
    assert desk.status("SO-2") == "received", "the other one is gone"
    time_machine.move_to(clock.now() + dt.timedelta(hours=25))
    desk.enter("SO-5", APPLE=5, NUT=1)
    assert desk.status("SO-5") == "received"


# -- the four kinds of sale at the end ------------------------------------------------------------------------------------


def _delivered(w: Warehouse, desk: Desk, kind: OrderKind) -> None:
    w.receive("APPLE", 5, at="A-01")
    desk.enter("SO-1", APPLE=5, kind=kind)
    desk.release("SO-1")
    claim = desk.plan("SO-1", "A-01")
    desk.pick("SO-1", claim, "A-01")
    desk.ship("SO-1", desk.pack("SO-1", claim))
    with w.transaction():
        order = lifecycle.locked("SO-1", by=w.by)
        for line in order.lines:
            line.delivered = line.shipped
        lifecycle.change(order, OrderStatus.DELIVERED, by=w.by, signed_by="Li")


def test_an_instalment_sale_is_settled_when_all_of_it_is_signed_for(w: Warehouse, desk: Desk) -> None:
    desk.enter("SO-0", APPLE=1, kind=OrderKind.INSTALMENT)
    with pytest.raises(operations.InstalmentOpen), w.transaction():
        operations.settle("SO-0", by=w.by)
    _delivered(w, desk, OrderKind.INSTALMENT)
    with w.transaction():
        operations.settle("SO-1", by=w.by)
        operations.close("SO-1", by=w.by)
    assert desk.status("SO-1") == "closed"


@pytest.mark.parametrize("kind", [OrderKind.SHIP_FIRST, OrderKind.CONSIGNMENT])
def test_consigned_goods_are_closed_unsettled_and_others_are_not(w: Warehouse, desk: Desk, kind: OrderKind) -> None:
    _delivered(w, desk, kind)
    if kind is OrderKind.SHIP_FIRST:
        with pytest.raises(operations.NotSettled), w.transaction():
            operations.close("SO-1", by=w.by)
    else:
        with pytest.raises(operations.NothingOwed), w.transaction():
            operations.settle("SO-1", by=w.by)
        assert desk.order("SO-1").settled_at is None
        with w.transaction():
            operations.close("SO-1", by=w.by)
    assert desk.status("SO-1") == ("delivered" if kind is OrderKind.SHIP_FIRST else "closed")


def test_what_the_customer_agreed_holds_for_an_order_that_says_nothing(w: Warehouse, desk: Desk) -> None:
    w.partner("WHOLE", ship_complete=True, allow_backorder=True)
    desk.enter("SO-1", APPLE=1, customer="WHOLE")
    desk.enter("SO-2", APPLE=1, customer="WHOLE", ship_complete=False, allow_backorder=False)
    assert [(one.ship_complete, one.allow_backorder) for one in (desk.order("SO-1"), desk.order("SO-2"))] == [(True, True), (False, False)]


def test_a_second_release_tells_what_holds_the_order_now_and_what_does_not_any_more(w: Warehouse, desk: Desk) -> None:
    desk.enter("SO-1", APPLE=5, ship_to={"name": "Li"})
    assert desk.release("SO-1") == "held"
    desk.w.receive("APPLE", 5, at="A-01")
    assert desk.release("SO-1") == "held"
    told = [
        (event.code, event.facts["holds"])
        for event in session.execute(sa.select(Event).where(Event.subject_number == "SO-1").order_by(Event.id)).scalars()
        if "holds" in event.facts
    ]
    assert told == [("order.held", ["address"]), ("order.held", ["stock"]), ("order.lifted", ["stock"])]


def test_a_hold_of_before_says_what_it_says_without_how_much_was_wanted() -> None:
    told = {"missing": [{"sku": "TEA", "missing": 2}, {"sku": "RICE", "missing": 500, "wanted": 2500, "decimals": 3}]}
    assert gate.reason("stock", told, "en") == "Not enough stock: TEA lacks 2; RICE lacks 0.5 of 2.5"
    assert gate.reason("stock", told, "zh_CN") == "库存不足：TEA 缺 2；RICE 缺 0.5（需 2.5）"
