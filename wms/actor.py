"""Who acts: the person (or API token, which is a person too) that an operation is told as `by=`."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from wms.i18n import Language, T, Text


class Role(enum.StrEnum):
    """What a person does in the warehouse."""

    RECEIVER = "receiver"
    PICKER = "picker"
    PACKER = "packer"
    DISPATCHER = "dispatcher"
    DRIVER = "driver"
    GATE = "gate"
    COUNTER = "counter"
    SUPERVISOR = "supervisor"
    MANAGER = "manager"
    SALES = "sales"
    FINANCE = "finance"
    ADMIN = "admin"

    @property
    def text(self) -> Text:
        """The role in words."""
        return _ROLE_WORDS[self]


_ROLE_WORDS = {
    Role.RECEIVER: T("Receiver", "收货员"),
    Role.PICKER: T("Picker", "拣货员"),
    Role.PACKER: T("Packer", "复核打包员"),
    Role.DISPATCHER: T("Dispatcher", "发运调度"),
    Role.DRIVER: T("Driver", "司机"),
    Role.GATE: T("Gate guard", "门卫"),
    Role.COUNTER: T("Counter", "盘点员"),
    Role.SUPERVISOR: T("Supervisor", "主管"),
    Role.MANAGER: T("Manager", "经理"),
    Role.SALES: T("Sales", "销售"),
    Role.FINANCE: T("Finance", "财务"),
    Role.ADMIN: T("Administrator", "管理员"),
}


class Permission(enum.StrEnum):
    """One thing a person may do; every route and every flow declares the one it needs."""

    SIGNED_IN = "signed_in"  # whoever is signed in
    IN_HOUSE = "in_house"  # whoever works in the house: scanners, printers, the names of goods and places
    RECEIVE = "receive"
    PUT_AWAY = "put_away"
    INSPECT = "inspect"
    DECIDE = "decide"  # what becomes of goods that are not good, and how a difference ends; accepting with concession
    PICK = "pick"
    SORT = "sort"
    REPLENISH = "replenish"
    PACK = "pack"
    STAGE = "stage"  # packed goods to where they wait for their truck
    LOAD = "load"
    GATE = "gate"
    COUNT = "count"
    MOVE_STOCK = "move_stock"
    RETURN_GOODS = "return_goods"
    ADJUST_STOCK = "adjust_stock"
    SEE_STOCK = "see_stock"
    SEE_BOOK = "see_book"  # the book quantity of a count
    PLAN_WORK = "plan_work"  # waves, loads, counts, task order
    APPROVE_COUNT = "approve_count"
    APPROVE_ANY_COUNT = "approve_any_count"  # whatever its differences are worth
    ANNOUNCE = "announce"  # inbound orders and dock appointments
    MEET_TRUCKS = "meet_trucks"  # who came, when it was unloaded and when it left
    SEE_ORDERS = "see_orders"
    ENTER_ORDERS = "enter_orders"  # create, hold, cancel
    RELEASE_ORDERS = "release_orders"
    SETTLE = "settle"  # settle, lift credit holds, close
    SIGN_OFF = "sign_off"  # what they drive themselves
    SIGN_OFF_ANY = "sign_off_any"  # whoever drives it
    MASTER_DATA = "master_data"
    BRING_FILES = "bring_files"  # of what they may enter by hand
    SEE_TASKS = "see_tasks"
    MANAGE_PEOPLE = "manage_people"
    MANAGE_PRINTERS = "manage_printers"
    MANAGE_WEBHOOKS = "manage_webhooks"

    @property
    def text(self) -> Text:
        """The permission in words."""
        return _PERMISSION_WORDS[self]


_PERMISSION_WORDS = {
    Permission.SIGNED_IN: T("be signed in", "登录"),
    Permission.IN_HOUSE: T("work in the house", "在仓库内作业"),
    Permission.RECEIVE: T("receive goods", "收货"),
    Permission.PUT_AWAY: T("put away", "上架"),
    Permission.INSPECT: T("inspect goods", "检验"),
    Permission.DECIDE: T("decide about differences", "处理差异"),
    Permission.PICK: T("pick", "拣货"),
    Permission.SORT: T("sort what was picked together", "分播"),
    Permission.REPLENISH: T("replenish", "补货"),
    Permission.PACK: T("pack", "打包"),
    Permission.STAGE: T("bring packed goods to the truck", "送货集货"),
    Permission.LOAD: T("load", "装车"),
    Permission.GATE: T("let trucks out", "放行出门"),
    Permission.COUNT: T("count", "盘点"),
    Permission.MOVE_STOCK: T("move stock", "移库"),
    Permission.RETURN_GOODS: T("take returns in", "办理退货"),
    Permission.ADJUST_STOCK: T("adjust stock", "调整库存"),
    Permission.SEE_STOCK: T("see stock", "查看库存"),
    Permission.SEE_BOOK: T("see book quantities", "查看账面数"),
    Permission.PLAN_WORK: T("plan work", "安排作业"),
    Permission.APPROVE_COUNT: T("approve counts", "审批盘点"),
    Permission.APPROVE_ANY_COUNT: T("approve counts of any value", "审批任意金额的盘点"),
    Permission.ANNOUNCE: T("announce deliveries", "录入到货通知"),
    Permission.MEET_TRUCKS: T("register arriving vehicles", "登记到货车辆"),
    Permission.SEE_ORDERS: T("see orders", "查看订单"),
    Permission.ENTER_ORDERS: T("enter orders", "录入订单"),
    Permission.RELEASE_ORDERS: T("release orders", "放行订单"),
    Permission.SETTLE: T("settle orders", "结算"),
    Permission.SIGN_OFF: T("sign deliveries off", "登记签收"),
    Permission.SIGN_OFF_ANY: T("sign off what others drive", "登记他人车辆的签收"),
    Permission.MASTER_DATA: T("change master data", "维护基础资料"),
    Permission.BRING_FILES: T("import files", "导入文件"),
    Permission.SEE_TASKS: T("see tasks", "查看任务"),
    Permission.MANAGE_PEOPLE: T("manage people and devices", "管理人员与设备"),
    Permission.MANAGE_PRINTERS: T("manage printers", "管理打印机"),
    Permission.MANAGE_WEBHOOKS: T("manage webhooks", "管理推送"),
}


_P = Permission
_STAFF = {_P.SIGNED_IN, _P.IN_HOUSE}
_FLOOR = {*_STAFF, _P.SEE_STOCK, _P.SEE_TASKS}
PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.RECEIVER: frozenset({*_FLOOR, _P.RECEIVE, _P.PUT_AWAY, _P.INSPECT, _P.MOVE_STOCK, _P.RETURN_GOODS, _P.MEET_TRUCKS}),
    Role.PICKER: frozenset({*_FLOOR, _P.PICK, _P.SORT, _P.REPLENISH, _P.PUT_AWAY, _P.MOVE_STOCK}),
    Role.PACKER: frozenset({*_FLOOR, _P.SORT, _P.PACK, _P.STAGE, _P.BRING_FILES}),
    Role.DISPATCHER: frozenset({*_FLOOR, _P.LOAD, _P.STAGE, _P.SEE_ORDERS, _P.PLAN_WORK, _P.SIGN_OFF, _P.SIGN_OFF_ANY, _P.MEET_TRUCKS}),
    Role.DRIVER: frozenset({_P.SIGNED_IN, _P.SIGN_OFF}),
    Role.GATE: frozenset({*_STAFF, _P.GATE, _P.MEET_TRUCKS}),
    Role.COUNTER: frozenset({*_STAFF, _P.SEE_TASKS, _P.COUNT}),
    Role.SUPERVISOR: frozenset(
        set(Permission) - {_P.APPROVE_ANY_COUNT, _P.SETTLE, _P.MANAGE_PEOPLE, _P.MANAGE_PRINTERS, _P.MANAGE_WEBHOOKS}
    ),
    Role.MANAGER: frozenset(set(Permission) - {_P.SETTLE, _P.MANAGE_PEOPLE, _P.MANAGE_PRINTERS, _P.MANAGE_WEBHOOKS}),
    Role.SALES: frozenset({*_STAFF, _P.SEE_ORDERS, _P.ENTER_ORDERS, _P.SEE_STOCK, _P.DECIDE, _P.BRING_FILES}),
    Role.FINANCE: frozenset({*_STAFF, _P.SEE_ORDERS, _P.SETTLE, _P.SIGN_OFF, _P.SIGN_OFF_ANY, _P.SEE_STOCK, _P.SEE_BOOK}),
    Role.ADMIN: frozenset(Permission),
}


LEADS = frozenset({Role.SUPERVISOR, Role.MANAGER, Role.ADMIN})
"""Who decides what others may not: a manager whatever a supervisor does, an administrator everything."""


@dataclass(frozen=True)
class Actor:
    """The acting person, read once per request."""

    id: int
    code: str
    name: str
    roles: frozenset[Role]
    site_id: int
    language: Language = "zh_CN"
    device_id: int | None = None
    """The enrolled device they work on; a desk and a token have none."""
    limits: frozenset[Permission] | None = None
    """What a token's scopes allow it at most, in this request; None: whatever its role does."""
    per_minute: int | None = None
    """How many requests a token may make, where that is not what the settings say."""

    def may(self, permission: Permission) -> bool:
        """Whether any of this person's roles carries the permission, and a token's scopes do not take it away."""
        return self.holds(permission) and (self.limits is None or permission in self.limits)

    def holds(self, permission: Permission) -> bool:
        """Whether any of this person's roles carries the permission, whatever a token is for."""
        return any(permission in PERMISSIONS[role] for role in self.roles)
