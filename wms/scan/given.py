"""Why somebody is given the work they are given, said on the screen it begins with: the same words in every flow."""

from __future__ import annotations

from dataclasses import replace

from wms.i18n import T
from wms.scan.flow import Go
from wms.tasks.models import Task
from wms.tasks.queries import why_given

GIVEN_BACK = T("The work is back in the queue: anybody may take it", "任务已退回队列，任何人可领取")


def because(task: Task, went: Go) -> Go:
    """The screen of work that NEXT gave out, with why it was the best there is; what the screen says itself goes before."""
    if went.say is not None:
        return went
    say, detail = why_given(task)
    return replace(went, say=say, detail=detail, tone="calm")
