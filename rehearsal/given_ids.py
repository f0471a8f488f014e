"""Ids that the caller chooses. AWS gives ids itself; a seed needs those that an inventory refers to, such as a prefix list's.

A call that carries the header names the id of what it makes. Only what the modules `extensions/*_given_ids.py` repair can be given one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

HEADER = "x-rehearsal-id"
_wanted: ContextVar[str | None] = ContextVar("wanted", default=None)


@contextmanager
def giving(identity: str | None) -> Iterator[None]:
    """While this lasts, the first thing made whose ids look like this one gets it."""
    token = _wanted.set(identity)
    try:
        yield
    finally:
        _wanted.reset(token)


def take(fits: Callable[[str], bool]) -> str | None:
    """The id that the current call asks for, once, if it is of the kind that is about to be made."""
    identity = _wanted.get()
    if identity is None or not fits(identity):
        return None
    _wanted.set(None)
    return identity
