# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The foundation of a network: VPC, internet gateway, elastic IPs, and NAT gateways."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from ....aws.canonical import sorted_strings
from ....aws.connection import Aws
from ....aws.ec2_kind import Ec2Kind, Unmarked, ec2
from ....aws.owner import whose
from ....reconcile.errors import CallFailed, NotYet
from ....reconcile.model import Observed, fixed, given, later
from . import limits
from .ipv6_blocks import associations, block_of_vpc, canonical, start_of, state_of

GONE = ("disassociated",)


def further_blocks(raw: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The associations of a VPC's blocks besides its primary one, as DescribeVpcs returns them."""
    return [one for one in raw.get("CidrBlockAssociationSet", []) if one["CidrBlock"] != raw["CidrBlock"]]


def _state(association: Mapping[str, Any]) -> str:
    return str((association.get("CidrBlockState") or {}).get("State", "associated")).lower()


def owned_vpcs(aws: Aws) -> list[dict[str, Any]]:
    """Every VPC that carries our mark: two kinds share the answer."""
    return aws.once("vpcs", lambda: aws.list_all("ec2", "describe_vpcs", "Vpcs", Filters=aws.owner.filters()))


class Vpc(Ec2Kind):
    """A VPC. Its further blocks are associations without tags and a life of their own, and subnets in them wait until they are there.

    ``ipv6``: whether it has a block of IPv6 addresses, which AWS chooses. None removes it.
    """

    name = "vpc"
    calls = ec2("vpc")
    operations = (
        "associate_vpc_cidr_block",
        "describe_security_groups",
        "describe_vpc_attribute",
        "disassociate_vpc_cidr_block",
        "modify_vpc_attribute",
    )
    id_prefix = "vpc-"
    twins = True
    quotas = (limits.VPCS, limits.VPC_BLOCKS)
    repeatable = False
    states = {"pending": "pending"}

    cidr_block = fixed()
    instance_tenancy = fixed()
    secondary_cidr_blocks = later(canonical=sorted_strings)
    ipv6 = later()
    enable_dns_support = later()
    enable_dns_hostnames = later()

    changing = {"ipv6_cidr_block": ("ipv6",), "ipv6_start": ("ipv6",)}

    DNS = {"enable_dns_support": "enableDnsSupport", "enable_dns_hostnames": "enableDnsHostnames"}

    def find(self, aws: Aws) -> list[Observed]:
        return self.observe_all(aws, owned_vpcs(aws))

    def observe_all(self, aws: Aws, raws: list[dict[str, Any]]) -> list[Observed]:
        """DescribeVpcs omits the DNS attributes. Each needs a call of its own; these calls run in parallel."""
        wanted = [(raw, name) for raw in raws for name in self.DNS]
        replies = aws.map(lambda want: self._dns(aws, *want), wanted)
        for (raw, name), value in zip(wanted, replies, strict=True):
            raw[self.api_name(name)] = value
        return super().observe_all(aws, raws)

    def _dns(self, aws: Aws, raw: Mapping[str, Any], name: str) -> bool | None:
        reply = aws.find("ec2", "describe_vpc_attribute", VpcId=raw["VpcId"], Attribute=self.DNS[name])
        return reply[self.api_name(name)]["Value"] if reply else None

    def fresh(self, _seen: Observed) -> Mapping[str, Any]:
        return {"enable_dns_support": True}

    def get_secondary_cidr_blocks(self, raw: Mapping[str, Any]) -> list[str]:
        return [one["CidrBlock"] for one in further_blocks(raw) if _state(one) in ("associated", "associating")]

    def set_secondary_cidr_blocks(self, aws: Aws, seen: Observed, value: Iterable[str]) -> None:
        """Old blocks go first, because AWS counts them and rejects overlaps. A block that a subnet is in stays until that is deleted."""
        reply = aws.read("ec2", self.calls.list, VpcIds=[seen.id])
        there = {one["CidrBlock"]: one for one in further_blocks(reply["Vpcs"][0]) if _state(one) not in GONE}
        pending = sorted(block for block, one in there.items() if _state(one) not in ("associated", "failed"))
        for block in sorted(set(there) - set(value) - set(pending)):
            self._disassociate(aws, there[block])
            pending.append(block)
        if not pending:
            for block in sorted(set(value) - set(there)):
                aws.change("ec2", "associate_vpc_cidr_block", VpcId=seen.id, CidrBlock=block)
                pending.append(block)
        if pending:
            raise NotYet(f"{', '.join(pending)} is being associated or disassociated", "ec2:DescribeVpcs", dependency=True)

    def attributes(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        block = block_of_vpc(raw)
        return {"ipv6_cidr_block": str(block), "ipv6_start": start_of(block)} if block else {}

    def get_ipv6(self, raw: Mapping[str, Any]) -> bool | None:
        return True if block_of_vpc(raw) else None

    def set_ipv6(self, aws: Aws, seen: Observed, value: bool | None) -> None:
        """AWS takes a moment, and refuses to disassociate a block that subnets use."""
        raw = aws.read("ec2", self.calls.list, VpcIds=[seen.id])["Vpcs"][0]
        block, there = block_of_vpc(raw), associations(raw)
        settled = all(state_of(one) == "associated" for one in there)
        if bool(block) == bool(value) and (value or settled):
            return
        if value and settled:
            aws.change("ec2", "associate_vpc_cidr_block", VpcId=seen.id, AmazonProvidedIpv6CidrBlock=True)
        for association in () if value else there:
            if state_of(association) == "associated" and canonical(association["Ipv6CidrBlock"]) == str(block):
                self._disassociate(aws, association)
        raise NotYet(f"the IPv6 block of {seen.id} is being changed", "ec2:DescribeVpcs", dependency=True)

    @staticmethod
    def _disassociate(aws: Aws, association: Mapping[str, Any]) -> None:
        try:
            aws.remove("ec2", "disassociate_vpc_cidr_block", AssociationId=association["AssociationId"])
        except CallFailed as error:
            if error.code != "InvalidCidrBlock.InUse":
                raise
            raise NotYet(error.message, error.operation, error.code, dependency=True) from error

    def set_enable_dns_support(self, aws: Aws, seen: Observed, value: bool) -> None:
        aws.change("ec2", "modify_vpc_attribute", VpcId=seen.id, EnableDnsSupport={"Value": value})

    def set_enable_dns_hostnames(self, aws: Aws, seen: Observed, value: bool) -> None:
        aws.change("ec2", "modify_vpc_attribute", VpcId=seen.id, EnableDnsHostnames={"Value": value})


class InternetGateway(Ec2Kind):
    name = "internet_gateway"
    calls = ec2("internet_gateway")
    operations = ("attach_internet_gateway", "detach_internet_gateway")
    id_prefix = "igw-"
    twins = True
    vpc_filter = "attachment.vpc-id"
    repeatable = False
    deleted_after = ("nat_gateway",)

    vpc_id = later()

    def get_vpc_id(self, raw: Mapping[str, Any]) -> str | None:
        return next((attachment["VpcId"] for attachment in raw.get("Attachments", [])), None)

    def set_vpc_id(self, aws: Aws, seen: Observed, value: str | None) -> None:
        old = seen.properties.get("vpc_id")
        if old and old != value:
            aws.remove("ec2", "detach_internet_gateway", InternetGatewayId=seen.id, VpcId=old)
        if value and old != value:
            aws.change("ec2", "attach_internet_gateway", InternetGatewayId=seen.id, VpcId=value)

    def holder(self, aws: Aws, properties: Mapping[str, Any]) -> Observed | None:
        """The internet gateway that is already attached: a VPC can have only one."""
        return self.first(aws, **{"attachment.vpc_id": properties.get("vpc_id")})

    def delete(self, aws: Aws, seen: Observed) -> None:
        current = self.read(aws, seen)
        if current:
            self.set_vpc_id(aws, current, None)
            super().delete(aws, seen)


class ElasticIp(Ec2Kind):
    name = "elastic_ip"
    calls = ec2(
        "address",
        list="describe_addresses",
        items="Addresses",
        create="allocate_address",
        delete="release_address",
        id="AllocationId",
        tag_type="elastic-ip",
    )
    id_prefix = "eipalloc-"
    twins = True
    operations = ("describe_nat_gateways",)
    quotas = (limits.ELASTIC_IPS,)
    repeatable = False

    def attributes(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        return {"public_ip": raw.get("PublicIp")}

    def find_unmarked(self, aws: Aws, names: Collection[str], vpcs: Collection[str]) -> list[Unmarked]:
        """Addresses with one of these names, and those that NAT gateways in these VPCs use."""
        found = super().find_unmarked(aws, names, vpcs)
        here = [{"Name": "vpc-id", "Values": sorted(vpcs)}]
        gateways = aws.list_all("ec2", "describe_nat_gateways", "NatGateways", Filter=here) if vpcs else []
        used = {
            address["AllocationId"]: gateway["VpcId"]
            for gateway in gateways
            for address in gateway.get("NatGatewayAddresses", [])
            if address.get("AllocationId") and gateway.get("State") in ("pending", "available")
        }
        others = sorted(set(used) - {one.id for one in found})
        wanted = [{"Name": "allocation-id", "Values": others}]
        raws = aws.list_all("ec2", self.calls.list, self.calls.items, Filters=wanted) if others else []
        beside = [Unmarked(raw["AllocationId"], "", used[raw["AllocationId"]]) for raw in raws if not whose(self.tags_of(raw))]
        return [*found, *beside]

    def delete(self, aws: Aws, seen: Observed) -> None:
        """Release the address. For a moment after its NAT gateway is gone, AWS still holds it, and the API reports missing permissions."""
        try:
            super().delete(aws, seen)
        except CallFailed as error:
            if error.code != "AuthFailure":
                raise
            raise NotYet(error.message, error.operation, error.code, dependency=True) from error


def _by_zone(value: Any) -> list[dict[str, Any]]:
    """Addresses of a regional NAT gateway: one entry per zone, with zones and ids sorted."""
    zones: dict[str, set[str]] = {}
    for entry in value:
        zones.setdefault(entry["availability_zone"], set()).update(entry["allocation_ids"])
    return [{"availability_zone": zone, "allocation_ids": sorted(ids)} for zone, ids in sorted(zones.items())]


class NatGateway(Ec2Kind):
    """A NAT gateway: zonal (in a subnet, one address) or regional (in a VPC, addresses per zone)."""

    name = "nat_gateway"
    calls = ec2("nat_gateway", filter="Filter", tag_type="natgateway", token=True)
    operations = ("associate_nat_gateway_address", "describe_subnets", "disassociate_nat_gateway_address")
    id_prefix = "nat-"
    twins = True
    vpc_filter = "vpc-id"
    quotas = (limits.NAT_GATEWAYS,)
    states = {"pending": "pending", "failed": "failed", "deleting": "deleting"}
    settles = ("delete",)
    timeout = 1200.0

    connectivity_type = fixed()
    availability_mode = fixed()
    subnet_id = fixed()
    allocation_id = fixed()
    vpc_id = fixed()
    availability_zone_addresses = given(canonical=_by_zone)

    def get_availability_mode(self, raw: Mapping[str, Any]) -> str:
        return raw.get("AvailabilityMode") or "zonal"

    def get_allocation_id(self, raw: Mapping[str, Any]) -> str | None:
        addresses = raw.get("NatGatewayAddresses", [])
        return next((a["AllocationId"] for a in addresses if a.get("AllocationId") and not self._regional(raw)), None)

    def get_availability_zone_addresses(self, raw: Mapping[str, Any]) -> list[dict[str, Any]] | None:
        if not self._regional(raw):
            return None
        held = [a for a in raw.get("NatGatewayAddresses", []) if a.get("AllocationId") and a.get("AvailabilityZone")]
        return [{"availability_zone": a["AvailabilityZone"], "allocation_ids": [a["AllocationId"]]} for a in held]

    def attributes(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        held = [a for a in raw.get("NatGatewayAddresses", []) if a.get("AllocationId")]
        return {
            "associations": {a["AllocationId"]: a.get("AssociationId") for a in held},
            "public_ips": {a.get("AvailabilityZone", ""): a["PublicIp"] for a in held if a.get("PublicIp")},
        }

    def sent(self, name: str, value: Any) -> Any:
        if name != "availability_zone_addresses":
            return super().sent(name, value)
        return [{"AvailabilityZone": entry["availability_zone"], "AllocationIds": entry["allocation_ids"]} for entry in value]

    def set_availability_zone_addresses(self, aws: Aws, seen: Observed, value: list[dict[str, Any]]) -> None:
        old = {i for entry in seen.properties.get("availability_zone_addresses", []) for i in entry["allocation_ids"]}
        new = {i for entry in value for i in entry["allocation_ids"]}
        for entry in value:
            if added := sorted(set(entry["allocation_ids"]) - old):
                zone = entry["availability_zone"]
                aws.change("ec2", "associate_nat_gateway_address", NatGatewayId=seen.id, AllocationIds=added, AvailabilityZone=zone)
        associations = seen.attributes.get("associations", {})
        if dropped := [associations[i] for i in sorted(old - new) if associations.get(i)]:
            aws.remove("ec2", "disassociate_nat_gateway_address", NatGatewayId=seen.id, AssociationIds=dropped)

    @staticmethod
    def _regional(raw: Mapping[str, Any]) -> bool:
        return raw.get("AvailabilityMode") == "regional"
