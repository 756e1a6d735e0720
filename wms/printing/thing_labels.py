"""Labels for what stays in the house: locations, products, people, and commands for gloved hands."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from wms.i18n import T, Text
from wms.printing import drawing
from wms.printing.barcodes import (
    Symbol,
    barcode,
    gs1_datamatrix,
    gs1_elements,
    is_gtin,
    product_barcode,
    sayable_in_gs1,
)
from wms.printing.drawing import EDGE, LOW, ROOM, WIDE, Drawing, Sketch, dots
from wms.printing.ink import Words, both, one_line
from wms.printing.tables import written


@dataclass(frozen=True, slots=True)
class LocationLabel:
    """For a rack, read from the floor; the arrow tells an upper from a lower shelf."""

    code: str
    zone: str = ""
    kind: Words = ""
    site: str = ""
    arrow: Literal["up", "down"] | None = None

    def drawing(self) -> Drawing:
        zone = one_line(T("Zone {zone}", "{zone} 区", zone=self.zone)) if self.zone else ""
        about = " · ".join(filter(None, (one_line(self.kind), zone, self.site)))
        return _for_a_rack(f"库位 Location {self.code}", self.code, about, self.arrow)


@dataclass(frozen=True, slots=True)
class CartonTypeLabel:
    """For the shelf from which a packer takes boxes: its code, which the bench scans, and its inside."""

    code: str
    size: str
    name: str = ""

    def drawing(self) -> Drawing:
        return _for_a_rack(f"箱型 Carton type {self.code}", self.code, " · ".join(filter(None, (f"{self.size} mm", self.name))))


def _for_a_rack(title: str, code: str, about: str, arrow: Literal["up", "down"] | None = None) -> Drawing:
    """The code as large as fits, what it is beneath it, and its barcode."""
    sketch = Sketch(title, WIDE, LOW)
    symbol = barcode(code, ROOM)
    if arrow:
        sketch.line(WIDE - EDGE, 140, "▲" if arrow == "up" else "▼", 120, bold=True, align="right")
    room = ROOM - (140 if arrow else 0)
    sketch.middle(EDGE, 92, code, room, 184 if symbol.linear else 146, 44)
    if symbol.linear:
        sketch.line(EDGE, 208, about, 27, room=ROOM)
        sketch.bars(EDGE, 232, symbol, ROOM, LOW - 232 - 22, at_most=6)
    else:
        bars = sketch.bars(EDGE, 200, symbol, 300, LOW - 200 - 16)
        x = bars.x + bars.across + 40
        sketch.line(x, 236, about, 27, room=WIDE - EDGE - x)
        sketch.block(x, 280, one_line(SCAN_SQUARE), WIDE - EDGE - x, 24)
    return sketch.done()


SCAN_SQUARE = T("Scan the square code", "请扫描方形码")


@dataclass(frozen=True, slots=True)
class ProductLabel:
    """For a product or a box of it: one scan of the square tells product, lot, expiry and serial number."""

    sku: str
    name: Words
    barcode: str | None = None
    """The number it is known by in shops (EAN, UPC, GTIN-14); without one the SKU is printed."""
    lot: str | None = None
    expires_on: dt.date | None = None
    serial: str | None = None
    quantity: int | None = None
    unit: Words = ""

    def drawing(self) -> Drawing:
        sketch = Sketch(f"商品 Product {self.sku}", WIDE, LOW)
        square = self._square()
        side = 0
        if square:
            bars = sketch.bars(0, EDGE, square, 216, 160)
            side = bars.across + 28
            sketch.marks[-1] = drawing.Bars(WIDE - EDGE - bars.across, EDGE, square, bars.module, bars.tall)
            if square.kind == "qr":
                middle = WIDE - EDGE - bars.across // 2
                sketch.line(middle, EDGE + bars.down + 26, one_line(T("Lot", "批号")), 19, align="center")
        room = ROOM - side
        sketch.large(EDGE, 66, self.sku, room, 56, 26)
        chinese, english = both(self.name)
        y = sketch.block(EDGE, 108, chinese, room, 30, bold=True, at_most=2 if len(english) < 40 else 1)
        sketch.block(EDGE, y - 4, english, room, 23, at_most=1 if y > 150 else 2)
        facts = self._facts()
        across = ROOM // max(3, len(facts))
        for place, (label, value) in enumerate(facts):
            sketch.named(EDGE + place * across, 216, label, value, across - 14, size=32)
        symbol = product_barcode(self.barcode or self.sku)
        if not symbol.linear or symbol.fits(ROOM) < 2:
            symbol = barcode(self.sku, ROOM)
        top = 270 if facts else 226
        bars = sketch.bars(EDGE + 10, top, symbol, ROOM, LOW - top - 46, at_most=3)
        if symbol.linear:
            sketch.line(EDGE + 10, LOW - 18, symbol.text, 26, room=ROOM)
        else:
            sketch.line(bars.x + bars.across + 24, LOW - 60, one_line(T("Product", "商品")), 24)
        return sketch.done()

    def _square(self) -> Symbol | None:
        """Product, lot, expiry and serial in one code, if there is anything beyond the product and GS1 can say it."""
        gtin = self.barcode if self.barcode and is_gtin(self.barcode) else None
        sayable = [sayable_in_gs1(value) for value in (self.lot, self.serial) if value]
        if not (self.lot or self.expires_on or self.serial) or not all(sayable):
            return barcode_of_lot(self.lot)
        if not gtin and not sayable_in_gs1(self.sku, 30):
            return barcode_of_lot(self.lot)
        return gs1_datamatrix(
            gs1_elements(
                gtin=gtin,
                sku=None if gtin else self.sku,
                expires_on=self.expires_on,
                lot=self.lot,
                serial=self.serial,
            )
        )

    def _facts(self) -> list[tuple[Text, str]]:
        quantity = " ".join(filter(None, (written(self.quantity), one_line(self.unit))))
        facts = (
            (T("Lot", "批号"), self.lot),
            (T("Expires", "有效期至"), written(self.expires_on)),
            (T("Serial", "序列号"), self.serial),
            (T("Quantity", "数量"), quantity if self.quantity is not None else ""),
        )
        return [(label, value) for label, value in facts if value]


def barcode_of_lot(lot: str | None) -> Symbol | None:
    """A lot that GS1 cannot say gets a square code of its own."""
    return barcode(lot, 0) if lot else None


@dataclass(frozen=True, slots=True)
class PersonLabel:
    """A badge: scanned to sign in, then the PIN."""

    code: str
    name: str
    roles: Sequence[Words] = ()
    company: Words = ""
    badge: str = ""
    """What the barcode says; the person's code, unless told otherwise."""

    def drawing(self) -> Drawing:
        sketch = Sketch(f"工牌 Badge {self.name}", WIDE, LOW)
        symbol = barcode(self.badge or self.code, ROOM)
        sketch.line(EDGE, 46, one_line(self.company), 24, room=ROOM)
        sketch.large(EDGE, 132, self.name, ROOM, 88, 36)
        roles = " · ".join(one_line(role) for role in self.roles)
        if symbol.linear:
            sketch.line(EDGE, 186, roles, 28, room=ROOM)
            sketch.bars(EDGE, 216, symbol, ROOM, LOW - 216 - 58)
            sketch.line(EDGE, LOW - 20, self.code, 30, bold=True, room=ROOM)
        else:
            bars = sketch.bars(EDGE, 182, symbol, 300, LOW - 182 - 16)
            x = bars.x + bars.across + 40
            sketch.line(x, 214, self.code, 30, bold=True, room=WIDE - EDGE - x)
            sketch.block(x, 260, roles, WIDE - EDGE - x, 28, at_most=3)
        return sketch.done()


