"""Webhooks over the API."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from flask import current_app
from pydantic import Field, StringConstraints

from wms.actor import Permission
from wms.auth.current import actor
from wms.db import session
from wms.integrations import webhooks
from wms.integrations.models import Delivery, DeliveryStatus, Off, Webhook
from wms.web.api import Answer, Api, Body, Code, Items, Nothing, Paging, page

api = Api("integrations")

Pattern = Annotated[str, StringConstraints(pattern=r"^[a-z_]+(\.[a-z_]+)*(\.\*)?$", max_length=60)]


Secret = Annotated[str, StringConstraints(max_length=100)]


class WebhookIn(Body):
    """An address that wants to be told."""

    url: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
    """An http or https address on the internet; private ones only where the administrator allows them."""
    events: Annotated[list[Pattern], Field(max_length=50)] = Field(default_factory=list)
    """Codes such as `order.shipped`, or `order.*`, `inbound.*`, `stock.*`; none means all."""
    secret: Secret | None = None
    """`whsec_` and 24 to 64 bytes in base64; left out, one is made."""
    site: Code | None = None
    """Whose events; left out, those of the token's site."""


class WebhookChangeIn(Body):
    """What a webhook shall be from now on. Its secret stays."""

    url: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
    """An http or https address on the internet; private ones only where the administrator allows them."""
    events: Annotated[list[Pattern], Field(max_length=50)] = Field(default_factory=list)
    """Codes such as `order.shipped`, or `order.*`, `inbound.*`, `stock.*`; none means all."""
    active: bool = True
    """False: nothing is sent, and nothing is kept for it. True: what waits is sent at once."""
    site: Code | None = None
    """Where the webhook is."""


class SecretIn(Body):
    """The next secret."""

    secret: Secret | None = None
    """`whsec_` and 24 to 64 bytes in base64; left out, one is made."""


class WebhookOut(Answer):
    """A webhook."""

    id: int
    """Its number."""
    url: str
    """Where messages go."""
    events: list[str]
    """The codes it is told; none means all."""
    active: bool
    """Whether it is told anything."""
    off_at: dt.datetime | None
    """Since when it is told nothing."""
    off_why: Off | None
    """`person`: somebody switched it off; `gone`: it answered 410; `failing`: it took nothing for days."""
    failing_since: dt.datetime | None
    """Since when it takes nothing; null while it does."""
    rests_until: dt.datetime | None
    """Until when it is left alone, because it takes nothing."""
    waiting: int = 0
    """How many messages wait for it."""
    created_at: dt.datetime
    """What happened before then it is not told."""


class WebhookMade(WebhookOut):
    """A webhook with its secret, which is shown this once."""

    secret: str
    """Messages are signed with it."""


class Resent(Answer):
    """How much is sent again."""

    messages: int
    """So many messages that were given up wait to be sent."""


class DeliveryOut(Answer):
    """One message, and how it fared."""

    id: int
    """Its number in the log."""
    message_id: str
    """The header `webhook-id`: the same however often it is sent, so that receivers can tell repeats."""
    type: str
    """What happened, such as `order.shipped`."""
    status: DeliveryStatus
    """Whether it waits, was taken, or was given up."""
    attempts: int
    """How often it was sent."""
    next_at: dt.datetime | None
    """When it is sent next; null when it waits no more."""
    answer: str | None
    """What the receiver said last."""
    delivered_at: dt.datetime | None
    """When it was taken."""
    created_at: dt.datetime
    """When it began to wait."""


def _shown(webhook: Webhook) -> WebhookOut:
    return _all_shown([webhook])[0]


def _all_shown(found: list[Webhook]) -> list[WebhookOut]:
    wait = webhooks.waiting([one.id for one in found])
    return [WebhookOut.model_validate(one, from_attributes=True).model_copy(update={"waiting": wait.get(one.id, 0)}) for one in found]


def _made(webhook: Webhook) -> WebhookMade:
    return WebhookMade.model_validate(webhook, from_attributes=True)


def _delivery(delivery: Delivery) -> DeliveryOut:
    out = DeliveryOut.model_validate(delivery, from_attributes=True)
    return out if out.status == DeliveryStatus.PENDING else out.model_copy(update={"next_at": None})


@api.post("/webhooks", Permission.MANAGE_WEBHOOKS, body=WebhookIn, answer=WebhookMade, status=201)
def post_webhook(body: WebhookIn) -> WebhookMade:
    """Tells this address from now on. The secret is answered this once."""
    made = webhooks.subscribe(body.url, events=body.events, secret=body.secret, by=actor(), settings=current_app.config["WMS"])
    return _made(made)


@api.get("/webhooks", Permission.MANAGE_WEBHOOKS, query=Paging, answer=Items[WebhookOut])
def get_webhooks(query: Paging) -> Items[WebhookOut]:
    """The webhooks."""
    found = _all_shown(webhooks.listed(by=actor(), after=query.after, limit=query.limit + 1))
    return page(found, query, by_id=lambda one: one.id, show=lambda one: one)


@api.get("/webhooks/<int:number>", Permission.MANAGE_WEBHOOKS, answer=WebhookOut)
def get_webhook(number: int) -> WebhookOut:
    """One webhook."""
    return _shown(webhooks.find(number, by=actor()))


@api.put("/webhooks/<int:number>", Permission.MANAGE_WEBHOOKS, body=WebhookChangeIn, answer=WebhookOut)
def put_webhook(number: int, body: WebhookChangeIn) -> WebhookOut:
    """Changes the address or the events, switches it off, or on again after it failed."""
    wanted = body.model_dump(exclude={"site"})
    return _shown(webhooks.change(number, **wanted, by=actor(), settings=current_app.config["WMS"]))


@api.post("/webhooks/<int:number>/rotate", Permission.MANAGE_WEBHOOKS, body=SecretIn, answer=WebhookMade)
def rotate_webhook(number: int, body: SecretIn) -> WebhookMade:
    """Gives a new secret, answered this once. For 24 hours messages carry the signatures of both."""
    return _made(webhooks.rotate(number, secret=body.secret, by=actor()))


@api.delete("/webhooks/<int:number>", Permission.MANAGE_WEBHOOKS, status=204)
def delete_webhook(number: int) -> None:
    """Stops telling it."""
    webhooks.unsubscribe(number, by=actor())


@api.get("/webhooks/<int:number>/deliveries", Permission.MANAGE_WEBHOOKS, query=Paging, answer=Items[DeliveryOut])
def get_deliveries(number: int, query: Paging) -> Items[DeliveryOut]:
    """The log of one webhook, oldest first."""
    statement = webhooks.log_of(number, by=actor()).where(Delivery.id > query.after).order_by(Delivery.id).limit(query.limit + 1)
    return page(list(session.execute(statement).scalars()), query, by_id=lambda one: one.id, show=_delivery)


@api.post("/webhooks/<int:number>/deliveries/<int:delivery>/resend", Permission.MANAGE_WEBHOOKS, body=Nothing, answer=DeliveryOut)
def resend_delivery(number: int, delivery: int, body: Nothing) -> DeliveryOut:  # noqa: ARG001
    """Sends a message once more."""
    return _delivery(webhooks.resend(number, delivery, by=actor()))


@api.post("/webhooks/<int:number>/resend", Permission.MANAGE_WEBHOOKS, body=Nothing, answer=Resent)
def resend_given_up(number: int, body: Nothing) -> Resent:  # noqa: ARG001
    """Sends everything once more that was given up, in its order."""
    return Resent(messages=webhooks.resend_given_up(number, by=actor()))
