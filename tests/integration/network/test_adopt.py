# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""An account that is not empty: existing resources are adopted, moved, or recognized as another owner's, and never picked by chance."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.domain import KINDS
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.claims import find_conflicts, take
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.engine import Result, Settings, observe, plan_only, reconcile
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.errors import EngineError
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Resource
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.planner import Consent

from .support import ACCOUNT, REGION, Requests, Site, network, summary

MARKS = ("mainstay:environment", "mainstay:component", "mainstay:address")
OWN = "take over its subnets"


def taking(
    site: Site, desired: list[Resource], adopt: Any = None, moved: Any = None, apply: bool = True, rebuild: Any = None, **consent: Any
) -> Result:
    """Plans or applies as the module does with these options. ``rebuild`` returns the desired state once the adopted resources are
    known.
    """
    aws = site.aws()
    allowed = Consent(tuple(consent.get("allow_replace", ())), tuple(consent.get("purge", ())))
    try:
        observed = take(
            adopt or {},
            moved or {},
            desired,
            observe(KINDS, aws),
            KINDS,
            aws,
            partial(allowed.allows, "replace"),
        )
        desired = rebuild(observed) if rebuild else desired
        result = plan_only(desired, observed, KINDS, allowed)
        if held := find_conflicts(result.plan, KINDS, aws):
            return dataclasses.replace(result, failures=held)
        return reconcile(desired, observed, KINDS, aws, Settings(allowed, Site.patience)) if apply else result
    finally:
        aws.close()


def unmark(site: Site, marks: dict[str, str] | None = None) -> dict[str, str]:
    """Removes our marks from everything (or overwrites them), as if another tool had created it; the IDs by address."""
    aws = site.aws()
    try:
        ids = {}
        for seen in observe(KINDS, aws):
            ids[seen.address] = seen.id
            _retag(site, seen, marks)
        return ids
    finally:
        aws.close()


def _retag(site: Site, seen: Any, marks: dict[str, str] | None) -> None:
    tags = None if marks is None else {**marks, "mainstay:address": seen.address}
    if seen.kind == "iam_role":
        iam = site.cloud.client("iam")
        iam.tag_role(RoleName=seen.id, Tags=_list(tags)) if tags else iam.untag_role(RoleName=seen.id, TagKeys=list(MARKS))
    elif seen.kind == "log_group":
        logs, arn = site.cloud.client("logs"), seen.attributes["arn"]
        logs.tag_resource(resourceArn=arn, tags=tags) if tags else logs.untag_resource(resourceArn=arn, tagKeys=list(MARKS))
    elif seen.kind == "kms_key":
        kms = site.cloud.client("kms")
        pairs = [{"TagKey": key, "TagValue": value} for key, value in (tags or {}).items()]
        kms.tag_resource(KeyId=seen.id, Tags=pairs) if tags else kms.untag_resource(KeyId=seen.id, TagKeys=list(MARKS))
    else:
        ec2 = site.cloud.client("ec2")
        if tags:
            ec2.create_tags(Resources=[seen.id], Tags=_list(tags))
        else:
            ec2.delete_tags(Resources=[seen.id], Tags=[{"Key": key} for key in MARKS])


