"""What an import did, or why it did nothing: every bad row with its line, column and reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from wms.i18n import T, Text
from wms.integrations.tables import Row


@dataclass(frozen=True)
class RowError:
    """One thing that is wrong in a file."""

    line: int
    column: str | None
    reason: Text
    code: str

    def say(self, language: str) -> str:
        """The whole sentence."""
        where = _LINE_AND_COLUMN if self.column else _LINE
        return where.say(language, line=self.line, column=self.column, reason=self.reason.say(language))


_LINE_AND_COLUMN = T("line {line}, column {column}: {reason}", "第 {line} 行，{column} 列：{reason}")
_LINE = T("line {line}: {reason}", "第 {line} 行：{reason}")


class _AsTheyAre(dict[str, str]):
    def __missing__(self, column: str) -> str:
        return column


MOST_ERRORS = 50_000
"""Nobody reads so many, and a file that is something else altogether would fill the memory with them."""


class Enough(Exception):
    """So much is wrong with a file that the rest of it is not looked at."""


@dataclass
class Report:
    """What an import did, or why it did nothing."""

    kind: str
    dry_run: bool = False
    rows: int = 0
    taken: int = 0
    there: int = 0
    """So many were there just so."""
    stopped: bool = False
    """Part of it is in: what was wrong became so while it was written."""
    cut: bool = False
    """There is more wrong with it than was looked at."""
    encoding: str | None = None
    errors: list[RowError] = field(default_factory=list)
    headings: Mapping[str, str] = field(default_factory=_AsTheyAre, repr=False, compare=False)
    """What the file calls its columns."""

    @property
    def text(self) -> Text:
        """The outcome in one sentence, and how the text was read where that was not plain."""
        return _AS_GB18030.with_facts(outcome=self._outcome) if self.encoding == "gb18030" else self._outcome

    @property
    def _outcome(self) -> Text:
        facts = {"rows": _counted(self.rows), "taken": self.taken}
        if self.errors:
            wrong = _ONE_ERROR if len(self.errors) == 1 else _ERRORS
            if self.stopped:
                return _STOPPED.with_facts(taken=self.taken, wrong=wrong.with_facts(n=len(self.errors)))
            refused = _CUT if self.cut else _REFUSED
            return refused.with_facts(rows=_counted(self.rows), wrong=wrong.with_facts(n=len(self.errors)))
        done = (_WOULD if self.dry_run else _DONE).with_facts(**facts)
        return _AND_THERE.with_facts(done=done, there=self.there) if self.there else done

    def wrong(self, row: Row, column: str | None, reason: Text, code: str) -> None:
        """Notes something wrong with a row. Raises Enough."""
        if len(self.errors) >= MOST_ERRORS:
            self.cut = True
            raise Enough
        self.errors.append(RowError(row.line, self.headings[column] if column else None, reason, code))


def _counted(rows: int) -> Text:
    return T("1 row", "1 行") if rows == 1 else T("{n} rows", "{n} 行", n=rows)


_ONE_ERROR, _ERRORS = T("1 error", "1 处错误"), T("{n} errors", "{n} 处错误")
_DONE = T("{taken} taken in from {rows}", "已从 {rows}导入 {taken} 条")
_WOULD = T("Dry run: {taken} would be taken in from {rows}; nothing was changed", "试运行：将从 {rows}导入 {taken} 条；未做任何更改")
_REFUSED = T("Nothing was taken in: {wrong} in {rows}", "未导入任何内容：{rows}中有 {wrong}")
_CUT = T(
    "Nothing was taken in: {wrong} in the first {rows}, and the rest was not looked at; is it a file of another kind?",
    "未导入任何内容：前 {rows}中已有 {wrong}，其余未检查；是否选错了文件类型？",
)
_AND_THERE = T("{done}; {there} were there just so", "{done}；{there} 条已存在且内容相同")
_STOPPED = T(
    "Stopped after {taken}: {wrong} that were not there when the file was checked; correct them and send the whole file again",
    "导入 {taken} 条后停止：出现 {wrong}（检查文件时尚无）；更正后请重新导入整个文件",
)
_AS_GB18030 = T("{outcome}. The text was read as GB18030.", "{outcome}。文本按 GB18030 读取。")
