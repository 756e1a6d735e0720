"""Flow, Step, Scan, Go, Screen: the five words in which every scanner screen is declared.

A flow is a named table of steps. A step says what it asks, which kinds of barcode it takes and where it may lead; its handler is a few
lines that call one operation and say where to go. The engine does the rest: it keeps the state, recognises what was scanned, makes each
intention act once, turns a refusal into the same step in red, and keeps the trail for one step back. A complete flow:

    putaway = Flow("putaway", title=T("Put away", "上架"), needs=Permission.PUT_AWAY)

    def _begin(task: Task) -> Go:
        return Go("bin", notes={"task": task.id, "bin": task.target.code, "product": task.product_id, "quantity": task.quantity})

    def _facts(notes: Notes) -> list[Fact]:
        product = products.get(notes["product"])
        return [Fact(T("Product", "商品"), product.text, detail=product.sku), Fact(T("Quantity", "数量"), notes["quantity"], strong=True)]

    @putaway.step("unit", ask=T("Scan a pallet", "扫描托盘"), accepts=[Kind.HANDLING_UNIT], leads_to=["bin"])
    def scan_unit(scan: Scan, notes: Notes) -> Go:
        return _begin(putaways.claim(unit_id=scan.handling_unit.id, by=scan.by))

    @putaway.command("unit", "NEXT", label=T("Get work", "领取任务"), leads_to=["bin"])
    def next_unit(scan: Scan, notes: Notes) -> Go:
        return _begin(putaways.next_for(by=scan.by))

    @putaway.step("bin", ask=T("Put it in", "放入"), accepts=[Kind.LOCATION], expected="bin", leads_to=["unit"], facts=_facts)
    def scan_bin(scan: Scan, notes: Notes) -> Go:
        if scan.value != notes["bin"] and not scan.again:
            raise AnotherBin(bin=notes["bin"])           # a Doubt: the same scan again confirms it
        putaways.finish(notes["task"], location_id=scan.location.id, by=scan.by, key=scan.key)
        return Go("unit", say=T("Stored in {bin}", "已放入 {bin}", bin=scan.value), posted=True)

    @putaway.command("bin", "SHORT", label=T("Fewer", "数量不足"), leads_to=["quantity"])
    def fewer(scan: Scan, notes: Notes) -> Go:
        return Go("quantity")

    @putaway.count("quantity", ask=T("Count the pieces", "清点数量"), product="product", expected="quantity", leads_to=["bin"])
    def counted(scan: Scan, notes: Notes) -> Go:
        return Go("bin", notes={"quantity": scan.quantity})

    @putaway.on_leave
    def leave(scan: Scan, notes: Notes) -> None:
        if "task" in notes:
            queue.give_back(notes["task"], by=scan.by)

`str` where a function of the notes may stand (`expected="bin"`) is the name of the note itself. docs/scan-flows.md says it all at length.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias
from urllib.parse import quote

from wms.actor import Actor, Permission
from wms.errors import Refused, WarehouseError
from wms.i18n import T, Text

if TYPE_CHECKING:
    from wms.auth.models import Person
    from wms.catalog.gs1 import Gs1
    from wms.catalog.models import Product
    from wms.locations.models import Location
    from wms.printing.models import Takes
    from wms.stock.models import HandlingUnit

Notes: TypeAlias = dict[str, Any]
Tone: TypeAlias = Literal["calm", "good", "ask", "stop"]
Of: TypeAlias = str | Callable[[Notes], Any]
"""The name of a note, or a function of the notes."""

BUILT_IN = ("BACK", "CANCEL", "HELP")


class Kind(enum.StrEnum):
    """What a scanned text can be."""

    LOCATION = "location"
    PRODUCT = "product"
    LOT = "lot"
    SERIAL = "serial"
    EXPIRY = "expiry"
    QUANTITY = "quantity"
    HANDLING_UNIT = "handling_unit"
    DOCUMENT = "document"
    REASON = "reason"
    PERSON = "person"
    WEIGHT = "weight"
    COMMAND = "command"

    @property
    def text(self) -> Text:
        """The kind in words."""
        return _KIND_WORDS[self]


_KIND_WORDS = {
    Kind.LOCATION: T("location", "库位"),
    Kind.PRODUCT: T("product", "商品"),
    Kind.LOT: T("lot", "批号"),
    Kind.SERIAL: T("serial number", "序列号"),
    Kind.EXPIRY: T("expiry date", "到期日"),
    Kind.QUANTITY: T("quantity", "数量"),
    Kind.HANDLING_UNIT: T("pallet, carton or tote", "托盘、箱或周转箱"),
    Kind.DOCUMENT: T("document", "单据"),
    Kind.REASON: T("choice", "选项"),
    Kind.PERSON: T("badge", "工牌"),
    Kind.WEIGHT: T("weight in grams", "重量（克）"),
    Kind.COMMAND: T("command", "指令"),
}


# -- what a handler is given and gives back -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Scan:
    """One recognised scan, as the handler gets it.

    `value` is the thing's own code: location code, SKU, lot, serial, ISO date, number, unit code, document number, reason, command name.
    `quantity` is the total at a counting step, the pieces in one scanned packaging at a product scan, grams at a weight.
    `again` is true when this very text answers a Doubt: the person means it.
    """

    kind: Kind
    value: str
    text: str
    by: Actor
    key: str
    quantity: int = 0
    unit: str | None = None  # the packaging scanned, "case"; None is the base unit
    date: dt.date | None = None
    gs1: Gs1 | None = None
    again: bool = False
    found: Any = None  # what the look-up gave: Location, Product, HandlingUnit, Person, or the document resolver's own

    @property
    def location(self) -> Location:
        """The Location row (loaded; `session.get` of it costs no statement)."""
        assert self.kind is Kind.LOCATION
        return self.found  # type: ignore[no-any-return]

    @property
    def product(self) -> Product:
        """The Product row of a product scan."""
        assert self.kind is Kind.PRODUCT
        return self.found  # type: ignore[no-any-return]

    @property
    def handling_unit(self) -> HandlingUnit:
        """The HandlingUnit row."""
        assert self.kind is Kind.HANDLING_UNIT
        return self.found  # type: ignore[no-any-return]

    @property
    def person(self) -> Person:
        """The Person row of a badge."""
        assert self.kind is Kind.PERSON
        return self.found  # type: ignore[no-any-return]

    @property
    def document(self) -> Any:
        """Whatever the step's `documents` resolver returned."""
        assert self.kind is Kind.DOCUMENT
        return self.found


