"""How many things an account holds, asked of AWS's API itself: what a duplicate or an orphan shows up in, whoever owns it.

The kinds have no part in it. The modules of further/ say by kind what counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from rehearsal.testing import Cloud

Count = Callable[[Cloud], Counter[str]]


def listed(service: str, method: str, items: str, living: Callable[[Any], bool] = lambda _item: True) -> Count:
    """The entries of one list call, which some services leave out where there are none; ``living`` says which of them are there still."""
    return lambda cloud: Counter({items: sum(map(living, getattr(cloud.client(service), method)().get(items, [])))})
