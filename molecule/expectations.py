"""What the looks of all scenarios share."""

from __future__ import annotations


class Wrong(Exception):
    """Something is not as the scenario describes it."""


def expect(what: str, found: object, wanted: object) -> None:
    if found != wanted:
        raise Wrong(f"{what} is {found!r}, expected {wanted!r}")
