"""The engine: where a person stands in a flow, and what one scan makes of it.

The state is the newest row of the scan log. One scan is one unit: read that row, run the handler, insert the new row with the whole
answer, commit. Two unique constraints decide every race: one row per (person, flow, version), so of two answers to one screen one
acts; one row per (person, key), so an intention acts once and is answered the same for ever. A refusal rolls the unit back and is
then written by itself, as the next version of the same step.
"""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from flask import current_app
from sqlalchemy import bindparam
from sqlalchemy.exc import IntegrityError

from wms import clock
from wms.actor import Actor
from wms.beforehand import prepared
from wms.db import fold, session, table_of, transaction
from wms.errors import Conflict, Forbidden, Invalid, NotFound, WarehouseError
from wms.i18n import T
from wms.scan import recognise
from wms.scan.flow import Doubt, Flow, HandOver, Kind, Message, Passed, Scan, WrongScan
from wms.scan.models import ScanRow
from wms.scan.screens import Shown, rendered
from wms.scan.state import Intention, State
from wms.scan.transition import answered, asked_here, instead, kept_notes, offered, run

KEPT_FOR = dt.timedelta(days=30)
LONGEST_KEY = 120
ATTEMPTS = 3
OK, STALE = 200, 409
PASSED, TAKEN = "handed_over", "taken_already"
# Not meant for the step at all. What a rule of the house refuses stays refused, however often it is scanned.
_DOES_NOT_FIT = (recognise.NotRecognised, recognise.WrongKind, recognise.LabelLacks, WrongScan)


class FlowUnknown(NotFound):
    """There is no such work."""

    code = "flow_unknown"
    sentence = T("There is no scanner work called {flow}", "没有此扫描作业：{flow}")


class FlowForbidden(Forbidden):
    """The person's roles do not carry the flow's permission."""

    code = "not_permitted"
    sentence = T("Your role may not do this work: {title}", "您的角色不能进行此作业：{title}")


class KeyReused(Invalid):
    """The key belongs to another intention."""

    code = "key_reused"
    sentence = T("This key was used for another scan", "此 key 已用于另一次扫描")
    advice = T("Make a new key for each scan", "每次扫描请使用新的 key")


class KeyWrong(Invalid):
    """A scan needs a key of the client's own."""

    code = "key_wrong"
    sentence = T("A scan needs a key of 1 to {longest} printable characters", "扫描须带 1 至 {longest} 个可见字符的 key")
    advice = T("Make one key for each scan and send the same one when you send the scan again", "每次扫描生成一个 key，重发时使用同一个")


class Stumbled(Conflict):
    """The person's screen moved on while this was being decided, more often than anybody can scan."""

    code = "screen_busy"
    sentence = T("Two devices are scanning for you at once", "有两台设备正同时以您的名义扫描")


@dataclass(frozen=True)
class Answer:
    """What is answered: 200 with the next screen, or 409 with the current one."""

    status: int
    screen: dict[str, Any]


_ROWS = table_of(ScanRow)
_NEWEST = (
    sa.select(_ROWS.c.version, _ROWS.c.step, _ROWS.c.notes, _ROWS.c.at)
    .where(_ROWS.c.person_id == bindparam("person"), _ROWS.c.flow == bindparam("flow"))
    .order_by(_ROWS.c.version.desc())
    .limit(1)
)
_BY_KEY = sa.select(_ROWS.c.fingerprint, _ROWS.c.answer).where(_ROWS.c.person_id == bindparam("person"), _ROWS.c.key == bindparam("key"))
_INSERT = sa.insert(_ROWS).inline()


