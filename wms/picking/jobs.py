"""In the background: faces that run low are refilled before a picker stands before them, and work goes to the floor by itself."""

import datetime as dt
from collections.abc import Callable

import sqlalchemy as sa

from wms.db import again, session, transaction
from wms.jobs.runner import Job
from wms.locations.models import Site
from wms.picking import lookahead, replenishment, stream, waves
from wms.picking.advice import NoPackingPlace, advise
from wms.picking.choosing import Choice
from wms.picking.models import Cart, Method, Origin, Stream
from wms.picking.replenishment import Asks

SEARCH_SECONDS = 2.0


Faces = Callable[[int], tuple[list[int], Asks]]


def refill_faces() -> int:
    """Offers what every site's faces need; how many tasks were written."""
    return _settle(lambda site_id: (replenishment.wanting(site_id), Asks()))


def review_replenishments() -> int:
    """Work that nobody has begun follows what the faces need; how many tasks were written."""
    return _settle(lambda site_id: (replenishment.with_work(site_id), Asks()))


def look_ahead() -> int:
    """Offers what the next hours will probably ask for; how many tasks were written."""
    return _settle(lookahead.ahead)


def top_off() -> int:
    """Fills faces while the floor is quiet; how many tasks were written."""
    return _settle(lambda site_id: lookahead.topping(site_id, quiet=lookahead.is_quiet(site_id)))


def _settle(faces_of: Faces) -> int:
    """Every site's faces are looked at first, and written in a transaction only where something is to be written."""
    written = 0
    for site_id in session.execute(sa.select(Site.id).order_by(Site.id)).scalars().all():
        faces, asks = faces_of(site_id)
        differing = [one.place_id for one in replenishment.look(site_id, faces, asks) if one.differs]
        session.close()
        if differing:
            written += again(lambda: _write(site_id, differing, asks))  # noqa: B023  (called at once)
    return written


def _write(site_id: int, faces: list[int], asks: Asks) -> int:
    with transaction():
        settled = replenishment.settle(site_id, faces, asks)
        return len(settled.offered) + settled.changed + settled.withdrawn


def release() -> int:
    """Every site's continuous release takes its turn; how many waves."""
    running = session.execute(sa.select(Stream.site_id).where(Stream.running).order_by(Stream.site_id)).scalars().all()
    session.close()
    waves_made, failed = 0, []
    for site_id in running:
        try:
            waves_made += release_at(site_id)
        except Exception as error:  # what one site cannot do stops no other; the runner writes it down
            session.rollback()
            failed.append(error)
    if failed:
        raise failed[0]
    return waves_made


def release_at(site_id: int) -> bool:
    """Lists for one site: looked for and searched first, then booked at once, unless others filled the floor meanwhile."""
    rules = stream.of_site(site_id)
    by = stream.actor_of(rules)
    seen = stream.look_at_first(rules)
    if by is None or not seen.orders:
        session.close()
        return False
    method, most, most_lists = Method(rules.method), rules.most_orders, rules.most_lists
    cart = session.execute(sa.select(Cart.code).where(Cart.id == rules.cart_id)).scalar_one_or_none()
    advice = advise(Choice(seen.orders), method=method, cart=cart, orders_per_list=most, budget_seconds=SEARCH_SECONDS, by=by)
    choice = Choice(stream.within(advice, seen, most_lists))
    if not choice.orders:
        return False

    def book() -> bool:
        with transaction():
            locked = session.execute(sa.select(Stream).where(Stream.site_id == site_id).with_for_update()).scalar_one()
            if not locked.running or stream.open_lists(site_id) > seen.open_lists:
                return False  # somebody else released meanwhile: it is looked at anew in a moment
            waves.plan_wave(choice=choice, method=method, cart=cart, orders_per_list=most, origin=Origin.STREAM, advice=advice, by=by)
            return True

    try:
        return again(book)
    except (waves.NothingToPlan, NoPackingPlace):
        return False


jobs = [
    Job("refill-pick-faces", dt.timedelta(seconds=3), refill_faces, own_transaction=True),
    Job("review-replenishments", dt.timedelta(seconds=15), review_replenishments, own_transaction=True),
    Job("look-ahead", dt.timedelta(minutes=5), look_ahead, own_transaction=True),
    Job("top-off", dt.timedelta(minutes=5), top_off, own_transaction=True),
    Job("release-work", dt.timedelta(seconds=10), release, own_transaction=True),
]
