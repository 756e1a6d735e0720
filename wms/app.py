"""The composition root: the only file that knows every package. Explicit lists, no discovery."""

from __future__ import annotations

import importlib
import secrets
from types import ModuleType
from typing import Any

from flask import Flask, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import DBAPIError, IntegrityError
from werkzeug.datastructures import MultiDict
from werkzeug.routing import IntegerConverter

from wms import clock, db
from wms.auth import current
from wms.auth import models as _auth_models  # noqa: F401
from wms.auth import views as auth_views
from wms.catalog import models as _catalog_models  # noqa: F401
from wms.config import Settings
from wms.events import Event as _Event  # noqa: F401
from wms.locations import models as _location_models  # noqa: F401
from wms.numbers import NumberSeries as _NumberSeries  # noqa: F401
from wms.orders import gate as release_gate
from wms.orders import models as _order_models  # noqa: F401
from wms.photos import models as _photo_models  # noqa: F401
from wms.picking import lookahead, pace
from wms.picking import models as _picking_models  # noqa: F401
from wms.printing import models as _printing_models  # noqa: F401
from wms.receiving import by_hand as _by_hand  # noqa: F401 - is asked before goods are moved by hand
from wms.receiving import models as _receiving_models  # noqa: F401
from wms.sales import models as _sales_models  # noqa: F401
from wms.scan import models as _scan_models  # noqa: F401
from wms.scan import views as scan_views
from wms.scan.flow import Flow
from wms.shipping import bench_models as _bench_models  # noqa: F401
from wms.shipping import models as _shipping_models  # noqa: F401
from wms.stock import handling_units
from wms.stock import models as _stock_models  # noqa: F401
from wms.stocktake import plan_models as _plan_models  # noqa: F401
from wms.tasks import models as _task_models  # noqa: F401
from wms.web import access, headers, metrics, openapi, problems, render

# Every room that shows pages (`views.py`: `blueprint`, and perhaps `navigation` and `panels`).
VIEWS = (
    "wms.web.home",
    "wms.jobs.views",
    "wms.auth.views",
    "wms.auth.people_views",
    "wms.auth.token_views",
    "wms.catalog.views",
    "wms.catalog.carton_views",
    "wms.locations.views",
    "wms.locations.floor_views",
    "wms.stock.views",
    "wms.scan.views",
    "wms.printing.views",
    "wms.printing.desk_views",
    "wms.printing.printer_views",
    "wms.printing.template_views",
    "wms.orders.views",
    "wms.orders.inbound_views",
    "wms.orders.desk_views",
    "wms.orders.posting_views",
    "wms.tasks.views",
    "wms.receiving.views",
    "wms.receiving.rule_views",
    "wms.receiving.arrival_views",
    "wms.receiving.return_views",
    "wms.receiving.difference_views",
    "wms.receiving.inspection_views",
    "wms.receiving.plates_views",
    "wms.picking.views",
    "wms.picking.release_views",
    "wms.picking.replenishment_views",
    "wms.picking.slotting_views",
    "wms.shipping.views",
    "wms.shipping.board_views",
    "wms.shipping.paper_views",
    "wms.shipping.carton_views",
    "wms.shipping.fleet_views",
    "wms.shipping.signing_views",
    "wms.shipping.bench_views",
    "wms.shipping.building_views",
    "wms.sales.views",
    "wms.sales.watching_views",
    "wms.sales.customer_views",
    "wms.stocktake.views",
    "wms.stocktake.find_views",
    "wms.stocktake.sheet_views",
    "wms.stocktake.result_views",
    "wms.stocktake.plan_views",
    "wms.integrations.views",
    "wms.integrations.webhook_views",
    "wms.photos.views",
)
# Every room that speaks JSON (`api.py`: `api`).
APIS = (
    "wms.catalog.api",
    "wms.catalog.carton_api",
    "wms.locations.api",
    "wms.locations.floor_api",
    "wms.stock.api",
    "wms.orders.api",
    "wms.orders.desk_api",
    "wms.orders.availability_api",
    "wms.orders.signing_api",
    "wms.tasks.api",
    "wms.receiving.arrival_api",
    "wms.receiving.rule_api",
    "wms.receiving.return_api",
    "wms.receiving.inspection_api",
    "wms.receiving.inspection_rule_api",
    "wms.receiving.difference_api",
    "wms.receiving.plates_api",
    "wms.picking.api",
    "wms.picking.release_api",
    "wms.picking.replenishment_api",
    "wms.picking.slotting_api",
    "wms.shipping.api",
    "wms.shipping.fleet_api",
    "wms.shipping.carton_api",
    "wms.shipping.bench_api",
    "wms.shipping.building_api",
    "wms.sales.api",
    "wms.sales.watching_api",
    "wms.stocktake.api",
    "wms.stocktake.plan_api",
    "wms.scan.api",
    "wms.printing.api",
    "wms.printing.template_api",
    "wms.integrations.api",
    "wms.integrations.bulk_api",
)
# Every room whose flows run on the scanner (`scan.py`: its `Flow`s).
FLOWS = (
    "wms.receiving.scan",
    "wms.picking.scan",
    "wms.shipping.scan",
    "wms.stocktake.scan",
)
# The flows as the goods go, which is how the menu on the floor shows them.
ON_THE_FLOOR = (
    "work",
    "receive",
    "inspect",
    "putaway",
    "replenish",
    "pick",
    "sort",
    "pack",
    "stage",
    "load",
    "gate",
    "count",
    "plate",
    "move",
    "return",
    "inquire",
)
# Every room with something to do in the background (`jobs.py`: `jobs`, a list of `wms.jobs.runner.Job`).
JOBS = (
    "wms.web.jobs",
    "wms.scan.jobs",
    "wms.orders.jobs",
    "wms.receiving.jobs",
    "wms.picking.jobs",
    "wms.stocktake.jobs",
    "wms.integrations.jobs",
    "wms.photos.jobs",
    "wms.sales.jobs",
    "wms.shipping.jobs",
    "wms.printing.jobs",
    "wms.jobs.forgetting",
)
# Every room with papers or labels (`documents.py`).
DOCUMENTS = (
    "wms.catalog.documents",
    "wms.locations.documents",
    "wms.printing.documents",
    "wms.receiving.documents",
    "wms.picking.documents",
    "wms.shipping.documents",
    "wms.shipping.carrier_documents",
    "wms.stocktake.documents",
    "wms.stock.documents",
)


