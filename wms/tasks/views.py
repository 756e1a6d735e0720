"""All work at the desk: what waits, who has it, and why it is there."""

from __future__ import annotations

from dataclasses import replace

import sqlalchemy as sa
from flask import Blueprint
from flask.typing import ResponseReturnValue

from wms.actor import Permission
from wms.auth.current import actor
from wms.i18n import T
from wms.tasks import queries
from wms.tasks.models import Task, TaskKind, TaskStatus
from wms.web import access
from wms.web.access import allow
from wms.web.lists import Column, arg, export, page_of, rows_of, wants_export
from wms.web.navigation import OVERVIEW, Entry
from wms.web.render import render

blueprint = Blueprint("tasks", __name__)
navigation = [Entry(OVERVIEW, T("Tasks", "任务"), "tasks.index", Permission.SEE_TASKS, count=queries.open_tasks)]
_SORTS = {
    "id": Task.id,
    "priority": (Task.priority, Task.id),
    "due": sa.func.coalesce(sa.cast(Task.due_at, sa.String), "9"),
    "kind": (Task.kind, Task.id),
}


@blueprint.get("/tasks")
@allow(Permission.SEE_TASKS)
def index() -> ResponseReturnValue:
    """Every piece of work, the most urgent first; without a status, what is not over."""
    kind = arg("kind")
    statement = queries.statement(
        by=actor(),
        status=arg("status") or "live",
        kind=TaskKind(kind) if kind in set(TaskKind) else None,
        person=arg("person"),
        q=arg("q"),
    )
    if wants_export():
        return export("tasks", _COLUMNS, queries.views(list(rows_of(statement, _SORTS, "-priority")), access.language()))
    page = page_of(statement, _SORTS, "-priority")
    page = replace(page, items=queries.views(page.items, access.language()))
    return render("tasks/index", page=page, kinds=list(TaskKind), statuses=list(TaskStatus))


_COLUMNS = [
    Column(T("Task", "任务"), lambda row: row.id),
    Column(T("Kind", "类型"), lambda row: row.kind.text),
    Column(T("Status", "状态"), lambda row: row.status.text),
    Column(T("Document", "单据"), lambda row: row.document),
    Column(T("Order", "订单"), lambda row: row.order),
    Column(T("Product", "商品"), lambda row: row.sku),
    Column(T("Quantity", "数量"), lambda row: row.quantity),
    Column(T("From", "来源"), lambda row: row.source),
    Column(T("To", "目标"), lambda row: row.target),
    Column(T("Person", "人员"), lambda row: row.person_name),
    Column(T("Priority", "优先级"), lambda row: row.priority),
    Column(T("Due", "承诺"), lambda row: row.due_at),
    Column(T("Why", "原因"), lambda row: "; ".join(row.reasons)),
]
