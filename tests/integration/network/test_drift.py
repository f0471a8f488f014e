# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Drift: manual changes of different resources. The plan names exactly these changes, the next run fixes them, and the run after that
changes nothing.

All cases share one network; a failed case leaves it to be rebuilt for the next.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from rehearsal.testing import Cloud
from tests.integration.together import together

from .describe import described, in_order
from .support import ACCOUNT, REGION, Requests, Site, ids, network, summary, touched

A, B = f"{REGION}a", f"{REGION}b"
FOREIGN_BLOCK = "192.0.2.0/24"


@dataclass
class Standing:
    """The shared network, with the means to damage it. ``whole`` means that nothing is left to fix."""

    site: Site
    desired: list[Any]
    ids: dict[str, str] = field(default_factory=dict)
    whole: bool = False

    def build(self) -> None:
        self.site.cloud.admin.reset()
        self.client("iam").create_policy(PolicyName="boundary", PolicyDocument=json.dumps(ALLOW_ALL))
        self.ids = ids(self.site.apply(self.desired))
        self.whole = True

    def client(self, service: str) -> Any:
        return self.site.cloud.client(service)

    @property
    def ec2(self) -> Any:
        return self.client("ec2")

    def id(self, address: str) -> str:
        return self.ids[address]

    def described(self, address: str) -> Any:
        return in_order(described(self.site.cloud, kinds=[address.split(".", maxsplit=1)[0]])[address])

    def raw(self, operation: str, items: str, identifiers: str, address: str) -> Any:
        return getattr(self.ec2, operation)(**{identifiers: [self.id(address)]})[items][0]

    def table(self, name: str) -> Any:
        return self.raw("describe_route_tables", "RouteTables", "RouteTableIds", f"route_table.main/{name}")

    def acl(self, name: str) -> Any:
        return self.raw("describe_network_acls", "NetworkAcls", "NetworkAclIds", f"network_acl.main/{name}")


@pytest.fixture(scope="module")
def _standing(shared_cloud: Cloud) -> Standing:
    site = Site(shared_cloud, boundary=f"arn:aws:iam::{ACCOUNT}:policy/boundary")
    return Standing(site, site.desired(main=network(cluster_names=["apps"])))


@pytest.fixture
def standing(_standing: Standing) -> Standing:
    if not _standing.whole:
        _standing.build()
    _standing.whole = False
    return _standing


# ---- manual changes; each returns nothing and leaves the account with one thing wrong ----


def dns(name: str) -> Callable[[Standing], None]:
    return lambda s: s.ec2.modify_vpc_attribute(VpcId=s.id("vpc.main"), **{name: {"Value": False}})


def public_addresses(s: Standing) -> None:
    s.ec2.modify_subnet_attribute(SubnetId=s.id(f"subnet.main/private-{A}"), MapPublicIpOnLaunch={"Value": True})


def detach_internet_gateway(s: Standing) -> None:
    for nat in (f"nat_gateway.main/{A}", f"nat_gateway.main/{B}"):
        s.ec2.delete_nat_gateway(NatGatewayId=s.id(nat))
    s.ec2.detach_internet_gateway(InternetGatewayId=s.id("internet_gateway.main"), VpcId=s.id("vpc.main"))


def route_replaced(s: Standing) -> None:
    table, gateway = s.id(f"route_table.main/private-{A}"), s.id(f"nat_gateway.main/{B}")
    s.ec2.replace_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=gateway)


def route_to_the_world(s: Standing) -> None:
    s.ec2.create_route(
        RouteTableId=s.id("route_table.main/database"), DestinationCidrBlock="0.0.0.0/0", GatewayId=s.id("internet_gateway.main")
    )


def route_added(s: Standing) -> None:
    s.ec2.create_route(
        RouteTableId=s.id("route_table.main/public"), DestinationCidrBlock=FOREIGN_BLOCK, GatewayId=s.id("internet_gateway.main")
    )


def route_deleted(s: Standing) -> None:
    s.ec2.delete_route(RouteTableId=s.id("route_table.main/public"), DestinationCidrBlock="0.0.0.0/0")


