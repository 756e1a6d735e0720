"""Orders and inbound orders over the API."""

from __future__ import annotations

from typing import Any

from wms.actor import Permission
from wms.auth.current import actor
from wms.orders import driven, inbound, inbound_queries, operations, paying_back, queries, services, timeline, withdrawal
from wms.orders.bodies import (
    ApprovalIn,
    ChangePreviewOut,
    CheckInChoice,
    InboundIn,
    InboundOut,
    OrderChangeIn,
    OrderIn,
    OrderOut,
    SignOffIn,
)
from wms.orders.models import InboundOrder, InboundStatus, Order, OrderStatus
from wms.web.api import Api, Code, Items, Moment, Nothing, Paging, Reason, page

api = Api("orders")


class OrdersQuery(Paging):
    """Which orders."""

    status: OrderStatus | None = None
    customer: Code | None = None
    updated_since: Moment | None = None


class InboundQuery(Paging):
    """Which inbound orders."""

    status: InboundStatus | None = None


def shown(order: Order) -> OrderOut:
    """An order as the API answers it."""
    return _out(queries.shown([order], actor().language)[0])


def shown_inbound(order: InboundOrder) -> InboundOut:
    """An inbound order as the API answers it."""
    return _inbound_out(inbound_queries.shown_inbound([order], actor().language)[0])


def _out(view: queries.OrderView) -> OrderOut:
    return OrderOut.model_validate(view, from_attributes=True)


def _inbound_out(view: inbound_queries.InboundView) -> InboundOut:
    return InboundOut.model_validate(view, from_attributes=True)


# -- orders ------------------------------------------------------------------------------------------------------------


@api.post("/orders", Permission.ENTER_ORDERS, body=OrderIn, answer=OrderOut, status=201, known=True)
def post_order(body: OrderIn) -> tuple[OrderOut, int]:
    """Takes an order in. Nothing is promised before it is released.

    The same `source` may send the same `number` again in the same words: 200, and the order as it stands now. In other words: 409
    `entered_differently`. Where no source is named, or another one, the number is taken.
    """
    order, new = body.take_in(by=actor())
    return shown(order), 201 if new else 200


@api.get("/orders", Permission.SEE_ORDERS, query=OrdersQuery, answer=Items[OrderOut])
def get_orders(query: OrdersQuery) -> Items[OrderOut]:
    """Orders, in the order they came in. With `updated_since`, those that changed since then."""
    orders = queries.orders_after(
        by=actor(),
        after=query.after,
        limit=query.limit + 1,
        status=query.status,
        customer=query.customer,
        updated_since=query.updated_since,
    )
    return page(queries.shown(orders, actor().language), query, by_id=lambda view: view.id, show=_out)


@api.get("/orders/<path:number>", Permission.SEE_ORDERS, answer=OrderOut)
def get_order(number: str) -> OrderOut:
    """One order."""
    return shown(operations.find(number, by=actor()))


@api.post("/orders/<path:number>/change", Permission.ENTER_ORDERS, body=OrderChangeIn, answer=OrderOut)
def change_order(number: str, body: OrderChangeIn) -> OrderOut:
    """Changes an order to the wanted state: what is left out stays as it is. The same again changes nothing.

    Customer and kind cannot change; before release the lines of a settled order neither (409 `already_settled`). Once it is released,
    lines only become less or go, until the truck has left (409 `only_less`, `nothing_new`, `too_late_to_change`): the least advanced goods
    first, and what was picked goes back by tasks. `POST /orders/{number}/change/preview` says what that means.
    """
    return shown(body.edit(number, by=actor()))


@api.post("/orders/<path:number>/change/preview", Permission.ENTER_ORDERS, body=OrderChangeIn, answer=ChangePreviewOut)
def preview_order_change(number: str, body: OrderChangeIn) -> ChangePreviewOut:
    """What changing an order would mean on the floor; nothing is changed. It is refused as the change itself would be."""
    intent, language = body.preview(number, by=actor()), actor().language
    told = timeline.changes_in_words(intent.changes, language)
    return ChangePreviewOut(changes=told, means=[one.say(language) for one in intent.means])


@api.post("/orders/<path:number>/release", Permission.RELEASE_ORDERS, body=Reason, answer=OrderOut)
def release_order(number: str, body: Reason) -> OrderOut:
    """Lets the warehouse start. What the gate refuses is answered as `held`, with the reasons in `holds`."""
    return shown(operations.release(number, by=actor(), reason=body.reason))


@api.post("/orders/<path:number>/hold", Permission.ENTER_ORDERS, body=Reason, answer=OrderOut)
def hold_order(number: str, body: Reason) -> OrderOut:
    """Holds an order back by hand, until somebody with the right approves it."""
    return shown(operations.hold(number, by=actor(), reason=body.reason))


@api.post("/orders/<path:number>/approve", Permission.SEE_ORDERS, body=ApprovalIn, answer=OrderOut)
def approve_order(number: str, body: ApprovalIn) -> OrderOut:
    """Lifts the holds that the caller may lift, on record. Only `release` releases."""
    return shown(operations.approve(number, by=actor(), reason=body.reason, seen=body.seen))


