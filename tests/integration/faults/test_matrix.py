# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Every mutating operation of every kind against every fault: no duplicates, no orphans, converged after at most one more run."""

from __future__ import annotations

import inspect
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.aws.connection import Aws
from ansible_collections.mainstay.aws.plugins.module_utils.aws.kind import AwsKind
from ansible_collections.mainstay.aws.plugins.module_utils.aws.owner import Owner
from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.domain import KINDS
from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.resources import build
from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.validate import validate
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.engine import ObservationFailed, Result, Settings, observe, reconcile
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Resource, ref
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.planner import Consent, make_plan
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.waiting import Patience
from rehearsal.testing import Cloud
from tests.integration.faults.faulty import FAULTS, Fault, Killed, Saboteur

REGION, ACCOUNT = "us-east-1", "111122223333"
OWNER = Owner("test", "network")
ALL = Consent(("*", "kms_key.*"), ("*", "kms_key.*"))
ZONES = [f"{REGION}a", f"{REGION}b"]

SMALL = {
    "cidr": "10.0.0.0/16",
    "availability_zones": ZONES[:1],
    "nat": "single",
    "endpoints": {"gateway": ["s3"], "interface": ["sts"]},
    "tags": {"team": "one", "old": "yes"},
}
CHANGED = {
    **SMALL,
    "availability_zones": ZONES,
    "nat": "regional",
    "endpoints": {"gateway": ["s3"], "interface": ["sts", "logs"]},
    "flow_logs": {"retention_in_days": 30},
    "tags": {"team": "two"},
}
AGAIN = {**CHANGED, "availability_zones": ZONES[:1], "nat": "none", "security": {"application_port": 9090}}


def network(settings: dict[str, Any]) -> list[Resource]:
    networks, problems = validate({"main": settings}, "networks", REGION)
    assert problems == []
    return build(networks, Place(OWNER.environment, OWNER.component, REGION, ACCOUNT, permissions_boundary=settings.get("boundary")))


def plain(role: dict[str, Any], key: dict[str, Any], group: dict[str, Any]) -> list[Resource]:
    """A role, a key and a log group by themselves, for what no network asks of them."""
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": role.pop("service")}, "Action": "sts:AssumeRole"}],
    }
    allow = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"},
            {"Effect": "Allow", "Principal": {"Service": f"logs.{REGION}.amazonaws.com"}, "Action": key.pop("action"), "Resource": "*"},
        ],
    }
    return [
        Resource("iam_role", "r", {"role_name": "test-role", "assume_role_policy_document": trust, **role}),
        Resource("kms_key", "k", {"policy": allow, **key}),
        Resource("log_group", "g", {"log_group_name": f"{OWNER.path}g", **group}),
    ]


INLINE = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "logs:PutLogEvents", "Resource": "*"}]}
BOUNDARY = "arn:aws:iam::aws:policy/PowerUserAccess"
ALIAS = f"alias{OWNER.path}"


def fitted() -> list[Resource]:
    return plain(
        {"service": "ec2.amazonaws.com", "description": "one", "tags": {"a": "1", "b": "1"}, "managed_policy_arns": []},
        {"action": "kms:Encrypt", "description": "one", "enable_key_rotation": False, "alias": f"{ALIAS}one", "tags": {"a": "1", "b": "1"}},
        {"retention_in_days": 7, "kms_key_id": ref("kms_key.k", "arn"), "tags": {"a": "1", "b": "1"}},
    )


def refitted() -> list[Resource]:
    return plain(
        {
            "service": "rds.amazonaws.com",
            "description": "two",
            "permissions_boundary": BOUNDARY,
            "inline_policy": INLINE,
            "managed_policy_arns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
            "tags": {"a": "2"},
        },
        {"action": "kms:Decrypt", "description": "two", "enable_key_rotation": True, "alias": f"{ALIAS}two", "tags": {"a": "2"}},
        {"retention_in_days": None, "kms_key_id": None, "tags": {"a": "2"}},
    )


def stripped() -> list[Resource]:
    return plain(
        {"service": "rds.amazonaws.com", "permissions_boundary": None, "inline_policy": None, "managed_policy_arns": [], "tags": {}},
        {"action": "kms:Decrypt", "enable_key_rotation": False, "alias": f"{ALIAS}two", "tags": {}},
        {"retention_in_days": 14, "kms_key_id": ref("kms_key.k", "arn"), "tags": {}},
    )


