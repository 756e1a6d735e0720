"""What one scan makes of a state: a command, a count, a step's handler, and all that one label answers at once. Nothing is written here
but by the handlers."""

from __future__ import annotations

import copy
from dataclasses import replace

from wms.errors import Refused, WarehouseError
from wms.i18n import T, Text
from wms.scan import recognise
from wms.scan.counting import NothingCounted, count, doubted
from wms.scan.flow import BUILT_IN, Command, Doubt, Flow, Go, Handler, HandOver, Kind, Message, Notes, Scan, Step, noted
from wms.scan.printing import must_print, queued
from wms.scan.screens import BUILT_IN_WORDS, Shown
from wms.scan.state import Intention, State
from wms.scan.stationed import STATION
from wms.tasks import workers

# What a label may fill in by itself, in this order.
_FILLS = (Kind.PRODUCT, Kind.LOT, Kind.SERIAL, Kind.EXPIRY, Kind.QUANTITY, Kind.WEIGHT)


class CommandUnknown(Refused):
    """This step does not take that command."""

    code = "command_not_here"
    sentence = T("{command} does nothing here", "此处不能使用 {command}")


class NothingBehind(Refused):
    """There is no step to go back to, or what was done there stands."""

    code = "nothing_to_go_back"
    sentence = T("There is no step to go back to", "没有可退回的步骤")
    advice = T("Finish the work, or leave it", "请完成作业，或离开作业")


def answered(intention: Intention, here: State) -> State | HandOver:
    """The state after the scan, of the old version still, or the flow that the work is handed to. Raises what the scan is refused for."""
    text = recognise.cleaned(intention.text)
    flow, step = intention.flow, intention.flow.steps[here.step]
    name = recognise.command(text)
    if flow.look_again is not None and step is not flow.first and name not in BUILT_IN:
        flow.look_again({**here.notes, "at_step": here.step}, intention.by)
    if name is not None:
        return _command(intention, here, name, text)
    scan = recognise.recognise(intention.meant(text, step, here))
    if step.counting:
        counted = count(step, here, scan)
        if isinstance(counted, State):
            return counted
        scan = counted
    went = run(flow, step.handler, step.leads_to, here, scan)
    if scan.kind is Kind.LOCATION and not step.known:
        workers.seen_at(scan.value, by=intention.by)
    return went if isinstance(went, HandOver) else filled(intention, here, went, scan)


def run(flow: Flow, handler: Handler, leads_to: frozenset[str], here: State, scan: Scan) -> State | HandOver:
    went = handler(scan, _copied(here.notes))
    if isinstance(went, HandOver):
        return went
    assert went.step == here.step or went.step in leads_to, f"{flow.name}/{here.step} may not lead to {went.step}"
    if here.step == flow.first.name and went.step not in (here.step, STATION):
        must_print(flow, {**here.notes, **went.notes}, scan.by)
    go = queued(flow, went, here.notes, scan)
    return moved(flow, here, go, counted=here.total if scan.kind is Kind.COMMAND else None)


def _copied(notes: Notes) -> Notes:
    """A handler that changes a list in its notes must not change the trail."""
    return {name: copy.deepcopy(value) if isinstance(value, (list, dict)) else value for name, value in notes.items()}


def moved(flow: Flow, here: State, go: Go, *, counted: int | None = None) -> State:
    first = go.step == flow.first.name
    base = kept_notes(flow, here.notes) if first else here.notes
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


def kept_notes(flow: Flow, notes: Notes) -> Notes:
    """What outlasts the work in hand."""
    return {name: value for name, value in notes.items() if name in flow.keeps}


def filled(intention: Intention, before: State, state: State, scan: Scan) -> State | HandOver:
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
        if step.counting and (doubtful := doubted(step, state, said.quantity, said.quantity)):
            return doubtful
        went = run(flow, step.handler, step.leads_to, state, said)
        if isinstance(went, HandOver):
            return went
        shown = went.shown if went.shown.said.text else replace(went.shown, said=state.shown.said)
        before, state = state, replace(went, shown=replace(shown, printed=(*state.shown.printed, *went.shown.printed)))
    return state


def _label_counts(step: Step, state: State, said: Scan) -> bool:
    expected = noted(step.expected, state.notes)
    return step.from_label and said.quantity > 0 and (expected is None or step.over_expected or said.quantity == int(expected))


def instead(intention: Intention, here: State, refusal: WarehouseError) -> State | None:
    """Where the flow goes on after a refusal that leaves nothing to answer here; what was refused stays said, in red."""
    flow = intention.flow
    moved_on = next((one for one in flow.moved_on if isinstance(refusal, one.refusals)), None)
    if moved_on is None or here.step == flow.first.name:
        return None
    scan = Scan(Kind.COMMAND, "", intention.text, intention.by, intention.handler_key, found=refusal)
    go = moved_on.handler(scan, {**_copied(here.notes), "at_step": here.step})
    if go is None:
        return None
    assert go.step in moved_on.leads_to, f"{flow.name} may not go on at {go.step}"
    state = moved(flow, here, replace(go, posted=True))
    said = Message(refusal.tone if isinstance(refusal, Doubt) else "stop", go.say or refusal.said, go.detail, refusal.code)
    return replace(state, shown=Shown(said))


def _command(intention: Intention, here: State, name: str, text: str) -> State | HandOver:
    flow, step = intention.flow, intention.flow.steps[here.step]
    scan = Scan(Kind.COMMAND, name, text, intention.by, intention.handler_key, again=here.asked == (step.name, text))
    declared = offered(flow, here).get(name)
    if declared is not None:
        return run(flow, declared.handler, declared.leads_to, here, replace(scan, quantity=here.total or 0, found=intention.device))
    if name == "DONE" and step.counting:
        if here.total is None:
            raise NothingCounted
        done = replace(scan, kind=Kind.QUANTITY, value=str(here.total), quantity=here.total)
        return run(flow, step.handler, step.leads_to, here, done)
    if name == "HELP":
        said_here = step.help if step.help is None or isinstance(step.help, Text) else step.help(dict(here.notes))
        help_ = said_here or T("Here you may scan: {kinds}", "此处可扫描：{kinds}", kinds=recognise.listed(step.accepts))
        return replace(here, asked=None, shown=Shown(Message("calm", help_, asked_here(flow, here)), here.shown.printed))
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
        return State(flow.first.name, here.version, kept_notes(flow, here.notes), shown=Shown(said))
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


def asked_here(flow: Flow, here: State) -> Text:
    """What the step asks, as the second line of a refusal that has no advice of its own."""
    step = flow.steps[here.step]
    ask = step.ask if isinstance(step.ask, Text) else step.ask(dict(here.notes))
    ask = ask.settled(**here.notes)
    target = noted(step.target or step.expected, dict(here.notes))
    return ask if target in (None, "") else Text(f"{ask.en} {target}", f"{ask.zh} {target}")
