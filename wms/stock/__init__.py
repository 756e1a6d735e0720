"""The ledger: how many of which batch are where, and who has a claim on them."""
