"""Orders become work: allocation, waves, pick lists, picks, and the replenishment that keeps faces filled."""
