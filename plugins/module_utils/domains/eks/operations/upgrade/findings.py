# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The findings of an upgrade check, and which of them block the upgrade."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

BLOCKS, WARNS, INFO = "blocks", "warns", "info"
SEVERITIES = (BLOCKS, WARNS, INFO)


@dataclass(frozen=True)
class Finding:
    """One fact to know before an upgrade.

    ``what`` is one sentence; ``remedy`` is what to do about it (empty if nothing has to be done). ``rule`` and ``where`` identify the
    finding, so that it can be ignored: ``disruption_budget:shop/api``.
    """

    severity: str
    rule: str
    where: str
    what: str
    remedy: str = ""

    @property
    def identity(self) -> str:
        return f"{self.rule}:{self.where}"

    def as_dict(self, cluster: str) -> dict[str, Any]:
        """``cluster``: the cluster's name in the inventory."""
        return {
            "cluster": cluster,
            "id": self.identity,
            "severity": self.severity,
            "what": self.what,
            "where": self.where,
            "remedy": self.remedy,
        }

    def sentence(self) -> str:
        return f"{self.what} {self.remedy}".strip()


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """The most severe first, otherwise in the order found."""
    return sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity))


def ignored(finding: Finding, cluster: str, patterns: Sequence[str]) -> bool:
    """Whether a pattern matches the finding, with or without the cluster in front: ``disruption_budget:*``, ``main/subnet:*``."""
    names = (finding.identity, f"{cluster}/{finding.identity}")
    return any(fnmatchcase(name, pattern) for name in names for pattern in patterns)


def in_the_way(findings: Iterable[Finding], cluster: str, patterns: Sequence[str]) -> list[Finding]:
    """The findings that block and are not ignored."""
    return [finding for finding in findings if finding.severity == BLOCKS and not ignored(finding, cluster, patterns)]
