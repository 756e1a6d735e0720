"""A state moves through one door, along a table of allowed moves."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from typing import Any, Generic, TypeVar

from wms.errors import Refused
from wms.i18n import T

S = TypeVar("S", bound=enum.StrEnum)


class MoveNotAllowed(Refused):
    """The thing is not in a state from which this step may be taken."""

    code = "state_not_allowed"
    sentence = T("{what} is {state}; it cannot become {wanted}", "{what} 当前为“{state}”，不能变为“{wanted}”")


class StateMachine(Generic[S]):
    """A table of allowed moves between the members of one enum.

    Every listed move passes; every other one is refused with MoveNotAllowed.
    """

    def __init__(self, states: type[S], moves: Mapping[S, Iterable[S]]) -> None:
        self.states = states
        self.moves: dict[S, frozenset[S]] = {state: frozenset(moves.get(state, ())) for state in states}

    def allows(self, state: S, wanted: S) -> bool:
        """Whether the move is listed."""
        return wanted in self.moves[state]

    def check(self, what: str, state: S, wanted: S) -> None:
        """Raises MoveNotAllowed unless the move is listed."""
        if not self.allows(state, wanted):
            words: dict[str, Any] = {"state": getattr(state, "text", state), "wanted": getattr(wanted, "text", wanted)}
            raise MoveNotAllowed(what=what, **words)
