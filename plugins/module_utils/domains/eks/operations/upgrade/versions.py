# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Checks of versions: the path to the target, node groups and kubelets, add-ons, support. Pure functions of the known facts.

The version rules come from the EKS User Guide (update-cluster, managed node groups) and from the Kubernetes version skew policy: a control
plane goes up by one minor version at a time; a kubelet is never newer than the API server and at most three minor versions older. The EKS
API reference (UpdateClusterVersion) requires managed node groups at the control plane's version before that is updated; EKS itself refuses
only what the skew policy rules out.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...settings.addons import STEPWISE, Offer, chosen
from .facts import Addon, Facts, Group, Support, minor_of
from .findings import BLOCKS, INFO, WARNS, Finding

KUBELET_SKEW = 3
STANDARD_PRICE, EXTENDED_PRICE = 0.10, 0.60
"""Dollars per cluster and hour (Amazon EKS pricing, standard and extended support)."""
HOURS_A_MONTH = 730


def way(facts: Facts) -> Iterator[Finding]:
    """Whether the control plane can go from its current version to the target in one step."""
    there, wanted = minor_of(facts.version), minor_of(facts.target)
    if there is None or wanted is None:
        text = f"Version {facts.target!r} of {facts.name} is not a minor version."
        yield Finding(BLOCKS, "version", facts.name, text, "Quote one such as '1.36'.")
        return
    if wanted > there + 1:
        text = f"{facts.name} runs {facts.version}, and {facts.target} is {wanted - there} minor versions away; EKS upgrades one at a time."
        yield Finding(BLOCKS, "skips_minor", facts.name, text, f"Set version to '1.{there + 1}' first, then upgrade again.")
    elif wanted < there:
        text = f"{facts.name} runs {facts.version}, and {facts.target} is older."
        remedy = "Set version back to the one it runs; docs/eks-upgrade.md explains how to roll back an upgrade of the last 7 days."
        yield Finding(BLOCKS, "older", facts.name, text, remedy)
    if facts.status != "ACTIVE":
        text = f"{facts.name} is {facts.status}; an upgrade can start only from ACTIVE."
        yield Finding(BLOCKS, "status", facts.name, text, "Wait until the operation in progress has finished.")
    if facts.support and facts.target not in facts.support:
        yield Finding(
            BLOCKS, "not_offered", facts.name, f"EKS does not offer version {facts.target} in this region.", "Choose another version."
        )


def node_groups(facts: Facts) -> Iterator[Finding]:
    """Managed node groups that are not at the control plane's version, or not healthy."""
    for group in facts.groups:
        yield from _skewed(facts, group)
        if group.status in ("CREATING", "UPDATING", "DELETING"):
            text = f"Node group {group.name} is {group.status}; EKS makes one change at a time."
            yield Finding(BLOCKS, "node_group_busy", group.name, text, "Wait until that has finished.")
        elif group.status != "ACTIVE" or group.issues:
            text = f"Node group {group.name} is {group.status}" + (f": {'; '.join(group.issues)}." if group.issues else ".")
            yield Finding(WARNS, "node_group_health", group.name, text, "Fix it first: new nodes will be created the same way.")


def _skewed(facts: Facts, group: Group) -> Iterator[Finding]:
    has, control_plane = minor_of(group.version), minor_of(facts.version)
    if has is None or control_plane is None or has == control_plane:
        return
    text = f"Node group {group.name} is at {group.version} and the control plane at {facts.version}."
    if has > control_plane:
        yield Finding(BLOCKS, "node_group_skew", group.name, text, "Nodes may not be newer: replace the node group.")
    elif facts.version == facts.target:
        yield Finding(INFO, "node_group_next", group.name, text, "It is updated next.")
    elif (minor_of(facts.target) or has) - has > KUBELET_SKEW:
        text = f"Node group {group.name} is at {group.version}, more than {KUBELET_SKEW} minor versions older than {facts.target}."
        yield Finding(BLOCKS, "node_group_skew", group.name, text, f"Update it to {facts.version} first.")
    else:
        yield Finding(
            WARNS,
            "node_group_behind",
            group.name,
            text,
            f"AWS requires both to have the same version first: update it to {facts.version} first.",
        )


