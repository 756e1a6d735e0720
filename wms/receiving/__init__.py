"""Goods arrive, are checked in, labelled and put away."""
