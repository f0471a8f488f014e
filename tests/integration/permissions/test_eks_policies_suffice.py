# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The policies generated for clusters suffice for a cluster's whole life, contain no unused action, and exclude other owners' resources."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ansible_collections.mainstay.aws.plugins.module_utils.aws.action_names import action_of
from ansible_collections.mainstay.aws.plugins.module_utils.aws.grants import Names, Scope
from ansible_collections.mainstay.aws.plugins.module_utils.aws.owner import Owner
from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.component.lock import held
from ansible_collections.mainstay.aws.plugins.module_utils.component.quota_reads import check
from ansible_collections.mainstay.aws.plugins.module_utils.component.unclaimed import look
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.domain import kinds
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.kinds import cluster_log_group as logs_eks
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.operations.drain.permissions import DELETES, DRAIN, READS
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.plan_checks import refusals
from ansible_collections.mainstay.aws.plugins.module_utils.permissions.api_names import api_name
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.waiting import SystemClock, silent
from rehearsal.testing import Cloud
from tests.integration.eks.support import ACCOUNT, EVERYTHING, REGION, Site, cluster
from tests.integration.permissions.scenarios import called, checked, declared_by, denials, documents, granted

SCOPE = Scope(Place("prod", "cluster", REGION, ACCOUNT), names=Names(clusters=("prod-main",)))
S3 = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::files/*"}],
}
GROUP = {"min_size": 1, "max_size": 2, "labels": {"a": "1"}, "autoscaled": False}
DEPLOYERS = f"arn:aws:iam::{ACCOUNT}:role/deployers"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
TRUST_OF_PODS = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "pods.eks.amazonaws.com"}, "Action": ["sts:AssumeRole", "sts:TagSession"]}],
}
SMALL = cluster(version="1.34")


def entry(group: str, **policies: Any) -> dict[str, Any]:
    return {"deployers": {"principal_arn": DEPLOYERS, "kubernetes_groups": [group], "policies": policies}}


LIFE: dict[str, dict[str, Any]] = {
    "create": {
        "main": cluster(
            version="1.34",
            node_scaling="karpenter",
            upgrade_policy="EXTENDED",
            access=entry("team", AmazonEKSViewPolicy="cluster"),
            node_groups={
                "system": {**GROUP, "scaling": {"target_cpu_percent": 70, "schedules": {"day": {"recurrence": "0 8 * * *", "min_size": 1}}}}
            },
            fargate_profiles={"jobs": {"selectors": [{"namespace": "jobs"}]}},
            pod_identities={"uploads": {"namespace": "web", "service_account": "api", "policy": S3}},
            irsa_roles={"legacy": {"namespace": "web", "service_account": "old", "policy": S3}},
            tags={"a": "1", "b": "1"},
        )
    },
    "change": {
        "main": cluster(
            version="1.34",
            node_scaling="karpenter",
            upgrade_policy="STANDARD",
            access=entry("crew", AmazonEKSEditPolicy=["web"]),
            node_groups={"system": {**GROUP, "max_size": 3, "disk_gib": 60, "labels": {}}},
            pod_identities={"uploads": {"namespace": "web", "service_account": "api", "policy": S3}},
            irsa_roles={"legacy": {"namespace": "web", "service_account": "old", "policy": S3}},
            addons={"vpc-cni": {"configuration": {"env": {"WARM_ENI_TARGET": "2"}}}},
            tags={"a": "2"},
        )
    },
    "destroy": {},
}
PINNED = {**LIFE["change"]["main"]["node_groups"]["system"], "release_version": "1.35.2-20261112"}
LIFE["upgrade"] = {"main": {**LIFE["change"]["main"], "version": "1.35", "node_groups": {"system": PINNED}}}
ORDER = ("create", "change", "upgrade", "destroy")
SELDOM = {
    **dict.fromkeys(("eks:DescribeInsight", "eks:ListInsights"), "asked before an upgrade of the control plane"),
    "ec2:DescribeNatGateways": "asked about gateways of components that no host claims",
    "ssm:GetParameter": "asked when the reply to taking the run lock was lost",
    "iam:PutRolePermissionsBoundary": "asked where a boundary is demanded; roles of networks show it",
    "iam:ListRoleTags": "asked about roles of components that no host claims",
    "secretsmanager:DescribeSecret": "asked about secrets of components that no host claims",
    "servicequotas:GetAWSDefaultServiceQuota": "asked where an account has no value of its own; in the rehearsal each has",
}
"""Actions that no scenario needs, besides those for draining, which has its own tests."""


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with pytest.MonkeyPatch.context() as patch, Cloud(account_id=ACCOUNT, region=REGION, settings={"control_planes": False}) as started:
        patch.setattr(logs_eks, "QUIET", 0.1)
        yield started


def scope_of(site: Site) -> Scope:
    """The inventory names the cluster and, because it builds no network, the subnets and groups."""
    return replace(SCOPE, names=SCOPE.names + Names(subnets=site.subnets, security_groups=site.groups))


def meddle(cloud: Cloud, component: str) -> None:
    """Manual changes that no change of the inventory would make in this way."""
    eks, iam, kms, logs = (cloud.client(name) for name in ("eks", "iam", "kms", "logs"))
    (provider,) = (one["Arn"] for one in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"])
    iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=provider, ClientID="mine")
    iam.remove_client_id_from_open_id_connect_provider(OpenIDConnectProviderArn=provider, ClientID="sts.amazonaws.com")
    iam.update_assume_role_policy(RoleName=f"prod.{component}.main.nodes", PolicyDocument=json.dumps(TRUST_OF_PODS))
    other = iam.create_role(RoleName="other", AssumeRolePolicyDocument=json.dumps(TRUST_OF_PODS))["Role"]["Arn"]
    (own,) = (one for one in eks.list_pod_identity_associations(clusterName="prod-main", namespace="web")["associations"])
    eks.update_pod_identity_association(clusterName="prod-main", associationId=own["associationId"], roleArn=other)
    (alias,) = (one for one in kms.list_aliases()["Aliases"] if one["AliasName"].startswith("alias/mainstay/"))
    key = alias["TargetKeyId"]
    policy = json.loads(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps({**policy, "Statement": policy["Statement"][:1]}))
    kms.update_key_description(KeyId=key, Description="by hand")
    kms.update_alias(AliasName=alias["AliasName"], TargetKeyId=kms.create_key()["KeyMetadata"]["KeyId"])
    logs.disassociate_kms_key(logGroupName="/aws/eks/prod-main/cluster")
    meddle_with_karpenter(cloud)


def meddle_with_karpenter(cloud: Cloud) -> None:
    sqs, events, iam = (cloud.client(name) for name in ("sqs", "events", "iam"))
    (queue,) = sqs.list_queues()["QueueUrls"]
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"MessageRetentionPeriod": "60"})
    (rule,) = (one["Name"] for one in events.list_rules()["Rules"] if one["Name"].endswith("-spot"))
    events.disable_rule(Name=rule)
    events.remove_targets(Rule=rule, Ids=[one["Id"] for one in events.list_targets_by_rule(Rule=rule)["Targets"]])
    (profile,) = iam.list_instance_profiles()["InstanceProfiles"]
    iam.remove_role_from_instance_profile(InstanceProfileName=profile["InstanceProfileName"], RoleName=profile["Roles"][0]["RoleName"])


@pytest.fixture(scope="module")
def calls() -> set[str]:
    """The actions of all operations called during a cluster's life."""
    return set()


@pytest.fixture(scope="module")
def used(cloud: Cloud, calls: set[str]) -> set[str]:
    """The actions checked during a cluster's life with exactly the policies."""
    site = Site(cloud)
    scope = scope_of(site)
    cloud.client("iam").create_role(RoleName="deployers", AssumeRolePolicyDocument=json.dumps(TRUST))
    cloud.admin.policies(**documents(scope, "eks"))
    cloud.admin.clear_requests()
    for name in ORDER:
        if name == "change":
            cloud.admin.policies(apply=None)
            before = max(one["n"] for one in cloud.admin.requests())
            meddle(cloud, site.component)
            by_hand = max(one["n"] for one in cloud.admin.requests())
            cloud.admin.policies(**documents(scope, "eks"))
        desired = site.desired(**LIFE[name])
        plan = site.plan(desired, purge=EVERYTHING)
        aws = site.aws()
        try:
            check(plan, kinds(), aws, REGION)
            assert [one.message for one in refusals(plan, aws, site.read(LIFE[name]))] == [], name
            look(aws, [site.component])
            with held(aws, "shared", "a test", SystemClock(), 0.0, silent):
                site.apply(desired, EVERYTHING, EVERYTHING)
        finally:
            aws.close()
        assert denials(cloud) == [], name
    calls |= called(cloud, lambda request: not before < request["n"] <= by_hand)
    return checked(cloud)


def test_nothing_is_denied_and_no_action_is_too_much(used: set[str]) -> None:
    named = replace(SCOPE, names=SCOPE.names + Names(subnets=("subnet-1",), security_groups=("sg-1",)))
    assert sorted(granted(documents(named, "eks")["apply"]) - used - {*SELDOM, *DRAIN.writes, *DRAIN.reads}) == []


def test_what_is_called_is_what_is_declared(used: set[str], calls: set[str]) -> None:
    drained = {action_of(one.service, api_name(one)) for one in (*READS, *DELETES)}
    assert sorted(calls - declared_by("eks")) == [], "called and not declared"
    assert sorted(declared_by("eks") - calls - drained - set(SELDOM)) == [], "declared, and called by no scenario"


def test_what_another_environment_owns_cannot_be_changed(cloud: Cloud) -> None:
    cloud.admin.reset()
    theirs = Site(cloud, environment="other")
    theirs.apply(theirs.desired(main=SMALL))
    cloud.admin.policies(**documents(SCOPE, "eks"))
    eks = cloud.client("eks")
    name = eks.list_clusters()["clusters"][0]
    there = eks.describe_cluster(name=name)["cluster"]
    ours = Owner("prod", "cluster").tags("eks_cluster.main")
    inside = {"clusterName": name}
    calls: list[tuple[str, dict[str, Any]]] = [
        ("update_cluster_config", {"name": name, "deletionProtection": False}),
        ("update_cluster_version", {"name": name, "version": "1.35"}),
        ("delete_cluster", {"name": name}),
        ("create_addon", {**inside, "addonName": "snapshot-controller", "tags": ours}),
        ("create_access_entry", {**inside, "principalArn": f"arn:aws:iam::{ACCOUNT}:role/me", "tags": ours}),
        ("delete_addon", {**inside, "addonName": "coredns"}),
        ("delete_nodegroup", {**inside, "nodegroupName": eks.list_nodegroups(**inside)["nodegroups"][0]}),
        ("tag_resource", {"resourceArn": there["arn"], "tags": ours}),
        ("create_cluster", {"name": "x", "roleArn": there["roleArn"], "resourcesVpcConfig": {}, "tags": theirs.owner.tags("x")}),
    ]
    for method, parameters in calls:
        with pytest.raises(ClientError, match="AccessDenied"):
            getattr(eks, method)(**parameters)
