# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How the EKS kinds interpret responses and refusals."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.kinds.access_entry import EksAccessEntry
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.kinds.addon import EksAddon
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.kinds.base import EksKind
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.kinds.cluster import EksCluster
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.kinds.errors import failed_update, refused
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.kinds.fargate_profile import EksFargateProfile
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.kinds.nodegroup import EksNodegroup
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.errors import AlreadyThere, CallFailed, NotYet
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Observed

from .scripted import Script, mark, refusal

CLUSTER = {
    "name": "prod-main",
    "arn": "arn:aws:eks:eu-west-1:1:cluster/prod-main",
    "status": "ACTIVE",
    "version": "1.35",
    "logging": {"clusterLogging": [{"types": ["api"], "enabled": True}]},
    "resourcesVpcConfig": {"subnetIds": ["subnet-b", "subnet-a"], "endpointPublicAccess": False, "publicAccessCidrs": ["0.0.0.0/0"]},
    "identity": {"oidc": {"issuer": "https://oidc.eks.eu-west-1.amazonaws.com/id/1"}},
    "tags": mark("eks_cluster.main"),
}
ADDON = {
    "clusterName": "prod-main",
    "addonName": "coredns",
    "addonArn": "arn:aws:eks:eu-west-1:1:addon/prod-main/coredns/1",
    "addonVersion": "v1",
    "status": "ACTIVE",
    "tags": mark("eks_addon.main/coredns"),
}
GROUP = {
    "clusterName": "prod-main",
    "nodegroupName": "system",
    "nodegroupArn": "arn:aws:eks:eu-west-1:1:nodegroup/prod-main/system/1",
    "status": "ACTIVE",
    "scalingConfig": {"minSize": 1, "maxSize": 3, "desiredSize": 2},
    "labels": {"old": "1"},
    "launchTemplate": {"id": "lt-1", "version": "1"},
    "tags": mark("eks_nodegroup.main/system"),
}
PROFILE = {
    "clusterName": "prod-main",
    "fargateProfileName": "jobs",
    "fargateProfileArn": "arn:aws:eks:eu-west-1:1:fargateprofile/prod-main/jobs/1",
    "status": "ACTIVE",
    "tags": mark("eks_fargate_profile.main/jobs"),
}
ISSUES = {"health": {"issues": [{"code": "InsufficientNumberOfReplicas", "message": "no node for it"}]}}
NONE: dict[str, Any] = {"ScalingPolicies": [], "ScheduledUpdateGroupActions": []}


def seen_as(kind: EksKind, raw: dict[str, Any]) -> Observed:
    aws = Script({}).aws()
    found = kind.observe_all(aws, [{"policies": [], "actions": [], **raw}])
    aws.close()
    return found[0]


@pytest.mark.parametrize(
    ("kind", "raw", "status", "state"),
    [
        *((EksCluster(), CLUSTER, status, "pending") for status in ("CREATING", "UPDATING", "PENDING")),
        (EksCluster(), CLUSTER, "ACTIVE", "ready"),
        (EksCluster(), CLUSTER, "DELETING", "deleting"),
        (EksCluster(), CLUSTER, "FAILED", "failed"),
        *((EksNodegroup(), GROUP, status, "pending") for status in ("CREATING", "UPDATING")),
        (EksNodegroup(), GROUP, "CREATE_FAILED", "failed"),
        *((EksNodegroup(), GROUP, status, "ready") for status in ("ACTIVE", "DEGRADED", "DELETE_FAILED")),
        *((EksAddon(), ADDON, status, "pending") for status in ("CREATING", "UPDATING")),
        (EksAddon(), ADDON, "CREATE_FAILED", "failed"),
        *((EksAddon(), ADDON, status, "ready") for status in ("ACTIVE", "DEGRADED", "UPDATE_FAILED", "DELETE_FAILED")),
        *((EksFargateProfile(), PROFILE, status, state) for status, state in (("CREATING", "pending"), ("CREATE_FAILED", "failed"))),
    ],
)
def test_only_what_never_came_up_has_failed(kind: EksKind, raw: dict[str, Any], status: str, state: str) -> None:
    """Failed resources are replaced without consent, so nothing that ever worked may count as failed."""
    seen = seen_as(kind, {**raw, "status": status, **ISSUES})
    assert (seen.state, seen.reason) == (state, "InsufficientNumberOfReplicas: no node for it")


