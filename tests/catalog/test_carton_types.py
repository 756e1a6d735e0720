"""The boxes of the house are put in over the API and at the desk."""

from __future__ import annotations

import pytest

from tests.http import Api, Client
from tests.web.desk import Desk, form_of
from wms.catalog import carton_types

MIDDLE = {"name": "中号", "length_mm": 390, "width_mm": 290, "height_mm": 190, "tare_grams": 420, "most_grams": 15_000}


def test_a_box_is_put_in_replaced_and_listed(api: Api) -> None:
    made = api.put("/carton-types/M", MIDDLE)
    assert {name: made[name] for name in MIDDLE} == MIDDLE
    assert made["in_use"] is True
    api.put("/carton-types/S", {"length_mm": 310, "width_mm": 220, "height_mm": 150})
    replaced = api.put("/carton-types/m", {"length_mm": 400, "width_mm": 300, "height_mm": 200}, status=200)
    assert (replaced["code"], replaced["length_mm"], replaced["tare_grams"], replaced["most_grams"]) == ("M", 400, 0, None)
    assert [one["code"] for one in api.get("/carton-types")["items"]] == ["M", "S"]
    assert api.get("/carton-types", limit=1)["next"]
    assert api.get("/carton-types/XXL", status=404)["code"] == "carton_type_unknown"


@pytest.mark.parametrize(
    "wrong",
    [
        {"length_mm": 0},
        {"width_mm": -1},
        {"height_mm": 3001},
        {"tare_grams": -1},
        {"most_grams": 0},
        {"length_mm": None},
        {"colour": "red"},
    ],
)
def test_what_is_no_box_is_refused(api: Api, wrong: dict[str, object]) -> None:
    answer = api.put("/carton-types/M", {**MIDDLE, **wrong}, status=422)
    assert next(iter(wrong)) in answer["errors"][0]["pointer"]


def test_a_box_is_put_in_and_changed_at_the_desk(client: Client, api: Api) -> None:
    desk = Desk(client)
    assert "/carton-types/new" in desk.get("/carton-types")
    typed = {name: str(value) for name, value in MIDDLE.items()}
    desk.post("/carton-types/new", **form_of(desk.get("/carton-types/new")) | {"code": "M", **typed})
    assert "390 × 290 × 190" in desk.get("/carton-types")
    form = form_of(desk.get("/carton-types/M/edit"))
    assert form["in_use"] == "1"
    form.pop("in_use")
    desk.post("/carton-types/M/edit", **{**form, "most_grams": "", "height_mm": "180"})
    made = api.get("/carton-types/M")
    assert (made["in_use"], made["most_grams"], made["height_mm"]) == (False, None, 180)
    assert "was changed while you were typing" in desk.post("/carton-types/M/edit", 422, **form)
    assert "m is there already" in desk.post("/carton-types/new", 422, **form_of(desk.get("/carton-types/new")) | {**typed, "code": "m"})
    wrong = desk.post("/carton-types/new", 422, **form_of(desk.get("/carton-types/new")) | {**typed, "code": "B", "length_mm": "9000"})
    assert 'id="length_mm-error"' in wrong
    assert "39" in desk.get("/carton-types?export=csv")


def test_what_is_put_in_by_operation_keeps_to_millimetres(w) -> None:
    with pytest.raises(carton_types.CartonTooLarge), w.transaction():
        carton_types.put_carton_type("M", length_mm=3001, width_mm=1, height_mm=1)


def test_a_packaging_that_is_a_parcel_by_itself_stays_one_when_the_product_is_changed(client: Client, api: Api) -> None:
    case = {"unit": "case", "quantity": 12, "ships_as_is": True}
    api.put("/products/SHOE", {"name": "Shoe", "packagings": [case, {"unit": "pallet", "quantity": 240}]})
    assert [one["ships_as_is"] for one in api.get("/products/SHOE")["packagings"]] == [True, False]
    desk = Desk(client)
    assert "Ships as it is" in desk.get("/products/SHOE")
    form = form_of(desk.get("/products/SHOE/edit"))
    desk.post("/products/SHOE/edit", **{**form, "name": "Boot"})
    product = api.get("/products/SHOE")
    assert (product["name"], [one["ships_as_is"] for one in product["packagings"]]) == ("Boot", [True, False])
