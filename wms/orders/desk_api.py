"""The order desk over the API: copy, split and merge, one step with many orders, and what does not go on by itself."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from pydantic import Field

from wms.actor import Permission, Role
from wms.auth.current import actor
from wms.db import session
from wms.errors import Invalid
from wms.i18n import T
from wms.orders import boards, bulk, exceptions, reshaping
from wms.orders.api import shown
from wms.orders.bodies import MOST_LINES, OrderOut
from wms.orders.models import OrderStatus
from wms.web.access import NotPermitted
from wms.web.api import Answer, Api, Body, Code, Items, Label, Moment, Paging, Quantity, Words, page

api = Api("order_desk")


class WhichOrders(Invalid):
    """Either they are named, or a filter finds them."""

    code = "which_orders"
    pointer = "/orders"
    sentence = T("Name the orders, or give a filter, and not both", "请列出订单或给出筛选条件，二者选一")


class CopyIn(Body):
    """What is different about the copy."""

    number: Code | None = None
    """Left out: the house gives one."""
    due_at: Moment | None = None


class SplitLineIn(Body):
    """So many pieces of a line, in base units."""

    line: Label
    """Which line of the order."""
    quantity: Quantity


class SplitIn(Body):
    """What goes to an order of its own."""

    number: Code | None = None
    """Of the new order. Left out: the house gives one."""
    lines: Annotated[list[SplitLineIn], Field(min_length=1, max_length=MOST_LINES)]
    """What goes into the new one."""


class MergeIn(Body):
    """Orders for one customer and address."""

    orders: Annotated[list[Code], Field(min_length=2, max_length=50)]


class FilterIn(Body):
    """Which orders, as the list at the desk is narrowed."""

    q: Code | None = None
    """What the search of the list finds: a part of a number, a customer or a product; null: any."""
    status: OrderStatus | None = None
    """Only orders in this status; null: in any that is open."""
    customer: Code | None = None
    """Only orders of this customer; null: of all."""


class BulkIn(Body):
    """One step with many orders, each by itself."""

    step: bulk.Step
    """What to do with each."""
    orders: Annotated[list[Code], Field(min_length=1, max_length=bulk.MOST)] | None = None
    """Which ones by number; null: those of `filter`."""
    filter: FilterIn | None = None
    """Instead of naming them: the most urgent 500 that it finds."""
    reason: Words | None = None
    """Needed to hold and to cancel, and to approve what a rule holds."""
    priority: Annotated[int, Field(ge=0, le=9)] | None = None
    due_at: Moment | None = None
    """For the step `due`: when they must leave, UTC; null: no time."""


class WhyNotOut(Answer):
    """Why something was not done."""

    code: str
    """The reason; stable."""
    detail: str


class BulkRowOut(Answer):
    """What came of it for one order."""

    number: str
    status: OrderStatus | None
    """Where the order is now; null: there is no such order."""
    done: bool
    """Whether the step was taken."""
    why: list[WhyNotOut]
    """Why it was refused, or what holds it."""


class BulkOut(Answer):
    """What came of it, in the sequence in which they were named."""

    done: int
    """How many orders the step was taken with."""
    refused: int
    """How many it was refused for."""
    orders: list[BulkRowOut]
    """Each order, in the sequence in which they were named."""


class ExceptionOut(Answer):
    """One reason why an order does not go on."""

    order: str
    customer: str
    status: OrderStatus
    code: str
    """Which kind of trouble; stable."""
    reason: str
    """The trouble in words."""
    who: str
    """What lifts it."""
    owner: Role
    """Who deals with it."""
    since: dt.datetime
    """When it began, UTC."""
    hours: int
    """Whole hours since it began."""
    due_at: dt.datetime | None


class ExceptionsQuery(Paging):
    """Which exceptions."""

    code: Code | None = None
    owner: Role | None = None
    customer: Code | None = None


@api.post("/orders/<path:number>/copy", Permission.ENTER_ORDERS, body=CopyIn, answer=OrderOut, status=201)
def copy_order(number: str, body: CopyIn) -> OrderOut:
    """Enters the same order once more, with nothing done for it yet."""
    return shown(reshaping.copy(number, by=actor(), new_number=body.number, due_at=body.due_at))


@api.post("/orders/<path:number>/split", Permission.ENTER_ORDERS, body=SplitIn, answer=OrderOut, status=201)
def split_order(number: str, body: SplitIn) -> OrderOut:
    """Takes a part of an order that is not released out into an order of its own, and answers that one."""
    lines: dict[str, int] = {}
    for one in body.lines:
        lines[one.line] = lines.get(one.line, 0) + one.quantity
    return shown(reshaping.split(number, lines, by=actor(), new_number=body.number))


@api.post("/orders/merge", Permission.ENTER_ORDERS, body=MergeIn, answer=OrderOut)
def merge_orders(body: MergeIn) -> OrderOut:
    """Makes one order of several that are not released, for one customer and address. The one that came first stays; the others are
    cancelled, and say where they went."""
    return shown(reshaping.merge(body.orders, by=actor()))


@api.post("/orders/steps", Permission.SEE_ORDERS, body=BulkIn, answer=BulkOut)
def act_on_orders(body: BulkIn) -> BulkOut:
    """One step with many orders, each by itself: what is refused for one stops none of the others. Each step needs its right: to enter
    orders, to release them, to lift what holds each."""
    who = actor()
    if body.step not in bulk.steps_of(who):
        raise NotPermitted(permission=bulk.needs(body.step)[0].text)
    if (body.orders is None) == (body.filter is None):
        raise WhichOrders
    numbers = body.orders or []
    if body.filter is not None:
        given = {name: str(value) for name, value in body.filter.model_dump(exclude_none=True).items()}
        rows = boards.most_urgent(boards.OrderFilter(**given), by=who, language=who.language, limit=bulk.MOST)
        numbers = [row.number for row in rows]
    done = bulk.act(body.step, numbers, by=who, reason=body.reason, priority=body.priority, due_at=body.due_at)
    told = [(one, [WhyNotOut(code=code, detail=text) for code, text in why(one)]) for one in done]
    rows_out = [BulkRowOut(number=one.number, status=one.status, done=one.was_done, why=reasons) for one, reasons in told]
    return BulkOut(done=sum(row.done for row in rows_out), refused=sum(not row.done for row in rows_out), orders=rows_out)


def why(done: bulk.Done) -> list[tuple[str, str]]:
    """Why it was not done, as codes and sentences in the reader's language."""
    if done.refusal is None:
        return list(done.holds)
    return [(done.refusal.code, done.refusal.say(actor().language))]


@api.get("/order-exceptions", Permission.SEE_ORDERS, query=ExceptionsQuery, answer=Items[ExceptionOut])
def get_exceptions(query: ExceptionsQuery) -> Items[ExceptionOut]:
    """Orders that do not go on by themselves (held, overdue, short, waiting for stock), each with its reason, its owner and its age."""
    who = actor()
    wanted = exceptions.ExceptionFilter(query.code or "", query.owner or "", query.customer or "")
    statement = exceptions.statement(wanted, by=who, after=query.after)
    found = session.execute(statement.order_by(statement.selected_columns.place).limit(query.limit + 1)).all()
    views = {(row.order_id, row.code): view for row, view in zip(found, exceptions.rows(found, who.language), strict=True)}

    def out(row: Any) -> ExceptionOut:
        view = views[row.order_id, row.code]
        facts = {
            name: getattr(view, name) for name in ("order", "customer", "status", "code", "reason", "owner", "since", "hours", "due_at")
        }
        return ExceptionOut(**facts, who=view.who.say(who.language))

    return page(found, query, by_id=lambda row: int(row.place), show=out)
