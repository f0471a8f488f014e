# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The generated policies suffice for everything, contain no unused action, and exclude other owners' resources."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ansible_collections.mainstay.aws.plugins.module_utils.aws.grants import Names
from ansible_collections.mainstay.aws.plugins.module_utils.aws.owner import Owner
from ansible_collections.mainstay.aws.plugins.module_utils.aws.tags import tag_list
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.engine import ObservationFailed
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.errors import CallFailed, failure
from rehearsal.testing import Cloud
from tests.integration.permissions.scenarios import (
    ACCOUNT,
    BOUND,
    ENVIRONMENT,
    FREE,
    OWNER,
    REGION,
    SCENARIOS,
    SMALL,
    apply,
    called,
    checked,
    declared_by,
    denials,
    documents,
    granted,
    network,
    plan,
    prepare,
    without,
)

FORGIVEN = {
    "ssm:DeleteParameter": "a run lock that cannot be released expires",
    **dict.fromkeys(
        ("servicequotas:GetServiceQuota", "servicequotas:ListServiceQuotas"),
        "a limit that cannot be read is taken to be AWS's default",
    ),
}
"""What a run can do without: it succeeds, and only the next one has to wait."""


SELDOM = {
    "eks:DescribeCluster": "asked about every cluster of the region; here there is none",
    **dict.fromkeys(("iam:GetOpenIDConnectProvider", "iam:ListOpenIDConnectProviders"), "asked for what no host claims"),
    "iam:ListRoleTags": "asked about roles of components that no host claims",
    "secretsmanager:DescribeSecret": "asked about secrets of components that no host claims",
    "servicequotas:GetAWSDefaultServiceQuota": "asked where an account has no value of its own; in the rehearsal each has",
    "ec2:DescribeManagedPrefixLists": "asked about prefix lists that rules name; here none does",
    "ec2:DescribeNetworkInterfaces": "asked before something that may be in use is replaced or deleted by a pattern",
    "ec2:DescribeVpcEndpointServices": "asked about interface endpoints; here there are none",
}
"""Actions that no scenario needs."""

SELDOM_CHANGES = {
    "ec2:ReplaceNetworkAclEntry": "called where the number of an entry was taken meanwhile, or in a default list",
}
"""Changes that no scenario needs."""


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with Cloud(account_id=ACCOUNT, region=REGION) as started:
        yield started


@pytest.fixture(scope="module")
def calls() -> set[str]:
    """The actions of all operations that the scenarios called."""
    return set()


@pytest.fixture(scope="module")
def needed(cloud: Cloud, calls: set[str]) -> dict[str, tuple[set[str], set[str]]]:
    """For each scenario, run with exactly the policies: the actions that its plan and its apply were checked for."""
    found = {}
    for name, scenario in SCENARIOS.items():
        prepare(cloud, scenario)
        cloud.admin.policies(**documents())
        cloud.admin.clear_requests()
        plan(cloud, scenario.second)
        planned = checked(cloud)
        assert [failure.message for failure in apply(cloud, scenario.second).failures] == [], name
        assert denials(cloud) == [], name
        found[name] = (planned, checked(cloud))
        calls |= called(cloud)
    return found


def test_nothing_is_denied_and_no_action_is_too_much(needed: dict[str, tuple[set[str], set[str]]]) -> None:
    planned = set().union(*(reads for reads, _all in needed.values()))
    applied = set().union(*(actions for _reads, actions in needed.values()))
    assert granted(documents()["plan"]) == planned | set(SELDOM)
    assert granted(documents()["apply"]) == applied | set(SELDOM) | set(SELDOM_CHANGES)


def test_what_is_called_is_what_is_declared(needed: dict[str, tuple[set[str], set[str]]], calls: set[str]) -> None:
    """Policies are generated from these declarations only."""
    assert sorted(calls - declared_by("vpc")) == [], "called and not declared"
    assert sorted(declared_by("vpc") - calls - set(SELDOM) - set(SELDOM_CHANGES)) == [], "declared, and called by no scenario"


