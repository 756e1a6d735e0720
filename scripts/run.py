"""`make run`: the whole warehouse on this machine, from an empty folder to a page to sign in on. Ctrl-C ends all of it."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import unicodedata
import urllib.error
import urllib.request
from pathlib import Path
from types import FrameType

import sqlalchemy as sa

from wms.app import create_app
from wms.catalog.models import Product
from wms.config import Settings
from wms.db import session

ROOT = Path(__file__).resolve().parent.parent
VAR = ROOT / "var"
WMS = (sys.executable, "-m", "wms.cli")


def main() -> int:
    """Prepares what is missing, starts the server and the jobs, waits until somebody says stop or one of them falls over."""
    os.chdir(ROOT)
    given = os.environ.get("PORT", "8000")
    port = int(given) if given.isdecimal() else 0
    if not 1 <= port <= 65_535:
        return _fail(f"PORT must be a number from 1 to 65535, not {given!r}.")
    if _taken(port):
        return _fail(f"Port {port} is in use. Choose another one: make run PORT={port + 1}")
    VAR.mkdir(exist_ok=True)
    os.environ.setdefault("WMS_DATABASE_URL", "sqlite:///var/wms.db")
    os.environ.setdefault("WMS_SECRET_KEY", _secret())
    os.environ.setdefault("WMS_COMPANY_NAME", "郑州一号 Zhengzhou One")
    if subprocess.run([*WMS, "migrate"], check=False).returncode != 0:
        return 1
    loaded = VAR / "demo"  # which databases hold the demo, one a line
    fresh = _empty()
    if fresh:
        _say("The database is empty; building the demo warehouse, which takes a minute or two …")
        if subprocess.run([*WMS, "demo"], check=False).returncode != 0:
            return 1
        with loaded.open("a", encoding="utf-8") as file:
            file.write(os.environ["WMS_DATABASE_URL"] + "\n")
    if loaded.exists() and os.environ["WMS_DATABASE_URL"] in loaded.read_text(encoding="utf-8").splitlines():
        os.environ.setdefault("WMS_DEMO", "1")
    return _serve(port, sign_ins=os.environ.get("WMS_DEMO") == "1" and not fresh)  # building the demo has just told them


def _serve(port: int, *, sign_ins: bool) -> int:
    signal.signal(signal.SIGTERM, _interrupt)
    parts = {
        "web server": subprocess.Popen([*WMS, "serve", "--port", str(port)], start_new_session=True),
        "background jobs": subprocess.Popen([*WMS, "jobs"], start_new_session=True),
    }
    try:
        if _answers(port, parts["web server"]):
            _say(_welcome(port, sign_ins=sign_ins))
        while True:
            for name, process in parts.items():
                if process.poll() is not None:
                    return _fail(f"The {name} ended by itself (exit {process.returncode}).")
            time.sleep(0.5)
    except KeyboardInterrupt:
        _say("\nStopping …")
        return 0
    finally:
        _end(list(parts.values()))


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _end(processes: list[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        if process.poll() is None:
            process.terminate()
    for process in processes:
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _secret() -> str:
    file = VAR / "secret_key"
    if not file.exists():
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as fresh:
            fresh.write(secrets.token_hex(32))
    return file.read_text(encoding="ascii")


def _empty() -> bool:
    with create_app(Settings.from_environment()).app_context():
        return session.execute(sa.select(Product.id).limit(1)).first() is None


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def _answers(port: int, server: subprocess.Popen[bytes], patience: float = 60) -> bool:
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline and server.poll() is None:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=2).close()
        except urllib.error.HTTPError:
            return True
        except OSError:
            time.sleep(0.1)
        else:
            return True
    return False


def _welcome(port: int, *, sign_ins: bool) -> str:
    lines = ["", f"  The warehouse is open:  http://127.0.0.1:{port}"]
    if sign_ins:
        people = create_app(Settings.from_environment()).extensions.get("wms_demo_sign_ins", [])
        lines += ["", "  Demo sign-ins:", *_table([list(one.values()) for one in people])]
    return "\n".join([*lines, "", "  Ctrl-C ends it.", ""])


def _table(rows: list[list[str]]) -> list[str]:
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    return ["    " + "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)) for row in rows]


def _width(text: str) -> int:
    """How many columns a terminal gives it: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _say(text: str) -> None:
    print(text, flush=True)


def _fail(text: str) -> int:
    print(text, file=sys.stderr, flush=True)
    return 1


if __name__ == "__main__":
    sys.exit(main())
