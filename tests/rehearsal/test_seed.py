"""What a seed creates, as boto3 describes it; applying it again creates nothing."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rehearsal import seed
from rehearsal.extensions.ec2_regions import OPT_IN
from rehearsal.seed_sections import SECTIONS as MAPS
from rehearsal.seed_vocabulary import ALL as SECTIONS

from .conftest import ACCOUNT, REGION, CheckedCloud

VPC, SUBNET, GATEWAY, LIST, IMAGE = (f"{prefix}-0123456789abcdef0" for prefix in ("vpc", "subnet", "igw", "pl", "ami"))
KEY = "01234567-89ab-cdef-0123-456789abcdef"
ZONE = "Z0123456789ABCDEFGHIJ"
IAM = f"arn:aws:iam::{ACCOUNT}"

Client = Callable[[str], Any]


def policy(client: Client) -> Any:
    found = client("iam").get_policy(PolicyArn=f"{IAM}:policy/org/Boundary")["Policy"]
    version = client("iam").get_policy_version(PolicyArn=found["Arn"], VersionId=found["DefaultVersionId"])["PolicyVersion"]
    return found["Tags"], version["Document"]["Statement"][0]["Resource"]


def sign_on(client: Client) -> Any:
    name = "AWSReservedSSO_Admin_0123456789abcdef"
    found = client("iam").get_role(RoleName=name)["Role"]
    attached = client("iam").list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    return found["Arn"], found["AssumeRolePolicyDocument"]["Statement"][0]["Action"], [entry["PolicyName"] for entry in attached]


def role(client: Client) -> Any:
    found = client("iam").get_role(RoleName="deploy")["Role"]
    attached = client("iam").list_attached_role_policies(RoleName="deploy")["AttachedPolicies"]
    principal = found["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]
    return principal, found["PermissionsBoundary"]["PermissionsBoundaryArn"], [entry["PolicyArn"] for entry in attached]


def key(client: Client) -> Any:
    found = client("kms").describe_key(KeyId="alias/legacy/logs")["KeyMetadata"]
    return found["KeyId"], found["Description"], client("kms").get_key_rotation_status(KeyId=KEY)["KeyRotationEnabled"]


def repository(client: Client) -> Any:
    return sorted(each["imageTag"] for each in client("ecr").list_images(repositoryName="eks/controller")["imageIds"] if "imageTag" in each)


def vpc(client: Client) -> Any:
    ec2 = client("ec2")
    (found,) = ec2.describe_vpcs(VpcIds=[VPC])["Vpcs"]
    (subnet,) = ec2.describe_subnets(SubnetIds=[SUBNET])["Subnets"]
    (gateway,) = ec2.describe_internet_gateways(InternetGatewayIds=[GATEWAY])["InternetGateways"]
    names = ec2.describe_vpc_attribute(VpcId=VPC, Attribute="enableDnsHostnames")["EnableDnsHostnames"]["Value"]
    tags = {tag["Key"]: tag["Value"] for tag in found["Tags"]}
    return found["CidrBlock"], tags, subnet["VpcId"], subnet["AvailabilityZone"], gateway["Attachments"][0]["VpcId"], names


def prefix_lists(client: Client) -> Any:
    ec2 = client("ec2")
    found = ec2.describe_managed_prefix_lists(Filters=[{"Name": "prefix-list-id", "Values": [LIST, "pl-3b927c52"]}])["PrefixLists"]
    entries = ec2.get_managed_prefix_list_entries(PrefixListId=LIST)["Entries"]
    return {entry["PrefixListName"]: entry["OwnerId"] for entry in found}, entries


def image(client: Client) -> Any:
    (found,) = client("ec2").describe_images(ImageIds=[IMAGE])["Images"]
    return found["Name"], found["Architecture"], found["VirtualizationType"], found["Tags"]


def zones(client: Client) -> Any:
    route53 = client("route53")
    found = {entry["Name"]: entry["Config"]["PrivateZone"] for entry in route53.list_hosted_zones()["HostedZones"]}
    return found, route53.get_hosted_zone(Id=ZONE)["HostedZone"]["Config"]["Comment"]


def private_zone(client: Client) -> Any:
    (found,) = client("route53").list_hosted_zones()["HostedZones"]
    return [entry["VPCId"] for entry in client("route53").get_hosted_zone(Id=found["Id"])["VPCs"]]


def table(client: Client) -> Any:
    (found,) = client("ec2").describe_route_tables(RouteTableIds=["rtb-0123456789abcdef0"])["RouteTables"]
    return found["VpcId"], [entry["SubnetId"] for entry in found["Associations"]]


def secrets(client: Client) -> Any:
    found = client("secretsmanager").get_secret_value(SecretId="pagerduty/critical")
    return found["SecretString"], client("secretsmanager").describe_secret(SecretId="pagerduty/critical")["Tags"]


def queues(client: Client) -> Any:
    return [url.rpartition("/")[2] for url in client("sqs").list_queues()["QueueUrls"]]


SEEDS: list[tuple[str, Callable[[Client], Any], Any]] = [
    (
        """
        policies:
          Boundary:
            path: /org/
            tags: {owner: security}
            document: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "*", Resource: "arn:aws:ec2:${region}:${account_id}:*"}]}
        """,
        policy,
        ([{"Key": "owner", "Value": "security"}], f"arn:aws:ec2:{REGION}:{ACCOUNT}:*"),
    ),
    (
        """
        sign_on_roles:
          Admin:
            {suffix: 0123456789abcdef, home_region: eu-west-1, policies: [arn:aws:iam::aws:policy/AdministratorAccess]}
        """,
        sign_on,
        (
            f"{IAM}:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Admin_0123456789abcdef",
            ["sts:AssumeRoleWithSAML", "sts:TagSession"],
            ["AdministratorAccess"],
        ),
    ),
    (
        """
        policies: {Boundary: {}, Deploy: {}}
        sign_on_roles: {Admin: {suffix: 0123456789abcdef}}
        roles:
          deploy: {principal: {AWS: "${sign_on_roles.Admin.arn}"}, policies: [Deploy], permissions_boundary: Boundary}
        """,
        role,
        (
            {"AWS": f"{IAM}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0123456789abcdef"},
            f"{IAM}:policy/Boundary",
            [f"{IAM}:policy/Deploy"],
        ),
    ),
    (f"keys: {{legacy/logs: {{id: {KEY}, description: of old, rotation: true}}}}", key, (KEY, "of old", True)),
    (
        f"""
        vpcs:
          legacy:
            id: {VPC}
            cidr: 172.16.0.0/16
            dns_hostnames: true
            tags: {{team: data}}
            internet_gateway: {{id: {GATEWAY}}}
            subnets:
              a: {{id: {SUBNET}, cidr: 172.16.0.0/24, availability_zone: {REGION}a}}
        """,
        vpc,
        ("172.16.0.0/16", {"Name": "legacy", "team": "data"}, VPC, f"{REGION}a", VPC, True),
    ),
    (
        f"""
        prefix_lists:
          office: {{id: {LIST}, entries: {{196.25.1.0/24: Cape Town}}}}
          com.amazonaws.global.cloudfront.origin-facing: {{id: pl-3b927c52}}
        """,
        prefix_lists,
        (
            {"office": ACCOUNT, "com.amazonaws.global.cloudfront.origin-facing": "AWS"},
            [{"Cidr": "196.25.1.0/24", "Description": "Cape Town"}],
        ),
    ),
    (
        f"images: {{base: {{id: {IMAGE}, architecture: arm64, tags: {{os: linux}}}}}}",
        image,
        ("base", "arm64", "hvm", [{"Key": "os", "Value": "linux"}]),
    ),
    (
        f"""
        vpcs: {{legacy: {{cidr: 172.16.0.0/16}}}}
        hosted_zones:
          example.org: {{id: {ZONE}, comment: delegated}}
          internal.example.org: {{private_to: [legacy]}}
        """,
        zones,
        ({"example.org.": False, "internal.example.org.": True}, "delegated"),
    ),
    (
        f"{{vpcs: {{a: {{id: {VPC}, cidr: 10.1.0.0/16}}}}, hosted_zones: {{example.org: {{private_to: [{VPC}]}}}}}}",
        private_zone,
        [VPC],
    ),
    (
        f"""
        vpcs:
          legacy:
            id: {VPC}
            cidr: 172.16.0.0/16
            subnets: {{a: {{id: {SUBNET}, cidr: 172.16.0.0/24, availability_zone: {REGION}a}}}}
        calls:
          - service: ec2
            operation: create_route_table
            id: rtb-0123456789abcdef0
            parameters: {{VpcId: "${{vpcs.legacy.id}}"}}
            register: made
          - service: ec2
            operation: associate_route_table
            parameters: {{RouteTableId: "${{made.RouteTable.RouteTableId}}", SubnetId: "${{vpcs.legacy.subnets.a.id}}"}}
        """,
        table,
        (VPC, [SUBNET]),
    ),
    (
        "repositories: {eks/controller: {images: [v1, v2], tags: {team: platform}}}",
        repository,
        ["v1", "v2"],
    ),
    (
        "secrets: {pagerduty/critical: {value: https://events.pagerduty.com/integration/0/enqueue, tags: {team: on-call}}}",
        secrets,
        ("https://events.pagerduty.com/integration/0/enqueue", [{"Key": "team", "Value": "on-call"}]),
    ),
    (
        "calls: [{service: sqs, operation: create_queue, parameters: {QueueName: 'jobs-${account_id}'}}]",
        queues,
        [f"jobs-{ACCOUNT}"],
    ),
]


def load(text: str, folder: Path) -> seed.Seed:
    path = folder / "seed.yml"
    path.write_text(text)
    return seed.load(path, REGION)


def changes(cloud: CheckedCloud) -> list[str]:
    return [entry["operation"] for entry in cloud.admin.requests() if entry["mutating"]]


@pytest.mark.parametrize(("text", "describe", "expected"), SEEDS, ids=[entry[1].__name__ for entry in SEEDS])
def test_what_is_made_and_that_it_is_made_once(
    text: str, describe: Callable[[Client], Any], expected: Any, cloud: CheckedCloud, tmp_path: Path
) -> None:
    wanted = load(text, tmp_path)
    said = seed.apply(wanted, cloud.description)
    assert describe(cloud.client) == expected
    assert "there already" not in said

    cloud.admin.clear_requests()
    again = seed.apply(wanted, cloud.description)
    assert changes(cloud) == []
    assert describe(cloud.client) == expected
    assert again.count("there already") == said.count(",") + 1


def test_the_account_has_its_quotas_and_regions(cloud: CheckedCloud, tmp_path: Path) -> None:
    wanted = load("{quotas: {elastic_ips: 2, vpcs: 9}, enabled_regions: [af-south-1, eu-south-1]}", tmp_path)
    assert seed.apply(wanted, cloud.description) == "quotas of 2 elastic_ips, 9 vpcs, enabled regions af-south-1, eu-south-1"
    settings = cloud.admin.settings()
    assert settings["quotas"] == {"elastic_ips": 2, "vpcs": 9}
    assert set(settings["disabled_regions"]) == OPT_IN - {"af-south-1", "eu-south-1"}


ELSEWHERE = """
keys: {main: {}}
regions:
  us-east-1:
    keys: {copies: {description: "beside ${account_id} ${region}"}}
    calls: [{service: logs, operation: create_log_group, parameters: {logGroupName: /a}}]
