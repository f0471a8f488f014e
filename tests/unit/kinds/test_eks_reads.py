# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The read calls: which clusters are read, in how much detail, and that nothing is read twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.kinds.all import IN_CLUSTERS
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.engine import observe

from .scripted import Script, mark, refusal

OURS, GONE, FOREIGN = "prod-main", "prod-old", "staging-main"
ADDONS = ("vpc-cni", "kube-proxy", "coredns", "eks-pod-identity-agent", "aws-ebs-csi-driver", "metrics-server")
GROUPS = ("system", "spot")
ENTRIES = ("deployers", "readers", "team")
ASSOCIATIONS = ("uploads", "mails", "reports")
EBS = "arn:aws:eks:eu-west-1:1:addon/prod-main/aws-ebs-csi-driver/1"


def account(clusters: Mapping[str, bool]) -> Script:
    """``clusters``: name -> whether it is ours. All have the same contents."""

    def cluster(params: Mapping[str, Any]) -> Any:
        name = params["name"]
        if name not in clusters:
            return refusal("ResourceNotFoundException", f"No cluster found for name: {name}.")
        return {"cluster": {"name": name, "arn": name, "status": "ACTIVE", "tags": mark(f"eks_cluster.{name}") if clusters[name] else {}}}

    def inside(items: str, names: Iterable[Any]) -> Any:
        def listed(params: Mapping[str, Any]) -> Any:
            if params["clusterName"] not in clusters:
                return refusal("ResourceNotFoundException", "No cluster found.")
            return {items: list(names)}

        return listed

    def described(kind: str, item: str, name: str, arn: str) -> Any:
        def describe(params: Mapping[str, Any]) -> Any:
            reported, own = params["clusterName"], params[name]
            tags = mark(f"{kind}.{reported}/{own}") if clusters[reported] and not own.endswith("of AWS's") else {}
            return {item: {"clusterName": reported, name: own, arn: f"arn:aws:eks:eu-west-1:1:{item}/{reported}/{own}/1", "tags": tags}}

        return describe

    listed = [{"clusterName": OURS, "associationId": f"a-{name}", "namespace": "web", "serviceAccount": name} for name in ASSOCIATIONS]
    listed.append({"clusterName": OURS, "associationId": "a-ebs", "ownerArn": EBS})

    def association(params: Mapping[str, Any]) -> Any:
        own = next(one for one in listed if one["associationId"] == params["associationId"])
        return {"association": {**own, "roleArn": "role", "serviceAccount": "sa", "associationArn": "arn", "tags": mark("x")}}

    return Script(
        {
            "list_clusters": {"clusters": list(clusters)},
            "describe_cluster": cluster,
            "list_addons": inside("addons", ADDONS),
            "describe_addon": described("eks_addon", "addon", "addonName", "addonArn"),
            "list_nodegroups": inside("nodegroups", GROUPS),
            "describe_nodegroup": described("eks_nodegroup", "nodegroup", "nodegroupName", "nodegroupArn"),
            "list_access_entries": inside("accessEntries", [*ENTRIES, "creator, of AWS's", "nodes, of AWS's"]),
            "describe_access_entry": described("eks_access_entry", "accessEntry", "principalArn", "accessEntryArn"),
            "list_associated_access_policies": {"associatedAccessPolicies": []},
            "list_fargate_profiles": inside("fargateProfileNames", []),
            "list_pod_identity_associations": inside("associations", listed if OURS in clusters else []),
            "describe_pod_identity_association": association,
            "describe_policies": {"ScalingPolicies": []},
            "describe_scheduled_actions": {"ScheduledUpdateGroupActions": []},
            "list_updates": {"updateIds": []},
        }
    )


def looked(script: Script, hints: tuple[str, ...]) -> Counter[str]:
    """The results of one read of the current state, by kind."""
    aws = script.aws()
    try:
        found = observe({kind.name: kind(hints) for kind in IN_CLUSTERS}, aws)
    finally:
        aws.close()
    return Counter(one.kind for one in found)


SEEN = {
    "eks_cluster": 1,
    "eks_addon": len(ADDONS),
    "eks_nodegroup": len(GROUPS),
    "eks_access_entry": len(ENTRIES),
    "eks_pod_identity_association": len(ASSOCIATIONS),
}


def test_the_calls_of_an_unchanged_run() -> None:
    """One cluster with six add-ons (one with a role), two node groups, three entries (and two of AWS's) and three associations: 33."""
    script = account({OURS: True})
    assert looked(script, (OURS,)) == SEEN
    expected = {
        "list_clusters": 1,
        "describe_cluster": 1,
        "list_addons": 1,
        "describe_addon": 6,
        "list_nodegroups": 1,
        "describe_nodegroup": 2,
        "describe_policies": 1,
        "describe_scheduled_actions": 1,
        "list_updates": 2,
        "list_access_entries": 1,
        "describe_access_entry": 5,
        "list_associated_access_policies": 5,
        "list_fargate_profiles": 1,
        "list_pod_identity_associations": 1,
        "describe_pod_identity_association": 4,
    }
    assert Counter(script.methods()) == expected
    assert sum(expected.values()) == 33


@pytest.mark.parametrize("hints", [(OURS,), (), (OURS, "prod-new")], ids=["described", "nothing described", "one more described"])
def test_hints_change_what_is_asked_and_not_what_is_seen(hints: tuple[str, ...]) -> None:
    script = account({OURS: True, FOREIGN: False})
    assert looked(script, hints) == SEEN
    assert script.methods().count("list_clusters") == 1
    into = {params["clusterName"] for name, params in script.calls if name == "list_addons"}
    assert into == {OURS, *hints}, "a cluster of others is not looked into"


def test_an_owned_cluster_that_is_no_longer_described_is_found_with_its_contents() -> None:
    script = account({OURS: True, GONE: True, FOREIGN: False})
    found = looked(script, (OURS,))
    assert found["eks_cluster"] == 2
    assert found["eks_addon"] == 2 * len(ADDONS)
    assert script.methods().count("list_clusters") == 1


def test_nothing_is_cached_between_observations() -> None:
    script = account({OURS: True})
    looked(script, (OURS,))
    looked(script, (OURS,))
    assert script.methods().count("list_clusters") == 2


def test_an_account_without_clusters_costs_a_call_for_each_kind_of_thing() -> None:
    script = account({})
    assert looked(script, (OURS,)) == {}
    assert set(script.methods()) == {
        *("list_clusters", "describe_cluster", "list_addons", "list_nodegroups", "list_access_entries", "list_fargate_profiles"),
        *("list_pod_identity_associations", "describe_policies", "describe_scheduled_actions"),
    }
