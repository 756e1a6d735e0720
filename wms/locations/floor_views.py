"""The floor plan at the desk: the hall as its locations stand, and a form for what coordinates do not tell, tried before it is saved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field, field_validator

from wms.actor import Permission
from wms.auth.current import actor
from wms.db import transaction
from wms.i18n import T
from wms.locations import floor_plans, floor_queries, hall, queries
from wms.locations.floor_plans import Wished
from wms.locations.floor_queries import Ground
from wms.locations.floor_samples import Compared, compared
from wms.web import access
from wms.web.access import allow
from wms.web.forms import Form, first_time, read, refusals, said
from wms.web.lists import arg
from wms.web.navigation import RULES, Entry
from wms.web.render import render
from wms.web.typed import REFUSALS

blueprint = Blueprint("floor_plan", __name__, url_prefix="/floor-plan")
navigation = [Entry(RULES, T("Floor plan", "场地平面图"), "floor_plan.index", Permission.SEE_STOCK)]
_SAVED = T("Floor plan saved: walks are planned on it from now on", "场地平面图已保存，此后按其规划行走路线")
FARTHEST_MM = 10**9
MOST_CROSSINGS = 6
MOST_AISLES = 500


class PlanForm(Form):
    """What is said about a floor: cross-aisles as 8100, 13500; for each aisle how it is walked and which end is closed."""

    zone: str = Field(default="", max_length=40)
    cross_aisles: str = Field(default="", max_length=200)
    aisle: list[str] = Field(default_factory=list, max_length=MOST_AISLES)
    way: list[Literal["both", "up", "down"]] = Field(default_factory=list, max_length=MOST_AISLES)
    closed: list[Literal["no", "low", "high"]] = Field(default_factory=list, max_length=MOST_AISLES)
    start: str | None = Field(default=None, max_length=80)
    do: Literal["try", "save"] = "try"

    @field_validator("cross_aisles", mode="after")
    @classmethod
    def _crossings_are_readable(cls, value: str) -> str:
        _crossings(value)
        return value

    @property
    def facts(self) -> dict[str, Any]:
        """The same for the operation."""
        return {
            "cross_aisles_mm": _crossings(self.cross_aisles),
            "one_way": {aisle: way for aisle, way in zip(self.aisle, self.way, strict=False) if way != "both"},
            "closed": {aisle: end for aisle, end in zip(self.aisle, self.closed, strict=False) if end != "no"},
            "start": self.start,
        }


def _crossings(text: str) -> list[int]:
    """8100, 13500 as numbers; raises ValueError for what is not."""
    found = [int(part) for part in text.replace("，", ",").replace("、", ",").replace(";", ",").split(",") if part.strip()]
    if len(found) > MOST_CROSSINGS or any(abs(one) > FARTHEST_MM for one in found):
        raise ValueError(text)
    return found


@dataclass(frozen=True)
class Tried:
    """What a plan would change."""

    walks: Compared | None
    changes: list[tuple[str, str, str]]


@blueprint.get("")
@allow(Permission.SEE_STOCK)
def index() -> ResponseReturnValue:
    """The hall as people walk it, of the whole site or of a zone with a plan of its own."""
    zone = arg("zone") or ""
    by = actor()
    if zone and zone not in queries.zones(by=by):
        return redirect(url_for("floor_plan.index"))
    return _page(floor_queries.ground(by.site_id, zone), None, {}, {})


@blueprint.post("")
@allow(Permission.MASTER_DATA)
def save() -> ResponseReturnValue:
    """Tries what was typed, or saves it."""
    by = actor()
    form, errors = read(PlanForm)
    zone = request.form.get("zone", "").strip()[:40]
    ground = floor_queries.ground(by.site_id, zone if zone in queries.zones(by=by) else "")
    if form is None:
        return _page(ground, None, request.form, _beside(errors)), 422
    if form.do == "save":
        with refusals(errors), transaction():
            if first_time(by=by):
                floor_plans.put(form.zone, **form.facts, by=by)
                flash(_SAVED.say(access.language()), "good")
            return redirect(url_for("floor_plan.index", zone=form.zone or None))
        return _page(ground, None, request.form, _beside(errors)), 422
    wished: Wished | None = None
    with refusals(errors):
        wished = floor_plans.checked(form.zone, **form.facts, by=by)
    return _page(ground, wished, request.form, _beside(errors)), 422 if errors else 200


@blueprint.post("/remove")
@allow(Permission.MASTER_DATA)
def remove() -> ResponseReturnValue:
    """The floor is as its coordinates show again."""
    zone = request.form.get("zone", "").strip()[:40]
    try:
        with transaction():
            floor_plans.remove(zone, by=actor())
        flash(T("Floor plan removed", "场地平面图已删除").say(access.language()), "good")
    except REFUSALS as refusal:
        said(refusal)
    return redirect(url_for("floor_plan.index"))


def _beside(errors: dict[str, str]) -> dict[str, str]:
    """Sentences beside the fields as the form names them."""
    names = {"cross_aisles_mm": "cross_aisles", "one_way": "aisles", "closed": "aisles", "aisle": "aisles", "way": "aisles"}
    if "cross_aisles" in errors:
        errors["cross_aisles"] = _NO_NUMBERS.say(access.language())
    return {names.get(name, name): sentence for name, sentence in errors.items()}


_NO_NUMBERS = T("Whole millimetres with commas between them, at most six: 8100, 13500", "须为整数毫米，用逗号分隔，最多六个：8100, 13500")


def _page(ground: Ground, wished: Wished | None, typed: Any, errors: dict[str, str]) -> str:
    by = actor()
    tried = None
    shown = ground
    if wished is not None:
        shown = floor_queries.as_wished(ground, wished)
        walks = compared(ground.points, (ground.floor, ground.start), (shown.floor, shown.start)) if ground.points else None
        tried = Tried(walks, _changes(ground, shown))
    drawn = hall.draw(shown.floors, shown.bins, shown.places, shown.starts)
    rows = zip(typed.getlist("aisle"), typed.getlist("way"), typed.getlist("closed"), strict=False) if typed else ()
    return render(
        "locations/floor_plan",
        ground=shown,
        map=drawn,
        tried=tried,
        errors=errors,
        aisles=ground.aisles,
        typed={aisle: (way, closed) for aisle, way, closed in rows},
        cross_aisles=typed.get("cross_aisles", "") if typed else ", ".join(str(one) for one in ground.said_crossings),
        start=typed.get("start", "") if typed else ground.said_start or "",
        plans=[plan.zone for plan in floor_plans.all_of(by.site_id)],
        zones=queries.zones(by=by),
    )


def _changes(before: Ground, after: Ground) -> list[tuple[str, str, str]]:
    """What is otherwise than before, in words: what, before, after."""
    language = access.language()
    rows = [
        (T("Cross-aisles", "横向通道"), _listed(before.floor.crossings), _listed(after.floor.crossings)),
        (T("One-way", "单行巷道"), before.one_way_text, after.one_way_text),
        (T("Closed ends", "封闭端"), before.closed_text, after.closed_text),
        (T("Walks begin at", "行走起点"), before.start_code or "–", after.start_code or "–"),
    ]
    return [(what.say(language), one, two) for what, one, two in rows if one != two]


def _listed(numbers: tuple[int, ...]) -> str:
    return " · ".join(f"{one:,}" for one in numbers) or "–"
