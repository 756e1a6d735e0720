"""The background jobs in a process of their own, to be killed.

It is forked from a process that has read the house's code already: a machine that restarts its workers does not wait for that either.
"""

from __future__ import annotations

import multiprocessing
import os
from multiprocessing.process import BaseProcess
from typing import Any

from wms.config import Settings

_BORN: Any = multiprocessing.get_context("forkserver")
_BORN.set_forkserver_preload(["wms.cli", "wms.app"])


def background(settings: Settings) -> BaseProcess:
    """`wms jobs` on this database; `kill()` is SIGKILL."""
    process: BaseProcess = _BORN.Process(target=_work, args=(settings.database_url, settings.secret_key), daemon=True)
    process.start()
    return process


def _work(database_url: str, secret_key: str) -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    os.environ |= {"WMS_DATABASE_URL": database_url, "WMS_SECRET_KEY": secret_key, "WMS_ALLOW_PRIVATE_WEBHOOKS": "1"}
    from wms import cli  # where it is read already

    cli.main(["jobs"])