@dataclass(frozen=True)
class Printed:
    """A paper or label that this scan made: queued at the printer of the station, or a link to open where there is none."""

    kind: str
    number: str
    label: Text
    href: str
    printer: str | None = None
    job: int | None = None
    reason: str | None = None
    """Why it is printed once more; the print job keeps it."""

    @classmethod
    def paper(cls, kind: str, number: str, label: Text) -> Printed:
        """A paper of CONTRACT: `Printed.paper("packing-slip", "S-1", T("Packing slip", "装箱单"))`."""
        return cls(kind, number, label, f"/documents/{kind}/{quote(number)}.pdf")

    @classmethod
    def tag(cls, kind: str, code: str, label: Text) -> Printed:
        """A label: `Printed.tag("handling-unit", unit.code, T("Pallet label", "托盘标签"))`."""
        return cls(kind, code, label, f"/labels/{kind}/{quote(code)}.pdf")

    @classmethod
    def photo(cls, kind: str, number: str, known_as: str | None = None) -> Printed:
        """Not a paper but a picture to take; the screen opens the camera. `Printed.photo("difference", "D-1")`: see wms/photos."""
        return cls("photo", known_as or number, T("Take a photo", "拍照"), f"/photos/{kind}/{quote(number)}")


@dataclass(frozen=True)
class Passed:
    """A colleague's screen in this flow, from now on: the step and notes where they go on, and what they are told there.

    `counted` is what their count begins with, where they go on in the middle of one.
    """

    person_id: int
    step: str
    notes: Mapping[str, Any]
    say: Text
    detail: Text | None = None
    language: str | None = None
    counted: int | None = None


@dataclass(frozen=True)
class Go:
    """The handler's answer: which step comes next, what to note, what to say.

    Notes are added to those there are (None removes one); the flow's first step begins with these and those that the flow keeps.
    `posted` says that something now stands: BACK will not go behind it. `counted` is what the next step's count begins with: the piece
    that was scanned to get there. `passed` puts the work onto a colleague's screen.
    """

    step: str
    notes: Mapping[str, Any] = field(default_factory=dict)
    say: Text | None = None
    detail: Text | None = None
    tone: Tone = "good"
    printed: Sequence[Printed] = ()
    posted: bool = False
    counted: int | None = None
    passed: Passed | None = None


