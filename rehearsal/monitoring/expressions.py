"""Metric math, after "Using metric math" in the Amazon CloudWatch User Guide. Pure.

A value is a number, a time series, or a list of time series. A time series has a value at some of the times that were asked for; an
operation of two has one where both have. A text that cannot be read, or a function that is not played here, raises ExpressionError.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rehearsal.monitoring.functions import FUNCTIONS, Context, ExpressionError, Value, elementwise

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+)|(?P<text>\"[^\"]*\"|'[^']*')|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<operator><=|>=|==|!=|&&|\|\||[-+*/^()<>,\[\]]))"
)


def _power(base: float, exponent: float) -> float | None:
    try:
        found = math.pow(base, exponent)
    except (ValueError, OverflowError):
        return None
    return found


_COMPARISONS: Mapping[str, Callable[[float, float], float]] = {
    "<": lambda left, right: float(left < right),
    ">": lambda left, right: float(left > right),
    "<=": lambda left, right: float(left <= right),
    ">=": lambda left, right: float(left >= right),
    "==": lambda left, right: float(left == right),
    "!=": lambda left, right: float(left != right),
}
_LOGIC: Mapping[str, Callable[[float, float], float]] = {
    "AND": lambda left, right: float(bool(left) and bool(right)),
    "OR": lambda left, right: float(bool(left) or bool(right)),
}
_ARITHMETIC: Mapping[str, Callable[[float, float], float | None]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": lambda left, right: left / right if right else None,
    "^": _power,
}
_SPELLINGS = {"&&": "AND", "||": "OR"}


@dataclass(frozen=True)
class Expression:
    """A parsed expression. ``names``: the IDs that it refers to; None among them stands for METRICS(), which means all of them."""

    text: str
    names: frozenset[str | None]
    compute: Callable[[Context], Value]


def parsed(text: str) -> Expression:
    """Raises ExpressionError."""
    parser = _Parser(_tokens(text))
    compute = parser.expression(0)
    if parser.rest:
        raise ExpressionError(f"'{parser.rest[0][1]}' is not expected in '{text}'")
    return Expression(text, frozenset(parser.names), compute)


def _tokens(text: str) -> list[tuple[str, str]]:
    found, position, text = [], 0, text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            raise ExpressionError(f"'{text[position:]}' cannot be read")
        kind, word = match.lastgroup, match[match.lastgroup]
        if kind == "name" and word.upper() in _LOGIC:
            kind, word = "operator", word.upper()
        found.append((kind, _SPELLINGS.get(word, word)))
        position = match.end()
    return found


Compute = Callable[[Context], Value]
_LEVELS: Sequence[Mapping[str, Callable[[float, float], float | None]]] = (
    {"OR": _LOGIC["OR"]},
    {"AND": _LOGIC["AND"]},
    _COMPARISONS,
    {sign: _ARITHMETIC[sign] for sign in "+-"},
    {sign: _ARITHMETIC[sign] for sign in "*/"},
    {"^": _ARITHMETIC["^"]},
)
"""Binary operators, from those that bind least."""


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.rest = tokens
        self.names: set[str | None] = set()

    def _take(self, *words: str) -> str | None:
        if self.rest and self.rest[0][0] == "operator" and self.rest[0][1] in words:
            return self.rest.pop(0)[1]
        return None

    def _expect(self, word: str) -> None:
        if self._take(word) is None:
            raise ExpressionError(f"'{word}' is expected" + (f" before '{self.rest[0][1]}'" if self.rest else " at the end"))

    def expression(self, level: int) -> Compute:
        if level == len(_LEVELS):
            return self._unary()
        left = self.expression(level + 1)
        while sign := self._take(*_LEVELS[level]):
            left = _binary(_LEVELS[level][sign], left, self.expression(level + 1))
        return left

    def _unary(self) -> Compute:
        if self._take("-"):
            part = self._unary()
            return _binary(_ARITHMETIC["-"], lambda context: 0.0, part)
        self._take("+")
        return self._primary()

    def _primary(self) -> Compute:
        if not self.rest:
            raise ExpressionError("it ends too early")
        kind, word = self.rest.pop(0)
        if kind == "number":
            number = float(word)
            return lambda context: number
        if kind == "text":
            return lambda context: word[1:-1]
        if kind == "name":
            return self._named(word)
        if word == "(":
            inner = self.expression(0)
            self._expect(")")
            return inner
        if word == "[":
            parts = self._list("]")
            return lambda context: [series for part in parts for series in _listed(part(context))]
        raise ExpressionError(f"'{word}' is not expected there")

    def _named(self, word: str) -> Compute:
        if not self._take("("):
            if word.upper() in ("REPEAT", "LINEAR"):  # how FILL fills
                return lambda context: word.upper()
            self.names.add(word)
            return lambda context: context.value(word)
        function = FUNCTIONS.get(word.upper())
        if function is None:
            raise ExpressionError(f"the function {word} is not supported")
        if word.upper() in ("METRICS", "METRIC_COUNT"):
            self.names.add(None)
        parts = self._list(")")
        return lambda context: function(context, *(part(context) for part in parts))

    def _list(self, end: str) -> list[Compute]:
        parts: list[Compute] = []
        if self._take(end):
            return parts
        parts.append(self.expression(0))
        while self._take(","):
            parts.append(self.expression(0))
        self._expect(end)
        return parts


def _binary(operate: Callable[[float, float], float | None], left: Compute, right: Compute) -> Compute:
    return lambda context: elementwise(operate, left(context), right(context))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
