# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Managed node groups."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ....aws.canonical import sorted_strings
from ....aws.connection import Aws
from ....aws.named_kind import Read
from ....reconcile.model import Observed, fixed, given, later
from . import limits as limits_eks
from . import scaling as eks_scaling
from .base import EksKind, Step, eks
from .failed_updates import LISTED, not_in_force, said_of, updates_of

Taint = Mapping[str, str]

SIZES = ("min_size", "max_size", "node_count")
MEMBERS = {
    "max_unavailable": "maxUnavailable",
    "max_unavailable_percentage": "maxUnavailablePercentage",
    "update_strategy": "updateStrategy",
}
"""Limits on what an update may do at a time: name in the settings -> name in EKS."""


def canonical_taints(taints: Iterable[Taint]) -> list[dict[str, str]]:
    """Taints in a fixed order, without empty values."""
    found = [{name: text for name in ("key", "value", "effect") if (text := taint.get(name))} for taint in taints]
    return sorted(found, key=lambda taint: (taint["key"], taint["effect"]))


def keep_observed(desired: int | None, observed: int | None) -> int | None:
    """Keep the current number of nodes: the setting counts only at creation; after that, whatever scales the group owns the number."""
    return desired if observed is None else observed


def within(size: int, low: int, high: int) -> int:
    """The number of nodes that the new limits allow and that is nearest to the current one."""
    return max(low, min(size, high))


def label_changes(old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, Any]:
    """The label changes for UpdateNodegroupConfig."""
    changed = {name: text for name, text in new.items() if old.get(name) != text}
    dropped = sorted(set(old) - set(new))
    return {**({"addOrUpdateLabels": changed} if changed else {}), **({"removeLabels": dropped} if dropped else {})}


def taint_changes(old: Sequence[Taint], new: Sequence[Taint]) -> dict[str, Any]:
    """The same for taints. Key and effect identify a taint."""
    kept = {(taint["key"], taint["effect"]) for taint in new}
    changed = [dict(taint) for taint in new if taint not in old]
    dropped = [dict(taint) for taint in old if (taint["key"], taint["effect"]) not in kept]
    return {**({"addOrUpdateTaints": changed} if changed else {}), **({"removeTaints": dropped} if dropped else {})}