@pytest.mark.nightly
@pytest.mark.parametrize("action", sorted(granted(documents()["apply"]) - set(SELDOM) - set(SELDOM_CHANGES)))
def test_without_any_one_action_something_fails(cloud: Cloud, needed: dict[str, tuple[set[str], set[str]]], action: str) -> None:
    """In the first scenario that uses it. The denial names the action, and so does the hint."""
    scenario = SCENARIOS[next(name for name, (_reads, actions) in needed.items() if action in actions)]
    prepare(cloud, scenario)
    cloud.admin.policies(apply=without(documents()["apply"], action))
    try:
        failures = list(apply(cloud, scenario.second).failures)
    except ObservationFailed as error:
        failures = error.failures
    except CallFailed as error:  # zones are queried outside the engine
        failures = [failure("", error)]
    if action in FORGIVEN:
        assert (failures, {one.replace("service-quotas", "servicequotas") for one in denials(cloud)}) == ([], {action})
        return
    reported = [one for one in failures if f"perform: {action} " in one.message]
    assert reported, failures
    assert all(f"need {action}." in one.hint and "make policies" in one.hint for one in reported)


@pytest.mark.parametrize("named", ["", "id", "name"])
def test_an_address_of_the_users_is_usable_if_the_inventory_names_it(cloud: Cloud, named: str) -> None:
    cloud.admin.reset()
    tags = [{"ResourceType": "elastic-ip", "Tags": [{"Key": "Name", "Value": "partner"}]}]
    identity = str(cloud.client("ec2").allocate_address(Domain="vpc", TagSpecifications=tags)["AllocationId"])
    names = {"": Names(), "id": Names(allocations=(identity,)), "name": Names(address_names=("partner",))}[named]
    desired = network({**SMALL, "nat_az": f"{REGION}a", "nat_addresses": {f"{REGION}a": identity}})
    assert not [resource for resource in desired if resource.kind == "elastic_ip"]
    cloud.admin.policies(**documents(replace(BOUND, names=BOUND.names + names)))
    assert [failure.address for failure in apply(cloud, desired).failures] == ([] if named else [f"nat_gateway.main/{REGION}a"])
    assert [failure.message for failure in apply(cloud, []).failures] == []
    assert [one["AllocationId"] for one in cloud.client("ec2").describe_addresses()["Addresses"]] == [identity]


def test_without_a_boundary_roles_need_none(cloud: Cloud) -> None:
    cloud.admin.reset()
    cloud.admin.policies(**documents(FREE))
    for desired in (network(SMALL, boundary=None), []):
        assert list(apply(cloud, desired).failures) == []
    assert denials(cloud) == []
    assert "iam:PutRolePermissionsBoundary" not in granted(documents(FREE)["apply"])


def test_a_role_without_the_boundary_that_is_demanded_is_refused(cloud: Cloud) -> None:
    cloud.admin.reset()
    cloud.admin.policies(**documents(BOUND))
    failures = apply(cloud, network(SMALL, boundary=None)).failures
    assert [(one.address, one.operation, one.code) for one in failures] == [("iam_role.flow-logs", "iam:CreateRole", "AccessDenied")]
    cloud.admin.policies(apply=None)
    assert cloud.client("iam").list_roles(PathPrefix="/mainstay/")["Roles"] == []


OTHERS = Owner("other", "network")
"""The owner of another network in the same account."""


@dataclass(frozen=True)
class Others:
    """The rest of the account: resources with another owner's mark or none."""

    cloud: Cloud
    group: str
    key: str

    def find(self, what: str, items: str) -> dict[str, Any]:
        return theirs(self.cloud, what, items, "plan")


@pytest.fixture
def others(cloud: Cloud) -> Others:
    """Another environment's network next to ours; from then on the credentials have our policies."""
    cloud.admin.reset()
    for owner in (OWNER, OTHERS):
        assert list(apply(cloud, network(SMALL, owner=owner), owner).failures) == []
    vpc = theirs(cloud, "vpcs", "Vpcs")["VpcId"]
    group = cloud.client("ec2").create_security_group(GroupName="unmarked", Description="of nobody", VpcId=vpc)["GroupId"]
    key = cloud.client("kms").create_key()["KeyMetadata"]["KeyId"]
    cloud.admin.policies(**documents())
    return Others(cloud, group, key)


