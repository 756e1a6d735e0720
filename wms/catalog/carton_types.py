"""The boxes that a house packs into: put in whole, found by code, smallest first."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from wms import clock
from wms.catalog.models import CartonType
from wms.db import containing, fold, session
from wms.errors import Invalid, NotFound, Refused
from wms.i18n import T

LARGEST_MM = 3000


class CartonTypeUnknown(NotFound):
    """No carton type has this code."""

    code = "carton_type_unknown"
    sentence = T("There is no carton type {code}", "没有此箱型：{code}")
    advice = T("Check the code, or put the carton type in", "请核对编码，或先建立该箱型")


class CartonTypeNotInUse(Refused):
    """The box is not packed into any more."""

    code = "carton_type_not_in_use"
    sentence = T("Carton type {code} is not in use any more", "箱型 {code} 已停用")
    advice = T("Take another box", "请改用其他箱型")


class CartonTooLarge(Invalid):
    """No box is that large: centimetres were meant, or metres."""

    code = "carton_too_large"
    sentence = T("No carton is {size} mm inside", "没有内尺寸 {size} 毫米的纸箱")
    advice = T("Give its inside in millimetres, none over 3000", "请以毫米填写内尺寸，每边不超过 3000")


def put_carton_type(
    code: str,
    *,
    length_mm: int,
    width_mm: int,
    height_mm: int,
    tare_grams: int = 0,
    most_grams: int | None = None,
    name: str | None = None,
    in_use: bool = True,
) -> tuple[CartonType, bool]:
    """Creates or wholly replaces a carton type; tells whether it is new. Raises CartonTooLarge."""
    found = find(code)
    new = found is None
    if found is None:
        found = CartonType(code=code.strip())
        session.add(found)
    found.length_mm, found.width_mm, found.height_mm = length_mm, width_mm, height_mm
    if max(length_mm, width_mm, height_mm) > LARGEST_MM:
        raise CartonTooLarge(size=found.size)
    found.tare_grams, found.most_grams, found.name, found.in_use = tare_grams, most_grams, name, in_use
    found.updated_at = clock.now()
    session.flush()  # handling units name it by its id
    return found, new


def find(code: str) -> CartonType | None:
    """The carton type with this code."""
    return session.execute(sa.select(CartonType).where(CartonType.code_key == fold(code))).scalar_one_or_none()


def find_carton_type(code: str) -> CartonType:
    """The carton type with this code. Raises CartonTypeUnknown."""
    found = find(code)
    if found is None:
        raise CartonTypeUnknown(code=code)
    return found


def usable(code: str) -> CartonType:
    """The carton type with this code, that somebody packs into now. Raises CartonTypeUnknown, CartonTypeNotInUse."""
    found = find_carton_type(code)
    if not found.in_use:
        raise CartonTypeNotInUse(code=found.code)
    return found


def in_use() -> list[CartonType]:
    """The boxes that are packed into, smallest first."""
    found = session.execute(sa.select(CartonType).where(CartonType.in_use)).scalars()
    return sorted(found, key=lambda one: (one.volume_mm3, one.code_key))


def listed(q: str | None = None) -> sa.Select[Any]:
    """Carton types whose code or name contains the text."""
    statement = sa.select(CartonType)
    return statement.where(containing(q, CartonType.code, CartonType.name)) if q else statement


def typed(found: CartonType) -> dict[str, str]:
    """A carton type as it would be typed."""
    names = ("name", "length_mm", "width_mm", "height_mm", "tare_grams", "most_grams")
    plain = {name: "" if getattr(found, name) is None else str(getattr(found, name)) for name in names}
    return {**plain, "in_use": "1" if found.in_use else ""}
