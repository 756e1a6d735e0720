"""All work at the desk: what waits, who has it and why, who stands where; a supervisor gives it to others and says what is urgent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any

import sqlalchemy as sa
from flask import Blueprint, current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from wms.actor import Permission
from wms.auth.current import actor
from wms.db import transaction
from wms.i18n import T, Text
from wms.orders import timeline
from wms.tasks import board, queries, supervising, workers
from wms.tasks.models import LIVE, Task, TaskKind, TaskStatus
from wms.web import access
from wms.web.access import allow
from wms.web.api import LARGEST, Code, Label
from wms.web.forms import Form, first_time, read, said, sentence
from wms.web.lists import Column, arg, export, page_of, rows_of, wants_export
from wms.web.navigation import OVERVIEW, Entry
from wms.web.render import render, say
from wms.web.typed import REFUSALS

blueprint = Blueprint("tasks", __name__)
navigation = [
    Entry(OVERVIEW, T("Tasks", "任务"), "tasks.index", Permission.SEE_TASKS, count=queries.live_tasks),
    Entry(OVERVIEW, T("Workers", "作业人员"), "tasks.worker_list", Permission.PLAN_WORK),
]
timeline.teach_facts("work", {kind.value: kind.text for kind in TaskKind})
timeline.teach("task.given", T("Given to {person}", "指派给 {person}"))
timeline.teach("task.opened", T("Open for everybody again", "重新开放领取"))
timeline.teach("task.handed_over", T("Handed over to {person}", "移交给 {person}"))
timeline.teach("task.urgency", T("Priority {before} → {after}", "优先级 {before} → {after}"), "ask")
timeline.teach("order.work_given", T("{work} {document} given to {person}", "{work} {document} 指派给 {person}"))
timeline.teach("order.work_opened", T("{work} {document} open for everybody again", "{work} {document} 重新开放领取"))
timeline.teach("order.work_handed_over", T("{work} {document} handed over to {person}", "{work} {document} 移交给 {person}"))
timeline.teach(
    "order.work_urgency", T("{work} {document}: priority {before} → {after}", "{work} {document} 优先级 {before} → {after}"), "ask"
)
_SORTS: dict[str, Any] = {
    "id": Task.id,
    "priority": (Task.priority, Task.id),
    "due": sa.func.coalesce(sa.cast(Task.due_at, sa.String), "9"),
    "kind": (Task.kind, Task.id),
    "age": (Task.created_at, Task.id),
}


@blueprint.get("/tasks")
@allow(Permission.SEE_TASKS)
def index() -> ResponseReturnValue:
    """Every piece of work, in the line in which it is given; without a status, what is not over."""
    kind, which = arg("kind"), arg("which")
    statement = queries.statement(
        by=actor(),
        status=arg("status") or "live",
        kind=TaskKind(kind) if kind in set(TaskKind) else None,
        person=arg("person"),
        q=arg("q"),
        which=queries.Which(which) if which in set(queries.Which) else None,
    )
    sorts = {**_SORTS, "line": queries.line()}
    if wants_export():
        return export("tasks", _COLUMNS, queries.views(list(rows_of(statement, sorts, "line")), access.language(), by=actor()))
    page = page_of(statement, sorts, "line")
    page = replace(page, items=queries.views(page.items, access.language(), by=actor()))
    return render(
        "tasks/index",
        page=page,
        kinds=list(TaskKind),
        statuses=list(TaskStatus),
        waiting=board.waiting(by=actor()),
        which=list(queries.Which),
        assigning=_assigning(page.items),
        people_options=_people_options,
    )


def _people_options(people: list[board.Candidate], nobody: str) -> list[tuple[str, str]]:
    """The people of a drop-down, each with what they are busy with."""
    return [("", nobody), *((one.code, _with_work(one)) for one in people)]


def _with_work(one: board.Candidate) -> str:
    if not one.in_hand:
        return say(T("{name} · free", "{name} · 空闲"), name=one.name)
    first, more = one.in_hand[0], len(one.in_hand) - 1
    busy = T("{name} · {work} {document}", "{name} · {work} {document}")
    if more:
        busy = T("{name} · {work} {document} and {more} more", "{name} · {work} {document} 等 {all} 项")
    facts = {"work": first.task, "document": first.document or first.task_id, "more": more, "all": more + 1}
    return say(busy, name=one.name, **facts)


def _assigning(tasks: Sequence[queries.TaskView]) -> dict[str, Any] | None:
    """What it takes to give several pieces of work to somebody at once, where that is asked for; the page stands still meanwhile."""
    by = actor()
    if arg("assign") != "yes" or not by.may(Permission.PLAN_WORK):
        return None
    kinds = {task.kind for task in tasks}
    return {"people": board.people_for(*kinds, by=by) if kinds else [], "open": (TaskStatus.OPEN, TaskStatus.CLAIMED)}


@blueprint.get("/tasks/<int:number>")
@allow(Permission.SEE_TASKS)
def one(number: int) -> ResponseReturnValue:
    """One piece of work: why there is it, who has it and why they."""
    by = actor()
    task = queries.one(number, by=by, language=access.language())
    changes = task.status in LIVE and by.may(Permission.PLAN_WORK)
    happened = timeline.timelines("task", [number], access.language()).get(number, [])
    people = board.people_for(task.kind, by=by) if changes else []
    return render("tasks/one", task=task, events=happened, people=people, people_options=_people_options)


class AssignManyForm(Form):
    """What goes to whom."""

    tasks: list[Annotated[int, Field(ge=1, le=LARGEST)]] = Field(default_factory=list, max_length=200)
    person: Code | None = None


_NOT_GIVEN = T("Task {number}: {why}", "任务 {number}：{why}")


@blueprint.post("/tasks/assign")
@allow(Permission.PLAN_WORK)
def assign_many() -> ResponseReturnValue:
    """Gives several pieces of work to somebody; what they may not be given is said."""
    form, errors = read(AssignManyForm)
    if form is None or not form.tasks or form.person is None:
        wrong = next(iter(errors.values()), None) or say(T("Tick the work and choose a person", "请勾选任务并选择人员"))
        flash(wrong, "stop")
        return redirect(request.referrer or url_for("tasks.index", assign="yes"))
    try:
        with transaction():
            if first_time(by=actor()):
                done = supervising.assign_all(form.tasks, form.person, by=actor())
                if done.given:
                    told = T("{n} {n:task/tasks} given to {person}", "已指派给{person} {n} 项任务", n=len(done.given), person=done.person)
                    flash(say(told), "good")
                for number, refusal in done.refused[:5]:
                    flash(say(_NOT_GIVEN, number=number, why=refusal.say(access.language())), "ask")
    except REFUSALS as refusal:
        said(refusal)
    return redirect(url_for("tasks.index"))


class AssignForm(Form):
    """To whom it goes."""

    person: Code | None = None


class PriorityForm(Form):
    """How urgent it is."""

    priority: Annotated[int, Field(ge=0, le=9)]


@blueprint.post("/tasks/<int:number>/assign")
@allow(Permission.PLAN_WORK)
def assign(number: int) -> ResponseReturnValue:
    """Gives it to somebody, or opens it for everybody again."""
    form, errors = read(AssignForm)
    if form is None:
        flash(next(iter(errors.values())), "stop")
        return redirect(url_for("tasks.one", number=number))
    try:
        with transaction():
            if not first_time(by=actor()):
                pass
            elif form.person is None:
                supervising.take_back(number, by=actor())
                flash(say(T("Everybody may take it", "已开放领取")), "good")
            else:
                given = supervising.person_here(form.person, by=actor())
                supervising.assign(number, form.person, by=actor())
                flash(say(T("Given to {person}; it is the next they get", "已指派给{person}，为其下一个任务", person=given.name)), "good")
    except REFUSALS as refusal:
        said(refusal)
    return redirect(url_for("tasks.one", number=number))


@blueprint.post("/tasks/<int:number>/priority")
@allow(Permission.PLAN_WORK)
def prioritise(number: int) -> ResponseReturnValue:
    """Changes how urgent it is."""
    form, errors = read(PriorityForm)
    if form is None:
        flash(next(iter(errors.values())), "stop")
        return redirect(url_for("tasks.one", number=number))
    try:
        with transaction():
            supervising.prioritise(number, form.priority, by=actor())
        flash(say(T("Priority {priority}", "优先级 {priority}"), priority=form.priority), "good")
    except REFUSALS as refusal:
        said(refusal)
    return redirect(url_for("tasks.one", number=number))


# -- who does it ---------------------------------------------------------------------------------------------------------------


@blueprint.get("/workers")
@allow(Permission.PLAN_WORK)
def worker_list() -> ResponseReturnValue:
    """Who stands where, what they drive and have begun; and what nobody at work can do."""
    by = actor()
    return render("tasks/workers", workers=board.workers(by=by), beyond=board.beyond_everybody(by=by), flows=_flows())


def _flows() -> dict[str, Text]:
    """What the flows of the handhelds are called."""
    return {name: flow.title for name, flow in current_app.extensions["wms_scan"].flows.items()}


class WorkerForm(Form):
    """What somebody drives, and where they work."""

    equipment: list[Label] = Field(default_factory=list)
    zones: list[Label] = Field(default_factory=list)


@blueprint.get("/workers/<path:code>")
@allow(Permission.PLAN_WORK)
def worker(code: str) -> ResponseReturnValue:
    """The form for somebody's equipment and zones."""
    return _worker(code, {})


