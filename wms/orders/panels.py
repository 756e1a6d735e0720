"""The order desk's panels on the home board: what is late, what waits before the gate, what finance must do."""

from __future__ import annotations

from flask import url_for

from wms.actor import Actor, Permission, Role
from wms.i18n import T
from wms.orders import boards
from wms.orders.models import OrderStatus
from wms.web import access
from wms.web.home import Board, Figure, Panel, Row

S = OrderStatus


def _rows(found: list[boards.OrderRow]) -> list[Row]:
    return [
        Row(
            row.number,
            url_for("orders.one", number=row.number),
            why=f"{row.customer_name} · {row.why}",
            at=row.due_at,
            tone=row.tone,
            status=row.status.text,
            status_tone=boards.TONES[row.status],
            done=row.done if row.status in (S.PICKING, S.PICKED, S.PACKED) else None,
            of=row.ordered if row.status in (S.PICKING, S.PICKED, S.PACKED) else None,
        )
        for row in found
    ]


def _board_of_release(who: Actor) -> Board:
    counts = boards.counts(by=who)
    return Board(
        [
            Figure(T("To release", "待放行"), counts.get("received", 0), url_for("orders.index", status="received")),
            Figure(T("Held", "暂挂"), counts.get("held", 0), url_for("orders.index", status="held"), "ask"),
            Figure(T("Late", "已逾期"), counts["late"], url_for("orders.index", due="late"), "stop"),
        ],
        _rows(boards.waiting_orders(by=who, language=access.language(), statuses=[S.RECEIVED, S.HELD])),
        url_for("orders.index", status="received"),
        T("No order waits for release.", "没有待放行的订单。"),
    )


def _board_of_late(who: Actor) -> Board:
    late = boards.waiting_orders(by=who, language=access.language(), late=True)
    return Board([], _rows(late), url_for("orders.index", due="late"), T("Nothing is late.", "没有逾期订单。"))


_MONEY = ("credit_limit", "credit_days", "settlement")


def _board_of_finance(who: Actor) -> Board:
    delivered = boards.counts(by=who).get("delivered", 0)
    held = boards.waiting_orders(by=who, language=access.language(), codes=_MONEY)
    to_close = boards.waiting_orders(by=who, language=access.language(), statuses=[S.DELIVERED])
    return Board(
        [
            Figure(T("Held for finance", "待财务处理"), boards.held_by(_MONEY, by=who), url_for("orders.index", status="held"), "ask"),
            Figure(T("To close", "待关闭"), delivered, url_for("orders.index", status="delivered")),
        ],
        _rows(held + to_close),
        url_for("orders.index", status="held"),
        T("No order waits for finance.", "没有待财务处理的订单。"),
    )


panels_of_orders = [
    Panel(
        "orders-late",
        T("Late orders", "逾期订单"),
        Permission.SEE_ORDERS,
        _board_of_late,
        roles=(Role.SALES, Role.SUPERVISOR, Role.DISPATCHER),
    ),
    Panel(
        "orders-release",
        T("To release and held", "待放行与暂挂"),
        Permission.SEE_ORDERS,
        _board_of_release,
        roles=(Role.SALES, Role.SUPERVISOR),
    ),
    Panel("orders-finance", T("For finance", "财务事项"), Permission.SETTLE, _board_of_finance, roles=(Role.FINANCE,)),
]
