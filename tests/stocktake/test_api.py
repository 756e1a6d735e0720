"""Counts over the API: who counts learns nothing of the book."""

from __future__ import annotations

import datetime as dt
from typing import Any

from tests.http import Api
from tests.warehouse import Warehouse
from wms.actor import Role
from wms.app import Application
from wms.clock import today
from wms.db import transaction
from wms.stocktake import counts
from wms.tasks import queue


def counting_with(api: Api, *texts: str) -> None:
    screen = api.get("/scan/count")
    for place, text in enumerate(texts):
        screen = api.post("/scan/count", {"scan": text, "version": screen["version"], "key": f"k{place}"})
        assert screen["message"]["tone"] != "stop", screen["message"]


def told(api: Api, number: str) -> list[dict[str, Any]]:
    return list(api.get(f"/counts/{number}")["lines"])


def test_a_counter_reads_what_they_entered_and_not_how_the_book_shares_it_out(app: Application, w: Warehouse, api: Api) -> None:
    for age, pieces in ((9, 6), (1, 4)):
        w.receive("APPLE", pieces, at="A-01", received_on=today() - dt.timedelta(days=age))
    w.receive("PEAR", 40, at="A-01", unit=w.unit("P-1", at="A-01"))
    w.receive("PEAR", 7, at="A-01")
    with transaction():
        number = counts.open_count(by=w.by, locations=["A-01"]).number
    counter = Api(app, Role.COUNTER)
    counting_with(counter, number, "A-01", "APPLE", "99999", "P-1", "PEAR", "60", "CMD:DONE")
    lines = told(counter, number)
    assert [(one["sku"], one["counted"], one["lot"], one["book"], one["difference"]) for one in lines] == [
        ("APPLE", [99999], "", None, None),
        ("PEAR", [], "", None, None),
    ]
    assert [one["counted"] for one in told(api, number) if one["sku"] == "APPLE"] == [[99999]]
    assert [one["book"] for one in told(api, number) if one["sku"] == "APPLE"] == [10], "who may see the book sees it"


def test_a_count_is_read_page_by_page_in_walking_order(w: Warehouse, api: Api) -> None:
    for number in range(1, 6):
        w.location(f"A-0{number}", zone="A", aisle="A", y_mm=number)
        w.receive("APPLE", number, at=f"A-0{number}")
    body = api.post("/counts", {"locations": [f"A-0{number}" for number in range(1, 6)]}, status=201)
    assert (len(body["locations"]), body["next"]) == (5, None)
    seen, cursor = [], None
    for _ in range(3):
        page = api.get(f"/counts/{body['number']}", limit=2, **({"cursor": cursor} if cursor else {}))
        seen, cursor = seen + page["locations"], page["next"]
    assert (seen, cursor) == ([f"A-0{number}" for number in range(1, 6)], None)
    assert api.get(f"/counts/{body['number']}", status=422, cursor="no cursor")["code"] == "cursor_wrong"


def test_a_counter_does_not_read_what_others_have_counted_at_a_place(app: Application, w: Warehouse, api: Api) -> None:
    w.receive("APPLE", 10, at="A-01")
    w.receive("PEAR", 4, at="A-01")
    with transaction():
        number = counts.open_count(by=w.by, locations=["A-01"]).number
    first, second = Api(app, Role.COUNTER), Api(app, Role.COUNTER)
    counting_with(first, number, "A-01", "APPLE", "8", "CMD:DONE")
    assert [(one["sku"], one["counted"]) for one in told(first, number)] == [("APPLE", [8]), ("PEAR", [0])]
    assert told(second, number) == [], "who counts after them would know what to look for"
    assert [one["sku"] for one in told(api, number)] == ["APPLE", "PEAR"]


def test_who_counts_blind_does_not_read_how_much_the_book_has_where_work_waits(app: Application, w: Warehouse, api: Api) -> None:
    reasons = [{"code": "last_piece"}, {"code": "not_empty", "by": "Ben", "left": 3}, {"code": "suspicious_batch", "lot": "L1"}]
    with transaction():
        queue.count_once(w.location("A-01").id, site_id=w.site_id, priority=5, reasons=reasons)
    assert len(api.get("/tasks")["items"][0]["reasons"]) == 3
    counter = Api(app, Role.COUNTER)
    assert counter.get("/tasks")["items"][0]["reasons"] == ["Lot L1 differed in several other places"]
