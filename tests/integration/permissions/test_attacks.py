# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Attacks by a holder of only a component's generated policies against resources outside the component."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ansible_collections.mainstay.aws.plugins.module_utils.aws.grants import Names, Scope
from ansible_collections.mainstay.aws.plugins.module_utils.aws.owner import Owner
from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.aws.tags import tag_list
from rehearsal.testing import Cloud
from tests.integration.eks.support import ACCOUNT, REGION, Site, cluster
from tests.integration.permissions.scenarios import documents

OWNER = Owner("prod", "cluster")
SCOPE = Scope(Place("prod", "cluster", REGION, ACCOUNT), names=Names(clusters=("prod-main",)))
DENIED = "AccessDenied|UnauthorizedOperation"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": ["eks.amazonaws.com", "ec2.amazonaws.com"]}, "Action": "sts:AssumeRole"}],
}


@dataclass(frozen=True)
class Victim:
    """The rest of the account: created by hand and unmarked."""

    cloud: Cloud
    site: Site
    cluster: str
    key: str
    provider: str
    template: str
    subnet: str
    group: str
    acl: str

    def client(self, service: str) -> Any:
        return self.cloud.client(service)


@pytest.fixture(scope="module")
def running() -> Iterator[Cloud]:
    with Cloud(account_id=ACCOUNT, region=REGION, settings={"control_planes": False}) as started:
        yield started


