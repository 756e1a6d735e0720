"""The whole API is asked anything that its document allows, and much that it does not: nothing breaks, every answer is documented.

Short and on SQLite in `make test`, long and on both databases in `make soak`. The audit at the end of the test looks at what all of it
left behind.
"""

from __future__ import annotations

import contextlib
import random
from typing import Any

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, Verbosity
from schemathesis import GenerationMode
from schemathesis.specs.openapi import checks

from tests.warehouse import Warehouse
from tests.web.test_samples import Story
from wms.app import Application
from wms.web.samples import SAMPLES

CHECKS = [
    schemathesis.checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
ASKED, ASKED_LONG = 3, 40


@pytest.fixture
def story(app: Application, w: Warehouse) -> Story:
    """A house in which everything has happened once."""
    for code, kind in (("Z-01-2", "storage"), ("PACK-1", "packing"), ("DOOR-1", "door"), ("DOCK-1", "dock"), ("INSP-1", "inspection")):
        w.location(code, kind=kind)
    w.partner("FARM", kind="supplier")
    w.partner("SWIFT", kind="carrier")
    w.person("LIMEI", roles=["picker"])
    w.person("LIMEI-C", roles=["counter"])
    told = Story(app, w)
    for name in SAMPLES:
        told.call(name)
    return told


@pytest.fixture
def long_enough(database: str, soak: bool) -> None:
    """What breaks on one database alone is found by asking much."""
    if database.startswith("postgresql") and not soak:
        pytest.skip("PostgreSQL is asked in `make soak`")


@pytest.mark.usefixtures("long_enough")
def test_nothing_breaks_and_every_answer_is_documented(app: Application, story: Story, soak: bool) -> None:
    document = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    found: list[str] = []
    asked = 0
    for one in document.get_all_operations():
        operation: Any = one.ok()
        sample = SAMPLES[operation.definition.raw["operationId"]]
        for strategy in (
            operation.as_strategy(path_parameters=dict(sample.path) or None),
            operation.as_strategy(generation_mode=GenerationMode.NEGATIVE),
        ):
            try:
                asked += _ask(strategy, story.api.headers, ASKED_LONG if soak else ASKED)
            except (Exception, BaseExceptionGroup) as failure:
                found.append(f"{operation.label}: {failure}"[:1500])
    print(f"{asked} requests")
    assert found == [], "\n\n".join(found)


def _ask(strategy: Any, headers: dict[str, str], most: int) -> int:
    asked = 0

    @hypothesis.seed(random.randrange(10**9) if most == ASKED_LONG else 7)
    @hypothesis.settings(
        max_examples=most,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
        report_multiple_bugs=False,
    )
    @hypothesis.given(case=strategy)
    def ask(case: Any) -> None:
        nonlocal asked
        asked += 1
        case.call_and_validate(headers=headers, checks=CHECKS)

    with contextlib.suppress(hypothesis.errors.Unsatisfiable):  # nothing wrong can be said to an operation that takes nothing
        ask()
    return asked
