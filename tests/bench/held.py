"""What a bench promises to keep within: said beside the figure, and remembered, so that the run fails where one is missed."""

from __future__ import annotations

MISSED: list[str] = []


def at_most(what: str, figure: float, most: float, unit: str) -> str:
    """In words, whether the figure stays within."""
    return _said(figure <= most, f"{what}: {figure:.1f} {unit}, at most {most:g}", f"at most {most:g} {unit}")


def at_least(what: str, figure: float, least: float, unit: str) -> str:
    """In words, whether the figure is reached."""
    return _said(figure >= least, f"{what}: {figure:.0f} {unit}, at least {least:g}", f"at least {least:g} {unit}")


def _said(held: bool, missed: str, wanted: str) -> str:
    if not held:
        MISSED.append(missed)
    return f"({wanted}{'' if held else ': MISSED'})"