def test_only_the_run_that_created_a_degraded_addon_waits_for_it() -> None:
    script = Script({"describe_addon": {"addon": {**ADDON, "status": "DEGRADED", **ISSUES}}})
    kind, aws = EksAddon(), script.aws()
    seen = seen_as(kind, {**ADDON, "status": "DEGRADED"})
    waited = kind.read(aws, seen)
    aws.close()
    assert seen.state == "ready"
    assert waited is not None
    assert (waited.state, waited.reason) == ("pending", "InsufficientNumberOfReplicas: no node for it")


@pytest.mark.parametrize("status", ["DELETE_FAILED"])
def test_a_deletion_that_failed_is_an_error_and_not_a_wait(status: str) -> None:
    aws = Script({"describe_nodegroup": {"nodegroup": {**GROUP, "status": status, **ISSUES}}, **scaling()}).aws()
    with pytest.raises(CallFailed, match="deleting it failed: InsufficientNumberOfReplicas: no node for it"):
        EksNodegroup().read(aws, seen_as(EksNodegroup(), GROUP))
    aws.close()


def scaling() -> dict[str, Any]:
    none = {"describe_policies": {"ScalingPolicies": []}, "describe_scheduled_actions": {"ScheduledUpdateGroupActions": []}}
    return {**none, "list_updates": {"updateIds": []}}


def test_a_successor_of_the_same_name_is_another_one() -> None:
    aws = Script({"describe_addon": {"addon": {**ADDON, "addonArn": "arn:aws:eks:eu-west-1:1:addon/prod-main/coredns/2"}}}).aws()
    assert EksAddon().read(aws, seen_as(EksAddon(), ADDON)) is None
    aws.close()


@pytest.mark.parametrize(
    ("code", "message", "expected"),
    [
        ("ResourceInUseException", "Cluster already exists with name: prod-main", AlreadyThere),
        ("ResourceInUseException", "NodeGroup already exists with name a and cluster name prod-main", AlreadyThere),
        ("ResourceInUseException", "The specified access entry resource is already in use on this cluster.", AlreadyThere),
        ("ResourceInUseException", "Cannot EndpointAccessUpdate because cluster prod-main currently has update 1 in progress", NotYet),
        ("ResourceInUseException", "Addon vpc-cni cannot be updated as it is currently in CREATING state", NotYet),
        ("InvalidParameterException", "Role with arn: r, could not be assumed because it does not exist or ...", NotYet),
        ("InvalidParameterException", "The specified principalArn is invalid: invalid principal.", NotYet),
        ("InvalidParameterException", "The subnet ID 'subnet-1' does not exist", CallFailed),
        ("InvalidRequestException", "Cluster has deletion protection enabled", CallFailed),
    ],
)
def test_what_eks_means_by_a_refusal(code: str, message: str, expected: type[CallFailed]) -> None:
    aws = Script({"create_addon": refusal(code, message)}).aws()
    with pytest.raises(CallFailed) as caught:
        EksAddon().create(aws, "eks_addon.main/coredns", {"cluster_name": "prod-main", "addon_name": "coredns"}, "token")
    aws.close()
    assert type(caught.value) is expected
    assert type(refused(CallFailed("other", "", "Other"))) is CallFailed


FAILED = {
    "id": "u-1",
    "type": "VersionUpdate",
    "status": "Failed",
    "errors": [{"errorCode": "PodEvictionFailure", "errorMessage": "Reached max retries", "resourceIds": ["ip-10-0-0-1"]}],
}


def test_a_failed_update_is_reported_with_all_details() -> None:
    error = failed_update(FAILED)
    assert error.code == "PodEvictionFailure"
    assert error.message == "the VersionUpdate u-1 ended as Failed: PodEvictionFailure: Reached max retries (ip-10-0-0-1)"
    assert "PodDisruptionBudget" in error.hint
    assert failed_update({"status": "Cancelled"}).message == "the update  ended as Cancelled: no reason given"


# ---- changing clusters ----

WANTED = {
    "deletion_protection": True,
    "authentication_mode": "API",
    "upgrade_policy": "STANDARD",
    "log_types": ["api", "audit"],
    "endpoint_public_access": True,
    "public_access_cidrs": ["198.51.100.0/24"],
    "subnet_ids": ["subnet-a", "subnet-c"],
    "version": "1.36",
}


