"""Which cartons an order needs, over the API."""

from __future__ import annotations

from wms.actor import Permission
from wms.auth.current import actor
from wms.orders import operations
from wms.shipping import cartons
from wms.web.api import Answer, Api

api = Api("carton_advice")


class PieceOut(Answer):
    """So many of a product in its base unit; `packaging` says that they are whole ones of that packaging."""

    sku: str
    quantity: int
    unit: str
    """What one piece is called."""
    packaging: str | None


class LaidOut(Answer):
    """So many that lie the same way: their length along the carton's, their width across it, their height."""

    sku: str
    quantity: int
    packaging: str | None
    length_mm: int
    width_mm: int
    height_mm: int


class LayerOut(Answer):
    """What stands at one height above the bottom, in the order in which the layers are filled."""

    from_mm: int
    """Height above the carton's bottom, in mm."""
    contents: list[LaidOut]


class CartonOut(Answer):
    """One carton: which box, what goes in, and how it lies."""

    carton_type: str
    """Carton type by code."""
    length_mm: int
    width_mm: int
    height_mm: int
    fill_percent: int
    """How much of its inside is used."""
    weight_grams: int | None
    """With the box; null where a product's weight is not known."""
    contents: list[PieceOut]
    layers: list[LayerOut]
    """Empty where the order is so large that only its volume was reckoned."""


class AdviceOut(Answer):
    """The cartons of an order, in the order in which they are filled."""

    order: str
    cartons: list[CartonOut]
    """In the sequence in which they are filled."""
    as_is: list[PieceOut]
    """Whole packagings that are parcels by themselves."""
    loose: list[PieceOut]
    """What no carton type takes."""
    unknown: list[PieceOut]
    """What has no size, so that the advice is without it."""


def _piece(one: cartons.Piece) -> PieceOut:
    return PieceOut(sku=one.sku, quantity=one.quantity, unit=one.unit, packaging=one.packaging)


def _layer(one: cartons.Layer) -> LayerOut:
    return LayerOut(
        from_mm=one.from_mm,
        contents=[
            LaidOut(
                sku=laid.piece.sku,
                quantity=laid.piece.quantity,
                packaging=laid.piece.packaging,
                length_mm=laid.length_mm,
                width_mm=laid.width_mm,
                height_mm=laid.height_mm,
            )
            for laid in one.laid
        ],
    )


@api.get("/orders/<path:number>/carton-advice", Permission.SEE_ORDERS, answer=AdviceOut)
def get_carton_advice(number: str) -> AdviceOut:
    """Which cartons the order needs, and what goes into which.

    For what is still to be packed; the carton that is open is part of it. As few cartons as possible, and of those the smallest; each
    piece stands on the bottom or wholly on others, and no carton is heavier than it may be. The same goods get the same answer.
    """
    order = operations.find(number, by=actor())
    advice = cartons.advise(order.id)
    return AdviceOut(
        order=order.number,
        cartons=[
            CartonOut(
                carton_type=one.code,
                length_mm=one.size[0],
                width_mm=one.size[1],
                height_mm=one.size[2],
                fill_percent=one.fill_percent,
                weight_grams=one.weight_grams,
                contents=[_piece(piece) for piece in one.contents],
                layers=[_layer(layer) for layer in one.layers],
            )
            for one in advice.cartons
        ],
        as_is=[_piece(one) for one in advice.as_is],
        loose=[_piece(one) for one in advice.loose],
        unknown=[_piece(one) for one in advice.unknown],
    )
