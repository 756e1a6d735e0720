"""One order as sales reads it: where it is, what is wrong with it and why, what was promised, and whom to ask."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from wms import clock
from wms.actor import Role
from wms.auth.models import Person
from wms.db import session
from wms.i18n import T, Text, at, units
from wms.orders import exceptions, gate
from wms.orders.models import OrderStatus
from wms.orders.queries import LEFT, UNFINISHED, LineView, OrderView, Paper
from wms.orders.timeline import Happening
from wms.sales import words
from wms.sales.words import Step

S = OrderStatus
_NAMED = 3
_AND = {"en": "; ", "zh_CN": "；"}


@dataclass(frozen=True)
class Trouble:
    """Something that keeps an order from going as promised, and why."""

    tone: str
    text: str
    why: str = ""


@dataclass(frozen=True)
class Ask:
    """Whom to ask about it, and for what."""

    what: Text
    who: Text
    names: Sequence[str] = ()


@dataclass(frozen=True)
class Standing:
    """How an order stands, in as few words as a list has room for."""

    order: OrderView
    stands: Text
    troubles: Sequence[Trouble]
    can_ship: str
    promise: Text | None
    promise_tone: str


@dataclass(frozen=True)
class SalesOrder(Standing):
    """An order with all that sales wants to know of it."""

    steps: Sequence[Step]
    events: Sequence[Happening]
    asks: Sequence[Ask]
    papers: Sequence[Paper]


def standing(order: OrderView, language: str) -> Standing:
    """How an order stands, in the words of sales."""
    promise, tone = _promise(order)
    troubles = list(_troubles(order, language))
    lacking = _lacking(order, language)
    said_already = lacking and lacking in (one.why for one in troubles) and order.can_ship_on is None
    return Standing(order, words.STANDS[order.status], troubles, "" if said_already else _can_ship(order, language), promise, tone)


def told(order: OrderView, language: str) -> SalesOrder:
    """All of an order in the words of sales."""
    return SalesOrder(
        **vars(standing(order, language)),
        steps=words.steps(order.status, order.events),
        events=words.timeline(order.events, language),
        asks=list(_asks(order)),
        papers=_papers(order, language),
    )


# -- what is wrong, and why --------------------------------------------------------------------------------------------


def _troubles(order: OrderView, language: str) -> Iterable[Trouble]:
    for hold in order.holds:
        yield Trouble("ask", hold.reason, hold.who)
    if order.late:
        late = T("It should have left {due}", "应于{due} 发货，现已逾期")
        yield Trouble("stop", late.say(language, due=at(order.due_at)), _why_late(order, language))
    elif order.waits_beyond:
        text = T("It will be late: all of it can leave on {day}", "将逾期：全部货物最早 {day} 可发", day=order.waits_beyond)
        yield Trouble("ask", text.say(language), _lacking(order, language))
    elif order.will_be_late and order.expected is not None:
        text = T("It may be late: as work goes now it is ready about {at}", "可能逾期：按目前进度约{at} 备妥")
        due = T("It should leave {due}", "应于{due} 发货")
        yield Trouble("ask", text.say(language, at=at(order.expected.ready_at)), due.say(language, due=at(order.due_at)))
    elif order.status in UNFINISHED and not order.holds and (lacking := _lacking(order, language)):
        yield Trouble("ask", T("It waits for goods", "等待到货").say(language), lacking)
    for line in order.lines:
        if line.short and order.status is not S.CANCELLED:
            text = T("{n} of {name} could not be found and will not be sent", "{name} 缺 {n}，不再发货")
            advice = T("Order them anew, or tell the customer", "请补单或告知客户")
            yield Trouble("stop", text.say(language, n=units(line.short, line.decimals), name=line.name), advice.say(language))


def _why_late(order: OrderView, language: str) -> str:
    """Why it has not left: what holds it, what lacks, or how far the warehouse is."""
    if order.holds:
        return T("Because it waits for a decision, see above", "原因：等待处理，见上").say(language)
    lacking = _lacking(order, language)
    if lacking:
        return lacking
    if order.status is S.RECEIVED:
        return T("Because nobody has released it to the warehouse", "原因：尚未放行给仓库").say(language)
    since = next((event.at for event in reversed(order.events) if event.code == f"order.{order.status.value}"), None)
    stands = words.STANDS[order.status]
    return T("{stands}, since {since}", "{stands}（自{since} 起）", stands=stands, since=at(since or order.updated_at)).say(language)


def _lacking(order: OrderView, language: str) -> str:
    """The goods that are not here, and when they come."""
    lacking = dict.fromkeys(_line_waits(line, language) for line in order.lines if line.waits_for_goods)  # two lines may say the same
    return _AND[language].join(list(lacking)[:_NAMED])


def _line_waits(line: LineView, language: str) -> str:
    when = T("from {day}", "{day} 起可发", day=line.can_ship_on) if line.can_ship_on else T("date not known", "日期未定")
    why = ", ".join(line.can_ship_why) if language == "en" else "，".join(line.can_ship_why)
    return T("{name}: {when} ({why})", "{name}：{when}（{why}）", name=line.name, when=when, why=why).say(language)


def _can_ship(order: OrderView, language: str) -> str:
    """When all of it can leave, because of what."""
    if not order.open or order.status in LEFT:
        return ""
    lacking = _lacking(order, language)
    why = lacking or T("all of it is in stock", "货物齐全，均有库存").say(language)
    if order.can_ship_on is None:
        return T("Nobody knows yet when it can leave: {why}", "发货日期未定：{why}", why=why).say(language)
    return T("Can leave on {day}: {why}", "{day} 可发：{why}", day=order.can_ship_on, why=why).say(language)


def _promise(order: OrderView) -> tuple[Text | None, str]:
    """What was promised against what became of it."""
    if order.promised_on is None or order.status is S.CANCELLED:
        return None, "calm"
    facts = {"promised": order.promised_on, "left": order.left_on}
    if order.days_late is not None:
        if order.days_late > 0:
            late = T("Promised for {promised}, left {left}: {n} {n:day/days} late", "承诺 {promised}，{left} 发货，晚 {n} 天", **facts)
            return late.with_facts(n=order.days_late), "stop"
        return T("Promised for {promised}, left {left}: kept", "承诺 {promised}，{left} 发货，如期", **facts), "good"
    over = (clock.today() - order.promised_on).days
    if order.status in UNFINISHED and over > 0:
        text = T("Promised for {promised}, and still here: {n} {n:day/days} late so far", "承诺 {promised}，尚未发货，已晚 {n} 天", **facts)
        return text.with_facts(n=over), "stop"
    return T("Promised for {promised}", "承诺 {promised} 发货", **facts), "calm"


# -- whom to ask, and what to send on ----------------------------------------------------------------------------------


def _asks(order: OrderView) -> Iterable[Ask]:
    roles: dict[Role, Text] = {}
    for hold in order.holds:
        if hold.code in gate.BY_CODE:
            roles.setdefault(exceptions.owner_of(hold.code), T("about the hold", "关于暂挂"))
    if order.status is S.RECEIVED:
        roles.setdefault(Role.SUPERVISOR, T("to release it", "请其放行"))
    elif order.status in (S.RELEASED, S.PICKING, S.PICKED, S.PACKED, S.LOADED):
        roles.setdefault(Role.SUPERVISOR, T("about the work in the warehouse", "关于仓库作业"))
    elif order.status is S.SHIPPED:
        roles.setdefault(Role.DISPATCHER, T("about the delivery", "关于送货"))
    elif order.status is S.DELIVERED:
        roles.setdefault(Role.FINANCE, T("about settling and closing", "关于结算与关闭"))
    people = _people(order.site, set(roles)) if roles else {}
    for role, what in roles.items():
        yield Ask(what, role.text, people.get(role, [])[:_NAMED])
    carriers = dict.fromkeys(one.carrier_name for one in order.shipments if one.carrier_name and one.left_at and not one.signed_at)
    for name in carriers:
        yield Ask(T("where the parcel is, by its tracking number", "凭运单号查询包裹"), T(name, name))


def _people(site: str, roles: set[Role]) -> dict[Role, list[str]]:
    """Who has these roles, and no more rights than it needs: an administrator is nobody's first address."""
    from_site = sa.text("(people.site_id IS NULL OR people.site_id = (SELECT id FROM sites WHERE code = :site))").bindparams(site=site)
    rows = session.execute(
        sa.select(Person.name, Person.roles).where(Person.active, ~Person.is_token, from_site).order_by(Person.name).limit(1000)
    )
    found: dict[Role, list[str]] = {}
    for name, theirs in rows:
        for role in roles:
            if role.value in theirs and Role.ADMIN.value not in theirs:
                found.setdefault(role, []).append(name)
    return found


def _papers(order: OrderView, language: str) -> list[Paper]:
    """What sales may send on, shipment by shipment: the slip, the note, and the note again as it was signed."""
    signed = {one.number for one in order.shipments if one.signed_at}
    papers = []
    for one in order.documents:
        if one.kind == "delivery-note" and one.number in signed:
            papers.append(Paper(one.kind, one.number, T("Delivery note, signed by the customer", "发货单（客户已签收）").say(language)))
        elif one.kind in ("delivery-note", "packing-slip", "red-outbound-note", "transfer-note"):
            papers.append(one)
    return papers
