"""Which work is best for somebody: one small sum in minutes of waiting, pure, and why it came out so.

Work stands in line by when it is wanted (`wms.tasks.urgency`). What is far moves back by some minutes, and what needs the person's own
equipment forward, by never more than MOST together: so whoever asks gets the work that is wanted first, or work that is wanted at most so
much later and saves more.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

METRE = dt.timedelta(seconds=15)  # of waiting, for each metre that is not walked
FARTHEST = 200  # metres; farther is as far
UNKNOWN = 40  # metres, where nobody knows how far
EQUIPMENT = dt.timedelta(minutes=20)  # for work that needs what this person drives, and others may not
MOST = METRE * FARTHEST + EQUIPMENT
NEAR = 30  # metres within which it is said how near it is
ALWAYS_FIRST = 9
_HOUR = 60


@dataclass(frozen=True, slots=True)
class Candidate:
    """Work that somebody may be given."""

    id: int
    kind: str
    priority: int
    due_at: dt.datetime | None
    created_at: dt.datetime
    wanted_at: dt.datetime
    equipment: str | None
    metres: int | None  # from where the person stands to where it begins
    order_id: int | None = None


def presses(one: Candidate, moment: dt.datetime) -> bool:
    """Whether it comes before everything that does not press: priority 9, late, about to be late, or waiting for too long."""
    return one.priority == ALWAYS_FIRST or one.wanted_at <= moment


def score(one: Candidate, moment: dt.datetime) -> tuple[bool, dt.datetime, int, int]:
    """Its place in the line for this person; the smallest is the best."""
    metres = UNKNOWN if one.metres is None else min(one.metres, FARTHEST)
    stands = one.wanted_at + METRE * metres - (EQUIPMENT if one.equipment else dt.timedelta())
    return not presses(one, moment), stands, -one.priority, one.id


def best_first(many: Sequence[Candidate], moment: dt.datetime) -> list[Candidate]:
    """The candidates, the best one first."""
    return sorted(many, key=lambda one: score(one, moment))


def why(best: Candidate, others: Sequence[Candidate], moment: dt.datetime, stands: str | None) -> list[dict[str, Any]]:
    """Why this one, as reasons are: what counts most first."""
    said = [_pressing(best, moment)] if presses(best, moment) else []
    if best.metres is not None and stands is not None and best.metres <= NEAR:
        said.append({"code": "given_near", "metres": best.metres, "place": stands})
    if best.equipment:
        said.append({"code": "given_equipment", "equipment": best.equipment})
    alike = presses(best, moment)
    passed = [one for one in others if one.wanted_at < best.wanted_at and presses(one, moment) == alike]
    if passed and best.metres is not None:
        first = min(passed, key=lambda one: (one.wanted_at, one.id))
        if first.metres is not None and first.metres > best.metres:
            said.append({"code": "given_instead", "task": first.id, "metres": first.metres})
    return said or [{"code": "given_line"}]


def _pressing(one: Candidate, moment: dt.datetime) -> dict[str, Any]:
    if one.priority == ALWAYS_FIRST:
        return {"code": "given_urgent", "priority": one.priority}
    if one.due_at is not None:
        late = _minutes(moment - one.due_at)
        return _long("given_late", late) if late > 0 else _long("given_due", -late)
    return _long("given_waited", _minutes(moment - one.created_at))


def _long(code: str, minutes: int) -> dict[str, Any]:
    """In minutes, and in hours where there are many."""
    if minutes < 2 * _HOUR:
        return {"code": code, "minutes": minutes}
    return {"code": f"{code}_hours", "hours": minutes // _HOUR}


def _minutes(time: dt.timedelta) -> int:
    return int(time.total_seconds() // _HOUR)