class Engine:
    """All flows of the application."""

    def __init__(self, flows: Iterable[Flow]) -> None:
        self.flows: dict[str, Flow] = {}
        for flow in flows:
            assert self.flows.setdefault(flow.check().name, flow) is flow, f"two flows are called {flow.name}"

    def flow(self, name: str, by: Actor) -> Flow:
        """The flow, if this person may work it. Raises FlowUnknown, FlowForbidden."""
        flow = self.flows.get(name)
        if flow is None:
            raise FlowUnknown(flow=name[:40])
        if not by.may(flow.needs):
            raise FlowForbidden(title=flow.title)
        return flow

    def allowed(self, by: Actor) -> list[Flow]:
        """The flows this person may work, as declared."""
        return [flow for flow in self.flows.values() if by.may(flow.needs)]

    def show(self, name: str, *, by: Actor) -> dict[str, Any]:
        """The current screen, in the person's language of this moment. Work that others have changed is shown as it is wanted now, and
        says so: whoever opens the screen again reads what they would hear by their next scan."""
        flow = self.flow(name, by)
        here = _newest(flow, by)
        if flow.look_again is not None and here.step != flow.first.name:
            try:
                flow.look_again({**here.notes, "at_step": here.step, "opened": True}, by)
            except WarehouseError as refusal:
                seen = Intention(flow, "", here.version, f"opened {name} at {here.version}", by, flows=tuple(self.flows.values()))
                return _as_it_is_now(seen, refusal)
        return rendered(flow, here, by.language)

    def take(self, name: str, scan: str, *, version: int, key: str, by: Actor) -> Answer:
        """One scan. Raises FlowUnknown, FlowForbidden, KeyWrong, KeyReused; every other refusal is a screen."""
        intention = Intention(self.flow(name, by), scan, version, key, by, flows=tuple(self.flows.values()))
        if not 1 <= len(key) <= LONGEST_KEY or not key.isprintable():
            raise KeyWrong(pointer="/key", longest=LONGEST_KEY)
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._act(intention)
            except WarehouseError as refusal:
                if isinstance(refusal, KeyReused):
                    raise
                refused = refusal
            except IntegrityError:
                lost = _lost(intention)
                if lost is not None:
                    return lost
                if attempt == ATTEMPTS:
                    raise
                continue  # two people made the same thing (a batch, a stock row) at once: now it is there
            try:
                return prepared(functools.partial(_refuse, intention, refused))
            except IntegrityError:
                lost = _lost(intention)
                if lost is not None:
                    return lost
        raise Stumbled

    # -- one scan --------------------------------------------------------------------------------------------------------

    def _act(self, intention: Intention) -> Answer:
        asked = _asked_outside(intention)
        return prepared(lambda: self._unit(intention, asked))

    def _unit(self, intention: Intention, asked: Any) -> Answer:
        with transaction():
            here = _newest(intention.flow, intention.by)
            if here.version != intention.version:
                return _known(intention) or _stale(intention, here)
            flow = intention.flow
            go = answered(replace(intention, device=asked), here)
            if isinstance(go, HandOver):
                flow, go = self._hand_over(intention, go)
            return _keep(intention, flow, replace(go, version=go.version + 1))

    def _hand_over(self, intention: Intention, over: HandOver) -> tuple[Flow, State]:
        flow = self.flow(over.flow, intention.by)
        here = _newest(flow, intention.by)
        onward = flow.commands.get(here.step, {}).get("NEXT")
        if here.step == flow.first.name and onward is not None:
            scan = Scan(Kind.COMMAND, "NEXT", "CMD:NEXT", intention.by, intention.handler_key)
            went = run(flow, onward.handler, onward.leads_to, here, scan)
            assert isinstance(went, State), f"{flow.name}: NEXT hands over again"
            if went.shown.said.text is None and over.say is not None:
                went = replace(went, shown=replace(went.shown, said=Message("calm", over.say, over.detail)))
            return flow, went
        return flow, replace(here, shown=Shown(Message("calm", over.say, over.detail)))


def _asked_outside(intention: Intention) -> Any:
    """What a device says to a command that asks one: nothing slow happens inside the transaction that follows."""
    if not any(one.outside for each in intention.flow.commands.values() for one in each.values()):
        return None
    name = recognise.command(recognise.cleaned(intention.text)) if intention.text.strip() else None
    if name is None:
        return None
    with transaction():
        here = _newest(intention.flow, intention.by)
        command = offered(intention.flow, here).get(name) if here.version == intention.version else None
    return command.outside(dict(here.notes)) if command is not None and command.outside is not None else None


# -- the log ------------------------------------------------------------------------------------------------------------


def _newest(flow: Flow, by: Actor) -> State:
    return _newest_of(flow, by.id, by.site_id)


