"""Labels: every one scans, and its PDF, its picture and its printer language tell the same."""

from __future__ import annotations

import datetime as dt
from io import BytesIO
from xml.etree import ElementTree

import pypdf
import pytest

from tests.printing.reading import scan_pdf, text_of
from tests.work import steps
from wms.i18n import T
from wms.printing.labels import (
    COMMANDS,
    Address,
    AddressLabel,
    CartonTypeLabel,
    CommandSheet,
    HandlingUnitLabel,
    LocationLabel,
    PersonLabel,
    ProductLabel,
    pdf,
    printed,
    svg,
    zpl,
)

NAME = T("Urban pump, perforated, 37 black", "都市女鞋 冲孔浅口 37 黑")
EXPIRY = dt.date(2027, 3, 1)
SSCC = "003456789012345670"
CUSTOMER = Address("洛阳百货大楼", ["中州中路 287 号", "河南省洛阳市 471000"], "0379-6391 2288")
CARTON = HandlingUnitLabel(
    SSCC,
    T("Carton", "纸箱"),
    ship_to=CUSTOMER,
    sender="豫丰鞋服",
    sequence="2/3",
    facts=[(T("Order", "订单"), "SO-7712"), (T("Weight", "重量"), "12.4 kg"), (T("Packed", "打包"), EXPIRY)],
    contents=[(NAME, n) for n in range(1, 12)],
)
LABELS = {
    "location": (LocationLabel("A-07-3", "A", T("Pick face", "拣货位"), arrow="up"), {"A-07-3"}),
    "chinese location": (LocationLabel("库位甲-03", "冷库", T("Storage", "存储位")), {"库位甲-03"}),
    "long location": (LocationLabel("ZHENGZHOU-01-AISLE-07-BAY-03-LEVEL-2"), {"ZHENGZHOU-01-AISLE-07-BAY-03-LEVEL-2"}),
    "product": (ProductLabel("HP-2311-37", NAME), {"HP-2311-37"}),
    "product with lot": (
        ProductLabel("HP-2311-37", NAME, "6901234567892", "L240814", EXPIRY, "S-9", 6, T("pairs", "双")),
        {"6901234567892", "010690123456789217270301" + "10L240814\x1d21S-9"},
    ),
    "product without a shop number": (
        ProductLabel("HP-2311-37", NAME, lot="L240814", expires_on=EXPIRY),
        {"HP-2311-37", "17270301240HP-2311-37\x1d10L240814"},
    ),
    "box": (ProductLabel("JK-88", NAME, "16901234567899", "A1"), {"16901234567899", "011690123456789910A1"}),
    "chinese product and lot": (ProductLabel("鞋子-37", NAME, lot="批次1", quantity=3), {"鞋子-37", "批次1"}),
    "carton": (CARTON, {"00" + SSCC}),
    "pallet": (HandlingUnitLabel(SSCC, T("Pallet", "托盘")), {"00" + SSCC}),
    "tote": (HandlingUnitLabel("TOTE-0031", T("Tote", "周转箱")), {"TOTE-0031"}),
    "address": (AddressLabel(CUSTOMER, Address("豫丰", ["航海路 18 号"]), "SO-7712", "1/3"), {"SO-7712"}),
    "carton type": (CartonTypeLabel("M", "390×290×190", "中号纸箱"), {"M"}),
    "person": (PersonLabel("WANG", "王敏 Wang Min", [T("Picker", "拣货员")], "豫丰", "BADGE-10023"), {"BADGE-10023"}),
    "chinese person": (PersonLabel("王敏", "王敏", [T("Picker", "拣货员")]), {"王敏"}),
    "commands": (CommandSheet(), {f"CMD:{command}" for command, _ in COMMANDS}),
}
EVIL = '^XA~JR_5E\\1>8<script>"&\x00\x1b😀超长' * 12


