"""Papers: found by their barcode, read in both languages, whole whatever stands on them."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from io import BytesIO

import pypdf
import pytest
from PIL import Image

from tests.printing.reading import scan_pdf, text_of
from wms import clock
from wms.i18n import T
from wms.printing.pdf import TICK, WRITE, Column, Company, Paper, Scan, Section, Two, render
from wms.printing.tables import written

PRODUCT = Column(T("Product", "商品"))
QUANTITY = Column(T("Quantity", "数量"), align="right", strong=True)
NOTE = Paper(
    kind=T("Delivery note", "发货单"),
    number="DN-10023",
    facts=[(T("Customer", "客户"), "洛阳百货大楼"), (T("Date", "日期"), dt.date(2026, 11, 21))],
    columns=[Column(T("Location", "库位")), PRODUCT, QUANTITY, Column(T("Done", "完成"))],
    rows=[[Scan("A-07-3"), Two("HP-2311-37", T("Urban pump 37", "都市女鞋 37")), 1200, TICK]],
    total=[T("Total", "合计"), None, 1200],
    notes=[T("Count before signing.", "签收前请清点。"), "自由文字 free text"],
    signatures=[T("Issued by", "发货人"), T("Received by", "收货人")],
    company=Company(T("Yufeng Shoes", "豫丰鞋服"), "航海路 18 号"),
    printed_at=dt.datetime(2026, 11, 21, 18, 30, tzinfo=dt.UTC),
    printed_by="王敏",
)
EVIL = "超长名称\x00\x1b[31m😀<b>&{x}" * 12 + "w" * 200


def long_list(rows: int) -> Paper:
    return replace(NOTE, rows=[[f"A-{n:03d}", "HP-2311-37", n, None] for n in range(rows)])


def test_a_moment_on_a_paper_is_told_on_the_houses_clock():
    evening = dt.datetime(2026, 11, 21, 18, 30, tzinfo=dt.UTC)
    clock.keep("Asia/Shanghai")
    assert written(evening) == "2026-11-22 02:30"
    assert clock.begins(dt.date(2026, 11, 22)) == dt.datetime(2026, 11, 21, 16, 0, tzinfo=dt.UTC)
    assert T("since {at}", "{at} 起", at=evening).say() == "since 2026-11-22 02:30"
    assert "2026-11-22 02:30" in "".join(text_of(render(replace(NOTE, facts=[(T("Opened", "创建时间"), evening)]))))


def test_a_paper_is_found_by_the_barcode_of_its_number_and_its_lines_scan():
    assert scan_pdf(render(NOTE)) == [{"DN-10023", "A-07-3"}]


def test_a_page_full_of_barcodes_scans_line_by_line():
    places = [f"A-{n // 4:02d}-{n % 4}" for n in range(30)]
    pages = scan_pdf(render(replace(NOTE, rows=[[Scan(place), "HP", 1, TICK] for place in places])))
    assert set().union(*pages) == {"DN-10023", *places}


def test_both_languages_can_be_searched_and_copied():
    text = text_of(render(NOTE))[0]
    for words in (
        *("发货单", "Delivery note", "DN-10023", "客户 Customer", "洛阳百货大楼", "2026-11-21", "商品", "Product"),
        *("HP-2311-37", "都市女鞋 37", "Urban pump 37", "1,200", "合计 Total", "签收前请清点。", "Count before signing."),
        *("自由文字 free text", "发货人", "Received by", "豫丰鞋服 Yufeng Shoes", "第 1 页，共 1 页 Page 1 of 1", "王敏"),
    ):
        assert words in text, words


def test_the_same_paper_is_the_same_bytes():
    assert render(NOTE) == render(NOTE)


def test_many_threads_print_at_once_without_mixing_their_letters():
    papers = [replace(NOTE, number=f"DN-{n}", notes=chr(0x4E00 + 40 * n) * 9) for n in range(12)]
    alone = [render(paper) for paper in papers]
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(render, papers)) == alone


def test_every_page_carries_the_number_the_headings_and_its_count():
    pdf = render(long_list(120))
    texts = text_of(pdf)
    assert len(texts) > 2
    for number, (text, codes) in enumerate(zip(texts, scan_pdf(pdf), strict=True), start=1):
        assert "DN-10023" in text
        assert "Quantity" in text
        assert f"Page {number} of {len(texts)}" in text
        assert "DN-10023" in codes
    assert sum(text.count("HP-2311-37") for text in texts) == 120


@pytest.mark.parametrize("rows", range(20, 44))
def test_signatures_never_stand_alone_on_a_page(rows):
    last = text_of(render(long_list(rows)))[-1]
    assert "Received by" in last
    assert "合计" in last


def test_each_copy_says_whose_it_is():
    pdf = render(replace(NOTE, copies=[T("Warehouse copy", "仓库联"), T("Customer copy", "客户联")]))
    first, second = text_of(pdf)
    assert "仓库联 Warehouse copy" in first
    assert "客户联 Customer copy" in second


def test_several_papers_become_one_pdf_and_each_counts_its_own_pages():
    texts = text_of(render(NOTE, replace(NOTE, number="DN-2")))
    assert all("Page 1 of 1" in text for text in texts)
    assert "DN-2" in texts[1]


def test_sections_have_titles_totals_and_facts():
    stop = Section([PRODUCT, QUANTITY], [["HP", 3]], T("Stop 2", "第 2 站"), ["", 3], [(T("Carrier", "承运商"), "SF")])
    text = text_of(render(replace(NOTE, columns=(), rows=(), total=(), sections=[stop, stop])))[0]
    assert text.count("第 2 站") == 2
    assert "承运商 Carrier" in text


@pytest.mark.parametrize("landscape", [False, True])
def test_evil_words_do_no_harm_and_stay_on_the_paper(landscape):
    paper = Paper(
        kind=T("Count sheet", "盘点表"),
        number="CNT-" + "9" * 60,
        facts=[(T("Fact", "说明"), EVIL), (T("Fact", "说明"), EVIL)],
        columns=[PRODUCT, Column(T("Lot", "批次")), QUANTITY, Column(T("Counted", "实盘"), align="right"), PRODUCT],
        rows=[[EVIL, EVIL, 10**15, WRITE, Scan(EVIL)], [Two(EVIL, EVIL), None, -1, WRITE, None], [EVIL]],
        notes=EVIL * 9,
        signatures=[T(EVIL.replace("{x}", ""), "签")] * 5,
        stamp=T("Blind", "盲盘"),
        company=Company(EVIL, EVIL),
        printed_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
        printed_by=EVIL,
        landscape=landscape,
    )
    pdf = render(paper)
    assert "1,000,000,000,000,000" in "".join(text_of(pdf))
    for page in pypdf.PdfReader(BytesIO(pdf)).pages:
        right = []
        page.extract_text(visitor_text=lambda text, _cm, tm, *_: right.append(tm[4]) if text.strip() else None)  # noqa: B023
        assert max(right) < float(page.mediabox.width) - 30


def test_a_paper_without_lines_says_so():
    assert "没有明细 No lines" in text_of(render(replace(NOTE, rows=[], total=())))[0]


def test_a_chinese_number_is_printed_as_a_square_code():
    assert scan_pdf(render(replace(NOTE, number="发货-9", rows=[], total=())))[0] == {"发货-9"}


def test_a_copy_and_a_stamp_stand_clear_of_a_long_number():
    marks = replace(NOTE, number="DN-" + "9" * 40, stamp=T("Printed again", "重印"), copies=[T("Warehouse copy", "仓库联")])
    text = text_of(render(marks))[0]
    assert "仓库联 Warehouse copy" in text
    assert "重印 Printed again" in text


def test_a_red_note_and_a_logo_are_printed():
    picture = BytesIO()
    Image.new("RGB", (40, 20), "navy").save(picture, "PNG")
    pdf = render(replace(NOTE, red=True, company=Company("豫丰", logo=picture.getvalue())))
    assert len(pypdf.PdfReader(BytesIO(pdf)).pages[0].images) == 1
