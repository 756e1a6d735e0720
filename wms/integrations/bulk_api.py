"""Many products, partners, locations or orders in one body."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, SkipValidation

from wms.actor import Permission
from wms.auth.current import actor
from wms.errors import Invalid, WarehouseError
from wms.i18n import T
from wms.integrations import bulk
from wms.integrations.reading import LocationRow, OrderFile, PartnerRow, ProductRow
from wms.orders.bodies import MOST_LINES
from wms.web import access
from wms.web.api import Answer, Api, Body, Code
from wms.web.problems import problem

api = Api("bulk")
MOST = 20_000
MOST_ORDERS = 1_000


class _Bulk(Body):
    all_or_nothing: bool = False
    """True: one refused row, and nothing is taken (`taken` is false). False: each row is taken or refused by itself."""


class ProductsIn(_Bulk):
    """Many products, each whole."""

    items: Annotated[list[SkipValidation[ProductRow]], Field(min_length=1, max_length=MOST)]
    """As `PUT /products/{sku}`, with its `sku`."""


class PartnersIn(_Bulk):
    """Many partners, each whole."""

    items: Annotated[list[SkipValidation[PartnerRow]], Field(min_length=1, max_length=MOST)]
    """As `PUT /partners/{code}`, with its `code`."""


class LocationsIn(_Bulk):
    """Many locations of one site, each whole."""

    site: Code | None = None
    """Where they are; rows name no other site."""
    items: Annotated[list[SkipValidation[LocationRow]], Field(min_length=1, max_length=MOST)]
    """As `PUT /locations/{code}`, with its `code`."""


class OrdersIn(_Bulk):
    """Many orders of one site, each whole."""

    site: Code | None = None
    """Where they leave from; rows name no other site."""
    items: Annotated[list[SkipValidation[OrderFile]], Field(min_length=1, max_length=MOST_ORDERS)]
    """As `POST /orders`, each with its `number`; together at most 5,000 lines."""


class TooManyLines(Invalid):
    """The orders of one body would keep the floor waiting."""

    code = "too_many_lines"
    sentence = T("{lines} lines are too many for one body: {most} at most", "一次共 {lines} 条明细过多，最多 {most} 条")
    advice = T("Send the orders in several bodies", "请分几次发送")


class RowError(Answer):
    """One thing that is wrong in a row."""

    pointer: str
    """Where in the row (RFC 6901)."""
    code: str
    """Stable, from the errors page."""
    detail: str
    """In words."""


class RowOut(Answer):
    """What became of one row."""

    row: int
    """Its place in `items`, from 0."""
    code: str | None
    """Which thing it is about; null where that could not be read."""
    outcome: Literal["created", "changed", "unchanged", "refused"]
    """`unchanged` wrote nothing and told nobody."""
    errors: list[RowError]
    """Why it was refused."""


class BulkOut(Answer):
    """What became of all rows."""

    taken: bool
    """Whether anything was kept: false where all or nothing was asked for and a row was refused."""
    created: int
    """So many are new."""
    changed: int
    """So many are different now."""
    unchanged: int
    """So many were there just so."""
    refused: int
    """So many were not taken."""
    items: list[RowOut]
    """Every row, in its sequence."""


def taken(model: type[BaseModel], body: Any, put: Callable[[bulk.Rows], None], *, named_by: str = "code") -> BulkOut:
    """Reads the rows, takes them in, and tells of each what became of it. All of it is undone where that was asked for."""
    rows = bulk.read(model, body.items, named_by)
    with bulk.undone_if(lambda: body.all_or_nothing and any(one.refusal for one in rows.outcomes())) as undone:
        put(rows)
    return _answer(rows, kept=not undone)


def _answer(rows: bulk.Rows, *, kept: bool) -> BulkOut:
    outcomes = rows.outcomes()
    counts = {name: sum(1 for one in outcomes if one.put == name) for name in ("created", "changed", "unchanged")}
    items = [
        RowOut(row=place, code=one.code, outcome=one.put.value if one.put else "refused", errors=_errors(one.refusal))
        for place, one in enumerate(outcomes)
    ]
    refused = sum(1 for one in outcomes if one.put is None)
    return BulkOut(taken=kept, **counts, refused=refused, items=items)


def _errors(refusal: WarehouseError | None) -> list[RowError]:
    if refusal is None:
        return []
    said = problem(refusal, access.language())
    found = said.get("errors") or [{"pointer": "", "code": said["code"], "detail": said["detail"]}]
    return [RowError(**one) for one in found]


@api.post("/products/bulk", Permission.MASTER_DATA, body=ProductsIn, answer=BulkOut)
def bulk_products(body: ProductsIn) -> BulkOut:
    """Creates or replaces many products; what is there just so is left alone.

    Each row is a whole product, as `PUT /products/{sku}` takes it. The same body may be sent any number of times.
    """
    return taken(ProductRow, body, lambda rows: bulk.put("products", rows, by=actor()), named_by="sku")


@api.post("/partners/bulk", Permission.MASTER_DATA, body=PartnersIn, answer=BulkOut)
def bulk_partners(body: PartnersIn) -> BulkOut:
    """Creates or replaces many partners; what is there just so is left alone."""
    return taken(PartnerRow, body, lambda rows: bulk.put("partners", rows, by=actor()))


@api.post("/locations/bulk", Permission.MASTER_DATA, body=LocationsIn, answer=BulkOut)
def bulk_locations(body: LocationsIn) -> BulkOut:
    """Creates or replaces many locations of one site; what is there just so is left alone."""
    return taken(LocationRow, body, lambda rows: bulk.put("locations", rows, by=actor()))


@api.post("/orders/bulk", Permission.ENTER_ORDERS, body=OrdersIn, answer=BulkOut)
def bulk_orders(body: OrdersIn) -> BulkOut:
    """Takes many orders in; what the same source sent before in the same words is left alone.

    Each row is an order as `POST /orders` takes it, and always has its number. A number that is there in other words is refused
    (`entered_differently`): an order that is known is changed by `POST /orders/{number}/change`. The same body may be sent any number of
    times by a source that names itself.
    """
    raw: list[Any] = list(body.items)  # as they came: each is read by itself
    lines = sum(len(one["lines"]) for one in raw if isinstance(one, dict) and isinstance(one.get("lines"), list))
    if lines > MOST_LINES:
        raise TooManyLines(pointer="/items", lines=lines, most=MOST_LINES)
    return taken(OrderFile, body, lambda rows: bulk.take_in_orders(rows, by=actor()), named_by="number")