def theirs(cloud: Cloud, what: str, items: str, role: str = "apply") -> dict[str, Any]:
    filters = [{"Name": "tag:mainstay:environment", "Values": [OTHERS.environment]}]
    given = {"Filter" if what in ("nat_gateways", "flow_logs") else "Filters": filters}
    found: dict[str, Any] = getattr(cloud.client("ec2", role), f"describe_{what}")(**given)[items][0]
    return found


def marked(kind: str, owner: Owner = OWNER) -> dict[str, Any]:
    return {"TagSpecifications": [{"ResourceType": kind, "Tags": tag_list(owner.tags(f"{kind}.x"))}]}


def test_what_another_environment_owns_cannot_be_changed(cloud: Cloud, others: Others) -> None:
    ec2 = cloud.client("ec2")
    vpc, subnet = others.find("vpcs", "Vpcs")["VpcId"], others.find("subnets", "Subnets")["SubnetId"]
    table, gateway = others.find("route_tables", "RouteTables")["RouteTableId"], others.find("internet_gateways", "InternetGateways")
    ours = tag_list(OWNER.tags("vpc.x"))
    calls: list[tuple[str, dict[str, Any]]] = [
        ("modify_vpc_attribute", {"VpcId": vpc, "EnableDnsSupport": {"Value": False}}),
        ("delete_vpc", {"VpcId": vpc}),
        ("create_subnet", {"VpcId": vpc, "CidrBlock": "10.0.250.0/24", **marked("subnet")}),
        ("create_security_group", {"VpcId": vpc, "GroupName": "x", "Description": "x", **marked("security-group")}),
        ("create_vpc_endpoint", {"VpcId": vpc, "ServiceName": f"com.amazonaws.{REGION}.s3", **marked("vpc-endpoint")}),
        ("modify_subnet_attribute", {"SubnetId": subnet, "MapPublicIpOnLaunch": {"Value": True}}),
        ("delete_subnet", {"SubnetId": subnet}),
        ("create_route", {"RouteTableId": table, "DestinationCidrBlock": "192.0.2.0/24", "GatewayId": gateway["InternetGatewayId"]}),
        ("delete_route_table", {"RouteTableId": table}),
        ("detach_internet_gateway", {"VpcId": vpc, "InternetGatewayId": gateway["InternetGatewayId"]}),
        ("delete_nat_gateway", {"NatGatewayId": others.find("nat_gateways", "NatGateways")["NatGatewayId"]}),
        ("release_address", {"AllocationId": others.find("addresses", "Addresses")["AllocationId"]}),
        ("delete_flow_logs", {"FlowLogIds": [others.find("flow_logs", "FlowLogs")["FlowLogId"]]}),
        ("create_tags", {"Resources": [vpc], "Tags": ours}),
        ("delete_tags", {"Resources": [vpc], "Tags": [{"Key": "mainstay:environment"}]}),
        ("create_vpc", {"CidrBlock": "10.9.0.0/16", **marked("vpc", OTHERS)}),
        ("create_vpc", {"CidrBlock": "10.9.0.0/16"}),
    ]
    for method, parameters in calls:
        with pytest.raises(ClientError, match="UnauthorizedOperation"):
            getattr(ec2, method)(**parameters)


def test_roles_keys_and_groups_of_another_environment_are_out_of_reach(cloud: Cloud, others: Others) -> None:
    iam, kms, logs = cloud.client("iam"), cloud.client("kms"), cloud.client("logs")
    role = others.find("flow_logs", "FlowLogs")["DeliverLogsPermissionArn"].rpartition("/")[2]
    key = next(one["TargetKeyId"] for one in kms.list_aliases()["Aliases"] if one["AliasName"].startswith(f"alias{OTHERS.path}"))
    calls: list[tuple[Any, str, dict[str, Any]]] = [
        (iam, "get_role", {"RoleName": role}),
        (iam, "put_role_policy", {"RoleName": role, "PolicyName": "x", "PolicyDocument": "{}"}),
        (iam, "delete_role", {"RoleName": role}),
        (iam, "update_assume_role_policy", {"RoleName": role, "PolicyDocument": "{}"}),
        (kms, "schedule_key_deletion", {"KeyId": key}),
        (kms, "put_key_policy", {"KeyId": key, "PolicyName": "default", "Policy": "{}"}),
        (kms, "delete_alias", {"AliasName": f"alias{OTHERS.path}logs"}),
        (kms, "create_alias", {"AliasName": f"alias{OWNER.path}more", "TargetKeyId": key}),
        (kms, "tag_resource", {"KeyId": key, "Tags": tag_list(OWNER.tags("kms_key.x"), "TagKey", "TagValue")}),
        (logs, "delete_log_group", {"logGroupName": f"{OTHERS.path}main/flow-logs"}),
        (logs, "put_retention_policy", {"logGroupName": f"{OTHERS.path}main/flow-logs", "retentionInDays": 1}),
    ]
    for client, method, parameters in calls:
        with pytest.raises(ClientError, match="AccessDenied"):
            getattr(client, method)(**parameters)


