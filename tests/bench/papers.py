"""Labels and packing slips a second."""

from __future__ import annotations

import dataclasses
import time

from tests.bench import held
from wms.i18n import T
from wms.printing.labels import Address, HandlingUnitLabel, pdf, printed, zpl
from wms.printing.pdf import Column, Paper, Two, render
from wms.printing.plain import paper_of, plain_of
from wms.stock.handling_units import check_digit


def measure() -> None:
    """Prints both, warm."""
    labels = [HandlingUnitLabel(code=body + check_digit(body)) for body in (f"06900000{serial:09d}" for serial in range(500))]
    slip = Paper(
        kind=T("Packing slip", "装箱单"),
        number="S-10001",
        facts=[(T("Customer", "客户"), "洛阳百货大楼"), (T("Order", "订单"), "SO-7712")],
        columns=[Column(T("Product", "商品")), Column(T("Quantity", "数量"), align="right", strong=True)],
        rows=[[Two(f"HP-{number}", T("Urban pump 37", "都市女鞋 37")), number] for number in range(20)],
    )
    pdf(labels[:2])
    render(slip)
    begin = time.perf_counter()
    pdf(labels)
    print(f"labels: {len(labels) / (time.perf_counter() - begin):.0f} SSCC labels a second in one PDF")
    run = [HandlingUnitLabel(code=body + check_digit(body)) for body in (f"06900000{serial:09d}" for serial in range(1000))]
    for form, words in (("pdf", "on a roll"), ("a4", "on sheets of A4"), ("zpl", "for a label printer")):
        begin = time.perf_counter()
        content, _ = printed(run, form)
        print(f"1,000 SSCC labels in one file {words}: {time.perf_counter() - begin:.2f} s, {len(content) / 1e6:.1f} MB (at most 5 s)")
    begin = time.perf_counter()
    for one in run:
        zpl([one])
    rate = len(run) / (time.perf_counter() - begin)
    print(f"labels one by one for a label printer: {rate:.0f} a second {held.at_least('SSCC labels as ZPL', rate, 100, 'a second')}")
    parcels = [_parcel(number) for number in range(300)]
    zpl(parcels[:2])
    begin = time.perf_counter()
    for one in parcels:
        zpl([one])
    rate = len(parcels) / (time.perf_counter() - begin)
    wanted = held.at_least("parcel labels as ZPL", rate, 100, "a second")
    print(f"parcel labels with a Chinese address, likewise: {rate:.0f} a second {wanted}")
    begin = time.perf_counter()
    for _ in range(50):
        render(slip)
    print(f"packing slips of 20 lines: {50 / (time.perf_counter() - begin):.0f} a second, each its own PDF")
    many = [plain_of(dataclasses.replace(slip, number=f"S-{10_000 + number}")) for number in range(500)]
    for words, copies in (("drawn as they are now", [slip] * 500), ("drawn from what was kept", None)):
        begin = time.perf_counter()
        content = render(*(copies or [paper_of(one) for one in many]))
        spent = time.perf_counter() - begin
        wanted = held.at_most(f"500 slips of 20 lines in one PDF, {words}", spent, 15, "s")
        print(f"500 slips of 20 lines in one PDF, {words}: {spent:.1f} s, {len(content) / 1e6:.1f} MB {wanted}")


def _parcel(number: int) -> HandlingUnitLabel:
    body = f"06900000{number:09d}"
    where = Address(f"洛阳百货大楼 {number} 店", ["河南省洛阳市西工区中州中路 287 号", "471000 洛阳"], "0379-6391 2288")
    contents = [("SN-6301-39 · 20260514", 2), ("SN-6301-40 · 20260611", 1)]
    facts = [(T("Order", "订单"), f"SO-{number}"), (T("Carrier", "承运商"), "中原快运 Zhongyuan Express")]
    return HandlingUnitLabel(
        body + check_digit(body), kind=T("Carton", "箱"), ship_to=where, sequence="1/2", facts=facts, contents=contents
    )
