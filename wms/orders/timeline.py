"""The timeline of an order in plain words: what happened, when, and who did it, as sales reads it and the API answers it."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import sqlalchemy as sa

from wms.catalog.models import Product
from wms.db import fold, read, session, table_of
from wms.events import Event
from wms.i18n import Goods, T, Text, listed, units
from wms.orders import gate
from wms.orders.models import CheckIn, OrderStatus
from wms.orders.outside import PEOPLE

# What each code means, in the words of the trade. A story that records a code of its own adds its sentence with `teach`.
_WORDS: dict[str, tuple[Text, str]] = {
    "order.received": (T("Order received", "已接单"), "calm"),
    "order.held": (T("Held: {holds}", "暂挂：{holds}"), "ask"),
    "order.lifted": (T("The cause is gone: {holds}", "暂挂原因已消除：{holds}"), "good"),
    "order.approved": (T("Approved: {holds}", "已审批：{holds}"), "good"),
    "order.changed": (T("Changed: {what}", "已修改：{what}"), "calm"),
    "order.copied": (T("Copied from {source}", "复制自 {source}"), "calm"),
    "order.split": (T("A part went to {into}", "部分已拆至 {into}"), "calm"),
    "order.split_off": (T("Split from {source}", "拆自 {source}"), "calm"),
    "order.merged": (T("Merged into {into}", "已并入 {into}"), "calm"),
    "order.merged_in": (T("Merged with {orders}", "{orders} 已并入本单"), "calm"),
    "order.settled": (T("Settled by finance", "财务已结算"), "good"),
    "order.owed_back": (T("Settled, and less of it goes, or some came back: money to pay back", "已结算后发货减少或有退货，待退款"), "ask"),
    "order.paid_back": (T("Paid back by finance", "财务已退款"), "good"),
    "order.promised": (T("More stock promised: {quantity}", "追加预占 {quantity}"), "calm"),
    "order.released": (T("Released to the warehouse", "已放行，交仓库作业"), "good"),
    "order.planned": (T("Pick list {list} planned", "已排拣货单 {list}"), "calm"),
    "order.picking": (T("Picking has begun", "开始拣货"), "calm"),
    "order.short": (T("Short: {quantity} of {sku}", "缺货：{sku} 少 {quantity}"), "stop"),
    "order.picked": (T("Picked", "已拣货"), "calm"),
    "order.packed": (T("Packed", "已打包"), "calm"),
    "order.loaded": (T("Loaded", "已装车"), "calm"),
    "order.shipped": (T("Left the gate", "已发货"), "good"),
    "order.delivered": (T("Signed for by {signed_by}", "已签收，签收人 {signed_by}"), "good"),
    "order.closed": (T("Closed", "已关闭"), "calm"),
    "order.cancelled": (T("Cancelled", "已取消"), "stop"),
    "order.rest_cancelled": (T("What had not left yet was cancelled", "未发货部分已取消"), "stop"),
    "inbound.announced": (T("Announced", "已通知"), "calm"),
    "inbound.arriving": (T("The vehicle has arrived", "车辆已到"), "calm"),
    "inbound.receiving": (T("Receiving has begun", "开始收货"), "calm"),
    "inbound.received": (T("Everything announced is received", "已全部收货"), "good"),
    "inbound.check_in": (T("Check-in: {check_in}", "收货方式：{check_in}"), "calm"),
    "inbound.closed": (T("Closed", "已关闭"), "calm"),
}
_BACK = T("Nothing holds it any more; it waits for release", "暂挂已解除，待放行")
_STEP_BACK = {
    "order.received": _BACK,
    "order.picking": T("Back in picking", "退回拣货"),
    "order.picked": T("Unpacked again", "退回待打包"),
    "order.packed": T("Unloaded again", "已卸车"),
    "order.released": T("Back to released", "退回已放行"),
    "order.loaded": T("The truck came back: it is on board again", "车辆折返，货物仍在车上"),
}
_FIELDS = {
    "priority": T("priority", "优先级"),
    "due_at": T("due", "承诺时间"),
    "ship_complete": T("complete only", "整单发运"),
    "allow_backorder": T("back-orders", "允许欠货"),
    "carrier": T("carrier", "承运商"),
    "ship_to": T("address", "收货地址"),
    "notes": T("notes", "备注"),
    "reference": T("customer's number", "客户单号"),
    "services": T("value-added work", "增值加工"),
}
_LINE = T("line {line}", "第 {line} 行")
_TO = T("{name}: {before} → {after}", "{name}：{before} → {after}")
_ADDED = T("line {line}: {sku} {after} new", "第 {line} 行：新增 {sku} {after}")
_REMOVED = T("line {line}: {sku} {before} taken out", "第 {line} 行：删除 {sku} {before}")
_DAY = T("promised for {day}", "承诺 {day} 发货")
_PUT_BACK = T("Tasks to put the goods back: {put_back}", "已派 {put_back} 个回库任务")
_CARTONS = T("Opened again for another label or content: {cartons}", "重新打开换标签或取货：{cartons}")
_REST = T("The rest will not come: {lines}", "余货不再到：{lines}")
_OF_LINE = T("{quantity} of line {line}", "第 {line} 行 {quantity}")
_DIFFERENCES = T("Lines that differ: {differences}", "{differences} 行有差异")


@dataclass(frozen=True)
class Happening:
    """One line of a timeline."""

    at: dt.datetime
    code: str
    text: str
    by: str | None
    tone: str
    detail: str | None
    into: str | None = None
    """The number of the document that it went into."""


_REASONS: dict[str, Text] = {}
_FACTS: dict[str, dict[str, Text]] = {"check_in": {how.value: how.text for how in CheckIn}}


class _Blank(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return ""


def teach(code: str, text: Text, tone: str = "calm") -> None:
    """Adds the sentence of a story's own event."""
    _WORDS[code] = (text, tone)


