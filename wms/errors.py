"""The five families of refusal. A rule is a class with a stable code, its facts, and a sentence in both languages."""

from __future__ import annotations

from typing import Any, ClassVar

from wms.i18n import T, Text


class WarehouseError(Exception):
    """What the system says instead of doing something.

    `sentence` says what happened, `advice` what to do next; both may use the facts given as keyword arguments.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "error"
    sentence: ClassVar[Text] = T("Something went wrong", "出错了")
    advice: ClassVar[Text | None] = None

    def __init__(self, sentence: Text | None = None, **facts: Any) -> None:
        self.facts = facts
        self._sentence = sentence
        super().__init__(self.say("en"))

    def say(self, language: str) -> str:
        """The first line: what happened."""
        return (self._sentence or type(self).sentence).say(language, **self.facts)

    @property
    def said(self) -> Text:
        """The first line in both languages."""
        return (self._sentence or type(self).sentence).settled(**self.facts)

    @property
    def advised(self) -> Text | None:
        """The second line in both languages, where there is one."""
        advice = type(self).advice
        return advice.settled(**self.facts) if advice else None

    def advise(self, language: str) -> str | None:
        """The second line: what to do next."""
        advice = type(self).advice
        return advice.say(language, **self.facts) if advice else None


class Invalid(WarehouseError):
    """The input cannot be read or is out of range. `pointer` names the field in a JSON body (RFC 6901)."""

    status = 422
    code = "invalid"
    sentence = T("This cannot be read: {value}", "无法识别：{value}")
    pointer: str | None = None
    """A rule that is about one field always names it here; who raises it may be more exact."""

    def __init__(self, sentence: Text | None = None, *, pointer: str | None = None, **facts: Any) -> None:
        if pointer is not None:
            self.pointer = pointer
        super().__init__(sentence, **facts)


class NotFound(WarehouseError):
    """It does not exist, or it belongs to another site, which is the same."""

    status = 404
    code = "not_found"
    sentence = T("There is no {what} {code}", "没有这个{what}：{code}")


class Forbidden(WarehouseError):
    """This person may not do this."""

    status = 403
    code = "forbidden"
    sentence = T("You may not do this", "您没有此项权限")
    advice = T("Ask your supervisor", "请找主管处理")


class Refused(WarehouseError):
    """A rule of the warehouse says no, and says what to do next."""

    status = 409
    code = "refused"
    sentence = T("This is not allowed here", "此处不允许")


class Conflict(WarehouseError):
    """Somebody was first; show the fresh state."""

    status = 409
    code = "conflict"
    sentence = T("Somebody else was first", "已被他人先处理")
    advice = T("Go on from the current screen", "请按最新屏幕继续")


class ChangedMeanwhile(Conflict):
    """Somebody else saved it between our looking and our saving."""

    code = "changed_meanwhile"
    sentence = T("{what} was changed while you were typing", "您填写期间，{what} 已被修改")
    advice = T("Look at what was changed, then save again", "请先查看改动，再次保存")