def association_removed(s: Standing) -> None:
    association = next(one for one in s.table("public")["Associations"] if one.get("SubnetId"))
    s.ec2.disassociate_route_table(AssociationId=association["RouteTableAssociationId"])


def association_moved(s: Standing) -> None:
    association = next(one for one in s.table(f"private-{A}")["Associations"] if one.get("SubnetId"))
    s.ec2.replace_route_table_association(
        AssociationId=association["RouteTableAssociationId"], RouteTableId=s.id("route_table.main/public")
    )


def association_stolen(s: Standing) -> None:
    table = s.ec2.create_route_table(VpcId=s.id("vpc.main"))["RouteTable"]["RouteTableId"]
    association = next(one for one in s.table("database")["Associations"] if one.get("SubnetId"))
    s.ec2.replace_route_table_association(AssociationId=association["RouteTableAssociationId"], RouteTableId=table)


def acl_entry(operation: str, **entry: Any) -> Callable[[Standing], None]:
    return lambda s: getattr(s.ec2, operation)(NetworkAclId=s.id("network_acl.main/public"), **entry)


def acl_association(target: str) -> Callable[[Standing], None]:
    def spoil(s: Standing) -> None:
        association = s.acl("database")["Associations"][0]["NetworkAclAssociationId"]
        filters = [{"Name": "vpc-id", "Values": [s.id("vpc.main")]}, {"Name": "default", "Values": ["true"]}]
        default = s.ec2.describe_network_acls(Filters=filters)["NetworkAcls"][0]["NetworkAclId"]
        other = default if target == "default" else s.id(f"network_acl.main/{target}")
        s.ec2.replace_network_acl_association(AssociationId=association, NetworkAclId=other)

    return spoil


SSH = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "just for today"}]}


def rule_added(side: str, address: str) -> Callable[[Standing], None]:
    return lambda s: getattr(s.ec2, f"authorize_security_group_{side}")(GroupId=s.id(address), IpPermissions=[SSH])


def rule_revoked(s: Standing) -> None:
    group = s.raw("describe_security_groups", "SecurityGroups", "GroupIds", "security_group.main/database")
    s.ec2.revoke_security_group_ingress(GroupId=group["GroupId"], IpPermissions=group["IpPermissions"])


def rule_described(s: Standing) -> None:
    group = s.raw("describe_security_groups", "SecurityGroups", "GroupIds", "security_group.main/load_balancer")
    (permission,) = group["IpPermissions"]
    permission["IpRanges"] = [{"CidrIp": permission["IpRanges"][0]["CidrIp"], "Description": "hm"}]
    s.ec2.update_security_group_rule_descriptions_ingress(GroupId=group["GroupId"], IpPermissions=[permission])


