"""What the contract suite needs for each domain besides its samples. Modules in this folder are discovered automatically. Each may define:

``FURTHER``: role of the domain -> name -> sample that covers what the smallest resource of a kind does not. The smallest one has covered
the rest: of a further sample, each step tests only the calls that the smallest one does not make.
``ONE_WAY``: names of further samples whose change cannot be reverted: they are only created, changed, and deleted.
``KINDS``: kind -> the kind with the options that further samples require, instead of the domain's own.
``CONFIGURED``: kind -> makes it from the desired resources as its domain does, for kinds that behave differently for what is desired.
``COUNTS``: kind -> the number of its resources, and of any leftovers, in an account (see account.py). Every kind has one.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Sequence
from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.aws.samples import Sample
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Kind, Resource
from tests.contract.account import Count

MODULES: list[Any] = [importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)]

FURTHER: dict[str, dict[str, Callable[[Place], Sample]]] = {}
for module in MODULES:
    for role, samples in getattr(module, "FURTHER", {}).items():
        FURTHER.setdefault(role, {}).update(samples)

ONE_WAY: tuple[str, ...] = tuple(name for module in MODULES for name in getattr(module, "ONE_WAY", ()))

KINDS: dict[str, Kind] = {kind: one for module in MODULES for kind, one in getattr(module, "KINDS", {}).items()}

CONFIGURED: dict[str, Callable[[Sequence[Resource]], Kind]] = {
    kind: make for module in MODULES for kind, make in getattr(module, "CONFIGURED", {}).items()
}

COUNTS: dict[str, Count] = {kind: count for module in MODULES for kind, count in getattr(module, "COUNTS", {}).items()}
