"""The EKS API for clusters, in a cloud without control planes: refusals, and clusters' resources in other services."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import ACCOUNT, REGION, refused, trust, until
from .eks_account import ALL_LOGS, EksAccount, encrypted


@pytest.fixture
def main(eks_account: EksAccount) -> EksAccount:
    """An account with a cluster, main, of Kubernetes 1.35."""
    eks_account.create()
    return eks_account


# Requirements for a new cluster


def test_a_cluster_with_everything(eks_account: EksAccount) -> None:
    key, group = eks_account.new_key(), eks_account.new_group()
    network = {"endpointPublicAccess": False, "endpointPrivateAccess": True, "securityGroupIds": [group]}
    options: dict[str, Any] = {
        "upgradePolicy": {"supportType": "STANDARD"},
        "logging": ALL_LOGS,
        "encryptionConfig": encrypted(key),
        "tags": {"a": "b"},
    }
    made = eks_account.create(network=network, deletionProtection=True, zonalShiftConfig={"enabled": True}, **options)
    assert {name: made[name] for name in options} == options
    assert (made["deletionProtection"], made["zonalShiftConfig"]) == (True, {"enabled": True})
    assert {name: made["resourcesVpcConfig"][name] for name in network} == network
    assert made["kubernetesNetworkConfig"]["serviceIpv4Cidr"] == "172.20.0.0/16"


def test_services_stay_clear_of_the_vpc(eks_account: EksAccount) -> None:
    vpc = eks_account.ec2.create_vpc(CidrBlock="172.20.0.0/20")["Vpc"]["VpcId"]
    subnets = [eks_account.new_subnet(f"172.20.{number}.0/24", zone, vpc) for number, zone in enumerate("ab")]
    made = eks_account.create(network={"subnetIds": subnets})
    assert made["kubernetesNetworkConfig"]["serviceIpv4Cidr"] == "10.100.0.0/16"


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"version": "1.20"}, "unsupported Kubernetes version 1.20"),
    ({"roleArn": f"arn:aws:iam::{ACCOUNT}:role/absent"}, f"roleArn, arn:aws:iam::{ACCOUNT}:role/absent, does not exist"),
    ({"roleArn": f"arn:aws:iam::{ACCOUNT}:role/nodes"}, "the trusted entity is not correct"),
    ({"network": {"endpointPublicAccess": False}}, "Private and public endpoint access cannot be false"),
    ({"network": {"publicAccessCidrs": ["1.2.3.4/8"]}}, "invalid in publicAccessCidrs: [1.2.3.4/8]"),
    (
        {"network": {"publicAccessCidrs": ["10.0.0.0/8", "203.0.113.0/24"]}},
        "not allowed in publicAccessCidrs: [10.0.0.0/8, 203.0.113.0/24]",
    ),
    ({"network": {"securityGroupIds": ["sg-0"]}}, "The security group ID 'sg-0' does not exist"),
    ({"network": {"subnetIds": ["subnet-0"]}}, "The subnet ID 'subnet-0' does not exist"),
    ({"kubernetesNetworkConfig": {"serviceIpv4Cidr": "10.0.0.0/16"}}, "overlaps with 10.0.0.0/16"),
    ({"kubernetesNetworkConfig": {"serviceIpv4Cidr": "11.0.0.0/16"}}, "must be within 10.0.0.0/8"),
    ({"kubernetesNetworkConfig": {"serviceIpv4Cidr": "172.20.0.0/25"}}, "must be between /12 and /24"),
    ({"logging": {"clusterLogging": [{"types": ["kubelet"], "enabled": True}]}}, "Log type kubelet is invalid"),
    ({"encryptionConfig": encrypted(f"arn:aws:kms:{REGION}:{ACCOUNT}:key/absent")}, "does not exist"),
    ({"encryptionConfig": [{"resources": ["pods"], "provider": {"keyArn": "x"}}]}, "must be [secrets], not [pods]"),
    ({"tags": {"aws:x": "y"}}, "reserved"),
    (
        {"accessConfig": {"authenticationMode": "CONFIG_MAP", "bootstrapClusterCreatorAdminPermissions": False}},
        "must be true if cluster authentication mode is set to CONFIG_MAP",
    ),
]


@pytest.mark.parametrize(("parameters", "words"), REFUSED)
def test_a_cluster_that_is_refused(eks_account: EksAccount, parameters: dict[str, Any], words: str) -> None:
    with pytest.raises(eks_account.eks.exceptions.InvalidParameterException) as caught:
        eks_account.create(**parameters)
    assert words in str(caught.value)
    assert eks_account.eks.list_clusters()["clusters"] == []
    assert eks_account.ec2.describe_network_interfaces()["NetworkInterfaces"] == []


def test_networks_that_are_refused(eks_account: EksAccount) -> None:
    """Another VPC's subnets or groups, and a subnet without free addresses."""
    vpc = eks_account.ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    other = eks_account.new_subnet("10.9.0.0/24", "b", vpc)
    narrow = eks_account.new_subnet("10.0.9.0/28", "b")
    while eks_account.free(narrow) >= 6:
        eks_account.ec2.create_network_interface(SubnetId=narrow)
    for network in (
        {"subnetIds": [eks_account.subnets[0], other]},
        {"subnetIds": [eks_account.subnets[0], narrow]},
        {"securityGroupIds": [eks_account.new_group(vpc)]},
    ):
        with pytest.raises(eks_account.eks.exceptions.InvalidParameterException):
            eks_account.create(network=network)


def test_keys_that_are_refused(eks_account: EksAccount) -> None:
    kms = eks_account.cloud.client("kms")
    disabled, signing = eks_account.new_key(), eks_account.new_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
    kms.disable_key(KeyId=disabled)
    for key in (disabled, signing):
        with pytest.raises(eks_account.eks.exceptions.InvalidParameterException):
            eks_account.create(encryptionConfig=encrypted(key))


