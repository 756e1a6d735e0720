"""What makes the house count a place out of turn, switched on or off by site."""

from __future__ import annotations

import sqlalchemy as sa

from wms.actor import Actor
from wms.db import session, table_of, upsert
from wms.tasks.models import OFF_AT_FIRST, Trigger, TriggerChoice

_C = table_of(TriggerChoice)
_ONE = sa.select(_C.c.wanted).where(_C.c.site_id == sa.bindparam("site"), _C.c.code == sa.bindparam("code"))


def wanted(trigger: Trigger, site_id: int) -> bool:
    """Whether the site wants counts for this."""
    said = session.execute(_ONE, {"site": site_id, "code": trigger.value}).scalar_one_or_none()
    return trigger not in OFF_AT_FIRST if said is None else bool(said)


def of_site(site_id: int) -> dict[Trigger, bool]:
    """All of them."""
    said = dict(session.execute(sa.select(_C.c.code, _C.c.wanted).where(_C.c.site_id == site_id)).tuples().all())
    return {one: bool(said.get(one.value, one not in OFF_AT_FIRST)) for one in Trigger}


def choose(wanted: set[Trigger], *, by: Actor) -> None:
    """From now on the site counts for these, and not for the others."""
    rows = [{"site_id": by.site_id, "code": one.value, "wanted": one in wanted} for one in Trigger]
    statement = upsert(_C).values(rows)
    session.execute(statement.on_conflict_do_update(index_elements=["site_id", "code"], set_={"wanted": statement.excluded.wanted}))
