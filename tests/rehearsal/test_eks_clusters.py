"""EKS clusters, as far as their API goes, in a cloud that only describes them: what is refused, what changes, what they have elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from rehearsal.admin_client import AdminError

from .conftest import ACCOUNT, REGION, key_policy, refused, trust, until
from .eks_account import EksAccount

ALL_LOGS = {"clusterLogging": [{"types": ["api", "audit", "authenticator", "controllerManager", "scheduler"], "enabled": True}]}


@pytest.fixture
def main(eks_account: EksAccount) -> EksAccount:
    """An account with a cluster, main, of Kubernetes 1.35."""
    eks_account.create()
    return eks_account


def new_key(account: EksAccount, **options: Any) -> str:
    return str(account.cloud.client("kms").create_key(Policy=key_policy(), **options)["KeyMetadata"]["Arn"])


def encrypted(key: str) -> list[dict[str, Any]]:
    return [{"resources": ["secrets"], "provider": {"keyArn": key}}]


def new_group(account: EksAccount, vpc: str | None = None) -> str:
    return str(account.ec2.create_security_group(GroupName="control", Description="x", VpcId=vpc or account.vpc)["GroupId"])


# What a new cluster must be like


def test_a_cluster_with_everything(eks_account: EksAccount) -> None:
    key, group = new_key(eks_account), new_group(eks_account)
    network = {"endpointPublicAccess": False, "endpointPrivateAccess": True, "securityGroupIds": [group]}
    options = {"upgradePolicy": {"supportType": "STANDARD"}, "logging": ALL_LOGS, "encryptionConfig": encrypted(key), "tags": {"a": "b"}}
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
    """Another VPC's subnets or groups, and a subnet without room."""
    vpc = eks_account.ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    other = eks_account.new_subnet("10.9.0.0/24", "b", vpc)
    narrow = eks_account.new_subnet("10.0.9.0/28", "b")
    while _free(eks_account, narrow) >= 6:
        eks_account.ec2.create_network_interface(SubnetId=narrow)
    for network in (
        {"subnetIds": [eks_account.subnets[0], other]},
        {"subnetIds": [eks_account.subnets[0], narrow]},
        {"securityGroupIds": [new_group(eks_account, vpc)]},
    ):
        with pytest.raises(eks_account.eks.exceptions.InvalidParameterException):
            eks_account.create(network=network)


def _free(account: EksAccount, subnet: str) -> int:
    return int(account.ec2.describe_subnets(SubnetIds=[subnet])["Subnets"][0]["AvailableIpAddressCount"])


