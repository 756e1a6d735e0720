"""The ways to a printer: a socket to port 9100, or a file in a folder. No database here; whatever goes wrong is said in words.

Two kinds of failure, and the difference is all that matters: Unreached, when nothing has gone out and it can be tried again safely; and
Interrupted, when some of it has, and nobody knows whether it was printed.
"""

from __future__ import annotations

import contextlib
import os
import re
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from wms.i18n import T, Text

CONNECT_SECONDS = 3.0
SEND_SECONDS = 20.0
"""So long a printer may take to take in one job."""
GOODBYE_SECONDS = 1.0
"""So long we listen whether a printer breaks the connection off after the last byte; most say nothing at all."""
CHUNK = 16_384


class Unreached(Exception):
    """Nothing has gone out."""

    def __init__(self, why: Text) -> None:
        self.why = why
        super().__init__(why.say("en"))


class Interrupted(Unreached):
    """Some of it has gone out."""


class Channel(Protocol):
    """An open way to a printer."""

    def send(self, content: bytes) -> None:
        """Sends all of it. Raises Unreached, Interrupted."""


@dataclass(frozen=True)
class Wire:
    """A label printer on the network."""

    host: str
    port: int
    asks_state: bool

    @contextlib.contextmanager
    def open(self) -> Iterator[Channel]:
        """Connects, and asks the printer whether it can print where it answers that. Raises Unreached."""
        try:
            connected = socket.create_connection((self.host, self.port), CONNECT_SECONDS)
        except OSError as error:
            raise Unreached(_no_connection(error)) from error
        with connected:
            if self.asks_state:
                wrong = _state(connected)
                if wrong is not None:
                    raise Unreached(wrong)
            yield _Socket(connected)


@dataclass(frozen=True)
class _Socket:
    connected: socket.socket

    def send(self, content: bytes) -> None:
        until, gone = time.monotonic() + SEND_SECONDS, 0
        try:
            while gone < len(content):
                self.connected.settimeout(max(0.1, until - time.monotonic()))
                gone += self.connected.send(content[gone : gone + CHUNK])
                if time.monotonic() > until:
                    raise TimeoutError
            self.connected.shutdown(socket.SHUT_WR)
            self._broken_off()
        except OSError as error:
            raise (Interrupted(_broken(error)) if gone else Unreached(_no_connection(error))) from error

    def _broken_off(self) -> None:
        """A printer that resets the connection has thrown away what it had not read."""
        self.connected.settimeout(GOODBYE_SECONDS)
        with contextlib.suppress(TimeoutError):
            while self.connected.recv(1024):
                pass


@dataclass(frozen=True)
class Folder:
    """A folder that another program prints from: a file is there whole, or not at all."""

    folder: Path
    name: str

    @contextlib.contextmanager
    def open(self) -> Iterator[Channel]:
        """Makes the folder where it is not there. Raises Unreached."""
        try:
            self.folder.mkdir(exist_ok=True)
        except OSError as error:
            raise Unreached(_no_folder(error)) from error
        yield self

    def send(self, content: bytes) -> None:
        """Writes beside, then gives it its name."""
        beside, there = self.folder / f".{self.name}.part", self.folder / self.name
        try:
            with beside.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(there)
        except OSError as error:
            with contextlib.suppress(OSError):
                beside.unlink()
            raise Unreached(_no_folder(error)) from error


def file_name(job: int, kind: str, number: str, ending: str) -> str:
    """The name of a job's file: nothing of what people typed but letters, digits, dots and dashes."""
    safe = re.sub(r"[^A-Za-z0-9-]+", "-", number).strip("-")[:60] or "-"
    return f"{job:09d}-{kind}-{safe}.{ending}"


# -- the printer's own state ---------------------------------------------------------------------------------------------

_ANSWER = re.compile(rb"\x02([^\x03]{5,200})\x03")
_SILENT = T("it does not answer the question for its state", "打印机不回应状态查询")
_FLAWS = (
    (0, 1, T("paper is out", "缺纸")),
    (0, 2, T("it is paused", "打印机已暂停")),
    (0, 5, T("its memory is full", "打印机缓存已满")),
    (1, 2, T("its head is open", "打印头未合上")),
    (1, 3, T("ribbon is out", "碳带用完")),
)


def _state(connected: socket.socket) -> Text | None:
    """What keeps it from printing; None where nothing does."""
    connected.settimeout(CONNECT_SECONDS)
    until, heard = time.monotonic() + CONNECT_SECONDS, b""
    try:
        connected.sendall(b"~HS\r\n")
        while len(_ANSWER.findall(heard)) < 2 and time.monotonic() < until and len(heard) < 2000:
            more = connected.recv(1024)
            if not more:
                break
            heard += more
    except TimeoutError:
        return _SILENT
    except OSError as error:
        return _no_connection(error)
    lines = [line.split(b",") for line in _ANSWER.findall(heard)]
    if len(lines) < 2:
        return _SILENT
    wrong = [words for line, place, words in _FLAWS if len(lines[line]) > place and lines[line][place].strip() == b"1"]
    return wrong[0] if wrong else None


def _no_connection(error: OSError) -> Text:
    if isinstance(error, socket.gaierror):
        return T("its name is not known on this network", "网络中找不到该主机名")
    if isinstance(error, TimeoutError):
        return T("it does not answer", "无应答")
    if isinstance(error, ConnectionRefusedError):
        return T("it refuses the connection", "拒绝连接")
    return T("there is no way to it", "网络不通")


def _broken(error: OSError) -> Text:
    if isinstance(error, TimeoutError):
        return T("it stopped taking the data in", "接收中途停止响应")
    return T("it broke the connection off", "传输中断开连接")


def _no_folder(error: OSError) -> Text:
    if isinstance(error, PermissionError):
        return T("its folder may not be written", "文件夹不可写")
    return T("its folder cannot be written", "无法写入文件夹")
