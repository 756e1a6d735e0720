"""Files in: all or nothing, and every bad row with its line, column and reason."""

from __future__ import annotations

import contextvars
import datetime as dt
import io
import threading
import zipfile
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import openpyxl
import pytest
import sqlalchemy as sa

from tests.http import Api
from tests.warehouse import Warehouse
from wms import db
from wms.app import Application
from wms.catalog.models import Partner, Product
from wms.db import session
from wms.i18n import T
from wms.integrations import imports, reading, tables
from wms.integrations.imports import KINDS, import_file
from wms.integrations.reports import Report
from wms.integrations.tables import Row, TableUnreadable
from wms.locations.models import Location
from wms.orders import announced, operations
from wms.orders.models import InboundOrder, Order
from wms.stock.handling_units import check_digit


def take_in(w: Warehouse, kind: Any, text: str | bytes, **more: Any) -> Report:
    content = text.encode() if isinstance(text, str) else text
    return import_file(kind, io.BytesIO(content), by=w.by, **more)


def said(report: Report, language: str = "en") -> list[str]:
    return [error.say(language) for error in report.errors]


def workbook(rows: Sequence[Sequence[Any]]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(list(row))
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def test_products_come_in_with_names_packagings_and_barcodes(w: Warehouse) -> None:
    report = take_in(
        w,
        "products",
        "sku,name,names.en,names.zh_CN,tracking,weight_grams,barcodes,packagings.1.unit,packagings.1.quantity,packagings.2.unit,packagings.2.quantity\n"
        "TEA,Tea,Green tea,绿茶,lot,250,6900000000014|TEA-1,case,12,pallet,480\n"
        "MUG,Mug,,,,,,,,,\n",
    )
    assert (said(report), report.taken) == ([], 2)
    tea = session.execute(sa.select(Product).where(Product.sku == "TEA")).scalar_one()
    assert (tea.name_zh, tea.tracking, tea.weight_grams) == ("绿茶", "lot", 250)
    assert [(one.unit, one.quantity) for one in tea.packagings] == [("case", 12), ("pallet", 480)]
    assert [one.code for one in tea.barcodes] == ["6900000000014", "TEA-1"]


def test_yes_and_no_are_read_as_people_write_them(w: Warehouse) -> None:
    report = take_in(w, "products", "sku,name,catch_weight\nHAM,Ham,yes\nFISH,Fish,是\nNUT,Nut,否\nPIE,Pie,0\nTEA,Tea,\n")
    assert (said(report), report.taken) == ([], 5)
    weighed = session.execute(sa.select(Product.sku).where(Product.catch_weight).order_by(Product.sku)).scalars().all()
    assert weighed == ["FISH", "HAM"]
    (error,) = said(take_in(w, "products", "sku,name,catch_weight\nHAM,Ham,maybe\n"))
    assert "catch_weight" in error


@pytest.mark.parametrize(
    ("kind", "head", "rows", "wrong"),
    [
        (
            "carton-types",
            "code,name,length_mm,width_mm,height_mm,tare_grams,most_grams,in_use",
            ["M,Middle,400,300,200,350,15000,yes", "S,,200,150,100,,,no"],
            ("L,,4000,1,0,,,", ["line 4, column length_mm", "line 4, column height_mm"]),
        ),
        (
            "vehicles",
            "code,name,plate,carrier,driver,max_weight_grams,max_volume_cm3,pallet_places,temperature,in_service",
            ["V-1,9.6 m,豫A·1,SWIFT,李,5000000,40000000,12,chilled,yes", "V-2,,,,,,,,,no"],
            ("V-3,,,NOBODY,,,,,,", ["line 4, column carrier"]),
        ),
    ],
)
def test_carton_types_and_vehicles_come_in_once_they_were_tried(
    w: Warehouse, api: Api, kind: str, head: str, rows: list[str], wrong: tuple[str, list[str]]
) -> None:
    w.partner("SWIFT", kind="carrier")
    good = "\n".join([head, *rows])
    tried = take_in(w, kind, good, dry_run=True)
    assert (said(tried), tried.taken, api.get(f"/{kind}")["items"]) == ([], 2, [])
    bad, places = wrong
    refused = take_in(w, kind, f"{good}\n{bad}\n")
    assert [one.split(":")[0] for one in said(refused)] == places
    assert api.get(f"/{kind}")["items"] == [], "all or nothing"
    assert take_in(w, kind, good).taken == 2
    first, second = api.get(f"/{kind}")["items"]
    *names, in_use = head.split(",")
    assert [str(first[name]) for name in names] == rows[0].split(",")[:-1]
    assert (first[in_use], second[in_use]) == (True, False)


@pytest.mark.parametrize(
    ("encoding", "delimiter"), [("utf-8", ","), ("utf-8-sig", ";"), ("gb18030", ","), ("utf-16", "\t")], ids=lambda value: repr(value)
)
def test_every_usual_encoding_and_delimiter_is_read(w: Warehouse, encoding: str, delimiter: str) -> None:
    text = (
        delimiter.join(["code", "kind", "name", "address.city"])
        + "\r\n"
        + delimiter.join(["曾惠-14485", "customer", "曾惠", "内江"])
        + "\r\n"
    )
    assert said(take_in(w, "partners", text.encode(encoding))) == []
    partner = session.execute(sa.select(Partner)).scalar_one()
    assert (partner.code, partner.address) == ("曾惠-14485", {"city": "内江"})


def test_a_workbook_is_read_as_well_with_its_numbers_and_dates(w: Warehouse) -> None:
    w.product("APPLE")
    rows = [["sku", "location", "quantity", "received_on"], ["APPLE", "A-01", 7.0, dt.date(2026, 1, 5)], [None, None, None, None]]
    w.location("A-01")
    report = take_in(w, "stock", workbook(rows))
    assert (said(report), report.rows) == ([], 1)
    assert w.on_hand("APPLE", at="A-01") == 7
    assert w.stock("APPLE")[0].batch_id == w.batch("APPLE", received_on=dt.date(2026, 1, 5))


def test_locations_come_in_with_their_assigned_product(w: Warehouse) -> None:
    w.product("SOAP")
    report = take_in(
        w,
        "locations",
        "code,kind,zone,aisle,x_mm,assigned.sku,assigned.minimum,assigned.maximum\nF-01,pick_face,A,1,1200,SOAP,12,36\nA-01,storage,A,2,0,,,\n",
    )
    assert said(report) == []
    face = session.execute(sa.select(Location).where(Location.code == "F-01")).scalar_one()
    assert (face.assigned_minimum, face.assigned_maximum, face.x_mm) == (12, 36, 1200)


ORDERS = (
    "number,customer,kind,due_at,ship_to.name,ship_to.street,ship_to.city,sku,quantity,unit\n"
    "SO-1,CUS,ship_first,2027-03-31,李雷,南京路 2,上海,APPLE,3,\n"
    "SO-1,,,,,,,PEAR,2,case\n"
    "SO-2,CUS,settle_first,2027-03-31T08:00:00+08:00,,,,APPLE,1,\n"
)


def prepare(w: Warehouse) -> None:
    w.partner("CUS")
    w.product("APPLE")
    w.product("PEAR", packagings={"case": 12})


class HeldFile(io.BytesIO):
    """A file whose reader stops at a line until somebody has done something else."""

    def __init__(self, content: bytes, hold_at: int, meanwhile: Callable[[], None]) -> None:
        super().__init__(content)
        self._hold_at, self._meanwhile, self._looked_through = hold_at, meanwhile, False

    def read1(self, size: int | None = -1, /) -> bytes:  # how text is read; `read` only looks for the encoding
        part = super().read1(4096)
        if self.tell() >= self._hold_at and not self._looked_through:
            self._looked_through = True
            self._meanwhile()
        return part


def test_the_floor_scans_while_a_file_is_read(app: Application, w: Warehouse) -> None:
    """The reader of the file is held in its middle; it goes on only when somebody else has moved goods."""
    w.receive("APPLE", 10, at="A-01")
    w.location("B-01")
    answers: list[Any] = []

    def scanned() -> None:
        with app.app_context():
            handheld = Api(app)
            for number, text in enumerate(("A-01", "APPLE", "4", "CMD:DONE", "B-01")):
                version = handheld.get("/scan/move")["version"]
                answers.append(handheld.post("/scan/move", {"scan": text, "version": version, "key": f"k{number}"}))
            session.remove()

    def meanwhile() -> None:
        assert not db.in_transaction()
        other = threading.Thread(target=lambda: contextvars.Context().run(scanned), daemon=True)
        other.start()
        other.join(30)
        assert not other.is_alive(), "the floor waits for the file"

    rows = [b"code,kind,name", *(b"C%05d,customer,Somebody" % number for number in range(2000))]
    content = b"\n".join(rows)
    report = import_file("partners", HeldFile(content, len(content) // 2, meanwhile), by=w.by)

    assert (said(report), report.taken) == ([], 2000)
    assert answers[-1]["message"]["tone"] == "good"
    assert (w.on_hand("APPLE", at="A-01"), w.on_hand("APPLE", at="B-01")) == (6, 4)


def test_much_is_set_down_on_disk_and_comes_in_all_the_same(w: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_IN_MEMORY", 100)
    monkeypatch.setattr(imports, "_FORGET_EVERY", 7)
    rows = "".join(f"P{number},Product {number},case,{number + 2}\n" for number in range(60))
    report = take_in(w, "products", "sku,name,packagings.1.unit,packagings.1.quantity\n" + rows)
    assert (said(report), report.taken) == ([], 60)
    last = session.execute(sa.select(Product).where(Product.sku == "P59")).scalar_one()
    assert [(one.unit, one.quantity) for one in last.packagings] == [("case", 61)]


def test_what_cannot_be_read_and_what_is_refused_are_told_in_the_order_of_the_file(w: Warehouse) -> None:
    w.product("APPLE")
    w.location("A-01")
    report = take_in(w, "stock", "sku,location,quantity\nNOTHING,A-01,1\nAPPLE,A-01,much\nAPPLE,NOWHERE,1\n")
    assert [(error.line, error.code) for error in report.errors] == [(2, "product_unknown"), (3, "int_parsing"), (4, "location_unknown")]


def test_orders_come_in_one_row_a_line(w: Warehouse) -> None:
    prepare(w)
    report = take_in(w, "orders", ORDERS)
    assert (said(report), report.rows, report.taken) == ([], 3, 2)
    first, second = operations.find("SO-1", by=w.by), operations.find("SO-2", by=w.by)
    assert [line.ordered for line in first.lines] == [3, 24]
    assert first.ship_to["city"] == "上海"
    assert second.kind == "settle_first"
    assert second.ship_to["name"] == "CUS"  # left out: the customer's own
    assert second.due_at == dt.datetime(2027, 3, 31, tzinfo=dt.UTC)
    assert first.due_at == dt.datetime(2027, 3, 31, 15, 59, 59, tzinfo=dt.UTC)  # the end of that day in Shanghai


def test_a_time_is_written_as_people_write_it(w: Warehouse) -> None:
    prepare(w)
    head = "number,customer,kind,due_at,sku,quantity\n"
    report = take_in(w, "orders", head + "SO-9,CUS,ship_first,31.03.2027,APPLE,1\n")
    assert said(report) == ["line 2, column due_at: must be a time, as 2027-03-31 16:30"]
    assert said(take_in(w, "orders", head + "SO-9,CUS,ship_first,2027-03-31 16:30,APPLE,1\n")) == []
    assert operations.find("SO-9", by=w.by).due_at == dt.datetime(2027, 3, 31, 8, 30, tzinfo=dt.UTC)


def test_inbound_orders_come_in_one_row_a_line(w: Warehouse) -> None:
    prepare(w)
    w.partner("SUP", kind="supplier")
    report = take_in(
        w,
        "inbound-orders",
        "number,partner,expected_on,line,sku,quantity,unit\nIN-1,SUP,2027-01-02,10,PEAR,2,case\nIN-1,SUP,2027-01-02,20,APPLE,5,\n",
    )
    assert said(report) == []
    order = session.execute(sa.select(InboundOrder)).scalar_one()
    assert [(line.line, line.expected) for line in order.lines] == [("10", 24), ("20", 5)]


def sscc(number: int) -> str:
    body = f"04012345{number:09d}"
    return body + check_digit(body)


def test_inbound_orders_come_in_with_their_plates_one_row_a_content(w: Warehouse) -> None:
    prepare(w)
    pallet, one, two, other = (sscc(number) for number in range(4))
    report = take_in(
        w,
        "inbound-orders",
        "number,line,sku,quantity,lot,sscc,sscc_kind,sscc_parent\n"
        f"IN-1,10,APPLE,12,L1,{one},carton,{pallet}\n"
        f"IN-1,10,APPLE,24,L2,{two},carton,{pallet}\n"
        f"IN-1,20,PEAR,5,,{other},,\n"
        "IN-1,30,PEAR,7,,,,\n",
    )
    assert said(report) == []
    order = session.execute(sa.select(InboundOrder)).scalar_one()
    assert [(line.line, line.expected, line.lot) for line in order.lines] == [("10", 36, None), ("20", 5, None), ("30", 7, None)]
    found = announced.find(pallet, by=w.by)
    assert [(child.sscc, child.kind, child.contents[0].quantity, child.contents[0].lot) for child in found.children] == [
        (one, "carton", 12, "L1"),
        (two, "carton", 24, "L2"),
    ]
    assert announced.find(other, by=w.by).pieces == 5


def test_what_is_wrong_with_a_plate_is_said_of_its_row(w: Warehouse) -> None:
    prepare(w)
    bad = sscc(1)[:-1] + str((int(sscc(1)[-1]) + 1) % 10)
    head = "number,line,sku,quantity,sscc,sscc_parent\n"
    for rows, wanted in (
        (f"IN-1,10,APPLE,5,{sscc(0)},\nIN-1,20,PEAR,5,{bad},\n", [(3, "sscc", "gs1_check_digit")]),
        (f"IN-1,10,APPLE,5,{sscc(0)},\nIN-1,20,NOTHING,5,{sscc(1)},\n", [(3, "sku", "sku_unknown")]),
        (f"IN-1,10,APPLE,5,{sscc(0)},\nIN-1,10,APPLE,5,,\n", [(3, "line", "line_twice")]),
        (f"IN-1,10,APPLE,5,{sscc(0)},{sscc(0)}\n", [(2, "sscc_parent", "stack_wrong")]),
    ):
        report = take_in(w, "inbound-orders", head + rows)
        assert [(error.line, error.column, error.code) for error in report.errors] == wanted


def test_a_dry_run_reports_and_changes_nothing(w: Warehouse) -> None:
    prepare(w)
    report = take_in(w, "orders", ORDERS, dry_run=True)
    assert report.taken == 2
    assert report.text.say("en") == "Dry run: 2 would be taken in from 3 rows; nothing was changed"
    assert session.execute(sa.select(Order)).first() is None


def test_one_bad_row_and_nothing_is_taken(w: Warehouse) -> None:
    report = take_in(w, "partners", "code,kind,name\nGOOD,customer,Good\nBAD,friend,Bad\n")
    assert said(report) == ["line 3, column kind: is not one of the known words: customer, supplier, carrier"]
    assert said(report, "zh_CN") == ["第 3 行，kind 列：不是允许的取值，可用：customer, supplier, carrier"]
    assert session.execute(sa.select(Partner)).first() is None


def test_every_bad_row_is_reported_with_line_and_column(w: Warehouse) -> None:
    prepare(w)
    report = take_in(
        w,
        "orders",
        "number,customer,sku,quantity,unit\n"
        "SO-1,CUS,APPLE,three,\n"
        "SO-1,CUS,NOTHING,1,\n"
        "SO-2,CUS,NOTHING,1,\n"
        "SO-2,CUS,PEAR,1,crate\n"
        "SO-2,CUS,APPLE,1,\n"
        "SO-3,NOBODY,APPLE,1,\n"
        "SO-4,CUS,APPLE,-1,\n",
    )
    assert [(error.line, error.column, error.code) for error in report.errors] == [
        (2, "quantity", "int_parsing"),
        (3, "sku", "sku_unknown"),
        (4, "sku", "sku_unknown"),
        (5, "unit", "unit_not_known"),
        (7, "customer", "partner_unknown"),
        (8, "quantity", "greater_than_equal"),
    ]
    assert session.execute(sa.select(Order)).first() is None


def test_an_order_whose_rows_name_two_customers_is_refused_row_by_row(w: Warehouse) -> None:
    prepare(w)
    w.partner("OTHER")
    report = take_in(
        w, "orders", "number,customer,sku,quantity\nSO-1,CUS,APPLE,1\nSO-1,OTHER,APPLE,1\nSO-1,CUS,PEAR,1\nSO-1,OTHER,PEAR,1\n"
    )
    assert [(error.line, error.column, error.code) for error in report.errors] == [
        (3, "customer", "order_mixed"),
        (5, "customer", "order_mixed"),
    ]
    assert said(report)[0] == "line 3, column customer: OTHER differs from CUS on line 2: one order has one customer"


def test_an_inbound_order_that_cannot_be_read_hides_no_unknown_supplier_or_product(w: Warehouse) -> None:
    prepare(w)
    report = take_in(w, "inbound-orders", "number,kind,partner,sku,quantity\nPO-1,purchase,NOBODY,NONE,0\n")
    assert [(one.column, one.code) for one in report.errors] == [
        ("quantity", "greater_than_equal"),
        ("partner", "partner_unknown"),
        ("sku", "sku_unknown"),
    ]


def test_rows_of_one_order_stand_together(w: Warehouse) -> None:
    prepare(w)
    report = take_in(w, "orders", "number,customer,sku,quantity\nSO-1,CUS,APPLE,1\nSO-2,CUS,APPLE,1\nso-1,CUS,PEAR,1\n")
    assert said(report) == ["line 4, column number: the rows of so-1 do not stand together; it was on line 2 before"]


def test_a_number_that_exists_already_is_refused(w: Warehouse) -> None:
    prepare(w)
    take_in(w, "orders", ORDERS)
    report = take_in(w, "orders", ORDERS)
    assert [(error.line, error.code) for error in report.errors] == [(2, "number_taken"), (4, "number_taken")]


def test_a_code_that_stands_twice_is_taken_once_when_it_says_the_same(w: Warehouse) -> None:
    report = take_in(w, "products", "sku,name\nTEA,Tea\nMUG,Mug\ntea,Teapot\nMUG,Mug\n")
    assert said(report) == ["line 4, column sku: tea is on line 2 already, with other facts"]
    assert take_in(w, "products", "sku,name\nMUG,Mug\nMUG,Mug\n").taken == 1


def test_a_mistyped_barcode_is_a_row_error_with_its_column(w: Warehouse) -> None:
    text = "sku,name,barcodes,packagings.1.unit,packagings.1.quantity,packagings.1.barcode\n"
    report = take_in(w, "products", text + "A,A,6900000000015,,,\nB,B,,case,2,16900000000012\nC,C,6900000000014,,,\n")
    assert [(error.line, error.column, error.code) for error in report.errors] == [
        (2, "barcodes.1", "barcode_check_digit"),
        (3, "packagings.1.barcode", "barcode_check_digit"),
    ]


def test_an_unknown_column_is_an_error_that_names_the_known_ones(w: Warehouse) -> None:
    report = take_in(w, "partners", "code,kind,name,colour\nX,customer,X,red\n")
    assert len(report.errors) == 1
    assert said(report)[0].startswith("line 1, column colour: is not a known column; known: kind, name, address.name")


def test_a_row_longer_than_the_header_is_an_error(w: Warehouse) -> None:
    report = take_in(w, "partners", "code,kind,name\nX,customer,X,surplus\n")
    assert [(error.line, error.code) for error in report.errors] == [(2, "too_many_cells")]


def test_stock_that_the_ledger_refuses_is_a_row_error(w: Warehouse) -> None:
    w.product("APPLE")
    w.product("TEA", tracking="lot")
    w.location("A-01")
    report = take_in(w, "stock", "sku,location,quantity,lot\nAPPLE,A-01,5,\nAPPLE,A-01,-9,\nAPPLE,NOWHERE,1,\nTEA,A-01,1,\nAPPLE,A-01,0,\n")
    assert [(error.line, error.code) for error in report.errors] == [
        (3, "not_enough"),
        (4, "location_unknown"),
        (5, "lot_missing"),
        (6, "nothing_to_adjust"),
    ]
    assert w.on_hand("APPLE") == 0


@pytest.mark.parametrize(
    "content",
    [b"", b"\n\n", b"PK\x03\x04 no workbook", b"code,name\n\xff\xfe\xff\xff,x\n", b"code\x00,name\nX,Y\n", b'code,name\n"open,Y\n'],
    ids=["empty", "blank", "no workbook", "no text", "nul", "open quote"],
)
@pytest.mark.sqlite
def test_a_file_that_is_no_table_is_refused_in_words(w: Warehouse, content: bytes) -> None:
    with pytest.raises(TableUnreadable) as refusal:
        take_in(w, "partners", content)
    assert refusal.value.say("en").startswith("The file cannot be read: ")
    assert refusal.value.say("zh_CN").startswith("文件无法读取：")


def with_sheet(rows: str) -> bytes:
    """A workbook whose sheet somebody wrote by hand."""
    sound, made = zipfile.ZipFile(io.BytesIO(workbook([["code", "name"]]))), io.BytesIO()
    sheet = f'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData></worksheet>'
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as book:
        for name in sound.namelist():
            book.writestr(name, sheet if name == "xl/worksheets/sheet1.xml" else sound.read(name))
    return made.getvalue()


HEAD = '<row r="1"><c r="A1" t="inlineStr"><is><t>code</t></is></c><c r="B1" t="inlineStr"><is><t>name</t></is></c></row>'


@pytest.mark.sqlite
@pytest.mark.parametrize(
    "rows",
    [HEAD + "<row><c", HEAD + '<row r="2"><c r="XFD2"><v>1</v></c></row>', HEAD + '<row r="2"><c r="A2"><v>one</v></c></row>'],
    ids=["broken off", "as wide as a sheet can be", "a number that is none"],
)
def test_a_sheet_that_turns_out_damaged_while_it_is_read_is_refused_in_words(w: Warehouse, rows: str) -> None:
    with pytest.raises(TableUnreadable):
        take_in(w, "partners", with_sheet(rows))
    assert session.execute(sa.select(sa.func.count(Partner.id))).scalar_one() == 0


@pytest.mark.parametrize(("column", "most"), [("handling_unit", 40), ("reason", 200), ("lot", 80), ("location", 80)])
def test_a_text_that_is_too_long_is_a_row_error_with_its_column(w: Warehouse, column: str, most: int) -> None:
    w.product("APPLE")
    w.location("A-01")
    columns = {"sku": "APPLE", "location": "A-01", "quantity": "5", column: "x" * (most + 1)}
    report = take_in(w, "stock", f"{','.join(columns)}\n{','.join(columns.values())}\n")
    assert said(report) == [f"line 2, column {column}: is too long"]


@pytest.mark.sqlite
def test_a_line_beyond_the_end_of_any_sheet_is_not_waited_for(w: Warehouse) -> None:
    rows = HEAD + '<row r="999999999999"><c r="A999999999999" t="inlineStr"><is><t>X</t></is></c></row>'
    assert take_in(w, "partners", with_sheet(rows)).errors == []


@pytest.mark.sqlite
@pytest.mark.parametrize("name", ["Köln", "Österreich", "Müller & Söhne", "Große Straße", "20 °C", "Citroën"])
def test_a_western_file_is_not_read_as_chinese(w: Warehouse, name: str) -> None:
    with pytest.raises(TableUnreadable) as refusal:
        take_in(w, "partners", f"code,kind,name\nX,customer,{name}, Lager\n".encode("cp1252"))
    assert "Windows-1252" in refusal.value.say("en")
    assert "UTF-8" in refusal.value.advise("en")


@pytest.mark.sqlite
@pytest.mark.parametrize("name", ["T恤", "A型B柜，大号", "雙面膠", "O型圈 X轴Y向 标准件", "10雙 鞋盒", "U型磁铁"])
def test_chinese_between_latin_letters_goes_in_and_the_report_names_the_encoding(w: Warehouse, name: str) -> None:
    report = take_in(w, "partners", f"code,kind,name\nX,customer,{name}\n".encode("gb18030"), dry_run=True)
    assert report.errors == []
    assert report.text.say("en").endswith("The text was read as GB18030.")
    assert take_in(w, "partners", f"code,kind,name\nX,customer,{name}\n").text.say("en").endswith("from 1 row")
    assert session.execute(sa.select(Partner.name)).scalar_one() == name


SPREADSHEETML = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
SHARED = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"


def with_shared(strings: Iterable[str], *, name: str = "xl/sharedStrings.xml") -> bytes:
    """A workbook of one word whose shared strings, which are kept in memory whole, are these."""
    sound, made = zipfile.ZipFile(io.BytesIO(workbook([["code"]]))), io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as book:
        for part in sound.namelist():
            if part == "[Content_Types].xml":
                named = f'<Override PartName="/{name}" ContentType="{SHARED}"/></Types>'
                book.writestr(part, sound.read(part).decode().replace("</Types>", named))
            else:
                book.writestr(part, sound.read(part))
        with book.open(name, "w") as file:
            file.write(f'<sst xmlns="{SPREADSHEETML}">'.encode())
            for string in strings:
                file.write(f"<si><t>{string}</t></si>".encode())
            file.write(b"</sst>")
    return made.getvalue()


@pytest.mark.sqlite
@pytest.mark.parametrize("name", ["xl/sharedStrings.xml", "xl/worksheets/sheet2.xml"])
@pytest.mark.parametrize(
    ("strings", "why"),
    [
        ([f"{number:x}{number * 2654435761:x}" for number in range(800_000)], "20 MB"),
        (["0" * 1_000] * 5_000, "packed"),
    ],
    ids=["too many shared strings", "hardly anything unpacks to much"],
)
def test_a_workbook_that_would_fill_the_memory_is_refused_before_it_is_read(
    monkeypatch: pytest.MonkeyPatch, name: str, strings: Iterable[str], why: str
) -> None:
    content = with_shared(strings, name=name)
    monkeypatch.setattr(openpyxl, "load_workbook", lambda *_a, **_m: pytest.fail("it was read"))
    with pytest.raises(TableUnreadable, match=why):
        tables.read(io.BytesIO(content))


@pytest.mark.sqlite
def test_a_workbook_of_many_alike_rows_is_read() -> None:
    rows = [["sku", "name", "quantity"], *(["APPLE", f"Apple {number % 7}", 12] for number in range(5_000))]
    assert sum(1 for _ in tables.read(io.BytesIO(workbook(rows))).rows) == 5_000


@pytest.mark.sqlite
@pytest.mark.parametrize("kind", KINDS)
def test_ten_kilobytes_and_control_characters_are_row_errors(w: Warehouse, kind: Any) -> None:
    first = {"products": "sku", "stock": "sku", "tracking": "tracking", "orders": "number", "inbound-orders": "number"}.get(kind, "code")
    for cell in ("x" * 10_000, "a\x07b"):
        report = take_in(w, kind, f"{first}\n{cell}\n")
        assert report.errors, cell[:10]
        assert all(error.line == 2 for error in report.errors)


def test_one_error_is_told_as_one() -> None:
    report = Report("products", rows=1)
    report.wrong(Row(2, {}), "sku", T("is missing", "缺失"), "missing")
    assert report.text.say("en") == "Nothing was taken in: 1 error in 1 row"
    assert report.text.say("zh_CN") == "未导入任何内容：1 行中有 1 处错误"