def kubelets(facts: Facts) -> Iterator[Finding]:
    """Nodes whose kubelet would be too far from the target, whatever created them, and unhealthy nodes."""
    control_plane, target = minor_of(facts.version), minor_of(facts.target)
    for node in facts.inside.nodes if facts.inside else ():
        has = minor_of(node.kubelet)
        if has is not None and target is not None and target - has > KUBELET_SKEW:
            text = f"Node {node.name} runs kubelet {node.kubelet}, more than {KUBELET_SKEW} minor versions older than {facts.target}."
            yield Finding(BLOCKS, "kubelet_skew", node.name, text, "Replace it with a newer one first.")
        elif has is not None and control_plane is not None and not node.group and has < control_plane:
            text = f"Node {node.name} is not in a managed node group and runs kubelet {node.kubelet}, older than the control plane."
            yield Finding(WARNS, "kubelet_behind", node.name, text, "EKS does not update it: replace it soon.")
        if not node.ready:
            text = f"Node {node.name} is not Ready" + (f": {node.trouble}." if node.trouble else ".")
            yield Finding(
                WARNS, "node_unhealthy", node.name, text, "Fix or remove it: its pods count as unavailable while others are moved."
            )


def addons(facts: Facts) -> Iterator[Finding]:
    """Add-ons whose version does not fit the target, with the version that would be chosen; unhealthy add-ons."""
    offered = not facts.support or facts.target in facts.support
    for addon in facts.addons:
        if offered:
            yield from _addon_fits(facts, addon, facts.offers.get(addon.name, Offer()))
        if addon.status not in ("ACTIVE", "UPDATING") or addon.issues:
            text = f"Add-on {addon.name} is {addon.status}" + (f": {'; '.join(addon.issues)}." if addon.issues else ".")
            yield Finding(WARNS, "addon_health", addon.name, text, "Fix it first.")


def _addon_fits(facts: Facts, addon: Addon, offer: Offer) -> Iterator[Finding]:
    if not offer.versions:
        text = f"There is no version of add-on {addon.name} for {facts.target}."
        yield Finding(BLOCKS, "addon_missing", addon.name, text, "Remove the add-on, or wait until AWS offers one.")
        return
    default = offer.default or offer.versions[-1]
    if addon.pinned and addon.pinned not in offer.versions:
        text = f"The inventory pins add-on {addon.name} to {addon.pinned}, which is not compatible with {facts.target}."
        yield Finding(BLOCKS, "addon_version", addon.name, text, f"Pin {default}, or nothing, to get the default of {facts.target}.")
        return
    wanted = chosen(addon.name, addon.pinned or None, addon.version, offer) or default
    if wanted != addon.version:
        fits = "" if addon.version in offer.versions else f" is not compatible with {facts.target} and"
        text = f"Add-on {addon.name} {addon.version}{fits} is updated to {wanted} after the control plane."
        yield Finding(INFO, "addon_next", addon.name, text)
        yield from _too_far(addon, wanted)


def _too_far(addon: Addon, wanted: str) -> Iterator[Finding]:
    """Add-ons that go one minor version at a time, if the target offers no intermediate version (EKS User Guide, managing-vpc-cni)."""
    has, will = minor_of(addon.version), minor_of(wanted)
    if addon.name not in STEPWISE or has is None or will is None or will - has < 2:
        return
    text = f"Add-on {addon.name} would go from {addon.version} to {wanted}; EKS updates it one minor version at a time."
    yield Finding(BLOCKS, "addon_step", addon.name, text, f"Update it to one of v1.{has + 1} before the control plane.")


def support(facts: Facts) -> Iterator[Finding]:
    """The end of support of both versions, and what staying longer costs."""
    now, then = facts.support.get(facts.version), facts.support.get(facts.target)
    if now and facts.version != facts.target and _is_extended(facts, now):
        text = (
            f"{facts.version} is in extended support since {now.standard_until:%Y-%m-%d}: ${EXTENDED_PRICE:.2f} an hour instead of "
            f"${STANDARD_PRICE:.2f}, about ${(EXTENDED_PRICE - STANDARD_PRICE) * HOURS_A_MONTH:.0f} a month more. The upgrade ends that."
        )
        yield Finding(
            INFO, "support", facts.version, text if not _is_extended(facts, then) else text.removesuffix(" The upgrade ends that.")
        )
    if then and then.standard_until:
        yield _support_of_target(facts, then)


def _support_of_target(facts: Facts, then: Support) -> Finding:
    if _is_extended(facts, then):
        text = f"{facts.target} is in extended support already, at ${EXTENDED_PRICE:.2f} an hour instead of ${STANDARD_PRICE:.2f}."
        return Finding(WARNS, "support", facts.target, text, "Plan the next upgrade soon.")
    after = (
        "after that, AWS upgrades the cluster automatically"
        if facts.upgrade_policy == "STANDARD"
        else f"after that, it costs ${EXTENDED_PRICE:.2f} an hour"
    )
    text = f"{facts.target} has standard support until {then.standard_until:%Y-%m-%d}; {after} (upgrade_policy {facts.upgrade_policy})."
    return Finding(INFO, "support", facts.target, text)


def _is_extended(facts: Facts, one: Support | None) -> bool:
    return bool(one and one.standard_until and one.standard_until <= facts.now)
