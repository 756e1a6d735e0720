"""What of the deliveries is inspected: shoe care always, a new supplier's goods now and then, what our own houses send never."""

from __future__ import annotations

from wms.actor import Actor
from wms.orders.models import InboundKind
from wms.receiving.inspection_rules import NewRule, add_rule
from wms.receiving.models import Sampling

RULES = (
    NewRule(kind=InboundKind.TRANSFER, inspects=False, note="自有仓库，已检 our own houses, inspected there"),
    NewRule(supplier="S-KESSLER", sampling=Sampling.AQL, sample=250, note="护理用品批批检 shoe care, each delivery"),
    NewRule(supplier="S-LINGNAN", every=5, sampling=Sampling.PERCENT, sample=10, allowed=1, note="新供应商抽检 new supplier"),
)


def put_rules(*, by: Actor) -> None:
    """Puts the rules in, in their order."""
    for one in RULES:
        add_rule(one, by=by)
