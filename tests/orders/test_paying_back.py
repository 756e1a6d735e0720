"""An order was settled, and then less of it goes: finance has it on a list until it has paid back."""

from __future__ import annotations

from typing import Any

import pytest

from tests.orders.conftest import Machine
from tests.orders.desk import Desk
from tests.shipping.conftest import Yard
from tests.warehouse import Warehouse
from wms.orders import editing, operations, paying_back, withdrawal
from wms.orders.lines import NewLine
from wms.orders.models import OrderKind
from wms.shipping import shortages


def settled(w: Warehouse, desk: Desk, number: str, *, release: bool = True) -> None:
    w.receive("APPLE", 10, at="A-01")
    desk.enter(number, APPLE=10, kind=OrderKind.SETTLE_FIRST)
    with w.transaction():
        operations.settle(number, by=w.by)
    if release:
        assert desk.release(number) == "released"


def owed(api: Machine) -> list[str]:
    return [row["number"] for row in api.get("/deliveries", state="owed_back")["items"]]


def test_what_was_settled_and_cancelled_waits_until_finance_has_paid_back(w: Warehouse, desk: Desk, machine: Any) -> None:
    finance, sales = machine("finance"), machine("sales")
    settled(w, desk, "SO-1", release=False)
    desk.enter("SO-2", APPLE=10)
    for number in ("SO-1", "SO-2"):
        sales.post(f"/orders/{number}/cancel", {"reason": "changed their mind"})
    (row,) = finance.get("/deliveries", state="owed_back")["items"]
    assert (row["number"], row["status"], row["state"], row["owed_back_at"] is not None) == ("SO-1", "cancelled", "owed_back", True)
    board = finance.page("/")
    board = board[board.index('id="panel-orders-finance"') :]
    assert "Cancelled; Finance has money to pay back" in board[: board.index("</section>")], "it is on finance's board of today"
    page = finance.page("/postings?state=owed_back")
    assert "SO-1" in page
    assert 'action="/orders/SO-1/pay-back"' in page
    assert "pay-back" not in sales.page("/postings?state=owed_back"), "that is finance's to say"
    assert "To pay back since" in finance.client.get("/postings?state=owed_back&export=csv", headers=finance.headers).text
    sales.post("/orders/SO-1/pay-back", status=403)
    finance.send("/orders/SO-1/pay-back", back="owed_back", reason="bank 17")
    assert owed(finance) == []
    assert desk.events("SO-1")[-3:] == ["order.cancelled", "order.owed_back", "order.paid_back"]
    assert finance.post("/orders/SO-1/pay-back", status=409)["code"] == "nothing_to_pay_back"


def test_in_chinese_it_is_a_list_like_the_others(w: Warehouse, desk: Desk, machine: Any) -> None:
    settled(w, desk, "SO-1")
    with w.transaction():
        withdrawal.cancel("SO-1", by=w.by)
    page = machine("finance", "zh_CN").page("/postings?state=owed_back")
    for words in ("待退款", "已退款", "SO-1"):
        assert words in page


def test_fewer_pieces_and_a_part_that_stays_here_are_paid_back_each_time(w: Warehouse, desk: Desk, api: Machine) -> None:
    settled(w, desk, "SO-1")
    with w.transaction():
        editing.edit("SO-1", by=w.by, changes={"priority": 9})
    assert owed(api) == [], "nothing of it is less"
    for quantity in (8, 5):
        with w.transaction():
            editing.edit("SO-1", by=w.by, lines=[NewLine("APPLE", quantity, line="1")])
        assert owed(api) == ["SO-1"]
        with w.transaction():
            paying_back.pay_back("SO-1", by=w.by)
        assert owed(api) == []
    with pytest.raises(paying_back.NothingToPayBack), w.transaction():
        paying_back.pay_back("SO-1", by=w.by)


def test_what_comes_up_short_at_the_bench_is_paid_back_too(w: Warehouse, api: Machine) -> None:
    yard = Yard(w)
    yard.picked("SO-1", APPLE=4)
    yard.picked("SO-2", APPLE=4)
    with w.transaction():
        operations.settle("SO-1", by=w.by)
    for number in ("SO-1", "SO-2"):
        with w.transaction():
            shortages.report(yard.order(number).id, w.product("APPLE"), 1, reason=shortages.Lack.LOST, by=w.by, key=number)
    assert owed(api) == ["SO-1"], "the other one is not settled yet"
