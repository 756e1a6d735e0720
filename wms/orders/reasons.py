"""Why this batch, why this bin, and why goods lack, in words: claims and lines keep it as codes from the moment of choice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from wms.catalog.models import BinChoice, Rotation
from wms.i18n import T, Text
from wms.orders import timeline

_BY = {
    "customer": T("by the customer's rule", "按客户要求"),
    "product": T("as set for the product", "按商品设置"),
    "site": T("by the site's rule", "按仓库设置"),
}
_BATCH = T("{rule}, {by}", "{rule}（{by}）")
_LOT = T("Lot {lot}, as the order names it", "订单指定批号 {lot}")
_ONE_BATCH = T("all of it from one batch", "整行同一批次")
_PASSED = {
    "life": T(
        "lot {lot} passed over: it keeps {days} days, {wanted} are asked for", "跳过批号 {lot}：剩余效期 {days} 天，要求 {wanted} 天"
    ),
    "kept": T("lot {lot} passed over: orders that name it have reserved it", "跳过批号 {lot}：已被指定该批号的订单保留"),
    "too_little": T("lot {lot} passed over: it has only {there}", "跳过批号 {lot}：仅有 {there}"),
}
_CHOSEN = T("Chosen by {by} at the rack, instead of {instead}", "由{by}在货架处改选，原为 {instead}")
_EXCHANGED = T("Exchanged for {instead}, which {by} picked for another order", "与{by}为其他订单拣走的 {instead} 互换")
_ONLY_PLACE = T("The only bin with goods of this age", "该批龄仅此一处有货")
_BIN = T("{rule}, {by}, of {places} bins with goods of this age", "{rule}（{by}），同批龄共 {places} 处库位")
_WINDOW = T("{window} days count as one age", "{window} 天内视为同批龄")
_LACKING = {
    "lot": T("Of lot {lot} only {quantity} are free", "批号 {lot} 仅有 {quantity} 可用"),
    "life": T("{quantity} keep fewer than {days} days", "{quantity} 剩余效期不足 {days} 天"),
    "kept": T("{quantity} are reserved for orders that name their lot", "{quantity} 已被指定批号的订单保留"),
    "one_batch": T("All of it is to be of one batch, and the largest has {quantity}", "要求整行同一批次，最大批次仅有 {quantity}"),
    "ship_complete": T("The order ships complete, and not everything is there", "要求整单发运，货物尚不齐全"),
    "doubted": T("{quantity} lie where goods were missed, and wait to be counted", "{quantity} 所在库位曾缺货，待盘点"),
    "expired": T("{quantity} have expired", "{quantity} 已过期"),
    "inspection": T("{quantity} are in inspection", "{quantity} 待检"),
    "not_good": T("{quantity} are damaged or blocked", "{quantity} 残损或冻结"),
    "of_others": T("{quantity} belong to others", "{quantity} 属于其他货主"),
    "on_its_way": T("{quantity} are not in racks or pick faces yet", "{quantity} 尚未进入存储位或拣货位"),
    "taken": T("{quantity} are held for orders already", "{quantity} 已分配给订单"),
    "short_pick": T("The picker missed {quantity}: {reason}", "拣货时缺 {quantity}：{reason}"),
    "nothing": T("There is none", "没有库存"),
}


def of_claim(reasons: Iterable[Mapping[str, Any]] | None, language: str) -> list[str]:
    """Why this batch, and why this bin, a sentence each; nothing where it was not noted."""
    return [_one(reason, language) for reason in reasons or ()]


def _one(reason: Mapping[str, Any], language: str) -> str:
    code = str(reason.get("code"))
    if code in ("chosen", "exchanged"):
        return (_CHOSEN if code == "chosen" else _EXCHANGED).with_facts(by=reason.get("by"), instead=reason.get("instead")).say(language)
    by = _BY.get(str(reason.get("by")), _BY["product"])
    if code in {choice.value for choice in BinChoice}:
        said = [
            _ONLY_PLACE if reason.get("places") == 1 else _BIN.with_facts(rule=BinChoice(code).text, by=by, places=reason.get("places"))
        ]
        if reason.get("window") and reason.get("places") != 1:
            said.append(_WINDOW.with_facts(window=reason["window"]))
        return _joined(said, language)
    known = {rotation.value for rotation in Rotation}
    said = [_BATCH.with_facts(rule=Rotation(code).text, by=by) if code in known else _LOT.with_facts(lot=reason.get("lot"))]
    if reason.get("one_batch"):
        said.append(_ONE_BATCH)
    said += [_PASSED[one["why"]].with_facts(**one) for one in reason.get("passed", ()) if one.get("why") in _PASSED]
    return _joined(said, language)


def of_lacking(lacking: Iterable[Mapping[str, Any]] | None, language: str) -> list[str]:
    """Why goods lack, a sentence each."""
    return [lack(one).say(language) for one in lacking or () if one.get("code") in _LACKING]


def lack(one: Mapping[str, Any]) -> Text:
    """One reason why goods lack, in words."""
    facts = {**one, "reason": timeline.reason_text(str(one["reason"]))} if "reason" in one else dict(one)
    return _LACKING[str(one["code"])].with_facts(**facts)


def _joined(said: Iterable[Text], language: str) -> str:
    return ("；" if language == "zh_CN" else "; ").join(one.say(language) for one in said)
