"""Gunicorn, set up for this house: one process with threads on SQLite, as many as cores on PostgreSQL, the engine made after the fork."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
from typing import Any

from gunicorn.app.base import BaseApplication
from sqlalchemy.engine import make_url

from wms.config import Settings


class Server(BaseApplication):  # type: ignore[misc]
    """The web server; each worker builds its own application after it was forked."""

    def __init__(self, settings: Settings, options: dict[str, Any]) -> None:
        self.settings, self.options = settings, options
        super().__init__()

    def load_config(self) -> None:
        """Takes our options in."""
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """The application of one worker."""
        from wms.app import create_app  # noqa: PLC0415  (after the fork, and after the figures' directory is named)
        from wms.web import logs  # noqa: PLC0415

        logs.configure()
        app = create_app(self.settings)
        spare_the_house()
        return app


def spare_the_house() -> None:
    """What is loaded by now stays, so nobody looks through it for what may go; nor for what requests left, but after fifty thousand things.

    Else the 300,000 objects of the house are looked through every now and then, 200 ms in somebody's request; and what each page leaves a
    dozen times while it is drawn: of a hundred pages of an order the slowest took 37 ms of computing and takes 28, with as much memory.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def serve(settings: Settings, *, host: str, port: int, workers: int | None = None, threads: int | None = None) -> None:
    """Serves until it is told to stop."""
    embedded = make_url(settings.database_url).get_backend_name() == "sqlite"
    figures = tempfile.mkdtemp(prefix="wms-figures-")
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = figures
    try:
        Server(
            settings,
            {
                "bind": host if ":" in host and not host.endswith("]") else f"{host}:{port}",
                "workers": workers or (1 if embedded else os.cpu_count() or 1),
                "threads": threads or (8 if embedded else 4),
                "worker_class": "gthread",
                "timeout": 60,
                "graceful_timeout": 20,
                "keepalive": 30,
                "control_socket_disable": True,
                "worker_tmp_dir": "/dev/shm" if os.path.isdir("/dev/shm") else None,  # noqa: S108
                "child_exit": _figures_end,
                "loglevel": "warning",
            },
        ).run()
    finally:
        shutil.rmtree(figures, ignore_errors=True)


def _figures_end(_server: Any, worker: Any) -> None:
    from prometheus_client import multiprocess  # noqa: PLC0415

    multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
