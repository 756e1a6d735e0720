"""The picking methods side by side, before a wave is released."""

from __future__ import annotations

from typing import Any

import pytest

from tests.http import Client
from tests.picking.conftest import Hall
from tests.web.desk import Desk
from wms.actor import Role
from wms.app import Application
from wms.picking import advice, queries, views
from wms.picking.advice import METHODS


def test_the_methods_stand_side_by_side_and_nothing_is_booked(hall: Hall, app: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(4):
        hall.put(f"P{number}", 9, f"{'AB'[number % 2]}-0{number + 1}")
        hall.release(f"SO-{number}", (f"P{number}", 2), ("P0", 1))
    budgets = []
    before = advice.advise

    def watched(*args: Any, **facts: Any) -> advice.Advice:
        budgets.append(facts["budget_seconds"])
        return before(*args, **facts)

    monkeypatch.setattr(views, "advise", watched)
    desk = Desk(Client(app), Role.SUPERVISOR)
    desk.post("/picking/plan", 200, do="compare", orders=["SO-0", "SO-1", "SO-2"], seconds="30")
    page = desk.last.text
    assert "The methods side by side" in page
    table = page.split('id="compared"')[1].split("</table>")[0]
    for method in METHODS:
        assert method.text.say("en") in table
    assert table.count('value="simulate"') == len(METHODS)
    assert "SO-3" not in table, "only what was ticked"
    assert budgets == [views.COMPARED_SECONDS] * len(METHODS)
    assert queries.waiting_count(hall.by) == 4


def test_a_method_of_the_comparison_is_simulated_with_its_orders(hall: Hall, app: Application) -> None:
    hall.put("P0", 9, "A-01")
    hall.release("SO-0", ("P0", 2))
    desk = Desk(Client(app), Role.SUPERVISOR)
    desk.post("/picking/plan", 200, do="simulate", method="cluster", orders=["SO-0"], seconds="0")
    assert "Lists as they would be" in desk.last.text
