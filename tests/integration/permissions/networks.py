# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The networks of the scenarios, and the manual changes to one of them."""

from __future__ import annotations

from ansible_collections.mainstay.aws.plugins.module_utils.aws.owner import Owner
from benchmarks.faults.scenarios import drift_of_groups
from rehearsal.testing import Cloud

REGION, ACCOUNT = "us-east-1", "111122223333"
OWNER = Owner("test", "network")
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
    "secondary_cidrs": ["100.64.0.0/16"],
    "ipv6": True,
    "availability_zones": ZONES,
    "nat": "regional",
    "endpoints": {"gateway": ["s3"], "interface": ["sts", "logs"]},
    "flow_logs": {"retention_in_days": 30},
    "tags": {"team": "two"},
}
AGAIN = {
    **CHANGED,
    "secondary_cidrs": [],
    "ipv6": False,
    "availability_zones": ZONES[:1],
    "nat": "none",
    "security": {"application_port": 9090},
}
REGIONAL = {**SMALL, "nat": "regional"}

INLINE = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "logs:PutLogEvents", "Resource": "*"}]}


def drift(cloud: Cloud) -> None:
    """Manual changes that no change of the inventory would make in this way."""
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
    drift_of_groups(ec2, ours)
    other = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.update_alias(AliasName=f"alias{OWNER.path}logs", TargetKeyId=other)
