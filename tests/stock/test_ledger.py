def test_goods_received_lie_where_they_were_put(w):
    w.receive("APPLE", 10, lot="L1", at="A-01")
    assert w.on_hand("APPLE", at="A-01") == 10
