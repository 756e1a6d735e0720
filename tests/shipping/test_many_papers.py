"""The papers of a load, or of a filtered list, as one PDF: looked at without a trace, printed with each one counted."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pypdf
import pytest
import sqlalchemy as sa

from tests.http import Api
from tests.shipping.conftest import Yard
from wms.actor import Role
from wms.db import session
from wms.printing.models import PaperPrint
from wms.shipping import jobs, many_papers
from wms.stock.models import HandlingUnit


@pytest.fixture
def api(yard: Yard, app: Any) -> Api:
    for number in ("SO-1", "SO-2", "SO-3"):
        yard.packed(number, APPLE=2)
    yard.picked("SO-4", PEAR=1)
    yard.plan("SO-3", "SO-1")
    return Api(app)


def ask(api: Api, method: str, query: str = "", *, status: int = 200) -> list[str]:
    answer = api.client.open(f"/shipments/papers/packing-slip.pdf{query}", method=method, headers=api.headers)
    assert answer.status_code == status, answer.text[:500]
    return [page.extract_text() for page in pypdf.PdfReader(BytesIO(answer.data)).pages] if status == 200 else [answer.get_json()["code"]]


def orders_on(pages: list[str]) -> list[str]:
    return [next(number for number in ("SO-1", "SO-2", "SO-3", "SO-4") if number in page) for page in pages]


def test_a_list_is_one_pdf_of_what_is_packed(api: Api) -> None:
    assert orders_on(ask(api, "GET")) == ["SO-1", "SO-2", "SO-3"]
    assert orders_on(ask(api, "GET", "?q=SO-2")) == ["SO-2"]
    assert ask(api, "GET", "?q=SO-4", status=404) == ["nothing_packed"]
    assert session.query(PaperPrint).count() == 0


def test_a_load_is_in_delivery_order(api: Api) -> None:
    assert orders_on(ask(api, "GET", "?load=l-10001")) == ["SO-3", "SO-1"]
    assert ask(api, "GET", "?load=L-99", status=404) == ["load_unknown"]


def test_printing_counts_each_and_asks_why_where_one_was_printed_before(api: Api) -> None:
    assert all("正本 ·" in page for page in ask(api, "POST", "?q=SO-2"))
    assert ask(api, "POST", status=422) == ["reprint_reason"]
    session.rollback()
    assert session.query(PaperPrint).count() == 1
    pages = ask(api, "POST", "?reason=for+the+driver")
    assert [("副本" in page, "正本" in page) for page in pages] == [(False, True), (True, False), (False, True)]
    session.rollback()
    assert session.query(PaperPrint).count() == 4


def test_they_are_kept_when_the_truck_has_left(yard: Yard, api: Api) -> None:
    load = yard.plan_of("L-10001")
    for unit in _units(yard, "SO-3", "SO-1"):
        yard.load(load, unit)
    yard.leave(yard.close(load, seal="S-1"))
    jobs.keep_papers()
    assert len(ask(api, "GET", "?load=L-10001")) == 2
    assert all("仅供查看" in page for page in ask(api, "GET", "?load=L-10001"))


def _units(yard: Yard, *orders: str) -> list[str]:
    return [
        code
        for number in orders
        for code in session.execute(sa.select(HandlingUnit.code).where(HandlingUnit.order_id == yard.order(number).id)).scalars()
    ]


def test_too_many_are_refused_with_the_figure(api: Api, monkeypatch: Any) -> None:
    monkeypatch.setattr(many_papers, "MOST", 2)
    assert ask(api, "GET", status=422) == ["too_many_papers"]


def test_only_those_who_see_orders(api: Api, app: Any) -> None:
    assert ask(Api(app, Role.RECEIVER), "GET", status=403) == ["not_permitted"]
    answer = api.client.get("/shipments/papers/poster.pdf", headers=api.headers)
    assert answer.status_code == 404
