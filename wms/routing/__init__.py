"""Walking: the floor of a hall, the shortest way through its stops, and which of several bins to go to. Coordinates in, sequence out."""
