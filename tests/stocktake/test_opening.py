"""Which places a plan takes: all that nobody else counts, each once."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from werkzeug.test import Client

from tests.crowd import all_at_once
from tests.picking.conftest import Hall
from tests.stocktake.conftest import count, opened, state
from tests.warehouse import Warehouse
from tests.web.desk import Desk
from wms.actor import Actor
from wms.app import Application
from wms.db import session, transaction
from wms.stocktake import counts, opening, queries
from wms.stocktake.choice import Choice
from wms.stocktake.models import CountPlace, CountPlan, PlaceState
from wms.tasks import next_best
from wms.tasks.models import TaskKind


def full(w: Warehouse) -> CountPlan:
    with transaction():
        return opening.open_full(by=w.by)


def test_a_place_where_a_picker_missed_one_product_is_counted_whole_in_the_full_count(w: Warehouse, crew: list[Actor]) -> None:
    hall = Hall(w)
    for sku in ("APPLE", "PEAR"):
        hall.put(sku, 5, "A-01")
    hall.release("SO-1", ("APPLE", 5))
    hall.short(hall.open(hall.list_of("SO-1")), 3)
    with transaction():
        task = next_best.give([TaskKind.COUNT], by=crew[0])
        assert task is not None
        missed = counts.adopt(task, by=crew[0])
    count(w, missed, "A-01", crew[0])
    assert state(w, missed, "A-01") == PlaceState.RECOUNT
    plan = full(w)
    assert "A-01" in [one.location for one in queries.places_of(plan)]
    count(w, plan, "A-01", crew[1], PEAR=4)
    assert state(w, plan, "A-01") == PlaceState.RECOUNT, "a pear is missing, too"


def test_two_who_open_a_full_count_at_once_share_no_place(w: Warehouse, app: Application) -> None:
    for number in range(40):
        w.location(f"A-{number:02}")
    session.rollback()

    def chosen() -> CountPlan:
        with transaction():
            return opening.open_chosen(Choice(), by=w.by)

    done = all_at_once(app, [lambda: full(w), chosen, lambda: full(w)])
    assert sorted(isinstance(one, counts.NothingToCount) for one in done) == [False, True, True], done
    places = session.execute(sa.select(CountPlace.location_id)).scalars().all()
    assert len(places) == len(set(places)) == 40


@pytest.mark.parametrize(("language", "words"), [("en", "1 location is in another count"), ("zh_CN", "1 个库位已在其他未完成的盘点单中")])
def test_who_opens_a_full_count_reads_how_many_places_it_leaves_to_others(w: Warehouse, client: Client, language: str, words: str) -> None:
    opened(w, "A-01")
    w.location("A-02")
    desk = Desk(client, language=language)
    desk.post("/counting/full", zones=[], freeze=[])
    assert words in desk.get(desk.last.headers["Location"])
