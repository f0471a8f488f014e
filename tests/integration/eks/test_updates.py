# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Updates that take time, exclude each other, fail, or were started by others; externally set sizes; states that are not failures."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.component.troubles import troubles
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.engine import Settings, reconcile
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.planner import Consent
from tests.integration.site import Requests, summary

from .support import EVERYTHING, Site, cluster

POD = {"namespace": "web", "service_account": "api", "policy": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
GROUP = {"system": {"min_size": 1, "max_size": 2}}
TRANSITIONS = {"eks_cluster": 0.3, "eks_nodegroup": 0.3, "eks_addon": 0.3, "eks_fargate_profile": 0.3}


def updates(requests: Requests) -> list[str]:
    """The updates that were started, in order."""
    return [call["operation"] for call in requests.all() if call["operation"].startswith("Update") and call["status"] < 300]


def refused(requests: Requests) -> list[tuple[str, str]]:
    return [(call["operation"], call["error_code"]) for call in requests.all() if call["mutating"] and call["error_code"]]


def test_an_upgrade_goes_from_the_control_plane_outward(site: Site) -> None:
    site.apply(site.desired(main=cluster(version="1.34")))
    site.cloud.admin.settings(transition_seconds=TRANSITIONS)
    requests = Requests(site.cloud)
    site.apply(site.desired(main=cluster(version="1.35")))
    begun = updates(requests)
    assert begun[0] == "UpdateClusterVersion"
    assert begun.count("UpdateNodegroupVersion") == 1
    first, last = begun.index("UpdateAddon"), len(begun) - 1 - begun[::-1].index("UpdateAddon")
    assert first < begun.index("UpdateNodegroupVersion") < last
    assert refused(requests) == []
    assert summary(site.plan(site.desired(main=cluster(version="1.35")))) == {}


def test_changes_of_every_sort_in_one_run_wait_for_each_other(site: Site) -> None:
    """EKS accepts one update of a cluster at a time and rejects others in the meantime: none is rejected here."""
    site.apply(site.desired(main=cluster(version="1.34", upgrade_policy="EXTENDED", node_groups={**GROUP, "more": {"max_size": 2}})))
    site.cloud.admin.settings(transition_seconds=TRANSITIONS)
    requests = Requests(site.cloud)
    wanted = {
        "main": cluster(
            version="1.35",
            upgrade_policy="STANDARD",
            log_types=["api"],
            endpoint={"public_cidrs": ["52.94.76.0/24"]},
            node_groups={name: {"max_size": 3, "disk_gib": 60, "labels": {"a": "1"}} for name in ("system", "more")},
            addons={"vpc-cni": {"configuration": {"env": {"WARM_ENI_TARGET": "2"}}}},
            tags={"a": "1"},
        )
    }
    site.apply(site.desired(**wanted))
    assert updates(requests).count("UpdateClusterConfig") == 3
    assert updates(requests).count("UpdateNodegroupConfig") == updates(requests).count("UpdateNodegroupVersion") == 2
    assert refused(requests) == []
    assert summary(site.plan(site.desired(**wanted))) == {}


def test_an_update_started_by_another_caller_is_waited_for(site: Site) -> None:
    site.apply(site.desired(main=cluster()))
    site.cloud.admin.settings(transition_seconds=TRANSITIONS)
    eks = site.cloud.client("eks")
    eks.update_cluster_config(name="prod-main", logging={"clusterLogging": [{"types": ["api"], "enabled": False}]})
    site.apply(site.desired(main=cluster(upgrade_policy="EXTENDED")))
    assert eks.describe_cluster(name="prod-main")["cluster"]["upgradePolicy"] == {"supportType": "EXTENDED"}
    assert summary(site.plan(site.desired(main=cluster(upgrade_policy="EXTENDED")))) == {}, "the log that was switched off is on again"


@pytest.mark.parametrize(
    ("sort", "address", "changes"),
    [
        ("LoggingUpdate", "eks_cluster.main", {"log_types": ["api"]}),
        ("ConfigUpdate", "eks_nodegroup.main/system", {"node_groups": {"system": {"max_size": 5}}}),
        ("VersionUpdate", "eks_nodegroup.main/system", {"node_groups": {"system": {**GROUP["system"], "disk_gib": 60}}}),
        ("AddonUpdate", "eks_addon.main/vpc-cni", {"addons": {"vpc-cni": {"configuration": {"env": {"WARM_ENI_TARGET": "2"}}}}}),
    ],
)
def test_an_update_that_fails_is_an_error_with_its_reason_and_can_be_tried_again(
    site: Site, sort: str, address: str, changes: dict[str, Any]
) -> None:
    site.apply(site.desired(main=cluster()))
    reported = {"errorCode": "PodEvictionFailure", "errorMessage": "Reached max retries while trying to evict pods"}
    site.cloud.admin.settings(eks_failing_updates={sort: reported})
    desired = site.desired(main=cluster(**changes))
    failures = site.try_apply(desired).failures
    assert [(one.address, one.code) for one in failures] == [(address, "PodEvictionFailure")]
    assert reported["errorMessage"] in failures[0].message
    assert "PodDisruptionBudget" in failures[0].hint
    site.cloud.admin.settings(eks_failing_updates={})
    site.apply(site.desired(main=cluster(**changes)))


@pytest.mark.parametrize(("nodes", "limits", "after"), [(2, (1, 3), 2), (3, (1, 2), 2), (1, (2, 3), 2)])
def test_how_many_nodes_there_are_is_the_autoscalers_matter(site: Site, nodes: int, limits: tuple[int, int], after: int) -> None:
    site.apply(site.desired(main=cluster(node_groups={"system": {"min_size": 1, "max_size": 3, "desired_size": 1}})))
    eks = site.cloud.client("eks")
    where = {"clusterName": "prod-main", "nodegroupName": "system"}
    if nodes != 1:
        eks.update_nodegroup_config(**where, scalingConfig={"desiredSize": nodes})
    low, high = limits
    site.apply(site.desired(main=cluster(node_groups={"system": {"min_size": low, "max_size": high, "desired_size": low}})))
    scaling = eks.describe_nodegroup(**where)["nodegroup"]["scalingConfig"]
    assert scaling == {"minSize": low, "maxSize": high, "desiredSize": after}


def test_a_protected_cluster_is_not_deleted_and_it_is_said_how(site: Site) -> None:
    site.apply(site.desired(main=cluster(deletion_protection=True, node_groups=None, controllers=[])))
    failures = site.try_apply([], purge=EVERYTHING).failures
    assert [(one.address, one.code) for one in failures] == [("eks_cluster.main", "InvalidRequestException")]
    assert "Set deletion_protection to false" in failures[0].hint
    assert site.cloud.client("eks").list_clusters()["clusters"] == ["prod-main"]


@pytest.mark.parametrize(
    ("kind", "address", "state", "verb"),
    [
        ("eks_addon", "eks_addon.main/coredns", "DEGRADED", None),
        ("eks_addon", "eks_addon.main/coredns", "UPDATE_FAILED", None),
        ("eks_addon", "eks_addon.main/coredns", "CREATE_FAILED", "replace"),
        ("eks_nodegroup", "eks_nodegroup.main/system", "DEGRADED", None),
        ("eks_nodegroup", "eks_nodegroup.main/system", "CREATE_FAILED", "replace"),
    ],
)
def test_only_what_never_came_up_is_replaced_without_asking(site: Site, kind: str, address: str, state: str, verb: str | None) -> None:
    site.apply(site.desired(main=cluster()))
    site.cloud.admin.script(kind, {"tag": {"mainstay:address": address}}, [{"state": state}])
    assert summary(site.plan(site.desired(main=cluster()))).get(address) == verb


def test_a_configuration_update_that_failed_is_remembered_by_the_next_run(site: Site) -> None:
    """EKS nevertheless describes the group with the new values."""
    site.apply(site.desired(main=cluster()))
    reported = {"errorCode": "NodeCreationFailure", "errorMessage": "Unhealthy nodes in the kubernetes cluster"}
    site.cloud.admin.settings(eks_failing_updates={"ConfigUpdate": reported})
    wanted = cluster(node_groups={"system": {**GROUP["system"], "max_size": 5, "labels": {"tier": "one"}}})
    assert site.try_apply(site.desired(main=wanted)).failures
    site.cloud.admin.settings(eks_failing_updates={})

    plan = site.plan(site.desired(main=wanted))
    assert summary(plan) == {"eks_nodegroup.main/system": "update"}
    (notice,) = troubles(plan.observed)
    assert notice.address == "eks_nodegroup.main/system"
    assert reported["errorMessage"] in notice.message
    site.apply(site.desired(main=wanted))
    plan = site.plan(site.desired(main=wanted))
    assert (summary(plan), troubles(plan.observed)) == ({}, [])


@pytest.mark.parametrize(("kind", "address"), [("eks_nodegroup", "eks_nodegroup.main/system"), ("eks_addon", "eks_addon.main/coredns")])
def test_what_is_degraded_is_a_line(site: Site, kind: str, address: str) -> None:
    site.apply(site.desired(main=cluster()))
    assert troubles(site.observed()) == []
    site.cloud.admin.script(kind, {"tag": {"mainstay:address": address}}, [{"state": "DEGRADED"}])
    assert [(one.address, one.message.partition(":")[0]) for one in troubles(site.observed())] == [(address, "DEGRADED")]


def test_a_disabled_key_is_a_line(site: Site) -> None:
    site.apply(site.desired(main=cluster()))
    (key,) = [seen for seen in site.observed() if seen.kind == "kms_key" and seen.address.endswith("secrets")]
    site.cloud.client("kms").disable_key(KeyId=key.id)
    notices = {notice.address: notice for notice in troubles(site.observed())}
    notice = notices[key.address]
    assert f"aws kms enable-key --key-id {key.id}" in notice.message


@pytest.mark.parametrize("why", ["failed", "another range"])
def test_a_cluster_is_replaced_in_one_run_with_the_roles_that_trust_it(site: Site, why: str) -> None:
    """Their trust policies remain valid while the trusted provider is deleted: IAM rejects a policy without principals."""
    wanted = cluster(irsa_roles={"legacy": POD})
    site.apply(site.desired(main=wanted))
    before, observed = site.ids(), site.observed()
    if why == "failed":
        observed = [replace(seen, state="failed") if seen.address == "eks_cluster.main" else seen for seen in observed]
    else:
        wanted = {**wanted, "service_ipv4_cidr": "172.21.0.0/16"}
    desired = site.desired(main=wanted)
    consent = Consent((*EVERYTHING, "eks_cluster.*"), (*EVERYTHING, "eks_cluster.*"))
    result = reconcile(desired, observed, site.kinds(desired), site.aws(), Settings(consent, site.patience))
    assert list(result.failures) == []
    assert site.ids()["iam_oidc_provider.main"] != before["iam_oidc_provider.main"]
    assert summary(site.plan(desired)) == {}
