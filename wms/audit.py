"""Every invariant of the house, run on a live database: `wms audit`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from wms.db import is_postgresql, session

_DAY_BEFORE = re.compile(r"DAY_BEFORE\(([\w.]+)\)")


@dataclass(frozen=True)
class Invariant:
    """Something that is always true. `broken` is a query that returns the rows for which it is not.

    In it `DAY_BEFORE(moment)` is the UTC day before a moment: no time zone's calendar is further behind.
    """

    name: str
    sentence: str
    broken: str


@dataclass(frozen=True)
class Finding:
    """One broken invariant with (at most a hundred of) its offending rows."""

    invariant: Invariant
    rows: list[dict[str, Any]]


def query(invariant: Invariant, postgresql: bool) -> str:
    """What returns the rows that break it, as this database says it."""
    return _DAY_BEFORE.sub(r"(CAST(\1 AS DATE) - 1)" if postgresql else r"date(\1, '-1 day')", invariant.broken)


def run(invariants: Sequence[Invariant]) -> list[Finding]:
    """The invariants that do not hold; an empty list is a whole house. One snapshot on PostgreSQL needs REPEATABLE READ,
    which the command asks for, so that a floor at work is no false alarm."""
    findings = []
    for invariant in invariants:
        rows = session.execute(sa.text(f"SELECT * FROM ({query(invariant, is_postgresql())}) AS broken LIMIT 100")).mappings().all()  # noqa: S608
        if rows:
            findings.append(Finding(invariant, [dict(row) for row in rows]))
    return findings
