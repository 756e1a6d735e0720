"""In the background: faces that run low are refilled before a picker stands before them, and work goes to the floor by itself."""

import datetime as dt

import sqlalchemy as sa

from wms.db import again, session, transaction
from wms.jobs.runner import Job
from wms.locations.models import Site
from wms.picking import replenishment, stream, waves
from wms.picking.advice import NoPackingPlace, advise
from wms.picking.choosing import Choice
from wms.picking.models import Cart, Method, Origin, Stream

SEARCH_SECONDS = 2.0


def refill_faces() -> int:
    """Offers what every site's faces need; how many tasks."""
    offered = 0
    for site_id in session.execute(sa.select(Site.id).order_by(Site.id)).scalars().all():
        replenishment.cancel_stale(site_id)
        offered += len(replenishment.refill(site_id))
    return offered


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
    seen = stream.look(rules)
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
    Job("refill-pick-faces", dt.timedelta(seconds=3), refill_faces),
    Job("release-work", dt.timedelta(seconds=10), release, own_transaction=True),
]
