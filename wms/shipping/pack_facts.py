"""What lies before the packer, as the screen of the bench shows it."""

from __future__ import annotations

from wms.catalog.units import in_unit
from wms.i18n import T, Text
from wms.scan.flow import Action, Fact, Notes
from wms.shipping.words import tail

_BOXES_SHOWN = 3
_SERIALS_SHOWN = 3


def pack_facts(notes: Notes) -> list[Fact]:
    """What lies before the packer: the product in hand, or what still waits; the carton, and the bench where somebody said which."""
    bench = [Fact(T("Bench", "打包台"), notes["bench"])] if notes.get("bench") else []
    if "carton" not in notes:
        return bench
    facts = []
    if notes.get("fetch") and not notes.get("moves"):
        facts.append(Fact(T("Fetch it from", "先取货"), notes["fetch"], detail=T("goods lie there", "货物在该处"), strong=True))
    if notes.get("sku"):
        facts.append(Fact(T("Product", "商品"), T(notes["name"][0], notes["name"][1]), detail=notes["sku"]))
        if notes.get("upright"):
            facts.append(Fact(T("Put it in", "放置"), T("This way up", "此面向上")))
        facts.append(Fact(T("Quantity", "数量"), notes["open"], detail=in_unit(notes["open"], notes["unit"]), strong=True))
        if numbers := notes.get("serials"):
            more = T("and {n} more, any of them", "等，另有 {n} 个，任一均可", n=len(numbers) - _SERIALS_SHOWN)
            any_of = T("any of them", "任一均可") if len(numbers) > 1 else None
            listed = ", ".join(numbers[:_SERIALS_SHOWN])
            facts.append(Fact(T("Numbers", "序列号"), listed, detail=more if len(numbers) > _SERIALS_SHOWN else any_of))
    else:
        for sku, en, zh, open_, unit, to_scan in notes["lines"]:
            facts.append(_to_check(sku, T(en, zh), open_, unit, to_scan))
        if notes["more"]:
            facts.append(Fact(T("And", "另有"), T("{n} more products", "{n} 种商品", n=notes["more"])))
        if notes.get("coming"):
            facts.append(Fact(T("Being picked", "待拣来"), notes["coming"], detail=notes["number"], strong=not notes["lines"]))
    facts += _box_facts(notes)
    facts.append(Fact(T("Into carton", "装入箱"), tail(notes["carton"]), detail=notes.get("box") or notes["customer"]))
    return [*facts, *bench]


def _to_check(sku: str, name: Text, open_: int, unit: str, to_scan: int) -> Fact:
    words = {"n": open_, "unit": in_unit(open_, unit), "sku": sku}
    if not to_scan:
        return Fact(T("On trust", "免检"), name, detail=T("{n} {unit} · {sku}", "{n} {unit} · {sku}", **words))
    if to_scan < open_:
        return Fact(T("To check", "待复核"), name, detail=T("{k} of {n} {unit} · {sku}", "抽 {k}/{n} {unit} · {sku}", k=to_scan, **words))
    return Fact(T("To check", "待复核"), name, detail=T("{n} {unit} · {sku}", "{n} {unit} · {sku}", **words))


def _box_facts(notes: Notes) -> list[Fact]:
    """Which box to take, until one is chosen, and which ones will follow it."""
    if notes.get("box"):
        return []
    facts = []
    if as_is := notes.get("as_is"):
        en, zh, sku, others = as_is
        more = T(" and {n} {n:other/others}", "，另有 {n} 种", n=others) if others else ""
        facts.append(Fact(T("As it is", "原箱发运"), T(en, zh), detail=T("{sku}{more}", "{sku}{more}", sku=sku, more=more)))
    if boxes := notes.get("boxes"):
        (code, size), *others = boxes
        named = ", ".join(one for one, _ in others[:_BOXES_SHOWN]) + (" …" if len(others) > _BOXES_SHOWN else "")
        then = T("then {codes}", "随后 {codes}", codes=named) if others else None
        facts.append(Fact(T("Take box", "选用箱型"), f"{code} {size}", detail=then))
    return facts


def box_offered(notes: Notes) -> list[Action]:
    """The box that is advised, as a button."""
    if not notes.get("boxes") or notes.get("box") or notes.get("moves"):
        return []
    code = notes["boxes"][0][0]
    return [Action(code, T("Take box {code}", "选用箱型 {code}", code=code))]