@blueprint.post("/workers/<path:code>")
@allow(Permission.PLAN_WORK)
def choose(code: str) -> ResponseReturnValue:
    """Says what somebody drives, and where they work."""
    by = actor()
    form, errors = read(WorkerForm)
    if form is None:
        return _worker(code, errors), 422
    try:
        with transaction():
            person = supervising.person_here(code, by=by)
            workers.choose(person.id, by.site_id, equipment=form.equipment, zones=form.zones)
            flash(say(T("Saved", "已保存")), "good")
    except (workers.EquipmentUnknown, workers.ZoneUnknown) as refusal:
        return _worker(code, {"": sentence(refusal)}), 422
    return redirect(url_for("tasks.worker_list"))


def _worker(code: str, errors: dict[str, str]) -> str:
    by = actor()
    person = supervising.person_here(code, by=by)
    found = next(iter(board.workers(by=by, person_id=person.id)), None)
    typed = request.method == "POST"
    return render(
        "tasks/worker",
        worker=person,
        seen=found,
        errors=errors,
        equipment=workers.equipment_of(by.site_id),
        zones=workers.zones_of(by.site_id),
        driven=request.form.getlist("equipment") if typed else found.equipment if found else [],
        worked=request.form.getlist("zones") if typed else found.zones if found else [],
    )


