"""The order desk's panels on the home board: what is late, what waits before the gate, what finance must do."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import current_app, url_for

from wms import clock
from wms.actor import Actor, Permission, Role
from wms.i18n import T
from wms.orders import boards, signing_queries
from wms.orders.boards import OrderFilter, Waits
from wms.orders.models import OrderStatus
from wms.orders.signing_queries import Posting
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
            lateness=row.lateness,
            status=row.status.text,
            status_tone=boards.TONES[row.status],
            far=row.far if row.status in (S.PICKING, S.PICKED, S.PACKED) else None,
        )
        for row in found
    ]


def _list(**filter: Any) -> str:
    return url_for("orders.index", **filter)


_LATE, _SOON = OrderFilter(due="late"), OrderFilter(due="soon")
_ROWS = 8
_TO_RELEASE = OrderFilter(waits=Waits.RELEASE)
_OF_FINANCE = [OrderFilter(waits=waits) for waits in (Waits.MONEY, Waits.PAY_BACK, Waits.SETTLE, Waits.CLOSE)]


def _board_of_release(who: Actor) -> Board:
    counts = boards.counts(by=who)
    received, held = counts.get("received", 0), counts.get("held", 0)
    return Board(
        [
            Figure(T("To release", "待放行"), received, _list(status="received")),
            Figure(T("Held", "暂挂"), held, _list(status="held"), "ask"),
            Figure(T("Will be late", "将逾期"), counts["soon"], _list(due="soon"), "ask"),
            Figure(T("Overdue", "逾期"), counts["late"], _list(due="late"), "stop"),
        ],
        _rows(boards.most_urgent(_TO_RELEASE, by=who, language=access.language())),
        _list(waits=Waits.RELEASE),
        T("No order waits for release.", "没有待放行的订单。"),
        total=received + held,
    )


def _board_of_late(who: Actor) -> Board:
    language = access.language()
    soon = boards.most_urgent(_SOON, by=who, language=language, limit=_ROWS)
    rows = [*soon[: _ROWS // 2], *boards.most_urgent(_LATE, by=who, language=language, limit=_ROWS - len(soon[: _ROWS // 2]))]
    many = boards.how_many(_LATE, by=who) + boards.how_many(_SOON, by=who)
    none = T("No order is overdue, and none will be late as things stand.", "没有逾期或将逾期的订单。")
    return Board([], _rows(rows), _list(due="soon" if soon else "late"), none, total=many)


def _board_of_finance(who: Actor) -> Board:
    held, to_pay_back, to_settle, to_close = (boards.how_many(one, by=who) for one in _OF_FINANCE)
    rows = [row for one in _OF_FINANCE for row in boards.most_urgent(one, by=who, language=access.language())]
    return Board(
        [
            Figure(T("Held for finance", "待财务审批"), held, _list(waits=Waits.MONEY), "ask"),
            Figure(T("To pay back", "待退款"), to_pay_back, url_for("postings.index", state=Posting.OWED_BACK.value), "ask"),
            Figure(T("To settle", "待结算"), to_settle, _list(waits=Waits.SETTLE), "ask"),
            Figure(T("To close", "待关闭"), to_close, _list(waits=Waits.CLOSE)),
        ],
        _rows(rows),
        None,
        T("No order waits for finance.", "没有待财务处理的订单。"),
        total=held + to_pay_back + to_settle + to_close,
    )


def _board_of_unsigned(who: Actor) -> Board:
    """What left and nobody has signed for: all of it, and what has been on the road for too long, the longest first."""
    hours = current_app.config["WMS"].unsigned_late_hours
    found, late = signing_queries.unsigned(who, before=clock.now() - dt.timedelta(hours=hours), limit=_ROWS)
    total = signing_queries.how_many_unsigned(who)
    whole = url_for("postings.index", state=Posting.UNSIGNED.value)
    longer = T("For more than {n} h", "超过 {n} 小时", n=hours)
    return Board(
        [Figure(T("Not signed for", "未签收"), total, whole), Figure(longer, late, whole, "stop")],
        [
            Row(
                one.shipment,
                url_for("orders.one", number=one.order),
                why=" · ".join(filter(None, (one.order, one.customer, one.load, one.driver))),
                at=one.left_at,
                tone="stop",
            )
            for one in found
        ],
        whole,
        T("Nothing has been on the road for so long.", "没有超时未签收的发货。"),
        total=total,
    )


panels_of_orders = [
    Panel(
        "orders-late",
        T("Orders overdue, or about to be", "逾期与将逾期的订单"),
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
    Panel(
        "orders-unsigned",
        T("Left and not signed for", "已发货未签收"),
        Permission.SEE_ORDERS,
        _board_of_unsigned,
        roles=(Role.DISPATCHER, Role.FINANCE),
    ),
    Panel("orders-finance", T("For finance", "财务事项"), Permission.SETTLE, _board_of_finance, roles=(Role.FINANCE,)),
]