@dataclass(frozen=True)
class HandOver:
    """The handler's answer when another flow goes on: its NEXT is run there, or its screen is shown where the person left it.

    `say` and `detail` are shown where that flow has nothing to say itself.
    """

    flow: str
    say: Text | None = None
    detail: Text | None = None


Handler: TypeAlias = Callable[[Scan, Notes], Go | HandOver]
Documents: TypeAlias = Callable[[str, Actor], Any]
"""(number as scanned, by) → the document (anything with `.number`, or a text), or None when this step knows none of that number."""


class Doubt(WarehouseError):
    """A doubtful choice: rolled back and asked about; the same scan again comes in with `scan.again` true.

    A subclass has its own code, sentence and advice, like a refusal: `if heavy and not scan.again: raise CartonHeavy(grams=…)`. Its tone
    is "stop" where the right thing is as a rule not to go on.
    """

    status = 409
    tone: Tone = "ask"
    code = "confirm"
    sentence = T("Is this right?", "确认无误？")
    advice = T("Scan the same code again to confirm", "再次扫描同一条码确认")


class CountDoubt(Doubt):
    """A total that is hardly right: Done confirms it, and so does the number typed again."""

    code = "quantity_doubtful"
    advice = T("Count again; if it is right, choose Done", "请重新清点；确认无误请点“完成”")


# -- what a screen shows ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fact:
    """One line of the block of facts; `strong` is for the quantity. Values may be Text, dates, numbers."""

    label: Text
    value: Any
    detail: Any = None
    strong: bool = False


@dataclass(frozen=True)
class Progress:
    """n of m."""

    done: int
    of: int


@dataclass(frozen=True)
class Action:
    """A button that scans this text."""

    scan: str
    label: Text


@dataclass(frozen=True)
class Message:
    """First line what happened, second line what to do."""

    tone: str = "calm"
    text: Text | None = None
    detail: Text | None = None
    code: str | None = None


@dataclass(frozen=True)
class Screen:
    """One screen, not yet in any language: for the template, for JSON and for tests."""

    flow: str
    step: str
    version: int
    title: Text
    document: Any
    verb: Text
    target: str | None
    accepts: tuple[Kind, ...]
    expected: str | None
    facts: tuple[Fact, ...]
    progress: Progress | None
    message: Message
    actions: tuple[Action, ...]
    printed: tuple[Printed, ...]
    map_href: str | None = None


# -- declarations -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Command:
    """A command a step offers."""

    name: str
    label: Text | Callable[[Notes], Text]
    handler: Handler
    leads_to: frozenset[str]
    when: Callable[[Notes], bool] | None
    outside: Callable[[Notes], Any] | None = None


@dataclass(frozen=True)
class Step:
    """One prompt, one input, one answer."""

    name: str
    ask: Text | Callable[[Notes], Text]
    accepts: tuple[Kind, ...]
    leads_to: frozenset[str]
    handler: Handler
    target: Of | None = None
    expected: Of | None = None
    only_expected: bool = False
    known: bool = False
    product: Of | None = None
    documents: Documents | None = None
    reasons: Mapping[str, Text] | Callable[[Notes], Mapping[str, Text]] | None = None
    facts: Callable[[Notes], Sequence[Fact]] | None = None
    progress: Callable[[Notes], Progress | None] | None = None
    document: Of | None = None
    actions: Callable[[Notes], Sequence[Action]] | None = None
    help: Text | Callable[[Notes], Text] | None = None
    hint: Text | Callable[[Notes], Text | None] | None = None
    new_units: bool = False
    lost: Text | None = None
    map_href: Callable[[Notes], str | None] | None = None
    counting: bool = False
    zero: bool = False
    over_expected: bool = False
    typed_confirms: bool = False
    from_label: bool = True
    complete_at: Of | None = None
    excess: Text | None = None
    doubt: Callable[[Notes, int], Doubt | None] | None = None


