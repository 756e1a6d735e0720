"""What a customer signed for, on the paper that went with the goods: a table of what was not kept, and the drawn signature."""

from __future__ import annotations

from io import BytesIO

from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from wms.i18n import T, Text
from wms.printing.fonts import draw, shorten
from wms.printing.ink import INK, Words, one_line
from wms.printing.papers import Paper, Section, Signed
from wms.printing.tables import Cell, Column, Two, written

_TITLE = T("Signed for", "客户签收")
_AS_SENT = T("All kept as it was sent", "如数收下")
_COLUMNS = [
    Column(T("Product", "商品")),
    Column(T("Lot", "批号")),
    Column(T("Sent", "发出"), align="right"),
    Column(T("Damaged", "残损"), align="right"),
    Column(T("Refused", "拒收"), align="right"),
    Column(T("Missing", "短少"), align="right"),
    Column(T("Kept", "实收"), align="right", strong=True),
    Column(T("Why", "原因")),
]


def signed_for(paper: Paper, signed: Signed) -> Section:
    """Who signed when, how much was kept in all, and each line that was not kept as it was sent."""
    facts: list[tuple[Text, Cell]] = [(T("Signed by", "签收人"), signed.name), (T("Signed at", "签收时间"), signed.at)]
    facts.append((T("Kept", "实收"), _total(signed) if signed.not_kept else _AS_SENT))
    facts += [(T("Remark", "备注"), signed.remark)] if signed.remark else []
    names = _names(paper)
    rows = [
        [
            Two(names[one.sku], one.sku) if one.sku in names else one.sku,
            one.lot or "–",
            one.sent,
            *(number or "–" for number in (one.damaged, one.refused, one.missing)),
            one.kept,
            one.why or "–",
        ]
        for one in signed.not_kept
    ]
    return Section(columns=_COLUMNS if rows else [], rows=rows, title=_TITLE, facts=facts)


def _total(signed: Signed) -> Words:
    if not signed.sent:
        return T("Not all: see below", "未全部收下，见下表")
    return f"{signed.kept} / {signed.sent}"


def _names(paper: Paper) -> dict[str, Words]:
    """What the paper itself calls its products."""
    cells = (cell for row in paper.rows for cell in row if isinstance(cell, Two))
    return {one.second: one.first for one in cells if isinstance(one.second, str) and not isinstance(one.first, int)}


def draw_signature(canvas: Canvas, paper: Paper, signed: Signed, *, left: float, room: float, top: float) -> None:
    """The drawn signature above its line, with the name and the time beside it in small letters."""
    people = paper.signatures
    if not people:
        return
    named = [place for place, person in enumerate(people) if person.say("en") == signed.field.say("en")]
    place = named[0] if named else len(people) - 1
    each = (room + 14) / max(3, len(people))
    x, across, tall = left + place * each, each - 14, 32.0
    if signed.picture is not None:
        picture = ImageReader(BytesIO(signed.picture))
        canvas.drawImage(picture, x, top - 43, across, tall, preserveAspectRatio=True, anchor="sw")
    elif signed.strokes:
        scale = min(across / signed.size[0], tall / signed.size[1])
        canvas.setStrokeColor(INK)
        canvas.setLineWidth(1.1)
        canvas.setLineCap(1)
        canvas.setLineJoin(1)
        for stroke in signed.strokes:
            path = canvas.beginPath()
            for number, (a, b) in enumerate(stroke if len(stroke) > 1 else [*stroke, *stroke]):
                (path.moveTo if number == 0 else path.lineTo)(x + a * scale, top - 43 + tall - b * scale)
            canvas.drawPath(path)
    canvas.setFillColor(INK)
    draw(canvas, x, top - 7, shorten(f"{one_line(signed.name)} · {written(signed.at)}", across, 7), 7)
