"""Filling boxes: how goods are laid into a carton, and which cartons an order needs. Sizes and weights in, placements out."""
