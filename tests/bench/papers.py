"""Labels and packing slips a second."""

from __future__ import annotations

import time

from wms.i18n import T
from wms.printing.labels import HandlingUnitLabel, pdf, printed
from wms.printing.pdf import Column, Paper, Two, render
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
    for _ in range(50):
        render(slip)
    print(f"packing slips of 20 lines: {50 / (time.perf_counter() - begin):.0f} a second, each its own PDF")
