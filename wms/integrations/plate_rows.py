"""Rows of inbound orders in a file: one row a line, or one row for each plate that a line comes on.

`sscc` names the plate, `sscc_parent` the one it stands on. Rows of one `line` that all name plates are one line, of all they count.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from pydantic import Field

from wms.actor import Actor
from wms.db import fold
from wms.errors import WarehouseError
from wms.orders import inbound
from wms.orders.announced import NewContent, NewUnit
from wms.orders.bodies import MOST_LINES, InboundHead, InboundLineIn
from wms.orders.lines import NewLine, names_of
from wms.orders.models import InboundOrder
from wms.stock import handling_units
from wms.stock.models import UnitKind
from wms.web.api import Code

OF_PLATES = {"sscc", "sscc_kind", "sscc_parent", "produced_on", "serials"}
_COLUMNS = {"sscc": "sscc", "kind": "sscc_kind", "parent": "sscc_parent"}


class InboundRow(InboundLineIn):
    """One line, or so much of it on one plate."""

    sscc: Code | None = None
    sscc_kind: UnitKind = UnitKind.PALLET
    sscc_parent: Code | None = None
    produced_on: dt.date | None = None
    serials: Annotated[list[Code], Field(max_length=MOST_LINES)] = Field(default_factory=list)


class InboundFile(InboundHead):
    """The rows of one inbound order; a file always names its orders."""

    number: Code
    lines: Annotated[list[InboundRow], Field(min_length=1, max_length=MOST_LINES)]

    def announce(self, *, by: Actor, company_prefix: str) -> InboundOrder:
        """Announces the goods. What is wrong is pointed at by its row."""
        groups = self._groups()
        lines = [self._line(rows) for rows in groups]
        units, places = self._units(groups, list(names_of(lines)))
        try:
            return inbound.announce(
                **self.model_dump(exclude={"site", "lines"}), lines=lines, units=units, company_prefix=company_prefix, by=by
            )
        except WarehouseError as wrong:
            pointer = getattr(wrong, "pointer", None)
            if pointer:
                wrong.pointer = _of_row(pointer, groups, places)  # type: ignore[attr-defined]
            raise

    def _groups(self) -> list[list[int]]:
        """The rows that are one line, by their places: those that follow on one with the same name, while all name plates."""
        groups: list[list[int]] = []
        named: dict[str, list[int]] = {}
        for place, row in enumerate(self.lines):
            before = named.get(row.line or "") if row.line else None
            alike = before is not None and self._same_goods(before[0], place)
            if before is not None and alike and row.sscc and all(self.lines[one].sscc for one in before):
                before.append(place)
                continue
            groups.append([place])
            if row.line:
                named.setdefault(row.line, groups[-1])
        return groups

    def _same_goods(self, one: int, other: int) -> bool:
        """Of one product, counted in one unit: only such rows make one line."""
        said = [(fold(row.sku), fold(row.unit or "")) for row in (self.lines[one], self.lines[other])]
        return said[0] == said[1]

    def _line(self, rows: list[int]) -> NewLine:
        first = self.lines[rows[0]]
        facts = first.model_dump(exclude=OF_PLATES | {"quantity"})
        if len(rows) > 1:
            for name in ("lot", "expires_on"):
                if len({getattr(self.lines[one], name) for one in rows}) > 1:
                    facts[name] = None  # each plate says its own
        return NewLine(**facts, quantity=sum(self.lines[one].quantity for one in rows))

    def _units(self, groups: list[list[int]], names: list[str]) -> tuple[list[NewUnit], list[list[int]]]:
        """The plates that the rows name, and the rows that say what is on each."""
        contents: dict[str, list[NewContent]] = {}
        rows: dict[str, list[int]] = {}
        for place, name in sorted((place, name) for group, name in zip(groups, names, strict=True) for place in group):
            row = self.lines[place]
            if not row.sscc:
                continue
            code = handling_units.plain(row.sscc)
            said = NewContent(name, row.quantity, row.unit, row.lot, row.expires_on, row.produced_on, row.serials)
            contents.setdefault(code, []).append(said)
            rows.setdefault(code, []).append(place)
        units = []
        for code, places in list(rows.items()):
            first = self.lines[places[0]]
            units.append(NewUnit(code, first.sscc_kind, first.sscc_parent, contents[code]))
        for places in list(rows.values()):
            parent = self.lines[places[0]].sscc_parent
            if parent and handling_units.plain(parent) not in rows:
                rows[handling_units.plain(parent)] = places
                units.append(NewUnit(parent))
        return units, list(rows.values())


def _of_row(pointer: str, groups: list[list[int]], places: list[list[int]]) -> str:
    """Where the operation found something wrong, as the row and column of the file."""
    parts = pointer.strip("/").split("/")
    if parts[0] == "lines" and len(parts) > 1:
        return "/".join(["", "lines", str(groups[int(parts[1])][0]), *parts[2:]])
    if parts[0] == "units" and len(parts) > 2:
        rows = places[int(parts[1])]
        if parts[2] == "contents" and len(parts) > 4:
            return f"/lines/{rows[int(parts[3])]}/{parts[4]}"
        return f"/lines/{rows[0]}/{_COLUMNS.get(parts[2], 'sscc')}"
    return pointer
