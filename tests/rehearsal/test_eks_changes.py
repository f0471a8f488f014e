"""Changes to EKS clusters: one at a time, of one kind, completed after a while or failed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rehearsal.admin_client import AdminError

from .conftest import refused, until
from .eks_account import ALL_LOGS, EksAccount, encrypted


@pytest.fixture
def main(eks_account: EksAccount) -> EksAccount:
    """An account with a cluster, main, of Kubernetes 1.35."""
    eks_account.create()
    return eks_account


def test_each_kind_of_change(main: EksAccount) -> None:
    third, group = main.new_subnet("10.0.2.0/24", "b"), main.new_group()
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


@pytest.mark.parametrize("zones", ["abc", "bc"])
def test_a_cluster_stays_in_the_zones_of_its_creation(main: EksAccount, zones: str) -> None:
    subnets = [*main.subnets, main.new_subnet("10.0.2.0/24", "c")]
    chosen = [subnet for subnet, zone in zip(subnets, "abc", strict=True) if zone in zones]
    with pytest.raises(ClientError, match="exact set of AZs 'af-south-1a,af-south-1b'"):
        main.eks.update_cluster_config(name="main", resourcesVpcConfig={"subnetIds": chosen})


def test_one_update_at_a_time(main: EksAccount) -> None:
    main.cloud.admin.settings(transition_seconds={"default": 0.0, "eks_cluster": 0.5})
    eks, key = main.eks, main.new_key()
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
    given = {"clusterName": "main", "encryptionConfig": encrypted(main.new_key())}
    update = main.eks.associate_encryption_config(**given)["update"]
    assert update["type"] == "AssociateEncryptionConfig"
    main.until_updated(update)
    assert main.describe()["encryptionConfig"] == given["encryptionConfig"]
    assert refused(main.eks.associate_encryption_config, **given) == "InvalidParameterException"


def test_a_cluster_whose_role_and_key_are_gone(eks_account: EksAccount) -> None:
    key = eks_account.new_key()
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
    while sum(eks_account.free(subnet) for subnet in narrow) >= 5:
        eks_account.ec2.create_network_interface(SubnetId=max(narrow, key=eks_account.free))
    done = eks_account.upgrade("1.36")
    assert (done["status"], [error["errorCode"] for error in done["errors"]]) == ("Failed", ["IpNotAvailable"])
    assert eks_account.describe()["version"] == "1.35"