class RowNumber(IntegerConverter):
    """A number in an address: of no more digits than any row has, so that a longer one is simply not there."""

    regex = r"\d{1,18}"


class Application(Flask):
    """The warehouse as a web application. A request is a unit: when the database asks for it, the whole of it is tried again."""

    def dispatch_request(self) -> ResponseReturnValue:
        """The view's answer, trying the whole unit again on serialization failures, deadlocks and lock timeouts.

        And once where somebody made the same thing meanwhile: looked at anew it is there, and what that means the operation knows.
        """
        try:
            try:
                return db.again(self._whole)
            except IntegrityError as error:
                if not db.is_double(error):
                    raise
                db.session.rollback()
                return db.again(self._whole)
        except DBAPIError:
            db.session.rollback()
            raise

    def _whole(self) -> ResponseReturnValue:
        """The view, with what was uploaded from its beginning: a try before this one may have read it."""
        for files in request.__dict__.get("files", MultiDict()).listvalues():
            for file in files:
                file.seek(0)
        return super().dispatch_request()


def create_app(settings: Settings | None = None, **overrides: Any) -> Application:
    """The application for these settings (from the environment when none are given)."""
    settings = settings or Settings.from_environment()
    clock.keep(settings.time_zone)
    handling_units.keep(settings.sscc_extension)
    release_gate.keep(settings.cut_off, settings.duplicate_hours)
    pace.keep(pace.Pace(settings.walking_mm_per_second, settings.seconds_per_line, settings.seconds_per_piece))
    quiet = (settings.quiet_from_hour, settings.quiet_until_hour, settings.quiet_open_lines)
    lookahead.keep(lookahead.Rules(settings.replenish_ahead_hours, settings.replenish_weeks, *quiet))
    app = Application("wms", static_folder="../static", template_folder="../templates")
    app.config.update(
        WMS=settings,
        SECRET_KEY=settings.secret_key or secrets.token_hex(32),
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_COOKIE_NAME="wms_flash",
        MAX_CONTENT_LENGTH=16 * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        SEND_FILE_MAX_AGE_DEFAULT=3600,
        SQLALCHEMY_DATABASE_URI=db.absolute_url(settings),
        SQLALCHEMY_ENGINE_OPTIONS=db.engine_options(settings),
        **overrides,
    )
    app.url_map.converters["int"] = RowNumber
    db.database.init_app(app)
    with app.app_context():
        db.prepare(db.database.engine)
    metrics.install(app)
    access.install(app, access.Doors(current.identify, auth_views.sign_in_page, current.at_site))
    headers.install(app)
    problems.install(app)
    render.install(app)
    _open_rooms(app)
    return app


def _open_rooms(app: Application) -> None:
    pages, apis = _rooms(VIEWS), _rooms(APIS)
    for room in pages:
        app.register_blueprint(room.blueprint)
    for room in apis:
        app.register_blueprint(room.api)
    app.register_blueprint(openapi.blueprint)
    found = {flow.name: flow for room in _rooms(FLOWS) for flow in vars(room).values() if isinstance(flow, Flow)}
    scan_views.register(app, sorted(found.values(), key=lambda flow: ON_THE_FLOOR.index(flow.name)))
    app.extensions["wms_scan_menu"] = "scan.menu"
    app.extensions["wms_stops"] = "signing.index"
    _rooms(DOCUMENTS)
    app.extensions["wms_navigation"] = [entry for room in pages for entry in getattr(room, "navigation", [])]
    app.extensions["wms_panels"] = [panel for room in pages for panel in getattr(room, "panels", [])]
    app.extensions["wms_endpoints"] = [endpoint for room in apis for endpoint in room.api.endpoints]
    if app.config["WMS"].demo:
        app.extensions["wms_demo_sign_ins"] = importlib.import_module("wms.demo.people").sign_ins()
    app.extensions["wms_jobs"] = [job for room in _rooms(JOBS) for job in room.jobs]


def _rooms(names: tuple[str, ...]) -> list[ModuleType]:
    """The modules of this list."""
    return [importlib.import_module(name) for name in names]
