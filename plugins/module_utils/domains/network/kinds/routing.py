# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Where a subnet's packets go and which ones may pass its border: route tables and network ACLs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ....aws.canonical import sorted_strings
from ....aws.connection import Aws
from ....aws.ec2_kind import Ec2Kind, ec2
from ....aws.kind import camel
from ....reconcile.errors import AlreadyThere, NotYet
from ....reconcile.model import Observed, fixed, later
from .acl_entries import changes, entries, with_numbers_kept
from .routes import with_foreign_routes

DESTINATIONS = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")
TARGETS = {
    "igw-": "GatewayId",
    "vgw-": "GatewayId",
    "nat-": "NatGatewayId",
    "tgw-": "TransitGatewayId",
    "pcx-": "VpcPeeringConnectionId",
    "eni-": "NetworkInterfaceId",
    "eigw-": "EgressOnlyInternetGatewayId",
}


def _destination(text: str) -> dict[str, str]:
    key = "DestinationPrefixListId" if text.startswith("pl-") else "DestinationIpv6CidrBlock" if ":" in text else "DestinationCidrBlock"
    return {key: text}


def _target(identifier: str) -> dict[str, str]:
    return {next((key for prefix, key in TARGETS.items() if identifier.startswith(prefix)), "GatewayId"): identifier}


