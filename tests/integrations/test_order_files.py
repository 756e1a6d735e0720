"""Long files of orders: checked whole, written in handfuls, taken up again where they stopped."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from tests.warehouse import Warehouse
from wms import db
from wms.app import Application
from wms.db import session
from wms.events import Event
from wms.integrations import handfuls, order_files
from wms.integrations.imports import import_file
from wms.integrations.progress import Bar
from wms.integrations.reports import Report
from wms.orders import gate, operations
from wms.orders.lines import NewLine
from wms.orders.models import Order, OrderLine

HEAD = "number,customer,source,sku,quantity\n"


def rows(*numbers: int, quantity: int = 2, source: str = "shop") -> str:
    return "".join(f"SO-{n},C-1,{source},TEA,{quantity}\nSO-{n},C-1,{source},CUP,1\n" for n in numbers)


@pytest.fixture
def house(w: Warehouse, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    """Two products, one customer, and files that are long with four rows."""
    w.partner("C-1")
    w.product("TEA")
    w.product("CUP")
    monkeypatch.setattr(order_files, "HANDFUL", 4)
    monkeypatch.setattr(handfuls, "AS_ONE", 4)
    return w


def take_in(w: Warehouse, text: str, **more: bool) -> Report:
    return import_file("orders", io.BytesIO((HEAD + text).encode()), by=w.by, **more)  # type: ignore[arg-type]


def numbers() -> list[str]:
    return list(session.execute(sa.select(Order.number).order_by(Order.id)).scalars())


def statements(work: Callable[[], object]) -> list[str]:
    said: list[str] = []

    def listen(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        said.append(statement)

    engine = db.database.engine
    event.listen(engine, "before_cursor_execute", listen)
    try:
        work()
    finally:
        event.remove(engine, "before_cursor_execute", listen)
    return said


def test_a_long_file_comes_in_whole_and_is_told_of(house: Warehouse) -> None:
    report = take_in(house, rows(*range(1, 8)))
    assert (report.errors, report.rows, report.taken, report.there) == ([], 14, 7, 0)
    assert numbers() == [f"SO-{n}" for n in range(1, 8)]
    assert session.execute(sa.select(sa.func.sum(OrderLine.ordered))).scalar_one() == 21
    told = session.execute(sa.select(Event.subject_number).where(Event.code == "order.received").order_by(Event.id)).scalars().all()
    assert told == numbers()


def test_one_bad_row_at_its_end_and_nothing_is_taken_in(house: Warehouse) -> None:
    report = take_in(house, rows(*range(1, 8)) + "SO-8,C-1,shop,NONE,1\nSO-8,C-1,shop,NEITHER,1\nSO-9,C-9,shop,TEA,1\n")
    assert [(one.line, one.column, one.code) for one in report.errors] == [
        (16, "sku", "sku_unknown"),
        (17, "sku", "sku_unknown"),
        (18, "customer", "partner_unknown"),
    ]
    assert numbers() == []


def test_an_unknown_customer_hides_no_unknown_product(house: Warehouse) -> None:
    report = take_in(house, "SO-9,C-9,shop,NONE,1\nSO-9,C-9,shop,TEA,1\nSO-9,C-9,shop,NEITHER,1\n")
    assert [(one.line, one.column, one.code) for one in report.errors] == [
        (2, "customer", "partner_unknown"),
        (2, "sku", "sku_unknown"),
        (4, "sku", "sku_unknown"),
    ]


def test_what_cannot_be_read_hides_nothing_that_is_not_there(house: Warehouse) -> None:
    """Whoever corrects a file corrects it once: each row that is wrong is named, though another row of its order is no order at all."""
    bad = "SO-1,C-1,shop,TEA,none\nSO-1,C-1,shop,{NONE},1\nSO-2,C-9,shop,TEA,-3\nSO-3,C-1,shop,TEA,0\n"
    report = take_in(house, bad)
    assert [(one.line, one.column, one.code) for one in report.errors] == [
        (2, "quantity", "int_parsing"),
        (3, "sku", "sku_unknown"),
        (4, "quantity", "greater_than_equal"),
        (4, "customer", "partner_unknown"),
        (5, "quantity", "greater_than_equal"),
    ]
    assert report.errors[1].say("en") == "line 3, column sku: There is no product {NONE}"
    assert report.errors[3].say("zh_CN") == "第 4 行，customer 列：没有此客户：C-9"
    assert numbers() == []


def test_a_dry_run_of_a_long_file_writes_nothing(house: Warehouse) -> None:
    report = take_in(house, rows(*range(1, 8)), dry_run=True)
    assert (report.errors, report.taken) == ([], 7)
    assert numbers() == []


def test_the_same_file_once_more_writes_nothing(house: Warehouse) -> None:
    take_in(house, rows(*range(1, 8)))
    events = session.execute(sa.select(sa.func.count()).select_from(Event)).scalar_one()
    again = take_in(house, rows(*range(1, 8)))
    assert (again.errors, again.taken, again.there) == ([], 0, 7)
    assert again.text.say("en") == "0 taken in from 14 rows; 7 were there just so"
    assert session.execute(sa.select(sa.func.count()).select_from(Event)).scalar_one() == events
    other = take_in(house, rows(1, quantity=3))
    assert [one.code for one in other.errors] == ["entered_differently"]
    assert [one.code for one in take_in(house, rows(2, source="other")).errors] == ["number_taken"]


def test_what_becomes_wrong_meanwhile_ends_it_and_the_same_file_takes_in_the_rest(
    house: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, written = order_files._write, []

    def somebody_is_first(*given: object, **more: object) -> None:
        written.append(1)
        if len(written) == 3:
            operations.enter_order(customer="C-1", number="SO-6", lines=[NewLine("TEA", 1)], by=house.by)
        real(*given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(order_files, "_write", somebody_is_first)
    stopped = take_in(house, rows(*range(1, 8)))
    assert [(one.line, one.code) for one in stopped.errors] == [(12, "number_taken")]
    assert "Stopped after 4" in stopped.text.say("en")
    assert numbers() == ["SO-1", "SO-2", "SO-3", "SO-4"]

    rest = take_in(house, rows(*range(1, 8)))
    assert (rest.errors, rest.taken, rest.there) == ([], 3, 4)
    assert len(numbers()) == 7


def test_orders_of_a_file_and_single_ones_are_alike(app: Application, house: Warehouse) -> None:
    """A file comes in by another way than a single order; what it leaves is the same."""
    house.partner("C-2", ship_complete=True, one_batch=True, min_remaining_days=9, address={"city": "洛阳", "street": "1"})
    take_in(house, "SO-1,C-2,shop,TEA,2\n")
    with house.transaction():
        operations.enter_order(customer="C-2", number="SO-2", source="shop", lines=[NewLine("TEA", 2)], by=house.by)
    one, two = (operations.find(number, by=house.by) for number in ("SO-1", "SO-2"))
    unlike = {"id", "number", "number_key", "entered_as", "created_at", "updated_at", "order_id"}
    for left, right in ((one, two), (one.lines[0], two.lines[0])):
        names = [column.name for column in left.__table__.columns if column.name not in unlike]
        assert {name: getattr(left, name) for name in names} == {name: getattr(right, name) for name in names}
    assert [hold.code for hold in one.holds] == [hold.code for hold in two.holds]


def test_a_long_file_asks_for_its_products_once_and_for_no_order_by_itself(house: Warehouse) -> None:
    """How many statements it takes does not grow with what stands in each handful; of four orders in two handfuls each looks up its own."""
    said = statements(lambda: take_in(house, rows(*range(1, 5))))
    assert numbers() == ["SO-1", "SO-2", "SO-3", "SO-4"]
    assert sum("FROM products" in one for one in said) == 2  # when it is checked, and when it is written
    written = [one.split()[2] for one in said if one.startswith("INSERT")]
    assert {name: written.count(name) for name in ("orders", "order_lines", "order_keys", "events")} == dict.fromkeys(
        ("orders", "order_lines", "order_keys", "events"), 2
    )


def test_a_file_whose_orders_are_all_held_is_held_by_handfuls(house: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each was read again and held by itself, which took four times as long as all the rest."""
    house.partner("B-1", blocked=True, blocked_reason="Insolvent")
    monkeypatch.setattr(order_files, "HANDFUL", 600)
    blocked = rows(*range(1, 30)).replace("C-1", "B-1")
    few = statements(lambda: take_in(house, blocked[: blocked.index("SO-2,")]))
    many = statements(lambda: take_in(house, blocked))
    assert len(many) <= len(few) + 4, "as many as for one"
    with house.transaction():
        operations.enter_order(customer="B-1", number="ALONE", lines=[NewLine("TEA", 2), NewLine("CUP", 1)], by=house.by)
    alone, ours = (operations.find(number, by=house.by) for number in ("ALONE", "SO-7"))
    assert ours.status == alone.status == "held"
    assert [(one.code, one.facts) for one in ours.holds] == [(one.code, one.facts) for one in alone.holds]
    told = [
        session.execute(
            sa.select(Event.code, Event.facts).where(Event.subject_number == number, Event.code != "order.received").order_by(Event.id)
        ).all()
        for number in ("ALONE", "SO-7")
    ]
    assert told[0] == told[1] != []


