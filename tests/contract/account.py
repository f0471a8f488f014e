"""Counts an account's resources through the AWS API itself, regardless of owner, to reveal duplicates and orphans.

It does not use the kinds. The modules in further/ define what counts for each kind.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from rehearsal.testing import Cloud

Count = Callable[[Cloud], Counter[str]]


def listed(service: str, method: str, items: str, living: Callable[[Any], bool] = lambda _item: True) -> Count:
    """The entries of one list call. Some services omit the list if it is empty; ``living`` selects the entries that still exist."""
    return lambda cloud: Counter({items: sum(map(living, getattr(cloud.client(service), method)().get(items, [])))})
