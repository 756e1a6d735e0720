"""One thing is counted in one way: beside the navigation, on the board of today, on its own page, and on the floor's menu."""

from __future__ import annotations

import re

import pytest

from tests.http import Client
from tests.picking.conftest import Hall
from tests.warehouse import Warehouse
from tests.web.desk import Desk
from wms.actor import Role
from wms.app import Application
from wms.db import session
from wms.picking import picks, waves
from wms.tasks import queue
from wms.tasks.models import Task, TaskKind, TaskStatus


@pytest.fixture
def hall(w: Warehouse) -> Hall:
    """Two putaways, one of them begun, goods to bring back, a list to take, a list that is begun, one that waits for other work."""
    hall = Hall(w)
    hall.put("APPLE", 30, "A-01")
    goods = {"product_id": w.product("APPLE").id, "quantity": 1, "source_id": w.location("A-01").id, "site_id": hall.by.site_id}
    with w.transaction():
        queue.offer(TaskKind.PUTAWAY, **goods)
        queue.claim(queue.offer(TaskKind.PUTAWAY, **goods).id, by=w.person("eve", roles=["receiver"]))
        queue.offer(TaskKind.PUT_BACK, **goods)
    for number in ("SO-1", "SO-2", "SO-3"):
        hall.release(number, ("APPLE", 2))
        hall.list_of(number)
    with w.transaction():
        lists = [waves.find_list(f"P-1000{n}", by=hall.by) for n in (1, 2)]
        picks.open_list(lists[0], by=w.person("anna", roles=["picker"]))
        session.get_one(Task, lists[1].task_id).status = TaskStatus.WAITING.value
    return hall


def beside(page: str, address: str) -> int:
    """The count of an entry of the navigation."""
    found = re.search(rf'<a href="{address}"[^>]*><span>[^<]*</span><span class="count"[^>]*>(\d+)<', page)
    return int(found[1]) if found else 0


def figure(page: str, words: str) -> tuple[int, str]:
    """A figure of the board, and where it leads."""
    found = re.search(rf'href="([^"]+)"[^>]*>(?:(?!</?a[ >]).)*?{words}(?:(?!</a>).)*</a>', page, re.DOTALL)
    assert found, words
    number = re.search(r">\s*(\d+)\s*<", found[0])
    assert number, found[0]
    return int(number[1]), found[1].replace("&amp;", "&")


def rows(page: str) -> int:
    """How many rows the table of a page has."""
    return page.split("<tbody", 1)[1].split("</tbody>")[0].count("<tr")


def test_what_is_to_be_put_away_and_picked_is_counted_alike_wherever_it_stands(hall: Hall, app: Application) -> None:
    desk = Desk(Client(app), Role.ADMIN)
    today = desk.get("/")
    to_put_away, address = figure(today, "To put away")
    assert (to_put_away, beside(today, address), rows(desk.get(address))) == (3, 3, 3)
    assert (beside(today, "/picking/lists"), rows(desk.get("/picking/lists"))) == (3, 3)
    to_take, address = figure(today, "Lists to take")
    assert (to_take, rows(desk.get(address))) == (1, 1)
    assert (beside(today, "/tasks"), rows(desk.get("/tasks"))) == (6, 6)


def test_the_tiles_of_the_menu_add_up_to_the_work_that_can_be_got(hall: Hall, app: Application) -> None:
    page = Desk(Client(app), Role.PICKER, name="bo").get("/scan")
    work, *tiles = re.findall(r'<span class="word">[^<]*</span>\s*<span class="count">(\d*)</span>', page)
    assert (int(work), sum(int(one or 0) for one in tiles)) == (3, 3), "one to put away, one to bring back, one list"