def test_orders_alike_are_found_whoever_wrote_them_and_in_whichever_handful(house: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what adds up to the same is read of what came before."""
    monkeypatch.setattr(gate, "_house", gate.House(duplicate_hours=24))
    with house.transaction():
        operations.enter_order(customer="C-1", number="ALONE", lines=[NewLine("CUP", 1), NewLine("TEA", 9)], by=house.by)
    take_in(house, rows(1, quantity=9) + rows(2, quantity=3) + rows(3, quantity=4) + rows(4, quantity=3) + rows(5, quantity=9))
    holds = {number: [one.facts["number"] for one in operations.find(number, by=house.by).holds] for number in numbers()}
    assert holds == {"ALONE": [], "SO-1": ["ALONE"], "SO-2": [], "SO-3": [], "SO-4": ["SO-2"], "SO-5": ["SO-1"]}


def test_a_file_that_is_tried_again_reads_its_products_still(house: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """A deadlock takes back what was written, and not what is known of the products."""
    real, tried = order_files._write, []

    def at_first_in_vain(*given: object, **more: object) -> None:
        real(*given, **more)  # type: ignore[arg-type]
        tried.append(1)
        if len(tried) == 2:
            raise OperationalError("UPDATE", {}, Exception("database is locked"))

    monkeypatch.setattr(order_files, "_write", at_first_in_vain)
    assert take_in(house, rows(*range(1, 8))).taken == 7
    assert numbers() == [f"SO-{n}" for n in range(1, 8)]


def test_a_bar_grows_where_somebody_looks() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal, file = Terminal(), io.StringIO()
    for bar in (Bar(terminal), Bar(file)):
        for checked, written in ((5, 0), (10, 0), (0, 5), (0, 5)):
            bar.show(checked, written)
    assert "10 checked" in terminal.getvalue()
    assert terminal.getvalue().endswith("10 / 10 written 已写入\n")
    assert file.getvalue() == ""
