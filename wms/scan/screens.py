"""From a state to the screen that shows it, in one language: the same fields for the page, the fragment, JSON and tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from wms.errors import WarehouseError
from wms.i18n import T, Text
from wms.scan.flow import Action, Fact, Flow, Kind, Message, Notes, Printed, Screen, Step, noted
from wms.scan.recognise import listed, reasons_of

if TYPE_CHECKING:
    from wms.scan.state import State

_DONE = T("Done", "完成")
_HELP = T("Help", "帮助")
_BACK = T("One step back", "退一步")
_CANCEL = T("Leave this work", "离开作业")
BUILT_IN_WORDS = {"DONE": _DONE, "HELP": _HELP, "BACK": _BACK, "CANCEL": _CANCEL}
_CHOOSE = T("Choose one", "请选择")
_COUNTED = T("Counted", "已点")
_UNIT = T("pallet", "托盘")  # for short: the input has two lines
MANY = 2  # kinds that are said in full


@dataclass(frozen=True)
class Shown:
    """What belongs to one answer rather than to the state: the message, and what was printed."""

    said: Message = field(default_factory=Message)
    printed: tuple[Printed, ...] = ()

    def stored(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "tone": self.said.tone,
            "text": _both(self.said.text),
            "detail": _both(self.said.detail),
            "code": self.said.code,
            "printed": [[one.kind, one.number, _both(one.label), one.href, one.printer, one.job] for one in self.printed],
        }

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> Shown:
        """From JSON."""
        said = Message(kept["tone"], _text(kept["text"]), _text(kept["detail"]), kept["code"])
        printed = tuple(
            Printed(kind, number, _text(label) or T("", ""), href, *queued) for kind, number, label, href, *queued in kept["printed"]
        )
        return cls(said, printed)


def screen(flow: Flow, state: State) -> Screen:
    """The screen of a state, not yet in any language."""
    step, notes = flow.steps[state.step], dict(state.notes)
    ask = step.ask if isinstance(step.ask, Text) else step.ask(notes)
    expected = noted(step.expected, notes)
    target = noted(step.target, notes) if step.target is not None else expected
    facts = tuple((step.facts or flow.facts or _no_facts)(notes))
    progress = step.progress or flow.progress
    commands = flow.commands.get(step.name, {})
    if state.total is not None:
        facts = (*facts, Fact(_COUNTED, state.total, strong=True))
    return Screen(
        flow=flow.name,
        step=step.name,
        version=state.version,
        title=flow.title,
        document=noted(step.document or flow.document, notes),
        verb=ask.with_facts(**notes),
        target=None if target in (None, "") else str(target),
        accepts=step.accepts if not commands or Kind.COMMAND in step.accepts else (*step.accepts, Kind.COMMAND),
        expected=None if expected in (None, "") else str(expected),
        facts=facts,
        progress=progress(notes) if progress else None,
        message=state.shown.said,
        actions=_actions(flow, step, state, notes),
        printed=state.shown.printed,
        map_href=step.map_href(notes) if step.map_href else None,
    )


def rendered(flow: Flow, state: State, language: str) -> dict[str, Any]:
    """The screen in one language: what the template, JSON and tests get, and what is kept as the answer."""
    try:
        one = screen(flow, state)
    except WarehouseError as gone:  # what the notes speak of is not there any more: say so, and let the person leave
        said = Message("stop", Text(gone.say("en"), gone.say("zh_CN")), T("Leave this work", "请离开此作业"), gone.code)
        one = _bare(flow, state, said)
    verb, hint = one.verb.say(language), _hint(flow.steps[state.step], dict(state.notes))
    return {
        "flow": one.flow,
        "step": one.step,
        "version": one.version,
        "title": one.title.say(language),
        "document": _words(one.document, language) or None,
        "prompt": f"{verb} {one.target}" if one.target else verb,
        "prompt_verb": verb,
        "target": one.target,
        "accepts": [kind.value for kind in one.accepts],
        "expected": one.expected,
        "placeholder": hint.say(language) if hint else _placeholder(one.accepts, language),
        "facts": [
            {
                "label": fact.label.say(language),
                "value": _words(fact.value, language),
                "detail": _words(fact.detail, language) or None,
                "strong": fact.strong,
            }
            for fact in one.facts
        ],
        "progress": {"done": one.progress.done, "of": one.progress.of} if one.progress else None,
        "message": {
            "tone": one.message.tone,
            "text": _words(one.message.text, language),
            "detail": _words(one.message.detail, language) or None,
            "code": one.message.code,
        },
        "actions": [{"scan": action.scan, "label": action.label.say(language)} for action in one.actions],
        "printed": [
            {
                "kind": paper.kind,
                "number": paper.number,
                "href": paper.href,
                "label": paper.label.say(language),
                "printer": paper.printer,
                "job": paper.job,
            }
            for paper in one.printed
        ],
        "map": one.map_href,
    }


def _bare(flow: Flow, state: State, said: Message) -> Screen:
    step = flow.steps[state.step]
    return Screen(
        flow=flow.name,
        step=step.name,
        version=state.version,
        title=flow.title,
        document=None,
        verb=_CANCEL,
        target=None,
        accepts=step.accepts,
        expected=None,
        facts=(),
        progress=None,
        message=said,
        actions=(Action("CMD:CANCEL", _CANCEL),),
        printed=(),
    )


def _actions(flow: Flow, step: Step, state: State, notes: Notes) -> tuple[Action, ...]:
    found = [Action(code, text) for code, text in reasons_of(step, notes).items()]
    declared = flow.commands.get(step.name, {})
    found += [
        Action(f"CMD:{name}", one.label if isinstance(one.label, Text) else one.label(notes))
        for name, one in declared.items()
        if one.when is None or one.when(notes)
    ]
    if step.counting and state.total is not None and "DONE" not in declared:  # before that it would mean nothing
        found.append(Action("CMD:DONE", _DONE))
    if step.actions is not None:
        found += step.actions(notes)
    if (state.trail or state.total is not None) and not any(action.scan == "CMD:BACK" for action in found):
        found.append(Action("CMD:BACK", _BACK))
    found.append(Action("CMD:HELP", _HELP))
    if step.name != flow.first.name:
        found.append(Action("CMD:CANCEL", _CANCEL))
    return tuple(found)


def _hint(step: Step, notes: Notes) -> Text | None:
    return step.hint(notes) if callable(step.hint) else step.hint


def _placeholder(accepts: Sequence[Kind], language: str) -> str:
    kinds = [kind for kind in accepts if kind is not Kind.COMMAND or len(accepts) == 1]
    if kinds == [Kind.REASON]:
        return _CHOOSE.say(language)
    if len(kinds) > MANY and Kind.HANDLING_UNIT in kinds:
        words = [_UNIT if kind is Kind.HANDLING_UNIT else kind.text for kind in kinds]
        said = ("、" if language == "zh_CN" else ", ").join(word.say(language) for word in words)
    else:
        said = listed(kinds).say(language)
    return said[:1].upper() + said[1:]


def _no_facts(notes: Notes) -> list[Fact]:  # noqa: ARG001
    return []


def _words(value: Any, language: str) -> str:
    """A fact's value as people read it."""
    if value is None:
        return ""
    return value.say(language) if isinstance(value, Text) else str(value)


def _both(text: Text | None) -> list[str] | None:
    return None if text is None else [text.say("en"), text.say("zh_CN")]


def _text(kept: Sequence[str] | None) -> Text | None:
    return None if kept is None else Text(kept[0], kept[1])