def drift(cloud: Cloud) -> None:
    """Change behind our back what no change of the inventory would change in this way."""
    ec2, kms = cloud.client("ec2"), cloud.client("kms")
    ours = [{"Name": "tag:mainstay:component", "Values": [OWNER.component]}]
    ec2.modify_subnet_attribute(SubnetId=ec2.describe_subnets(Filters=ours)["Subnets"][0]["SubnetId"], MapPublicIpOnLaunch={"Value": True})
    acl = next(a for a in ec2.describe_network_acls(Filters=ours)["NetworkAcls"] if any(e["RuleNumber"] == 100 for e in a["Entries"]))
    rule = {"NetworkAclId": acl["NetworkAclId"], "Egress": False, "Protocol": "-1", "RuleAction": "deny", "CidrBlock": "192.0.2.0/24"}
    ec2.replace_network_acl_entry(**rule, RuleNumber=100)
    ec2.create_network_acl_entry(**rule, RuleNumber=999)
    table = next(t for t in ec2.describe_route_tables(Filters=ours)["RouteTables"] if t["Associations"])
    main = ec2.describe_route_tables(
        Filters=[{"Name": "vpc-id", "Values": [table["VpcId"]]}, {"Name": "association.main", "Values": ["true"]}]
    )
    stolen = table["Associations"][0]["RouteTableAssociationId"]
    ec2.replace_route_table_association(AssociationId=stolen, RouteTableId=main["RouteTables"][0]["RouteTableId"])
    for group in ec2.describe_security_groups(Filters=ours)["SecurityGroups"]:
        for side, items in (("ingress", "IpPermissions"), ("egress", "IpPermissionsEgress")):
            for permission in (one for one in group[items] if one["IpRanges"]):
                ranges = [{"CidrIp": item["CidrIp"], "Description": "renamed"} for item in permission["IpRanges"]]
                changed = {name: permission[name] for name in ("IpProtocol", "FromPort", "ToPort") if name in permission}
                change = getattr(ec2, f"update_security_group_rule_descriptions_{side}")
                change(GroupId=group["GroupId"], IpPermissions=[{**changed, "IpRanges": ranges}])
    other = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.update_alias(AliasName=f"{ALIAS}logs", TargetKeyId=other)


def nothing(_cloud: Cloud) -> None:
    """No drift."""


@dataclass(frozen=True)
class Phase:
    first: list[Resource]
    second: list[Resource]
    between: Callable[[Cloud], None] = nothing


REGIONAL = {**SMALL, "nat": "regional"}
PHASES = {
    "create": Phase([], network(SMALL)),
    "change": Phase(network(SMALL), network(CHANGED)),
    "shrink": Phase(network(CHANGED), network(AGAIN)),
    "widen": Phase(network(REGIONAL), network({**REGIONAL, "availability_zones": ZONES})),
    "narrow": Phase(network({**REGIONAL, "availability_zones": ZONES}), network(REGIONAL)),
    "mend": Phase(network(SMALL), network(SMALL), drift),
    "refit": Phase(fitted(), refitted()),
    "strip": Phase(refitted(), stripped()),
    "destroy": Phase(network(CHANGED), []),
}


def apply(make_client: Any, desired: list[Resource]) -> Result:
    aws = Aws(make_client, OWNER, pause=lambda _seconds: None)
    try:
        settings = Settings(ALL, Patience(poll=0.1, settle=1.5, timeout=20, grace=1))
        return reconcile(desired, observe(KINDS, aws), KINDS, aws, settings)
    finally:
        aws.close()


MATRIX = {
    "create": """
        allocate_address associate_route_table attach_internet_gateway authorize_security_group_egress authorize_security_group_ingress
        create_alias create_flow_logs create_internet_gateway create_key create_log_group create_nat_gateway create_network_acl
        create_network_acl_entry create_role create_route create_route_table create_security_group create_subnet create_tags create_vpc
        create_vpc_endpoint enable_key_rotation modify_vpc_attribute put_retention_policy put_role_policy replace_network_acl_association
        revoke_security_group_egress revoke_security_group_ingress""",
    "change": "delete_nat_gateway delete_tags modify_vpc_endpoint release_address replace_route tag_resource untag_resource",
    "shrink": "delete_route delete_route_table delete_subnet disassociate_route_table",
    "widen": "associate_nat_gateway_address",
    "narrow": "disassociate_nat_gateway_address",
    "mend": """
        delete_network_acl_entry modify_subnet_attribute replace_network_acl_entry replace_route_table_association update_alias
        update_security_group_rule_descriptions_egress update_security_group_rule_descriptions_ingress""",
    "refit": """
        attach_role_policy delete_alias delete_retention_policy disassociate_kms_key put_key_policy put_role_permissions_boundary tag_role
        untag_role update_assume_role_policy update_key_description update_role""",
    "strip": "associate_kms_key delete_role_permissions_boundary delete_role_policy detach_role_policy disable_key_rotation",
    "destroy": """
        delete_flow_logs delete_internet_gateway delete_log_group delete_network_acl delete_role delete_security_group delete_vpc
        delete_vpc_endpoints detach_internet_gateway schedule_key_deletion""",
}
CASES = [(phase, method) for phase, methods in MATRIX.items() for method in methods.split()]
"""(phase, operation): the first call of this operation in this phase is the one that the fault happens to."""