class EksNodegroup(EksKind):
    """Labels, taints and sizes change in place; a new version or launch template replaces the nodes step by step.

    The scaling policy and the scheduled actions belong to the group's Auto Scaling group; only ours are read.
    """

    name = "eks_nodegroup"
    calls = eks("nodegroup")
    operations = (
        "list_updates",
        "update_nodegroup_config",
        "update_nodegroup_version",
        "autoscaling.delete_policy",
        "autoscaling.delete_scheduled_action",
        "autoscaling.describe_policies",
        "autoscaling.describe_scheduled_actions",
        "autoscaling.put_scaling_policy",
        "autoscaling.put_scheduled_update_group_action",
        "ec2.describe_instances",
        "ec2.describe_instance_types",
    )
    quotas = (limits_eks.NODEGROUPS, limits_eks.ON_DEMAND_VCPUS)
    states = {"creating": "pending", "updating": "pending", "deleting": "deleting", "create_failed": "failed"}
    timeout = 1800.0
    timeouts = {"update": 7200.0}
    serialized = ("update",)
    together = {"version": ("release_version",), "launch_template_version": ("release_version",)}
    alternatives = {"node_count": "desired_size", "desired_size": "node_count"}
    reads = (Read(LISTED, optional=True),)

    cluster_name = fixed()
    nodegroup_name = fixed()
    node_role = fixed()
    subnet_ids = fixed("subnets", canonical=sorted_strings)
    instance_types = fixed()
    ami_type = fixed()
    capacity_type = fixed()
    launch_template_id = fixed()
    min_size = given()
    max_size = given()
    desired_size = given(effective=keep_observed)
    node_count = given()
    labels = given(canonical=dict)
    taints = given(canonical=canonical_taints)
    update_config = given()
    version = given()
    release_version = given()
    launch_template_version = given(canonical=str)
    target_cpu_percent = later(canonical=float)
    schedules = later(canonical=eks_scaling.canonical_schedules)

    def in_clusters(self, aws: Aws, clusters: Sequence[str]) -> list[dict[str, Any]]:
        """Two rounds of calls: the lists of groups, scaling policies and scheduled actions, then each group."""
        if not clusters:
            return []
        looks: list[Callable[[Aws], list[Any]]] = [
            eks_scaling.all_policies,
            eks_scaling.all_actions,
            *(lambda aws, cluster=cluster: self.names(aws, cluster) for cluster in clusters),
        ]
        policies, actions, *lists = aws.map(lambda look: look(aws), looks)
        wanted = [{"clusterName": c, "nodegroupName": n} for c, names in zip(clusters, lists, strict=True) for n in names]
        found = [{**raw, "policies": policies, "actions": actions} for raw in super().described(aws, wanted)]
        return updates_of(aws, found)

    def described(self, aws: Aws, wanted: Sequence[Mapping[str, str]]) -> list[dict[str, Any]]:
        """For one group, read only its own Auto Scaling group, and only at rest: no run waits for its policy and actions."""
        raws = updates_of(aws, super().described(aws, wanted))
        asked = [(_group(raw), ask) for raw in raws for ask in (eks_scaling.policies_of, eks_scaling.actions_of)]
        answers = aws.map(lambda one: one[1](aws, one[0]) if one[0] else [], asked)
        return [
            {**raw, "policies": policies, "actions": actions}
            for raw, policies, actions in zip(raws, answers[::2], answers[1::2], strict=True)
        ]

    def _answer(self, aws: Aws, entry: Mapping[str, Any], read: Read) -> dict[str, Any] | None:
        if read.method != LISTED:
            return super()._answer(aws, entry, read)
        reply = aws.find("eks", LISTED, name=entry["clusterName"], nodegroupName=entry["nodegroupName"])
        return {"updateIds": reply["updateIds"]} if reply else None

    def value(self, raw: Mapping[str, Any], name: str) -> Any:
        return None if name in not_in_force(raw) else super().value(raw, name)

    def trouble_of(self, raw: Mapping[str, Any]) -> str:
        return "; ".join(text for text in (super().trouble_of(raw), said_of(raw)) if text)

    def get_min_size(self, raw: Mapping[str, Any]) -> Any:
        return (raw.get("scalingConfig") or {}).get("minSize")

    def get_max_size(self, raw: Mapping[str, Any]) -> Any:
        return (raw.get("scalingConfig") or {}).get("maxSize")

    def get_desired_size(self, raw: Mapping[str, Any]) -> Any:
        return (raw.get("scalingConfig") or {}).get("desiredSize")

    def get_node_count(self, raw: Mapping[str, Any]) -> Any:
        """The number of nodes, for groups in which only the settings decide it: see desired_size."""
        return self.get_desired_size(raw)

    def get_launch_template_id(self, raw: Mapping[str, Any]) -> Any:
        return (raw.get("launchTemplate") or {}).get("id")

    def get_launch_template_version(self, raw: Mapping[str, Any]) -> Any:
        return (raw.get("launchTemplate") or {}).get("version")

    def get_update_config(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        reported = raw.get("updateConfig") or {}
        return {name: reported[api] for name, api in MEMBERS.items() if reported.get(api) not in (None, "DEFAULT")}

    def get_target_cpu_percent(self, raw: Mapping[str, Any]) -> float | None:
        return eks_scaling.target_of(raw["policies"], _group(raw))

    def get_schedules(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        return eks_scaling.schedules_of(raw["actions"], _group(raw))

    def made(self, aws: Aws, raw: Mapping[str, Any], address: str) -> Observed:
        return super().made(aws, {**raw, "policies": [], "actions": []}, address)

    def attributes(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "arn": raw.get("nodegroupArn"),
            "name": raw.get("nodegroupName"),
            "autoscaling_group_name": _group(raw),
            "node_role_arn": raw.get("nodeRole"),
        }

    def request(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        asked = {name: value for name, value in properties.items() if value is not None}
        plain = ("cluster_name", "nodegroup_name", "node_role", "subnet_ids", "instance_types", "ami_type", "capacity_type")
        request = {self.api_name(n): asked[n] for n in (*plain, "labels", "taints", "version", "release_version") if asked.get(n)}
        scaling = {"minSize": asked.get("min_size"), "maxSize": asked.get("max_size")}
        scaling["desiredSize"] = asked.get("node_count", asked.get("desired_size", asked.get("min_size")))
        request["scalingConfig"] = {name: value for name, value in scaling.items() if value is not None}
        if asked.get("update_config"):
            request["updateConfig"] = {MEMBERS[name]: value for name, value in asked["update_config"].items()}
        if asked.get("launch_template_id"):
            template = {"id": asked["launch_template_id"], "version": asked.get("launch_template_version")}
            request["launchTemplate"] = {name: value for name, value in template.items() if value is not None}
        return request

    def steps(self, aws: Aws, now: Observed, left: Mapping[str, Any]) -> list[Step]:
        """One call for changes that leave the nodes alone, another for those that replace them."""
        config, version = self._config(now, left), self._version(now, left)
        steps: list[Step] = []
        if config:
            steps.append(lambda: aws.change("eks", "update_nodegroup_config", **self.where(now), **config))
        if version:
            steps.append(lambda: aws.change("eks", "update_nodegroup_version", **self.where(now), **version))
        return steps

    def _config(self, now: Observed, left: Mapping[str, Any]) -> dict[str, Any]:
        config: dict[str, Any] = {}
        have = now.properties
        if any(left.get(name) is not None for name in SIZES):
            low, high, count = (int(left[name] if name in left else have[name]) for name in SIZES)
            config["scalingConfig"] = {"minSize": low, "maxSize": high, "desiredSize": within(count, low, high)}
        if "labels" in left:
            config["labels"] = label_changes(have.get("labels") or {}, left["labels"] or {})
        if "taints" in left:
            config["taints"] = taint_changes(canonical_taints(have.get("taints") or []), left["taints"] or [])
        if left.get("update_config"):
            config["updateConfig"] = {MEMBERS[name]: value for name, value in left["update_config"].items()}
        return config

    def _version(self, now: Observed, left: Mapping[str, Any]) -> dict[str, Any]:
        version = {self.api_name(name): left[name] for name in ("version", "release_version") if left.get(name)}
        if left.get("launch_template_version"):
            if not version and now.properties.get("release_version"):
                # without it, EKS also brings the nodes to its newest release (UpdateNodegroupVersion)
                version["releaseVersion"] = now.properties["release_version"]
            version["launchTemplate"] = {"id": now.properties["launch_template_id"], "version": left["launch_template_version"]}
        return version

    def set_target_cpu_percent(self, aws: Aws, seen: Observed, value: float | None) -> None:
        eks_scaling.set_target(aws, seen.attributes["autoscaling_group_name"], value)

    def set_schedules(self, aws: Aws, seen: Observed, value: Mapping[str, Any] | None) -> None:
        have = seen.properties.get("schedules") or {}
        eks_scaling.set_schedules(aws, seen.attributes["autoscaling_group_name"], have, value or {})


def _group(raw: Mapping[str, Any]) -> str | None:
    """The name of the Auto Scaling group behind a node group, once it exists."""
    groups = (raw.get("resources") or {}).get("autoScalingGroups") or []
    return str(groups[0]["name"]) if groups and raw.get("status") != "CREATING" else None