accounts:
  "345678901234":
    roles: {backup: {principal: {AWS: "${keys.main.arn}"}}}
    regions:
      us-east-1:
        keys: {vault: {description: "in ${account_id} ${region} for ${roles.backup.name}"}}
    calls: [{service: logs, operation: create_log_group, parameters: {logGroupName: /a}}]
calls:
  - service: logs
    operation: create_log_group
    parameters: {logGroupName: '/${regions."us-east-1".keys.copies.id}'}
  - service: logs
    operation: create_log_group
    parameters: {logGroupName: '/${accounts."345678901234".regions."us-east-1".keys.vault.id}'}
"""


def test_further_regions_and_accounts(cloud: CheckedCloud, tmp_path: Path) -> None:
    def described(account_id: str, alias: str) -> Any:
        return cloud.client("kms", region="us-east-1", account_id=account_id).describe_key(KeyId=f"alias/{alias}")["KeyMetadata"]

    wanted = load(ELSEWHERE, tmp_path)
    assert seed.apply(wanted, cloud.description) == (
        "1 key, 1 key in us-east-1, 1 call in us-east-1, 1 role in account 345678901234, "
        "1 key in us-east-1 in account 345678901234, 1 call in account 345678901234, 2 calls"
    )
    copies, vault = described("", "copies"), described("345678901234", "vault")
    assert copies["Description"] == f"beside {ACCOUNT} us-east-1"
    assert vault["Description"] == "in 345678901234 us-east-1 for backup"
    groups = [group["logGroupName"] for group in cloud.client("logs").describe_log_groups()["logGroups"]]
    assert sorted(groups) == sorted([f"/{copies['KeyId']}", f"/{vault['KeyId']}"])
    for region, account_id in (("us-east-1", ""), (REGION, "345678901234")):
        assert cloud.client("logs", region=region, account_id=account_id).describe_log_groups()["logGroups"][0]["logGroupName"] == "/a"
    cloud.admin.clear_requests()
    seed.apply(wanted, cloud.description)
    assert changes(cloud) == []


def test_nothing_to_seed_makes_no_call(cloud: CheckedCloud, tmp_path: Path) -> None:
    assert seed.apply(load("", tmp_path), cloud.description) == "nothing"
    assert cloud.admin.requests() == []


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("vpcs: {a: {cidr: 10.0.0.0/8}}", "", "seed: vpcs.a: CreateVpc was refused with InvalidVpc.Range: "),
        ("keys: {a: {}}", f"keys: {{a: {{id: {KEY}}}}}", f"seed: keys.a: keys.a should have the id {KEY}, but is there already as "),
        (
            "calls: [{service: sqs, operation: create_queue, id: queue-1, parameters: {QueueName: a}}]",
            "",
            "seed: calls[0] (sqs create_queue): the id queue-1 cannot be given to what this call makes; leave id out",
        ),
        (
            "calls: [{service: ec2, operation: delete_vpc, parameters: {VpcId: vpc-01234567}}]",
            "",
            "seed: calls[0] (ec2 delete_vpc): DeleteVpc was refused with InvalidVpcID.NotFound: ",
        ),
        (
            "{policies: {A: {}}, calls: [{service: ec2, operation: delete_vpc, parameters: {VpcId: '${policies.A.id}'}}]}",
            "",
            "seed: calls[0] (ec2 delete_vpc): ${policies.A.id} leads nowhere; policies is {'A': {'arn': ",
        ),
    ],
)
def test_what_cannot_be_made_is_said(first: str, second: str, expected: str, cloud: CheckedCloud, tmp_path: Path) -> None:
    if second:
        seed.apply(load(first, tmp_path), cloud.description)
    with pytest.raises(seed.SeedError) as caught:
        seed.apply(load(second or first, tmp_path), cloud.description)
    assert expected in str(caught.value)


def test_two_equal_calls_are_two_calls(cloud: CheckedCloud, tmp_path: Path) -> None:
    call = {"service": "ec2", "operation": "allocate_address", "parameters": {"Domain": "vpc"}}
    wanted = load(json.dumps({"calls": [call, call]}), tmp_path)
    for _again in range(2):
        seed.apply(wanted, cloud.description)
        assert len(cloud.client("ec2").describe_addresses()["Addresses"]) == 2


def test_a_reset_forgets_what_was_called(cloud: CheckedCloud, tmp_path: Path) -> None:
    wanted = load("calls: [{service: ec2, operation: allocate_address}]", tmp_path)
    assert seed.apply(wanted, cloud.description) == "1 call"
    cloud.admin.reset()
    assert seed.apply(wanted, cloud.description) == "1 call"


def test_the_callers_own_configuration_does_not_matter(cloud: CheckedCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert seed.apply(load("policies: {A: {}}", tmp_path), cloud.description) == "1 policy"
    assert os.environ["AWS_PROFILE"] == "no-such-profile"


def test_the_documentation_shows_what_there_is(cloud: CheckedCloud, tmp_path: Path) -> None:
    """Its examples can be applied, and its table has all sections with all their fields."""
    page = (Path(seed.__file__).parents[1] / "docs" / "rehearsal.md").read_text()
    page = page[page.index("## What the account already holds") : page.index("## Trying a change")]
    example, calls, further = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert seed.apply(load(further, tmp_path), cloud.description) == (
        "1 key in us-east-1, 1 role in account 345678901234, 1 key in account 345678901234"
    )
    said = seed.apply(load(example + calls, tmp_path), cloud.description)
    (shown,) = re.findall(r"^==> Existing resources in the account \(.*?\): (.*)$", page, re.MULTILINE)
    assert said == shown.replace(", quotas", ", 2 calls, quotas")
    rows = dict(re.findall(r"^\| `(\w+)`[^|]*\| (.*) \|$", page, re.MULTILINE))
    assert list(rows) == list(SECTIONS)
    for section in MAPS:
        said = next(said for said in SECTIONS[section](section, {"example.org": {"?": 1}}) if "Known names: " in said)
        for name in said.rpartition("Known names: ")[2].split(", "):
            assert f"`{name}`" in rows[section], (section, name)


def test_ids_are_given_to_those_who_ask_only(cloud: CheckedCloud, tmp_path: Path) -> None:
    seed.apply(load(f"vpcs: {{a: {{id: {VPC}, cidr: 10.1.0.0/16}}}}", tmp_path), cloud.description)
    assert cloud.client("ec2").create_vpc(CidrBlock="10.2.0.0/16")["Vpc"]["VpcId"] != VPC
    groups = cloud.client("ec2").describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [VPC]}])["SecurityGroups"]
    assert [group["GroupName"] for group in groups] == ["default"]
