"""Papers of one family: number and barcode top right, two-language headings, a ruled table, signatures at the foot.

    note = Paper(
        kind=T("Delivery note", "发货单"),
        number="DN-10023",
        facts=[(T("Customer", "客户"), "洛阳百货大楼"), (T("Date", "日期"), date(2026, 11, 21))],
        columns=[Column(T("Product", "商品")), Column(T("Quantity", "数量"), align="right", strong=True)],
        rows=[[Two("HP-2311-37", T("Urban pump 37", "都市女鞋 37")), 6]],
        total=[T("Total", "合计"), 6],
        notes=[T("Check before signing", "签收前请清点")],
        signatures=[T("Issued by", "发货人"), T("Received by", "收货人")],
        copies=[T("Warehouse copy", "仓库联"), T("Customer copy", "客户联")],
    )
    render(note)  # -> bytes, the same for the same paper; several papers become one PDF

A cell is text, a `T`, a whole number, a date, `Two(first, second)`, `Scan(code)` for a barcode, `WRITE` or `TICK` for
something done by hand, or None. Columns find their widths; words wrap, and never run over their neighbour.
"""

from __future__ import annotations

from io import BytesIO

from wms.printing.ink import one_line, sheet
from wms.printing.layout import A4, Layout
from wms.printing.papers import Company, Paper, Section
from wms.printing.tables import TICK, WRITE, Cell, Column, Row, Scan, Two

__all__ = ["TICK", "WRITE", "Cell", "Column", "Company", "Paper", "Row", "Scan", "Section", "Two", "render"]


def render(*papers: Paper) -> bytes:
    """One PDF of all these papers; each begins on a page of its own and counts its own pages."""
    assert papers, "nothing to print"
    buffer = BytesIO()
    title = " · ".join(f"{one_line(paper.kind)} {paper.number}" for paper in papers[:3])
    with sheet(buffer, A4, title) as canvas:
        for paper in papers:
            layout = Layout(paper)
            pages = list(layout.pages())
            for copy in paper.copies or (None,):
                for number, page in enumerate(pages, start=1):
                    layout.print(canvas, page, number, len(pages), copy)
    return buffer.getvalue()
