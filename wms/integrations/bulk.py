"""Many things in one body: each row is taken by itself or refused by itself, or all of them together.

Made for whoever sends everything every night: a row that says what is there already writes nothing and sends nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from wms.actor import Actor
from wms.catalog.models import Product
from wms.catalog.putting import Put
from wms.db import TooLong, few, fold, session
from wms.errors import Invalid, WarehouseError
from wms.i18n import T
from wms.integrations import things
from wms.integrations.order_files import HANDFUL
from wms.integrations.things import Thing, at_site
from wms.orders.entering import Handful
from wms.web.problems import BodyInvalid

M = TypeVar("M", bound=BaseModel)


class TwiceInBody(Invalid):
    """Two rows of one body are about one thing."""

    code = "twice_in_body"
    sentence = T("{code} is in row {row} already", "{code} 已在第 {row} 条中出现")


@dataclass
class Outcome:
    """What became of one row."""

    code: str | None
    put: Put | None = None
    refusal: WarehouseError | None = None


@dataclass
class Row:
    """One row as it was sent: read, or refused."""

    place: int
    code: str | None
    body: Any = None
    refusal: WarehouseError | None = None


@dataclass
class Rows:
    """What was sent, and what became of it."""

    rows: list[Row] = field(default_factory=list)
    done: dict[int, Outcome] = field(default_factory=dict)

    @property
    def sound(self) -> list[Row]:
        """The rows that could be read."""
        return [row for row in self.rows if row.refusal is None]

    def outcomes(self) -> list[Outcome]:
        """Of every row, in its sequence."""
        return [self.done.get(row.place) or Outcome(row.code, refusal=row.refusal) for row in self.rows]


def read(model: type[M], raw: Sequence[Any], named_by: str) -> Rows:
    """Each row as its model; what cannot be read is refused by itself, and so is what another row named before."""
    found, seen = Rows(), dict[str, int]()
    for place, one in enumerate(raw):
        given = one.get(named_by) if isinstance(one, dict) else None
        row = Row(place, given.strip()[:80] if isinstance(given, str) else None)
        found.rows.append(row)
        try:
            row.body = model.model_validate_json(json.dumps(one), strict=True)
        except ValidationError as wrong:
            row.refusal = BodyInvalid(wrong.errors(include_url=False, include_context=False))
            continue
        row.code = getattr(row.body, named_by)
        if row.code is not None and fold(row.code) in seen:
            row.refusal = TwiceInBody(pointer=f"/{named_by}", code=row.code, row=seen[fold(row.code)])
        elif row.code is not None:
            seen[fold(row.code)] = place
    return found


class _Undone(Exception):
    """Rolls back what was written for the rows."""


@contextmanager
def undone_if(wrong: Callable[[], bool]) -> Iterator[list[bool]]:
    """Takes back everything written inside when `wrong` says so at the end; the list it gives is then not empty.

    The request's transaction goes on: its answer is kept under its key.
    """
    undone: list[bool] = []
    try:
        with session.begin_nested():
            yield undone
            if wrong():
                raise _Undone
    except _Undone:
        undone.append(True)
        session.expire_all()


def put(kind: Thing, rows: Rows, *, by: Actor) -> None:
    """Creates or replaces them."""
    for some in few(rows.sound, things.HANDFUL):
        for row, done in zip(some, things.put(kind, [one.body for one in some], by=by), strict=True):
            rows.done[row.place] = Outcome(row.code, refusal=done) if isinstance(done, WarehouseError) else Outcome(row.code, done)
        session.flush()
        session.expunge_all()  # what was read and written of these is not needed for the next ones


def take_in_orders(rows: Rows, *, by: Actor) -> None:
    """Takes orders in, some at a time. One that its source has sent before in the same words is there already, and nothing is written."""
    here = []
    for row in rows.sound:
        try:
            at_site(row.body, by)
            here.append(row)
        except WarehouseError as refusal:
            rows.done[row.place] = Outcome(row.code, refusal=refusal)
    products: dict[str, Product] = {}
    for some in _together(here):
        try:
            with session.begin_nested():
                _take_in(rows, some, products, by)
        except TooLong:  # found while writing: nobody knows whose text it is
            for row in some:
                _take_in_alone(rows, row, products, by)
        session.flush()
        session.expunge_all()  # what was read and written of these is not needed for the next ones


def _together(rows: list[Row]) -> Iterator[list[Row]]:
    some: list[Row] = []
    for row in rows:
        some.append(row)
        if sum(len(one.body.lines) for one in some) >= HANDFUL:
            yield some
            some = []
    if some:
        yield some


def _take_in_alone(rows: Rows, row: Row, products: dict[str, Product], by: Actor) -> None:
    try:
        with session.begin_nested():
            _take_in(rows, [row], products, by)
    except TooLong as refusal:
        rows.done[row.place] = Outcome(row.code, refusal=refusal)


def _take_in(rows: Rows, some: list[Row], products: dict[str, Product], by: Actor) -> None:
    asked = [row.body.asked(row.body.words) for row in some]
    handful = Handful(asked, by=by, products=products)
    new = []
    for row, order in zip(some, asked, strict=True):
        try:
            read = handful.read(order)
        except WarehouseError as refusal:
            rows.done[row.place] = Outcome(row.code, refusal=refusal)
            continue
        rows.done[row.place] = Outcome(row.code, Put.UNCHANGED if read is None else Put.CREATED)
        if read is not None:
            new.append(read)
    handful.write(new)
