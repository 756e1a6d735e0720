"""A label printer on this machine's loopback, on a port of its own: it takes what is sent, and misbehaves when told to."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from typing import Literal

Mood = Literal["prints", "hangs", "closes", "resets"]
WELL = b"\x02030,0,0,1225,000,0,0,0,000,0,0,0\x03\r\n\x02000,0,0,0,0,2,6,0,00000000,1,000\x03\r\n\x021234,0\x03\r\n"
NO_PAPER = WELL.replace(b"030,0,0", b"030,1,0")


class LabelPrinter:
    """Listens from `start` to `stop`; `jobs` is what came in, one entry a connection.

    prints   takes everything in          hangs    accepts, and never reads
    closes   reads a little, then closes  resets   reads a little, then throws the connection away
    """

    def __init__(self, mood: Mood = "prints", *, answers: bytes | None = None) -> None:
        self.mood: Mood = mood
        self.answers = answers
        self.jobs: list[bytes] = []
        self.asked = 0
        self.port = 0
        self._open: list[socket.socket] = []
        self._listening: socket.socket | None = None
        self.start()

    def start(self) -> None:
        listening = socket.socket()
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        listening.bind(("127.0.0.1", self.port))
        listening.listen(8)
        self.port = listening.getsockname()[1]
        self._listening = listening
        threading.Thread(target=self._serve, args=(listening,), daemon=True).start()

    def stop(self) -> None:
        """Switched off: connections are refused."""
        if self._listening is not None:
            with contextlib.suppress(OSError):
                self._listening.shutdown(socket.SHUT_RDWR)
            self._listening.close()
            self._listening = None
        for one in self._open:
            one.close()
        self._open.clear()

    def _serve(self, listening: socket.socket) -> None:
        while True:
            try:
                connected, _ = listening.accept()
            except OSError:
                return
            self._open.append(connected)
            threading.Thread(target=self._talk, args=(connected,), daemon=True).start()

    def _talk(self, connected: socket.socket) -> None:
        if self.mood == "hangs":
            return
        heard = b""
        try:
            while more := connected.recv(4096):
                heard += more
                if heard.startswith(b"~HS\r\n"):
                    heard = heard[5:]
                    self.asked += 1
                    if self.answers is not None:
                        connected.sendall(self.answers)
                if heard and self.mood in ("closes", "resets"):
                    if self.mood == "resets":
                        connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    break
        except OSError:
            pass
        if heard:
            self.jobs.append(heard)
        connected.close()
