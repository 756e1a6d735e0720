"""The next best work of any kind."""

from __future__ import annotations

from wms.actor import Actor, Permission
from wms.i18n import T
from wms.picking import picks, queries
from wms.scan.flow import Flow, Go, HandOver, Kind, Notes, Scan
from wms.tasks import queue
from wms.tasks.models import TaskKind

_WORK = {
    TaskKind.PICK: ("pick", Permission.PICK),
    TaskKind.REPLENISH: ("replenish", Permission.REPLENISH),
    TaskKind.PUTAWAY: ("putaway", Permission.PUT_AWAY),
    TaskKind.INSPECT: ("inspect", Permission.INSPECT),
    TaskKind.PUT_BACK: ("putaway", Permission.PUT_AWAY),
    TaskKind.PACK: ("pack", Permission.PACK),
    TaskKind.LOAD: ("load", Permission.LOAD),
    TaskKind.COUNT: ("count", Permission.COUNT),
}
work = Flow(
    "work",
    title=T("Next work", "下一个任务"),
    needs=Permission.SIGNED_IN,
    waiting=lambda by: queries.open_tasks(*_kinds(by), by=by) if _kinds(by) else None,
)


def _kinds(by: Actor) -> list[TaskKind]:
    return [kind for kind, (_, permission) in _WORK.items() if by.may(permission)]


@work.step(
    "start",
    ask=T("Get the next work", "领取下一个任务"),
    accepts=[Kind.COMMAND],
    expected=lambda _notes: "CMD:NEXT",
    target=lambda _notes: "",
)
def start(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    """Only NEXT answers this."""
    raise AssertionError("commands are handled below")


@work.command("start", "NEXT", label=T("Get work", "领取任务"))
def get_work(scan: Scan, notes: Notes) -> Go | HandOver:  # noqa: ARG001
    """The best task of any kind that this person may do: one's own first, then priority, due time, age."""
    task = queue.claim_next(_kinds(scan.by), by=scan.by)
    if task is None:
        raise picks.NoWork
    return HandOver(_WORK[TaskKind(task.kind)][0])
