"""Every paper of the contract, made by one story: found by its barcode, read in both languages, whole with whatever stands on it."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.http import Client
from tests.journeys.cast import House
from tests.printing import every_paper
from tests.printing.reading import pictures, scan_pdf, text_of
from tests.warehouse import Warehouse
from tests.web.desk import Desk, form_of
from wms.actor import Role
from wms.app import Application
from wms.config import Settings, SettingWrong
from wms.db import session
from wms.i18n import T, Text
from wms.printing import logo, pdf, templates
from wms.printing.columns import COLUMNS, MUST, SAME, SIGNATURES
from wms.printing.kinds import WORDS
from wms.printing.papers import Company, Paper
from wms.printing.plain import paper_of, plain_of
from wms.printing.tables import Column, key_of
from wms.web.documents import LABELS, PAPERS

CONTRACT = (
    *("goods-received-note", "putaway-list", "pick-list", "packing-slip", "delivery-note", "outbound-note", "red-outbound-note"),
    *("transfer-note", "load-sheet", "loading-checklist", "gate-pass", "carrier-manifest", "count-sheet", "difference-report"),
    "adjustment-note",
)
LONG = (
    "河南豫丰鞋服股份有限公司洛阳中州中路旗舰店（地下一层仓储部）Yufeng Shoes & Apparel Holding, Luoyang flagship store, lower level " * 2
)
EVIL = "</text>{facts}{0}\x07\x1b[31m%s<script>alert(1)</script>^XA~JR"


@pytest.fixture
def house(app: Application, w: Warehouse) -> House:
    return House(app, "zh_CN").build()


def printed(house: House, kind: str, number: str) -> bytes:
    answer = house.api.client.get(f"/documents/{kind}/{number}.pdf", headers=house.api.headers)
    assert answer.status_code == 200, f"{kind} {number}: {answer.text[:500]}"
    return bytes(answer.data)


def made(kind: str, number: str, w: Warehouse) -> list[Paper]:
    found = PAPERS[kind].make(number, w.by)
    return list(found) if isinstance(found, list | tuple) else [found]


def test_every_kind_is_made_scans_and_reads_in_both_languages(house: House, w: Warehouse) -> None:
    numbers = every_paper.told(house, w)
    assert set(CONTRACT) == set(numbers) == set(COLUMNS) == set(MUST) == set(SIGNATURES)
    assert set(CONTRACT) <= set(PAPERS)
    for kind, number in numbers.items():
        content = printed(house, kind, number)
        for copy in scan_pdf(content):
            assert number in copy, f"{kind}: {number} is not among {copy}"
        text = "\n".join(text_of(content))
        for word in (WORDS[kind].zh, WORDS[kind].en, "第 1 页", "Page 1 of", "示例仓储"):
            assert word.replace("差异表", "盘点差异表") in text or word in text, f"{kind}: {word}"
        papers = made(kind, number, w)
        tables = [table for paper in papers for table in (paper, *paper.sections) if table.columns]
        keys = {SAME.get(column.key, column.key) for column in tables[0].columns}
        assert keys <= {key_of(title) for title in COLUMNS[kind]}, kind
        assert set(MUST[kind]) <= {key_of(title) for title in COLUMNS[kind]}
        assert tuple(papers[0].signatures) == SIGNATURES[kind], kind
        for column in tables[0].columns:
            assert column.title.zh in text, f"{kind}: {column.title.zh}"
            assert column.title.en.split()[0] in text, f"{kind}: {column.title.en}"


def test_every_kind_takes_a_template_and_keeps_what_it_must(house: House, w: Warehouse) -> None:
    numbers = every_paper.told(house, w)
    for kind, number in numbers.items():
        known = [key_of(title) for title in COLUMNS[kind]]
        wanted = [one for one in reversed(known) if one in MUST[kind]]
        body: dict[str, Any] = {
            "head": {"zh_CN": "本公司专用抬头", "en": "Our own heading"},
            "foot": {"zh_CN": EVIL.translate({7: None, 27: None}), "en": ""},
            "terms": {"en": "Terms: goods stay ours until paid."},
            "columns": wanted,
            "signatures": [{"zh_CN": "财务章", "en": "Finance stamp"}],
        }
        house.api.put(f"/paper-templates/{kind}", body, status=201)
        session.rollback()  # the template was written by somebody else
        papers = [templates.applied(one, templates.of(kind, site_id=w.site_id), kind) for one in made(kind, number, w)]
        content = pdf.render(*papers)
        text = "\n".join(text_of(content)).replace("\n", "")
        for word in ("本公司专用抬头", "Our own heading", "Terms: goods stay ours until paid.", "财务章", "Finance stamp", "{facts}"):
            assert word in text, f"{kind}: {word}"
        assert "<script>alert(1)</script>" in text.replace(" ", ""), "text is text"
        table = next(table for paper in papers for table in (paper, *paper.sections) if table.columns)
        keys = [SAME.get(column.key, column.key) for column in table.columns]
        assert keys == [one for one in wanted if one in keys], kind
        assert set(keys) == set(MUST[kind]) & {SAME.get(c.key, c.key) for c in made(kind, number, w)[0].columns or table.columns}, kind
        for row in table.rows:
            assert len(row) <= len(table.columns)


def test_a_template_holds_from_the_next_paper_on_and_what_is_kept_stays(house: House, w: Warehouse) -> None:
    number = every_paper.told(house, w)["delivery-note"]
    answer = house.api.client.post(f"/documents/delivery-note/{number}.pdf", headers=house.api.headers)
    assert answer.status_code == 200, answer.text[:300]
    house.api.put("/paper-templates/delivery-note", {"head": {"zh_CN": "后来的抬头"}}, status=201)
    assert "后来的抬头" not in "".join(text_of(printed(house, "delivery-note", number))), "it left before the template was changed"
    answer = house.api.put("/paper-templates/delivery-note", {}, status=200)
    assert (answer["head"], answer["updated_at"]) == (None, None)


def test_what_was_signed_for_and_by_whom_stands_on_every_copy(house: House, w: Warehouse) -> None:
    number = every_paper.told(house, w)["delivery-note"]
    texts = text_of(printed(house, "delivery-note", number))
    assert len(texts) == 3
    for text in texts:
        for word in ("李雷 ·", "客户签收", "签收时间", "14 / 16", "残损", "Damaged", "拒收", "Refused", "T-1", "受潮"):
            assert word in text, f"{word} is not on {text}"
    signed_pages = pictures(printed(house, "delivery-note", number))

    def ink(page: Image.Image) -> int:
        foot = page.crop((int(page.width * 0.5), int(page.height * 0.9), int(page.width * 0.75), int(page.height * 0.94)))
        return sum(foot.histogram()[:128])

    assert all(ink(page) > 300 for page in signed_pages), "strokes are drawn above the line"


# -- what a template may not do -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"columns": ["no", "quantity"]}, "column_needed"),
        ({"columns": ["product", "quantity", "price"]}, "column_unknown"),
        ({"columns": ["product", "quantity", "product"]}, "column_twice"),
        ({"columns": []}, "invalid_input"),
        ({"columns": ["product"] * 21}, "invalid_input"),
        ({"head": {"zh_CN": "x" * 601}}, "invalid_input"),
        ({"terms": {"en": "x" * 4001}}, "invalid_input"),
        ({"foot": {"en": "bell \x07"}}, "invalid_input"),
        ({"foot": {"de": "hallo"}}, "invalid_input"),
        ({"foot": "text"}, "invalid_input"),
        ({"signatures": [{"en": "x"}] * 6}, "invalid_input"),
        ({"signatures": [{"en": "x" * 41}]}, "invalid_input"),
        ({"logo": "no"}, "invalid_input"),
        ({"script": "alert(1)"}, "invalid_input"),
    ],
)
def test_a_template_that_says_nonsense_is_refused(house: House, body: dict[str, Any], code: str) -> None:
    answer = house.api.put("/paper-templates/delivery-note", body, status=422)
    assert answer["code"] == code, answer
    house.api.put("/paper-templates/address", {}, status=404)
    assert house.api.get("/paper-templates/delivery-note")["updated_at"] is None


def test_only_administrators_change_templates(app: Application, house: House) -> None:
    from tests.http import Api

    supervisor = Api(app, Role.SUPERVISOR)
    supervisor.put("/paper-templates/delivery-note", {}, status=403)
    supervisor.get("/paper-templates", status=403)
    house.api.get("/paper-templates")


def test_the_desk_changes_a_template_and_looks_at_it_first(app: Application, house: House) -> None:
    client = app.test_client()
    assert isinstance(client, Client)
    desk = Desk(client, Role.ADMIN, name="boss", language="zh_CN")
    assert "发货单" in desk.get("/paper-templates")
    page = desk.get("/paper-templates/delivery-note")
    fields = {**form_of(page.replace('class="form template"', 'class="form"')), "head-zh": "抬头 {x}", "own": "1", "sign-zh-1": "收货章"}
    fields.pop("show-lot")
    fields["place-quantity"] = "1"
    desk.post("/paper-templates/delivery-note/preview", status=200, **fields)
    assert desk.last.mimetype == "application/pdf"
    text = "".join(text_of(desk.last.data))
    assert "抬头 {x}" in text
    assert "收货章" in text
    assert "批号" not in text
    assert house.api.get("/paper-templates/delivery-note")["head"] is None, "looking saves nothing"
    desk.post("/paper-templates/delivery-note", **fields)
    kept = house.api.get("/paper-templates/delivery-note")
    assert kept["columns"] == ["quantity", "no", "product", "expires", "unit"]
    assert (kept["head"], kept["signatures"]) == ({"zh_CN": "抬头 {x}", "en": "抬头 {x}"}, [{"zh_CN": "收货章", "en": "收货章"}])
    assert "抬头 {x}" in desk.get("/paper-templates/delivery-note")
    fields.pop("show-product")
    assert "不能没有" in desk.post("/paper-templates/delivery-note", status=422, **fields)
    desk.post("/paper-templates/delivery-note/as-made")
    assert house.api.get("/paper-templates/delivery-note")["columns"] is None


# -- whatever stands on them ------------------------------------------------------------------------------------------------------


def picture(size: tuple[int, int], form: str = "PNG") -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", size, "navy").save(stream, form)
    return stream.getvalue()


@pytest.mark.parametrize("kind", CONTRACT)
def test_long_names_many_lines_no_lines_and_any_logo(kind: str) -> None:
    template = templates.Template(head=Text(LONG, LONG), terms=Text(LONG * 8, LONG * 8), foot=Text(LONG, LONG))
    for size, many in (((900, 60), True), ((60, 900), False)):
        paper = templates.applied(templates.sample(kind, Company(LONG, LONG, logo=picture(size))), template, kind)
        long = [[cell if isinstance(cell, int) else LONG for cell in row] for row in paper.rows]
        rows = [*long, *list(paper.rows) * 19] if many else []
        content = pdf.render(dataclasses.replace(paper, rows=rows, facts=[(T("Customer", "客户"), LONG)]))
        texts = text_of(content)
        assert all("SAMPLE-1" in page for page in scan_pdf(content)), f"{kind}: every page scans"
        assert (len(texts) >= 3) == many, kind
        for place, text in enumerate(texts, start=1):
            assert f"第 {place} 页，共 {len(texts)} 页" in text


def test_what_is_kept_of_a_paper_has_its_template() -> None:
    template = templates.Template(head=Text("Head", "抬头"), terms=Text("Terms", "条款"), columns=("quantity", "product"))
    paper = templates.applied(templates.sample("delivery-note", Company("A")), template, "delivery-note")
    again = paper_of(plain_of(paper))
    assert (again.head, again.terms, [column.title.en for column in again.columns]) == (paper.head, paper.terms, ["Quantity", "Product"])
    old = {name: value for name, value in plain_of(paper).items() if name not in ("head", "terms")}
    assert paper_of(old).head == "", "papers kept before there were templates"


def test_the_sum_keeps_its_name_when_its_column_goes() -> None:
    columns = [Column(T("No.", "序号")), Column(T("Product", "商品")), Column(T("Lot", "批号")), Column(T("Quantity", "数量"))]
    paper = Paper(kind=T("x", "x"), number="1", columns=columns, rows=[["1", "A", "L", 3]], total=[None, T("Total", "合计"), None, 3])
    known = templates.Template(columns=("lot", "quantity"))
    found = templates.applied(paper, known, "delivery-note")
    assert [getattr(cell, "en", cell) for cell in found.total] == ["Total", 3]


# -- the logo -----------------------------------------------------------------------------------------------------------------------


def test_the_logo_is_made_small_and_a_broken_one_left_out(tmp_path: Path) -> None:
    good, broken, text = tmp_path / "logo.png", tmp_path / "broken.png", tmp_path / "logo.svg"
    good.write_bytes(picture((4000, 1000)))
    broken.write_bytes(picture((40, 40))[:40])
    text.write_text("<svg/>")
    kept = logo.of_file(str(good))
    assert kept is not None
    with Image.open(io.BytesIO(kept)) as small:
        assert small.size == (368, 92)
    assert len(kept) < 10_000
    assert logo.of_file(str(broken)) is None
    Settings(company_logo=str(good))
    for wrong in (str(text), str(tmp_path / "nowhere.png"), str(tmp_path)):
        with pytest.raises(SettingWrong):
            Settings(company_logo=wrong)
    large = tmp_path / "large.png"
    large.write_bytes(picture((10, 10)) + b"x" * 1024 * 1024)
    with pytest.raises(SettingWrong):
        Settings(company_logo=str(large))


def test_labels_have_no_templates() -> None:
    assert not set(COLUMNS) & set(LABELS)
