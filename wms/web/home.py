"""The home board: what waits, what is late, what is held and why, for each role.

A story declares its panels beside its pages, in `views.py`, and app.py hangs them up:

    panels = [Panel("orders-held", T("Held orders", "暂挂订单"), Permission.SEE_ORDERS, queries.held_board, roles=(Role.SALES,))]

The function gets the acting person and answers a Board. Everything is shown to supervisors, managers and administrators; to others what
names their role (or no role at all), as far as they hold the permission.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field

from flask import Blueprint, current_app, redirect, url_for
from flask.typing import ResponseReturnValue

from wms.actor import LEADS, Actor, Permission, Role
from wms.i18n import HowFar, T, Text
from wms.tasks.urgency import Lateness
from wms.web import access
from wms.web.access import allow
from wms.web.navigation import OVERVIEW, Entry
from wms.web.render import render

FLOOR_ONLY = {Role.DRIVER, Role.RECEIVER, Role.PICKER, Role.PACKER, Role.GATE, Role.COUNTER}


@dataclass(frozen=True)
class Figure:
    """One number on the board."""

    text: Text
    value: int | str
    href: str | None = None
    tone: str | None = None
    detail: Text | None = None


@dataclass(frozen=True)
class Row:
    """One thing that waits: its number, why it waits and who can lift it, since when."""

    title: str
    href: str
    why: Text | str | None = None
    at: dt.datetime | None = None
    tone: str = "calm"  # of the row: what a person must act on
    status: Text | None = None
    status_tone: str = "calm"  # of the status itself, the same wherever it is shown
    far: HowFar | None = None
    lateness: Lateness | None = None


AT_MOST = 7  # figures in a row: more cannot be read at a glance
_NOTHING = T("Nothing waits here.", "没有待办。")


@dataclass(frozen=True)
class Board:
    """What a panel shows."""

    figures: list[Figure] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    href: str | None = None  # the whole list
    empty: Text = _NOTHING
    total: int | None = None  # how many the whole list has; the rows are only its first


@dataclass(frozen=True)
class Panel:
    """A panel of the home board."""

    name: str
    title: Text
    permission: Permission
    load: Callable[[Actor], Board]
    roles: tuple[Role, ...] = ()
    only_trouble: bool = False
    """Not there at all while it has no rows."""

    def is_for(self, who: Actor) -> bool:
        """Whether this person sees it."""
        if not who.may(self.permission):
            return False
        return not self.roles or bool(who.roles & {*self.roles, *LEADS})


blueprint = Blueprint("home", __name__)
navigation = [Entry(OVERVIEW, T("Today", "今日看板"), "home.index", Permission.SIGNED_IN)]


@blueprint.get("/")
@allow(Permission.SIGNED_IN)
def index() -> ResponseReturnValue:
    """The board of the person's role; people of the floor go to their scanner, drivers to their stops."""
    who = access.person()
    assert who is not None
    if not who.holds(Permission.IN_HOUSE) and "wms_stops" in current_app.extensions:
        return redirect(url_for(current_app.extensions["wms_stops"]))
    if who.roles <= FLOOR_ONLY and "wms_scan_menu" in current_app.extensions:
        return redirect(url_for(current_app.extensions["wms_scan_menu"]))
    panels: list[Panel] = current_app.extensions["wms_panels"]
    loaded = [(panel, panel.load(who)) for panel in panels if panel.is_for(who)]
    shown = [(panel, board) for panel, board in loaded if board.rows or not panel.only_trouble]
    return render("home", panels=shown, strips=_strips(shown))


def _strips(shown: list[tuple[Panel, Board]]) -> list[list[tuple[Panel, list[Figure]]]]:
    """The figures in rows of at most seven; what belongs to one panel stays together."""
    rows: list[list[tuple[Panel, list[Figure]]]] = []
    room = 0
    for panel, board in shown:
        if not board.figures:
            continue
        if len(board.figures) > room:
            rows.append([])
            room = AT_MOST
        rows[-1].append((panel, board.figures))
        room -= len(board.figures)
    return rows
