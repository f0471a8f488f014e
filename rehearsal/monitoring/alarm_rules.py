"""The rules of composite alarms, after "PutCompositeAlarm" in the Amazon CloudWatch API Reference. Pure.

ALARM("cpu") AND NOT (OK(disk) OR INSUFFICIENT_DATA("arn:aws:cloudwatch:...:alarm:net"))
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

MOST_CHILDREN = 100
_TOKEN = re.compile(
    r"\s*(?:(?P<function>ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*(?:\"(?P<quoted>[^\"]+)\"|'(?P<single>[^']+)'|(?P<bare>[^\s\"'()]+))\s*\)"
    r"|(?P<word>AND|OR|NOT|TRUE|FALSE)\b|(?P<parenthesis>[()]))",
    re.IGNORECASE,
)
State = Callable[[str], str]


class RuleError(ValueError):
    """A rule that CloudWatch would refuse."""


@dataclass(frozen=True)
class Rule:
    """`children`: the names of the alarms in the rule, each once. `holds`: whether it is true, given the state of an alarm by name."""

    text: str
    children: tuple[str, ...]
    holds: Callable[[State], bool]


def parsed(text: str) -> Rule:
    """Raises RuleError."""
    parser = _Parser(_tokens(text))
    holds = parser.alternatives()
    if parser.rest:
        raise RuleError(f"'{parser.rest[0][1]}' is not expected there")
    children = tuple(dict.fromkeys(parser.children))
    if len(children) > MOST_CHILDREN:
        raise RuleError(f"it names {len(children)} alarms, and {MOST_CHILDREN} are allowed")
    return Rule(text, children, holds)


def name_of(reference: str) -> str:
    """The name of an alarm that is given by its name or ARN."""
    return reference.split(":alarm:", 1)[1] if reference.startswith("arn:") and ":alarm:" in reference else reference


def _tokens(text: str) -> list[tuple[str, str]]:
    """(kind, text): a function's name with its alarm, or a word or a parenthesis with itself."""
    found, position = [], 0
    text = text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise RuleError(f"'{text[position:].strip()[:40]}' cannot be read")
        position = match.end()
        if match["function"]:
            found.append((match["function"].upper(), name_of(match["quoted"] or match["single"] or match["bare"])))
        else:
            word = (match["word"] or match["parenthesis"]).upper()
            found.append((word, word))
    return found


class _Parser:
    """OR binds less than AND, and AND less than NOT."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.rest = tokens
        self.children: list[str] = []

    def _next(self, *kinds: str) -> str | None:
        return self.rest.pop(0)[1] if self.rest and self.rest[0][0] in kinds else None

    def alternatives(self) -> Callable[[State], bool]:
        parts = [self._conjunction()]
        while self._next("OR"):
            parts.append(self._conjunction())
        return lambda state: any(part(state) for part in parts)

    def _conjunction(self) -> Callable[[State], bool]:
        parts = [self._negation()]
        while self._next("AND"):
            parts.append(self._negation())
        return lambda state: all(part(state) for part in parts)

    def _negation(self) -> Callable[[State], bool]:
        if self._next("NOT"):
            part = self._negation()
            return lambda state: not part(state)
        return self._primary()

    def _primary(self) -> Callable[[State], bool]:
        if not self.rest:
            raise RuleError("it ends too early")
        kind, text = self.rest.pop(0)
        if kind in ("TRUE", "FALSE"):
            return lambda state: kind == "TRUE"
        if kind == "(":
            inner = self.alternatives()
            if self._next(")") is None:
                raise RuleError("a parenthesis is not closed")
            return inner
        if kind in ("ALARM", "OK", "INSUFFICIENT_DATA"):
            self.children.append(text)
            return lambda state: state(text) == kind
        raise RuleError(f"'{text}' is not expected there")
