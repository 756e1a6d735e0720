"""Partners and products that are not there, named by documents of a file which cannot be read for another reason.

They are told at once, with the rest, and not when the file was corrected and given in again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from wms.catalog.models import Partner, Product
from wms.db import few, fold, session
from wms.errors import Invalid
from wms.integrations.reading import NAMES, Named
from wms.integrations.reports import Report
from wms.orders.lines import SkuUnknown, no_partner


def tell(named: Sequence[Named], report: Report) -> None:
    """Notes those that are not there. Raises Enough."""
    there = {column: _there(column, {fold(one.code) for one in named if one.column == column}) for column in NAMES}
    for one in named:
        if fold(one.code) not in there[one.column]:
            unknown = _unknown(one)
            report.wrong(one.row, one.column, unknown.said, unknown.code)


def _there(column: str, codes: set[str]) -> set[str]:
    """Those of these codes that name something."""
    kind = NAMES[column]
    key: Any = Product.sku_key if column == "sku" else Partner.code_key
    conditions = [Partner.kind == kind.value] if kind else []
    found: set[str] = set()
    for some in few(sorted(codes)):
        found.update(session.execute(sa.select(key).where(key.in_(some), *conditions)).scalars())
    return found


def _unknown(one: Named) -> Invalid:
    pointer = f"/{one.column}"
    return SkuUnknown(pointer=pointer, sku=one.code) if one.column == "sku" else no_partner(one.code, NAMES[one.column], pointer)
