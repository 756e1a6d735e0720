"""The composition root: the only file that knows every package."""

from __future__ import annotations

from typing import Any

from apiflask import APIFlask
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import DBAPIError

from wms import db
from wms.auth import models as _auth_models  # noqa: F401
from wms.catalog import models as _catalog_models  # noqa: F401
from wms.config import Settings
from wms.events import Event as _Event  # noqa: F401
from wms.locations import models as _location_models  # noqa: F401
from wms.orders import models as _order_models  # noqa: F401
from wms.picking import models as _picking_models  # noqa: F401
from wms.scan import models as _scan_models  # noqa: F401
from wms.shipping import models as _shipping_models  # noqa: F401
from wms.stock import models as _stock_models  # noqa: F401
from wms.tasks import models as _task_models  # noqa: F401


class Application(APIFlask):
    """The warehouse as a web application. A request is a unit: when the database asks for it, the whole of it is tried again."""

    def dispatch_request(self) -> ResponseReturnValue:
        """The view's answer, trying the whole unit again on serialization failures, deadlocks and lock timeouts."""
        try:
            return db.again(super().dispatch_request)
        except DBAPIError:
            db.session.rollback()
            raise


def create_app(settings: Settings | None = None, **overrides: Any) -> Application:
    """The application for these settings (from the environment when none are given)."""
    settings = settings or Settings.from_environment()
    app = Application(__name__, title="Warehouse", static_folder="../static", template_folder="../templates")
    app.config.update(
        WMS=settings,
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=db.absolute_url(settings),
        SQLALCHEMY_ENGINE_OPTIONS=db.engine_options(settings),
        **overrides,
    )
    db.database.init_app(app)
    with app.app_context():
        db.prepare(db.database.engine)
    return app
