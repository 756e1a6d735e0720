"""Each journey is told in English and in Chinese, on SQLite and on PostgreSQL."""

from __future__ import annotations

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
