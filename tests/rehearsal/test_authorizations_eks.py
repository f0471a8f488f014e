"""Authorization checks of EKS, Auto Scaling, load balancer, and OIDC provider calls, in a cloud whose caller has policies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from .conftest import ACCOUNT, REGION, CheckedCloud, refused, until
from .eks_account import EksAccount

EKS = f"arn:aws:eks:{REGION}:{ACCOUNT}"
IAM = f"arn:aws:iam::{ACCOUNT}"
Check = Callable[..., None]


@pytest.fixture
def main(eks_account: EksAccount) -> EksAccount:
    """A cluster, main, with one part of every type, tagged owner=us."""
    eks, tags = eks_account.eks, {"owner": "us"}
    eks_account.create(tags=tags)
    eks.create_addon(clusterName="main", addonName="vpc-cni", tags=tags)
    eks_account.node_group(tags=tags)
    eks.create_pod_identity_association(clusterName="main", namespace="web", serviceAccount="api", roleArn=eks_account.pod_role, tags=tags)
    eks.create_access_entry(clusterName="main", principalArn=eks_account.pod_role, tags=tags)
    return eks_account


def allow(action: Any, resource: Any = "*", condition: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **({"Condition": condition} if condition else {})}


def governed(cloud: CheckedCloud, *statements: dict[str, Any]) -> None:
    cloud.admin.policies(apply=[{"Version": "2012-10-17", "Statement": list(statements)}])


def checked(cloud: CheckedCloud) -> list[str]:
    """The actions that the last call was checked for."""
    return list(cloud.admin.requests()[-1]["checked_for"])


OURS = {"StringEquals": {"aws:ResourceTag/owner": "us"}}
THEIRS = {"StringEquals": {"aws:ResourceTag/owner": "them"}}


@pytest.mark.parametrize(
    ("operation", "parameters", "resource"),
    [
        ("describe_cluster", {"name": "main"}, f"{EKS}:cluster/main"),
        ("list_addons", {"clusterName": "main"}, f"{EKS}:cluster/main"),
        ("list_insights", {"clusterName": "main"}, f"{EKS}:cluster/main"),
        ("describe_addon", {"clusterName": "main", "addonName": "vpc-cni"}, f"{EKS}:addon/main/vpc-cni/*"),
        ("describe_nodegroup", {"clusterName": "main", "nodegroupName": "system"}, f"{EKS}:nodegroup/main/system/*"),
        ("describe_access_entry", {"clusterName": "main", "principalArn": f"{IAM}:role/pods"}, f"{EKS}:access-entry/main/role/*/pods/*"),
        ("list_associated_access_policies", {"clusterName": "main", "principalArn": f"{IAM}:role/pods"}, f"{EKS}:access-entry/main/*"),
        ("list_tags_for_resource", {"resourceArn": f"{EKS}:cluster/main"}, f"{EKS}:cluster/main"),
    ],
)
def test_calls_are_checked_on_their_own_arn(main: EksAccount, operation: str, parameters: dict[str, Any], resource: str) -> None:
    """Allowed there and for our tag, refused elsewhere and for another."""
    call = getattr(main.eks, operation)
    governed(main.cloud, allow("eks:*", resource, OURS))
    call(**parameters)
    for statement in (allow("eks:*", resource, THEIRS), allow("eks:*", f"{EKS}:odd/*")):
        governed(main.cloud, statement)
        assert refused(call, **parameters) == "AccessDeniedException"


def test_creating_hands_over_roles_and_tags(main: EksAccount) -> None:
    eks, cloud, tags = main.eks, main.cloud, {"owner": "us"}
    needed = {"StringEquals": {"iam:PassedToService": ["eks.amazonaws.com", "pods.eks.amazonaws.com", "ec2.amazonaws.com"]}}
    everything = [
        allow("eks:*"),
        allow("iam:PassRole", f"{IAM}:role/*", needed),
        allow("iam:CreateServiceLinkedRole", f"{IAM}:role/aws-service-role/*"),
    ]
    governed(cloud, *everything)
    network = {"subnetIds": main.subnets}
    eks.create_cluster(name="other", roleArn=main.role, resourcesVpcConfig=network, tags=tags)
    assert checked(cloud) == ["eks:CreateCluster", "eks:TagResource", "iam:CreateServiceLinkedRole", "iam:PassRole"]
    eks.create_pod_identity_association(clusterName="main", namespace="a", serviceAccount="b", roleArn=main.pod_role)
    assert checked(cloud) == ["eks:CreatePodIdentityAssociation", "iam:PassRole"]
    eks.create_access_entry(clusterName="main", principalArn=main.role, tags=tags)
    assert checked(cloud) == ["eks:CreateAccessEntry", "eks:TagResource"]
    wanted = [{"serviceAccount": "ebs-csi-controller-sa", "roleArn": main.pod_role}]
    eks.create_addon(clusterName="main", addonName="aws-ebs-csi-driver", podIdentityAssociations=wanted)
    assert checked(cloud) == ["eks:CreateAddon", "iam:PassRole"]

    given = {"clusterName": "main", "namespace": "c", "serviceAccount": "d", "roleArn": main.pod_role}
    elsewhere = {"StringEquals": {"iam:PassedToService": "eks.amazonaws.com"}}
    governed(cloud, allow("eks:*"), allow("iam:PassRole", f"{IAM}:role/*", elsewhere))
    assert refused(eks.create_pod_identity_association, **given) == "AccessDeniedException"
    governed(cloud, *everything[1:], allow("eks:CreatePodIdentityAssociation"))
    assert refused(eks.create_pod_identity_association, **given, tags=tags) == "AccessDeniedException"


def test_a_key_is_used_with_the_rights_of_the_caller(eks_account: EksAccount) -> None:
    from .conftest import key_policy

    key = eks_account.cloud.client("kms").create_key(Policy=key_policy())["KeyMetadata"]["Arn"]
    everything = [allow(["eks:*", "iam:PassRole", "iam:CreateServiceLinkedRole"])]
    given: dict[str, Any] = {"encryptionConfig": [{"resources": ["secrets"], "provider": {"keyArn": key}}]}
    governed(eks_account.cloud, *everything)
    with pytest.raises(eks_account.eks.exceptions.ClientError, match="kms:DescribeKey"):
        eks_account.create(**given)
    governed(eks_account.cloud, *everything, allow(["kms:DescribeKey", "kms:CreateGrant"], key))
    eks_account.create(**given)


def test_tags_in_the_request_and_principals_of_entries(main: EksAccount) -> None:
    eks, cloud = main.eks, main.cloud
    condition = {"StringEquals": {"aws:RequestTag/owner": "us", "eks:principalArn": main.node_role}, "Null": {"eks:clusterName": "true"}}
    governed(cloud, allow("eks:CreateAccessEntry", f"{EKS}:cluster/main", condition), allow("eks:TagResource"))
    assert refused(eks.create_access_entry, clusterName="main", principalArn=main.role, tags={"owner": "us"}) == "AccessDeniedException"
    assert refused(eks.create_access_entry, clusterName="main", principalArn=main.node_role) == "AccessDeniedException"
    reading = {"StringLike": {"eks:policyArn": "*/AmazonEKSViewPolicy"}, "StringEquals": {"eks:accessScope": "namespace"}}
    governed(cloud, allow("eks:AssociateAccessPolicy", f"{EKS}:access-entry/main/*", reading))
    given = {"clusterName": "main", "principalArn": main.pod_role, "accessScope": {"type": "namespace", "namespaces": ["web"]}}
    policies = "arn:aws:eks::aws:cluster-access-policy"
    eks.associate_access_policy(**given, policyArn=f"{policies}/AmazonEKSViewPolicy")
    assert refused(eks.associate_access_policy, **given, policyArn=f"{policies}/AmazonEKSEditPolicy") == "AccessDeniedException"


def test_updates_of_a_part_are_on_the_cluster_and_on_the_part(main: EksAccount) -> None:
    update = main.eks.update_addon(clusterName="main", addonName="vpc-cni", configurationValues="{}")["update"]
    given = {"name": "main", "addonName": "vpc-cni", "updateId": update["id"]}
    governed(main.cloud, allow("eks:DescribeUpdate", [f"{EKS}:cluster/main", f"{EKS}:addon/main/*"]))
    main.eks.describe_update(**given)
    governed(main.cloud, allow("eks:DescribeUpdate", f"{EKS}:cluster/main"))
    assert refused(main.eks.describe_update, **given) == "AccessDeniedException"


def test_oidc_providers(cloud: CheckedCloud) -> None:
    """Created with a thumbprint that the caller did not give; its tags control who may change it."""
    iam, url = cloud.client("iam"), f"https://oidc.eks.{REGION}.amazonaws.com/id/ABC"
    arn = f"{IAM}:oidc-provider/oidc.eks.{REGION}.amazonaws.com/id/ABC"
    tags = [{"Key": "owner", "Value": "us"}]
    given = {"Url": url, "ClientIDList": ["sts.amazonaws.com"], "Tags": tags}
    governed(cloud, allow("iam:CreateOpenIDConnectProvider", arn, {"StringEquals": {"aws:RequestTag/owner": "us"}}))
    assert refused(iam.create_open_id_connect_provider, **given) == "AccessDenied"
    governed(cloud, allow(["iam:CreateOpenIDConnectProvider", "iam:TagOpenIDConnectProvider"], arn))
    made = iam.create_open_id_connect_provider(**given)
    assert (made["OpenIDConnectProviderArn"], made["Tags"]) == (arn, tags)
    governed(cloud, allow("iam:*", f"{IAM}:oidc-provider/*", OURS), allow("iam:ListOpenIDConnectProviders"))
    assert refused(iam.create_open_id_connect_provider, **given) == "AccessDenied"
    cloud.admin.policies(apply=None)
    assert refused(iam.create_open_id_connect_provider, **given) == "EntityAlreadyExists"
    assert refused(iam.create_open_id_connect_provider, Url="http://example.org") == "InvalidInput"
    governed(cloud, allow("iam:*", f"{IAM}:oidc-provider/*", OURS), allow("iam:ListOpenIDConnectProviders"))
    assert [one["Arn"] for one in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]] == [arn]
    for _ in range(2):  # both have no effect the second time
        iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="other")
    for _ in range(2):
        iam.remove_client_id_from_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="sts.amazonaws.com")
    found = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    assert (f"https://{found['Url']}", found["ClientIDList"], len(found["ThumbprintList"][0])) == (url, ["other"], 40)
    iam.tag_open_id_connect_provider(OpenIDConnectProviderArn=arn, Tags=[{"Key": "a", "Value": "b"}])
    iam.untag_open_id_connect_provider(OpenIDConnectProviderArn=arn, TagKeys=["a"])
    assert iam.list_open_id_connect_provider_tags(OpenIDConnectProviderArn=arn)["Tags"] == tags
    iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    cloud.admin.policies(apply=None)
    assert refused(iam.get_open_id_connect_provider, OpenIDConnectProviderArn=arn) == "NoSuchEntity"
    iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)


def test_groups_and_templates(main: EksAccount) -> None:
    until(lambda: main.eks.describe_nodegroup(clusterName="main", nodegroupName="system")["nodegroup"]["status"] == "ACTIVE")
    group = main.eks.describe_nodegroup(clusterName="main", nodegroupName="system")["nodegroup"]
    name = group["resources"]["autoScalingGroups"][0]["name"]
    scaling = main.cloud.client("autoscaling")
    schedule = {"AutoScalingGroupName": name, "ScheduledActionName": "night", "Recurrence": "0 20 * * *", "DesiredCapacity": 1}
    of_eks = {"StringEquals": {"aws:ResourceTag/eks:cluster-name": "main"}}
    governed(main.cloud, allow("autoscaling:*", f"arn:aws:autoscaling:{REGION}:{ACCOUNT}:autoScalingGroup:*", of_eks))
    scaling.put_scheduled_update_group_action(**schedule)
    assert refused(scaling.describe_auto_scaling_groups) == "AccessDenied"
    other = {"StringEquals": {"aws:ResourceTag/eks:cluster-name": "other"}}
    governed(main.cloud, allow("autoscaling:*", "*", other))
    assert refused(scaling.put_scheduled_update_group_action, **schedule) == "AccessDenied"

    governed(main.cloud, allow(["ec2:CreateLaunchTemplate", "ec2:CreateTags"], f"arn:aws:ec2:{REGION}:{ACCOUNT}:launch-template/*"))
    specification = [{"ResourceType": "launch-template", "Tags": [{"Key": "owner", "Value": "us"}]}]
    data = {"InstanceType": "t3.medium"}
    made = main.ec2.create_launch_template(LaunchTemplateName="nodes", LaunchTemplateData=data, TagSpecifications=specification)
    assert checked(main.cloud) == ["ec2:CreateLaunchTemplate", "ec2:CreateTags"]
    governed(
        main.cloud, allow("ec2:*", f"arn:aws:ec2:{REGION}:{ACCOUNT}:launch-template/{made['LaunchTemplate']['LaunchTemplateId']}", OURS)
    )
    main.ec2.create_launch_template_version(LaunchTemplateName="nodes", LaunchTemplateData=data)
    governed(main.cloud, allow("ec2:*", "*", THEIRS))
    assert refused(main.ec2.delete_launch_template, LaunchTemplateName="nodes") == "UnauthorizedOperation"


def test_load_balancers(cloud: CheckedCloud, subnet_ids: list[str]) -> None:
    balancing = cloud.client("elbv2")
    tags = [{"Key": "elbv2.k8s.aws/cluster", "Value": "main"}]
    arn = balancing.create_load_balancer(Name="web", Subnets=subnet_ids, Tags=tags)["LoadBalancers"][0]["LoadBalancerArn"]
    of_cluster = {"StringEquals": {"aws:ResourceTag/elbv2.k8s.aws/cluster": "other"}}
    governed(cloud, allow("elasticloadbalancing:DeleteLoadBalancer", "*", of_cluster), allow("elasticloadbalancing:Describe*"))
    assert len(balancing.describe_load_balancers()["LoadBalancers"]) == 1
    assert refused(balancing.delete_load_balancer, LoadBalancerArn=arn) == "AccessDenied"
    of_cluster["StringEquals"]["aws:ResourceTag/elbv2.k8s.aws/cluster"] = "main"
    governed(
        cloud,
        allow("elasticloadbalancing:DeleteLoadBalancer", f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/*", of_cluster),
    )
    balancing.delete_load_balancer(LoadBalancerArn=arn)
