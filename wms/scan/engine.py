"""The engine: where a person stands in a flow, and what one scan makes of it.

The state is the newest row of the scan log. One scan is one unit: read that row, run the handler, insert the new row with the whole
answer, commit. Two unique constraints decide every race: one row per (person, flow, version), so of two answers to one screen one
acts; one row per (person, key), so an intention acts once and is answered the same for ever. A refusal rolls the unit back and is
then written by itself, as the next version of the same step.
"""

from __future__ import annotations

import copy
import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam
from sqlalchemy.exc import IntegrityError

from wms import clock
from wms.actor import Actor
from wms.db import fold, session, table_of, transaction
from wms.errors import Conflict, Forbidden, Invalid, NotFound, Refused, WarehouseError
from wms.i18n import T, Text
from wms.scan import recognise
from wms.scan.flow import Command, Doubt, Flow, Go, Handler, HandOver, Kind, Message, Notes, Passed, Scan, Step, WrongLot, WrongScan, noted
from wms.scan.models import ScanRow
from wms.scan.printing import queued
from wms.scan.recognise import Meant
from wms.scan.screens import BUILT_IN_WORDS, Shown, rendered
from wms.tasks import workers

KEPT_FOR = dt.timedelta(days=30)
LONGEST_KEY = 120
LARGEST_TOTAL = 999_999
ATTEMPTS = 3
OK, STALE = 200, 409
PASSED, TAKEN = "handed_over", "taken_already"
# Not meant for the step at all. What a rule of the house refuses stays refused, however often it is scanned.
_DOES_NOT_FIT = (recognise.NotRecognised, recognise.WrongKind, recognise.LabelLacks, WrongScan)
# What a label may fill in by itself, in this order.
_FILLS = (Kind.PRODUCT, Kind.LOT, Kind.SERIAL, Kind.EXPIRY, Kind.QUANTITY, Kind.WEIGHT)


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


class CommandUnknown(Refused):
    """This step does not take that command."""

    code = "command_not_here"
    sentence = T("{command} does nothing here", "此处不能使用 {command}")


class NothingBehind(Refused):
    """There is no step to go back to, or what was done there stands."""

    code = "nothing_to_go_back"
    sentence = T("There is no step to go back to", "没有可退回的步骤")
    advice = T("Finish the work, or leave it", "请完成作业，或离开作业")


class NothingCounted(Refused):
    """DONE before anything was counted."""

    code = "nothing_counted"
    sentence = T("Nothing is counted yet", "尚未清点")
    advice = T("Type the quantity or scan the pieces", "请输入数量或逐件扫描")


class ZeroCounted(Refused):
    """Zero where something must be there."""

    code = "quantity_zero"
    sentence = T("0 cannot be entered here", "此处数量不能为 0")
    advice = T("Type the quantity, or choose an action", "请输入数量，或选择其他操作")


class TooMany(Refused):
    """More than the step asks for."""

    code = "too_many"
    sentence = T("{total} is more than the {expected} asked for", "{total} 超过应取数量 {expected}")
    advice = T("Put the rest back; type {expected}", "多余的请放回，输入 {expected}")


class AnotherLot(WrongLot):
    """The label of another lot, while one is counted."""

    advice = T("Only lot {expected} is counted here; the other one comes after it", "此处只清点批号 {expected}，另一批号请随后处理")


class TotalTooLarge(Refused):
    """Beyond six digits."""

    code = "quantity_wrong"
    sentence = T("{total} is more than can be counted at once", "{total} 超出一次可清点的数量")
    advice = T("Count it in several parts", "请分次清点")


@dataclass(frozen=True)
class State:
    """Where a person stands: everything needed to go on, on any device."""

    step: str
    version: int = 0
    notes: Notes = field(default_factory=dict)
    trail: tuple[tuple[str, Notes, int | None], ...] = ()  # steps gone through, and what was counted there when a command left
    total: int | None = None
    typed: int | None = None
    asked: tuple[str, str] | None = None
    shown: Shown = field(default_factory=Shown)
    passed: Passed | None = None  # belongs to one answer: it is not stored

    def stored(self, site_id: int) -> dict[str, Any]:
        """As JSON, with the site where the work in hand is."""
        return {
            "notes": self.notes,
            "trail": [list(one) for one in self.trail],
            "total": self.total,
            "typed": self.typed,
            "asked": list(self.asked) if self.asked else None,
            "shown": self.shown.stored(),
            "site": site_id,
        }