def _list(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def test_a_network_that_lost_its_marks_is_taken_back_whole(site: Site, requests: Requests) -> None:
    """Every kind in the network, looked up by its ID, marked, and found to match its description."""
    desired = site.desired(main=network())
    site.apply(desired)
    ids = unmark(site)
    assert site.ids() == {}
    planned = taking(site, desired, ids, apply=False)
    assert set(summary(planned.plan).values()) == {"update"}
    assert {c.property for action in planned.plan.changes for c in action.changes} == {"mark"}
    result = taking(site, desired, ids)
    assert list(result.failures) == []
    assert site.ids() == ids
    again = taking(site, desired, ids)
    assert (again.report, list(again.plan.changes)) == (None, [])


def test_another_owners_network_is_taken_only_if_he_is_named(site: Site) -> None:
    desired = site.desired(main=network())
    site.apply(desired)
    ids = unmark(site, {"mainstay:environment": "prod", "mainstay:component": "legacy"})
    with pytest.raises(EngineError) as caught:
        taking(site, desired, ids)
    said = str(caught.value).splitlines()
    assert len(said) == len(ids)
    vpc = ids["vpc.main"]
    refusal = f"adopt: {{vpc.main: {vpc}}}: it belongs to prod/legacy vpc.main, but the entry names no owner. "
    assert f"{refusal}To take it over from there, write adopt: {{vpc.main: {{id: {vpc}, from: prod/legacy}}}}" in said
    result = taking(site, desired, {address: {"id": identifier, "from": "prod/legacy"} for address, identifier in ids.items()})
    assert list(result.failures) == []
    assert site.ids() == ids


@pytest.mark.parametrize(
    "part", ["subnet.main/public-af-south-1a", "security_group.main/nodes", "iam_role.flow-logs", "log_group.main/flow-logs"]
)
def test_a_name_or_range_that_another_holds_is_said_before_the_first_change(site: Site, part: str, requests: Requests) -> None:
    desired = site.desired(main=network())
    site.apply(desired)
    (seen,) = [seen for seen in site.observed() if seen.address == part]
    _retag(site, seen, {"mainstay:environment": "prod", "mainstay:component": "legacy"})
    before = Requests(site.cloud)
    result = taking(site, desired)
    assert [(f.address, f.code) for f in result.failures] == [(part, "NameHeld")]
    assert result.failures[0].message == f"it conflicts with {seen.id}, which belongs to prod/legacy ({part})."
    assert f"adopt: {{{part}: {{id: {seen.id}, from: prod/legacy}}}}" in result.failures[0].hint
    assert before.changes() == []


def test_resources_of_another_tool_are_adopted_with_their_differences_and_not_replaced(site: Site, ec2: Any) -> None:
    """A manually created VPC with subnets and a gateway: adopted, fixed, completed."""
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    desired = site.desired(main=network())
    blocks = {r.address: r.properties for r in desired if r.kind == "subnet" and r.name.startswith("main/public")}
    subnets = {
        address: ec2.create_subnet(VpcId=vpc, CidrBlock=p["cidr_block"], AvailabilityZone=p["availability_zone"])["Subnet"]["SubnetId"]
        for address, p in blocks.items()
    }
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    group = ec2.create_security_group(VpcId=vpc, GroupName="web", Description="made by hand")["GroupId"]
    ec2.create_tags(Resources=[vpc], Tags=[{"Key": "Name", "Value": "by hand"}, {"Key": "team", "Value": "a"}])
    adopt = {"vpc.main": vpc, "internet_gateway.main": gateway, "security_group.main/nodes": group, **subnets}
    planned = taking(site, desired, adopt, apply=False)
    (change,) = [c for a in planned.plan.changes if a.address == "vpc.main" for c in a.changes if c.property == "tags"]
    assert (change.before["team"], change.before["Name"], change.after["Name"]) == ("a", "by hand", "prod-network-main")
    (default,) = [a for a in planned.plan.changes if a.kind == "default_security_group"]
    assert (default.verb, [c.property for c in default.changes]) == ("update", ["mark", "ingress", "egress", "tags"])
    result = taking(site, desired, adopt)
    assert list(result.failures) == []
    assert {"update", "create"} == set(summary(result.plan).values())
    assert {address: site.ids()[address] for address in adopt} == adopt
    assert taking(site, desired, adopt).report is None


def test_a_refused_adoption_gives_the_reason(site: Site, ec2: Any) -> None:
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    in_vpc = [{"Name": "vpc-id", "Values": [vpc]}]
    main_table = ec2.describe_route_tables(Filters=in_vpc)["RouteTables"][0]["RouteTableId"]
    acl = ec2.describe_network_acls(Filters=in_vpc)["NetworkAcls"][0]["NetworkAclId"]
    group = ec2.describe_security_groups(Filters=in_vpc)["SecurityGroups"][0]["GroupId"]
    statement = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    site.cloud.client("iam").create_role(RoleName="by-hand", Path="/people/", AssumeRolePolicyDocument=trust)
    adopt = {
        "vpc.main": vpc.replace("vpc-", "subnet-"),
        "subnet.main/public-af-south-1a": "subnet-0123456789abcdef0",
        "route_table.main/public": main_table,
        "network_acl.main/public": acl,
        "security_group.main/nodes": group,
        "iam_role.flow-logs": "arn:aws:iam::210987654321:role/people/by-hand",
        "log_group.main/flow-logs": "/by/hand",
        "kms_key.logs": "1234abcd-12ab-34cd-56ef-1234567890ab",
    }
    before = Requests(site.cloud)
    with pytest.raises(EngineError) as caught:
        taking(site, site.desired(main=network()), adopt)
    said = {
        line.partition("}: ")[0].partition("{")[2].partition(":")[0]: line.partition("}: ")[2] for line in str(caught.value).splitlines()
    }
    assert said == {
        "vpc.main": "the id of a vpc is vpc- followed by hexadecimal digits, such as vpc-0123456789abcdef0",
        "subnet.main/public-af-south-1a": "there is no subnet subnet-0123456789abcdef0 in this account and region",
        "route_table.main/public": f"it is the main route table of its VPC, which cannot be deleted; the network's own route tables {OWN}",
        "network_acl.main/public": "it is the default ACL of its VPC, which belongs to default_network_acl",
        "security_group.main/nodes": "it is the default group of its VPC, which belongs to default_security_group",
        "iam_role.flow-logs": "its path is /people/, not /mainstay/prod/network/, and the path of a role cannot be changed",
        "log_group.main/flow-logs": "a log group cannot be renamed, and those of this component begin with /mainstay/prod/network/",
        "kms_key.logs": "there is no kms_key 1234abcd-12ab-34cd-56ef-1234567890ab in this account and region",
    }
    assert before.changes() == []


def test_fixed_differences_are_a_replacement_that_needs_consent(site: Site, ec2: Any) -> None:
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    desired = site.desired(main=network())
    refused = taking(site, desired, {"vpc.main": vpc})
    assert [(f.address, f.code, f.message) for f in refused.failures] == [
        ("vpc.main", "ReplacementNotAllowed", "it would have to be replaced: adopted; cidr_block cannot be changed in place")
    ]
    assert site.ids() == {}


def test_a_renamed_network_keeps_what_it_is(site: Site) -> None:
    """All of it: what AWS cannot rename, such as the log group, keeps its name."""
    site.apply(site.desired(main=network()))
    before = site.ids()
    renamed = site.desired(core=network())

    def rename() -> Result:
        return taking(site, renamed, moved={"main": "core"}, rebuild=lambda observed: site.desired_here(observed, core=network()))

    result = rename()
    assert list(result.failures) == []
    assert {action.verb for action in result.plan.changes} == {"update"}
    assert {a.replace(".main", ".core"): i for a, i in before.items()} == site.ids()
    assert rename().report is None


COPIED = ["vpc.main", "subnet.main/public-af-south-1a", "internet_gateway.main", "security_group.main/nodes", "route_table.main/public"]
COPIED += ["elastic_ip.main/nat-af-south-1a", "network_acl.main/public", "nat_gateway.main/af-south-1a", "vpc_endpoint.main/s3"]
COPIED += ["default_security_group.main/default", "kms_key.logs", "iam_role.flow-logs", "log_group.main/flow-logs"]


PLAIN = ("vpc", "internet_gateway", "elastic_ip", "nat_gateway", "route_table", "network_acl", "kms_key")
"""Kinds for which a lost response can cause a duplicate."""


@pytest.mark.parametrize("address", COPIED)
def test_a_copy_of_our_marks_is_an_error_that_names_both(site: Site, ec2: Any, address: str) -> None:
    desired = site.desired(main=network())
    site.apply(desired)
    original = site.ids()[address]
    copy = _another(site, ec2, address.partition(".")[0])
    _mark(site, address.partition(".")[0], copy, site.owner.tags(address))
    first, second = sorted([original, copy])
    with pytest.raises(EngineError, match=f"{address} is claimed by 2 live resources: {first} .*; {second} "):
        taking(site, desired)
    with pytest.raises(EngineError, match=f"{address} is claimed by 2 live resources: {first} .*; {second} "):
        taking(site, desired, {address: copy})


@pytest.mark.parametrize("address", [one for one in COPIED if one.partition(".")[0] in PLAIN])
def test_a_purge_pattern_that_names_the_empty_copy_removes_it(site: Site, ec2: Any, address: str) -> None:
    """As after a run that was killed just after a create call, and another one that did not see what the first had created."""
    desired = site.desired(main=network())
    site.apply(desired)
    original = site.ids()[address]
    copy = _another(site, ec2, address.partition(".")[0])
    _mark(site, address.partition(".")[0], copy, site.owner.tags(address))
    with pytest.raises(EngineError, match=f"{original} is in use .*add {copy} to platform_purge|add {copy} to platform_purge .*"):
        taking(site, desired)
    with pytest.raises(EngineError, match=f"{original} is in use"):
        taking(site, desired, purge=(original,))
    assert list(taking(site, desired, purge=(copy,)).failures) == []
    assert site.ids()[address] == original
    assert summary(site.plan(desired)) == {}


@pytest.mark.parametrize("whose", [("staging", "network"), ("prod", "other")], ids=["environment", "component"])
def test_marks_of_another_are_never_picked(site: Site, ec2: Any, whose: tuple[str, str]) -> None:
    """The same addresses, next to ours, with the mark of another environment or component."""
    for kind in sorted({address.partition(".")[0] for address in COPIED}):
        identifier = _another(site, ec2, kind)
        address = next(one for one in COPIED if one.startswith(f"{kind}."))
        marks = dict(zip(MARKS, (*whose, address), strict=True))
        _mark(site, kind, identifier, marks)
    assert site.observed() == []
    assert set(summary(site.plan(site.desired(main=network()))).values()) == {"create"}


def _mark(site: Site, kind: str, identifier: str, marks: dict[str, str]) -> None:
    if kind == "kms_key":
        site.cloud.client("kms").tag_resource(KeyId=identifier, Tags=[{"TagKey": k, "TagValue": v} for k, v in marks.items()])
    elif kind == "iam_role":
        site.cloud.client("iam").tag_role(RoleName=identifier, Tags=_list(marks))
    elif kind == "log_group":
        site.cloud.client("logs").tag_resource(resourceArn=f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{identifier}", tags=marks)
    else:
        site.cloud.client("ec2").create_tags(Resources=[identifier], Tags=_list(marks))


def _another(site: Site, ec2: Any, kind: str) -> str:
    """One more of a kind, created without us; if resources are found by a path or a prefix, under ours."""
    if kind in STANDING_ALONE:
        return str(STANDING_ALONE[kind](site, ec2))
    vpc = str(ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"])
    if kind == "vpc":
        return vpc
    if kind == "default_security_group":
        return str(ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["SecurityGroups"][0]["GroupId"])
    if kind == "nat_gateway":
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.7.0.0/24")["Subnet"]["SubnetId"]
        return str(ec2.create_nat_gateway(SubnetId=subnet, ConnectivityType="private")["NatGateway"]["NatGatewayId"])
    return str(IN_A_VPC[kind](ec2, vpc))


TRUST = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}


def _role(site: Site, _ec2: Any) -> str:
    document = json.dumps({"Version": "2012-10-17", "Statement": [TRUST]})
    role = site.cloud.client("iam").create_role(RoleName="copy", Path=site.owner.path, AssumeRolePolicyDocument=document)
    return str(role["Role"]["RoleName"])


def _log_group(site: Site, _ec2: Any) -> str:
    site.cloud.client("logs").create_log_group(logGroupName=f"{site.owner.path}copy")
    return f"{site.owner.path}copy"


STANDING_ALONE: dict[str, Callable[[Site, Any], str]] = {
    "elastic_ip": lambda _site, ec2: ec2.allocate_address(Domain="vpc")["AllocationId"],
    "internet_gateway": lambda _site, ec2: ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"],
    "kms_key": lambda site, _ec2: site.cloud.client("kms").create_key()["KeyMetadata"]["KeyId"],
    "iam_role": _role,
    "log_group": _log_group,
}
IN_A_VPC: dict[str, Callable[[Any, str], str]] = {
    "subnet": lambda ec2, vpc: ec2.create_subnet(VpcId=vpc, CidrBlock="10.7.0.0/24")["Subnet"]["SubnetId"],
    "security_group": lambda ec2, vpc: ec2.create_security_group(VpcId=vpc, GroupName="copy", Description="copy")["GroupId"],
    "route_table": lambda ec2, vpc: ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"],
    "network_acl": lambda ec2, vpc: ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"],
    "vpc_endpoint": lambda ec2, vpc: ec2.create_vpc_endpoint(VpcId=vpc, ServiceName=S3)["VpcEndpoint"]["VpcEndpointId"],
}
S3 = f"com.amazonaws.{REGION}.s3"


@pytest.mark.parametrize("fault", ["reset_before", "reset_after"])
def test_a_claim_whose_reply_is_lost_is_sent_again(site: Site, fault: str) -> None:
    """Every marking call of a whole network, across four services."""
    desired = site.desired(main=network())
    site.apply(desired)
    ids = unmark(site)
    for service, operation in (("ec2", "CreateTags"), ("iam", "TagRole"), ("logs", "TagResource"), ("kms", "TagResource")):
        site.cloud.admin.fault(service=service, operation=operation, fault=fault, nth=1, times=3)
    result = taking(site, desired, ids)
    assert list(result.failures) == []
    assert site.ids() == ids
    assert taking(site, desired, ids).report is None
