"""Couriers: each carries what goes to one address (a webhook, a printer) in a thread of its own, so a slow one holds up nobody else."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import structlog

log = structlog.get_logger("wms.couriers")
MOST = 32


class Couriers:
    """At most one per address, and not too many at once. Who finds an address busy comes again later."""

    def __init__(self) -> None:
        self._out: dict[int, threading.Thread] = {}

    def busy(self) -> set[int]:
        """The addresses that somebody is on the way to."""
        self._out = {address: courier for address, courier in self._out.items() if courier.is_alive()}
        return set(self._out)

    def room(self) -> int:
        """How many more may go out."""
        return MOST - len(self.busy())

    def send_out(self, address: int, round_: Callable[[], None]) -> None:
        """Somebody carries this address its messages. A process that ends waits for those who are out."""
        assert address not in self.busy(), "one courier for one address, or its messages overtake each other"

        def carry() -> None:
            try:
                round_()
            except Exception:
                log.exception("courier_failed", address=address)  # what was not delivered is due again when its lease ends

        courier = threading.Thread(target=carry, name=f"courier-{address}")
        self._out[address] = courier
        courier.start()

    def wait(self, seconds: float) -> None:
        """Until all are back, but no longer than this."""
        until = time.monotonic() + seconds
        for courier in list(self._out.values()):
            courier.join(max(0.0, until - time.monotonic()))


def house_closes() -> bool:
    """Whether the process is ending, so that couriers should come home."""
    return not threading.main_thread().is_alive()