class RouteTable(Ec2Kind):
    """A route table with its routes and associations.

    Routes that AWS creates (local, endpoint, propagated) are not compared, and some routes of others are kept: see routes.py.
    """

    name = "route_table"
    calls = ec2("route_table", token=True)
    operations = (
        "associate_route_table",
        "create_route",
        "delete_route",
        "disassociate_route_table",
        "replace_route",
        "replace_route_table_association",
    )
    id_prefix = "rtb-"
    twins = True
    vpc_filter = "vpc-id"

    vpc_id = fixed()
    routes = later(effective=with_foreign_routes)
    subnet_ids = later(canonical=sorted_strings)

    def get_routes(self, raw: Mapping[str, Any]) -> dict[str, str]:
        found = {}
        for route in raw.get("Routes", []):
            destination = next(route[key] for key in DESTINATIONS if route.get(key))
            target = next((route[key] for key in TARGETS.values() if route.get(key)), "")
            if target and target != "local" and not target.startswith("vpce-") and route.get("Origin", "CreateRoute") == "CreateRoute":
                found[destination] = target
        return found

    def get_subnet_ids(self, raw: Mapping[str, Any]) -> list[str]:
        return list(self.attributes(raw)["associations"])

    def attributes(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        return {"associations": {a["SubnetId"]: a["RouteTableAssociationId"] for a in raw.get("Associations", []) if a.get("SubnetId")}}

    def why_not_adoptable(self, _aws: Aws, raw: Mapping[str, Any]) -> str:
        if any(association.get("Main") for association in raw.get("Associations", [])):
            return "it is the main route table of its VPC, which cannot be deleted; the network's own route tables take over its subnets"
        return ""

    def set_routes(self, aws: Aws, seen: Observed, value: Mapping[str, str]) -> None:
        old = seen.properties.get("routes", {})
        for destination in sorted(set(old) - set(value)):
            aws.remove("ec2", "delete_route", RouteTableId=seen.id, **_destination(destination))
        for destination, target in sorted(value.items()):
            params = {"RouteTableId": seen.id, **_destination(destination), **_target(target)}
            if old.get(destination) == target:
                continue
            if destination in old:
                aws.change("ec2", "replace_route", **params)
                continue
            try:
                aws.change("ec2", "create_route", **params)
            except AlreadyThere:
                aws.change("ec2", "replace_route", **params)

    def set_subnet_ids(self, aws: Aws, seen: Observed, value: Iterable[str]) -> None:
        associations = seen.attributes.get("associations", {})
        for subnet in sorted(set(value) - set(seen.properties.get("subnet_ids", []))):
            self._associate(aws, seen.id, subnet)
        for subnet in sorted(set(associations) - set(value)):
            aws.remove("ec2", "disassociate_route_table", AssociationId=associations[subnet])

    def _associate(self, aws: Aws, table: str, subnet: str) -> None:
        """Associate a subnet. If another table holds it, one call moves it, so that it never lacks routes."""
        try:
            aws.change("ec2", "associate_route_table", RouteTableId=table, SubnetId=subnet)
        except AlreadyThere as error:
            by_subnet = [{"Name": "association.subnet-id", "Values": [subnet]}]
            holders = aws.list_all("ec2", self.calls.list, self.calls.items, Filters=by_subnet)
            if not holders:
                raise NotYet(f"the route table of {subnet} is not visible yet", error.operation, error.code) from error
            for holder in holders:
                association = self.attributes(holder)["associations"][subnet]
                if holder["RouteTableId"] != table:
                    aws.change("ec2", "replace_route_table_association", AssociationId=association, RouteTableId=table)

    def delete(self, aws: Aws, seen: Observed) -> None:
        current = self.read(aws, seen)
        if current:
            self.set_subnet_ids(aws, current, [])
            super().delete(aws, seen)


LAST_RULE = 32767
"""The rule that denies everything else. Every ACL ends with it (IPv6 has its own, one higher), and it cannot be changed."""
PROTOCOLS = {"tcp": "6", "udp": "17", "icmp": "1", "icmpv6": "58"}
WITH_TYPES = (PROTOCOLS["icmp"], PROTOCOLS["icmpv6"])
NUMBERS = {number: name for name, number in PROTOCOLS.items()}


def owned_acls(aws: Aws) -> list[dict[str, Any]]:
    """Every network ACL that carries our mark, default ones included: two kinds share the answer."""
    return aws.once("network acls", lambda: aws.list_all("ec2", "describe_network_acls", "NetworkAcls", Filters=aws.owner.filters()))


class NetworkAcl(Ec2Kind):
    """A network ACL with its entries and associations. A subnet always has an ACL: once removed from ours, it returns to the default ACL.

    Entries keep their numbers: see acl_entries.py. For ICMP, ``from_port`` is the type and ``to_port`` the code, as in
    security groups; -1 means all.
    """

    name = "network_acl"
    calls = ec2("network_acl", token=True)
    operations = ("create_network_acl_entry", "delete_network_acl_entry", "replace_network_acl_association", "replace_network_acl_entry")
    id_prefix = "acl-"
    twins = True
    vpc_filter = "vpc-id"

    vpc_id = fixed()
    ingress = later(canonical=entries, effective=with_numbers_kept)
    egress = later(canonical=entries, effective=with_numbers_kept)
    subnet_ids = later(canonical=sorted_strings)

    def get_ingress(self, raw: Mapping[str, Any]) -> list[dict[str, Any]]:
        return [self._entry(e) for e in raw.get("Entries", []) if not e["Egress"] and e["RuleNumber"] < LAST_RULE]

    def get_egress(self, raw: Mapping[str, Any]) -> list[dict[str, Any]]:
        return [self._entry(e) for e in raw.get("Entries", []) if e["Egress"] and e["RuleNumber"] < LAST_RULE]

    def get_subnet_ids(self, raw: Mapping[str, Any]) -> list[str]:
        return [a["SubnetId"] for a in raw.get("Associations", [])]

    def find(self, aws: Aws) -> list[Observed]:
        return self.observe_all(aws, owned_acls(aws))

    def observe(self, aws: Aws, raw: Mapping[str, Any], address: str | None = None) -> Observed | None:
        return None if raw.get("IsDefault") else super().observe(aws, raw, address)

    def why_not_adoptable(self, _aws: Aws, raw: Mapping[str, Any]) -> str:
        return "it is the default ACL of its VPC, which belongs to default_network_acl" if raw.get("IsDefault") else ""

    @staticmethod
    def _entry(raw: Mapping[str, Any]) -> dict[str, Any]:
        number = str(raw["Protocol"])
        entry = {"rule_number": raw["RuleNumber"], "protocol": NUMBERS.get(number, number), "action": raw["RuleAction"]}
        ports, icmp = raw.get("PortRange") or {}, raw.get("IcmpTypeCode") or {}
        more = {"cidr_block": raw.get("CidrBlock"), "ipv6_cidr_block": raw.get("Ipv6CidrBlock")}
        more |= {"from_port": ports.get("From", icmp.get("Type")), "to_port": ports.get("To", icmp.get("Code"))}
        return {**entry, **{name: value for name, value in more.items() if value is not None}}

    def set_ingress(self, aws: Aws, seen: Observed, value: Iterable[Mapping[str, Any]]) -> None:
        self._set_entries(aws, seen, "ingress", value)

    def set_egress(self, aws: Aws, seen: Observed, value: Iterable[Mapping[str, Any]]) -> None:
        self._set_entries(aws, seen, "egress", value)

    def _set_entries(self, aws: Aws, seen: Observed, side: str, value: Iterable[Mapping[str, Any]]) -> None:
        where = {"NetworkAclId": seen.id, "Egress": side == "egress"}
        for verb, entry in changes(seen.properties.get(side, []), value):
            if verb == "delete":
                aws.remove("ec2", "delete_network_acl_entry", **where, RuleNumber=entry["rule_number"])
                continue
            try:
                aws.change("ec2", f"{verb}_network_acl_entry", **where, **self._sent_entry(entry))
            except AlreadyThere:
                aws.change("ec2", "replace_network_acl_entry", **where, **self._sent_entry(entry))

    @staticmethod
    def _sent_entry(entry: Mapping[str, Any]) -> dict[str, Any]:
        sent = {camel(name): entry[name] for name in ("cidr_block", "ipv6_cidr_block") if name in entry}
        sent |= {"RuleNumber": entry["rule_number"], "RuleAction": entry["action"]}
        sent["Protocol"] = PROTOCOLS.get(entry["protocol"], entry["protocol"])
        first, last = entry.get("from_port"), entry.get("to_port")
        if sent["Protocol"] in WITH_TYPES:
            sent["IcmpTypeCode"] = {"Type": -1 if first is None else first, "Code": -1 if last is None else last}
        elif first is not None:
            sent["PortRange"] = {"From": first, "To": last}
        return sent

    def set_subnet_ids(self, aws: Aws, seen: Observed, value: Iterable[str]) -> None:
        have = set(seen.properties.get("subnet_ids", []))
        self._move(aws, sorted(set(value) - have), seen.id)
        if dropped := sorted(have - set(value)):
            self._move(aws, dropped, self._default_acl(aws, seen), away_from=seen.id)

    def _move(self, aws: Aws, subnets: list[str], acl: str, away_from: str | None = None) -> None:
        """Move subnets to an ACL. With ``away_from``, move only those it still holds: another ACL of ours may have taken the rest."""
        if not subnets:
            return
        left = set(subnets)
        for raw in aws.list_all("ec2", self.calls.list, self.calls.items, Filters=[{"Name": "association.subnet-id", "Values": subnets}]):
            for association in raw["Associations"]:
                subnet, identifier = association["SubnetId"], association["NetworkAclAssociationId"]
                if subnet in left and raw["NetworkAclId"] != acl and away_from in (None, raw["NetworkAclId"]):
                    aws.change("ec2", "replace_network_acl_association", AssociationId=identifier, NetworkAclId=acl)
                left.discard(subnet)
        if left and not away_from:
            raise NotYet(f"the ACL of {', '.join(sorted(left))} is not visible yet", "ec2:DescribeNetworkAcls")

    def _default_acl(self, aws: Aws, seen: Observed) -> str:
        filters = [{"Name": "vpc-id", "Values": [seen.properties["vpc_id"]]}, {"Name": "default", "Values": ["true"]}]
        return str(aws.list_all("ec2", self.calls.list, self.calls.items, Filters=filters)[0]["NetworkAclId"])

    def delete(self, aws: Aws, seen: Observed) -> None:
        current = self.read(aws, seen)
        if current:
            self.set_subnet_ids(aws, current, [])
            super().delete(aws, seen)
