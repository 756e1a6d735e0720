"""The queue of work over the API."""

from __future__ import annotations

import datetime as dt

from wms.actor import Permission
from wms.auth.current import actor
from wms.tasks import queries
from wms.tasks.models import TaskKind, TaskStatus
from wms.web.api import Answer, Api, Code, Items, Paging, page

api = Api("tasks")


class TasksQuery(Paging):
    """Which tasks."""

    status: TaskStatus | None = None
    kind: TaskKind | None = None
    person: Code | None = None


class TaskOut(Answer):
    """A unit of human work."""

    id: int
    kind: TaskKind
    status: TaskStatus
    priority: int
    due_at: dt.datetime | None
    document: str | None
    order: str | None
    sku: str | None
    handling_unit: str | None
    quantity: int | None
    source: str | None
    target: str | None
    person: str | None
    reasons: list[str]


@api.get("/tasks", Permission.SEE_TASKS, query=TasksQuery, answer=Items[TaskOut])
def get_tasks(query: TasksQuery) -> Items[TaskOut]:
    """Work, in the order it was offered."""
    who = actor()
    found = queries.tasks_after(
        by=who,
        language=who.language,
        after=query.after,
        limit=query.limit + 1,
        status=query.status.value if query.status else None,
        kind=query.kind,
        person=query.person,
    )
    return page(found, query, by_id=lambda view: view.id, show=lambda view: TaskOut.model_validate(view, from_attributes=True))
