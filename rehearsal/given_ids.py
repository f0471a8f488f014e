"""IDs chosen by the caller. AWS generates IDs itself, but a seed needs the ones that an inventory refers to, such as a prefix list's.

A call with the header chooses the ID of the resource it creates. Only resources patched by `extensions/*_given_ids.py` support this.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

HEADER = "x-rehearsal-id"
_wanted: ContextVar[str | None] = ContextVar("wanted", default=None)


@contextmanager
def giving(identity: str | None) -> Iterator[None]:
    """Within the block, the first new resource whose IDs have this format gets this ID."""
    token = _wanted.set(identity)
    try:
        yield
    finally:
        _wanted.reset(token)


def take(fits: Callable[[str], bool]) -> str | None:
    """Returns the ID requested by the current call, once, if it has the format of the resource being created."""
    identity = _wanted.get()
    if identity is None or not fits(identity):
        return None
    _wanted.set(None)
    return identity