def test_keys_that_are_refused(eks_account: EksAccount) -> None:
    kms = eks_account.cloud.client("kms")
    disabled, signing = new_key(eks_account), new_key(eks_account, KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
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


# What a cluster has elsewhere


def test_interfaces_and_a_group_hold_the_network_while_the_cluster_lives(eks_account: EksAccount) -> None:
    ec2, group = eks_account.ec2, new_group(eks_account)
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
    own, other = main.describe()["resourcesVpcConfig"]["clusterSecurityGroupId"], new_group(main)
    rule = {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": own}]}
    main.ec2.authorize_security_group_ingress(GroupId=other, IpPermissions=[rule])
    main.eks.delete_cluster(name="main")
    until(lambda: main.eks.list_clusters()["clusters"] == [])
    assert main.ec2.describe_security_groups(GroupIds=[own])["SecurityGroups"][0]["GroupId"] == own


def log_groups(account: EksAccount) -> dict[str, dict[str, Any]]:
    found = account.cloud.client("logs").describe_log_groups(logGroupNamePrefix="/aws/eks/")["logGroups"]
    return {group["logGroupName"]: group for group in found}


def test_the_log_group_comes_back(eks_account: EksAccount) -> None:
    """EKS makes it where it is missing, without retention: while the cluster lives, and once more after it has gone."""
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


# Changes


def test_each_kind_of_change(main: EksAccount) -> None:
    third, group = main.new_subnet("10.0.2.0/24", "c"), new_group(main)
    cases: list[tuple[dict[str, Any], str, str]] = [
        ({"resourcesVpcConfig": {"endpointPrivateAccess": True}}, "EndpointAccessUpdate", "EndpointPrivateAccess"),
        ({"resourcesVpcConfig": {"publicAccessCidrs": ["198.41.0.4/32"]}}, "EndpointAccessUpdate", "PublicAccessCidrs"),
        ({"resourcesVpcConfig": {"subnetIds": [main.subnets[0], third], "securityGroupIds": [group]}}, "VpcConfigUpdate", "Subnets"),
        ({"logging": ALL_LOGS}, "LoggingUpdate", "ClusterLogging"),
        ({"upgradePolicy": {"supportType": "STANDARD"}}, "UpgradePolicyUpdate", "UpgradePolicy"),
        ({"deletionProtection": True}, "DeletionProtectionUpdate", "DeletionProtection"),
        ({"zonalShiftConfig": {"enabled": True}}, "ZonalShiftConfigUpdate", "ZonalShiftConfig"),
    ]
    for given, kind, param in cases:
        update = main.eks.update_cluster_config(name="main", **given)["update"]
        assert (update["type"], update["status"]) == (kind, "InProgress")
        assert param in {one["type"] for one in update["params"]}
        assert main.until_updated(update)["status"] == "Successful"
        assert refused(main.eks.update_cluster_config, name="main", **given) == "InvalidParameterException"
    found = main.describe()
    network = found["resourcesVpcConfig"]
    assert (network["endpointPrivateAccess"], network["publicAccessCidrs"]) == (True, ["198.41.0.4/32"])
    assert (network["subnetIds"], network["securityGroupIds"]) == ([main.subnets[0], third], [group])
    assert (found["upgradePolicy"], found["deletionProtection"]) == ({"supportType": "STANDARD"}, True)
    interfaces = main.ec2.describe_network_interfaces()["NetworkInterfaces"]
    assert {one["SubnetId"] for one in interfaces} == {main.subnets[0], third}
    assert all(group in {each["GroupId"] for each in one["Groups"]} for one in interfaces)


@pytest.mark.parametrize(
    "given",
    [
        {"deletionProtection": True, "upgradePolicy": {"supportType": "STANDARD"}},
        {"resourcesVpcConfig": {"endpointPrivateAccess": True, "securityGroupIds": []}},
        {"resourcesVpcConfig": {"endpointPublicAccess": False}},
        {"resourcesVpcConfig": {"publicAccessCidrs": ["192.168.0.0/16"]}},
        {"resourcesVpcConfig": {"subnetIds": ["subnet-0", "subnet-1"]}},
        {"logging": {"clusterLogging": [{"types": ["odd"], "enabled": True}]}},
        {},
    ],
)
def test_changes_that_are_refused(main: EksAccount, given: dict[str, Any]) -> None:
    assert refused(main.eks.update_cluster_config, name="main", **given) == "InvalidParameterException"
    assert main.eks.list_updates(name="main")["updateIds"] == []


def test_one_update_at_a_time(main: EksAccount) -> None:
    main.cloud.admin.settings(transition_seconds={"default": 0.0, "eks_cluster": 0.5})
    eks, key = main.eks, new_key(main)
    update = eks.update_cluster_config(name="main", deletionProtection=True)["update"]
    assert main.describe()["status"] == "UPDATING"
    assert refused(eks.update_cluster_config, name="main", upgradePolicy={"supportType": "STANDARD"}) == "ResourceInUseException"
    assert refused(eks.update_cluster_version, name="main", version="1.36") == "ResourceInUseException"
    assert refused(eks.associate_encryption_config, clusterName="main", encryptionConfig=encrypted(key)) == "ResourceInUseException"
    assert refused(eks.update_nodegroup_version, clusterName="main", nodegroupName="any") == "ResourceInUseException"
    assert refused(eks.delete_cluster, name="main") == "ResourceInUseException"
    assert refused(eks.cancel_update, name="main", updateId=update["id"]) == "InvalidRequestException"
    assert main.until_updated(update)["status"] == "Successful"
    assert main.describe()["status"] == "ACTIVE"


def test_a_key_can_be_added_once(main: EksAccount) -> None:
    given = {"clusterName": "main", "encryptionConfig": encrypted(new_key(main))}
    update = main.eks.associate_encryption_config(**given)["update"]
    assert update["type"] == "AssociateEncryptionConfig"
    main.until_updated(update)
    assert main.describe()["encryptionConfig"] == given["encryptionConfig"]
    assert refused(main.eks.associate_encryption_config, **given) == "InvalidParameterException"


def test_a_cluster_whose_role_and_key_are_gone(eks_account: EksAccount) -> None:
    key = new_key(eks_account)
    eks_account.create(encryptionConfig=encrypted(key))
    assert eks_account.describe()["health"] == {"issues": []}
    kms, iam = eks_account.cloud.client("kms"), eks_account.iam
    kms.disable_key(KeyId=key)
    assert [(issue["code"], issue["resourceIds"]) for issue in eks_account.describe()["health"]["issues"]] == [("KmsKeyDisabled", [key])]
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    iam.delete_role(RoleName="cluster")
    assert [issue["code"] for issue in eks_account.describe()["health"]["issues"]] == ["IamRoleNotFound", "KmsKeyMarkedForDeletion"]
    found = eks_account.eks.list_insights(clusterName="main", filter={"statuses": ["ERROR"]})["insights"]
    assert [one["name"] for one in found] == ["Cluster health issues"]


def test_a_protected_cluster_is_not_deleted(eks_account: EksAccount) -> None:
    eks = eks_account.eks
    eks_account.create(deletionProtection=True)
    assert refused(eks.delete_cluster, name="main") == "InvalidRequestException"
    eks_account.until_updated(eks.update_cluster_config(name="main", deletionProtection=False)["update"])
    eks.delete_cluster(name="main")
    until(lambda: eks.list_clusters()["clusters"] == [])


def test_a_repeated_call_gets_the_first_reply(eks_account: EksAccount) -> None:
    first = eks_account.create(clientRequestToken="once")
    assert eks_account.create(clientRequestToken="once")["arn"] == first["arn"]
    given = {"name": "main", "deletionProtection": True, "clientRequestToken": "twice"}
    updates = [eks_account.eks.update_cluster_config(**given)["update"]["id"] for _ in range(2)]
    assert updates[0] == updates[1]


@pytest.mark.parametrize(
    ("kind", "begin"),
    [
        ("VersionUpdate", lambda eks: eks.update_cluster_version(name="main", version="1.36")),
        ("LoggingUpdate", lambda eks: eks.update_cluster_config(name="main", logging=ALL_LOGS)),
    ],
)
def test_an_update_that_is_to_fail(main: EksAccount, kind: str, begin: Callable[[Any], dict[str, Any]]) -> None:
    """Nothing has changed then, and the next one may begin."""
    main.cloud.admin.settings(eks_failing_updates={kind: {"errorCode": "Unknown", "errorMessage": "as set"}})
    before = main.describe()
    done = main.until_updated(begin(main.eks)["update"])
    assert (done["status"], done["errors"]) == ("Failed", [{"errorCode": "Unknown", "errorMessage": "as set", "resourceIds": []}])
    assert main.describe() == before
    main.cloud.admin.settings(eks_failing_updates={})
    assert main.until_updated(begin(main.eks)["update"])["status"] == "Successful"
    with pytest.raises(AdminError, match="needs errorCode and errorMessage"):
        main.cloud.admin.settings(eks_failing_updates={kind: {"message": "x"}})


def test_an_upgrade_needs_addresses(eks_account: EksAccount) -> None:
    narrow = [eks_account.new_subnet(f"10.0.9.{number}/28", zone) for number, zone in ((0, "a"), (16, "b"))]
    eks_account.create(network={"subnetIds": narrow})
    while sum(_free(eks_account, subnet) for subnet in narrow) >= 5:
        eks_account.ec2.create_network_interface(SubnetId=max(narrow, key=lambda subnet: _free(eks_account, subnet)))
    done = upgrade(eks_account, "1.36")
    assert (done["status"], [error["errorCode"] for error in done["errors"]]) == ("Failed", ["IpNotAvailable"])
    assert eks_account.describe()["version"] == "1.35"


# Versions


def test_support_of_versions(main: EksAccount) -> None:
    """Dates are EKS's; the status is that of today, whatever day that is."""
    found = main.eks.describe_cluster_versions(includeAll=True)["clusterVersions"]
    assert [one["clusterVersion"] for one in found] == ["1.36", "1.35", "1.34", "1.33", "1.32", "1.31"]
    dates = {one["clusterVersion"]: (one["endOfStandardSupportDate"].date(), one["endOfExtendedSupportDate"].date()) for one in found}
    assert [f"{date}" for date in dates["1.33"]] == ["2026-07-29", "2027-07-29"]
    now = datetime.now(UTC)
    for one in found:
        standard, extended = now < one["endOfStandardSupportDate"], now < one["endOfExtendedSupportDate"]
        wanted = "STANDARD_SUPPORT" if standard else "EXTENDED_SUPPORT" if extended else "UNSUPPORTED"
        assert (one["versionStatus"], one["status"]) == (wanted, wanted.lower().replace("_", "-"))
    assert [one["clusterVersion"] for one in main.eks.describe_cluster_versions(defaultOnly=True)["clusterVersions"]] == ["1.36"]
    assert [one["clusterVersion"] for one in main.eks.describe_cluster_versions(clusterVersions=["1.34"])["clusterVersions"]] == ["1.34"]
    assert all(one["versionStatus"] != "UNSUPPORTED" for one in main.eks.describe_cluster_versions()["clusterVersions"])


def upgrade(account: EksAccount, version: str, **options: Any) -> dict[str, Any]:
    return account.until_updated(account.eks.update_cluster_version(name="main", version=version, **options)["update"])


def test_nodes_may_lag_three_minors_behind(eks_account: EksAccount) -> None:
    eks = eks_account.eks
    eks_account.create(version="1.33")
    eks.create_addon(clusterName="main", addonName="vpc-cni")
    eks_account.node_group()
    assert refused(eks.update_cluster_version, name="main", version="1.35") == "InvalidParameterException"
    for version in ("1.34", "1.35"):
        assert upgrade(eks_account, version)["type"] == "VersionUpdate"
    found = {one["name"]: one for one in eks.list_insights(clusterName="main")["insights"]}
    assert found["Kubelet version skew"]["insightStatus"]["status"] == "WARNING"
    upgrade(eks_account, "1.36", force=True)
    assert eks_account.describe()["version"] == "1.36"


def test_an_upgrade_can_be_taken_back(eks_account: EksAccount) -> None:
    """By one minor, after an upgrade, and not while nodes are newer than that."""
    eks = eks_account.eks
    eks_account.create(version="1.35")
    assert refused(eks.update_cluster_version, name="main", version="1.34") == "InvalidRequestException"
    upgrade(eks_account, "1.36")
    eks.create_addon(clusterName="main", addonName="vpc-cni")
    eks_account.node_group()
    assert refused(eks.update_cluster_version, name="main", version="1.35") == "InvalidRequestException"
    eks.delete_nodegroup(clusterName="main", nodegroupName="system")
    until(lambda: eks.list_nodegroups(clusterName="main")["nodegroups"] == [])
    assert upgrade(eks_account, "1.35")["type"] == "VersionRollback"
    assert refused(eks.update_cluster_version, name="main", version="1.34") == "InvalidRequestException"


def test_extended_support_is_given_up_before_it_begins(eks_account: EksAccount) -> None:
    """Whether 1.33 is in it depends on the day."""
    eks = eks_account.eks
    eks_account.create(version="1.33")
    (support,) = eks.describe_cluster_versions(clusterVersions=["1.33"])["clusterVersions"]
    given = {"name": "main", "upgradePolicy": {"supportType": "STANDARD"}}
    if support["versionStatus"] == "STANDARD_SUPPORT":
        eks_account.until_updated(eks.update_cluster_config(**given)["update"])
    else:
        assert refused(eks.update_cluster_config, **given) == "InvalidRequestException"


# Insights


def test_what_stands_in_the_way_of_an_upgrade(main: EksAccount) -> None:
    eks = main.eks
    listed = eks.list_insights(clusterName="main")["insights"]
    assert {one["insightStatus"]["status"] for one in listed} == {"PASSING"}
    assert {one["kubernetesVersion"] for one in listed} == {"1.36"}
    eks.create_addon(clusterName="main", addonName="vpc-cni", addonVersion="v1.20.4-eksbuild.2")
    (bad,) = eks.list_insights(clusterName="main", filter={"statuses": ["ERROR"]})["insights"]
    assert bad["name"] == "EKS add-on version compatibility"
    insight = eks.describe_insight(clusterName="main", id=bad["id"])["insight"]
    (detail,) = insight["categorySpecificSummary"]["addonCompatibilityDetails"]
    assert (detail["name"], "v1.22.4-eksbuild.3" in detail["compatibleVersions"]) == ("vpc-cni", True)
    assert refused(eks.update_cluster_version, name="main", version="1.36") == "InvalidStateException"
    assert refused(eks.describe_insight, clusterName="main", id="absent") == "ResourceNotFoundException"
    assert upgrade(main, "1.36", force=True)["status"] == "Successful"
    assert eks.list_insights(clusterName="main")["insights"] == []


def test_a_planted_insight(main: EksAccount) -> None:
    usage = {
        "usage": "/apis/flowcontrol.apiserver.k8s.io/v1beta3/flowschemas",
        "replacedWith": "/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas",
        "stopServingVersion": "1.36",
        "clientStats": [{"userAgent": "argocd", "numberOfRequestsLast30Days": 12}],
    }
    main.cloud.admin.settings(eks_insights=[{"cluster": "main", "status": "ERROR", "deprecationDetails": [usage]}])
    (bad,) = main.eks.list_insights(clusterName="main", filter={"statuses": ["ERROR"]})["insights"]
    assert bad["name"] == "Deprecated APIs removed in Kubernetes v1.36"
    insight = main.eks.describe_insight(clusterName="main", id=bad["id"])["insight"]
    assert insight["categorySpecificSummary"]["deprecationDetails"] == [usage]
    assert refused(main.eks.update_cluster_version, name="main", version="1.36") == "InvalidStateException"
    assert main.eks.start_insights_refresh(clusterName="main")["status"] == "IN_PROGRESS"
    assert main.eks.describe_insights_refresh(clusterName="main")["status"] == "COMPLETED"
    main.cloud.admin.settings(eks_insights=[])
    upgrade(main, "1.36")
    with pytest.raises(AdminError, match="the status of an insight is one of"):
        main.cloud.admin.settings(eks_insights=[{"status": "BAD"}])


# Tags


def test_tags_of_everything(main: EksAccount) -> None:
    eks = main.eks
    arns = [main.describe()["arn"]]
    arns.append(eks.create_addon(clusterName="main", addonName="vpc-cni")["addon"]["addonArn"])
    arns.append(main.node_group()["nodegroupArn"])
    given = {"namespace": "web", "serviceAccount": "api", "roleArn": main.pod_role}
    arns.append(eks.create_pod_identity_association(clusterName="main", **given)["association"]["associationArn"])
    arns.append(eks.create_access_entry(clusterName="main", principalArn=main.pod_role)["accessEntry"]["accessEntryArn"])
    role = main.new_role("fargate", trust("eks-fargate-pods.amazonaws.com"))
    profile = {"fargateProfileName": "jobs", "podExecutionRoleArn": role, "selectors": [{"namespace": "jobs"}], "subnets": main.subnets}
    arns.append(eks.create_fargate_profile(clusterName="main", **profile)["fargateProfile"]["fargateProfileArn"])
    for arn in arns:
        eks.tag_resource(resourceArn=arn, tags={"a": "b", "c": "d"})
        eks.untag_resource(resourceArn=arn, tagKeys=["c"])
        assert eks.list_tags_for_resource(resourceArn=arn)["tags"] == {"a": "b"}
        assert refused(eks.tag_resource, resourceArn=arn, tags={"aws:x": "y"}) == "BadRequestException"
    assert main.addon("vpc-cni")["tags"] == main.describe()["tags"] == {"a": "b"}
    assert refused(eks.tag_resource, resourceArn=f"{arns[0]}-other", tags={"a": "b"}) == "NotFoundException"
    tagging = main.cloud.client("resourcegroupstaggingapi")
    filters = [{"Key": "a", "Values": ["b"]}]
    found = tagging.get_resources(TagFilters=filters, ResourceTypeFilters=["eks"])["ResourceTagMappingList"]
    assert {one["ResourceARN"] for one in found} == set(arns)
    found = tagging.get_resources(TagFilters=filters, ResourceTypeFilters=["eks:addon", "eks:nodegroup"])["ResourceTagMappingList"]
    assert {one["ResourceARN"] for one in found} == set(arns[1:3])
