"""Carton types over the API."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from pydantic import Field, StringConstraints

from wms.actor import Permission
from wms.catalog import carton_types
from wms.catalog.api import Name
from wms.catalog.models import CartonType
from wms.db import session
from wms.web.api import Answer, Api, Body, Items, Paging, code_in_address, page

api = Api("cartons")

BoxCode = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]
Inside = Annotated[int, Field(ge=1, le=carton_types.LARGEST_MM)]
Grams = Annotated[int, Field(ge=0, le=10**8)]


class CartonTypeIn(Body):
    """A box of the house. Its size is that of its inside."""

    name: Name | None = None
    length_mm: Inside
    """Inner length in mm."""
    width_mm: Inside
    """Inner width in mm."""
    height_mm: Inside
    """Inner height in mm."""
    tare_grams: Grams = 0
    """What the empty box weighs, with what it is filled up with."""
    most_grams: Annotated[int, Field(ge=1, le=10**8)] | None = None
    """How much its contents may weigh. Left out: as much as goes in."""
    in_use: bool = True
    """Whether it is suggested and may be chosen."""

    def put(self, code: str) -> tuple[CartonType, bool]:
        """Creates the carton type, or replaces it as a whole; tells whether it is new."""
        return carton_types.put_carton_type(code, **self.model_dump(include=set(CartonTypeIn.model_fields)))


class NewCartonType(CartonTypeIn):
    """A box with its code: in a form, in a row of a file."""

    code: BoxCode


class CartonTypeOut(Answer):
    """A box of the house."""

    code: str
    name: str | None
    length_mm: int
    width_mm: int
    height_mm: int
    tare_grams: int
    most_grams: int | None
    in_use: bool
    updated_at: dt.datetime


def shown(found: CartonType) -> CartonTypeOut:
    """A carton type as the API answers it."""
    return CartonTypeOut(**{name: getattr(found, name) for name in CartonTypeOut.model_fields})


@api.put("/carton-types/<path:code>", Permission.MASTER_DATA, body=CartonTypeIn, answer=CartonTypeOut)
def put_carton_type(code: str, body: CartonTypeIn) -> tuple[CartonTypeOut, int]:
    """Creates or replaces a carton type."""
    found, new = body.put(code_in_address(code))
    return shown(found), 201 if new else 200


@api.get("/carton-types/<path:code>", Permission.IN_HOUSE, answer=CartonTypeOut)
def get_carton_type(code: str) -> CartonTypeOut:
    """One carton type."""
    return shown(carton_types.find_carton_type(code))


@api.get("/carton-types", Permission.IN_HOUSE, query=Paging, answer=Items[CartonTypeOut])
def get_carton_types(query: Paging) -> Items[CartonTypeOut]:
    """The carton types, in the order in which they were put in."""
    statement = carton_types.listed().where(CartonType.id > query.after).order_by(CartonType.id).limit(query.limit + 1)
    return page(list(session.execute(statement).scalars()), query, by_id=lambda one: one.id, show=shown)
