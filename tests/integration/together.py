# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Cases of manual changes that one run corrects together: a plan names each on its own line, and most of a test's time is runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

Case = TypeVar("Case")


def together(cases: Mapping[str, Case], address: Callable[[Case], str]) -> list[tuple[str, ...]]:
    """The names of the cases in as few groups as possible; the cases of a group change different resources."""
    groups: list[dict[str, str]] = []
    for name, case in cases.items():
        found = next((group for group in groups if address(case) not in group), None)
        if found is None:
            found = {}
            groups.append(found)
        found[address(case)] = name
    return [tuple(group.values()) for group in groups]