class World:
    """A cluster that accepts one update at a time; each completes after one poll."""

    def __init__(self) -> None:
        self.cluster: dict[str, Any] = {**CLUSTER}
        self.sent: list[Any] = []
        self.asked: set[str] = set()

    def script(self) -> Script:
        answers = {
            "describe_cluster": lambda _params: {"cluster": self.cluster},
            "describe_update": self._update,
            "update_cluster_config": self._config,
            "update_cluster_version": self._version,
            "tag_resource": {},
        }
        return Script(answers)

    def _update(self, params: Any) -> Any:
        status = "Successful" if params["updateId"] in self.asked else "InProgress"
        self.asked.add(params["updateId"])
        return {"update": {"id": params["updateId"], "status": status}}

    def _config(self, params: Any) -> Any:
        change = {name: value for name, value in params.items() if name != "name"}
        assert len(change) == 1
        for name, value in change.items():
            old = self.cluster.get(name)
            self.cluster = {**self.cluster, name: {**old, **value} if isinstance(old, dict) else value}
        return self._begun(next(iter(change)))

    def _version(self, params: Any) -> Any:
        self.cluster = {**self.cluster, "version": params["version"]}
        return self._begun("version")

    def _begun(self, what: str) -> Any:
        self.sent.append(what)
        return {"update": {"id": f"u-{len(self.sent)}", "status": "InProgress"}}


def test_one_sort_of_change_a_call_and_each_after_the_other() -> None:
    world = World()
    aws, kind = world.script().aws(), EksCluster()
    seen = seen_as(kind, CLUSTER)
    sorts = ["deletionProtection", "accessConfig", "upgradePolicy", "logging", "resourcesVpcConfig", "resourcesVpcConfig", "version"]
    for _refusal in range(2 * (len(sorts) - 1)):  # for each but the last: more to come, and one poll that finds it in progress
        with pytest.raises(NotYet) as caught:
            kind.update(aws, seen, {**WANTED, "tags": {"a": "1"}})
        assert caught.value.dependency
    kind.update(aws, seen, {**WANTED, "tags": {"a": "1"}})
    aws.close()
    assert world.sent == sorts


def test_while_an_update_is_in_progress_it_reads_as_pending_and_then_as_it_is() -> None:
    world = World()
    aws, kind = world.script().aws(), EksCluster()
    seen = seen_as(kind, CLUSTER)
    kind.update(aws, seen, {"version": "1.36"})
    looks = [kind.read(aws, seen) for _look in range(2)]
    aws.close()
    assert [look and (look.state, look.properties["version"]) for look in looks] == [("pending", "1.35"), ("ready", "1.36")]


def test_the_error_of_an_update_is_raised_once_and_then_it_can_be_tried_again() -> None:
    script = World().script()
    script.answers["describe_update"] = {"update": FAILED}
    aws, kind = script.aws(), EksCluster()
    seen = seen_as(kind, CLUSTER)
    kind.update(aws, seen, {"version": "1.36"})
    with pytest.raises(CallFailed, match="PodEvictionFailure"):
        kind.read(aws, seen)
    assert kind.read(aws, seen) is not None
    aws.close()


def test_existing_values_are_not_sent_again() -> None:
    """EKS rejects a change without effect: after a lost response, a second call would be an error."""
    script = World().script()
    aws, kind = script.aws(), EksCluster()
    kind.update(aws, replace(seen_as(kind, CLUSTER), properties={"cluster_name": "prod-main", "version": "1.34"}), {"version": "1.35"})
    aws.close()
    assert script.methods("update") == []


def test_an_update_of_another_caller_is_waited_for() -> None:
    script = Script({"describe_cluster": {"cluster": {**CLUSTER, "status": "UPDATING"}}})
    aws, kind = script.aws(), EksCluster()
    with pytest.raises(NotYet) as caught:
        kind.update(aws, seen_as(kind, CLUSTER), {"version": "1.36"})
    aws.close()
    assert caught.value.dependency


# ---- changing node groups ----


