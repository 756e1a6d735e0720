"""The menu of the handheld: one tap gets work."""

from __future__ import annotations

import re

import pytest

from tests.http import Client
from tests.picking.conftest import Hall, hall
from tests.web.desk import Desk
from wms.actor import Language, Role

__all__ = ["hall"]


def tile(page: str) -> dict[str, str]:
    """What the first tile sends."""
    form = re.search(r'<form method="post" action="/scan/work">(.*?)</form>', page, re.DOTALL)
    assert form, "the tile is no button"
    fields = re.findall(r'name="(\w+)" value="([^"]*)"', form[1])
    return dict(fields)


@pytest.mark.parametrize(
    ("language", "word", "none"), [("en", "Get work", "No pick list waits"), ("zh_CN", "领取任务", "没有待拣的拣货单")]
)
def test_one_tap_on_the_menu_gets_the_work(hall: Hall, client: Client, language: Language, word: str, none: str) -> None:
    desk = Desk(client, Role.PICKER, name="anna", language=language)
    page = desk.get("/scan")
    assert word in page
    assert none in desk.post("/scan/work", 200, **tile(page)), "without work the screen says so at once"
    hall.put("APPLE", 5, "A-01")
    hall.release("SO-1", ("APPLE", 2))
    number = hall.list_of("SO-1")
    sent = tile(desk.get("/scan"))
    for _ in range(2):  # tapped twice: the same intention, the same answer
        desk.post("/scan/work", 303, **sent)
        assert desk.last.headers["Location"].endswith("/scan/pick")
        screen = desk.get("/scan/pick")
        assert number in screen
        assert "A-01" in screen
    desk.post("/scan/work", 303, **tile(desk.get("/scan")))
    assert number in desk.get("/scan/pick"), "what is begun is gone on with"


def test_where_equipment_is_being_chosen_the_tile_leads_there(hall: Hall, client: Client) -> None:
    with hall.w.transaction():
        hall.w.location("A-09", equipment="reach truck")
    desk = Desk(client, Role.PICKER, name="anna")
    page = desk.get("/scan")
    assert "What you drive, where you work" in page
    desk.post("/scan/work", 200, **{**tile(page), "scan": "CMD:EQUIPMENT"})
    assert '<a class="tile" data-first href="/scan/work">' in desk.get("/scan")