@dataclass(frozen=True)
class MovedOn:
    """What a flow does when the work in hand was changed by others."""

    refusals: tuple[type[WarehouseError], ...]
    leads_to: frozenset[str]
    handler: Callable[[Scan, Notes], Go | None]


class Flow:
    """A named table of steps; the first one declared is where work begins."""

    def __init__(
        self,
        name: str,
        *,
        title: Text,
        needs: Permission,
        document: Of | None = None,
        facts: Callable[[Notes], Sequence[Fact]] | None = None,
        progress: Callable[[Notes], Progress | None] | None = None,
        waiting: Callable[[Actor], int | None] | None = None,
        station: Of | None = None,
        prints: Takes | None = None,
        keeps: Iterable[str] = (),
    ) -> None:
        """`document`, `facts` and `progress` serve every step that has none of its own; `waiting` counts open work for the menu; where it
        says None there is never any for this person, and the menu leaves the flow out. `station` is the id of the location where the
        person works: what a scan prints is queued at the printer there (and at that of the person's device before it); `prints` is what
        cannot be done without, where a station needs its printer: work does not begin where that is away. `keeps` names the notes that
        outlast the work in hand, such as where the person works, until they have rested for longer than a break."""
        self.name, self.title, self.needs, self.station, self.prints = name, title, needs, station, prints
        self.document, self.facts, self.progress, self.waiting = document, facts, progress, waiting
        self.keeps = frozenset(keeps)
        self.steps: dict[str, Step] = {}
        self.commands: dict[str, dict[str, Command]] = {}
        self.leave: Callable[[Scan, Notes], Message | None] | None = None
        self.moved_on: list[MovedOn] = []
        self.look_again: Callable[[Notes, Actor], None] | None = None

    @property
    def first(self) -> Step:
        """Where work begins."""
        return next(iter(self.steps.values()))

    def step(
        self,
        name: str,
        *,
        ask: Text | Callable[[Notes], Text],
        accepts: Iterable[Kind],
        leads_to: Iterable[str] = (),
        target: Of | None = None,
        expected: Of | None = None,
        only_expected: bool = False,
        known: bool = False,
        product: Of | None = None,
        documents: Documents | None = None,
        reasons: Mapping[str, Text] | Callable[[Notes], Mapping[str, Text]] | None = None,
        facts: Callable[[Notes], Sequence[Fact]] | None = None,
        progress: Callable[[Notes], Progress | None] | None = None,
        document: Of | None = None,
        actions: Callable[[Notes], Sequence[Action]] | None = None,
        help: Text | Callable[[Notes], Text] | None = None,
        hint: Text | Callable[[Notes], Text | None] | None = None,
        new_units: bool = False,
        lost: Text | None = None,
        map_href: Callable[[Notes], str | None] | None = None,
    ) -> Callable[[Handler], Handler]:
        """Declares a step.

        ask: the verb, short ("Scan location"); notes may be named in it ("Put it in {bin}").
        target: the large code under it; the expected text when not given.
        expected: the exact text a directed step waits for, or None.
        only_expected: anything else is refused before the handler runs.
        known: the notes hold what the expected text stands for, so it is not looked up: the scan has the first kind accepted, and no row.
        product: the id of the product in hand: a barcode with another GTIN is refused.
        documents: required where a DOCUMENT is accepted. reasons: code → words, required where a REASON is accepted.
        help: what HELP says; the kinds that may be scanned when not given. hint: what the empty input says, short; likewise.
        lost: what to do with a code that nobody knows, where there is a way; otherwise the step's question is repeated.
        map_href: where a drawing of the way is; it is read when somebody asks for it, never by a scan.
        new_units: a HANDLING_UNIT nobody knows is taken too (`scan.found` is None, `scan.value` its code): a supplier's SSCC, a new tote.
        """

        def declare(handler: Handler) -> Handler:
            self._add(
                Step(
                    name, ask, tuple(accepts), frozenset(leads_to), handler, target=target, expected=expected, only_expected=only_expected,
                    known=known, product=product, documents=documents, reasons=reasons, facts=facts, progress=progress, document=document,
                    actions=actions, help=help, hint=hint, new_units=new_units, lost=lost,
                    map_href=map_href,
                )
            )  # fmt: skip
            return handler

        return declare

    def count(
        self,
        name: str,
        *,
        ask: Text | Callable[[Notes], Text],
        product: Of | None,
        leads_to: Iterable[str] = (),
        expected: Of | None = None,
        zero: bool = False,
        over_expected: bool = False,
        typed_confirms: bool = False,
        from_label: bool = True,
        complete_at: Of | None = None,
        excess: Text | None = None,
        target: Of | None = None,
        facts: Callable[[Notes], Sequence[Fact]] | None = None,
        progress: Callable[[Notes], Progress | None] | None = None,
        document: Of | None = None,
        actions: Callable[[Notes], Sequence[Action]] | None = None,
        help: Text | Callable[[Notes], Text] | None = None,
        hint: Text | Callable[[Notes], Text | None] | None = None,
        doubt: Callable[[Notes, int], Doubt | None] | None = None,
    ) -> Callable[[Handler], Handler]:
        """Declares a counting step: a number sets the total, a barcode of `product` (its id) adds one of its unit.

        The handler is called once, with the total as `scan.quantity`: when it reaches `expected`, at CMD:DONE, or when the same number
        is typed again. zero: 0 may be counted. over_expected: more than expected may be counted. typed_confirms: a typed number is final.
        from_label: a count on the GS1 label just scanned is taken for the total (where it is what is expected, or more may be counted).
        excess: what is done with pieces beyond what is expected; put back and {expected} typed, when not given.
        complete_at: the total at which nothing more can be meant, where the worker decides: it ends the count as `expected` would.
        doubt: what is doubtful about a total: it is shown in these words and ends nothing; Done, or the number typed again, confirms it.
        """

        def declare(handler: Handler) -> Handler:
            self._add(
                Step(
                    name, ask, (Kind.QUANTITY, Kind.PRODUCT) if product else (Kind.QUANTITY,), frozenset(leads_to), handler,
                    target=target, expected=expected, product=product, facts=facts, progress=progress, document=document,
                    actions=actions, help=help, hint=hint, doubt=doubt, counting=True,
                    zero=zero, over_expected=over_expected, typed_confirms=typed_confirms, from_label=from_label, complete_at=complete_at,
                    excess=excess,
                )
            )  # fmt: skip
            return handler

        return declare

    def command(
        self,
        steps: str | Iterable[str],
        name: str,
        *,
        label: Text | Callable[[Notes], Text],
        leads_to: Iterable[str] = (),
        when: Callable[[Notes], bool] | None = None,
        outside: Callable[[Notes], Any] | None = None,
    ) -> Callable[[Handler], Handler]:
        """Declares `CMD:<name>` at one step or several; it is offered as a button, where `when` says so. `outside` asks a device before
        the transaction begins: its answer is `scan.found`, and what it refuses is refused like everything else.

        BACK, CANCEL and HELP are everywhere by themselves; DONE at counting steps.
        """

        def declare(handler: Handler) -> Handler:
            for step in [steps] if isinstance(steps, str) else steps:
                self.commands.setdefault(step, {})[name] = Command(name, label, handler, frozenset(leads_to), when, outside)
            return handler

        return declare

    def on_leave(self, hook: Callable[[Scan, Notes], Message | None]) -> Callable[[Scan, Notes], Message | None]:
        """Declares what is done when the person leaves the work (CMD:CANCEL): give the task back. A Message says what is left behind; a
        Doubt asks once."""
        self.leave = hook
        return hook

    def when_moved_on(
        self, *refusals: type[WarehouseError], leads_to: Iterable[str]
    ) -> Callable[[Callable[[Scan, Notes], Go | None]], Callable[[Scan, Notes], Go | None]]:
        """Declares where the flow goes on when one of these refusals says that the work in hand is no more: the next line, or the start.

        The handler runs after the refused scan was rolled back, and says what to do with what is in the person's hands; None lets the
        refusal (`scan.found`) stand at its step, which `notes["at_step"]` names.
        """

        def declare(handler: Callable[[Scan, Notes], Go | None]) -> Callable[[Scan, Notes], Go | None]:
            self.moved_on.append(MovedOn(refusals, frozenset(leads_to), handler))
            return handler

        return declare

    def before_each_scan(self, hook: Callable[[Notes, Actor], None]) -> Callable[[Notes, Actor], None]:
        """Declares what is looked at before each scan of work in hand, at the step `notes["at_step"]`: the hook raises what `when_moved_on`
        answers, so that somebody whose work others have ended is told by their very next screen, and not first when they put the goods
        down. Leaving, help and one step back are never refused. A screen that is opened again is looked at likewise, with
        `notes["opened"]`."""
        self.look_again = hook
        return hook

    def check(self) -> Flow:
        """States our own mistakes in a declaration: a step that leads nowhere, a document nobody can find."""
        for step in self.steps.values():
            lost = (step.leads_to | {to for c in self.commands.get(step.name, {}).values() for to in c.leads_to}) - self.steps.keys()
            assert not lost, f"{self.name}/{step.name} leads to unknown {sorted(lost)}"
            assert (Kind.DOCUMENT in step.accepts) == (step.documents is not None), f"{self.name}/{step.name}: documents"
            assert (Kind.REASON in step.accepts) == (step.reasons is not None), f"{self.name}/{step.name}: reasons"
        assert all(one.leads_to <= self.steps.keys() for one in self.moved_on), f"{self.name} moves on to unknown steps"
        unknown = self.commands.keys() - self.steps.keys()
        assert not unknown, f"{self.name}: commands at unknown steps {sorted(unknown)}"
        return self

    def _add(self, step: Step) -> None:
        assert step.name not in self.steps, f"{self.name}/{step.name} is declared twice"
        self.steps[step.name] = step


