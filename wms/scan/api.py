"""The same screens as JSON: `GET` shows the current one, `POST` answers it."""

from __future__ import annotations

from typing import Any

from flask import request
from pydantic import BaseModel, ConfigDict, Field

from wms.actor import Permission
from wms.auth.current import actor
from wms.scan.views import engine
from wms.web.api import Answer, Api
from wms.web.described import described

api = Api("scan")


class ScanIn(BaseModel):
    """One scan. Any text may be scanned; what cannot be read is refused on the screen."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra=described)

    scan: str = Field(max_length=1_000_000)
    """The text as the scanner sends it, GS (U+001D) included."""
    version: int = Field(ge=0)
    """The version of the screen that this answers."""
    key: str | None = None
    """Made by the client for each intention; the Idempotency-Key header may carry it instead."""


class FactOut(Answer):
    """One line of the block of facts."""

    label: str
    value: str
    """What stands beside the label."""
    detail: str | None
    """A smaller line below; null: none."""
    strong: bool
    """Whether it is drawn large."""


class ProgressOut(Answer):
    """n of m."""

    done: int
    """So many are done."""
    of: int
    """So many there are."""


class MessageOut(Answer):
    """What happened, and what to do."""

    tone: str
    """calm, good, ask or stop"""
    text: str
    """What happened, in one sentence; empty: nothing yet."""
    detail: str | None
    """What to do next; null: nothing more to say."""
    code: str | None
    """Stable code of the refusal; null: it is none."""


class ActionOut(Answer):
    """A text that may be scanned or tapped."""

    scan: str
    """What to send as `scan`."""
    label: str


class PrintedOut(Answer):
    """A paper or label that the scan made."""

    kind: str
    """Which paper or label."""
    number: str
    """What it was printed of."""
    href: str
    label: str
    printer: str | None = None
    """The printer it is queued at; null where it stays a link to open."""
    job: int | None = None
    """The print job."""


class ScreenOut(Answer):
    """One scanner screen."""

    flow: str
    """Which flow, as in its address."""
    step: str
    """Which step of it; stable."""
    version: int
    """Goes back with the next scan; an older one is answered with the current screen."""
    title: str
    """Above the screen."""
    document: str | None
    """Number of what is worked on; null: nothing is begun."""
    prompt: str
    """What to do now, in one sentence."""
    prompt_verb: str
    """The prompt without its object."""
    target: str | None
    """The object of the prompt, drawn large; null: it has none."""
    accepts: list[str]
    """What may be scanned: kinds of codes."""
    expected: str | None
    """The very text a directed step waits for; null: the worker decides, or must not know."""
    placeholder: str
    """Shown in the empty field."""
    facts: list[FactOut]
    """What to know beside the prompt."""
    progress: ProgressOut | None
    """How much of the work is done; null: that is not known."""
    message: MessageOut
    """What came of the scan before."""
    actions: list[ActionOut]
    """What may be tapped instead of scanned."""
    printed: list[PrintedOut]
    """What the scan before printed."""
    map: str | None = None
    """Where a drawing of the way is, on steps that have one."""


@api.get("/scan/<flow>", Permission.IN_HOUSE, answer=ScreenOut)
def show(flow: str) -> ScreenOut:
    """The current screen of a flow."""
    return _shown(engine().show(flow, by=actor()))


@api.post("/scan/<flow>", Permission.IN_HOUSE, body=ScanIn, answer=ScreenOut, own_transaction=True, conflict=True)
def take(flow: str, body: ScanIn) -> tuple[ScreenOut, int]:
    """Answers the current screen with one scan.

    A refused scan answers 200 with tone `stop` and a code. An answer to an older version does nothing and gets 409 with the current screen.
    """
    key = body.key if body.key is not None else request.headers.get("Idempotency-Key", "")
    answer = engine().take(flow, body.scan, version=body.version, key=key, by=actor())
    return _shown(answer.screen), answer.status


def _shown(screen: dict[str, Any]) -> ScreenOut:
    return ScreenOut.model_validate(screen)
