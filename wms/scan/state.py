"""Where a person stands in a flow, and one scan on its way: what everything in this room works on."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

from wms.actor import Actor
from wms.scan import recognise
from wms.scan.flow import Flow, Notes, Passed, Step, noted
from wms.scan.recognise import Meant
from wms.scan.screens import Shown


@dataclass(frozen=True)
class State:
    """Where a person stands: everything needed to go on, on any device."""

    step: str
    version: int = 0
    notes: Notes = field(default_factory=dict)
    trail: tuple[tuple[str, Notes, int | None], ...] = ()  # steps gone through, and what was counted there when a command left
    total: int | None = None
    typed: int | None = None
    asked: tuple[str, str] | None = None
    shown: Shown = field(default_factory=Shown)
    passed: Passed | None = None  # belongs to one answer: it is not stored

    def stored(self, site_id: int) -> dict[str, Any]:
        """As JSON, with the site where the work in hand is."""
        return {
            "notes": self.notes,
            "trail": [list(one) for one in self.trail],
            "total": self.total,
            "typed": self.typed,
            "asked": list(self.asked) if self.asked else None,
            "shown": self.shown.stored(),
            "site": site_id,
        }


@dataclass(frozen=True)
class Intention:
    """One scan on its way."""

    flow: Flow
    text: str
    version: int
    key: str
    by: Actor
    device: Any = None  # what a device said to the command, before the transaction
    flows: tuple[Flow, ...] = ()  # all there are: what they know of documents is no unknown code

    @property
    def fingerprint(self) -> str:
        """What the key stands for. The version is left out: the same intention may be sent again from a fresher screen."""
        return hashlib.sha256(f"{self.flow.name}\n{self.text}".encode("utf-8", "surrogatepass")).hexdigest()

    @property
    def handler_key(self) -> str:
        """The key for operations: unique over all people, with room for a suffix."""
        key = self.key if len(self.key) <= 64 and self.key.isprintable() else hashlib.sha256(self.key.encode()).hexdigest()[:40]
        return f"{self.by.id}:{key}"

    def meant(self, text: str, step: Step, here: State) -> Meant:
        """The cleaned text at this step."""
        document = noted(step.document or self.flow.document, here.notes)
        head = document if isinstance(document, str) else None
        papers = recognise.finders([self.flow]), recognise.finders(self.flows)
        return Meant(text, self.by, self.handler_key, here.asked == (step.name, text), step, dict(here.notes), head, *papers)
