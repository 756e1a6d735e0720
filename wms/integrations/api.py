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
from wms.integrations.models import Delivery, DeliveryStatus, Webhook
from wms.web.api import Answer, Api, Body, Code, Items, Nothing, Paging, page

api = Api("integrations")

Pattern = Annotated[str, StringConstraints(pattern=r"^[a-z_]+(\.[a-z_]+)*(\.\*)?$", max_length=60)]


class WebhookIn(Body):
    """An address that wants to be told."""

    url: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
    events: Annotated[list[Pattern], Field(max_length=50)] = Field(default_factory=list)
    """Codes such as `order.shipped`, or `order.*`, `inbound.*`, `stock.*`; none means all."""
    secret: Annotated[str, StringConstraints(max_length=100)] | None = None
    """`whsec_` and 24 to 64 bytes in base64; left out, one is made."""
    site: Code | None = None


class WebhookOut(Answer):
    """A webhook."""

    id: int
    url: str
    events: list[str]
    active: bool
    created_at: dt.datetime


class WebhookMade(WebhookOut):
    """A webhook with its secret, which is shown this once."""

    secret: str


class DeliveryOut(Answer):
    """One message, and how it fared."""

    id: int
    message_id: str
    type: str
    status: DeliveryStatus
    attempts: int
    next_at: dt.datetime | None
    answer: str | None
    delivered_at: dt.datetime | None
    created_at: dt.datetime


def _shown(webhook: Webhook) -> WebhookOut:
    return WebhookOut.model_validate(webhook, from_attributes=True)


def _delivery(delivery: Delivery) -> DeliveryOut:
    out = DeliveryOut.model_validate(delivery, from_attributes=True)
    return out if out.status == DeliveryStatus.PENDING else out.model_copy(update={"next_at": None})


@api.post("/webhooks", Permission.MANAGE_WEBHOOKS, body=WebhookIn, answer=WebhookMade, status=201)
def post_webhook(body: WebhookIn) -> WebhookMade:
    """Tells this address from now on. The secret is answered this once."""
    made = webhooks.subscribe(body.url, events=body.events, secret=body.secret, by=actor(), settings=current_app.config["WMS"])
    return WebhookMade.model_validate(made, from_attributes=True)


@api.get("/webhooks", Permission.MANAGE_WEBHOOKS, query=Paging, answer=Items[WebhookOut])
def get_webhooks(query: Paging) -> Items[WebhookOut]:
    """The webhooks."""
    return page(webhooks.listed(by=actor(), after=query.after, limit=query.limit + 1), query, by_id=lambda one: one.id, show=_shown)


@api.get("/webhooks/<int:number>", Permission.MANAGE_WEBHOOKS, answer=WebhookOut)
def get_webhook(number: int) -> WebhookOut:
    """One webhook."""
    return _shown(webhooks.find(number, by=actor()))


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
