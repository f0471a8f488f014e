"""What the contract suite knows of each domain beside its samples. A module in this folder is found by itself; it may have

``FURTHER``: role of the domain -> name -> sample beyond the smallest of a kind, for what that does not reach. The smallest one has shown
the rest: of a further one only those calls of each step are tested that it does not make.
``ONE_WAY``: names of further samples whose change cannot be taken back: they are only created, changed and deleted.
``COUNTS``: kind -> how many of its things, and of what may be left of one, an account holds (see account.py). Every kind has one.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.aws.samples import Sample
from tests.contract.account import Count

MODULES: list[Any] = [importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)]

FURTHER: dict[str, dict[str, Callable[[Place], Sample]]] = {}
for module in MODULES:
    for role, samples in getattr(module, "FURTHER", {}).items():
        FURTHER.setdefault(role, {}).update(samples)

ONE_WAY: tuple[str, ...] = tuple(name for module in MODULES for name in getattr(module, "ONE_WAY", ()))

COUNTS: dict[str, Count] = {kind: count for module in MODULES for kind, count in getattr(module, "COUNTS", {}).items()}
