"""The desk's navigation: groups by who works there, with counts of what waits.

The group of the page opens by itself, the others by a touch; which ones somebody left open is remembered by their browser.

A story declares its entries beside its pages, in `views.py`:

    navigation = [
        Entry(RECEIVING, T("Inbound orders", "到货通知"), "receiving.index", Permission.SEE_STOCK, count=queries.expected_today),
    ]

`count` gets the acting person and returns a number, or None; it is asked at most every ten seconds per site, while pages
show the number before.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import current_app, render_template, request, url_for
from markupsafe import Markup

from wms import kept
from wms.actor import Actor, Permission
from wms.i18n import T, Text
from wms.web import access

OVERVIEW = T("Overview", "总览")
ORDERS = T("Orders", "订单")
RECEIVING = T("Inbound", "收货入库")
STOCK = T("Stock", "库存")
PICKING = T("Picking", "拣货")
SHIPPING = T("Packing and shipping", "打包发运")
STOCKTAKE = T("Counting", "盘点")
RULES = T("How work is done", "作业规则")
HOUSE = T("Master data", "基础资料")
ADMINISTRATION = T("Administration", "系统管理")
_SEQUENCE = (
    *(("overview", OVERVIEW), ("orders", ORDERS), ("inbound", RECEIVING), ("picking", PICKING), ("shipping", SHIPPING)),
    *(("stock", STOCK), ("counting", STOCKTAKE), ("rules", RULES), ("house", HOUSE), ("administration", ADMINISTRATION)),
)
_FRESH_SECONDS = 10.0
_DRAWN_MOST = 500


@dataclass(frozen=True)
class Entry:
    """One line of the navigation: shown to whoever has the permission."""

    group: Text
    text: Text
    endpoint: str
    permission: Permission
    count: Callable[[Actor], int | None] | None = None
    tone: str | None = None
    own: bool = False
    """Whether each person has a count of their own."""


def html() -> Markup:
    """The navigation for this person and page. Drawn once for all who see the same: half of a page's time went into it."""
    who = access.person()
    if who is None:
        return Markup("")
    entries = _visible(who)
    counts = _counts(entries, who)
    drawn: dict[Hashable, Markup] = current_app.extensions.setdefault("wms_navigation_drawn", {})
    nearest = _nearest(entries)
    key = (access.language(), request.script_root, request.endpoint, id(nearest), tuple(map(id, entries)), counts)
    found = drawn.get(key)
    if found is None:
        found = Markup(render_template("_layout/_navigation.html", nav=_groups(entries, counts, nearest)))  # noqa: S704  (a template of ours)
        if len(drawn) >= _DRAWN_MOST:
            drawn.clear()
        drawn[key] = found
    return found


def _visible(who: Actor) -> list[Entry]:
    """What this person may see, group by group; the same list for all who may the same."""
    known: dict[Hashable, list[Entry]] = current_app.extensions.setdefault("wms_navigation_of", {})
    key = (who.roles, who.limits)
    if key not in known:
        entries: list[Entry] = current_app.extensions["wms_navigation"]
        known[key] = [entry for _, group in _SEQUENCE for entry in entries if entry.group == group and who.may(entry.permission)]
    return known[key]


def _groups(entries: Sequence[Entry], counts: Sequence[int | None], nearest: Entry | None) -> list[dict[str, Any]]:
    language = access.language()
    found = []
    every: list[Entry] = current_app.extensions["wms_navigation"]
    here = (request.endpoint or "").partition(".")[0]
    for name, group in _SEQUENCE:
        items: list[dict[str, Any]] = [
            {
                "text": entry.text.say(language),
                "href": url_for(entry.endpoint),
                "count": count,
                "active": entry is nearest or (nearest is None and here == _room(entry) and _alone(every, here)),
                "tone": entry.tone,
            }
            for entry, count in zip(entries, counts, strict=True)
            if entry.group == group
        ]
        if items:
            called = [item for item in items if item["tone"] and item["count"]]
            tones = {item["tone"] for item in called}
            found.append(
                {
                    "name": name,
                    "text": None if group is OVERVIEW else group.say(language),
                    "items": items,
                    "count": sum(item["count"] for item in called),  # of what somebody must act on, while the group is closed
                    "tone": "stop" if "stop" in tones else next(iter(tones), None),
                    "here": any(item["active"] for item in items),
                }
            )
    if not any(group["here"] for group in found):  # a page below one of a group's: the first that its room has
        home = next((name for name, group in _SEQUENCE if any(_room(one) == here and one.group == group for one in every)), None)
        for shown in found:
            shown["here"] = shown["name"] == home
    return found


def _nearest(entries: list[Entry]) -> Entry | None:
    """The entry that this page is, or is below of by its address: of several the one that says most."""
    endpoint, path = request.endpoint, request.path + "/"
    exact = next((entry for entry in entries if entry.endpoint == endpoint), None)
    if exact is not None:
        return exact
    below = [(len(begins), entry) for begins, entry in _addresses(entries) if path.startswith(begins)]
    return max(below, key=operator.itemgetter(0), default=(0, None))[1]


def _addresses(entries: list[Entry]) -> list[tuple[str, Entry]]:
    """What the addresses of the pages below each of these begin with; below the first page of all is none."""
    known: dict[Hashable, list[tuple[str, Entry]]] = current_app.extensions.setdefault("wms_navigation_addresses", {})
    key, root = (request.script_root, id(entries)), request.script_root
    if key not in known:
        begins = [(url_for(entry.endpoint).removeprefix(root).rstrip("/") + "/", entry) for entry in entries]
        known[key] = [(address, entry) for address, entry in begins if address != "/"]
    return known[key]


def _room(entry: Entry) -> str:
    return entry.endpoint.partition(".")[0]


def _alone(entries: list[Entry], blueprint: str) -> bool:
    return sum(_room(entry) == blueprint for entry in entries) == 1


def _counts(entries: Sequence[Entry], who: Actor) -> tuple[int | None, ...]:
    known, inside = kept.of("counts", fresh_seconds=_FRESH_SECONDS), who.holds(Permission.IN_HOUSE)

    def counted(entry: Entry) -> int | None:
        if entry.count is None:
            return None
        alone = None if inside and not entry.own else who.id  # whoever works outside sees their own alone
        found: int | None = known.ask((entry.endpoint, who.site_id, alone), functools.partial(entry.count, who))
        return found

    return tuple(map(counted, entries))
