"""One believable warehouse, from one seed, built through the operations only."""
