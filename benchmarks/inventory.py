"""What is in an account, in words that do not depend on ids: the proof that both subjects built the same.

Tags are left out, since each marks what is its own in its own way. Of clusters only what both can say is looked at: see README.md.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rehearsal.testing import Cloud

Item = tuple[str, ...]
RANDOM = re.compile(r"(oidc\.eks\.[a-z0-9.-]+/id/|arn:aws:kms:[a-z0-9:-]+:key/|eks-cluster-sg-[a-z0-9-]+-)[0-9A-Za-z-]+")
"""What AWS makes up: the issuer of a cluster, the id of a key, the group of a cluster."""
Inventory = dict[str, Counter[Item]]
"""type of resource -> what each one is; equal ones are counted."""

LAST_RULE = 32767


def told(text: str) -> str:
    """A text without its random part."""
    return RANDOM.sub(r"\1...", text)


def take(cloud: Cloud) -> Inventory:
    """Everything in the account that AWS did not make with it."""
    network = Account(cloud)
    parts = {
        "VPCs": network.vpcs(),
        "subnets": network.subnets(),
        "internet gateways": network.internet_gateways(),
        "elastic IPs": network.elastic_ips(),
        "NAT gateways": network.nat_gateways(),
        "route tables": network.route_tables(),
        "routes": network.routes(),
        "associations of subnets": network.associations(),
        "network ACLs": network.network_acls(),
        "network ACL entries": network.network_acl_entries(),
        "security groups": network.security_groups(),
        "security group rules": network.security_group_rules(),
        "endpoints": network.endpoints(),
        "flow logs": network.flow_logs(),
        "log groups": log_groups(cloud.client("logs")),
        "keys and aliases": keys(cloud.client("kms")),
        "roles and policies": roles(cloud.client("iam")),
        **clusters(cloud.client("eks"), cloud.client("ec2"), cloud.client("iam"), network.zone_of),
    }
    return {name: Counter(items) for name, items in parts.items()}


def differences(ours: Inventory, theirs: Inventory) -> list[str]:
    """One line for everything that only one of them has."""
    found = []
    for name in ours:
        for sign, more in (("only the first has", ours[name] - theirs[name]), ("only the second has", theirs[name] - ours[name])):
            found += [f"{name}: {sign} {' '.join(item)}{f' ({times} times)' if times > 1 else ''}" for item, times in sorted(more.items())]
    return found


class Account:
    """The networks of an account. Resources are told apart by the block of their VPC and the names of their tags."""

    def __init__(self, cloud: Cloud) -> None:
        self.ec2 = cloud.client("ec2")
        self.blocks = {vpc["VpcId"]: vpc["CidrBlock"] for vpc in self.every("describe_vpcs", "Vpcs") if not vpc["IsDefault"]}
        self.zone_of = {subnet["SubnetId"]: f"{subnet['CidrBlock']}" for subnet in self.every("describe_subnets", "Subnets")}
        self.tables = [table for table in self.of_networks("describe_route_tables", "RouteTables") if not is_main(table)]
        self.acls = [acl for acl in self.of_networks("describe_network_acls", "NetworkAcls") if not acl["IsDefault"]]
        self.groups = {group["GroupId"]: group for group in self.of_networks("describe_security_groups", "SecurityGroups")}

    def every(self, method: str, items: str, **filters: Any) -> list[dict[str, Any]]:
        pages = self.ec2.get_paginator(method).paginate(**filters)
        return [entry for page in pages for entry in page[items]]

    def of_networks(self, method: str, items: str) -> list[dict[str, Any]]:
        return [entry for entry in self.every(method, items) if entry["VpcId"] in self.blocks]

    def vpcs(self) -> Iterator[Item]:
        for identity, block in self.blocks.items():
            dns = [
                self.ec2.describe_vpc_attribute(VpcId=identity, Attribute=f"enableDns{what}")[f"EnableDns{what}"]["Value"]
                for what in ("Support", "Hostnames")
            ]
            yield block, f"dns {dns}"

    def subnets(self) -> Iterator[Item]:
        for subnet in self.of_networks("describe_subnets", "Subnets"):
            yield subnet["CidrBlock"], subnet["AvailabilityZone"], f"public addresses {subnet['MapPublicIpOnLaunch']}"

    def internet_gateways(self) -> Iterator[Item]:
        for gateway in self.every("describe_internet_gateways", "InternetGateways"):
            for attachment in gateway["Attachments"]:
                if attachment["VpcId"] in self.blocks:
                    yield (self.blocks[attachment["VpcId"]],)

    def elastic_ips(self) -> Iterator[Item]:
        for address in self.ec2.describe_addresses()["Addresses"]:
            yield address["Domain"], name_of(address)

    def nat_gateways(self) -> Iterator[Item]:
        for gateway in self.every("describe_nat_gateways", "NatGateways"):
            yield self.zone_of[gateway["SubnetId"]], gateway["State"], gateway["ConnectivityType"], name_of(gateway)

    def route_tables(self) -> Iterator[Item]:
        for table in self.tables:
            yield (name_of(table),)

    def routes(self) -> Iterator[Item]:
        for table in self.tables:
            for route in table["Routes"]:
                kind = next((key for key in ("NatGatewayId", "GatewayId") if route.get(key)), "?")
                target = str(route.get(kind)).partition("-")[0]
                yield name_of(table), route.get("DestinationCidrBlock") or "prefix list", target

    def associations(self) -> Iterator[Item]:
        for what, holders in (("route table", self.tables), ("network ACL", self.acls)):
            for holder in holders:
                for association in holder["Associations"]:
                    yield what, name_of(holder), self.zone_of[association["SubnetId"]]

    def network_acls(self) -> Iterator[Item]:
        for acl in self.acls:
            yield (name_of(acl),)

    def network_acl_entries(self) -> Iterator[Item]:
        for acl in self.acls:
            for entry in acl["Entries"]:
                if entry["RuleNumber"] < LAST_RULE:
                    side = "egress" if entry["Egress"] else "ingress"
                    # Terraform sends ports with an entry for all protocols, where they mean nothing.
                    ports = {} if entry["Protocol"] == "-1" else entry.get("PortRange") or entry.get("IcmpTypeCode") or {}
                    numbers = str(sorted(ports.items()))
                    yield name_of(acl), side, str(entry["RuleNumber"]), entry["Protocol"], entry["RuleAction"], entry["CidrBlock"], numbers

    def security_groups(self) -> Iterator[Item]:
        for group in self.groups.values():
            yield self.blocks[group["VpcId"]], told(group["GroupName"])

    def security_group_rules(self) -> Iterator[Item]:
        for rule in self.every("describe_security_group_rules", "SecurityGroupRules"):
            group = self.groups.get(rule["GroupId"])
            if group:
                peer = rule.get("CidrIpv4") or told(self.groups[rule["ReferencedGroupInfo"]["GroupId"]]["GroupName"])
                side = "egress" if rule["IsEgress"] else "ingress"
                ports = f"{rule.get('FromPort')}-{rule.get('ToPort')}"
                yield (
                    self.blocks[group["VpcId"]],
                    told(group["GroupName"]),
                    side,
                    rule["IpProtocol"],
                    ports,
                    peer,
                    rule.get("Description", ""),
                )

    def endpoints(self) -> Iterator[Item]:
        for endpoint in self.of_networks("describe_vpc_endpoints", "VpcEndpoints"):
            subnets = sorted(self.zone_of[subnet] for subnet in endpoint.get("SubnetIds", []))
            members = f"{len(endpoint.get('RouteTableIds', []))} route tables, {len(endpoint.get('Groups', []))} groups"
            private = f"private DNS {endpoint.get('PrivateDnsEnabled')}"
            yield self.blocks[endpoint["VpcId"]], endpoint["ServiceName"], endpoint["VpcEndpointType"], private, str(subnets), members

    def flow_logs(self) -> Iterator[Item]:
        for log in self.every("describe_flow_logs", "FlowLogs"):
            yield self.blocks[log["ResourceId"]], log["TrafficType"], str(log["MaxAggregationInterval"]), log["LogGroupName"]


def log_groups(logs: Any) -> Iterator[Item]:
    for page in logs.get_paginator("describe_log_groups").paginate():
        for group in page["logGroups"]:
            yield group["logGroupName"], f"{group.get('retentionInDays')} days", f"key {bool(group.get('kmsKeyId'))}"


def keys(kms: Any) -> Iterator[Item]:
    for page in kms.get_paginator("list_aliases").paginate():
        for alias in page["Aliases"]:
            if not alias["AliasName"].startswith("alias/aws/"):
                key = alias["TargetKeyId"]
                policy = json.loads(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])
                rotation = kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"]
                yield alias["AliasName"], f"rotation {rotation}", canonical(policy)


def roles(iam: Any) -> Iterator[Item]:
    for page in iam.get_paginator("list_roles").paginate():
        for role in page["Roles"]:
            yield role["Path"], role["RoleName"], trust(role)
            for attached in iam.list_attached_role_policies(RoleName=role["RoleName"])["AttachedPolicies"]:
                yield role["RoleName"], attached["PolicyArn"]
            for name in iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]:
                document = iam.get_role_policy(RoleName=role["RoleName"], PolicyName=name)["PolicyDocument"]
                yield role["RoleName"], name, told(canonical(document))


BY_POD_IDENTITY = "addon-"
"""The roles of add-ons have other trust in Terraform, whose provider knows no pod identities."""


def trust(role: Mapping[str, Any]) -> str:
    """Who may take a role, without the random part of a cluster's issuer."""
    if role["RoleName"].rpartition(".")[2].startswith(BY_POD_IDENTITY):
        return "its add-on"
    return told(canonical(role["AssumeRolePolicyDocument"]))


