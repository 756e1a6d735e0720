"""Where things are: sites, zones and bins with coordinates, what fits into them, and how far it is to walk."""
