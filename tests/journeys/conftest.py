"""Each journey is told in English and in Chinese, on SQLite and on PostgreSQL: here one language on each, `--soak` both on both."""

from __future__ import annotations

import zlib
from collections import defaultdict
from typing import Any

import pytest

from tests.journeys.cast import House
from tests.warehouse import Warehouse
from wms.app import Application


@pytest.fixture(params=["en", "zh_CN"])
def language(request: pytest.FixtureRequest) -> str:
    """What everybody in the house reads."""
    return str(request.param)


@pytest.fixture
def house(app: Application, w: Warehouse, language: str) -> House:
    """A house with goods announced and nothing in it."""
    return House(app, language).build()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Of a journey's four tellings two are kept, one in each language and one on each database; which, changes from journey to journey."""
    if config.getoption("--soak"):
        return
    tellings: dict[str, list[Any]] = defaultdict(list)
    for item in items:
        params = dict(getattr(getattr(item, "callspec", None), "params", {}))
        if {"language", "database"} <= params.keys():
            rest = sorted((name, str(value)) for name, value in params.items() if name not in ("language", "database"))
            tellings[f"{item.nodeid.partition('[')[0]} {rest}"].append(item)
    left = []
    for journey, four in tellings.items():
        ways = {(one.callspec.params["language"], one.callspec.params["database"]): one for one in four}
        if len(ways) == 4:
            straight = zlib.crc32(journey.encode()) % 2 == 0
            left += [one for (language, database), one in ways.items() if ((language == "en") == (database == "sqlite")) != straight]
    dropped = set(left)
    items[:] = [item for item in items if item not in dropped]
    config.hook.pytest_deselected(items=left)