def clusters(eks: Any, ec2: Any, iam: Any, zone_of: Mapping[str, str]) -> dict[str, Iterator[Item]]:
    """The clusters of the account, and what is in them."""
    found = {name: eks.describe_cluster(name=name)["cluster"] for name in eks.list_clusters()["clusters"]}
    return {
        "clusters": (cluster_item(cluster, zone_of) for cluster in found.values()),
        "OIDC providers": (oidc_item(iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)) for arn in oidc_arns(iam)),
        "add-ons": addons(eks, found),
        "launch templates": launch_templates(ec2),
        "node groups": node_groups(eks, found, zone_of),
        "Fargate profiles": fargate_profiles(eks, found, zone_of),
    }


def cluster_item(cluster: Mapping[str, Any], zone_of: Mapping[str, str]) -> Item:
    place = cluster["resourcesVpcConfig"]
    logs = sorted(kind for entry in cluster["logging"]["clusterLogging"] if entry["enabled"] for kind in entry["types"])
    return (
        cluster["name"],
        cluster["version"],
        cluster["roleArn"],
        f"subnets {sorted(zone_of[subnet] for subnet in place['subnetIds'])}",
        f"{len(place['securityGroupIds'])} groups, public {place['endpointPublicAccess']}, private {place['endpointPrivateAccess']}",
        f"logs {logs}",
        f"secrets {[entry['resources'] for entry in cluster.get('encryptionConfig', [])]}",
    )