@api.post("/orders/<path:number>/services/<int:position>/confirm", Permission.PACK, answer=OrderOut)
def confirm_service(number: str, position: int) -> OrderOut:
    """The value-added work at this place of the order's list is done. At the bench the packer is asked for it."""
    order = operations.find(number, by=actor())
    services.confirm(order.id, position, by=actor())
    return shown(order)


@api.post("/orders/<path:number>/settle", Permission.SETTLE, body=Reason, answer=OrderOut)
def settle_order(number: str, body: Reason) -> OrderOut:
    """Finance has settled it."""
    return shown(operations.settle(number, by=actor(), reason=body.reason))


@api.post("/orders/<path:number>/pay-back", Permission.SETTLE, body=Reason, answer=OrderOut)
def pay_back_order(number: str, body: Reason) -> OrderOut:
    """Finance has paid back what was settled and does not go any more. Such orders are those of `GET /deliveries?state=owed_back`."""
    return shown(paying_back.pay_back(number, by=actor(), reason=body.reason))


@api.post("/orders/<path:number>/cancel", Permission.ENTER_ORDERS, body=Reason, answer=OrderOut)
def cancel_order(number: str, body: Reason) -> OrderOut:
    """Cancels it wherever it is, until the truck has left; goods already picked go back by tasks."""
    return shown(withdrawal.cancel(number, by=actor(), reason=body.reason))


@api.post("/orders/<path:number>/delivery", Permission.SIGN_OFF, body=SignOffIn, answer=OrderOut)
def sign_off_order(number: str, body: SignOffIn) -> OrderOut:
    """The customer has signed for it. A driver signs off what he drove himself, and is answered that alone: the shipments on his trucks,
    and neither lines, holds, papers nor timeline of the order."""
    by = actor()
    answer = shown(order := body.sign_off(number, by=by))
    return answer if by.may(Permission.SEE_ORDERS) or not driven.only_own(by) else _driven(answer, driven.numbers(order.id, by=by))


def _driven(answer: OrderOut, numbers: set[str]) -> OrderOut:
    nothing: dict[str, Any] = {name: [] for name in ("holds", "lines", "services", "events", "documents", "returns")}
    unsaid = dict.fromkeys(("source", "settled_at", "expected_at", "can_ship_on", "promised_on", "notes"))
    return answer.model_copy(update={**nothing, **unsaid, "shipments": [one for one in answer.shipments if one.number in numbers]})


@api.post("/orders/<path:number>/close", Permission.SETTLE, body=Reason, answer=OrderOut)
def close_order(number: str, body: Reason) -> OrderOut:
    """Finance closes a delivered order."""
    return shown(operations.close(number, by=actor(), reason=body.reason))


# -- inbound orders ----------------------------------------------------------------------------------------------------


@api.post("/inbound-orders", Permission.ANNOUNCE, body=InboundIn, answer=InboundOut, status=201)
def post_inbound_order(body: InboundIn) -> InboundOut:
    """Announces goods that will come in."""
    return shown_inbound(body.announce(by=actor()))


@api.get("/inbound-orders", Permission.SEE_STOCK, query=InboundQuery, answer=Items[InboundOut])
def get_inbound_orders(query: InboundQuery) -> Items[InboundOut]:
    """Inbound orders, in the order they came in."""
    orders = inbound_queries.inbound_after(by=actor(), after=query.after, limit=query.limit + 1, status=query.status)
    return page(inbound_queries.shown_inbound(orders, actor().language), query, by_id=lambda view: view.id, show=_inbound_out)


@api.get("/inbound-orders/<path:number>", Permission.SEE_STOCK, answer=InboundOut)
def get_inbound_order(number: str) -> InboundOut:
    """One inbound order."""
    return shown_inbound(inbound.find_inbound(number, by=actor()))


@api.post("/inbound-orders/<path:number>/arrive", Permission.RECEIVE, body=Nothing, answer=InboundOut)
def arrive_inbound_order(number: str, body: Nothing) -> InboundOut:  # noqa: ARG001
    """The vehicle stands at the dock. Receiving begins with the first goods that are checked in."""
    return shown_inbound(inbound.arrive(number, by=actor()))


@api.post("/inbound-orders/<path:number>/check-in", Permission.PLAN_WORK, body=CheckInChoice, answer=InboundOut)
def check_in_inbound_order(number: str, body: CheckInChoice) -> InboundOut:
    """How it is checked in at the dock from now on."""
    return shown_inbound(inbound.choose_check_in(number, body.check_in, by=actor()))


@api.post("/inbound-orders/<path:number>/close", Permission.ANNOUNCE, body=Reason, answer=InboundOut)
def close_inbound_order(number: str, body: Reason) -> InboundOut:
    """Nothing more will come; the differences stay on the lines."""
    return shown_inbound(inbound.close_inbound(number, by=actor(), reason=body.reason))