def noted(what: Of | None, notes: Notes) -> Any:
    """What a declaration says for these notes: the note of that name, or the function's answer."""
    if what is None:
        return None
    return notes.get(what) if isinstance(what, str) else what(notes)


# -- refusals of the engine itself --------------------------------------------------------------------------------------


class WrongScan(Refused):
    """A directed step got something else."""

    code = "wrong_scan"
    sentence = T("Scanned {scanned}, expected {expected}", "扫到 {scanned}，应为 {expected}")
    advice = T("Go to {expected} and scan its label", "请到 {expected} 扫描标签")


class WrongLocation(WrongScan):
    """Not the location the step directs to."""

    code = "wrong_location"
    sentence = T("This is location {scanned}, not {expected}", "这是库位 {scanned}，不是 {expected}")
    advice = T("Go to {expected} and scan its label", "请到 {expected} 扫描标签")


class UnitForLocation(WrongLocation):
    """A pallet, carton or tote where only the location's own label, or another unit, would do."""

    sentence = T("{scanned} is a pallet, carton or tote, not {expected}", "{scanned} 是托盘、箱或周转箱，不是 {expected}")


class WrongProduct(WrongScan):
    """Not the product in hand."""

    code = "wrong_product"
    sentence = T("This is {scanned}, not {expected}", "这是 {scanned}，不是 {expected}")
    advice = T("Put it back and scan the right product", "请放回并扫描正确的商品")