def oidc_arns(iam: Any) -> list[str]:
    return [entry["Arn"] for entry in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]]


def oidc_item(provider: Mapping[str, Any]) -> Item:
    return told(provider["Url"]), str(sorted(provider["ClientIDList"]))


def addons(eks: Any, clusters: Mapping[str, Any]) -> Iterator[Item]:
    for cluster in clusters:
        for name in eks.list_addons(clusterName=cluster)["addons"]:
            addon = eks.describe_addon(clusterName=cluster, addonName=name)["addon"]
            yield cluster, name, addon["addonVersion"], addon["status"]


def launch_templates(ec2: Any) -> Iterator[Item]:
    """What instances are born with; those that EKS makes of ours are its own."""
    for template in ec2.describe_launch_templates()["LaunchTemplates"]:
        if template["LaunchTemplateName"].startswith("eks-"):
            continue
        latest = ec2.describe_launch_template_versions(LaunchTemplateId=template["LaunchTemplateId"], Versions=["$Latest"])
        data = latest["LaunchTemplateVersions"][0]["LaunchTemplateData"]
        options = {key: data["MetadataOptions"][key] for key in ("HttpEndpoint", "HttpPutResponseHopLimit", "HttpTokens")}
        disks = [(disk["DeviceName"], sorted(disk["Ebs"].items())) for disk in data["BlockDeviceMappings"]]
        yield template["LaunchTemplateName"], str(sorted(options.items())), str(disks), f"{len(data['SecurityGroupIds'])} groups"


def node_groups(eks: Any, clusters: Mapping[str, Any], zone_of: Mapping[str, str]) -> Iterator[Item]:
    for cluster in clusters:
        for name in eks.list_nodegroups(clusterName=cluster)["nodegroups"]:
            group = eks.describe_nodegroup(clusterName=cluster, nodegroupName=name)["nodegroup"]
            words = (group["version"], group["status"], group["amiType"], group["capacityType"], group["nodeRole"])
            types, size = group["instanceTypes"], sorted(group["scalingConfig"].items())
            yield cluster, name, *words, str(types), str(size), str(sorted(zone_of[subnet] for subnet in group["subnets"]))


def fargate_profiles(eks: Any, clusters: Mapping[str, Any], zone_of: Mapping[str, str]) -> Iterator[Item]:
    for cluster in clusters:
        for name in eks.list_fargate_profiles(clusterName=cluster)["fargateProfileNames"]:
            profile = eks.describe_fargate_profile(clusterName=cluster, fargateProfileName=name)["fargateProfile"]
            selectors = [(one["namespace"], sorted(one.get("labels", {}).items())) for one in profile["selectors"]]
            subnets = sorted(zone_of[subnet] for subnet in profile["subnets"])
            yield cluster, name, profile["status"], profile["podExecutionRoleArn"], str(selectors), str(subnets)


def name_of(raw: Mapping[str, Any]) -> str:
    return next((str(tag["Value"]) for tag in raw.get("Tags", []) if tag["Key"] == "Name"), "")


def is_main(table: Mapping[str, Any]) -> bool:
    return any(association.get("Main") for association in table["Associations"])


def canonical(policy: Mapping[str, Any]) -> str:
    """A policy as text; a statement alone is a list of one."""
    statements = policy["Statement"] if isinstance(policy["Statement"], list) else [policy["Statement"]]
    return json.dumps({**policy, "Statement": statements}, sort_keys=True)


def counted(inventory: Inventory) -> Sequence[tuple[str, int]]:
    return [(name, sum(items.values())) for name, items in inventory.items()]