@dataclass(frozen=True)
class Answer:
    """What is answered: 200 with the next screen, or 409 with the current one."""

    status: int
    screen: dict[str, Any]


_ROWS = table_of(ScanRow)
_NEWEST = (
    sa.select(_ROWS.c.version, _ROWS.c.step, _ROWS.c.notes)
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
        """The current screen, in the person's language of this moment."""
        flow = self.flow(name, by)
        return rendered(flow, _newest(flow, by), by.language)

    def take(self, name: str, scan: str, *, version: int, key: str, by: Actor) -> Answer:
        """One scan. Raises FlowUnknown, FlowForbidden, KeyWrong, KeyReused; every other refusal is a screen."""
        intention = _Intention(self.flow(name, by), scan, version, key, by, flows=tuple(self.flows.values()))
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
                return _refuse(intention, refused)
            except IntegrityError:
                lost = _lost(intention)
                if lost is not None:
                    return lost
        raise Stumbled

    # -- one scan --------------------------------------------------------------------------------------------------------

    def _act(self, intention: _Intention) -> Answer:
        asked = _asked_outside(intention)
        with transaction():
            here = _newest(intention.flow, intention.by)
            if here.version != intention.version:
                return _known(intention) or _stale(intention, here)
            flow = intention.flow
            go = self._answer(replace(intention, device=asked), here)
            if isinstance(go, HandOver):
                flow, go = self._hand_over(intention, go)
            return _keep(intention, flow, replace(go, version=go.version + 1))

    def _answer(self, intention: _Intention, here: State) -> State | HandOver:
        text = recognise.cleaned(intention.text)
        flow, step = intention.flow, intention.flow.steps[here.step]
        name = recognise.command(text)
        if name is not None:
            return _command(intention, here, name, text)
        scan = recognise.recognise(intention.meant(text, step, here))
        if step.counting:
            counted = _count(step, here, scan)
            if isinstance(counted, State):
                return counted
            scan = counted
        went = _run(flow, step.handler, step.leads_to, here, scan)
        if scan.kind is Kind.LOCATION and not step.known:
            workers.seen_at(scan.value, by=intention.by)
        return went if isinstance(went, HandOver) else _fill(intention, here, went, scan)

    def _hand_over(self, intention: _Intention, over: HandOver) -> tuple[Flow, State]:
        flow = self.flow(over.flow, intention.by)
        here = _newest(flow, intention.by)
        onward = flow.commands.get(here.step, {}).get("NEXT")
        if here.step == flow.first.name and onward is not None:
            scan = Scan(Kind.COMMAND, "NEXT", "CMD:NEXT", intention.by, intention.handler_key)
            went = _run(flow, onward.handler, onward.leads_to, here, scan)
            assert isinstance(went, State), f"{flow.name}: NEXT hands over again"
            if went.shown.said.text is None and over.say is not None:
                went = replace(went, shown=replace(went.shown, said=Message("calm", over.say, over.detail)))
            return flow, went
        return flow, replace(here, shown=Shown(Message("calm", over.say, over.detail)))


@dataclass(frozen=True)
class _Intention:
    """One scan on its way."""

    flow: Flow
    text: str
    version: int
    key: str
    by: Actor
    device: Any = None  # what a device said to the command, before the transaction
    flows: tuple[Flow, ...] = ()  # all there are: what they know of documents is no unknown code

    @property
    def fingerprint(self) -> str:
        """What the key stands for. The version is left out: the same intention may be sent again from a fresher screen."""
        return hashlib.sha256(f"{self.flow.name}\n{self.text}".encode("utf-8", "surrogatepass")).hexdigest()

    @property
    def handler_key(self) -> str:
        """The key for operations: unique over all people, with room for a suffix."""
        key = self.key if len(self.key) <= 64 and self.key.isprintable() else hashlib.sha256(self.key.encode()).hexdigest()[:40]
        return f"{self.by.id}:{key}"

    def meant(self, text: str, step: Step, here: State) -> Meant:
        """The cleaned text at this step."""
        document = noted(step.document or self.flow.document, here.notes)
        head = document if isinstance(document, str) else None
        papers = recognise.finders([self.flow]), recognise.finders(self.flows)
        return Meant(text, self.by, self.handler_key, here.asked == (step.name, text), step, dict(here.notes), head, *papers)


def _asked_outside(intention: _Intention) -> Any:
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
    return State(
        row.step,
        row.version,
        kept["notes"],
        tuple((one[0], one[1], one[2] if len(one) > 2 else None) for one in kept["trail"] if one[0] in flow.steps),
        kept["total"],
        kept["typed"],
        tuple(kept["asked"]) if kept["asked"] else None,
        Shown.read(kept["shown"]),
    )


def _keep(intention: _Intention, flow: Flow, state: State) -> Answer:
    """Writes the new state with its whole answer; the constraints say whether we were first."""
    screen = rendered(flow, state, intention.by.language)
    _write(intention, flow, state, screen, person_id=intention.by.id, key=intention.key)
    if state.passed is not None:
        _pass_on(intention, flow, state.passed)
    return Answer(OK, screen)


def _write(intention: _Intention, flow: Flow, state: State, screen: dict[str, Any], *, person_id: int, key: str) -> None:
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


def _pass_on(intention: _Intention, flow: Flow, passed: Passed) -> None:
    """The work is on the colleague's screen too; whatever they scan at their old one tells them."""
    theirs = _newest_of(flow, passed.person_id, intention.by.site_id)
    said = Message("ask", passed.say, passed.detail, PASSED)
    state = State(passed.step, theirs.version + 1, dict(passed.notes), shown=Shown(said), total=passed.counted)
    screen = rendered(flow, state, passed.language or intention.by.language)
    key = hashlib.sha256(f"passed {intention.handler_key}".encode()).hexdigest()
    _write(intention, flow, state, screen, person_id=passed.person_id, key=key)


def _known(intention: _Intention) -> Answer | None:
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


def _stale(intention: _Intention, here: State) -> Answer:
    told = here.shown if here.shown.said.code == PASSED else Shown(_OLD_SCREEN)  # they have not seen yet that work came to them
    screen = rendered(intention.flow, replace(here, shown=told), intention.by.language)
    return Answer(STALE, screen)


def _lost(intention: _Intention) -> Answer | None:
    """After a lost race: the key's answer, or the current screen; None when nobody else moved, so it was no race of ours."""
    session.rollback()
    known = _known(intention)
    if known is not None:
        return known
    here = _newest(intention.flow, intention.by)
    return _stale(intention, here) if here.version != intention.version else None


def _refuse(intention: _Intention, refusal: WarehouseError) -> Answer:
    """The same step again, one version on, with what happened and what to do."""
    flow = intention.flow
    with transaction():
        here = _newest(flow, intention.by)
        if here.version != intention.version:
            return _known(intention) or _stale(intention, here)
        if _leaves_all_the_same(intention) and not isinstance(refusal, Doubt):
            said = Message("calm", T("You left the work", "已离开作业"), _both(refusal), refusal.code)
            return _keep(intention, flow, State(flow.first.name, here.version + 1, _kept_notes(flow, here.notes), shown=Shown(said)))
        onward = _instead(intention, here, refusal)
        if onward is not None:
            return _keep(intention, flow, replace(onward, version=here.version + 1))
        if isinstance(refusal, _DOES_NOT_FIT) and _taken_before(intention, here):
            text = T("{scanned} is taken already", "{scanned} 已扫过", scanned=recognise.kept(recognise.cleaned(intention.text)))
            calm = Message("calm", text, flow_ask(flow, here), TAKEN)
            return _keep(intention, flow, replace(here, version=here.version + 1, shown=Shown(calm, here.shown.printed)))
        lost = flow.steps[here.step].lost if isinstance(refusal, recognise.NotRecognised) else None
        asked_again = lost or flow_ask(flow, here)
        advice = Text(refusal.advise("en") or "", refusal.advise("zh_CN") or "") if refusal.advise("en") else asked_again
        tone = refusal.tone if isinstance(refusal, Doubt) else "stop"
        asked = (here.step, recognise.cleaned(intention.text)) if isinstance(refusal, Doubt) else None
        said = Message(tone, _both(refusal), advice, refusal.code)
        return _keep(intention, flow, replace(here, version=here.version + 1, asked=asked, shown=Shown(said, here.shown.printed)))


def _taken_before(intention: _Intention, here: State) -> bool:
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


def _instead(intention: _Intention, here: State, refusal: WarehouseError) -> State | None:
    """Where the flow goes on after a refusal that leaves nothing to answer here; what was refused stays said, in red."""
    flow, moved_on = intention.flow, intention.flow.moved_on
    if moved_on is None or not isinstance(refusal, moved_on.refusals) or here.step == flow.first.name:
        return None
    scan = Scan(Kind.COMMAND, "", intention.text, intention.by, intention.handler_key)
    go = moved_on.handler(scan, _copied(here.notes))
    if go is None:
        return None
    assert go.step in moved_on.leads_to, f"{flow.name} may not go on at {go.step}"
    state = _moved(flow, here, replace(go, posted=True))
    said = Message("stop", go.say or _both(refusal), go.detail, refusal.code)
    return replace(state, shown=Shown(said))


def _both(refusal: WarehouseError) -> Text:
    return Text(refusal.say("en"), refusal.say("zh_CN"))


def _leaves_all_the_same(intention: _Intention) -> bool:
    """Leaving always works: what the hook refuses is somebody else's by now. What it doubts is asked once."""
    return recognise.command(intention.text.strip()) == "CANCEL"


def flow_ask(flow: Flow, here: State) -> Text:
    """What the step asks, as the second line of a refusal that has no advice of its own."""
    step = flow.steps[here.step]
    ask = step.ask if isinstance(step.ask, Text) else step.ask(dict(here.notes))
    ask = ask.with_facts(**here.notes)
    target = noted(step.target or step.expected, dict(here.notes))
    if target in (None, ""):
        return Text(ask.say("en"), ask.say("zh_CN"))
    return Text(f"{ask.say('en')} {target}", f"{ask.say('zh_CN')} {target}")


def forget_old(kept_for: dt.timedelta = KEPT_FOR) -> int:
    """Deletes answered scans that nobody will send again, but never a person's newest row of a flow. Returns how many."""
    newer = _ROWS.alias("newer")
    standing = sa.exists().where(newer.c.person_id == _ROWS.c.person_id, newer.c.flow == _ROWS.c.flow, newer.c.version > _ROWS.c.version)
    done = session.execute(sa.delete(_ROWS).where(_ROWS.c.at < clock.now() - kept_for, standing))
    return int(done.rowcount)  # type: ignore[attr-defined]


# -- what a scan makes of a state ---------------------------------------------------------------------------------------


def _run(flow: Flow, handler: Handler, leads_to: frozenset[str], here: State, scan: Scan) -> State | HandOver:
    went = handler(scan, _copied(here.notes))
    if isinstance(went, HandOver):
        return went
    assert went.step == here.step or went.step in leads_to, f"{flow.name}/{here.step} may not lead to {went.step}"
    go = queued(flow, went, here.notes, scan)
    return _moved(flow, here, go, counted=here.total if scan.kind is Kind.COMMAND else None)


def _kept_notes(flow: Flow, notes: Notes) -> Notes:
    """What outlasts the work in hand."""
    return {name: value for name, value in notes.items() if name in flow.keeps}


def _copied(notes: Notes) -> Notes:
    """A handler that changes a list in its notes must not change the trail."""
    return {name: copy.deepcopy(value) if isinstance(value, (list, dict)) else value for name, value in notes.items()}


def _moved(flow: Flow, here: State, go: Go, *, counted: int | None = None) -> State:
    first = go.step == flow.first.name
    base = _kept_notes(flow, here.notes) if first else here.notes
    notes = {name: value for name, value in {**base, **go.notes}.items() if value is not None}
    if go.step == here.step and not go.posted and not first:
        trail = here.trail
    elif go.posted or first or any(name == go.step for name, _, _ in here.trail):
        trail = ()
    else:
        trail = (*here.trail, (here.step, here.notes, counted))
    said = Message(go.tone, go.say, go.detail) if go.say else Message("calm", None, None)
    shown = Shown(said, tuple(go.printed))
    return replace(here, step=go.step, notes=notes, trail=trail, total=go.counted, typed=None, asked=None, shown=shown, passed=go.passed)


def _fill(intention: _Intention, before: State, state: State, scan: Scan) -> State | HandOver:
    """One label fills several screens: while the next step asks for what the label said, it is answered at once."""
    flow, label = intention.flow, scan.gs1
    if label is None:
        return state
    used, each = {scan.kind}, scan.quantity if scan.kind is Kind.PRODUCT else 1
    while state.step != before.step:
        step = flow.steps[state.step]
        meant = intention.meant(scan.text, step, before)
        meant = replace(meant, notes=dict(state.notes))
        kind = next((kind for kind in _FILLS if kind in step.accepts and kind not in used), None)
        said = None if kind is None else recognise.part(meant, kind, label, each=each, product_is_known=Kind.PRODUCT in used)
        if kind is None or said is None:
            return state
        used.add(kind)
        if kind is Kind.PRODUCT:
            each = said.quantity
        if step.counting and (kind is not Kind.QUANTITY or not _label_counts(step, state, said)):
            return state
        if step.counting and (doubted := _doubted(step, state, said.quantity, said.quantity)):
            return doubted
        went = _run(flow, step.handler, step.leads_to, state, said)
        if isinstance(went, HandOver):
            return went
        shown = went.shown if went.shown.said.text else replace(went.shown, said=state.shown.said)
        before, state = state, replace(went, shown=replace(shown, printed=(*state.shown.printed, *went.shown.printed)))
    return state


def _label_counts(step: Step, state: State, said: Scan) -> bool:
    expected = noted(step.expected, state.notes)
    return step.from_label and said.quantity > 0 and (expected is None or step.over_expected or said.quantity == int(expected))


# -- counting -----------------------------------------------------------------------------------------------------------


def _count(step: Step, here: State, scan: Scan) -> State | Scan:
    """A number sets the total, a barcode adds; a Scan means that the total stands."""
    expected = noted(step.expected, here.notes)
    wanted = None if expected in (None, "") else int(expected)
    complete = wanted if wanted is not None else noted(step.complete_at, here.notes)
    if scan.kind is Kind.QUANTITY:
        total, typed = scan.quantity, scan.quantity
        _total_is_right(step, total, wanted)
        sure = here.typed == total and here.total == total
        final = step.typed_confirms or total == complete or sure
        said = T("{total} entered", "已输入 {total}", total=total)
        detail = T("Choose Done, or type {total} again", "选“完成”，或再次输入 {total}", total=total)
        tone = "ask"
    else:
        _same_lot(here.notes.get("lot"), scan)
        pieces = scan.quantity * (scan.gs1.count or 1 if scan.gs1 else 1)
        total, typed, sure = (here.total or 0) + pieces, None, False
        _total_is_right(step, total, wanted)
        final = total == complete
        said = T("{total} counted", "已点 {total}", total=total)
        detail = None
        tone = "good"
    doubted = None if sure or scan.again else _doubted(step, here, total, typed)
    if doubted is not None:
        return doubted
    if final or scan.again:
        return replace(scan, kind=Kind.QUANTITY, value=str(total), quantity=total)
    return replace(here, total=total, typed=typed, asked=None, shown=Shown(Message(tone, said, detail)))


def _same_lot(counted: Any, scan: Scan) -> None:
    """A label of another lot is not counted to the one in hand."""
    if isinstance(counted, str) and scan.gs1 is not None and scan.gs1.lot and fold(scan.gs1.lot) != fold(counted):
        raise AnotherLot(scanned=scan.gs1.lot, expected=counted)


def _doubted(step: Step, here: State, total: int, typed: int | None) -> State | None:
    """The count with what is doubtful about its total; nothing is ended by it, Done or the same number typed again is."""
    doubt = step.doubt(dict(here.notes), total) if step.doubt is not None else None
    if doubt is None:
        return None
    advice = Text(doubt.advise("en") or "", doubt.advise("zh_CN") or "")
    return replace(here, total=total, typed=typed, asked=None, shown=Shown(Message(doubt.tone, _both(doubt), advice, doubt.code)))


def _total_is_right(step: Step, total: int, wanted: int | None) -> None:
    if total == 0 and not step.zero:
        raise ZeroCounted
    if total > LARGEST_TOTAL:
        raise TotalTooLarge(total=total)
    if wanted is not None and total > wanted and not step.over_expected:
        raise TooMany(total=total, expected=wanted)


# -- commands -----------------------------------------------------------------------------------------------------------


def _command(intention: _Intention, here: State, name: str, text: str) -> State | HandOver:
    flow, step = intention.flow, intention.flow.steps[here.step]
    scan = Scan(Kind.COMMAND, name, text, intention.by, intention.handler_key, again=here.asked == (step.name, text))
    declared = offered(flow, here).get(name)
    if declared is not None:
        return _run(flow, declared.handler, declared.leads_to, here, replace(scan, quantity=here.total or 0, found=intention.device))
    if name == "DONE" and step.counting:
        if here.total is None:
            raise NothingCounted
        done = replace(scan, kind=Kind.QUANTITY, value=str(here.total), quantity=here.total)
        return _run(flow, step.handler, step.leads_to, here, done)
    if name == "HELP":
        said_here = step.help if step.help is None or isinstance(step.help, Text) else step.help(dict(here.notes))
        help_ = said_here or T("Here you may scan: {kinds}", "此处可扫描：{kinds}", kinds=recognise.listed(step.accepts))
        return replace(here, asked=None, shown=Shown(Message("calm", help_, flow_ask(flow, here)), here.shown.printed))
    if name == "BACK":
        return _back(flow, here, scan)
    if name == "CANCEL":
        told = flow.leave(replace(scan, quantity=here.total or 0), dict(here.notes)) if flow.leave is not None else None
        begun = here.step != flow.first.name
        document = noted(step.document or flow.document, dict(here.notes))
        left = (
            T("You left {document}; it stays open", "已离开 {document}，任务保留", document=document)
            if document
            else T("You left the work; it stays open", "已离开作业，任务保留")
        )
        said = told or Message("calm", left if begun else T("Nothing is begun here", "尚未开始作业"))
        return State(flow.first.name, here.version, _kept_notes(flow, here.notes), shown=Shown(said))
    words = BUILT_IN_WORDS.get(name) or next((each[name].label for each in flow.commands.values() if name in each), None)
    raise CommandUnknown(command=words if isinstance(words, Text) else recognise.kept(text)[:40])


def _back(flow: Flow, here: State, scan: Scan) -> State:
    if here.total is not None:
        return replace(
            here, total=None, typed=None, asked=None, shown=Shown(Message("calm", T("The count begins again", "重新清点"), None))
        )
    if not here.trail:
        raise NothingBehind
    step, notes, counted = here.trail[-1]
    told = flow.leave(scan, dict(here.notes)) if step == flow.first.name and flow.leave is not None else None
    said = told or Message("calm", T("One step back", "已退回一步"), None)
    return replace(here, step=step, notes=notes, trail=here.trail[:-1], total=counted, typed=None, asked=None, shown=Shown(said))


def offered(flow: Flow, here: State) -> dict[str, Command]:
    """The commands this step declares and offers now."""
    declared = flow.commands.get(here.step, {})
    return {name: one for name, one in declared.items() if one.when is None or one.when(dict(here.notes))}