COMMANDS: tuple[tuple[str, Text], ...] = (
    ("NEXT", T("Get work", "领取任务")),
    ("DONE", T("Done", "完成")),
    ("BACK", T("One step back", "退一步")),
    ("CANCEL", T("Leave this work", "离开作业")),
    ("SHORT", T("Short", "缺货")),
    ("SKIP", T("Skip", "跳过")),
    ("FULL", T("Full", "已满")),
    ("LOT", T("Other lot", "换批号")),
    ("UNDO", T("Undo", "撤销")),
    ("PRINT", T("Print", "打印")),
    ("HELP", T("Help", "帮助")),
)


@dataclass(frozen=True, slots=True)
class CommandLabel:
    """One command for gloved hands, for a cart or a bench."""

    command: str
    words: Text

    def drawing(self) -> Drawing:
        sketch = Sketch(f"指令 Command {self.command}", WIDE, LOW)
        _command(sketch, 0, 0, WIDE, LOW, self.command, self.words)
        return sketch.done()


@dataclass(frozen=True, slots=True)
class CommandSheet:
    """Every command on one A4 sheet, to hang up at a bench or on a cart."""

    commands: Sequence[tuple[str, Text]] = COMMANDS

    def drawing(self) -> Drawing:
        across, down = dots(210), dots(297)
        sketch = Sketch("指令条码 Commands", across, down)
        sketch.line(110, 150, "指令条码", 84, bold=True)
        sketch.line(110, 206, "Commands · 扫一下，不用摘手套 · Scan one and keep your gloves on", 32, room=across - 220)
        sketch.box(110, 232, across - 220, 4)
        rows = -(-len(self.commands) // 2)
        half, high = (across - 220) // 2, (down - 250 - 90) // max(6, rows)
        for place, (command, words) in enumerate(self.commands):
            x, y = 110 + (place % 2) * half, 250 + (place // 2) * high
            _command(sketch, x - EDGE, y, half, high - 12, command, words)
            if place % 2 == 0:
                sketch.box(110, y + high - 2, across - 220, 1)
        return sketch.done()

    def labels(self) -> list[CommandLabel]:
        """The same commands one by one, for a label printer."""
        return [CommandLabel(command, words) for command, words in self.commands]


def _command(sketch: Sketch, x: int, y: int, across: int, down: int, command: str, words: Text) -> None:
    chinese, english = both(words)
    room = across - 2 * EDGE
    size = sketch.large(x + EDGE, y + 84, chinese, room, 72, 30)
    sketch.line(x + EDGE, y + 84 + round(size * 0.4) + 14, english, 32, room=room)
    bars = sketch.bars(x + EDGE, y + 154, barcode(f"CMD:{command}", room), room, down - 154 - 64, at_most=3)
    sketch.line(x + EDGE, bars.y + bars.down + 34, f"CMD:{command}", 26)