def test_a_new_role_takes_a_while_to_get_around(eks_account: EksAccount) -> None:
    eks_account.cloud.admin.settings(propagation_seconds=0.4)
    role = eks_account.new_role("new", trust("eks.amazonaws.com"))
    with pytest.raises(eks_account.eks.exceptions.InvalidParameterException):
        eks_account.create(roleArn=role)

    def accepted() -> bool:
        try:
            eks_account.create(roleArn=role)
        except eks_account.eks.exceptions.InvalidParameterException:
            return False
        return True

    until(accepted)


# A cluster's resources in other services


def test_interfaces_and_a_group_hold_the_network_while_the_cluster_lives(eks_account: EksAccount) -> None:
    ec2, group = eks_account.ec2, eks_account.new_group()
    network = eks_account.create(network={"securityGroupIds": [group]})["resourcesVpcConfig"]
    own = ec2.describe_security_groups(GroupIds=[network["clusterSecurityGroupId"]])["SecurityGroups"][0]
    tags = {tag["Key"]: tag["Value"] for tag in own["Tags"]}
    assert own["GroupName"].startswith("eks-cluster-sg-main-")
    assert tags == {"Name": own["GroupName"], "aws:eks:cluster-name": "main", "kubernetes.io/cluster/main": "owned"}
    assert [pair["GroupId"] for rule in own["IpPermissions"] for pair in rule["UserIdGroupPairs"]] == [own["GroupId"]]
    interfaces = ec2.describe_network_interfaces()["NetworkInterfaces"]
    assert {one["SubnetId"] for one in interfaces} == set(eks_account.subnets)
    assert {one["Description"] for one in interfaces} == {"Amazon EKS main"}
    assert all({each["GroupId"] for each in one["Groups"]} == {own["GroupId"], group} for one in interfaces)
    assert refused(ec2.delete_subnet, SubnetId=eks_account.subnets[0]) == "DependencyViolation"
    assert refused(ec2.delete_security_group, GroupId=group) == "DependencyViolation"

    eks_account.cloud.admin.settings(transition_seconds={"default": 0.0, "eks_cluster": 0.3})
    eks_account.eks.delete_cluster(name="main")
    assert refused(ec2.delete_security_group, GroupId=group) == "DependencyViolation"
    until(lambda: ec2.describe_network_interfaces()["NetworkInterfaces"] == [])
    assert own["GroupName"] not in {one["GroupName"] for one in ec2.describe_security_groups()["SecurityGroups"]}
    ec2.delete_security_group(GroupId=group)
    ec2.delete_subnet(SubnetId=eks_account.subnets[0])


def test_a_group_that_others_refer_to_stays_behind(main: EksAccount) -> None:
    own, other = main.describe()["resourcesVpcConfig"]["clusterSecurityGroupId"], main.new_group()
    rule = {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": own}]}
    main.ec2.authorize_security_group_ingress(GroupId=other, IpPermissions=[rule])
    main.eks.delete_cluster(name="main")
    until(lambda: main.eks.list_clusters()["clusters"] == [])
    assert main.ec2.describe_security_groups(GroupIds=[own])["SecurityGroups"][0]["GroupId"] == own


def log_groups(account: EksAccount) -> dict[str, dict[str, Any]]:
    found = account.cloud.client("logs").describe_log_groups(logGroupNamePrefix="/aws/eks/")["logGroups"]
    return {group["logGroupName"]: group for group in found}


def test_the_log_group_comes_back(eks_account: EksAccount) -> None:
    """EKS recreates a missing log group without retention: while the cluster exists, and once more after it is deleted."""
    logs, name = eks_account.cloud.client("logs"), "/aws/eks/main/cluster"
    logs.create_log_group(logGroupName=name, tags={"a": "b"})
    logs.put_retention_policy(logGroupName=name, retentionInDays=90)
    eks_account.create(logging=ALL_LOGS)
    assert log_groups(eks_account)[name]["retentionInDays"] == 90
    logs.delete_log_group(logGroupName=name)
    assert "retentionInDays" not in log_groups(eks_account)[name]
    eks_account.eks.delete_cluster(name="main")
    until(lambda: eks_account.eks.list_clusters()["clusters"] == [])
    logs.delete_log_group(logGroupName=name)
    assert list(log_groups(eks_account)) == [name]
    logs.delete_log_group(logGroupName=name)
    assert log_groups(eks_account) == {}


def test_without_logging_there_is_no_log_group(main: EksAccount) -> None:
    assert log_groups(main) == {}
    main.until_updated(main.eks.update_cluster_config(name="main", logging=ALL_LOGS)["update"])
    assert list(log_groups(main)) == ["/aws/eks/main/cluster"]


def test_the_reader_of_the_rehearsal_may_look_into_every_cluster(main: EksAccount) -> None:
    reader = f"arn:aws:iam::{ACCOUNT}:user/rehearsal-plan"
    found = main.eks.list_associated_access_policies(clusterName="main", principalArn=reader)["associatedAccessPolicies"]
    assert [(one["policyArn"].rsplit("/")[-1], one["accessScope"]["type"]) for one in found] == [("AmazonEKSAdminViewPolicy", "cluster")]


def test_new_clusters_show_late_in_lists(eks_account: EksAccount) -> None:
    eks_account.cloud.admin.settings(visibility_seconds=0.5)
    eks_account.create()
    eks_account.cloud.admin.settings(visibility_seconds=0)
    assert eks_account.eks.list_clusters()["clusters"] == []
    assert eks_account.describe()["name"] == "main"
    until(lambda: eks_account.eks.list_clusters()["clusters"] == ["main"])
