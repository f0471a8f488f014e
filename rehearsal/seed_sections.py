"""How each section of a seed is created: one small function per section, which leaves existing resources unchanged.

Each takes the account, the name, and the entry with references resolved. It returns whether it created something, and the attributes that
references can use.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
from collections.abc import Callable, Mapping
from typing import Any

from rehearsal.container_images import PLATFORMS, push
from rehearsal.seed_account import Account, SeedError, found, pages, specification, tag_list

Entry = Mapping[str, Any]
Made = tuple[bool, dict[str, Any]]

EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def policy(account: Account, name: str, entry: Entry) -> Made:
    iam, path = account.client("iam"), entry.get("path", "/")
    arn = f"arn:{account.partition}:iam::{account.account_id}:policy{path}{name}"
    if found(iam.get_policy, PolicyArn=arn):
        return False, {"arn": arn}
    iam.create_policy(
        PolicyName=name,
        Path=path,
        Description=entry.get("description", ""),
        PolicyDocument=json.dumps(entry.get("document", EVERYTHING)),
        Tags=tag_list(entry.get("tags", {})),
    )
    return True, {"arn": arn}


def sign_on_role(account: Account, name: str, entry: Entry) -> Made:
    """The role that IAM Identity Center creates for a permission set. Its path includes the home region unless that is us-east-1."""
    suffix = entry.get("suffix") or hashlib.sha256(name.encode()).hexdigest()[:16]
    home = entry.get("home_region", "us-east-1")
    provider = f"arn:{account.partition}:iam::{account.account_id}:saml-provider/AWSSSO_{suffix}_DO_NOT_DELETE"
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": provider},
        "Action": ["sts:AssumeRoleWithSAML", "sts:TagSession"],
        "Condition": {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}},
    }
    return _role(
        account,
        f"AWSReservedSSO_{name}_{suffix}",
        {
            "path": "/aws-reserved/sso.amazonaws.com/" + ("" if home == "us-east-1" else f"{home}/"),
            "trust_policy": {"Version": "2012-10-17", "Statement": [statement]},
            "policies": entry.get("policies", []),
        },
    )


def role(account: Account, name: str, entry: Entry) -> Made:
    if "trust_policy" in entry:
        return _role(account, name, entry)
    statement = {"Effect": "Allow", "Principal": entry["principal"], "Action": "sts:AssumeRole"}
    return _role(account, name, {**entry, "trust_policy": {"Version": "2012-10-17", "Statement": [statement]}})


def _role(account: Account, name: str, entry: Entry) -> Made:
    iam = account.client("iam")
    there = found(iam.get_role, RoleName=name)
    if there:
        return False, {"name": name, "arn": there["Role"]["Arn"]}
    boundary = entry.get("permissions_boundary")
    made = iam.create_role(
        RoleName=name,
        Path=entry.get("path", "/"),
        Description=entry.get("description", ""),
        AssumeRolePolicyDocument=json.dumps(entry["trust_policy"]),
        Tags=tag_list(entry.get("tags", {})),
        **({"PermissionsBoundary": _policy_arn(account, boundary)} if boundary else {}),
    )
    for wanted in entry.get("policies", []):
        iam.attach_role_policy(RoleName=name, PolicyArn=_policy_arn(account, wanted))
    return True, {"name": name, "arn": made["Role"]["Arn"]}


def _policy_arn(account: Account, name: str) -> str:
    return name if name.startswith("arn:") else str(account.made["policies"][name]["arn"])


def key(account: Account, name: str, entry: Entry) -> Made:
    kms, alias = account.client("kms"), f"alias/{name}"
    there = found(kms.describe_key, KeyId=alias)
    if there:
        metadata = there["KeyMetadata"]
        _expect_id(f"keys.{name}", entry, metadata["KeyId"])
        return False, {"id": metadata["KeyId"], "arn": metadata["Arn"]}
    options: dict[str, Any] = {"Policy": json.dumps(entry["policy"])} if "policy" in entry else {}
    if "id" in entry and entry["id"].startswith("mrk-"):
        options["MultiRegion"] = True
    tags = [{"TagKey": tag, "TagValue": value} for tag, value in entry.get("tags", {}).items()]
    with account.giving(entry.get("id")):
        metadata = kms.create_key(Description=entry.get("description", ""), Tags=tags, **options)["KeyMetadata"]
    kms.create_alias(AliasName=alias, TargetKeyId=metadata["KeyId"])
    if entry.get("rotation"):
        kms.enable_key_rotation(KeyId=metadata["KeyId"])
    return True, {"id": metadata["KeyId"], "arn": metadata["Arn"]}


def vpc(account: Account, name: str, entry: Entry) -> Made:
    ec2 = account.client("ec2")
    query = {"Name": "vpc-id", "Values": [entry["id"]]} if "id" in entry else {"Name": "tag:Name", "Values": [name]}
    there = ec2.describe_vpcs(Filters=[query])["Vpcs"]
    if there:
        identity = str(there[0]["VpcId"])
    else:
        with account.giving(entry.get("id")):
            made = ec2.create_vpc(CidrBlock=entry["cidr"], TagSpecifications=specification("vpc", {"Name": name, **entry.get("tags", {})}))
        identity = str(made["Vpc"]["VpcId"])
        if entry.get("dns_hostnames"):
            ec2.modify_vpc_attribute(VpcId=identity, EnableDnsHostnames={"Value": True})
    subnets = {label: _subnet(account, identity, label, subnet) for label, subnet in entry.get("subnets", {}).items()}
    result: dict[str, Any] = {"id": identity, "subnets": {label: {"id": subnet} for label, (_new, subnet) in subnets.items()}}
    new = [not there, *(made for made, _identity in subnets.values())]
    if "internet_gateway" in entry:
        made, gateway = _internet_gateway(account, identity, entry["internet_gateway"])
        new.append(made)
        result["internet_gateway"] = {"id": gateway}
    return any(new), result


def _subnet(account: Account, vpc_id: str, name: str, entry: Entry) -> tuple[bool, str]:
    ec2 = account.client("ec2")
    filters = [{"Name": "vpc-id", "Values": [vpc_id]}, {"Name": "cidr-block", "Values": [entry["cidr"]]}]
    there = ec2.describe_subnets(Filters=filters)["Subnets"]
    if there:
        _expect_id(f"the subnet {name}", entry, there[0]["SubnetId"])
        return False, str(there[0]["SubnetId"])
    with account.giving(entry.get("id")):
        made = ec2.create_subnet(
            VpcId=vpc_id,
            CidrBlock=entry["cidr"],
            AvailabilityZone=entry["availability_zone"],
            TagSpecifications=specification("subnet", {"Name": name, **entry.get("tags", {})}),
        )
    return True, str(made["Subnet"]["SubnetId"])


def _internet_gateway(account: Account, vpc_id: str, entry: Entry) -> tuple[bool, str]:
    ec2 = account.client("ec2")
    there = ec2.describe_internet_gateways(Filters=[{"Name": "attachment.vpc-id", "Values": [vpc_id]}])["InternetGateways"]
    if there:
        _expect_id(f"the internet gateway of {vpc_id}", entry, there[0]["InternetGatewayId"])
        return False, str(there[0]["InternetGatewayId"])
    with account.giving(entry.get("id")):
        made = ec2.create_internet_gateway(TagSpecifications=specification("internet-gateway", entry.get("tags", {})))
    identity = str(made["InternetGateway"]["InternetGatewayId"])
    ec2.attach_internet_gateway(InternetGatewayId=identity, VpcId=vpc_id)
    return True, identity


def prefix_list(account: Account, name: str, entry: Entry) -> Made:
    """An AWS prefix list (com.amazonaws....) already exists with a generated ID; it is recreated if the seed specifies another."""
    ec2 = account.client("ec2")

    def current() -> list[Any]:
        filters = [{"Name": "prefix-list-name", "Values": [name]}]
        lists = pages(ec2, "describe_managed_prefix_lists", "PrefixLists", Filters=filters)
        return [entry for entry in lists if not entry["State"].startswith("delete")]

    there = current()
    if there and there[0]["OwnerId"] == "AWS" and entry.get("id", there[0]["PrefixListId"]) != there[0]["PrefixListId"]:
        ec2.delete_managed_prefix_list(PrefixListId=there[0]["PrefixListId"])
        there = current()
    if there:
        _expect_id(f"prefix_lists.{name}", entry, there[0]["PrefixListId"])
        return False, {"id": there[0]["PrefixListId"], "arn": there[0]["PrefixListArn"]}
    entries = entry.get("entries", {})
    version = {ipaddress.ip_network(cidr).version for cidr in entries} or {4}
    with account.giving(entry.get("id")):
        made = ec2.create_managed_prefix_list(
            PrefixListName=name,
            AddressFamily=f"IPv{version.pop()}",
            MaxEntries=entry.get("max_entries") or max(1, len(entries)),
            Entries=[{"Cidr": cidr, "Description": description} for cidr, description in entries.items()],
            TagSpecifications=specification("prefix-list", entry.get("tags", {})),
        )["PrefixList"]
    return True, {"id": made["PrefixListId"], "arn": made["PrefixListArn"]}


def image(account: Account, name: str, entry: Entry) -> Made:
    ec2 = account.client("ec2")
    there = ec2.describe_images(Owners=["self"], Filters=[{"Name": "name", "Values": [name]}])["Images"]
    if there:
        _expect_id(f"images.{name}", entry, there[0]["ImageId"])
        return False, {"id": there[0]["ImageId"]}
    with account.giving(entry.get("id")):
        made = ec2.register_image(
            Name=name,
            Description=entry.get("description", ""),
            Architecture=entry.get("architecture", "x86_64"),
            VirtualizationType="hvm",
            RootDeviceName="/dev/xvda",
            TagSpecifications=specification("image", entry.get("tags", {})),
        )
    return True, {"id": made["ImageId"]}


def repository(account: Account, name: str, entry: Entry) -> Made:
    """An ECR repository with its images. A tag alone stands for an image for both architectures that EKS nodes can have."""
    ecr = account.client("ecr")
    wanted: list[dict[str, Any]] = [{"tag": one} if isinstance(one, str) else one for one in entry.get("images", [])]
    uri = f"{account.account_id}.dkr.ecr.{account.region}.amazonaws.com/{name}"
    there = {each["repositoryName"] for each in pages(ecr, "describe_repositories", "repositories")}
    if name not in there:
        ecr.create_repository(repositoryName=name, tags=tag_list(entry.get("tags", {})))
    changed = name not in there
    if entry.get("pull_accounts"):
        changed = _set_policy(ecr, name, _pull_policy(entry["pull_accounts"])) or changed
    present = {each.get("imageTag") for each in pages(ecr, "list_images", "imageIds", repositoryName=name)}
    missing = [one for one in wanted if one["tag"] not in present]
    for one in missing:
        push(ecr, name, one["tag"], one.get("platforms") or PLATFORMS, index=one.get("index"))
    return bool(missing) or changed, {"uri": uri}


def _set_policy(ecr: Any, name: str, wanted: dict[str, Any]) -> bool:
    """Whether the repository had another policy, or none."""
    try:
        if json.loads(ecr.get_repository_policy(repositoryName=name)["policyText"]) == wanted:
            return False
    except ecr.exceptions.RepositoryPolicyNotFoundException:
        pass
    ecr.set_repository_policy(repositoryName=name, policyText=json.dumps(wanted))
    return True


def _pull_policy(accounts: list[str]) -> dict[str, Any]:
    actions = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:DescribeImages", "ecr:GetDownloadUrlForLayer"]
    named = {"AWS": [f"arn:aws:iam::{one}:root" for one in accounts]}
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": named, "Action": actions}]}


def hosted_zone(account: Account, name: str, entry: Entry) -> Made:
    route53, domain = account.client("route53"), name.rstrip(".") + "."
    networks = [wanted if wanted.startswith("vpc-") else account.made["vpcs"][wanted]["id"] for wanted in entry.get("private_to", [])]
    for zone in pages(route53, "list_hosted_zones", "HostedZones"):
        if zone["Name"] == domain and zone["Config"]["PrivateZone"] == bool(networks):
            identity = zone["Id"].rpartition("/")[2]
            _expect_id(f"hosted_zones.{name}", entry, identity)
            return False, {"id": identity}
    associations = [{"VPCRegion": account.region, "VPCId": network} for network in networks]
    with account.giving(entry.get("id")):
        made = route53.create_hosted_zone(
            Name=domain,
            CallerReference=f"seed-{name}-{'private' if networks else 'public'}",
            HostedZoneConfig={"Comment": entry.get("comment", ""), "PrivateZone": bool(networks)},
            **({"VPC": associations[0]} if networks else {}),
        )
    identity = made["HostedZone"]["Id"].rpartition("/")[2]
    for association in associations[1:]:
        route53.associate_vpc_with_hosted_zone(HostedZoneId=identity, VPC=association)
    if entry.get("tags"):
        route53.change_tags_for_resource(ResourceType="hostedzone", ResourceId=identity, AddTags=tag_list(entry["tags"]))
    return True, {"id": identity}


def secret(account: Account, name: str, entry: Entry) -> Made:
    secrets = account.client("secretsmanager")
    there = found(secrets.describe_secret, SecretId=name)
    if there:
        return False, {"arn": there["ARN"]}
    made = secrets.create_secret(
        Name=name, SecretString=entry["value"], Description=entry.get("description", ""), Tags=tag_list(entry.get("tags", {}))
    )
    return True, {"arn": made["ARN"]}


def _expect_id(where: str, entry: Entry, identity: str) -> None:
    wanted = entry.get("id", identity)
    if wanted != identity:
        raise SeedError(f"{where} should have the id {wanted}, but is there already as {identity}; empty the account, or leave id out")


SECTIONS: Mapping[str, tuple[Callable[[Account, str, Entry], Made], str, str]] = {
    "policies": (policy, "policy", "policies"),
    "sign_on_roles": (sign_on_role, "sign-on role", "sign-on roles"),
    "roles": (role, "role", "roles"),
    "keys": (key, "key", "keys"),
    "vpcs": (vpc, "VPC", "VPCs"),
    "prefix_lists": (prefix_list, "prefix list", "prefix lists"),
    "images": (image, "image", "images"),
    "repositories": (repository, "repository", "repositories"),
    "hosted_zones": (hosted_zone, "hosted zone", "hosted zones"),
    "secrets": (secret, "secret", "secrets"),
}
"""Section -> the function that creates an entry, and its singular and plural names; in creation order."""