class WrongLot(WrongScan):
    """Not the lot the step directs to."""

    code = "wrong_lot"
    sentence = T("This is lot {scanned}, not {expected}", "这是批号 {scanned}，不是 {expected}")
    advice = T("Take the goods of lot {expected}", "请取批号 {expected} 的货物")


class WrongUnit(WrongScan):
    """Not the handling unit the step directs to."""

    code = "wrong_handling_unit"
    sentence = T("This is unit {scanned}, not {expected}", "这是货物单元 {scanned}，不是 {expected}")
    advice = T("Scan the label of {expected}", "请扫描 {expected} 的标签")


class WrongDocument(WrongScan):
    """Not the document the step directs to."""

    code = "wrong_document"
    sentence = T("This is document {scanned}, not {expected}", "这是单据 {scanned}，不是 {expected}")
    advice = T("Scan document {expected}", "请扫描单据 {expected}")


_WRONG: dict[Kind, type[WrongScan]] = {
    Kind.LOCATION: WrongLocation,
    Kind.PRODUCT: WrongProduct,
    Kind.LOT: WrongLot,
    Kind.HANDLING_UNIT: WrongUnit,
    Kind.DOCUMENT: WrongDocument,
}


def must_be(scan: Scan, expected: str) -> None:
    """Refuses a scan of anything but the expected code (`wrong_location`, `wrong_product`, …)."""
    if scan.value.casefold() != expected.casefold() and scan.text.casefold() != expected.casefold():
        raise _WRONG.get(scan.kind, WrongScan)(scanned=scan.value, expected=expected)
