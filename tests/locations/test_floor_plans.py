"""A floor plan that is put in is the floor that is walked."""

from __future__ import annotations

from tests.http import Api
from tests.warehouse import Warehouse
from wms.app import Application
from wms.db import session
from wms.locations.floors import floor_of_site, starts_of_site
from wms.routing.floor import Point, Way


def test_what_is_put_in_is_walked_on(w: Warehouse, app: Application) -> None:
    w.location("Z-01", aisle="Z", x_mm=1000, y_mm=5000)
    w.location("PACK", kind="packing", x_mm=0)
    api = Api(app)
    plan = {"cross_aisles_mm": [9000, 1000], "one_way": {"Z": "up"}, "closed": {"Z": "high"}, "start": "pack"}
    assert api.put("/floor-plan", plan)["cross_aisles_mm"] == [1000, 9000]
    session.rollback()
    floor = floor_of_site(w.site_id)
    assert (floor.crossings, floor.one_way, floor.closed_high) == ((1000, 9000), {"Z": Way.UP}, {"Z"})
    assert starts_of_site(w.site_id) == {"": Point(0, 0)}
    api.put("/floor-plan", {"one_way": {"Z": "sideways"}}, status=422)
    api.put("/floor-plan", {"start": "NO-SUCH"}, status=404)
