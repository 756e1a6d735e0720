"""Long files of master data: tried and written in handfuls; files of stock: taken in once."""

from __future__ import annotations

import io

import pytest
import sqlalchemy as sa

from tests.http import Api
from tests.integrations.test_bulk import writes
from tests.warehouse import Warehouse
from wms.catalog.models import Product
from wms.db import session
from wms.integrations import handfuls, thing_files
from wms.integrations.imports import import_file
from wms.integrations.reading import Asked, Kind
from wms.integrations.reports import Report
from wms.integrations.tables import Row


@pytest.fixture
def house(w: Warehouse, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    """Files are long with five rows."""
    monkeypatch.setattr(thing_files, "HANDFUL", 3)
    monkeypatch.setattr(handfuls, "AS_ONE", 4)
    return w


def take_in(w: Warehouse, text: str, kind: Kind = "products", **more: bool) -> tuple[Report, list[tuple[int, int]]]:
    told: list[tuple[int, int]] = []
    report = import_file(kind, io.BytesIO(text.encode()), by=w.by, progress=lambda *now: told.append(now), **more)
    return report, told


def rows(*numbers: int, barcode: str = "B") -> str:
    return "sku,name,barcodes\n" + "".join(f"P-{n},Product {n},{barcode}{n}\n" for n in numbers)


def skus() -> list[str]:
    return list(session.execute(sa.select(Product.sku).order_by(Product.id)).scalars())


def test_a_long_file_is_tried_and_then_written_and_tells_how_far_it_is(house: Warehouse) -> None:
    dry, told = take_in(house, rows(*range(7)), dry_run=True)
    assert (dry.taken, dry.errors, skus(), told) == (7, [], [], [(3, 0), (6, 0), (7, 0)])
    report, told = take_in(house, rows(*range(7)))
    assert (report.taken, report.there, len(skus())) == (7, 0, 7)
    assert told == [(3, 0), (6, 0), (7, 0), (0, 3), (0, 3), (0, 1)]
    again: list[Report] = []
    assert writes(lambda: again.append(take_in(house, rows(*range(7)))[0])) == 0
    assert (again[0].taken, again[0].there, again[0].text.say("en")) == (0, 7, "0 taken in from 7 rows; 7 were there just so")


@pytest.mark.parametrize("kind", ["partners", "locations"])
def test_partners_and_locations_too(house: Warehouse, kind: Kind) -> None:
    words = {"partners": ("code,kind,name", "customer,Name"), "locations": ("code,kind,zone", "storage,Z")}[kind]
    text = words[0] + "\n" + "".join(f"X-{n},{words[1]}\n" for n in range(5))
    assert take_in(house, text, kind)[0].taken == 5
    assert (take_in(house, text, kind)[0].there, take_in(house, text.replace(words[1], "nonsense,x"), kind)[0].taken) == (5, 0)


def test_one_bad_row_at_the_end_and_nothing_is_taken_in(house: Warehouse) -> None:
    report, _ = take_in(house, rows(*range(6)) + "P-9,Nine,B0\n")
    assert [(one.line, one.code) for one in report.errors] == [(8, "barcode_taken")]
    assert skus() == []


def test_every_bad_row_of_a_long_file_is_told_by_its_line(house: Warehouse) -> None:
    take_in(house, "sku,name,barcodes\nOTHER,Other,B1\nANOTHER,Other,B6\n")
    report, told = take_in(house, rows(*range(8)).replace("Product 3", ""))
    assert [(one.line, one.code) for one in report.errors] == [(3, "barcode_taken"), (5, "missing"), (8, "barcode_taken")]
    assert (report.taken, report.there, told[-1], skus()) == (0, 0, (7, 0), ["OTHER", "ANOTHER"])


def test_rows_that_need_each_other_are_written_as_one(house: Warehouse) -> None:
    """A barcode goes from a product in the first handful to one in the last."""
    take_in(house, rows(*range(6)))
    moved = "sku,name,barcodes\n" + "".join(f"P-{n},Product {n},\n" for n in range(6)) + "P-9,Nine,B0\n"
    report, _ = take_in(house, moved)
    assert (report.errors, report.stopped, len(skus())) == ([], False, 7)


def test_what_became_wrong_meanwhile_stops_it_and_the_same_file_takes_in_the_rest(
    house: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = thing_files.look

    def somebody_takes_a_barcode(*a: object, **k: object) -> int:
        sound = tried(*a, **k)  # type: ignore[arg-type]
        take_in(house, "sku,name,barcodes\nOTHER,Other,B4\n")
        return sound

    monkeypatch.setattr(thing_files, "look", somebody_takes_a_barcode)
    report, _ = take_in(house, rows(*range(7)))
    assert (report.stopped, report.taken, skus()) == (True, 3, ["OTHER", "P-0", "P-1", "P-2"])
    monkeypatch.setattr(thing_files, "look", tried)
    take_in(house, "sku,name,barcodes\nOTHER,Other,\n")
    report, _ = take_in(house, rows(*range(7)))
    assert (report.taken, report.there, len(skus())) == (4, 3, 8)


def test_the_same_file_of_stock_is_taken_in_once(w: Warehouse, api: Api) -> None:
    w.product("TEA")
    w.location("A-01")
    text = "sku,location,quantity\nTEA,A-01,5\n"
    assert take_in(w, text, "stock", dry_run=True)[0].taken == 1
    assert take_in(w, text + "TEA,NOWHERE,5\n", "stock")[0].errors != []
    assert take_in(w, text, "stock")[0].taken == 1
    report, _ = take_in(w, text, "stock")
    assert (report.taken, report.there) == (0, 1)
    assert [row["on_hand"] for row in api.get("/stock")["items"]] == [5]
    assert take_in(w, text.replace("5", "2"), "stock")[0].taken == 1


def test_handfuls_lose_no_row() -> None:
    some = [Asked(n, [Row(n, {})]) for n in range(601)]
    assert [len(one) for one in handfuls.of_rows(some, 300)] == [300, 300, 1]