def teach_reasons(words: Mapping[str, Text]) -> None:
    """Adds the words of a story's own reasons, which events keep as codes."""
    _REASONS.update(words)


def reason_text(reason: str) -> Text | str:
    """A reason in words, where a story has taught them; else as it is."""
    return _REASONS.get(reason, reason)


def teach_facts(name: str, words: Mapping[str, Text]) -> None:
    """Adds the words of a fact that events keep as a code, for sentences in which it is named."""
    _FACTS.setdefault(name, {}).update(words)


_EV = table_of(Event)
_HAPPENED = (
    sa.select(_EV.c.subject_id, _EV.c.at, _EV.c.code, _EV.c.facts, PEOPLE.c.name.label("by"))
    .outerjoin(PEOPLE, PEOPLE.c.id == _EV.c.by_id)
    .where(_EV.c.subject_kind == sa.bindparam("kind"), _EV.c.subject_id.in_(sa.bindparam("ids", expanding=True)))
    .order_by(_EV.c.id)
)


def timelines(kind: str, subject_ids: Iterable[int], language: str) -> dict[int, list[Happening]]:
    """What happened to several subjects of one kind, oldest first, read together."""
    rows = read(_HAPPENED, {"kind": kind, "ids": list(subject_ids)}).all()
    found: dict[int, list[Happening]] = defaultdict(list)
    for row, facts in zip(rows, as_counted([row.facts for row in rows]), strict=True):
        text, tone = in_words(row.code, facts, language)
        detail = detail_in_words(facts, language)
        found[row.subject_id].append(Happening(row.at, row.code, text, row.by, tone, detail, facts.get("into")))
    return found


