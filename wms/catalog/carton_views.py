"""Carton types at the desk: a list, and a form for one."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from wms.actor import Permission
from wms.catalog import carton_types
from wms.catalog.carton_api import CartonTypeIn, NewCartonType
from wms.catalog.models import CartonType
from wms.i18n import T
from wms.web import access
from wms.web.access import allow
from wms.web.lists import Column, arg, export, page_of, rows_of, wants_export
from wms.web.navigation import HOUSE, Entry
from wms.web.render import render
from wms.web.typed import altered, entered, field, fields

blueprint = Blueprint("cartons", __name__)
navigation = [Entry(HOUSE, T("Carton types", "箱型"), "cartons.index", Permission.SEE_STOCK)]

_SORTS: dict[str, Any] = {
    "code": CartonType.code_key,
    "volume": (CartonType.length_mm * CartonType.width_mm * CartonType.height_mm, CartonType.code_key),
    "tare": CartonType.tare_grams,
    "most": CartonType.most_grams,
}
_COLUMNS = [
    Column(T("Code", "编码"), lambda one: one.code),
    Column(T("Name", "名称"), lambda one: one.name),
    Column(T("Length inside, mm", "内长（毫米）"), lambda one: one.length_mm),
    Column(T("Width inside, mm", "内宽（毫米）"), lambda one: one.width_mm),
    Column(T("Height inside, mm", "内高（毫米）"), lambda one: one.height_mm),
    Column(T("Tare, g", "皮重（克）"), lambda one: one.tare_grams),
    Column(T("Contents at most, g", "最大内装重量（克）"), lambda one: one.most_grams),
    Column(T("In use", "使用中"), lambda one: one.in_use),
]


@blueprint.get("/carton-types")
@allow(Permission.SEE_STOCK)
def index() -> ResponseReturnValue:
    """The boxes of the house, smallest first."""
    statement = carton_types.listed(arg("q"))
    if wants_export():
        return export("carton-types", _COLUMNS, rows_of(statement, _SORTS, "volume", scalars=True))
    return render("catalog/carton_types", page=page_of(statement, _SORTS, "volume", scalars=True))


@blueprint.get("/carton-types/new")
@allow(Permission.MASTER_DATA)
def new() -> ResponseReturnValue:
    """The form for a carton type."""
    return _form({}, {"in_use": "1"})


@blueprint.post("/carton-types/new")
@allow(Permission.MASTER_DATA)
def create() -> ResponseReturnValue:
    """Puts the typed carton type in."""
    code, errors = entered(NewCartonType, _typed(), there=carton_types.find)
    return _saved(code) if code else (_form(errors), 422)


@blueprint.get("/carton-types/<path:code>/edit")
@allow(Permission.MASTER_DATA)
def edit(code: str) -> ResponseReturnValue:
    """The form for a carton type as it stands."""
    found = carton_types.find_carton_type(code)
    return _form({}, carton_types.typed(found), found)


@blueprint.post("/carton-types/<path:code>/edit")
@allow(Permission.MASTER_DATA)
def change(code: str) -> ResponseReturnValue:
    """Makes the carton type what was typed."""
    changed, errors = altered(CartonTypeIn, _typed(), find=lambda: carton_types.find_carton_type(code))
    return _saved(changed) if changed else (_form(errors, found=carton_types.find_carton_type(code)), 422)


def _typed() -> dict[str, Any]:
    typed = fields("name", "length_mm", "width_mm", "height_mm", "tare_grams", "most_grams")
    return {**typed, "in_use": bool(field("in_use"))}


def _form(errors: dict[str, str], values: Any = None, found: CartonType | None = None) -> str:
    return render(
        "catalog/carton_type_form",
        carton=found,
        errors=errors,
        values=request.form if values is None else values,
        fresh=values is not None,
        largest=carton_types.LARGEST_MM,
    )


def _saved(code: str) -> ResponseReturnValue:
    flash(T("Carton type {code} saved", "箱型 {code} 已保存", code=code).say(access.language()), "good")
    return redirect(url_for("cartons.index"))
