"""Plates at the desk: which there are, one with all that stands on it, new numbers with their labels, and what is done with plates."""

from __future__ import annotations

from typing import Annotated, Any

from flask import Blueprint, current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from wms.actor import Permission
from wms.auth.current import actor
from wms.catalog.products import find_product, in_base_units
from wms.config import EXAMPLE_PREFIX
from wms.db import session, transaction
from wms.i18n import T
from wms.locations.places import find_location
from wms.printing.views import MOST_LABELS, choice, many
from wms.receiving import moves, plate_queries, plates
from wms.receiving.plate_queries import KIND_WORDS, STATES
from wms.receiving.plates import NotStanding
from wms.stock import handling_units
from wms.stock.models import Condition, HandlingUnit, Movement, MovementKind, UnitKind
from wms.stock.views import KIND_WORDS as MOVEMENT_WORDS
from wms.stock.views import as_shown, typed_quantity
from wms.web import access
from wms.web.access import allow
from wms.web.api import Code, Quantity, UnitCode
from wms.web.forms import Form, first_time, read, refusals, said
from wms.web.lists import Column, arg, export, page_of, rows_of, wants_export
from wms.web.navigation import STOCK, Entry
from wms.web.render import render, say
from wms.web.typed import REFUSALS

blueprint = Blueprint("plates", __name__)
navigation = [Entry(STOCK, T("Plates", "货物单元"), "plates.index", Permission.SEE_STOCK)]

_SORTS: dict[str, Any] = {"code": HandlingUnit.code_key, "age": HandlingUnit.id}
_COLUMNS = [
    Column(T("Number", "编号"), lambda row: row.code),
    Column(T("Kind", "类型"), lambda row: KIND_WORDS[UnitKind(row.kind)]),
    Column(T("Location", "库位"), lambda row: row.location),
    Column(T("Stands on", "放在"), lambda row: row.under),
    Column(T("Pieces", "件数"), lambda row: row.pieces),
    Column(T("Order", "订单"), lambda row: row.order_number),
    Column(T("Since", "建立时间"), lambda row: row.created_at),
]
_FILTERS = ("q", "kind", "state", "first", "last")


def _chosen() -> Any:
    kind = arg("kind") if arg("kind") in set(UnitKind) else None
    state = arg("state") if arg("state") in STATES else None
    return plate_queries.listed(by=actor(), q=arg("q"), kind=kind, state=state, first=arg("first"), last=arg("last"))


def _prefix() -> str:
    return str(current_app.config["WMS"].gs1_company_prefix)


@blueprint.get("/plates")
@allow(Permission.SEE_STOCK)
def index() -> ResponseReturnValue:
    """Which plates there are."""
    if wants_export():
        return export("plates", _COLUMNS, rows_of(_chosen(), _SORTS, "-age"))
    return render("receiving/plates", page=page_of(_chosen(), _SORTS, "-age"), kinds=KIND_WORDS, states=STATES, unit_kind=UnitKind)


# -- new numbers and labels ----------------------------------------------------------------------------------------------------


class NewRun(Form):
    """A run of new plates."""

    kind: UnitKind = UnitKind.PALLET
    count: Annotated[int, Field(ge=1, le=MOST_LABELS)]
    location: Code | None = None


@blueprint.get("/plates/new")
@allow(Permission.MOVE_STOCK)
def new() -> ResponseReturnValue:
    """The form for a run of new labels."""
    return _new({"kind": UnitKind.PALLET.value, "count": "100"}, {})


def _new(values: Any, errors: dict[str, str]) -> str:
    prefix = _prefix()
    return render(
        "receiving/plates_new", values=values, errors=errors, kinds=KIND_WORDS, most=MOST_LABELS, prefix=prefix,
        example=prefix == EXAMPLE_PREFIX,
    )  # fmt: skip


@blueprint.post("/plates/new")
@allow(Permission.MOVE_STOCK)
def issue() -> ResponseReturnValue:
    """Gives new numbers to empty plates, and leads to their labels."""
    form, errors = read(NewRun)
    if form is not None:
        codes: list[str] = []
        with refusals(errors), transaction():
            if first_time(by=actor()):
                codes = plates.issue(form.kind, form.count, form.location, by=actor(), company_prefix=_prefix())
        if not errors:
            return redirect(url_for("plates.labels", first=codes[0], last=codes[-1]) if codes else url_for("plates.index"))
    return _new(request.form, errors), 422


