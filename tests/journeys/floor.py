"""What people on the floor do without much ado: follow the screen, put totes on a cart, send everything off."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.journeys.cast import House, Scanner, Screen
from wms.actor import Role


def on(picker: Scanner, until: Callable[[Screen], bool]) -> Screen:
    """The picker does as the screen says, until it says this."""
    for _ in range(300):
        if until(picker.screen):
            return picker.screen
        assert picker.screen.expected, f"nothing is expected at {picker.screen}"
        picker.scan(picker.screen.expected)
    raise AssertionError(f"never: {picker.screen}")


def step(*names: str, **facts: str) -> Callable[[Screen], bool]:
    """At one of these steps, with these words among the facts."""
    return lambda screen: screen.step in names and all(word in str(screen.facts) for word in facts.values())


def positions(picker: Scanner, totes: list[str]) -> dict[str, str]:
    """An empty tote is scanned for each position, and each a second time for the next one; the tote of each order."""
    own: dict[str, str] = {}
    for tote in totes:
        if own:
            last = list(own.values())[-1]
            assert (picker.scan(last).tone, last in picker.screen.text) == ("calm", True), "it stays at its position"
        number = next(word for word in str(picker.screen.facts).replace("'", " ").split() if word.startswith("SO-"))
        picker.scan(tote)
        own[number] = tote
    return own


def tasks(house: House, kind: str, *statuses: str) -> list[dict[str, Any]]:
    """The queue of work, as the API shows it."""
    found = house.api.get("/tasks", limit=500, kind=kind)["items"]
    return [task for task in found if not statuses or task["status"] in statuses]


def shipped(house: House, numbers: list[str]) -> None:
    """Packed one by one, loaded on one truck, let out."""
    cartons = [house.pack(number) for number in numbers]
    plan = house.api.post("/loads", {"carrier": "SWIFT", "door": "DOOR-1", "plate": "沪B1", "orders": numbers})
    dispatcher = house.crew(Role.DISPATCHER)
    dispatcher.look("load")
    dispatcher.scan(plan["number"], *reversed(cartons), "SEAL-1")  # what is delivered last is loaded first
    house.let_out(dispatcher.screen.printed["gate-pass"])
