"""Somebody with a device in one flow, without HTTP: scans, and reads the screen."""

from __future__ import annotations

import itertools
from typing import Any

from wms.actor import Actor
from wms.scan.engine import Answer, Engine

_keys = itertools.count(1)


class Scanner:
    """What the device sends, and what its screen says afterwards."""

    def __init__(self, engine: Engine, by: Actor, flow: str) -> None:
        self.engine, self.by, self.flow = engine, by, flow
        self.screen: dict[str, Any] = engine.show(flow, by=by)
        self.status = 200

    def send(self, text: str, *, key: str | None = None, version: int | None = None) -> Answer:
        version = self.screen["version"] if version is None else version
        answer = self.engine.take(self.flow, text, version=version, key=key or f"scan-{next(_keys)}", by=self.by)
        self.status, self.screen = answer.status, answer.screen
        return answer

    def scan(self, *texts: Any) -> dict[str, Any]:
        for text in texts:
            self.send(str(text))
        return self.screen

    def follow(self, until: str, most: int = 40) -> dict[str, Any]:
        """Scans what is expected until a step comes."""
        for _ in range(most):
            if self.step == until:
                return self.screen
            assert self.screen["expected"], self.screen
            self.scan(self.screen["expected"])
            assert self.tone != "stop", self.screen
        raise AssertionError(f"{until} was never reached")

    @property
    def step(self) -> str:
        return str(self.screen["step"])

    @property
    def tone(self) -> str:
        return str(self.screen["message"]["tone"])

    @property
    def code(self) -> str | None:
        return self.screen["message"]["code"]  # type: ignore[no-any-return]

    @property
    def said(self) -> str:
        return str(self.screen["message"]["text"])

    @property
    def offers(self) -> list[str]:
        return [action["scan"] for action in self.screen["actions"]]

    @property
    def printed(self) -> list[str]:
        return [paper["kind"] for paper in self.screen["printed"]]
