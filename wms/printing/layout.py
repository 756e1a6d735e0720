"""How a paper is set: blocks are measured, dealt out to pages, and drawn beneath their heads and above their feet."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from io import BytesIO

from reportlab.lib.colors import Color
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from wms.i18n import T, Text
from wms.printing.barcodes import barcode
from wms.printing.fonts import draw, fitting, lines, shorten, width
from wms.printing.ink import DOT, INK, LINE, MM, SECOND, STOP, Words, both, draw_symbol, one_line
from wms.printing.papers import Paper, Section
from wms.printing.signing import draw_signature, signed_for
from wms.printing.tables import Block, Cell, Row, plain, rule, table, written

A4 = (210 * MM, 297 * MM)
LEFT = 15 * MM
TOP, FOOT = 13 * MM, 11 * MM
VOID = T("VOID", "作废")


class Layout:
    """One paper on its way to pages: blocks are measured first, then dealt out, then drawn."""

    def __init__(self, paper: Paper) -> None:
        self.paper = paper
        self.size = (A4[1], A4[0]) if paper.landscape else A4
        self.room = self.size[0] - 2 * LEFT
        self.ink = STOP if paper.red else INK
        self.symbol = barcode(paper.code or paper.number, room=int(self.room * 0.42 / DOT))

    # Dealing out ----------------------------------------------------------------------------------------------------

    def pages(self) -> Iterator[list[Block]]:
        """Blocks page by page; a table's heading is repeated, the signatures come last."""
        foot = self._signatures().height
        whole = self.size[1] - TOP - 30 - FOOT - 16
        free = self.size[1] - TOP - self._head_height() - FOOT - 16
        page: list[Block] = []
        blocks = self._kept_together()
        for place, block in enumerate(blocks):
            need = _need(blocks, place, foot)
            if page and free < (need if need < whole else block.height):
                yield page
                page = [block.heading] if block.heading else []
                free = whole - sum(b.height for b in page)
            page.append(block)
            free -= block.height
        yield page

    def _kept_together(self) -> list[Block]:
        """Short notes stay with the last line of the table: signatures alone on a page would sign for nothing."""
        blocks = list(self._blocks())
        table_end = max((place for place, block in enumerate(blocks) if block.heading), default=len(blocks))
        if len(blocks) - table_end <= 9:
            blocks[table_end:-1] = [replace(block, keeps=True) for block in blocks[table_end:-1]]
        return blocks

    def _blocks(self) -> Iterator[Block]:
        paper = self.paper
        if paper.facts:
            yield from _facts(paper.facts, LEFT, self.room)
        yield from self._prose_blocks([paper.head], 9, 12.5, before=8)
        tables = [Section(paper.columns, paper.rows, total=paper.total)] if paper.columns else []
        sections = [*tables, *paper.sections]
        for section in sections:
            alike = [row for one in sections if one.columns == section.columns for row in (*one.rows, one.total) if row]
            yield from self._section(section, alike)
        if paper.signed:
            yield from self._section(signed_for(paper, paper.signed), ())
        notes = [paper.notes] if isinstance(paper.notes, str | Text) else paper.notes
        yield from self._notes([note for note in notes if any(both(note))])
        yield from self._prose_blocks([paper.terms], 7, 9.5, before=8)

    def _section(self, section: Section, alike: Sequence[Row]) -> Iterator[Block]:
        if section.title:
            yield self._title(section.title)
        else:
            yield Block(10, lambda *_: None, keeps=True)
        if section.facts:
            yield from _facts(section.facts, LEFT, self.room)
            yield Block(8, lambda *_: None, keeps=True)
        if section.columns:
            yield from table(section.columns, section.rows, section.total, LEFT, self.room, alike=alike)

    def _title(self, title: Words) -> Block:
        """Both languages on one line where they fit, else beneath each other; a long name is wrapped, not cut."""
        chinese, english = both(title)
        beside = LEFT + width(chinese, 11, bold=True) + 6
        if beside + width(english, 8.5) <= LEFT + self.room:
            said = [(LEFT, 0.0, chinese, 11.0, True), (beside, 0.0, english, 8.5, False)]
            below = 0.0
        else:
            said, below = [], -14.0
            for size, bold, text in ((11.0, True, chinese), (8.5, False, english)):
                for line in lines(text, self.room, size, bold=bold, at_most=6):
                    below += 14.0
                    said.append((LEFT, below, line, size, bold))

        def paint(canvas: Canvas, top: float) -> None:
            for x, down, text, size, bold in said:
                canvas.setFillColor(self.ink if bold else SECOND)
                draw(canvas, x, top - 22 - down, text, size, bold=bold)

        return Block(27 + below, paint, keeps=True)

    def _notes(self, notes: Sequence[Words]) -> Iterator[Block]:
        said = [(text, colour) for note in notes for text, colour in zip(_prose(note), (INK, SECOND), strict=False)]
        if not said:
            return
        yield Block(22, _words(one_line(T("Notes", "备注")), LEFT, 17, 7.5, SECOND), keeps=True)
        for text, colour in said:
            for line in lines(text, self.room, 9, at_most=60):
                yield Block(13, _words(line, LEFT, 9.5, 9, colour))

    def _prose_blocks(self, texts: Sequence[Words], size: float, leading: float, *, before: float) -> Iterator[Block]:
        """A house's own words: 中文 first, then English in grey, line by line."""
        for text in texts:
            said = [(line, colour) for part, colour in zip(_prose(text), (INK, SECOND), strict=False) for line in part.splitlines()]
            for place, (part, colour) in enumerate(said):
                for row, line in enumerate(lines(part, self.room, size, at_most=80)):
                    above = before if place == row == 0 else 0.0
                    yield Block(leading + above, _words(line, LEFT, size + above, size, colour))

    # Drawing --------------------------------------------------------------------------------------------------------

    def print(self, canvas: Canvas, page: Sequence[Block], number: int, count: int, copy: Text | None) -> None:
        canvas.setPageSize(self.size)
        top = self.size[1] - TOP
        top -= self._first_head(canvas, top, copy) if number == 1 else self._next_head(canvas, top, copy)
        for block in page:
            block.draw(canvas, top)
            top -= block.height
        if number == count:
            signatures = self._signatures()
            signatures.draw(canvas, FOOT + 16 + signatures.height)
            if self.paper.signed:
                foot = FOOT + 16 + signatures.height
                draw_signature(canvas, self.paper, self.paper.signed, left=LEFT, room=self.room, top=foot)
        self._footer(canvas, number, count)
        if paper_band := self.paper.band:
            self._band(canvas, paper_band)
        if self.paper.void:
            self._void(canvas)
        canvas.showPage()

    def _band(self, canvas: Canvas, band: Words) -> None:
        """In the upper margin, a line each in 中文 and English."""
        chinese, english = both(band)
        top = self.size[1] - 5 * MM
        canvas.setFillColor(INK)
        draw(canvas, LEFT, top - 7, shorten(chinese, self.room, 8.5, bold=True), 8.5, bold=True)
        canvas.setFillColor(SECOND)
        draw(canvas, LEFT, top - 16.5, shorten(english, self.room, 7), 7)

    def _void(self, canvas: Canvas) -> None:
        """Across the page, over everything, and still to be read through."""
        across, down = self.size
        canvas.saveState()
        canvas.setFillColor(STOP)
        canvas.setFillAlpha(0.22)
        canvas.translate(across / 2, down / 2)
        canvas.rotate(math.degrees(math.atan2(down, across)))
        draw(canvas, 0, -38, one_line(VOID), 108, bold=True, align="center")
        canvas.restoreState()

    def _head_height(self) -> float:
        return max(84.0, self._symbol_height() + 34)

    def _symbol_height(self) -> float:
        return 36.0 if self.symbol.linear else len(self.symbol.rows) * self._module()

    def _module(self) -> float:
        at_most = 3 if self.symbol.linear else max(2, int(44 / DOT / len(self.symbol.rows)))
        return max(1, self.symbol.fits(int(self.room * 0.42 / DOT), at_most)) * DOT

    def _first_head(self, canvas: Canvas, top: float, copy: Text | None) -> float:
        """Company, kind of paper in both languages, number and barcode; returns the height it took."""
        paper, height, right = self.paper, self._head_height(), LEFT + self.room
        across = self.symbol.modules * self._module()
        draw_symbol(canvas, self.symbol, right - across, top, self._module(), self._symbol_height())
        canvas.setFillColor(self.ink)
        size = fitting(paper.number, self.room * 0.42, 15, 7, bold=True)
        number = shorten(paper.number, self.room * 0.42, size, bold=True)
        draw(canvas, right, top - self._symbol_height() - 17, number, size, bold=True, align="right")

        room = self.room - max(across, width(number, size, bold=True)) - 16
        self._company(canvas, top, room)
        chinese, english = both(paper.kind)
        marks = [(one_line(mark), tone) for mark, tone in ((copy, INK), (paper.stamp, STOP)) if mark]
        marked = [shorten(text, room * 0.42, 8.5, bold=True) for text, _ in marks]
        free = room - sum(width(text, 8.5, bold=True) + 18 for text in marked)
        size = fitting(chinese, free, 25, 12, bold=True)
        chinese = shorten(chinese, free, size, bold=True)
        canvas.setFillColor(self.ink)
        draw(canvas, LEFT, top - height + 30, chinese, size, bold=True)
        x = LEFT + width(chinese, size, bold=True) + 10
        for text, (_, tone) in zip(marked, marks, strict=True):
            across = width(text, 8.5, bold=True) + 10
            canvas.setStrokeColor(tone)
            canvas.setLineWidth(0.8)
            canvas.rect(x, top - height + 30, across, 15)
            canvas.setFillColor(tone)
            draw(canvas, x + 5, top - height + 34.4, text, 8.5, bold=True)
            x += across + 6
        canvas.setFillColor(SECOND)
        draw(canvas, LEFT, top - height + 15, shorten(english, room, 10.5), 10.5)
        rule(canvas, LEFT, top - height + 5, self.room, 1.4, self.ink)
        return height

    def _company(self, canvas: Canvas, top: float, room: float) -> None:
        company, x = self.paper.company, LEFT
        if company.logo:
            picture = ImageReader(BytesIO(company.logo))
            wide, tall = picture.getSize()
            across = min(120.0, room * 0.4, 22.0 * wide / tall)
            canvas.drawImage(picture, x, top - 22, across, 22, mask="auto", preserveAspectRatio=True, anchor="w")
            x += across + 7
        canvas.setFillColor(INK)
        draw(canvas, x, top - 8, shorten(one_line(company.name), room - x + LEFT, 9, bold=True), 9, bold=True)
        canvas.setFillColor(SECOND)
        draw(canvas, x, top - 19.5, shorten(one_line(company.address), room - x + LEFT, 7.5), 7.5)

    def _next_head(self, canvas: Canvas, top: float, copy: Text | None) -> float:
        """A page that was parted from the first still says what it belongs to."""
        paper, right = self.paper, LEFT + self.room
        words = one_line(paper.kind) + (f" · {one_line(copy)}" if copy else "")
        if self.symbol.linear and self.symbol.fits(int(self.room * 0.4 / DOT)) >= 2:
            right -= self.symbol.modules * 2 * DOT
            draw_symbol(canvas, self.symbol, right, top, 2 * DOT, 18)
            right -= self.symbol.quiet * 2 * DOT + 4
        canvas.setFillColor(self.ink)
        number = shorten(paper.number, (right - LEFT) * 0.45, 11, bold=True)
        draw(canvas, right, top - 13, number, 11, bold=True, align="right")
        free = right - LEFT - width(number, 11, bold=True) - 12
        draw(canvas, LEFT, top - 13, shorten(words, free, 11, bold=True), 11, bold=True)
        rule(canvas, LEFT, top - 24, self.room, 0.8, self.ink)
        return 30.0

    def _signatures(self) -> Block:
        people = self.paper.signatures
        if not people:
            return Block(0, lambda *_: None)
        room = (self.room + 14) / max(3, len(people))

        def paint(canvas: Canvas, top: float) -> None:
            for place, person in enumerate(people):
                x, across = LEFT + place * room, room - 14
                rule(canvas, x, top - 44, across, 0.6, INK)
                chinese, english = both(person)
                canvas.setFillColor(INK)
                draw(canvas, x, top - 54, shorten(chinese, across, 8, bold=True), 8, bold=True)
                used = width(chinese, 8, bold=True) + 4
                canvas.setFillColor(SECOND)
                draw(canvas, x + used, top - 54, shorten(english, max(0.0, across - used), 7), 7)

        return Block(64, paint)

    def _footer(self, canvas: Canvas, number: int, count: int) -> None:
        paper = self.paper
        rule(canvas, LEFT, FOOT + 9, self.room, 0.4, LINE)
        canvas.setFillColor(SECOND)
        page = one_line(T("Page {n} of {m}", "第 {n} 页，共 {m} 页", n=number, m=count))
        draw(canvas, LEFT + self.room, FOOT, page, 7.5, align="right")
        printed = f"{one_line(T('Printed', '打印'))} {written(paper.printed_at)} {paper.printed_by}"
        left = [one_line(paper.company.name), *([printed] if paper.printed_at else [])]
        draw(canvas, LEFT, FOOT, shorten(" · ".join(left), self.room * 0.68, 7.5), 7.5)


