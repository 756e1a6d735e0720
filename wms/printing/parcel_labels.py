"""Labels for what travels: cartons, pallets and totes by their number, parcels by their address."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from wms.i18n import T, Text
from wms.printing import drawing
from wms.printing.barcodes import (
    barcode,
    gs1_128,
    is_sscc,
)
from wms.printing.drawing import EDGE, HIGH, LOW, ROOM, WIDE, Drawing, Sketch
from wms.printing.fonts import lines, width
from wms.printing.ink import Words, both, one_line
from wms.printing.tables import written


@dataclass(frozen=True, slots=True)
class Address:
    """Where something goes to, or comes from."""

    name: str
    lines: Sequence[str] = ()
    phone: str = ""


@dataclass(frozen=True, slots=True)
class HandlingUnitLabel:
    """For a carton or pallet: who gets it, what is in it, its number's last digits across the hall, its SSCC below."""

    code: str
    kind: Words = T("Handling unit", "货物单元")  # noqa: RUF009  (a sentence never changes)
    ship_to: Address | None = None
    sender: Words = ""
    sequence: str = ""
    """Such as 2/3."""
    facts: Sequence[tuple[Text, Words | int | dt.date | None]] = ()
    contents: Sequence[tuple[Words, Words | int]] = ()
    """What is in it, and how much."""

    def drawing(self) -> Drawing:
        bare = not (self.ship_to or self.facts or self.contents)
        sketch = Sketch(f"物流单元 Handling unit {self.code}", WIDE, LOW if bare else HIGH)
        y = _band(sketch, self.kind, self.sequence, "" if bare else self.sender)
        if self.ship_to:
            y = _recipient(sketch, y, self.ship_to, name=46, size=29) + 6
            sketch.box(EDGE, y, ROOM, 2)
        floor = self._number(sketch, bare)
        y = _facts(sketch, y + 10, self.facts, floor)
        self._contents(sketch, y, floor)
        return sketch.done()

    def _number(self, sketch: Sketch, bare: bool) -> int:
        """The number from the foot upwards: in words, as bars, large; returns where it begins."""
        large, tall = (110, 126) if bare else (186, 262)
        if is_sscc(self.code):
            label, shown = "SSCC", f"{self.code[-6:-3]} {self.code[-3:]}"
            said = f"(00) {self.code[0]} {self.code[1:8]} {self.code[8:17]} {self.code[17]}"
            symbol = gs1_128([("00", self.code)])
        else:
            label, shown, said, symbol = one_line(T("Number", "编号")), self.code, "", barcode(self.code, ROOM)
        top = sketch.down - tall - (84 if said else 36)
        bars = sketch.bars(0, top, symbol, WIDE - 8, tall)
        sketch.marks[-1] = drawing.Bars((WIDE - bars.across) // 2, top, symbol, bars.module, tall)
        sketch.line(WIDE // 2, sketch.down - 36, said, 38, bold=True, align="center", room=ROOM)
        baseline = top - (22 if bare else 32)
        ceiling = baseline - round(large * 0.733)
        aside = sketch.line(EDGE, ceiling + 20, label, 24) + 16
        sketch.large(WIDE - EDGE, baseline, shown, ROOM - aside, large, 40, align="right")
        if not bare:
            sketch.box(EDGE, ceiling - 22, ROOM, 4)
        return ceiling - 36

    def _contents(self, sketch: Sketch, y: int, floor: int) -> None:
        if not self.contents or y + 54 > floor:
            return
        sketch.line(EDGE, y + 22, one_line(T("Contents", "内装")), 19)
        y += 54
        for place, (what, quantity) in enumerate(self.contents):
            more = len(self.contents) - place
            if y + 35 > floor and more > 1:
                sketch.line(EDGE, y, one_line(T("and {n} more", "另有 {n} 项", n=more)), 26)
                return
            amount = sketch.line(WIDE - EDGE, y, written(quantity), 28, bold=True, align="right", room=ROOM // 3)
            sketch.line(EDGE, y, one_line(what), 26, room=ROOM - amount - 20)
            y += 35


@dataclass(frozen=True, slots=True)
class AddressLabel:
    """For a parcel that a carrier delivers."""

    to: Address
    sender: Address | None = None
    code: str = ""
    """The parcel's or order's number, as a barcode."""
    sequence: str = ""
    facts: Sequence[tuple[Text, Words | int | dt.date | None]] = ()

    def drawing(self) -> Drawing:
        sketch = Sketch(f"收货地址 Address {self.to.name}", WIDE, HIGH)
        y = _band(sketch, T("Ship to", "收货地址"), self.sequence, "")
        y = _recipient(sketch, y, self.to, name=72, size=44, phone=52) + 6
        sketch.box(EDGE, y, ROOM, 2)
        _facts(sketch, y + 12, self.facts, HIGH - 400 if self.sender else HIGH - 250)
        if self.sender:
            sketch.box(EDGE, HIGH - 400, ROOM, 2)
            sketch.line(EDGE, HIGH - 370, one_line(T("From", "寄件方")), 19)
            sketch.line(EDGE, HIGH - 336, self.sender.name, 28, bold=True, room=ROOM)
            about = " ".join(filter(None, (*self.sender.lines, self.sender.phone)))
            sketch.block(EDGE, HIGH - 302, about, ROOM, 24)
        if self.code:
            symbol = barcode(self.code, ROOM)
            sketch.bars(EDGE + 6, HIGH - 240, symbol, ROOM, 170)
            sketch.line(EDGE + 6, HIGH - 30, self.code, 34, bold=True, room=ROOM)
        return sketch.done()


def _band(sketch: Sketch, kind: Words, sequence: str, sender: Words) -> int:
    """A black band across the top: what this is, from whom, and which of how many."""
    sketch.box(0, 0, WIDE, 76)
    used = sketch.line(WIDE - EDGE, 56, sequence, 48, bold=True, align="right", white=True, room=200)
    chinese, english = both(kind)
    x = EDGE + sketch.line(EDGE, 52, chinese, 40, bold=True, white=True, room=ROOM - used - 20) + 12
    sketch.line(x, 52, english, 26, white=True, room=max(1, WIDE - EDGE - used - 20 - x))
    if sender:
        sketch.line(EDGE, 112, one_line(sender), 24, room=ROOM)
        return 132
    return 92


def _recipient(sketch: Sketch, y: int, to: Address, name: int, size: int, phone: int = 0) -> int:
    """Who gets it: as large as fits, smaller and on more lines rather than cut."""
    sketch.line(EDGE, y + 22, one_line(T("Ship to", "收货方")), 19)
    y = _prose(sketch, y + 30, to.name, name, bold=True)
    y = _prose(sketch, y + 6, "\n".join(filter(None, to.lines)), size, lines_at_first=4)
    y = _prose(sketch, y + 6, to.phone, phone or size, bold=True, lines_at_first=1)
    return y + 10


def _prose(sketch: Sketch, top: int, words: str, largest: int, *, bold: bool = False, lines_at_first: int = 2) -> int:
    """Wrapped words below `top`, across the label; the more there are, the smaller. Returns where they end."""
    if not words:
        return top
    size, most = _set(words, ROOM, largest, min(largest, 26), lines_at_first, bold=bold)
    after = sketch.block(EDGE, top + size, words, ROOM, size, bold=bold, at_most=most)
    return after - size


def _set(words: str, room: int, largest: int, smallest: int, at_most: int, *, bold: bool = False) -> tuple[int, int]:
    """The size, and how many lines it takes: no more than `at_most` down to two thirds of the largest size, then one and two more."""
    for size in range(largest, smallest - 1, -2):
        allowed = at_most + (size * 3 < largest * 2) + (size <= smallest + 4)
        if len(lines(words, room, size, bold=bold)) <= allowed:
            return size, allowed
    return smallest, at_most + 2


_FACT = 34
_FACT_SMALL = 26  # below it a value takes more of the label's width rather than less ink
_FACT_ROW = 72


def _facts(sketch: Sketch, y: int, facts: Sequence[tuple[Text, Words | int | dt.date | None]], floor: int) -> int:
    """Facts in three columns, six at most, for a label is not a paper. Long values stand below the short ones and take the columns, and
    the lines, that they need, as far down as `floor`."""
    third = ROOM // 3

    def span(value: str) -> int:
        return next((n for n in (1, 2) if width(value, _FACT_SMALL, bold=True) <= n * third - 16), 3)

    shown = [(label, written(value)) for label, value in facts if value not in (None, "")][:6]
    column = 0
    for label, value in sorted(shown, key=lambda fact: span(fact[1])):
        if column + span(value) > 3:
            y, column = y + _FACT_ROW, 0
        if y + _FACT_ROW > floor:
            return y
        x, room = EDGE + column * third, span(value) * third - 16
        if width(value, _FACT_SMALL, bold=True) <= room:
            sketch.named(x, y + 20, label, value, room, _FACT)
        else:
            size, most = _set(value, ROOM, 24, 14, 2, bold=True)
            most = max(1, min(most, (floor - y - 30) * 4 // (size * 5)))
            sketch.line(x, y + 20, one_line(label), 19, room=room)
            y = sketch.block(x, y + 24 + size, value, ROOM, size, bold=True, at_most=most) - _FACT_ROW - size + 14
        column += span(value)
    return y + (_FACT_ROW if column else 0) + 4