@pytest.fixture(scope="module")
def account(running: Cloud) -> Victim:
    """Created once with full permissions: refused calls change nothing."""
    site = Site(running)
    assert not site.apply(site.desired(main=cluster())).failures
    eks, ec2, iam, kms = (running.client(name) for name in ("eks", "ec2", "iam", "kms"))
    role = iam.create_role(RoleName="legacy", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    network, access = {"subnetIds": list(site.subnets)}, {"authenticationMode": "API"}
    eks.create_cluster(name="legacy", roleArn=role, resourcesVpcConfig=network, accessConfig=access, version="1.35")
    eks.create_access_entry(clusterName="legacy", principalArn=role)
    key = kms.create_key(Description="payroll")["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/payroll", TargetKeyId=key)
    provider = iam.create_open_id_connect_provider(Url="https://oidc.eks.attacker.example/id/1", ClientIDList=["sts.amazonaws.com"])
    vpc = ec2.create_vpc(CidrBlock="10.66.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.66.0.0/24", AvailabilityZone=f"{REGION}a")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(VpcId=vpc, GroupName="payroll", Description="payroll")["GroupId"]
    ec2.create_tags(Resources=[group], Tags=[{"Key": "Name", "Value": "payroll"}])
    acl = ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"]
    template = ec2.create_launch_template(LaunchTemplateName="payroll", LaunchTemplateData={"InstanceType": "t3.micro"})
    identity = template["LaunchTemplate"]["LaunchTemplateId"]
    return Victim(running, site, "legacy", key, provider["OpenIDConnectProviderArn"], identity, subnet, group, acl)


@pytest.fixture
def victim(account: Victim) -> Victim:
    """The credentials have the policies of the component ``cluster``, which names the cluster prod-main."""
    names = SCOPE.names + Names(subnets=account.site.subnets, security_groups=account.site.groups)
    account.cloud.admin.policies(**documents(replace(SCOPE, names=names), "eks"))
    return account


def ours(address: str) -> dict[str, str]:
    return OWNER.tags(address)


def kms_tags(address: str) -> list[dict[str, str]]:
    return tag_list(ours(address), "TagKey", "TagValue")


def our_template(victim: Victim) -> str:
    found = victim.client("ec2").describe_launch_templates(Filters=OWNER.filters())["LaunchTemplates"]
    return str(found[0]["LaunchTemplateId"])


EKS = f"arn:aws:eks:{REGION}:{ACCOUNT}"
CLAIMS: dict[str, Callable[[Victim], Any]] = {
    "a foreign cluster": lambda v: v.client("eks").tag_resource(resourceArn=f"{EKS}:cluster/legacy", tags=ours("eks_cluster.main")),
    "an access entry of a foreign cluster": lambda v: v.client("eks").tag_resource(
        resourceArn=v.client("eks").describe_access_entry(clusterName="legacy", principalArn=f"arn:aws:iam::{ACCOUNT}:role/legacy")[
            "accessEntry"
        ]["accessEntryArn"],
        tags=ours("eks_access_entry.main/legacy"),
    ),
    "a cluster that the inventory does not name": lambda v: v.client("eks").create_cluster(
        name="mine", roleArn=f"arn:aws:iam::{ACCOUNT}:role/legacy", resourcesVpcConfig={"subnetIds": []}, tags=ours("eks_cluster.mine")
    ),
    "a key in use elsewhere": lambda v: v.client("kms").tag_resource(KeyId=v.key, Tags=kms_tags("kms_key.main/secrets")),
    "a log group of a foreign cluster": lambda v: v.client("logs").create_log_group(
        logGroupName="/aws/eks/legacy/cluster", tags=ours("cluster_log_group.legacy")
    ),
    "a provider with an issuer of their own": lambda v: v.client("iam").create_open_id_connect_provider(
        Url="https://oidc.eks.attacker.com/id/2", ClientIDList=["sts.amazonaws.com"], Tags=tag_list(ours("iam_oidc_provider.main"))
    ),
    "a provider of another issuer": lambda v: v.client("iam").tag_open_id_connect_provider(
        OpenIDConnectProviderArn=v.provider, Tags=tag_list(ours("iam_oidc_provider.main"))
    ),
    "a launch template": lambda v: v.client("ec2").create_tags(Resources=[v.template], Tags=tag_list(ours("launch_template.main/x"))),
    "a subnet": lambda v: v.client("ec2").create_tags(Resources=[v.subnet], Tags=tag_list(ours("subnet.main/x"))),
}
"""Tagging other owners' resources, which would make them ours."""

LAUNCHES: dict[str, Callable[[Victim], dict[str, Any]]] = {
    "into a foreign subnet": lambda v: {"SubnetId": v.subnet, "LaunchTemplate": {"LaunchTemplateId": our_template(v)}},
    "with a foreign security group": lambda v: {
        "SubnetId": v.site.subnets[0],
        "SecurityGroupIds": [v.group],
        "LaunchTemplate": {"LaunchTemplateId": our_template(v)},
    },
    "from a foreign template": lambda v: {"SubnetId": v.site.subnets[0], "LaunchTemplate": {"LaunchTemplateId": v.template}},
    "from no template": lambda v: {"SubnetId": v.site.subnets[0], "ImageId": "ami-12345678"},
    "with the mark of another environment": lambda v: {
        "SubnetId": v.site.subnets[0],
        "LaunchTemplate": {"LaunchTemplateId": our_template(v)},
        "TagSpecifications": [{"ResourceType": "instance", "Tags": tag_list(Owner("other", "x").tags("y"))}],
    },
}


@pytest.mark.parametrize("name", CLAIMS)
def test_what_is_not_ours_cannot_be_claimed(victim: Victim, name: str) -> None:
    with pytest.raises(ClientError, match=DENIED):
        CLAIMS[name](victim)


def test_administrator_of_a_foreign_cluster(victim: Victim) -> None:
    """An earlier attack: marking another owner's cluster and then writing an access entry made the caller its administrator."""
    eks = victim.client("eks")
    inside = {"clusterName": "legacy", "principalArn": f"arn:aws:iam::{ACCOUNT}:user/rehearsal-apply"}
    attempts: list[Callable[[], Any]] = [
        lambda: eks.tag_resource(resourceArn=f"{EKS}:cluster/legacy", tags=ours("eks_cluster.main")),
        lambda: eks.create_access_entry(**inside, tags=ours("eks_access_entry.main/me")),
        lambda: eks.associate_access_policy(
            **inside,
            policyArn="arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy",
            accessScope={"type": "cluster"},
        ),
    ]
    for attempt in attempts:
        with pytest.raises(ClientError, match=DENIED):
            attempt()


def test_a_foreign_key_cannot_be_given_away_or_deleted(victim: Victim) -> None:
    kms = victim.client("kms")
    attempts: list[tuple[str, dict[str, Any]]] = [
        ("tag_resource", {"Tags": kms_tags("kms_key.main/secrets")}),
        ("put_key_policy", {"PolicyName": "default", "Policy": "{}"}),
        ("create_grant", {"GranteePrincipal": f"arn:aws:iam::{ACCOUNT}:user/me", "Operations": ["Decrypt"]}),
        ("schedule_key_deletion", {"PendingWindowInDays": 7}),
    ]
    for method, parameters in attempts:
        with pytest.raises(ClientError, match=DENIED):
            getattr(kms, method)(KeyId=victim.key, **parameters)


@pytest.mark.parametrize("name", LAUNCHES)
def test_instances_are_launched_as_nodes_only(victim: Victim, name: str) -> None:
    with pytest.raises(ClientError, match=DENIED):
        victim.client("ec2").run_instances(MinCount=1, MaxCount=1, **LAUNCHES[name](victim))


def test_nodes_in_a_foreign_subnet(victim: Victim) -> None:
    """Our node group is launched with its creator's permissions, which do not cover that subnet."""
    group = victim.client("eks").describe_nodegroup(clusterName="prod-main", nodegroupName="system")["nodegroup"]
    with pytest.raises(ClientError, match="ec2:RunInstances"):
        victim.client("eks").create_nodegroup(
            clusterName="prod-main",
            nodegroupName="mine",
            nodeRole=group["nodeRole"],
            subnets=[victim.subnet],
            scalingConfig={"minSize": 1, "maxSize": 1, "desiredSize": 1},
            launchTemplate={"id": our_template(victim), "version": "1"},
            tags=ours("eks_nodegroup.main/mine"),
        )


def test_scaling_of_a_foreign_clusters_nodes(victim: Victim) -> None:
    with pytest.raises(ClientError, match=DENIED):
        victim.client("autoscaling").put_scheduled_update_group_action(
            AutoScalingGroupName="eks-legacy-nodes-1", ScheduledActionName="off", DesiredCapacity=0
        )


def test_an_alias_of_ours_does_not_open_a_foreign_key(victim: Victim) -> None:
    """Our alias can be pointed to any key; the key keeps the alias that identifies its owner."""
    kms = victim.client("kms")
    alias = next(one["AliasName"] for one in kms.list_aliases()["Aliases"] if one["AliasName"].startswith(f"alias{OWNER.path}"))
    kms.update_alias(AliasName=alias, TargetKeyId=victim.key)
    with pytest.raises(ClientError, match=DENIED):
        kms.tag_resource(KeyId=victim.key, Tags=kms_tags("kms_key.main/secrets"))
    with pytest.raises(ClientError, match=DENIED):
        kms.schedule_key_deletion(KeyId=victim.key)


@pytest.fixture
def beside_a_network(account: Victim) -> Victim:
    """The same with the policies of the component that builds networks, which names the network main."""
    place = Place("prod", "network", REGION, ACCOUNT)
    account.cloud.admin.policies(**documents(Scope(place, names=Names(networks=("main",)))))
    return account


def test_groups_and_acls_are_claimed_as_defaults_of_our_networks_only(beside_a_network: Victim) -> None:
    victim, owner = beside_a_network, Owner("prod", "network")
    ec2 = victim.client("ec2")
    for identity, address in (
        (victim.group, "default_security_group.main/default"),  # named by hand
        (victim.acl, "default_network_acl.other/default"),
        (victim.acl, "network_acl.main/public"),
        (victim.subnet, "default_network_acl.main/default"),
    ):
        with pytest.raises(ClientError, match=DENIED):
            ec2.create_tags(Resources=[identity], Tags=tag_list(owner.tags(address)))
    ec2.create_tags(Resources=[victim.acl], Tags=tag_list(owner.tags("default_network_acl.main/default")))


def test_the_plan_reads_user_data_and_changes_nothing(victim: Victim) -> None:
    """docs/permissions.md documents this: EC2 cannot restrict this read."""
    ec2 = victim.cloud.client("ec2", "plan")
    ec2.describe_launch_template_versions(LaunchTemplateId=victim.template)
    with pytest.raises(ClientError, match=DENIED):
        ec2.create_launch_template_version(LaunchTemplateId=victim.template, LaunchTemplateData={"InstanceType": "t3.large"})
