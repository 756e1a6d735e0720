"""A unit of human work: offered, claimed under a lease, completed, given back."""
