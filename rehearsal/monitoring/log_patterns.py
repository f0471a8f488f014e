"""Filter patterns of CloudWatch Logs, after "Filter pattern syntax for metric filters" in its User Guide. Pure.

| pattern | matches |
|---|---|
| (empty) | every event |
| `ERROR "not found" -retry`, `?ERROR ?WARN` | events with all terms and without those after a minus; with any term after a question mark |
| `{ $.event = "signup" && $.plan != "free" }` | events that are JSON objects with such fields |
| `[ip, user, ..., status=4*, size]` | events of fields separated by spaces |
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Fields = Mapping[str, Any]
"""What a pattern finds in an event: the event itself as JSON, or its named fields."""
_TERM = re.compile(r'\s*([?-]?)(?:"((?:[^"\\]|\\.)*)"|%((?:[^%\\]|\\.)*)%|(\S+))')
_TOKEN = re.compile(
    r'\s*(?:(?P<selector>\$(?:\.[\w-]+|\[\d+\]|\["[^"]+"\])+)|"(?P<text>(?:[^"\\]|\\.)*)"|%(?P<expression>(?:[^%\\]|\\.)*)%'
    r"|(?P<operator>&&|\|\||!=|<=|>=|[=<>()!])|(?P<words>IS\s+(?:NULL|TRUE|FALSE)|NOT\s+EXISTS|EXISTS)|(?P<bare>[^\s()&|=<>!\"%]+))",
    re.IGNORECASE,
)
_STEP = re.compile(r'\.([\w-]+)|\[(\d+)\]|\["([^"]+)"\]')
_ABSENT = object()


class PatternError(ValueError):
    """A pattern that CloudWatch Logs would refuse."""


@dataclass(frozen=True)
class Pattern:
    """`match` returns what it found in a message; None if it does not match. Terms find nothing that could be a value or dimension."""

    text: str
    structured: bool
    match: Callable[[str], Fields | None]


def parsed(text: str) -> Pattern:
    """Raises PatternError."""
    bare = text.strip()
    if bare.startswith("{"):
        if not bare.endswith("}"):
            raise PatternError("a brace is not closed")
        return _of_json(text, bare[1:-1])
    if bare.startswith("["):
        if not bare.endswith("]"):
            raise PatternError("a bracket is not closed")
        return Pattern(text, structured=True, match=_of_columns(bare[1:-1]))
    return Pattern(text, structured=False, match=_of_terms(bare))


def selected(fields: Fields, selector: str) -> Any:
    """The value of $.a.b, or of a named field $name; None if there is none."""
    found = _select(fields, selector)
    return None if found is _ABSENT else found


def _select(document: Any, selector: str) -> Any:
    rest = selector[1:]
    if rest and rest[0] not in ".[":
        rest = f".{rest}"
    for match in _STEP.finditer(rest):
        step: Any = int(match[2]) if match[2] else match[1] or match[3]
        try:
            document = document[step]
        except (KeyError, IndexError, TypeError):
            return _ABSENT
    return document


def _of_terms(text: str) -> Callable[[str], Fields | None]:
    terms = [(match[1], _finder(match)) for match in _TERM.finditer(text)]
    needed, optional, excluded = ([finds for sign, finds in terms if sign == kind] for kind in ("", "?", "-"))

    def match(message: str) -> Fields | None:
        fits = all(finds(message) for finds in needed) and not any(finds(message) for finds in excluded)
        return {} if fits and (not optional or any(finds(message) for finds in optional)) else None

    return match


def _finder(match: re.Match[str]) -> Callable[[str], bool]:
    if match[3] is not None:
        expression = _expression(match[3])
        return lambda message: expression.search(message) is not None
    term = match[2].replace('\\"', '"') if match[2] is not None else match[4]
    return lambda message: term in message


def _expression(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise PatternError(f"%{text}% is no regular expression: {error}") from None


def _wildcard(text: str) -> Callable[[Any], bool]:
    expression = re.compile(".*".join(re.escape(part) for part in text.split("*")), re.DOTALL)
    return lambda value: not isinstance(value, dict | list) and value is not None and expression.fullmatch(_text(value)) is not None


def _text(value: Any) -> str:
    return json.dumps(value) if isinstance(value, bool | float | int) else str(value)


def _of_columns(text: str) -> Callable[[str], Fields | None]:
    """Fields by position; `...` stands for any number of them."""
    columns: list[tuple[str, Callable[[Any], bool] | None]] = []
    for part in (one.strip() for one in text.split(",")):
        match = re.fullmatch(r'(\.\.\.|[\w-]+)\s*(?:(!=|=|<=|>=|<|>)\s*(?:"([^"]*)"|(\S+)))?', part)
        if match is None:
            raise PatternError(f"the field '{part}' cannot be read")
        columns.append((match[1], _comparison(match[2], match[3] if match[3] is not None else match[4]) if match[2] else None))
    names = [name for name, _test in columns]
    if names.count("...") > 1:
        raise PatternError("an ellipsis may occur once")

    def fields(message: str) -> Fields | None:
        values = [one[1:-1] if one[0] in '["' else one for one in re.findall(r'"[^"]*"|\[[^\]]*\]|\S+', message)]
        gap = names.index("...") if "..." in names else -1
        if (gap < 0 and len(values) != len(columns)) or (gap >= 0 and len(values) < len(columns) - 1):
            return None
        kept = columns if gap < 0 else columns[:gap] + columns[gap + 1 :]
        found = values if gap < 0 else values[:gap] + values[len(values) - (len(columns) - gap - 1) :]
        if any(test is not None and not test(value) for (_name, test), value in zip(kept, found, strict=True)):
            return None
        return {name: value for (name, _test), value in zip(kept, found, strict=True)}

    return fields


def _comparison(operator: str, value: str) -> Callable[[Any], bool]:
    """Numbers are compared as numbers, texts with asterisks as wildcards."""
    number = _number(value)
    if operator in ("=", "!="):
        same = _wildcard(value)
        equals = (lambda found: _number(found) == number) if number is not None else same
        return equals if operator == "=" else lambda found: not equals(found)
    if number is None:
        raise PatternError(f"'{operator}' compares numbers, not '{value}'")
    compare: Mapping[str, Callable[[float, float], bool]] = {
        "<": lambda left, right: left < right,
        ">": lambda left, right: left > right,
        "<=": lambda left, right: left <= right,
        ">=": lambda left, right: left >= right,
    }
    return lambda found: (given := _number(found)) is not None and compare[operator](given, number)


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _of_json(text: str, inner: str) -> Pattern:
    parser = _Parser(_tokens(inner))
    holds = parser.alternatives()
    if parser.rest:
        raise PatternError(f"'{parser.rest[0][1]}' is not expected there")

    def match(message: str) -> Fields | None:
        try:
            document = json.loads(message)
        except ValueError:
            return None
        return document if isinstance(document, dict) and holds(document) else None

    return Pattern(text, structured=True, match=match)


def _tokens(text: str) -> list[tuple[str, str]]:
    found, position, text = [], 0, text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            raise PatternError(f"'{text[position:].strip()}' cannot be read")
        found.append((match.lastgroup, match[match.lastgroup]))
        position = match.end()
    return found


class _Parser:
    """|| binds less than &&."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.rest = tokens

    def _take(self, *operators: str) -> str | None:
        return self.rest.pop(0)[1] if self.rest and self.rest[0][0] == "operator" and self.rest[0][1] in operators else None

    def alternatives(self) -> Callable[[Any], bool]:
        parts = [self._conjunction()]
        while self._take("||"):
            parts.append(self._conjunction())
        return lambda document: any(part(document) for part in parts)

    def _conjunction(self) -> Callable[[Any], bool]:
        parts = [self._condition()]
        while self._take("&&"):
            parts.append(self._condition())
        return lambda document: all(part(document) for part in parts)

    def _condition(self) -> Callable[[Any], bool]:
        if self._take("("):
            inner = self.alternatives()
            if self._take(")") is None:
                raise PatternError("a parenthesis is not closed")
            return inner
        if not self.rest or self.rest[0][0] != "selector":
            raise PatternError("a selector such as $.event is expected" + (f", not '{self.rest[0][1]}'" if self.rest else ""))
        selector = self.rest.pop(0)[1]
        test = self._test()
        return lambda document: test(_select(document, selector))

    def _test(self) -> Callable[[Any], bool]:
        if self.rest and self.rest[0][0] == "words":
            word = " ".join(self.rest.pop(0)[1].upper().split())
            return {
                "IS NULL": lambda value: value is None,
                "IS TRUE": lambda value: value is True,
                "IS FALSE": lambda value: value is False,
                "NOT EXISTS": lambda value: value is _ABSENT,
                "EXISTS": lambda value: value is not _ABSENT,
            }[word]
        operator = self._take("=", "!=", "<", ">", "<=", ">=")
        if operator is None or not self.rest or self.rest[0][0] not in ("text", "bare", "expression"):
            raise PatternError('a comparison such as = "signup" is expected')
        kind, value = self.rest.pop(0)
        if kind == "expression":
            expression = _expression(value)
            return lambda found: isinstance(found, str) and (expression.search(found) is not None) == (operator == "=")
        if kind == "text" and operator in ("=", "!="):
            same = _wildcard(value.replace('\\"', '"'))
            return lambda found: found is not _ABSENT and same(found) == (operator == "=")
        compare = _comparison(operator, value)
        return lambda found: found is not _ABSENT and compare(found)