def _need(blocks: Sequence[Block], place: int, foot: float) -> float:
    """Room for a block and all that must stay with it; the signatures stay with the last."""
    need = 0.0
    for block in blocks[place:]:
        need += block.height
        if not block.keeps:
            break
    else:
        return need + foot
    return need + (foot if block is blocks[-1] else 0.0)


# Facts --------------------------------------------------------------------------------------------------------------


def _facts(facts: Sequence[tuple[Text, Cell]], left: float, room: float) -> Iterator[Block]:
    """Facts in three columns, the label in grey over its value; a long value takes the columns it needs."""
    gap = 12.0
    third = (room + gap) / 3
    line: list[tuple[int, int, Text, str]] = []
    used = 0
    for label, value in facts:
        text = plain(value)
        needed = max(width(text[:300], 10), width(one_line(label), 7))
        span = next((n for n in (1, 2) if needed <= n * third - gap), 3)
        if used + span > 3:
            yield _fact_line(line, left, third, gap)
            line, used = [], 0
        line.append((used, span, label, text))
        used += span
    if line:
        yield _fact_line(line, left, third, gap)


def _fact_line(facts: Sequence[tuple[int, int, Text, str]], left: float, third: float, gap: float) -> Block:
    set_in = [(place, label, lines(text, span * third - gap, 10, at_most=5)) for place, span, label, text in facts]
    height = 12 + 13 * max(len(text) for *_, text in set_in) + 5

    def paint(canvas: Canvas, top: float) -> None:
        for place, label, text in set_in:
            x = left + place * third
            canvas.setFillColor(SECOND)
            draw(canvas, x, top - 8, shorten(one_line(label), third - gap, 7), 7)
            canvas.setFillColor(INK)
            for number, line in enumerate(text):
                draw(canvas, x, top - 20 - 13 * number, line, 10)

    return Block(height, paint)


def _words(text: str, left: float, below: float, size: float, colour: Color) -> Callable[[Canvas, float], None]:
    def paint(canvas: Canvas, top: float) -> None:
        canvas.setFillColor(colour)
        draw(canvas, left, top - below, text, size)

    return paint


def _prose(note: Words) -> list[str]:
    """A note in its languages, with its own line breaks."""
    said = [note] if isinstance(note, str) else [note.say("zh_CN"), note.say("en")]
    return list(dict.fromkeys(text for text in said if text))
