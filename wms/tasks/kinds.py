"""Which flow of the handheld does which kind of work, and who may do it."""

from __future__ import annotations

from wms.actor import Actor, Permission
from wms.tasks.models import TaskKind

WORK: dict[str, tuple[str, Permission]] = {
    TaskKind.PICK: ("pick", Permission.PICK),
    TaskKind.SORT: ("sort", Permission.SORT),
    TaskKind.REPLENISH: ("replenish", Permission.REPLENISH),
    TaskKind.PUTAWAY: ("putaway", Permission.PUT_AWAY),
    TaskKind.INSPECT: ("inspect", Permission.INSPECT),
    TaskKind.PUT_BACK: ("putaway", Permission.PUT_AWAY),
    TaskKind.PACK: ("pack", Permission.PACK),
    TaskKind.LOAD: ("load", Permission.LOAD),
    TaskKind.COUNT: ("count", Permission.COUNT),
}


def kinds_of(by: Actor) -> list[TaskKind]:
    """The kinds of work that this person's roles allow."""
    return [TaskKind(kind) for kind, (_, permission) in WORK.items() if by.may(permission)]
