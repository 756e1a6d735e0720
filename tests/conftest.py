"""What every test stands on: an application with a database of its own, and the audit at the end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from wms import audit, db
from wms.app import Application, create_app
from wms.config import Settings
from wms.stock.invariants import INVARIANTS


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(database_url=f"sqlite:///{tmp_path / 'wms.db'}", secret_key="only-for-tests")


@pytest.fixture
def app(settings: Settings) -> Iterator[Application]:
    app = create_app(settings, TESTING=True)
    with app.app_context():
        db.database.create_all()
        yield app
        db.session.rollback()
        assert audit.run(INVARIANTS) == []
        db.session.remove()
        db.database.engine.dispose()
