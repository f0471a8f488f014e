# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Existing clusters: adopted with all their parts, renamed, and recognized as another owner's."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.domain import kinds
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.claims import find_conflicts, take
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.engine import Result, Settings, observe, plan_only, reconcile
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.errors import EngineError
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Observed, Resource
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.planner import Consent
from tests.integration.site import Requests, summary

from .support import ACCOUNT, Site, cluster

MARKS = ("mainstay:environment", "mainstay:component", "mainstay:address")
POD = {"namespace": "web", "service_account": "api", "policy": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
FULL = cluster(
    fargate_profiles={"jobs": {"selectors": [{"namespace": "jobs"}]}},
    pod_identities={"uploads": POD},
    irsa_roles={"legacy": {**POD, "service_account": "old"}},
)
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
)
IN_EKS = ("eks_cluster", "eks_addon", "eks_nodegroup", "eks_fargate_profile", "eks_pod_identity_association")


def taking(site: Site, desired: list[Resource], adopt: Any = None, moved: Any = None) -> Result:
    """Applies as the module does with these options."""
    aws, known = site.aws(), kinds(["prod-main"])
    try:
        observed = take(adopt or {}, moved or {}, desired, observe(known, aws), known, aws, lambda _kind, _address: False)
        result = plan_only(desired, observed, known, Consent())
        if held := find_conflicts(result.plan, known, aws):
            return dataclasses.replace(result, failures=held)
        return reconcile(desired, observed, known, aws, Settings(Consent(), Site.patience))
    finally:
        aws.close()


def identifier(seen: Observed) -> str:
    """The value of the option ``adopt`` for a resource."""
    if seen.kind == "eks_cluster" or not seen.kind.startswith("eks_"):
        return seen.id
    own = seen.id if seen.kind == "eks_pod_identity_association" else seen.id.split("/")[2]
    return f"{seen.properties['cluster_name']}/{own}"


def unmark(site: Site) -> dict[str, Observed]:
    """Removes our marks from everything in EKS or created for it, as if another tool had created it; by address."""
    eks, ec2, iam, logs = (site.cloud.client(name) for name in ("eks", "ec2", "iam", "logs"))
    found = {}
    for seen in site.observed():
        if seen.kind in IN_EKS:
            eks.untag_resource(resourceArn=seen.attributes["arn"], tagKeys=list(MARKS))
        elif seen.kind == "launch_template":
            ec2.delete_tags(Resources=[seen.id], Tags=[{"Key": name} for name in MARKS])
        elif seen.kind == "iam_oidc_provider":
            iam.untag_open_id_connect_provider(OpenIDConnectProviderArn=seen.id, TagKeys=list(MARKS))
        elif seen.kind == "cluster_log_group":
            logs.untag_resource(resourceArn=seen.attributes["arn"], tagKeys=list(MARKS))
        else:
            continue
        found[seen.address] = seen
    return found


def test_a_cluster_that_another_tool_made_is_taken_over_as_it_is(site: Site) -> None:
    desired = site.desired(main=FULL)
    site.apply(desired)
    there = unmark(site)
    assert {seen.kind for seen in there.values()} == {*IN_EKS, "launch_template", "iam_oidc_provider", "cluster_log_group"}
    result = taking(site, desired, {address: identifier(seen) for address, seen in there.items()})
    assert list(result.failures) == []
    assert set(summary(result.plan).values()) == {"update"}
    assert {seen.address: seen.id for seen in site.observed() if seen.address in there} == {a: seen.id for a, seen in there.items()}
    assert summary(site.plan(desired)) == {}


def test_without_adopt_every_name_conflict_is_reported_before_the_first_change(site: Site) -> None:
    desired = site.desired(main=FULL)
    site.apply(desired)
    there = unmark(site)
    result = taking(site, desired)
    reported = {one.address: one for one in result.failures}
    # the contents of another owner's cluster cannot be read: its name is not known in advance
    assert set(reported) == {"eks_cluster.main", "launch_template.main/system"}
    assert {one.code for one in reported.values()} == {"NameHeld"}
    assert reported["eks_cluster.main"].message == "it conflicts with prod-main, which has no owner mark."
    assert "adopt: {eks_cluster.main: prod-main}" in reported["eks_cluster.main"].hint
    assert set(there) >= set(reported)


def test_a_log_group_that_eks_left_behind_is_no_obstacle(site: Site) -> None:
    """EKS recreates it to write its final log entries, without tags and without retention."""
    logs = site.cloud.client("logs")
    logs.create_log_group(logGroupName="/aws/eks/prod-main/cluster")
    result = taking(site, site.desired(main=cluster()))
    assert list(result.failures) == []
    (action,) = [one for one in result.plan.changes if one.address == "cluster_log_group.main"]
    assert (action.verb, action.reason) == ("update", "adopted")
    (group,) = logs.describe_log_groups(logGroupNamePrefix="/aws/eks/prod-main/cluster")["logGroups"]
    assert group["retentionInDays"] == 365
    assert group["kmsKeyId"]
    assert summary(site.plan(site.desired(main=cluster()))) == {}


def test_a_cluster_of_another_owner_is_called_theirs(site: Site) -> None:
    other = Site(site.cloud, environment="staging")
    other.apply(other.desired(main=cluster(name="prod-main")))
    result = taking(site, site.desired(main=cluster()))
    reported = {one.address: one for one in result.failures}
    assert (
        reported["eks_cluster.main"].message
        == f"it conflicts with prod-main, which belongs to staging/{other.component} (eks_cluster.main)."
    )
    assert "from: staging" in reported["eks_cluster.main"].hint


def test_an_access_entry_is_renamed_without_anybody_losing_access(site: Site) -> None:
    site.cloud.client("iam").create_role(RoleName="deploy", AssumeRolePolicyDocument=TRUST)
    entry = {"principal_arn": f"arn:aws:iam::{ACCOUNT}:role/deploy", "policies": {"AmazonEKSViewPolicy": "cluster"}}
    site.apply(site.desired(main=cluster(access={"team": entry})))
    requests = Requests(site.cloud)
    desired = site.desired(main=cluster(access={"crew": entry}))
    result = taking(site, desired, moved={"eks_access_entry.main/team": "eks_access_entry.main/crew"})
    assert list(result.failures) == []
    assert {call for call in requests.changes() if call.startswith("eks")} == {"eks:TagResource"}
    assert summary(site.plan(desired)) == {}


@pytest.mark.parametrize(
    ("address", "given", "said"),
    [
        ("eks_addon.main/coredns", "coredns", "write a eks_addon as <name of the cluster>/<addonName>"),
        ("eks_pod_identity_association.main/uploads", "prod-main/uploads", "which begins with a-"),
        ("eks_cluster.main", "prod-nowhere", "there is no eks_cluster prod-nowhere in this account and region"),
        ("iam_oidc_provider.main", "arn:aws:iam::1:oidc-provider/token.actions", "the OIDC provider of an EKS cluster"),
    ],
)
def test_identifiers_that_are_none(site: Site, address: str, given: str, said: str) -> None:
    with pytest.raises(EngineError, match=said):
        taking(site, site.desired(main=FULL), {address: given})
