"""A bar that grows on the terminal while a long file is taken in; nothing where nobody looks."""

from __future__ import annotations

import sys
from typing import TextIO

WIDE = 30


class Bar:
    """Rows checked, then rows written."""

    def __init__(self, to: TextIO | None = None) -> None:
        self.to = to or sys.stderr
        self.checked = self.written = 0

    def show(self, checked: int, written: int) -> None:
        """So many rows are checked by now; so many more were written."""
        if not self.to.isatty():
            return
        self.checked, self.written = max(self.checked, checked), self.written + written
        if self.written:
            full = min(WIDE, WIDE * self.written // max(1, self.checked))
            line = f"[{'#' * full}{'.' * (WIDE - full)}] {self.written:,} / {self.checked:,} written 已写入"
        else:
            line = f"{self.checked:,} checked 已检查"
        done = self.written >= self.checked > 0
        self.to.write(f"\r{line}" + ("\n" if done else ""))
        self.to.flush()
