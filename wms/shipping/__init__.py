"""Goods leave: second check and packing, loads, the gate, and the signature."""
