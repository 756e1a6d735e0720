"""A warehouse execution service: the software that warehouse staff hold in their hands."""

__version__ = "0.1.0"