@pytest.mark.parametrize(
    ("wanted", "calls"),
    [
        ({"max_size": 5}, [("update_nodegroup_config", {"scalingConfig": {"minSize": 1, "maxSize": 5, "desiredSize": 2}})]),
        ({"min_size": 3, "max_size": 5}, [("update_nodegroup_config", {"scalingConfig": {"minSize": 3, "maxSize": 5, "desiredSize": 3}})]),
        ({"max_size": 1}, [("update_nodegroup_config", {"scalingConfig": {"minSize": 1, "maxSize": 1, "desiredSize": 1}})]),
        (
            {"labels": {"new": "2"}},
            [("update_nodegroup_config", {"labels": {"addOrUpdateLabels": {"new": "2"}, "removeLabels": ["old"]}})],
        ),
        ({"launch_template_version": "2"}, [("update_nodegroup_version", {"launchTemplate": {"id": "lt-1", "version": "2"}})]),
        (
            {"version": "1.36", "release_version": "1.36.1-1"},
            [("update_nodegroup_version", {"version": "1.36", "releaseVersion": "1.36.1-1"})],
        ),
    ],
)
def test_one_call_for_what_leaves_the_nodes_alone_and_one_for_what_replaces_them(wanted: dict[str, Any], calls: list[Any]) -> None:
    reply = {"update": {"id": "u-1", "status": "InProgress"}}
    changes = dict.fromkeys(("update_nodegroup_config", "update_nodegroup_version"), reply)
    script = Script({"describe_nodegroup": {"nodegroup": GROUP}, **changes, **scaling()})
    aws, kind = script.aws(), EksNodegroup()
    kind.update(aws, seen_as(kind, GROUP), wanted)
    aws.close()
    where = {"clusterName": "prod-main", "nodegroupName": "system"}
    assert [(name, params) for name, params in script.calls if name.startswith("update")] == [
        (name, {**where, **params}) for name, params in calls
    ]


@pytest.mark.parametrize(("desired", "observed", "expected"), [(2, None, 2), (2, 7, 7), (2, 0, 0)])
def test_the_number_of_nodes_is_given_once(desired: int, observed: int | None, expected: int) -> None:
    assert EksNodegroup().properties["desired_size"].target(desired, observed) == expected


# ---- changing add-ons and entries ----


@pytest.mark.parametrize(
    ("wanted", "sent"),
    [
        ({"addon_version": "v2"}, {"addonVersion": "v2", "configurationValues": "{}", "podIdentityAssociations": []}),
        (
            {"configuration": {"b": 1, "a": 2}},
            {"addonVersion": "v1", "configurationValues": '{"a": 2, "b": 1}', "podIdentityAssociations": []},
        ),
        (
            {"pod_identity_role_arn": "r", "pod_identity_service_account": "s"},
            {
                "addonVersion": "v1",
                "configurationValues": "{}",
                "podIdentityAssociations": [{"serviceAccount": "s", "roleArn": "r"}],
            },
        ),
    ],
)
def test_an_addon_update_sends_all_settings_and_keeps_those_of_others(wanted: dict[str, Any], sent: dict[str, Any]) -> None:
    script = Script({"describe_addon": {"addon": ADDON}, "update_addon": {"update": {"id": "u-1", "status": "InProgress"}}})
    aws, kind = script.aws(), EksAddon()
    kind.update(aws, seen_as(kind, ADDON), wanted)
    aws.close()
    assert script.calls[-1] == (
        "update_addon",
        {"clusterName": "prod-main", "addonName": "coredns", **sent, "resolveConflicts": "PRESERVE"},
    )


def test_access_is_kept_while_policies_change() -> None:
    principal = "arn:aws-cn:iam::1:role/deploy"
    seen = Observed(
        "eks_access_entry",
        "eks_access_entry.main/deploy",
        "arn",
        {"cluster_name": "prod-main", "principal_arn": principal, "policies": {"Old": "cluster", "Kept": ["a", "b"], "Moved": "cluster"}},
    )
    script = Script({"associate_access_policy": {}, "disassociate_access_policy": {}})
    aws = script.aws()
    EksAccessEntry().set_policies(aws, seen, {"New": ["x"], "Kept": ["b", "a"], "Moved": ["y"]})
    aws.close()
    reported = [(name.partition("_")[0], params["policyArn"].rpartition("/")[2]) for name, params in script.calls]
    assert reported == [("associate", "New"), ("associate", "Moved"), ("disassociate", "Old")]
    assert script.calls[0][1]["policyArn"] == "arn:aws-cn:eks::aws:cluster-access-policy/New"