def test_a_role_of_ours_is_handed_to_flow_logs_only(cloud: Cloud, others: Others) -> None:
    """And only to those with our mark on our VPC."""
    ec2 = cloud.client("ec2")
    ours = next(one["VpcId"] for one in ec2.describe_vpcs(Filters=OWNER.filters())["Vpcs"])
    log = ec2.describe_flow_logs(Filter=OWNER.filters())["FlowLogs"][0]
    our_role, their_role = log["DeliverLogsPermissionArn"], others.find("flow_logs", "FlowLogs")["DeliverLogsPermissionArn"]
    for vpc, role, code in (
        (others.find("vpcs", "Vpcs")["VpcId"], our_role, "UnauthorizedOperation"),
        (ours, their_role, "UnauthorizedOperation"),
        (ours, our_role, "FlowLogAlreadyExists"),
    ):
        with pytest.raises(ClientError, match=code):
            ec2.create_flow_logs(
                ResourceIds=[vpc],
                ResourceType="VPC",
                TrafficType="REJECT",
                LogDestinationType="cloud-watch-logs",
                LogDestination=log["LogDestination"],
                DeliverLogsPermissionArn=role,
                **marked("vpc-flow-log"),
            )


def test_what_cannot_be_confined(cloud: Cloud, others: Others) -> None:
    """docs/permissions.md documents this: unmarked resources can be claimed, by a request that states it."""
    ec2, kms = cloud.client("ec2"), cloud.client("kms")
    for address in ("security_group.main/x", "default_security_group.other/default"):
        with pytest.raises(ClientError, match="UnauthorizedOperation"):
            ec2.create_tags(Resources=[others.group], Tags=tag_list(OWNER.tags(address)))
    ec2.create_tags(Resources=[others.group], Tags=tag_list(OWNER.tags("default_security_group.main/default")))
    with pytest.raises(ClientError, match="AccessDenied"):
        kms.tag_resource(KeyId=others.key, Tags=[{"TagKey": "team", "TagValue": "x"}])
    kms.tag_resource(KeyId=others.key, Tags=tag_list(OWNER.tags("kms_key.x"), "TagKey", "TagValue"))


def test_one_component_cannot_change_another(cloud: Cloud) -> None:
    """Each component has its own policies."""
    cloud.admin.reset()
    second = Owner(OWNER.environment, "second")
    assert list(apply(cloud, network(SMALL, owner=second), second).failures) == []
    cloud.admin.policies(**documents())
    with pytest.raises(ObservationFailed, match="/second/"):
        apply(cloud, [], second)
    vpc = cloud.client("ec2").describe_vpcs(Filters=second.filters())["Vpcs"][0]["VpcId"]
    with pytest.raises(ClientError, match="UnauthorizedOperation"):
        cloud.client("ec2").delete_vpc(VpcId=vpc)


def test_one_set_of_policies_is_enough_for_all_components_of_an_environment(cloud: Cloud) -> None:
    cloud.admin.reset()
    cloud.admin.policies(**documents(ENVIRONMENT))
    for owner in (OWNER, Owner(OWNER.environment, "second")):
        for desired in (network(SMALL, owner=owner), []):
            assert list(apply(cloud, desired, owner).failures) == []
    assert denials(cloud) == []
