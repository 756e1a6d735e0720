"""Scopes: what a token may do at most, within its role. A shop that sends orders need not be able to change stock.

A token without scopes may do what its role may. One with scopes may do what its role may and one of them names; `read` lets it read
whatever its role may see, and change nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from wms.actor import Permission
from wms.i18n import T, Worded

P = Permission


class Scope(Worded):
    """A part of the house that a token is for."""

    READ = "read", T("Read everything its role may see", "只读：角色可见的全部内容")
    ORDERS = "orders", T("Orders: enter, change, release, settle, sign off", "订单：录入、修改、放行、结算、签收")
    CATALOGUE = "catalogue", T("Products, partners, locations and other master data", "商品、往来单位、库位等基础资料")
    INBOUND = "inbound", T("Inbound orders, arrivals, differences", "到货通知、到货车辆、差异")
    STOCK = "stock", T("Stock: read, move, adjust", "库存：查询、移库、调整")
    FLOOR = "floor", T("Scanner flows, tasks, waves, loads, counts, printing", "扫描作业、任务、波次、装车、盘点、打印")
    WEBHOOKS = "webhooks", T("Webhooks", "事件推送")


ALLOWS: dict[Scope, frozenset[Permission]] = {
    Scope.READ: frozenset(),
    Scope.ORDERS: frozenset({P.SEE_ORDERS, P.ENTER_ORDERS, P.RELEASE_ORDERS, P.SETTLE, P.SIGN_OFF, P.SIGN_OFF_ANY, P.BRING_FILES}),
    Scope.CATALOGUE: frozenset({P.MASTER_DATA, P.BRING_FILES}),
    Scope.INBOUND: frozenset({P.ANNOUNCE, P.MEET_TRUCKS, P.DECIDE}),
    Scope.STOCK: frozenset({P.SEE_STOCK, P.MOVE_STOCK, P.ADJUST_STOCK}),
    Scope.FLOOR: frozenset(
        {P.SIGNED_IN, P.IN_HOUSE, P.SEE_STOCK, P.SEE_TASKS, P.RECEIVE, P.PUT_AWAY, P.INSPECT, P.PICK, P.SORT, P.REPLENISH, P.PACK}
        | {P.LOAD, P.GATE, P.STAGE, P.COUNT, P.MOVE_STOCK, P.RETURN_GOODS, P.PLAN_WORK, P.SEE_BOOK, P.APPROVE_COUNT}
    ),
    Scope.WEBHOOKS: frozenset({P.MANAGE_WEBHOOKS}),
}


def limits(scopes: Iterable[Scope], *, reading: bool) -> frozenset[Permission] | None:
    """What these scopes allow a request, which only reads or not; None: whatever the role does."""
    held = frozenset(scopes)
    if not held or (reading and Scope.READ in held):
        return None
    named = frozenset().union(*(ALLOWS[scope] for scope in held))
    return named | {P.SIGNED_IN, P.IN_HOUSE} if reading else named
