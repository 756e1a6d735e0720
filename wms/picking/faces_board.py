"""The pick faces that need goods, as a supervisor sees them: why, what is proposed from where, what is under way, and what cannot be had.
Only looks, so that it may be tried out: further ahead, or as if it were quiet."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from wms.actor import Actor
from wms.auth.models import Person
from wms.db import among, session, table_of
from wms.errors import Refused
from wms.i18n import T, Text
from wms.locations.models import Location
from wms.locations.places import find_location
from wms.picking import lookahead, replenishment
from wms.picking.faces import Blocked, Expected, Key, Portion, Why
from wms.picking.replenishment import Asks, Looked, Settled, Work
from wms.stock.models import Batch, HandlingUnit
from wms.tasks.models import TaskStatus, assigned, tone_of, words_of

_L, _B, _U, _PE = (table_of(one) for one in (Location, Batch, HandlingUnit, Person))


class NoFace(Refused):
    """The place is no pick face of a product."""

    code = "no_pick_face"
    sentence = T("{location} is no pick face with a product and a maximum", "{location} 不是已分配商品和上限的拣货位")
    advice = T("Assign a product to it under Locations", "请在“库位”中为其分配商品")


@dataclass(frozen=True, slots=True)
class Line:
    """Goods that are proposed for a face, or are on their way to it."""

    source: str
    lot: str
    unit: str | None
    quantity: int
    priority: int
    due_at: dt.datetime | None
    why: tuple[str, ...]
    task_id: int | None = None
    status: TaskStatus | None = None
    person: str | None = None
    assigned_at: dt.datetime | None = None

    @property
    def words(self) -> Text:
        """How it stands: given to somebody who has not begun it, it is assigned."""
        return words_of(self.status or TaskStatus.OPEN, self.assigned_at)

    @property
    def tone(self) -> str:
        """Its colour."""
        return tone_of(self.status or TaskStatus.OPEN, self.assigned_at)

    @property
    def assigned(self) -> bool:
        """Whether somebody was given it and has not begun it."""
        return assigned(self.status or TaskStatus.OPEN, self.assigned_at)


@dataclass(frozen=True, slots=True)
class FaceView:
    """A pick face that needs goods or gets some."""

    id: int
    location: str
    sku: str
    name: str
    name_zh: str | None
    name_en: str | None
    decimals: int
    minimum: int
    maximum: int
    on_hand: int
    free: int
    short: bool
    needs: tuple[tuple[Why, int], ...]
    expected: Expected | None
    proposed: tuple[Line, ...]
    under_way: tuple[Line, ...]
    blocked: Blocked | None

    @property
    def priority(self) -> int:
        """How urgent the most urgent of it is."""
        lines = [line.priority for line in (*self.proposed, *self.under_way)]
        return max([*lines, *(why.priority for why, _ in self.needs)], default=0)


def board(*, by: Actor, hours: int | None = None, as_if_quiet: bool = False) -> list[FaceView]:
    """Every face of the site that needs goods or has work, the most urgent first."""
    faces, asks = _asked(by.site_id, hours, as_if_quiet)
    looked = [one for one in replenishment.look(by.site_id, faces, asks) if one.face is not None and _worth_showing(one)]
    names = _Names(looked)
    expected = asks.expected or {}
    return sorted((_view(one, names, expected) for one in looked), key=lambda one: (-one.priority, one.location))


def raise_now(location: str | None = None, *, by: Actor, hours: int | None = None, as_if_quiet: bool = False) -> Settled:
    """Writes what the board proposes, for one face or for all. Raises LocationUnknown, NoFace."""
    faces, asks = _asked(by.site_id, hours, as_if_quiet)
    if location is not None:
        place = find_location(location, by=by)
        if not replenishment.is_face(place):
            raise NoFace(location=place.code)
        faces = [place.id]
        if as_if_quiet:
            asks = Asks(expected=asks.expected, top_off={place.id})
    return replenishment.settle(by.site_id, faces, asks)


def _asked(site_id: int, hours: int | None, as_if_quiet: bool) -> tuple[list[int], Asks]:
    coming, ahead = lookahead.ahead(site_id, hours=hours)
    quiet, topping = lookahead.topping(site_id, quiet=True) if as_if_quiet else ([], Asks())
    faces = {*replenishment.wanting(site_id, in_vain=True), *replenishment.with_work(site_id, begun=True), *coming, *quiet}
    return sorted(faces), Asks(expected=ahead.expected, top_off=topping.top_off)


def _worth_showing(one: Looked) -> bool:
    assert one.face is not None
    return bool(one.plan.needs or one.face.begun or one.face.unbegun)


class _Names:
    """The codes of places, lots and people that are named on the board: read in one go."""

    def __init__(self, looked: Iterable[Looked]) -> None:
        keys: set[Key] = set()
        people: set[int] = set()
        for one in looked:
            assert one.face is not None
            for work in (*one.face.begun, *one.face.unbegun):
                keys.add(work.key)
                people |= {work.person_id} if work.person_id is not None else set()
            keys |= {portion.key for portion in one.plan.portions}
        self.places = _codes(_L.c.id, _L.c.code, {key[0] for key in keys})
        self.lots = _codes(_B.c.id, _B.c.lot, {key[1] for key in keys})
        self.units = _codes(_U.c.id, _U.c.code, {key[2] for key in keys if key[2] is not None})
        self.people = _codes(_PE.c.id, _PE.c.name, people)

    def of(self, key: Key) -> tuple[str, str, str | None]:
        """Place, lot and unit."""
        return self.places[key[0]], self.lots[key[1]], self.units.get(key[2]) if key[2] is not None else None


def _codes(column: Any, text: Any, ids: set[int]) -> dict[int, str]:
    if not ids:
        return {}
    return {row[0]: row[1] for row in session.execute(sa.select(column, text).where(among(column, sorted(ids))))}


def _view(one: Looked, names: _Names, expected: Mapping[int, Expected]) -> FaceView:
    face = one.face
    assert face is not None
    gone = {work.id for work in one.withdraw}
    kept = [work for work in (*face.begun, *face.unbegun) if work.id not in gone]
    return FaceView(
        face.place.id,
        face.place.code,
        face.product.sku,
        face.product.name,
        face.product.name_zh,
        face.product.name_en,
        face.product.decimals,
        face.place.assigned_minimum or 0,
        face.place.assigned_maximum or 0,
        face.on_hand,
        face.free,
        face.short,
        one.plan.needs,
        expected.get(face.place.id),
        tuple(_proposal(portion, names) for portion in one.offer),
        tuple(_under_way(work, names) for work in kept),
        one.plan.blocked,
    )


def _proposal(portion: Portion, names: _Names) -> Line:
    return Line(*names.of(portion.key), portion.quantity, portion.priority, portion.due_at, tuple(why.value for why in portion.why))


def _under_way(work: Work, names: _Names) -> Line:
    person = names.people.get(work.person_id) if work.person_id is not None else None
    state = TaskStatus(work.status)
    held: dict[str, Any] = {"status": state, "person": person, "assigned_at": work.assigned_at}
    return Line(*names.of(work.key), work.quantity, work.priority, work.due_at, work.why, task_id=work.id, **held)


def in_words(codes: Sequence[str]) -> list[Text]:
    """Why goods are brought, in words; a code that says nothing is left out."""
    return [why.text for why in _known(codes)]


def labels(codes: Sequence[str]) -> list[Text]:
    """The same in few words."""
    return [why.label for why in _known(codes)]


def _known(codes: Sequence[str]) -> list[Why]:
    return [Why(code) for code in codes if code in {why.value for why in Why}]
