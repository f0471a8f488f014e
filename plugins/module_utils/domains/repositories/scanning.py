# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Whether pushed images are scanned. Pure.

The registry's scanning configuration belongs to the account, so it is only read. Enhanced scanning (Amazon Inspector) ignores what a
repository says, and scans those that a rule of the registry selects (Amazon ECR User Guide, "Scan images for software vulnerabilities").
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

AUTOMATIC = ("SCAN_ON_PUSH", "CONTINUOUS_SCAN")


def scanning_notes(configuration: Mapping[str, Any], names: Collection[str]) -> Iterator[str]:
    """A note for repositories that the account's enhanced scanning leaves out. ``names``: in ECR, of those with scan_on_push."""
    if configuration.get("scanType") != "ENHANCED":
        return
    filters = [
        one["filter"]
        for rule in configuration.get("rules") or ()
        if rule.get("scanFrequency") in AUTOMATIC
        for one in rule.get("repositoryFilters") or ()
    ]
    missed = sorted(name for name in names if not any(selects(one, name) for one in filters))
    if missed:
        yield (
            f"the account uses enhanced scanning, which decides for all repositories, and no rule of it selects {', '.join(missed)}: their "
            "images are not scanned on push. Add a rule to the registry's scanning configuration"
        )


def selects(pattern: str, name: str) -> bool:
    """Whether a filter selects a repository: without a wildcard, all whose names contain it."""
    expression = ".*".join(re.escape(part) for part in pattern.split("*"))
    return bool(re.fullmatch(expression, name) if "*" in pattern else pattern in name)