@pytest.fixture(scope="session")
def cloud() -> Iterator[Cloud]:
    with Cloud(account_id=ACCOUNT, region=REGION) as started:
        yield started


def inventory(cloud: Cloud) -> Counter[str]:
    """Everything there is in the account, ours or not, by type: what a duplicate or an orphan would show up in."""
    ec2, kms, logs, iam = (cloud.client(name) for name in ("ec2", "kms", "logs", "iam"))
    found: Counter[str] = Counter()
    for method, items in (
        ("describe_vpcs", "Vpcs"),
        ("describe_subnets", "Subnets"),
        ("describe_internet_gateways", "InternetGateways"),
        ("describe_addresses", "Addresses"),
        ("describe_route_tables", "RouteTables"),
        ("describe_network_acls", "NetworkAcls"),
        ("describe_security_groups", "SecurityGroups"),
        ("describe_flow_logs", "FlowLogs"),
    ):
        found[items] = len(getattr(ec2, method)()[items])
    found["NatGateways"] = sum(one["State"] in ("pending", "available") for one in ec2.describe_nat_gateways()["NatGateways"])
    found["VpcEndpoints"] = sum(one["State"].lower() != "deleted" for one in ec2.describe_vpc_endpoints()["VpcEndpoints"])
    keys = [kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"] for key in kms.list_keys()["Keys"]]
    found["Keys"] = sum(key["KeyManager"] == "CUSTOMER" and key["KeyState"] != "PendingDeletion" for key in keys)
    found["Aliases"] = sum(not alias["AliasName"].startswith("alias/aws/") for alias in kms.list_aliases()["Aliases"])
    found["LogGroups"] = len(logs.describe_log_groups()["logGroups"])
    found["Roles"] = len(iam.list_roles(PathPrefix="/mainstay/")["Roles"])
    return found


@pytest.fixture(scope="session")
def recorded(cloud: Cloud) -> dict[str, tuple[list[str], Counter[str]]]:
    """For each phase without faults: its mutating calls, and what the account holds afterwards."""
    found = {}
    for name, phase in PHASES.items():
        prepare(cloud, phase)
        saboteur = Saboteur(cloud.client)
        assert list(apply(saboteur, phase.second).failures) == [], name
        found[name] = (saboteur.calls, inventory(cloud))
    return found


def prepare(cloud: Cloud, phase: Phase) -> None:
    cloud.admin.reset()
    assert list(apply(cloud.client, phase.first).failures) == []
    phase.between(cloud)


def operations() -> set[str]:
    """Every mutating operation in the source of every registered kind, and in what they inherit."""
    found: set[str] = set()
    for module in {sys.modules[type(kind).__module__] for kind in KINDS.values()} | {sys.modules[AwsKind.__module__]}:
        found |= set(re.findall(r'aws\.(?:change|remove)\(\s*"\w+",\s*"(\w+)"', inspect.getsource(module)))
        for text in re.findall(r'f"(\w+security_group\w+){side}"', inspect.getsource(module)):
            found |= {f"{text}ingress", f"{text}egress"}
        for either in re.findall(r'aws\.change\("kms", "(\w+)" if value else "(\w+)"', inspect.getsource(module)):
            found |= set(either)
    for kind in KINDS.values():
        if calls := getattr(kind, "calls", None):
            found |= {calls.create, calls.delete}
    # the delete calls that take a list are named so by the kinds themselves; a default group is neither made nor deleted
    return found - {"delete_vpc_endpoint", "delete_flow_log"}


def test_every_mutating_operation_of_every_kind_is_in_the_matrix(recorded: dict[str, tuple[list[str], Counter[str]]]) -> None:
    happened = {(name, call.partition(".")[2]) for name, (calls, _counts) in recorded.items() for call in calls}
    assert set(CASES) <= happened
    assert {method for _phase, method in CASES} == operations()


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
@pytest.mark.parametrize(("phase", "method"), CASES, ids=lambda value: value)
def test_fault(cloud: Cloud, recorded: dict[str, Any], phase: str, method: str, fault: Fault) -> None:
    if fault.only and method not in fault.only:
        return
    prepare(cloud, PHASES[phase])
    desired = PHASES[phase].second
    saboteur = Saboteur(cloud.client, method, fault)
    failures: list[Any] = []
    try:
        failures = list(apply(saboteur, desired).failures)
    except (Killed, ObservationFailed) as error:
        failures = [error]
    assert saboteur.left == 0, f"{method} is not called in {phase}"
    if fault.same_run:
        assert failures == []
    if failures:
        assert list(apply(cloud.client, desired).failures) == []
    aws = Aws(cloud.client, OWNER)
    assert make_plan(desired, observe(KINDS, aws), KINDS, ALL).changes == ()
    aws.close()
    assert inventory(cloud) == recorded[phase][1]
