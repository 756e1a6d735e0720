"""Labels: the thing a person reads from three metres is as large as fits, and the barcode beneath it scans.

    label = LocationLabel("A-07-3", zone="A", kind=T("Pick face", "拣货位"))
    pdf([label])    # one page a label      svg(label)    # for a page      zpl([label])    # for a label printer

Labels are 100 mm wide, for one kind of roll in every printer: 50 mm high for things, 150 mm for parcels and pallets.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from markupsafe import Markup

from wms.printing import drawing
from wms.printing import zpl as printer
from wms.printing.drawing import Drawing
from wms.printing.parcel_labels import Address, AddressLabel, HandlingUnitLabel
from wms.printing.thing_labels import COMMANDS, CartonTypeLabel, CommandLabel, CommandSheet, LocationLabel, PersonLabel, ProductLabel

__all__ = [
    "COMMANDS",
    "Address",
    "AddressLabel",
    "CartonTypeLabel",
    "CommandLabel",
    "CommandSheet",
    "HandlingUnitLabel",
    "Label",
    "LocationLabel",
    "PersonLabel",
    "ProductLabel",
    "pdf",
    "printed",
    "sheets",
    "svg",
    "zpl",
]


class Label(Protocol):
    """Anything that can be drawn as a label."""

    def drawing(self) -> Drawing: ...


def pdf(labels: Iterable[Label]) -> bytes:
    """One PDF, one page a label."""
    return drawing.to_pdf(label.drawing() for label in labels)


def sheets(labels: Iterable[Label]) -> bytes:
    """One PDF, as many labels on a sheet of A4 as fit."""
    return drawing.to_sheets(label.drawing() for label in labels)


def svg(label: Label) -> Markup:
    """One label as a picture, safe to stand in a page."""
    return drawing.to_svg(label.drawing())


def zpl(labels: Iterable[Label], copies: int = 1) -> str:
    """The labels in the language of label printers (UTF-8); a sheet of commands as one label a command."""
    single = (one for label in labels for one in (label.labels() if isinstance(label, CommandSheet) else [label]))
    return "".join(printer.to_zpl(label.drawing(), copies) for label in single)


def printed(labels: Sequence[Label], form: str) -> tuple[bytes, str]:
    """The labels as `pdf` (a roll), `a4` (sheets), `svg` or `zpl`, with the media type to send them as; a picture shows the first."""
    if form == "pdf":
        return pdf(labels), "application/pdf"
    if form == "a4":
        return sheets(labels), "application/pdf"
    if form == "svg":
        return svg(labels[0]).encode(), "image/svg+xml"
    assert form == "zpl", form
    return zpl(labels).encode(), "text/plain; charset=utf-8"
