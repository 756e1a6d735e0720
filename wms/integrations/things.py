"""Products, partners and locations put in a handful at a time, from a file or from a body."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from wms.actor import Actor
from wms.catalog.partners import put_partners
from wms.catalog.putting import Put, put_products
from wms.errors import Invalid, WarehouseError
from wms.i18n import T
from wms.locations.places import put_locations
from wms.locations.sites import find_site

Thing = Literal["products", "partners", "locations"]
HANDFUL = 300
"""So many rows are looked up and written together."""


class SiteElsewhere(Invalid):
    """A file is for one site."""

    code = "site_elsewhere"
    sentence = T("{site} is another site: import its rows there", "{site} 是其他仓库，请在该仓库导入")


def put(kind: Thing, bodies: Sequence[Any], *, by: Actor) -> list[Put | WarehouseError]:
    """Creates or wholly replaces them, in their sequence; of each what it came to, or why it was refused. No code may be there twice."""
    if kind == "products":
        return put_products([one.facts(one.sku) for one in bodies])
    if kind == "partners":
        return put_partners([one.facts(one.code) for one in bodies], by=by)
    elsewhere = {site: refusal for site in {one.site for one in bodies} if (refusal := _elsewhere(site, by)) is not None}
    done = iter(put_locations([one.facts(one.code) for one in bodies if one.site not in elsewhere], by=by))
    return [elsewhere[one.site] if one.site in elsewhere else next(done) for one in bodies]


def at_site(body: Any, by: Actor) -> Actor:
    """The person acts at the site that the row names. Somebody bound to a site is refused elsewhere by `find_site`'s caller."""
    refusal = _elsewhere(getattr(body, "site", None), by)
    if refusal is not None:
        raise refusal
    return by


def _elsewhere(site: str | None, by: Actor) -> WarehouseError | None:
    """Why rows that name this site are not taken in here."""
    if not site:
        return None
    try:
        return None if find_site(site).id == by.site_id else SiteElsewhere(pointer="/site", site=site)
    except WarehouseError as unknown:
        return unknown
