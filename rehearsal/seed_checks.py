"""Value checks, from which the vocabulary of a seed is built. Each takes a value and its location, and yields messages: the location,
the value, and what is expected.
"""

from __future__ import annotations

import difflib
import ipaddress
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

Check = Callable[[str, Any], Iterator[str]]


def text(where: str, value: Any) -> Iterator[str]:
    if not isinstance(value, str):
        hint = "; put it in quotes" if isinstance(value, int | float) else ""
        yield f"{where} is {value!r}, but must be text{hint}"


def flag(where: str, value: Any) -> Iterator[str]:
    if not isinstance(value, bool):
        yield f"{where} is {value!r}, but must be true or false"


def count(where: str, value: Any) -> Iterator[str]:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        yield f"{where} is {value!r}, but must be a whole number of 0 or more"


def pattern(expression: str, right: str) -> Check:
    def check(where: str, value: Any) -> Iterator[str]:
        if not isinstance(value, str) or not re.fullmatch(expression, value):
            yield f"{where} is {value!r}, but must be {right}"

    return check


def one_of(values: Iterable[str], right: str = "one of") -> Check:
    known = sorted(values)

    def check(where: str, value: Any) -> Iterator[str]:
        if value not in known:
            yield f"{where} is {value!r}, but must be {right} {', '.join(known)}"

    return check


def text_or(short: Check, long: Check) -> Check:
    """Text of one form, or a map of the other."""
    return lambda where, value: (long if isinstance(value, Mapping) else short)(where, value)


def list_of(item: Check) -> Check:
    def check(where: str, value: Any) -> Iterator[str]:
        if not isinstance(value, list):
            yield f"{where} is {value!r}, but must be a list"
            return
        for number, entry in enumerate(value):
            yield from item(f"{where}[{number}]", entry)

    return check


def map_of(item: Check, key: Check = text) -> Check:
    """A map keyed by name. If an entry has no required members, it may be empty."""

    def check(where: str, value: Any) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"{where} is {value!r}, but must be a map keyed by name"
            return
        for name, entry in value.items():
            yield from key(f"the name {name!r} in {where}", name)
            yield from item(f"{where}.{name}", entry)

    return check


def fields(known: Mapping[str, Check], required: Sequence[str] = ()) -> Check:
    """A map whose members must all be known."""

    def check(where: str, value: Any) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"{where} is {value!r}, but must be a map ({{}} if there is nothing to say) of: {', '.join(sorted(known))}"
            return
        for name, entry in value.items():
            yield from known[name](f"{where}.{name}", entry) if name in known else unknown(f"{where}.{name}", name, known)
        for name in required:
            if name not in value:
                yield f"{where}.{name} is missing"

    return check


def unknown(where: str, name: Any, known: Iterable[str]) -> Iterator[str]:
    names = sorted(known)
    close = difflib.get_close_matches(str(name), names, 1)
    yield f"{where} is not known{f'; did you mean {close[0]}?' if close else '.'} Known names: {', '.join(names)}"


def identity(prefix: str) -> Check:
    return pattern(rf"{prefix}-([0-9a-f]{{8}}|[0-9a-f]{{17}})", f"an id such as {prefix}-0123456789abcdef0")


def block(where: str, value: Any) -> Iterator[str]:
    try:
        ipaddress.ip_network(value if isinstance(value, str) else "")
    except ValueError as error:
        reason = f" ({error})" if isinstance(value, str) else ""
        yield f"{where} is {value!r}, but must be a block of addresses such as 10.0.0.0/16{reason}"


def document(where: str, value: Any) -> Iterator[str]:
    if not isinstance(value, dict) or "Statement" not in value:
        yield f"{where} is {value!r}, but must be a policy document: a map with Statement"


def principal(where: str, value: Any) -> Iterator[str]:
    if not isinstance(value, dict) or not value:
        yield f"{where} is {value!r}, but must be the principal of a trust policy, such as {{Service: ec2.amazonaws.com}}"


def something(where: str, value: Any) -> Iterator[str]:
    """Accepts anything: the value is checked elsewhere."""
    yield from ()