def _newest_of(flow: Flow, person_id: int, site_id: int) -> State:
    row = session.connection().execute(_NEWEST, {"person": person_id, "flow": flow.name}).one_or_none()
    if row is None:
        return State(flow.first.name)
    kept: Mapping[str, Any] = row.notes
    if row.step not in flow.steps or kept.get("site") != site_id:
        # The step of an older version, or the work of another site: begin again, keep the count of versions.
        return State(flow.first.name, version=row.version)
    here = State(
        row.step,
        row.version,
        kept["notes"],
        tuple((one[0], one[1], one[2] if len(one) > 2 else None) for one in kept["trail"] if one[0] in flow.steps),
        kept["total"],
        kept["typed"],
        tuple(kept["asked"]) if kept["asked"] else None,
        Shown.read(kept["shown"]),
    )
    return _rested(flow, here) if row.at < clock.now() - dt.timedelta(hours=_forgets_after()) else here


def _forgets_after() -> int:
    return int(current_app.config["WMS"].forget_place_hours)


def _rested(flow: Flow, here: State) -> State:
    """After longer than a break somebody is asked anew where they work and print: it was another shift."""
    if not flow.keeps & here.notes.keys():
        return here
    said = Message("ask", T("A new shift: say again where you work", "新班次：请重新选择作业台位"), asked_here(flow, here))
    shown = Shown(said) if here.step == flow.first.name else here.shown
    return replace(here, notes={name: value for name, value in here.notes.items() if name not in flow.keeps}, shown=shown)


def _keep(intention: Intention, flow: Flow, state: State) -> Answer:
    """Writes the new state with its whole answer; the constraints say whether we were first."""
    screen = rendered(flow, state, intention.by.language)
    _write(intention, flow, state, screen, person_id=intention.by.id, key=intention.key)
    if state.passed is not None:
        _pass_on(intention, flow, state.passed)
    return Answer(OK, screen)


def _write(intention: Intention, flow: Flow, state: State, screen: dict[str, Any], *, person_id: int, key: str) -> None:
    session.connection().execute(
        _INSERT,
        {
            "person_id": person_id,
            "flow": flow.name,
            "version": state.version,
            "key": key,
            "fingerprint": intention.fingerprint,
            "scanned": recognise.kept(intention.text),
            "step": state.step,
            "notes": state.stored(intention.by.site_id),
            "answer": screen,
            "at": clock.now(),
        },
    )


def _pass_on(intention: Intention, flow: Flow, passed: Passed) -> None:
    """The work is on the colleague's screen too; whatever they scan at their old one tells them."""
    theirs = _newest_of(flow, passed.person_id, intention.by.site_id)
    said = Message("ask", passed.say, passed.detail, PASSED)
    state = State(passed.step, theirs.version + 1, dict(passed.notes), shown=Shown(said), total=passed.counted)
    screen = rendered(flow, state, passed.language or intention.by.language)
    key = hashlib.sha256(f"passed {intention.handler_key}".encode()).hexdigest()
    _write(intention, flow, state, screen, person_id=passed.person_id, key=key)


def _as_it_is_now(intention: Intention, refusal: WarehouseError) -> dict[str, Any]:
    """The screen of work that was changed meanwhile, one version on, where the flow goes on; opened by two at once it moves on once."""
    flow = intention.flow

    def move_on() -> dict[str, Any]:
        with transaction():
            here = _newest(flow, intention.by)
            onward = instead(intention, here, refusal) if here.version == intention.version else None
            if onward is None:
                return rendered(flow, here, intention.by.language)
            return _keep(intention, flow, replace(onward, version=here.version + 1)).screen

    try:
        return prepared(move_on)
    except IntegrityError:
        session.rollback()
        return rendered(flow, _newest(flow, intention.by), intention.by.language)


def _known(intention: Intention) -> Answer | None:
    """What this key was answered; raises KeyReused when it stood for another scan."""
    row = session.execute(_BY_KEY, {"person": intention.by.id, "key": intention.key}).one_or_none()
    if row is None:
        return None
    if row.fingerprint != intention.fingerprint:
        raise KeyReused(pointer="/key")
    return Answer(OK, row.answer)


