"""Indicators, read-only."""
