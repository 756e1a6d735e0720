"""Every paper and label of shipping: both languages can be extracted, every barcode scans."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.http import Api
from tests.printing import reading
from tests.shipping.conftest import Yard
from wms.actor import Role
from wms.shipping.loads import Stop

SHIP_TO = {
    "name": "洛阳百货大楼",
    "phone": "0379-6391 2288",
    "street": "中州中路 287 号",
    "city": "洛阳",
    "region": "河南",
    "postcode": "471000",
    "country": "CN",
}


class Papers:
    """A truck with two stops, closed, and whoever asks for its papers."""

    def __init__(self, yard: Yard, app: Flask) -> None:
        self.api = Api(app)
        yard.w.product("APPLE", name="Apple", name_zh="苹果", name_en="Apple")
        self.first = yard.packed("SO-1", APPLE=4, PEAR=2, ship_to=SHIP_TO)
        self.second = yard.packed("SO-2", APPLE=1, ship_to={**SHIP_TO, "name": "开封鼓楼店", "city": "开封"})
        self.load = yard.plan("SO-1", "SO-2", plate="豫A8F213", driver="李强")
        yard.load(self.load, self.second, self.first)
        self.gate_pass = yard.close(self.load, seal="S-4711")
        self.shipment = yard.shipment("SO-1").number

    def fetch(self, path: str, *, status: int = 200) -> bytes:
        answer = self.api.client.get(path, headers=self.api.headers)
        assert answer.status_code == status, f"{path}: {answer.text[:500]}"
        return bytes(answer.data)

    def paper(self, kind: str, number: str) -> bytes:
        return self.fetch(f"/documents/{kind}/{number}.pdf")


def text_of(pdf: bytes) -> str:
    return "\n".join(reading.text_of(pdf))


def codes_in(pdf: bytes) -> set[str]:
    """What a scanner reads from all pages."""
    return set().union(*reading.scan_pdf(pdf))


@pytest.fixture
def papers(yard: Yard, app: Flask) -> Papers:
    return Papers(yard, app)


def test_the_packing_slip_tells_what_is_in_each_carton(papers: Papers) -> None:
    whole = papers.paper("packing-slip", papers.shipment)
    said = text_of(whole)
    for words in ("装箱单", "Packing slip", "苹果", "APPLE", papers.first, "洛阳百货大楼"):
        assert words in said, words
    assert papers.shipment in codes_in(whole)
    one = papers.paper("packing-slip", papers.first)
    assert "1/1" in text_of(one)
    assert any(papers.first in code for code in codes_in(one))


def test_what_is_counted_in_grams_and_shown_in_kilograms_stands_on_paper_in_kilograms(yard: Yard, app: Flask) -> None:
    yard.w.product("RICE", base_unit="g", decimals=3)
    yard.packed("SO-1", RICE=1250)
    number = yard.shipment("SO-1").number
    for kind in ("packing-slip", "delivery-note"):
        answer = Api(app).client.get(f"/documents/{kind}/{number}.pdf", headers=Api(app).headers)
        said = text_of(bytes(answer.data))
        assert "1.25" in said
        assert "千克" in said, kind


def test_the_delivery_note_comes_in_three_copies(papers: Papers) -> None:
    note = papers.paper("delivery-note", papers.shipment)
    said = text_of(note)
    for words in ("发货单", "仓库联", "客户联", "财务联", "Customer copy", "收货人", "471000"):
        assert words in said, words
    assert len(reading.text_of(note)) == 3
    assert papers.shipment in codes_in(note)


def test_the_outbound_note_names_truck_and_gate_pass(papers: Papers) -> None:
    note = papers.paper("outbound-note", papers.shipment)
    for words in ("出库单", "Outbound note", "豫A8F213", papers.gate_pass):
        assert words in text_of(note), words
    assert papers.shipment in codes_in(note)


def test_load_sheet_and_check_list_stand_in_loading_order(papers: Papers) -> None:
    sheet = papers.paper("load-sheet", papers.load.number)
    said = text_of(sheet)
    assert said.index("SO-2") < said.index("SO-1"), "what is delivered last is loaded first"
    assert {papers.load.number, "SO-1", "SO-2"} <= codes_in(sheet)
    checklist = papers.paper("loading-checklist", papers.load.number)
    said = text_of(checklist)
    assert said.index("SO-2") < said.index("SO-1")
    assert {code[-18:] for code in codes_in(checklist)} >= {papers.first, papers.second}


def test_the_manifest_lists_what_the_carrier_takes_over(papers: Papers) -> None:
    manifest = papers.paper("carrier-manifest", papers.load.number)
    said = text_of(manifest)
    assert said.index("SO-1") < said.index("SO-2")
    for words in ("交接单", "S-4711", "0379-6391 2288"):
        assert words in said, words
    assert papers.load.number in codes_in(manifest)


def test_the_gate_pass_shows_plate_seal_and_units_and_scans(papers: Papers, yard: Yard) -> None:
    gate_pass = papers.paper("gate-pass", papers.gate_pass)
    for words in ("出门证", "Gate pass", "豫A8F213", "S-4711", "李强"):
        assert words in text_of(gate_pass), words
    assert codes_in(gate_pass) == {papers.gate_pass}
    yard.leave(papers.gate_pass)
    assert "已使用" in text_of(papers.paper("gate-pass", papers.gate_pass))


def test_papers_of_a_cancelled_order_are_marked(yard: Yard, papers: Papers) -> None:
    yard.cancel("SO-1")
    for kind in ("delivery-note", "packing-slip", "outbound-note"):
        assert {"VOID", "作废"} & set(text_of(papers.paper(kind, papers.shipment)).split()), kind


def offered(papers: Papers, number: str) -> set[tuple[str, str]]:
    return {(one["kind"], one["number"]) for one in papers.api.get(f"/orders/{number}")["documents"]}


def test_papers_of_goods_that_do_not_go_out_are_offered_nowhere(yard: Yard, papers: Papers) -> None:
    slip, note = ("packing-slip", papers.shipment), ("delivery-note", papers.shipment)
    assert {slip, note} <= offered(papers, "SO-1")
    pages = ["/orders/SO-1", "/sales/orders/SO-1", f"/shipments/{papers.shipment}"]
    linked = f"/documents/delivery-note/{papers.shipment}.pdf"
    for page in pages:
        assert linked in papers.fetch(page).decode(), page

    yard.cancel("SO-1")

    assert not {slip, note} & offered(papers, "SO-1")
    for page in pages:
        said = papers.fetch(page).decode()
        assert "/documents/packing-slip/" not in said, page
        assert "/documents/delivery-note/" not in said, page
        assert "/labels/address/" not in said, page


def test_papers_of_a_rest_that_was_cancelled_are_void_and_those_of_what_left_are_not(yard: Yard, papers: Papers) -> None:
    yard.picked("SO-3", APPLE=4)
    first = yard.carton("SO-3")
    yard.pack("SO-3", "APPLE", 3, first)
    yard.pack("SO-3", "APPLE", 1, yard.full("SO-3", first))
    load = yard.plan("SO-3")
    went = yard.shipment("SO-3").number
    yard.load(load, first)
    yard.leave(yard.close(load, reason="LATER"))
    yard.plan("SO-3")
    rest = yard.shipment("SO-3").number
    assert rest != went
    yard.cancel("SO-3")
    assert yard.status("SO-3") == "shipped"
    assert ("delivery-note", went) in offered(papers, "SO-3")
    assert ("delivery-note", rest) not in offered(papers, "SO-3")
    assert {"VOID", "作废"} & set(text_of(papers.paper("delivery-note", rest)).split())
    assert not {"VOID"} & set(text_of(papers.paper("delivery-note", went)).split())


def test_a_cartons_label_carries_the_address_and_its_sscc(papers: Papers, yard: Yard) -> None:
    label = papers.fetch(f"/labels/handling-unit/{papers.first}.pdf")
    said = text_of(label)
    for words in ("洛阳百货大楼", "SO-1", papers.first[-3:]):
        assert words in said, words
    assert any(papers.first in code for code in codes_in(label))
    assert papers.fetch(f"/labels/handling-unit/{papers.first}.zpl").startswith(b"^XA")
    assert b"<svg" in papers.fetch(f"/labels/handling-unit/{papers.first}.svg")
    pallet = yard.w.unit("PLATE-1", at="A-01")
    assert "PLATE-1" in text_of(papers.fetch(f"/labels/handling-unit/{pallet.code}.pdf"))


LONG_ZH = "上海长江三角洲国际联合供应链管理与冷链物流运输（集团）股份有限公司虹桥国际商务区分公司"
LONG_EN = "Yangtze River Delta International Consolidated Supply Chain Management and Cold Logistics Holding Company Limited"


def without_breaks(pdf: bytes) -> str:
    return "".join(text_of(pdf).split())


@pytest.mark.parametrize("name", [LONG_ZH, LONG_EN])
def test_long_names_are_wrapped_and_never_cut(yard: Yard, app: Flask, name: str) -> None:
    papers = Papers(yard, app)
    with yard.w.transaction():
        yard.w.partner("LONG", kind="carrier").name = name
    yard.packed("SO-3", APPLE=1, ship_to={**SHIP_TO, "name": name}, carrier="LONG")
    load = yard.plan(stops=[Stop(("SO-3",), name)], carrier="LONG")
    wanted = "".join(name.split())
    for path in (f"/documents/load-sheet/{load.number}.pdf", f"/documents/carrier-manifest/{load.number}.pdf", "/labels/address/SO-3.pdf"):
        said = without_breaks(papers.fetch(path))
        assert said.count(wanted) >= 2, path  # the carrier, and the stop or who gets it
        assert "…" not in said, path


def test_the_manifest_shows_what_is_planned_until_the_truck_is_closed(papers: Papers, yard: Yard) -> None:
    yard.packed("SO-3", APPLE=1)
    yard.picked("SO-4", APPLE=1)
    load = yard.plan("SO-3", "SO-4")
    said = text_of(papers.paper("carrier-manifest", load.number))
    for words in ("计划件数", "Units planned", "尚未封车", "未打包"):
        assert words in said, words
    yard.load(load, yard.pack_all("SO-4"))
    yard.close(load, by=yard.chief, reason="no room")
    said = text_of(papers.paper("carrier-manifest", load.number))
    assert "SO-3" not in said
    assert "Units planned" not in said


def test_a_manifest_of_many_shipments_says_on_each_page_what_it_is(yard: Yard, papers: Papers) -> None:
    numbers = [f"SO-1{place:02}" for place in range(41)]
    for number in numbers:
        yard.packed(number, APPLE=1, ship_to=SHIP_TO)
    pages = reading.text_of(papers.paper("carrier-manifest", yard.plan(*numbers).number))
    assert len(pages) > 2
    for place, page in enumerate(pages, 1):
        for words in ("交接单", "收货方", f"Page {place} of {len(pages)}"):
            assert words in page, (words, place)


def test_an_address_label_is_found_by_order_shipment_and_carton(papers: Papers) -> None:
    for code in ("so-1", papers.shipment, papers.first):
        assert "洛阳百货大楼" in text_of(papers.fetch(f"/labels/address/{code}.pdf")), code


def test_unknown_numbers_have_no_papers(papers: Papers) -> None:
    for kind in ("packing-slip", "delivery-note", "outbound-note", "load-sheet", "loading-checklist", "carrier-manifest", "gate-pass"):
        papers.fetch(f"/documents/{kind}/NOPE-1.pdf", status=404)
    papers.fetch("/labels/address/NOPE.pdf", status=404)


def test_papers_go_to_those_who_handle_the_goods(app: Flask, papers: Papers) -> None:
    for role, kind, number, status in (
        (Role.PACKER, "packing-slip", papers.shipment, 200),
        (Role.SALES, "delivery-note", papers.shipment, 200),
        (Role.GATE, "gate-pass", papers.gate_pass, 200),
        (Role.GATE, "delivery-note", papers.shipment, 403),
        (Role.COUNTER, "load-sheet", papers.load.number, 403),
    ):
        papers.api = Api(app, role)
        papers.fetch(f"/documents/{kind}/{number}.pdf", status=status)
