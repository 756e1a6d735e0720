"""The navigation: groups by who works there, that of the page open, the others with what waits for a hand."""

from __future__ import annotations

import re

import pytest

from tests.http import Client
from tests.orders import desk as orders
from tests.picking.conftest import Hall
from tests.warehouse import Warehouse
from tests.web.desk import Desk
from wms.actor import Role
from wms.app import Application
from wms.orders import operations
from wms.orders.lines import NewLine


def groups(page: str) -> dict[str, tuple[bool, list[str]]]:
    """Whether each group is open, and its entries."""
    found = {}
    for name, is_open, inside in re.findall(r'<details data-group="(\w+)"( open)?>(.*?)</details>', side(page), re.DOTALL):
        found[name] = (bool(is_open), re.findall(r"<a [^>]*><span>([^<]+)</span>", inside))
    return found


@pytest.mark.parametrize(
    ("path", "group"),
    [
        ("/picking/lists", "picking"),
        ("/picking/carts", "rules"),
        ("/stock", "stock"),
        ("/people", "administration"),
        ("/products", "house"),
    ],
)
def test_the_group_of_the_page_is_open_and_no_other(w: Warehouse, app: Application, path: str, group: str) -> None:
    page = Desk(Client(app), Role.ADMIN).get(path)
    assert [name for name, (is_open, _) in groups(page).items() if is_open] == [group]


def test_a_page_below_one_of_a_groups_opens_it_too(w: Warehouse, app: Application) -> None:
    hall = Hall(w)
    hall.put("P0", 5, "A-01")
    hall.release("SO-0", ("P0", 1))
    page = Desk(Client(app), Role.ADMIN).get(f"/picking/lists/{hall.list_of('SO-0')}")
    assert [name for name, (is_open, _) in groups(page).items() if is_open] == ["picking"]


@pytest.mark.parametrize(("path", "entry"), [("/orders/new", "Orders"), ("/order-exceptions", "Exceptions"), ("/products/new", "Products")])
def test_a_page_marks_the_entry_that_it_is_below(w: Warehouse, app: Application, path: str, entry: str) -> None:
    page = Desk(Client(app), Role.ADMIN).get(path)
    assert re.findall(r'aria-current="page"><span>([^<]+)', page) == [entry]


def test_splitting_is_below_orders_wherever_its_view_lives(w: Warehouse, app: Application) -> None:
    orders.Desk(w).enter("SO-1", APPLE=5)
    page = Desk(Client(app), Role.ADMIN).get("/orders/SO-1/split")
    assert re.findall(r'aria-current="page"><span>([^<]+)', page) == ["Orders"]


def test_the_overview_is_no_group_and_opens_none(w: Warehouse, app: Application) -> None:
    page = Desk(Client(app), Role.ADMIN).get("/tasks")
    assert not [name for name, (is_open, _) in groups(page).items() if is_open]
    assert 'aria-current="page"><span>Tasks' in page


def test_who_may_do_little_has_few_groups(w: Warehouse, app: Application) -> None:
    shown = groups(Desk(Client(app), Role.SALES).get("/orders"))
    assert {"administration", "rules"} & set(shown) <= {"rules"}
    assert "People" not in str(shown)


def test_a_closed_group_says_how_much_of_it_waits_for_a_hand(w: Warehouse, app: Application) -> None:
    hall = Hall(w)
    hall.put("P0", 1, "A-01")
    hall.release("SO-0", ("P0", 1))
    hall.short(hall.open(hall.list_of("SO-0")), 0)
    page = Desk(Client(app), Role.ADMIN).get("/stock")
    picking = page.split('data-group="picking"')[1].split("</summary>")[0]
    assert 'class="count" data-tone="stop">' in picking
    assert "count" not in page.split('data-group="house"')[1].split("</summary>")[0]


def test_what_waits_is_told_anew_although_the_navigation_is_drawn_once(w: Warehouse, app: Application) -> None:
    """It is kept for all who see the same: another count, another page, another language and another role see their own."""
    w.partner("C-1", address={})
    w.product("TEA")
    sales, admin = Desk(Client(app), Role.SALES), Desk(Client(app), Role.ADMIN, name="bea")
    before = side(sales.get("/orders"))
    assert side(sales.get("/orders")) == before
    with w.transaction():  # it lacks an address, and is held
        operations.enter_order(customer="C-1", number="SO-1", lines=[NewLine("TEA", 1)], by=w.by)
    held = side(sales.get("/orders"))
    assert held != before
    assert side(sales.get("/sales")) != held
    assert groups(admin.get("/orders")) != groups(sales.get("/orders"))


def side(page: str) -> str:
    """The navigation."""
    return page[page.index("<nav") : page.index("</nav>")]