_OLD_SCREEN = Message(
    "ask",
    T("The screen had changed; nothing was booked", "屏幕已更新，本次扫描未作处理"),
    T("Look here, then scan again", "请看当前屏幕后重新扫描"),
    "screen_old",
)


def _stale(intention: Intention, here: State) -> Answer:
    told = here.shown if here.shown.said.code == PASSED else Shown(_OLD_SCREEN)  # they have not seen yet that work came to them
    screen = rendered(intention.flow, replace(here, shown=told), intention.by.language)
    return Answer(STALE, screen)


def _lost(intention: Intention) -> Answer | None:
    """After a lost race: the key's answer, or the current screen; None when nobody else moved, so it was no race of ours."""
    session.rollback()
    known = _known(intention)
    if known is not None:
        return known
    here = _newest(intention.flow, intention.by)
    return _stale(intention, here) if here.version != intention.version else None


def _refuse(intention: Intention, refusal: WarehouseError) -> Answer:
    """The same step again, one version on, with what happened and what to do."""
    flow = intention.flow
    with transaction():
        here = _newest(flow, intention.by)
        if here.version != intention.version:
            return _known(intention) or _stale(intention, here)
        if _leaves_all_the_same(intention) and not isinstance(refusal, Doubt):
            said = Message("calm", T("You left the work", "已离开作业"), refusal.said, refusal.code)
            return _keep(intention, flow, State(flow.first.name, here.version + 1, kept_notes(flow, here.notes), shown=Shown(said)))
        onward = instead(intention, here, refusal)
        if onward is not None:
            return _keep(intention, flow, replace(onward, version=here.version + 1))
        if isinstance(refusal, _DOES_NOT_FIT) and _taken_before(intention, here):
            text = T("{scanned} is taken already", "{scanned} 已扫过", scanned=recognise.kept(recognise.cleaned(intention.text)))
            calm = Message("calm", text, asked_here(flow, here), TAKEN)
            return _keep(intention, flow, replace(here, version=here.version + 1, shown=Shown(calm, here.shown.printed)))
        lost = flow.steps[here.step].lost if isinstance(refusal, recognise.NotRecognised) else None
        asked_again = lost or asked_here(flow, here)
        advice = refusal.advised or asked_again
        tone = refusal.tone if isinstance(refusal, Doubt) else "stop"
        asked = (here.step, recognise.cleaned(intention.text)) if isinstance(refusal, Doubt) else None
        said = Message(tone, refusal.said, advice, refusal.code)
        return _keep(intention, flow, replace(here, version=here.version + 1, asked=asked, shown=Shown(said, here.shown.printed)))


def _taken_before(intention: Intention, here: State) -> bool:
    """Whether this very scan has just been taken, at the step before: it was made twice out of habit, and nothing is wrong."""
    rows = session.execute(
        sa.select(_ROWS.c.scanned, _ROWS.c.step)
        .where(_ROWS.c.person_id == intention.by.id, _ROWS.c.flow == intention.flow.name)
        .order_by(_ROWS.c.version.desc())
        .limit(2)
    ).all()
    if not rows or rows[0].step != here.step or here.shown.said.tone == "stop":
        return False
    before = rows[1].step if len(rows) > 1 else intention.flow.first.name
    again = here.shown.said.code == TAKEN  # a third time, or a fourth
    try:
        return (again or before != here.step) and fold(recognise.cleaned(intention.text)) == fold(recognise.cleaned(rows[0].scanned))
    except WarehouseError:
        return False  # nothing that could be taken


def _leaves_all_the_same(intention: Intention) -> bool:
    """Leaving always works: what the hook refuses is somebody else's by now. What it doubts is asked once."""
    return recognise.command(intention.text.strip()) == "CANCEL"


def forget_old(kept_for: dt.timedelta = KEPT_FOR) -> int:
    """Deletes answered scans that nobody will send again, but never a person's newest row of a flow. Returns how many."""
    newer = _ROWS.alias("newer")
    standing = sa.exists().where(newer.c.person_id == _ROWS.c.person_id, newer.c.flow == _ROWS.c.flow, newer.c.version > _ROWS.c.version)
    done = session.execute(sa.delete(_ROWS).where(_ROWS.c.at < clock.now() - kept_for, standing))
    return int(done.rowcount)  # type: ignore[attr-defined]