@pytest.mark.parametrize(("label", "codes"), LABELS.values(), ids=LABELS)
def test_every_label_scans_from_a_203_dpi_print(label, codes):
    assert scan_pdf(pdf([label])) == [codes]


@pytest.mark.parametrize(("label", "_"), LABELS.values(), ids=LABELS)
def test_every_label_is_a_picture_without_styles_and_scripts(label, _):
    picture = svg(label)
    root = ElementTree.fromstring(picture)
    assert {name.split("}")[-1] for name in (element.tag for element in root.iter())} <= {"svg", "rect", "path", "text"}
    assert not [element for element in root.iter() if "style" in element.attrib]


def test_every_command_is_there_in_both_languages():
    text = text_of(pdf([CommandSheet()]))[0]
    assert [command for command, _ in COMMANDS] == [
        *("NEXT", "DONE", "BACK", "CANCEL", "SHORT", "SKIP", "FULL", "LOT", "UNDO", "PRINT", "HELP")
    ]
    for command, words in COMMANDS:
        assert f"CMD:{command}" in text
        assert words.en in text
        assert words.zh in text


def test_a_logistic_label_says_who_what_and_its_last_digits():
    text = text_of(pdf([CARTON]))[0]
    for words in ("纸箱", "2/3", "洛阳百货大楼", "0379-6391 2288", "SO-7712", "都市女鞋", "345 670", "more"):
        assert words in text, words
    page = pypdf.PdfReader(BytesIO(pdf([CARTON]))).pages[0].mediabox
    assert (round(float(page.width) / 72 * 25.4), round(float(page.height) / 72 * 25.4)) == (100, 150)


@pytest.mark.parametrize(
    "label",
    [
        LocationLabel(EVIL, EVIL, EVIL, EVIL, "down"),
        ProductLabel(EVIL, EVIL, EVIL, EVIL, EXPIRY, EVIL, 10**12, EVIL),
        HandlingUnitLabel(EVIL, EVIL, Address(EVIL, [EVIL] * 9, EVIL), EVIL, EVIL, [(NAME, EVIL)] * 9, [(EVIL, EVIL)] * 9),
        CartonTypeLabel(EVIL, EVIL, EVIL),
        AddressLabel(Address(EVIL, [EVIL] * 9, EVIL), Address(EVIL, [EVIL]), EVIL, EVIL, [(NAME, EVIL)] * 9),
        PersonLabel(EVIL, EVIL, [EVIL] * 5, EVIL),
    ],
    ids=lambda label: type(label).__name__,
)
def test_evil_words_stay_words_on_every_label(label):
    assert len(text_of(pdf([label]))) == 1
    assert EVIL in scan_pdf(pdf([label]))[0]
    assert "<script" not in svg(label)
    ElementTree.fromstring(svg(label))
    printed = zpl([label])
    assert printed.count("^XA") == 1
    assert "~" not in printed


def test_a_label_comes_in_three_forms_with_their_media_types():
    label = LocationLabel("A-07-3")
    assert printed([label], "pdf") == (pdf([label]), "application/pdf")
    assert printed([label], "svg")[1] == "image/svg+xml"
    assert printed([label], "zpl")[0].startswith(b"^XA")


def test_a_label_printer_gets_one_label_a_command():
    assert zpl([CommandSheet()]).count("^XA") == len(COMMANDS)


def test_the_same_labels_are_the_same_bytes():
    labels = [label for label, _ in LABELS.values()]
    assert pdf(labels) == pdf(labels)
    assert zpl(labels) == zpl(labels)


def test_each_of_many_logistic_labels_is_no_more_work_than_each_of_few():
    def labels(many: int) -> bytes:
        return pdf(HandlingUnitLabel(f"{n:018d}", T("Carton", "纸箱"), CUSTOMER) for n in range(many))

    assert len(pypdf.PdfReader(BytesIO(labels(1000))).pages) == 1000
    assert steps(lambda: labels(80)) < 4.2 * steps(lambda: labels(20))
