"""Whoever watches an order, or a customer, is told of each milestone once, and of nothing else."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine

from tests.http import Api
from tests.orders.desk import Desk
from tests.warehouse import Warehouse
from wms import clock, db, events
from wms.actor import Role
from wms.app import Application
from wms.events import Event
from wms.integrations import telling
from wms.orders import operations
from wms.sales import jobs, watching
from wms.sales.models import Notice


@pytest.fixture
def desk(w: Warehouse) -> Desk:
    return Desk(w)


def tell() -> None:
    """The background's round."""
    with db.transaction():
        telling.spread()


class Reader(Api):
    """Somebody of sales with a token."""

    def codes(self, **query: Any) -> list[tuple[str, str]]:
        tell()
        return [(one["order"], one["code"].removeprefix("order.")) for one in self.get("/notices", **query)["items"]]


@pytest.fixture
def sales(app: Application, w: Warehouse) -> Reader:
    return Reader(app, Role.SALES)


@pytest.mark.parametrize(
    ("language", "told"), [("en", "Held: Held by hand · customer calls back"), ("zh_CN", "暂挂：人工暂挂：customer calls back")]
)
def test_a_notice_says_why_an_order_is_held(app: Application, desk: Desk, language: str, told: str) -> None:
    desk.enter("SO-1", APPLE=5)
    sales = Reader(app, Role.SALES, language=language)
    sales.post("/orders/SO-1/watch")
    with desk.w.transaction():
        operations.hold("SO-1", by=desk.w.by, reason="customer calls back")
    tell()
    assert [one["text"] for one in sales.get("/notices")["items"]] == [told]


def test_the_milestones_of_a_watched_order_are_told_once_and_of_no_other(desk: Desk, sales: Reader) -> None:
    desk.w.receive("APPLE", 20, at="A-01")
    desk.enter("SO-1", APPLE=5)
    desk.enter("SO-2", APPLE=5)
    assert sales.post("/orders/so-1/watch") == {"code": "SO-1", "watched": True}
    sales.post("/orders/SO-1/watch")
    for number in ("SO-1", "SO-2"):
        desk.release(number)
    claim = desk.plan("SO-1", "A-01")
    desk.pick("SO-1", claim, "A-01")
    carton = desk.pack("SO-1", claim)
    desk.ship("SO-1", carton)
    assert sales.codes() == [("SO-1", "released"), ("SO-1", "packed"), ("SO-1", "shipped")]
    tell()
    assert len(sales.codes()) == 3, "told once"
    texts = [one["text"] for one in sales.get("/notices")["items"]]
    assert texts == ["Given to the warehouse", "Packed", "Left for the customer"]

    # Seen up to one of them, the others stay new; somebody else's are their own.
    [_, second, third] = [one["id"] for one in sales.get("/notices")["items"]]
    assert sales.post("/notices/seen", {"up_to": second}) == {"seen": 2}
    assert sales.post("/notices/seen", {"up_to": second}) == {"seen": 0}
    assert sales.codes(new="true") == [("SO-1", "shipped")]
    other = Reader(sales.client.application, Role.SALES)
    assert (other.codes(), other.post("/notices/seen", {"up_to": third})) == ([], {"seen": 0})
    assert sales.codes(new="true") == [("SO-1", "shipped")]


def test_a_customers_orders_are_told_from_then_on_until_somebody_lets_go(desk: Desk, sales: Reader) -> None:
    desk.enter("SO-1", APPLE=5, customer="CUSTOMER")
    desk.release("SO-1")
    tell()
    sales.post("/partners/customer/watch")
    sales.post("/orders/SO-1/watch")
    assert sales.codes() == [], "what happened before is no news"
    desk.enter("SO-2", APPLE=5, customer="CUSTOMER")
    desk.enter("SO-3", APPLE=5, customer="OTHER")
    for number in ("SO-2", "SO-3"):
        desk.release(number)
    assert sales.codes() == [("SO-2", "held")]
    sales.post("/orders/SO-2/hold", {"reason": "my own"})
    assert sales.codes() == [("SO-2", "held")], "what somebody did themselves they know"
    sales.post("/partners/CUSTOMER/let-go")
    desk.enter("SO-4", APPLE=5, customer="CUSTOMER")
    desk.release("SO-4")
    assert sales.codes() == [("SO-2", "held")]
    sales.post("/orders/SO-1/let-go")
    assert sales.post("/orders/SO-1/let-go") == {"code": "SO-1", "watched": False}
    for path in ("/orders/NONE/watch", "/orders/NONE/let-go", "/partners/NONE/watch", "/partners/NONE/let-go"):
        assert sales.post(path, status=404)


