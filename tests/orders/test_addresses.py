from wms.orders.addresses import address_line


def test_at_home_an_address_goes_from_the_province_to_the_door() -> None:
    at_home = {"name": "洛阳百货", "street": "中州中路 287 号", "city": "洛阳", "region": "河南", "postcode": "471000", "country": "CN"}
    assert address_line(at_home) == "河南 洛阳 中州中路 287 号 471000"


def test_abroad_it_goes_from_the_street_to_the_country() -> None:
    abroad = {"street": "Große Elbstraße 212", "city": "Hamburg", "postcode": "22767", "country": "DE", "phone": "+49 40 1"}
    assert address_line(abroad) == "Große Elbstraße 212, 22767 Hamburg, DE"


def test_what_is_missing_is_left_out() -> None:
    assert address_line(None) == ""
    assert address_line({"city": "Hamburg", "country": "DE"}) == "Hamburg, DE"