@blueprint.get("/labels/plates")
@allow(Permission.SEE_STOCK)
def labels() -> ResponseReturnValue:
    """Which plates to print labels for: a run of numbers, a kind, empty ones."""
    files = choice(_chosen(), HandlingUnit.code_key, HandlingUnit.code, "plates.label_file", *_FILTERS)
    example = _prefix() == EXAMPLE_PREFIX
    return render("receiving/plate_labels", **files, kinds=KIND_WORDS, states=STATES, example=example)


@blueprint.get("/labels/plates.<any(pdf, a4, zpl):form>")
@allow(Permission.SEE_STOCK)
def label_file(form: str) -> ResponseReturnValue:
    """The labels of all these plates in one file."""
    return many(plate_queries.labels(_chosen(), MOST_LABELS + 1), form, "plates")


# -- one plate -----------------------------------------------------------------------------------------------------------------


@blueprint.get("/plates/<code>")
@allow(Permission.SEE_STOCK)
def one(code: str) -> ResponseReturnValue:
    """A plate: its stack, what is on it, what happened to it, what can be done with it."""
    unit = handling_units.find(code, by=actor())
    plate = plate_queries.shown(unit, access.language())
    journal = session.execute(plate_queries.movements(unit.id, by=actor()).order_by(Movement.id.desc()).limit(50)).all()
    return render("receiving/plate", plate=plate, journal=journal, condition_of=Condition, words=MOVEMENT_WORDS, kind_of=MovementKind)


class Act(Form):
    """What is done with a plate; which fields count depends on what."""

    location: Code | None = None
    onto: UnitCode | None = None
    sku: Code | None = None
    quantity: Quantity | None = None
    unit: Code | None = None
    lot: Code | None = None


@blueprint.post("/plates/<code>/<any(move, on, off, merge, split, dissolve):what>")
@allow(Permission.MOVE_STOCK)
def act(code: str, what: str) -> ResponseReturnValue:
    """Moves a plate, puts it on another or takes it off, merges, splits, takes apart."""
    form, errors = read(Act, quantity=typed_quantity())
    leads = code
    if form is not None:
        try:
            with transaction():
                if first_time(by=actor(), file=what.encode()):
                    leads = _ACTS[what](handling_units.find(code, by=actor()), form)
                    flash(say(_DONE[what]), "good")
        except REFUSALS as refusal:
            said(refusal)
    else:
        flash("; ".join(errors.values()), "stop")
    return redirect(url_for("plates.one", code=leads))


def _key() -> str:
    return f"plate:{request.form.get('once') or handling_units.fresh_key()}"


def _onto(form: Act) -> HandlingUnit:
    return handling_units.find(form.onto or "", by=actor())


def _move(unit: HandlingUnit, form: Act) -> str:
    moves.move_plate(unit, find_location(form.location or "", by=actor()).id, by=actor(), key=_key())
    return unit.code


def _put_on(unit: HandlingUnit, form: Act) -> str:
    plates.put_unit_on(unit, _onto(form), by=actor(), key=_key())
    return unit.code


def _take_off(unit: HandlingUnit, form: Act) -> str:  # noqa: ARG001
    if unit.parent_id is None:
        raise NotStanding(unit=unit.code)
    plates.take_unit_off(unit, by=actor())
    return unit.code


def _merge(unit: HandlingUnit, form: Act) -> str:
    onto = _onto(form)
    plates.merge(unit, onto, by=actor(), key=_key())
    return onto.code


def _split(unit: HandlingUnit, form: Act) -> str:
    product = find_product(form.sku or "")
    pieces = in_base_units(product, form.quantity or 0, form.unit)
    onto = _onto(form) if form.onto else plates.begin(UnitKind(unit.kind), unit.location_id, by=actor(), company_prefix=_prefix())
    with as_shown(product.decimals):
        plates.take_goods_off(unit, product, pieces, onto, by=actor(), key=_key(), lot=form.lot)
    return onto.code


def _dissolve(unit: HandlingUnit, form: Act) -> str:  # noqa: ARG001
    plates.dissolve(unit, by=actor(), key=_key())
    return unit.code


_ACTS = {"move": _move, "on": _put_on, "off": _take_off, "merge": _merge, "split": _split, "dissolve": _dissolve}
_DONE = {
    "move": T("Moved with all that is on it", "已整托移动"),
    "on": T("Put on it", "已放上"),
    "off": T("Taken off", "已取下"),
    "merge": T("Merged into this plate", "已并入此单元"),
    "split": T("Taken off onto this plate", "已转到此单元"),
    "dissolve": T("Taken apart", "已拆托"),
}
