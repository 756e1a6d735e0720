"""The work list of differences at the desk: filtered, taken over, handed on, settled once; what is open too long is red."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import sqlalchemy as sa

from tests.http import Client
from tests.receiving.conftest import Dock
from tests.warehouse import Warehouse
from tests.web.desk import Desk, form_of
from wms import clock
from wms.actor import Role
from wms.auth.models import Person
from wms.catalog.models import PartnerKind
from wms.db import session
from wms.orders import differences, inbound
from wms.orders.models import Difference, DifferenceKind


@pytest.fixture
def noted(w: Warehouse, dock: Dock) -> list[str]:
    """Two open differences: one short line, one return without papers."""
    w.partner("FARM", kind=PartnerKind.SUPPLIER)
    order = dock.announce(("TEA", 10), partner="FARM")
    with w.transaction():
        about: dict[str, Any] = {"inbound": order, "product": w.product("TEA"), "inbound_line_id": order.lines[0].id}
        short = differences.note(DifferenceKind.SHORT, by=w.by, quantity=3, text="one case", **about)
        found = differences.note(DifferenceKind.WITHOUT_PAPERS, by=w.by, scanned="69012345", quantity=1)
    return [short.number, found.number]


def fresh(number: str) -> Difference:
    session.rollback()
    return session.execute(sa.select(Difference).where(Difference.number == number)).scalar_one()


def test_the_list_is_narrowed_by_owner_kind_sender_and_words(client: Client, noted: list[str]) -> None:
    desk = Desk(client, Role.SUPERVISOR)
    short, found = noted
    for query, shown in {
        "": {short, found},
        "?owner=mine": {short},
        "?owner=sales": {found},
        "?kind=short": {short},
        "?partner=farm": {short},
        "?q=690123": {found},
        "?q=in-1": {short},
        "?status=settled": set(),
        "?status=all": {short, found},
        "?late=1": set(),
        "?kind=nonsense&owner=nobody&sort=-quantity&page=99": {short, found},
    }.items():
        page = desk.get("/receiving/differences" + query)
        assert {number for number in noted if f">{number}<" in page} == shown, query
    assert "FARM" in desk.get("/receiving/differences?export=csv")


def test_open_too_long_is_red_and_on_the_home_board(client: Client, noted: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(client, Role.SUPERVISOR)
    assert 'data-tone="stop"' not in desk.get("/receiving/differences").split("<table")[1]
    later = clock.now() + dt.timedelta(days=4)
    monkeypatch.setattr(clock, "now", lambda: later)
    desk.sign_in()
    page = desk.get("/receiving/differences?late=1")
    assert page.count('<tr data-tone="stop"') == 2
    assert "Waits for Supervisor, 4 d" in page
    board = desk.get("/")
    assert "Open too long" in board
    assert f">{noted[0]}<" in board


def test_somebody_takes_it_over_and_hands_it_on(client: Client, w: Warehouse, noted: list[str]) -> None:
    desk, number = Desk(client, Role.SUPERVISOR), noted[0]
    desk.post(f"/receiving/differences/{number}/take")
    ann = session.execute(sa.select(Person.id).where(Person.code == "ann")).scalar_one()
    assert fresh(number).owner_id == ann
    assert f">{number}<" in desk.get("/receiving/differences?owner=mine")
    desk.post(f"/receiving/differences/{number}/hand", to="role:sales")
    assert (fresh(number).owner_role, fresh(number).owner_id) == ("sales", None)
    desk.post(f"/receiving/differences/{number}/hand", to="tester")
    assert fresh(number).owner_id == w.by.id
    for nobody in ("", "role:king", "stranger"):
        desk.post(f"/receiving/differences/{number}/hand", to=nobody)
        assert "Say to whom it goes" in desk.get(f"/receiving/differences/{number}")
    assert fresh(number).owner_id == w.by.id


def test_it_is_settled_once_by_an_outcome_that_fits(client: Client, noted: list[str]) -> None:
    desk, number = Desk(client, Role.SUPERVISOR), noted[0]
    address = f"/receiving/differences/{number}"
    form = form_of(desk.get(address))
    for wrong in ("", "nonsense", "scrapped"):
        desk.post(address + "/settle", **{**form, "outcome": wrong})
        assert fresh(number).status == "open"
    desk.post(address + "/settle", **{**form, "outcome": "credited", "text": "note 7"})
    desk.post(address + "/settle", **{**form, "outcome": "delivered_later"})
    one = fresh(number)
    assert (one.status, one.outcome, one.ending) == ("settled", "credited", "note 7")
    page = desk.get(address)
    assert "Credited by the sender" in page
    assert "is no longer open" in page


def test_scrapping_shows_where_the_goods_lie_and_asks_once_more(client: Client, w: Warehouse, dock: Dock) -> None:
    order = dock.announce(("TEA", 10))
    unit = w.unit(at="DOCK")
    moved = w.receive("TEA", 4, condition="damaged", unit=unit)
    with w.transaction():
        facts: dict[str, Any] = {"movement_id": moved.movement_id, "batch_id": w.batch("TEA")}
        number = differences.note(DifferenceKind.DAMAGED, by=w.by, inbound=order, product=w.product("TEA"), quantity=4, **facts).number
    desk = Desk(client, Role.SUPERVISOR)
    address = f"/receiving/differences/{number}"
    page = desk.get(address)
    assert unit.code in page, "the plate is named before anything is decided"
    form = form_of(page)
    desk.post(address + "/settle", **{**form, "outcome": "scrapped", "text": "wet"})
    assert (fresh(number).status, w.on_hand("TEA")) == ("open", 4)
    asked = desk.get(address + "?sure=scrapped&text=wet")
    assert "4 of TEA leave the stock for good." in asked
    desk.post(address + "/settle", **form_of(asked))
    assert (fresh(number).status, fresh(number).ending) == ("settled", "wet")
    session.rollback()
    assert w.on_hand("TEA") == 0


def test_what_is_accepted_is_released_with_it(client: Client, w: Warehouse, dock: Dock) -> None:
    order = dock.announce(("TEA", 10))
    moved = w.receive("TEA", 4, condition="blocked", unit=w.unit(at="DOCK"))
    with w.transaction():
        facts: dict[str, Any] = {"movement_id": moved.movement_id, "batch_id": w.batch("TEA")}
        number = differences.note(DifferenceKind.TOO_OLD, by=w.by, inbound=order, product=w.product("TEA"), quantity=4, **facts).number
    desk = Desk(client, Role.SUPERVISOR)
    form = form_of(desk.get(f"/receiving/differences/{number}"))
    desk.post(f"/receiving/differences/{number}/settle", **{**form, "outcome": "accepted"})
    session.rollback()
    assert w.on_hand("TEA", condition="good") == 4


def test_whoever_only_looks_decides_nothing(client: Client, noted: list[str]) -> None:
    desk, number = Desk(client, Role.FINANCE), noted[0]
    assert 'action="/receiving/differences' not in desk.get(f"/receiving/differences/{number}")
    for act in ("take", "hand", "settle"):
        desk.post(f"/receiving/differences/{number}/{act}", 403)
    desk.get("/receiving/differences/D-99", 404)


def test_the_page_of_the_delivery_shows_them(client: Client, w: Warehouse, noted: list[str]) -> None:
    desk = Desk(client, language="zh_CN")
    assert f">{noted[0]}<" in desk.get("/inbound-orders/IN-1")
    with w.transaction():
        inbound.close_inbound("IN-1", by=w.by)
    assert "少货" in desk.get("/inbound-orders/IN-1")
    short = session.execute(sa.select(Difference.quantity).where(Difference.kind == "short")).scalars()
    assert sorted(one or 0 for one in short) == [3, 7]
