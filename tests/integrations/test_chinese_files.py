"""Files are headed in Chinese as well as in the API's words, and what is wrong with them is said in the file's own words."""

from __future__ import annotations

import io

import pytest
import sqlalchemy as sa

from tests.warehouse import Warehouse
from wms.catalog.models import Product
from wms.db import session
from wms.integrations.columns import HEADING_LONGEST, HEADINGS_MOST
from wms.integrations.imports import import_file
from wms.integrations.reading import columns_in
from wms.integrations.reports import Report
from wms.orders import queries
from wms.orders.models import Order


def take(w: Warehouse, kind: str, text: str) -> Report:
    return import_file(kind, io.BytesIO(text.encode()), by=w.by)  # type: ignore[arg-type]


def said(report: Report, language: str = "zh_CN") -> list[str]:
    return [one.say(language) for one in report.errors]


def test_an_order_is_written_as_a_clerk_writes_it(w: Warehouse) -> None:
    w.product("TEA", packagings={"case": 12})
    w.partner("C-100")
    rows = "单号,来源,客户,销售类型,整单发货,商品,数量,单位\nSO-1,商城,C-100,先结后配,是,TEA,2,case\nSO-1,,,,,TEA,3,\n"
    report = take(w, "orders", rows)
    assert (said(report), report.taken) == ([], 1)
    order = session.execute(sa.select(Order)).scalar_one()
    shown = queries.shown([order], "zh_CN")[0]
    assert [line.ordered for line in shown.lines] == [24, 3]
    assert (order.kind, order.ship_complete, order.source) == ("settle_first", True, "商城")
    assert take(w, "orders", rows).there == 1


@pytest.mark.parametrize("heading", ["毛重（克）", "毛重(克)", "毛重克", " 毛重 （克） ", "weight_grams", "Weight_Grams"])
def test_brackets_blanks_and_the_width_of_letters_make_no_difference(w: Warehouse, heading: str) -> None:
    assert said(take(w, "products", f"商品编码,名称,{heading}\nTEA,茶,250\n")) == []
    assert session.execute(sa.select(Product.weight_grams)).scalar_one() == 250


def test_a_number_in_a_heading_counts(w: Warehouse) -> None:
    heads = "sku,名称,包装1单位,包装1数量,包装 2 单位,包装２数量,包装2条码"
    assert said(take(w, "products", f"{heads}\nTEA,茶,盒,6,箱,24,CASE-9\n")) == []
    product = session.execute(sa.select(Product)).scalar_one()
    assert [(one.unit, one.quantity) for one in product.packagings] == [("盒", 6), ("箱", 24)]
    assert [one.code for one in product.barcodes] == ["CASE-9"]


def test_what_is_wrong_is_said_in_the_words_of_the_file(w: Warehouse) -> None:
    w.product("TEA")
    report = take(w, "orders", "单号,客户编码,商品,数量\nSO-1,NOBODY,TEA,0\nSO-1,NOBODY,COFFEE,1\n")
    assert {one.column for one in report.errors} == {"客户编码", "商品", "数量"}
    assert {one.column for one in take(w, "orders", "单号,商品,数量\nSO-1,TEA,1\n").errors} == {"客户"}
    assert {one.column for one in take(w, "orders", "number,sku,quantity\nSO-1,TEA,1\n").errors} == {"customer"}
    assert session.execute(sa.select(Order)).first() is None


def test_a_column_in_both_languages_is_there_twice(w: Warehouse) -> None:
    report = take(w, "products", "sku,商品编码,name\nA,B,C\n")
    assert said(report) == ["第 1 行，sku 列：列重复", "第 1 行，商品编码 列：列重复"]


def test_the_columns_that_are_known_are_named_once_and_in_the_readers_language(w: Warehouse) -> None:
    first, second = take(w, "stock", "商品编码,库位,数量,颜色,尺码\nA,B,1,红,大\n").errors
    assert "可用列：商品编码、" in first.say("zh_CN")
    assert "known: sku, " in first.say("en")
    assert second.say("zh_CN") == "第 1 行，尺码 列：未知列"


@pytest.mark.parametrize("heading", ["包装0单位", "包装1单位2", "包装9999单位", "1", "包装单位"])
def test_a_heading_that_means_nothing_is_unknown(w: Warehouse, heading: str) -> None:
    assert [one.code for one in take(w, "products", f"sku,name,{heading}\nA,B,C\n").errors] == ["unknown_column"]


def test_headings_that_mean_nothing_are_not_kept_for_ever(w: Warehouse) -> None:
    known = columns_in("stock")
    for number in range(HEADINGS_MOST + 10):
        assert known.path(f"color{number}") is None
    assert known.path("sku" + " " * HEADING_LONGEST) is None
    assert known._known_path.cache_info().currsize == HEADINGS_MOST
    assert known.path("商品编码") == ("sku",)


def test_rows_of_one_order_are_together_however_its_number_is_headed(w: Warehouse) -> None:
    w.product("TEA")
    w.partner("C-100")
    report = take(w, "orders", "Number,Customer,SKU,Quantity\nSO-1,C-100,TEA,2\nSO-1,C-100,TEA,3\n")
    assert (said(report), report.taken) == ([], 1)