def test_nobody_reads_of_an_order_that_goes_with_another_one_that_it_is_cancelled(app: Application, desk: Desk, sales: Reader) -> None:
    for number in ("SO-1", "SO-2", "SO-3"):
        desk.enter(number, APPLE=5)
        sales.post(f"/orders/{number}/watch")
    merged, cancelled = (sales.post(f"/orders/{number}/links", {"language": "en"})["url"] for number in ("SO-2", "SO-3"))
    desk_of_sales = Api(app, Role.SALES)
    desk_of_sales.post("/orders/merge", {"orders": ["SO-1", "SO-2"]})
    desk_of_sales.post("/orders/SO-3/cancel")
    assert sales.codes() == [("SO-2", "merged"), ("SO-3", "cancelled")]
    told = {
        one.subject_number: one.facts.get("into") for one in db.session.scalars(sa.select(Event).where(Event.code == "order.cancelled"))
    }
    assert told == {"SO-2": "SO-1", "SO-3": None}
    pages = [app.test_client().get(url.removeprefix("http://localhost")).text for url in (merged, cancelled)]
    assert ["Your goods come with your order SO-1" in page for page in pages] == [True, False]
    assert ["5 to come" in page for page in pages] == [True, False]
    assert ["5 will not come" in page for page in pages] == [False, True]


def test_what_steps_back_is_no_news(desk: Desk, sales: Reader) -> None:
    order = desk.enter("SO-1", APPLE=5)
    sales.post("/orders/SO-1/watch")
    with db.transaction():
        for code, before in (("packed", "loaded"), ("packed", "picked"), ("loaded", "shipped"), ("held", "released")):
            events.record(order, f"order.{code}", by=desk.w.by, before=before)
    assert sales.codes() == [("SO-1", "packed"), ("SO-1", "held")]


def test_an_order_is_late_once_for_each_time_it_was_due(desk: Desk, sales: Reader, w: Warehouse) -> None:
    now = clock.now()
    desk.enter("SO-1", APPLE=5, due_at=now + dt.timedelta(hours=1))
    desk.enter("SO-2", APPLE=5, due_at=now + dt.timedelta(hours=9))
    desk.enter("SO-3", APPLE=5)
    for number in ("SO-1", "SO-2", "SO-3"):
        sales.post(f"/orders/{number}/watch")
    assert watching.tell_late() == 0
    with time_machine.travel(now + dt.timedelta(hours=2)):
        assert (watching.tell_late(), watching.tell_late()) == (1, 0)
        assert sales.codes() == [("SO-1", "late")]
        sales_again = Api(sales.client.application, Role.SALES)
        sales_again.post("/orders/SO-1/change", {"due_at": (now + dt.timedelta(hours=3)).isoformat()})
        assert watching.tell_late() == 0
    with time_machine.travel(now + dt.timedelta(hours=4)):
        assert watching.tell_late() == 1
    with time_machine.travel(now + dt.timedelta(days=30)):
        assert watching.tell_late() == 0, "what was due long ago is no news"
    assert [code for code in desk.events("SO-1") if code == "order.late"] == ["order.late"] * 2
    assert "Late" not in desk.events("SO-3")


def test_very_many_late_orders_are_told_in_handfuls(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "_HANDFUL", 2)
    for number in range(5):
        desk.enter(f"SO-{number}", APPLE=1, due_at=clock.now() - dt.timedelta(minutes=number))
    assert (watching.tell_late(), watching.tell_late()) == (5, 0)


def test_notices_of_long_ago_are_forgotten_and_the_timeline_is_not(desk: Desk, sales: Reader) -> None:
    desk.enter("SO-1", APPLE=5)
    sales.post("/orders/SO-1/watch")
    desk.release("SO-1")
    assert sales.codes() == [("SO-1", "held")]
    with time_machine.travel(clock.now() + dt.timedelta(days=91)):
        assert jobs.forget_notices() == 1
    assert db.session.execute(sa.select(sa.func.count()).select_from(Notice)).scalar_one() == 0
    assert "order.held" in desk.events("SO-1")
    assert db.session.execute(sa.select(sa.func.count()).select_from(Event)).scalar_one() > 0


def test_nobody_watches_without_end(desk: Desk, sales: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "MOST", 1)
    desk.enter("SO-1", APPLE=5)
    desk.enter("SO-2", APPLE=5)
    sales.post("/orders/SO-1/watch")
    assert sales.post("/orders/SO-2/watch", status=409)["code"] == "too_many_watched"
    sales.post("/orders/SO-1/watch")
    sales.post("/orders/SO-1/let-go")
    sales.post("/orders/SO-2/watch")