_COLUMNS = [
    Column(T("Task", "任务"), lambda row: row.id),
    Column(T("Kind", "类型"), lambda row: row.kind.text),
    Column(T("Status", "状态"), lambda row: row.words),
    Column(T("Document", "单据"), lambda row: row.document),
    Column(T("Order", "订单"), lambda row: row.order),
    Column(T("Product", "商品"), lambda row: row.sku),
    Column(T("Quantity", "数量"), lambda row: row.quantity),
    Column(T("From", "来源"), lambda row: row.source),
    Column(T("To", "目标"), lambda row: row.target),
    Column(T("Person", "人员"), lambda row: row.person_name),
    Column(T("Priority", "优先级"), lambda row: row.priority),
    Column(T("Due", "承诺时间"), lambda row: row.due_at),
    Column(T("Begin by", "应开始"), lambda row: T("at once", "立即") if row.at_once else row.wanted_at),
    Column(T("Since", "创建时间"), lambda row: row.created_at),
    Column(T("Zone", "库区"), lambda row: row.zone),
    Column(T("Equipment", "所需设备"), lambda row: row.equipment),
    Column(T("Why", "原因"), lambda row: "; ".join(row.reasons)),
    Column(T("Why this person", "派给此人的原因"), lambda row: "; ".join(row.given)),
]
