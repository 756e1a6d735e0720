"""Pickers as clients: each on a connection of its own, following what the screen expects, timing every scan."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass
class Timings:
    """Seconds per scan, by whether it moved stock."""

    confirmed: list[float] = field(default_factory=list)
    verified: list[float] = field(default_factory=list)
    refused: int = 0
    seconds: float = 0.0


class Client:
    """One handheld."""

    def __init__(self, port: int, token: str, name: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.connection.connect()
        self.connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # head and body go out at once, as browsers send them
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self.name, self.sent = name, 0
        self.version = self._ask("GET", None)["version"]

    def _ask(self, method: str, body: dict[str, object] | None) -> dict[str, object]:
        self.connection.request(method, "/api/v1/scan/pick", json.dumps(body) if body else None, self.headers)
        response = self.connection.getresponse()
        answer: dict[str, object] = json.loads(response.read())
        if response.status != 200:
            raise RuntimeError(f"{response.status}: {answer}")
        return answer

    def scan(self, text: str) -> dict[str, object]:
        """One scan; returns the next screen."""
        self.sent += 1
        screen = self._ask("POST", {"scan": text, "version": self.version, "key": f"{self.name}-{self.sent}"})
        self.version = screen["version"]
        return screen

    def work(self, pick_list: str, timings: Timings) -> None:
        """Walks a whole list."""
        screen = self.scan(pick_list)
        while screen["expected"]:
            step = screen["step"]
            begin = time.perf_counter()
            screen = self.scan(str(screen["expected"]))
            spent = time.perf_counter() - begin
            if screen["message"]["tone"] == "stop":  # type: ignore[index]
                timings.refused += 1
                raise RuntimeError(f"refused at {step}: {screen['message']}")
            (timings.confirmed if step == "target" else timings.verified).append(spent)


def run(port: int, tokens: Sequence[tuple[str, str]], label: str) -> Timings:
    """Everybody walks their list at once; (token, pick list) each."""
    timings = Timings()
    clients = [Client(port, token, f"{label}-{number}") for number, (token, _) in enumerate(tokens)]
    failures: list[BaseException] = []

    def walk(client: Client, pick_list: str) -> None:
        try:
            client.work(pick_list, timings)
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=walk, args=(client, pair[1])) for client, pair in zip(clients, tokens, strict=True)]
    begin = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    timings.seconds = time.perf_counter() - begin
    if failures:
        raise failures[0]
    return timings


def quantiles(seconds: list[float]) -> str:
    """p50 / p95 / p99 in milliseconds."""
    ordered = sorted(seconds)
    return " / ".join(f"{ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000:.1f}" for share in (0.5, 0.95, 0.99))