def as_counted(told: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The same facts, with quantities of products that have decimals as people write them: 1250 of what is shown in kilograms is 1.25."""
    skus = {str(one["sku"]) for facts in told for one in (facts, *chain(*_within(facts).values())) if "sku" in one}
    if not skus:
        return list(told)
    named = sa.select(Product.sku, Product.decimals).where(Product.sku_key.in_({fold(sku) for sku in skus}), Product.decimals > 0)
    decimals = {row.sku: row.decimals for row in session.execute(named)}
    return [_counted(facts, decimals) for facts in told] if decimals else list(told)


def _counted(facts: Mapping[str, Any], decimals: Mapping[str, int]) -> Mapping[str, Any]:
    shown = dict(facts)
    for name, sku in (("quantity", "sku"), ("before", "sku"), ("after", "now" if "now" in facts else "sku")):
        if isinstance(facts.get(name), int) and facts.get(sku) in decimals:
            shown[name] = units(facts[name], decimals[facts[sku]])
    for name, some in _within(facts).items():
        if name == "changes":
            shown[name] = [_counted(one, decimals) for one in some]
        else:
            shown[name] = [{**one, "decimals": decimals.get(one.get("sku", ""), 0)} for one in some]
    return shown


def _within(facts: Mapping[str, Any]) -> dict[str, list[Mapping[str, Any]]]:
    """The facts that are told of several products."""
    return {name: facts[name] for name in ("changes", "goods", "differences") if isinstance(facts.get(name), list)}


def _goods(told: Iterable[Mapping[str, Any]]) -> Goods:
    found: dict[tuple[str, int], int] = {}
    for one in told:
        counted = (one["sku"], one.get("decimals", 0))
        found[counted] = found.get(counted, 0) + one["quantity"]
    return found


def in_words(code: str, facts: Mapping[str, Any], language: str) -> tuple[str, str]:
    """One event as a sentence in the reader's language, and its tone."""
    known = _WORDS.get(code)
    if known is None:
        return code.replace("_", " ").replace(".", " · "), "calm"
    text, tone = known
    before = facts.get("before")
    if before and code in _STEP_BACK and _is_step_back(code, str(before)):
        text, tone = _STEP_BACK[code], "calm"
    said = _Blank({name: fact for name, fact in facts.items() if fact is not None})
    for name in said.keys() & _FACTS.keys():
        words = _FACTS[name].get(str(facts[name]))
        said[name] = words.say(language) if words else facts[name]
    if "goods" in facts:
        said["quantity"] = listed(_goods(facts["goods"])).say(language)
    if "holds" in facts:
        said["holds"] = ("、" if language == "zh_CN" else ", ").join(_title(one, language) for one in facts["holds"])
    if isinstance(facts.get("orders"), str):
        said["orders"] = facts["orders"] if language == "zh_CN" else facts["orders"].replace("、", ", ")
    if "changes" in facts:
        names = dict.fromkeys(_changed_name(one).say(language) for one in facts["changes"])
        said["what"] = ("、" if language == "zh_CN" else ", ").join(names)
    pattern = text.zh if language == "zh_CN" else text.en
    return " ".join(pattern.format_map(said).split()).replace(" （", "（"), tone


def _title(code: str, language: str) -> str:
    rule = gate.BY_CODE.get(code)
    return rule.title.say(language) if rule else code


def _is_step_back(code: str, before: str) -> bool:
    order = [status.value for status in OrderStatus]
    now = code.partition(".")[2]
    return now in order and before in order and order.index(before) > order.index(now)


def _changed_name(change: Mapping[str, Any]) -> Text:
    return _FIELDS.get(change["what"]) or _LINE.with_facts(line=change["line"])


def _changed(change: Mapping[str, Any], language: str) -> str:
    """One change from what it was to what it is."""
    if change["what"] == "line_added":
        return _ADDED.say(language, **change)
    if change["what"] == "line_removed":
        return _REMOVED.say(language, **change)
    before, after = (_value(change[name], change["what"]) for name in ("before", "after"))
    if change["what"] == "line":
        before = f"{change['sku']} {before}"
        after = after if change["now"] == change["sku"] else f"{change['now']} {after}"
    return _TO.say(language, name=_changed_name(change), before=before, after=after)


def changes_in_words(changes: Iterable[Mapping[str, Any]], language: str) -> list[str]:
    """What is different, a sentence each."""
    return [_changed(one, language) for one in as_counted(list(changes))]


def _value(value: Any, what: str) -> Any:
    if isinstance(value, bool):
        return T("yes", "是") if value else T("no", "否")
    if value is None:
        return "–"
    return dt.datetime.fromisoformat(value) if what == "due_at" else value


def detail_in_words(facts: Mapping[str, Any], language: str) -> str | None:
    """What one event says besides its sentence: the reason, what was changed, what becomes of the goods."""
    said = [_changed(one, language) for one in facts.get("changes", ())]
    if facts.get("reason"):
        known = _REASONS.get(str(facts["reason"]))
        said.append(known.say(language) if known else str(facts["reason"]))
    if facts.get("day"):
        said.append(_DAY.say(language, day=dt.date.fromisoformat(facts["day"])))
    if facts.get("cartons"):
        ends = ("、" if language == "zh_CN" else ", ").join(f"…{str(code)[-6:]}" for code in facts["cartons"])
        said.append(_CARTONS.say(language, cartons=ends))
    if facts.get("put_back"):
        said.append(_PUT_BACK.say(language, put_back=facts["put_back"]))
    if isinstance(facts.get("differences"), int) and facts["differences"]:
        said.append(_DIFFERENCES.say(language, differences=facts["differences"]))
    if isinstance(facts.get("differences"), list):
        said.extend(_not_coming(facts["differences"], language))
    return ("；" if language == "zh_CN" else "; ").join(said) or None


def _not_coming(differences: list[Mapping[str, Any]], language: str) -> list[str]:
    """What of an inbound order that was closed short will not come, line by line; of very many lines the first ones."""
    short = [one for one in differences if one["received"] < one["expected"]]
    lacking = [(one["line"], units(one["expected"] - one["received"], one.get("decimals", 0))) for one in short]
    if not lacking:
        return []
    words = [_OF_LINE.say(language, line=line, quantity=quantity) for line, quantity in lacking[:3]] + ["…"] * (len(lacking) > 3)
    return [_REST.say(language, lines=("、" if language == "zh_CN" else ", ").join(words))]
