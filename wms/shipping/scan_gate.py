"""The scanner at the gate: the guard compares the truck with its pass, and lets it out or stops it."""

from __future__ import annotations

from wms.actor import Actor, Permission
from wms.db import fold
from wms.errors import Refused
from wms.i18n import T, Text
from wms.scan.flow import Fact, Flow, Go, Kind, Notes, Scan
from wms.shipping import found, waiting
from wms.shipping import gate as gates
from wms.shipping.models import Load, Mismatch
from wms.shipping.words import parcels


class DoesNotMatch(Refused):
    """A plate or seal was read at the truck, and the pass says another."""

    code = "does_not_match"
    sentence = T(
        "{scanned} is neither plate {plate} nor seal {seal} of {number}", "{scanned} 与 {number} 的车牌 {plate}、封签 {seal} 都不符"
    )
    advice = T("Hold the truck: choose “Does not match”", "请扣车，并选“不相符”")


def _gate_facts(notes: Notes) -> list[Fact]:
    if "pass" not in notes:
        return []
    return [
        Fact(T("Plate", "车牌"), notes.get("plate") or "–", strong=True),
        Fact(T("Seal", "封签"), notes.get("seal") or T("none", "无"), detail=notes.get("no_seal")),
        Fact(T("Units", "件数"), T(*notes["units"]), strong=True),
        Fact(T("Driver", "司机"), notes.get("driver") or "–", detail=notes.get("carrier")),
    ]


gate = Flow(
    "gate",
    title=T("Gate", "门卫放行"),
    needs=Permission.GATE,
    document="number",
    facts=_gate_facts,
    waiting=waiting.at_the_gate,
)


def _pass(number: str, by: Actor) -> Load | None:
    try:
        return gates.find(number, by=by)
    except gates.GatePassUnknown:
        return None


def _both(text: Text) -> list[str]:
    return [text.say("en"), text.say("zh_CN")]


def _look_at(one: Load) -> Go:
    units = gates.check(one)
    return Go(
        "check",
        notes={
            "pass": one.gate_pass,
            "number": one.number,
            "plate": one.plate or one.vehicle,
            "seal": one.seal,
            "no_seal": one.no_seal,
            "units": _both(parcels(len(units), (unit.kind for unit in units))),
            "driver": one.driver,
            "carrier": found.partner_name(one.carrier_id),
        },
        say=T("Compare plate and seal with the truck", "请核对车牌与封签"),
        detail=T("Right: scan the gate pass again. Wrong: “Does not match”", "相符则再次扫描出门证，否则选“不相符”"),
        tone="ask",
    )


@gate.step(
    "start",
    ask=T("Scan gate pass", "扫描出门证"),
    accepts=[Kind.DOCUMENT],
    documents=_pass,
    leads_to=["check"],
    hint=T("Gate pass", "出门证"),
)
def scan_pass(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    return _look_at(scan.document)


@gate.step(
    "check",
    ask=T("Scan it again", "再次扫描"),
    accepts=[Kind.DOCUMENT, Kind.SERIAL],
    documents=_pass,
    expected="pass",
    leads_to=["start", "check"],
    hint=T("Gate pass, plate or seal", "出门证、车牌或封签"),
    help=T(
        "Compare plate, seal and units with the truck; they may be scanned or typed. Then scan the gate pass again.",
        "请核对车牌、封签和件数，可扫描或输入比对；无误则再次扫描出门证。",
    ),
)
def let_out(scan: Scan, notes: Notes) -> Go:
    if scan.kind is Kind.SERIAL:
        return _compare(scan, notes)
    if scan.document.gate_pass != notes["pass"]:
        return _look_at(scan.document)
    left = gates.leave(notes["pass"], by=scan.by, key=scan.key)
    said = T(
        "{plate} has left with {units}",
        "{plate} 已放行，共 {units}",
        plate=notes.get("plate") or notes["number"],
        units=left.words,
    )
    return Go("start", say=said, posted=True)


def _compare(scan: Scan, notes: Notes) -> Go:
    """What is read at the truck against what the pass says."""
    plate, seal = notes.get("plate"), notes.get("seal")
    if _written(scan.value) not in {_written(one) for one in (plate, seal) if one}:
        raise DoesNotMatch(scanned=scan.value, plate=plate or "–", seal=seal or "–", number=notes["number"])
    return Go(
        "check",
        say=T("{scanned} is right", "{scanned} 相符", scanned=scan.value),
        detail=T("Scan the gate pass again", "请再次扫描出门证"),
    )


def _written(plate: str) -> str:
    """Without what separates the parts of a plate: 沪A·12345, 沪A 12345."""
    return "".join(one for one in fold(plate) if one.isalnum())


@gate.command("check", "MISMATCH", label=T("Does not match", "不相符"), leads_to=["mismatch"])
def does_not_match(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    return Go("mismatch", tone="ask")


@gate.step(
    "mismatch",
    ask=T("What does not match?", "哪里不符？"),
    accepts=[Kind.REASON],
    reasons={one.value: one.text for one in Mismatch},
    leads_to=["start"],
)
def hold_truck(scan: Scan, notes: Notes) -> Go:
    reason = Mismatch(scan.value)
    held = gates.hold(notes["pass"], reason, by=scan.by)
    said = T("{number} stays here: {reason}", "{number} 不放行：{reason}", number=held.number, reason=reason.text)
    then = T("It is on dispatch's list now; call the dispatcher", "已提交调度处理，请同时电话联系调度")
    return Go("start", notes={"held": held.id}, say=said, detail=then, tone="ask", posted=True)


@gate.before_each_scan
def still_good(notes: Notes, by: Actor) -> None:
    """Dispatch may open the load again while the guard looks at the truck: its pass is void from then on."""
    if "pass" in notes:
        gates.find(notes["pass"], by=by)


@gate.when_moved_on(gates.GatePassVoid, gates.GatePassUnknown, leads_to=["start"])
def pass_is_void(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    said = T(
        "{gate_pass} is void: {number} was opened again",
        "{gate_pass} 已作废：{number} 已重新打开",
        gate_pass=notes["pass"],
        number=notes["number"],
    )
    return Go("start", say=said, detail=T("The truck stays; it gets a new gate pass", "请扣车，等待新的出门证"))


@gate.command("start", "UNDO", label=T("It matches after all", "撤销扣车"), leads_to=["start"], when=lambda notes: bool(notes.get("held")))
def matches_after_all(scan: Scan, notes: Notes) -> Go:
    one = gates.clear(notes["held"], by=scan.by)
    return Go("start", say=T("{number} may go: scan its gate pass", "{number} 可放行，请扫描出门证", number=one.number), posted=True)