def everything_out(s: Standing) -> None:
    s.ec2.authorize_security_group_egress(
        GroupId=s.id("security_group.main/cache"), IpPermissions=[{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    )


def endpoint(address: str, **changes: Any) -> Callable[[Standing], None]:
    """Values that are functions are called with the network."""

    def spoil(s: Standing) -> None:
        asked = {name: value(s) if callable(value) else value for name, value in changes.items()}
        s.ec2.modify_vpc_endpoint(VpcEndpointId=s.id(address), **asked)

    return spoil


def one(address: str) -> Callable[[Standing], list[str]]:
    return lambda s: [s.id(address)]


def deleted(operation: str, parameter: str, address: str, many: bool = False) -> Callable[[Standing], None]:
    return lambda s: getattr(s.ec2, operation)(**{parameter: [s.id(address)] if many else s.id(address)})


def key(operation: str, **more: Any) -> Callable[[Standing], None]:
    return lambda s: getattr(s.client("kms"), operation)(KeyId=s.id("kms_key.logs"), **more)


def alias_moved(s: Standing) -> None:
    other = s.client("kms").create_key(Description="somebody's")["KeyMetadata"]["KeyId"]
    s.client("kms").update_alias(AliasName="alias/mainstay/prod/network/logs", TargetKeyId=other)


def alias_deleted(s: Standing) -> None:
    s.client("kms").delete_alias(AliasName="alias/mainstay/prod/network/logs")


def key_policy(s: Standing) -> None:
    document = s.described("kms_key.logs")["policy"]
    document["Statement"][1]["Action"] = "kms:*"
    s.client("kms").put_key_policy(KeyId=s.id("kms_key.logs"), PolicyName="default", Policy=json.dumps(document))


def logs(operation: str, **more: Any) -> Callable[[Standing], None]:
    return lambda s: getattr(s.client("logs"), operation)(logGroupName=s.id("log_group.main/flow-logs"), **more)


ALLOW_ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def role(operation: str, **more: Any) -> Callable[[Standing], None]:
    return lambda s: getattr(s.client("iam"), operation)(RoleName=s.id("iam_role.flow-logs"), **more)


def trust(s: Standing) -> None:
    document = {**ALLOW_ALL, "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]}
    s.client("iam").update_assume_role_policy(RoleName=s.id("iam_role.flow-logs"), PolicyDocument=json.dumps(document))


def other_inline_policy(s: Standing) -> None:
    name = s.client("iam").list_role_policies(RoleName=s.id("iam_role.flow-logs"))["PolicyNames"][0]
    role("put_role_policy", PolicyName=name, PolicyDocument=json.dumps(ALLOW_ALL))(s)


def no_inline_policy(s: Standing) -> None:
    name = s.client("iam").list_role_policies(RoleName=s.id("iam_role.flow-logs"))["PolicyNames"][0]
    role("delete_role_policy", PolicyName=name)(s)


WORLD_TCP = {"Protocol": "6", "RuleAction": "allow", "CidrBlock": "0.0.0.0/0"}
CHANGED: dict[str, tuple[Callable[[Standing], Any], str, str]] = {
    "vpc: host names off": (dns("EnableDnsHostnames"), "vpc.main", "enable_dns_hostnames"),
    "vpc: DNS off": (dns("EnableDnsSupport"), "vpc.main", "enable_dns_support"),
    "subnet: public addresses": (public_addresses, f"subnet.main/private-{A}", "map_public_ip_on_launch"),
    "route table: route replaced": (route_replaced, f"route_table.main/private-{A}", "routes"),
    "route table: a way out of the isolated tier": (route_to_the_world, "route_table.main/database", "routes"),
    "route table: route added": (route_added, "route_table.main/public", "routes"),
    "route table: route deleted": (route_deleted, "route_table.main/public", "routes"),
    "route table: association removed": (association_removed, "route_table.main/public", "subnet_ids"),
    "route table: association stolen": (association_stolen, "route_table.main/database", "subnet_ids"),
    "acl: entry changed": (
        acl_entry("replace_network_acl_entry", RuleNumber=110, Egress=False, PortRange={"From": 1, "To": 65535}, **WORLD_TCP),
        "network_acl.main/public",
        "ingress",
    ),
    "acl: entry added": (
        acl_entry("create_network_acl_entry", RuleNumber=1, Egress=False, PortRange={"From": 22, "To": 22}, **WORLD_TCP),
        "network_acl.main/public",
        "ingress",
    ),
    "acl: entry deleted": (acl_entry("delete_network_acl_entry", RuleNumber=100, Egress=True), "network_acl.main/public", "egress"),
    "acl: icmp entry widened": (
        acl_entry(
            "replace_network_acl_entry",
            RuleNumber=220,
            Egress=False,
            **{**WORLD_TCP, "Protocol": "1"},
            IcmpTypeCode={"Type": -1, "Code": -1},
        ),
        "network_acl.main/public",
        "ingress",
    ),
    "acl: subnet given to the default one": (acl_association("default"), "network_acl.main/database", "subnet_ids"),
    "group: rule added": (rule_added("ingress", "security_group.main/nodes"), "security_group.main/nodes", "ingress"),
    "group: rule added on the way out": (rule_added("egress", "security_group.main/nodes"), "security_group.main/nodes", "egress"),
    "group: everything allowed out": (everything_out, "security_group.main/cache", "egress"),
    "group: rules revoked": (rule_revoked, "security_group.main/database", "ingress"),
    "group: description of a rule": (rule_described, "security_group.main/load_balancer", "ingress"),
    "default group: rule added": (
        rule_added("ingress", "default_security_group.main/default"),
        "default_security_group.main/default",
        "ingress",
    ),
    "endpoint: private DNS off": (
        endpoint("vpc_endpoint.main/sts", PrivateDnsEnabled=False),
        "vpc_endpoint.main/sts",
        "private_dns_enabled",
    ),
    "endpoint: subnet removed": (
        endpoint("vpc_endpoint.main/sts", RemoveSubnetIds=one(f"subnet.main/private-{B}")),
        "vpc_endpoint.main/sts",
        "subnet_ids",
    ),
    "endpoint: group added": (
        endpoint("vpc_endpoint.main/sts", AddSecurityGroupIds=one("security_group.main/nodes")),
        "vpc_endpoint.main/sts",
        "security_group_ids",
    ),
    "endpoint: route table removed": (
        endpoint("vpc_endpoint.main/s3", RemoveRouteTableIds=one("route_table.main/database")),
        "vpc_endpoint.main/s3",
        "route_table_ids",
    ),
    "endpoint: route table added": (
        endpoint("vpc_endpoint.main/s3", AddRouteTableIds=one("route_table.main/public")),
        "vpc_endpoint.main/s3",
        "route_table_ids",
    ),
    "key: rotation off": (key("disable_key_rotation"), "kms_key.logs", "enable_key_rotation"),
    "key: description": (key("update_key_description", Description="mine"), "kms_key.logs", "description"),
    "key: policy": (key_policy, "kms_key.logs", "policy"),
    "key: alias moved": (alias_moved, "kms_key.logs", "alias"),
    "key: alias deleted": (alias_deleted, "kms_key.logs", "alias"),
    "log group: retention": (logs("put_retention_policy", retentionInDays=1), "log_group.main/flow-logs", "retention_in_days"),
    "log group: no retention": (logs("delete_retention_policy"), "log_group.main/flow-logs", "retention_in_days"),
    "log group: no key": (logs("disassociate_kms_key"), "log_group.main/flow-logs", "kms_key_id"),
    "role: policy changed": (other_inline_policy, "iam_role.flow-logs", "inline_policy"),
    "role: policy deleted": (no_inline_policy, "iam_role.flow-logs", "inline_policy"),
    "role: foreign policy": (
        role("put_role_policy", PolicyName="extra", PolicyDocument=json.dumps(ALLOW_ALL)),
        "iam_role.flow-logs",
        "inline_policy",
    ),
    "role: trust": (trust, "iam_role.flow-logs", "assume_role_policy_document"),
    "role: boundary": (role("delete_role_permissions_boundary"), "iam_role.flow-logs", "permissions_boundary"),
}
# The gateway involved changes too: its routes or associations are removed.
CHANGED_TWICE: dict[str, tuple[Callable[[Standing], Any], dict[str, set[str]]]] = {
    "route table: association moved": (
        association_moved,
        {f"route_table.main/private-{A}": {"subnet_ids"}, "route_table.main/public": {"subnet_ids"}},
    ),
    "acl: subnet given to another tier's": (
        acl_association("private"),
        {"network_acl.main/database": {"subnet_ids"}, "network_acl.main/private": {"subnet_ids"}},
    ),
}


def repaired(standing: Standing) -> None:
    """The next run fixes everything, and the one after finds nothing to do."""
    standing.site.apply(standing.desired)
    requests = Requests(standing.site.cloud)
    again = standing.site.apply(standing.desired)
    assert requests.changes() == []
    assert summary(again.plan) == {}
    standing.ids = ids(again)
    standing.whole = True


@pytest.mark.parametrize("names", together(CHANGED, lambda case: case[1]), ids=", ".join)
def test_one_property_changed(standing: Standing, names: tuple[str, ...]) -> None:
    cases = [CHANGED[name] for name in names]
    before = {address: standing.described(address) for _spoil, address, _property in cases}
    for spoil, address, _property in cases:
        spoil(standing)
        assert standing.described(address) != before[address], "nothing was spoilt"
    plan = standing.site.plan(standing.desired)
    assert touched(plan) == {address: {changed} for _spoil, address, changed in cases}
    assert set(summary(plan).values()) == {"update"}
    repaired(standing)
    assert {address: unnumbered(standing.described(address)) for address in before} == {a: unnumbered(one) for a, one in before.items()}


def unnumbered(one: Any) -> Any:
    """A description without the numbers of ACL entries: restored entries get free numbers."""
    if "ingress" not in one:
        return one
    sides = {side: [{k: v for k, v in entry.items() if k != "rule_number"} for entry in one[side]] for side in ("ingress", "egress")}
    return in_order({**one, **sides})


@pytest.mark.parametrize("name", CHANGED_TWICE)
def test_something_moved_between_two(standing: Standing, name: str) -> None:
    spoil, expected = CHANGED_TWICE[name]
    spoil(standing)
    assert touched(standing.site.plan(standing.desired)) == expected
    repaired(standing)


# ---- additions by other controllers ----


def permitted(description: str, **peer: Any) -> Callable[[Standing], None]:
    def spoil(s: Standing) -> None:
        vpc = s.id("vpc.main")
        source = s.ec2.create_security_group(GroupName=f"k8s-traffic-{len(description)}", Description="shared", VpcId=vpc)["GroupId"]
        pair = {"UserIdGroupPairs": [{"GroupId": source, "Description": description}]}
        blocks = {"IpRanges": [{"CidrIp": peer["block"], "Description": description}]} if peer else pair
        rule = {"IpProtocol": "tcp", "FromPort": 30000, "ToPort": 32767, **blocks}
        s.ec2.authorize_security_group_ingress(GroupId=s.id("security_group.main/nodes"), IpPermissions=[rule])

    return spoil


def route_to_a_peer(table: str) -> Callable[[Standing], None]:
    def spoil(s: Standing) -> None:
        other = s.ec2.create_vpc(CidrBlock="10.99.0.0/16")["Vpc"]["VpcId"]
        peering = s.ec2.create_vpc_peering_connection(VpcId=s.id("vpc.main"), PeerVpcId=other)["VpcPeeringConnection"]
        peer = peering["VpcPeeringConnectionId"]
        s.ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=peer)
        s.ec2.create_route(RouteTableId=s.id(f"route_table.main/{table}"), DestinationCidrBlock="10.99.0.0/16", VpcPeeringConnectionId=peer)

    return spoil


STAYS: dict[str, tuple[Callable[[Standing], None], str, Callable[[Standing], None], str]] = {
    # another controller's change, its place, an additional manual change, and the property that then drifts
    "group: load balancer controller": (
        permitted("elbv2.k8s.aws/targetGroupBinding=shared"),
        "security_group.main/nodes",
        rule_added("ingress", "security_group.main/nodes"),
        "ingress",
    ),
    "group: cloud provider of Kubernetes": (
        permitted("kubernetes.io/rule/nlb/client=a1b2", block="0.0.0.0/0"),
        "security_group.main/nodes",
        rule_added("ingress", "security_group.main/nodes"),
        "ingress",
    ),
    "route table: peering": (route_to_a_peer("public"), "route_table.main/public", route_added, "routes"),
    "route table: peering of an isolated tier": (route_to_a_peer("database"), "route_table.main/database", route_to_the_world, "routes"),
    "acl: a blocked address": (
        acl_entry("create_network_acl_entry", RuleNumber=7, Egress=False, Protocol="-1", RuleAction="deny", CidrBlock="192.0.2.7/32"),
        "network_acl.main/public",
        acl_entry("create_network_acl_entry", RuleNumber=1, Egress=False, PortRange={"From": 22, "To": 22}, **WORLD_TCP),
        "ingress",
    ),
}


@pytest.mark.parametrize("name", STAYS)
def test_what_other_controllers_add_stays(standing: Standing, name: str) -> None:
    add, address, spoil, prop = STAYS[name]
    add(standing)
    with_it = standing.described(address)
    assert summary(standing.site.plan(standing.desired)) == {}
    spoil(standing)
    assert touched(standing.site.plan(standing.desired)) == {address: {prop}}
    repaired(standing)
    assert standing.described(address) == with_it
    standing.whole = False


# ---- tags ----

TAGGED = [
    "vpc.main",
    f"subnet.main/private-{A}",
    "internet_gateway.main",
    f"elastic_ip.main/nat-{A}",
    f"nat_gateway.main/{A}",
    "route_table.main/public",
    "network_acl.main/public",
    "security_group.main/nodes",
    "default_security_group.main/default",
    "vpc_endpoint.main/s3",
    "vpc_endpoint.main/sts",
    "flow_log.main",
    "log_group.main/flow-logs",
    "kms_key.logs",
    "iam_role.flow-logs",
]


def tag(standing: Standing, address: str, tags: dict[str, str], untag: tuple[str, ...] = ()) -> None:
    """Adds and removes tags through each kind's own API."""
    identifier, kind = standing.id(address), address.split(".", maxsplit=1)[0]
    if kind == "kms_key":
        standing.client("kms").tag_resource(KeyId=identifier, Tags=[{"TagKey": k, "TagValue": v} for k, v in tags.items()])
        standing.client("kms").untag_resource(KeyId=identifier, TagKeys=list(untag))
    elif kind == "iam_role":
        standing.client("iam").tag_role(RoleName=identifier, Tags=[{"Key": k, "Value": v} for k, v in tags.items()])
        standing.client("iam").untag_role(RoleName=identifier, TagKeys=list(untag))
    elif kind == "log_group":
        arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{identifier}"
        standing.client("logs").tag_resource(resourceArn=arn, tags=tags)
        standing.client("logs").untag_resource(resourceArn=arn, tagKeys=list(untag))
    else:
        standing.ec2.create_tags(Resources=[identifier], Tags=[{"Key": k, "Value": v} for k, v in tags.items()])
        standing.ec2.delete_tags(Resources=[identifier], Tags=[{"Key": k} for k in untag])


def tags_of(standing: Standing) -> dict[str, Any]:
    return {address: one["tags"] for address, one in described(standing.site.cloud).items() if address in TAGGED}


def test_tags(standing: Standing) -> None:
    """Changed, added, and removed tags are restored, for each kind."""
    before = tags_of(standing)
    for address in TAGGED:
        tag(standing, address, {"Name": "other", "extra": "1"}, untag=("owner",))
    assert touched(standing.site.plan(standing.desired)) == {address: {"tags"} for address in TAGGED}
    repaired(standing)
    assert tags_of(standing) == before


def test_foreign_tags_stay(standing: Standing) -> None:
    """Tags that EKS and other services write on our resources are not drift, and survive when other tags are corrected."""
    foreign = {"kubernetes.io/cluster/stranger": "shared", "awsApplication": "arn:aws:resource-groups:x", "CreatedBy": "anna"}
    for address in TAGGED:
        tag(standing, address, foreign)
    assert summary(standing.site.plan(standing.desired)) == {}
    for address in TAGGED:
        tag(standing, address, {"owner": "nobody"})
    repaired(standing)
    assert all(foreign.items() <= tags.items() and tags["owner"] == "platform" for tags in tags_of(standing).values())
    standing.whole = False


def test_our_own_cluster_tag_is_kept_right(standing: Standing) -> None:
    address = f"subnet.main/public-{A}"
    tag(standing, address, {"kubernetes.io/cluster/apps": "owned"})
    assert touched(standing.site.plan(standing.desired)) == {address: {"tags"}}
    repaired(standing)


# ---- manual deletions ----

GONE: dict[str, tuple[Callable[[Standing], None], dict[str, str]]] = {
    "NAT gateway": (
        deleted("delete_nat_gateway", "NatGatewayId", f"nat_gateway.main/{A}"),
        {f"nat_gateway.main/{A}": "create", f"route_table.main/private-{A}": "update"},
    ),
    "flow log": (deleted("delete_flow_logs", "FlowLogIds", "flow_log.main", many=True), {"flow_log.main": "create"}),
    "gateway endpoint": (
        deleted("delete_vpc_endpoints", "VpcEndpointIds", "vpc_endpoint.main/s3", many=True),
        {"vpc_endpoint.main/s3": "create"},
    ),
    "interface endpoint": (
        deleted("delete_vpc_endpoints", "VpcEndpointIds", "vpc_endpoint.main/sts", many=True),
        {"vpc_endpoint.main/sts": "create"},
    ),
}


@pytest.mark.parametrize("name", GONE)
def test_something_deleted(standing: Standing, name: str) -> None:
    spoil, expected = GONE[name]
    spoil(standing)
    assert summary(standing.site.plan(standing.desired)) == expected
    repaired(standing)


def test_role_deleted(standing: Standing) -> None:
    """The new role has the ARN of the old one: the flow log stays."""
    no_inline_policy(standing)
    role("delete_role")(standing)
    assert summary(standing.site.plan(standing.desired)) == {"iam_role.flow-logs": "create"}
    repaired(standing)


def test_log_group_deleted(standing: Standing) -> None:
    logs("delete_log_group")(standing)
    assert summary(standing.site.plan(standing.desired)) == {"log_group.main/flow-logs": "create"}
    repaired(standing)


def test_foreign_managed_policy(standing: Standing) -> None:
    arn = standing.client("iam").create_policy(PolicyName="everything", PolicyDocument=json.dumps(ALLOW_ALL))["Policy"]["Arn"]
    role("attach_role_policy", PolicyArn=arn)(standing)
    assert touched(standing.site.plan(standing.desired)) == {"iam_role.flow-logs": {"managed_policy_arns"}}
    repaired(standing)


def test_gateway_and_address_released(standing: Standing) -> None:
    ec2, address = standing.ec2, standing.id(f"elastic_ip.main/nat-{A}")
    deleted("delete_nat_gateway", "NatGatewayId", f"nat_gateway.main/{A}")(standing)
    ec2.release_address(AllocationId=address)
    assert summary(standing.site.plan(standing.desired)) == {
        f"elastic_ip.main/nat-{A}": "create",
        f"nat_gateway.main/{A}": "create",
        f"route_table.main/private-{A}": "update",
    }
    repaired(standing)


def test_internet_gateway_detached(standing: Standing) -> None:
    detach_internet_gateway(standing)
    assert touched(standing.site.plan(standing.desired))["internet_gateway.main"] == {"vpc_id"}
    repaired(standing)


def test_key_scheduled_for_deletion(standing: Standing) -> None:
    """A key that is pending deletion counts as deleted: a new one takes over its alias and the log group."""
    old = standing.id("kms_key.logs")
    key("schedule_key_deletion", PendingWindowInDays=7)(standing)
    assert summary(standing.site.plan(standing.desired)) == {"kms_key.logs": "create", "log_group.main/flow-logs": "update"}
    repaired(standing)
    new = standing.described("kms_key.logs")
    assert new["id"] != old
    assert new["alias"] == "alias/mainstay/prod/network/logs"
    assert standing.described("log_group.main/flow-logs")["kms_key_id"].endswith(new["id"])


def test_security_group_deleted(standing: Standing) -> None:
    """On AWS, rules that named it must be revoked before it can be deleted; the group and the rules are recreated."""
    group = standing.id("security_group.main/cache")
    nodes = standing.raw("describe_security_groups", "SecurityGroups", "GroupIds", "security_group.main/nodes")
    pointing = [
        {**permission, "IpRanges": [], "PrefixListIds": [], "UserIdGroupPairs": [{"GroupId": group}]}
        for permission in nodes["IpPermissionsEgress"]
        if any(pair["GroupId"] == group for pair in permission["UserIdGroupPairs"])
    ]
    standing.ec2.revoke_security_group_egress(GroupId=nodes["GroupId"], IpPermissions=pointing)
    standing.ec2.delete_security_group(GroupId=group)
    assert summary(standing.site.plan(standing.desired)) == {"security_group.main/cache": "create", "security_group.main/nodes": "update"}
    repaired(standing)


def test_many_things_at_once(standing: Standing) -> None:
    for spoil in (route_replaced, public_addresses, rule_revoked, alias_deleted, no_inline_policy, association_removed):
        spoil(standing)
    assert len(touched(standing.site.plan(standing.desired))) == 6
    repaired(standing)
