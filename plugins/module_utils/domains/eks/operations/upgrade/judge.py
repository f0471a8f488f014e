# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""All findings before an upgrade in one list, the most severe first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from .facts import Facts, minor_of
from .findings import INFO, Finding, in_order
from .versions import addons, kubelets, node_groups, support, way
from .workloads import budgets, insights, lonely_pods, reach, subnets

ROLLBACK_DAYS = 7
"""How long EKS allows a version update to be rolled back (EKS User Guide, rollback-cluster)."""


def rollback(facts: Facts) -> Iterator[Finding]:
    """What can be rolled back afterwards, and how (EKS User Guide, rollback-cluster: it rolls back the control plane alone)."""
    if facts.version == facts.target or minor_of(facts.version) is None:
        return
    text = f"The control plane can be rolled back to {facts.version} for {ROLLBACK_DAYS} days, after its node groups; its data is kept."
    yield Finding(INFO, "rollback", facts.name, text, "See docs/eks-upgrade.md for the order.")
    for group in facts.groups:
        to = [f"release {group.release}"] if group.release else []
        to += [f"launch template version {group.launch_template_version}"] if group.launch_template_version else []
        if to:
            yield Finding(INFO, "rollback", group.name, f"Node group {group.name} can be rolled back to {' with '.join(to)}.")
    if facts.addons:
        listed = ", ".join(f"{addon.name} {addon.version}" for addon in facts.addons)
        yield Finding(INFO, "rollback", "add-ons", f"Add-ons can be rolled back to their present versions: {listed}.")


RULES: tuple[Callable[[Facts], Iterable[Finding]], ...] = (
    way,
    node_groups,
    kubelets,
    addons,
    insights,
    budgets,
    lonely_pods,
    subnets,
    reach,
    support,
    rollback,
)


def judge(facts: Facts) -> list[Finding]:
    """All findings to know before upgrading this cluster. Without a version change, only those about an unfinished upgrade."""
    return in_order(finding for rule in RULES for finding in rule(facts))
