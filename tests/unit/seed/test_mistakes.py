"""Invalid seeds: each mistake is reported with its location, its value, and what is expected, before a cloud is touched."""

from __future__ import annotations

from pathlib import Path

import pytest

from rehearsal import seed

REGION = "af-south-1"

MISTAKES = [
    # shape
    ("- a", "it must be a map of sections: policies, sign_on_roles"),
    ("polices: {}", "polices is not known; did you mean policies? Known names: accounts, calls, enabled_regions, hosted_zones"),
    ("policies:", "policies is None, but must be a map keyed by name"),
    ("policies: [Boundary]", "policies is ['Boundary'], but must be a map keyed by name"),
    ("policies: {Boundary: }", "policies.Boundary is None, but must be a map ({} if there is nothing to say) of: description, document"),
    ("policies: {Boundary: {paht: /}}", "policies.Boundary.paht is not known; did you mean path?"),
    # values
    ("policies: {Boundary: {path: org}}", "policies.Boundary.path is 'org', but must be a path of IAM that begins and ends with /"),
    ("policies: {Boundary: {tags: {cost: 12}}}", "policies.Boundary.tags.cost is 12, but must be text; put it in quotes"),
    ("policies: {Boundary: {document: {}}}", "policies.Boundary.document is {}, but must be a policy document"),
    ("policies: {'a b': {}}", "the name 'a b' in policies is 'a b', but must be a name of IAM"),
    ("sign_on_roles: {Admin: {suffix: abc}}", "sign_on_roles.Admin.suffix is 'abc', but must be the 16 hexadecimal digits"),
    ("keys: {alias/logs: {}}", "the name 'alias/logs' in keys is 'alias/logs', but must be an alias without alias/ before it"),
    ("keys: {logs: {rotation: 1}}", "keys.logs.rotation is 1, but must be true or false"),
    ("keys: {logs: {id: 'arn:aws:kms:x'}}", "keys.logs.id is 'arn:aws:kms:x', but must be the id of a KMS key (not its ARN)"),
    ("vpcs: {old: {}}", "vpcs.old.cidr is missing"),
    (
        "vpcs: {old: {cidr: 10.0.0.1/16}}",
        "vpcs.old.cidr is '10.0.0.1/16', but must be a block of addresses such as 10.0.0.0/16 (10.0.0.1/16 has",
    ),
    ("vpcs: {old: {cidr: 10.0.0.0/16, id: vpc-1}}", "vpcs.old.id is 'vpc-1', but must be an id such as vpc-0123456789abcdef0"),
    (
        "vpcs: {old: {cidr: 10.0.0.0/16, subnets: {a: {cidr: 10.0.0.0/24, availability_zone: a}}}}",
        "vpcs.old.subnets.a.availability_zone is 'a', but must be a zone such as af-south-1a",
    ),
    ("prefix_lists: {office: {entries: {10.0.0.0: x}}}", ""),
    ("prefix_lists: {office: {entries: {office: x}}}", "the name 'office' in prefix_lists.office.entries is 'office', but must be a block"),
    ("prefix_lists: {o: {max_entries: 0, entries: {10.0.0.0/8: x}}}", "prefix_lists.o.max_entries is 0, but there are 1 entries"),
    ("prefix_lists: {o: {entries: {10.0.0.0/8: x, '::/0': y}}}", "prefix_lists.o.entries mixes IPv4 and IPv6"),
    ("images: {base: {architecture: arm}}", "images.base.architecture is 'arm', but must be one of arm64, i386, x86_64"),
    ("hosted_zones: {localhost: {}}", "the name 'localhost' in hosted_zones is 'localhost', but must be a domain name"),
    ("hosted_zones: {example.org: {id: z1}}", "hosted_zones.example.org.id is 'z1', but must be the id of a hosted zone"),
    (
        "quotas: {elastic_ip: 5}",
        "the name 'elastic_ip' in quotas is 'elastic_ip', but must be one of acm_certificates, ",
    ),
    ("quotas: {elastic_ips: many}", "quotas.elastic_ips is 'many', but must be a whole number of 0 or more"),
    ("enabled_regions: af-south-1", "enabled_regions is 'af-south-1', but must be a list"),
    ("enabled_regions: [eu-west-1]", "enabled_regions[0] is 'eu-west-1', but must be a region that an account has to enable: af-south-1"),
    ("enabled_regions: []", "enabled_regions is [], without af-south-1, the region of this inventory: nothing would work there"),
    # further regions and accounts
    ("regions: {Virginia: {}}", "the name 'Virginia' in regions is 'Virginia', but must be a region such as us-east-1"),
    ("regions: {us-east-1: {roles: {}}}", "regions.us-east-1.roles is not known"),
    ("accounts: {'12': {}}", "the name '12' in accounts is '12', but must be an account id: 12 digits, in quotes"),
    ("accounts: {'345678901234': {accounts: {}}}", "accounts.345678901234.accounts is not known"),
    (
        "accounts: {'345678901234': {regions: {us-east-1: {calls: [{service: sqs, operation: create_queue}]}}}}",
        "accounts.345678901234.regions.us-east-1.calls[0].parameters.QueueName is missing",
    ),
    ("accounts: {'345678901234': {roles: {deploy: {}}}}", "accounts.345678901234.roles.deploy needs either principal"),
    (
        "{regions: {eu-south-1: {keys: {a: {}}}, us-east-1: {}}, enabled_regions: [af-south-1]}",
        "regions.eu-south-1 cannot hold anything: enabled_regions is ['af-south-1'], without eu-south-1",
    ),
    (
        "regions: {us-east-1: {keys: {a: {description: '${vpcs.main.id}'}}}}",
        "regions.us-east-1.keys.a.description refers to ${vpcs.main.id}, which is not known there",
    ),
    (
        "{keys: {main: {}}, accounts: {'345678901234': {keys: {a: {description: '${keys.main.id}'}}}}}",
        "",
    ),
    (
        "{keys: {a: {id: mrk-0123456789abcdef0123456789abcdef}}, "
        "regions: {us-east-1: {keys: {a: {id: mrk-0123456789abcdef0123456789abcdef}}}}}",
        "",
    ),
    # consistency
    ("roles: {deploy: {}}", "roles.deploy needs either principal, such as {Service: ec2.amazonaws.com}, or trust_policy"),
    (
        "roles: {deploy: {principal: {Service: ec2.amazonaws.com}, policies: [Dev]}}",
        "roles.deploy.policies names 'Dev', which is not in policies (there: none); add it there, or write an ARN",
    ),
    ("hosted_zones: {a.org: {private_to: [main]}}", "hosted_zones.a.org.private_to names 'main', which is not in vpcs (there: none)"),
    (
        "vpcs: {a: {id: vpc-01234567, cidr: 10.0.0.0/16}, b: {id: vpc-01234567, cidr: 10.1.0.0/16}}",
        "vpcs.b.id is 'vpc-01234567', which vpcs.a.id is already; every id is that of one thing",
    ),
    # references
    (
        "policies: {A: {description: 'by ${roles.deploy.arn}'}}",
        "policies.A.description refers to ${roles.deploy.arn}, which is not known there",
    ),
    (
        "{vpcs: {old: {cidr: 10.0.0.0/16}}, images: {base: {description: 'for ${vpcs.odl.id}'}}}",
        "images.base.description refers to ${vpcs.odl.id}, but in vpcs there is only: old",
    ),
    (
        "{vpcs: {my-net: {cidr: 10.0.0.0/16}}, images: {base: {description: '${vpcs.my-net.id}'}}}",
        "in vpcs there is only: my-net (a name with more than letters, digits and _ goes in double quotes)",
    ),
    (
        "calls: [{service: ec2, operation: create_subnet, parameters: {VpcId: '${a.Vpc.VpcId}', CidrBlock: 10.0.0.0/24}}]",
        "calls[0].parameters.VpcId refers to ${a.Vpc.VpcId}, which is not known there; known names: account_id, region",
    ),
    # calls
    ("calls: [{service: ec2}]", "calls[0].operation is missing"),
    ("calls: [{service: ecc2, operation: a}]", "calls[0].service is 'ecc2', which boto3 does not know; did you mean ec2?"),
    (
        "calls: [{service: ec2, operation: CreateVpc}]",
        "'CreateVpc', but must be a method of boto3's client of ec2; did you mean create_vpc?",
    ),
    ("calls: [{service: ec2, operation: create_vpc, parameters: []}]", "calls[0].parameters is [], but must be a map"),
    ("calls: [{service: sqs, operation: create_queue, parameters: {QueName: a}}]", "QueName is not known; did you mean QueueName?"),
    ("calls: [{service: sqs, operation: create_queue}]", "calls[0].parameters.QueueName is missing; sqs create_queue needs it"),
    ("calls: [{service: sqs, operation: create_queue, parameters: {QueueName: 5}}]", "Invalid type for parameter QueueName, value: 5"),
    # not even YAML
    ("a: [", "is not YAML"),
]


@pytest.mark.parametrize(("text", "expected"), MISTAKES)
def test_mistakes(text: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
    path = tmp_path / "seed.yml"
    path.write_text(text)
    if not expected:
        assert seed.load(path, REGION)
        return
    with pytest.raises(seed.SeedError) as caught:
        seed.load(path, REGION)
    assert str(path) in str(caught.value)
    assert expected in str(caught.value)


def test_every_mistake_is_said_at_once(tmp_path: Path) -> None:
    path = tmp_path / "seed.yml"
    path.write_text("{policies: {A: {path: x}}, quotas: {vpcs: -1}, nonsense: {}}")
    with pytest.raises(seed.SeedError) as caught:
        seed.load(path, REGION)
    assert len(str(caught.value).splitlines()) == 4


def test_a_seed_may_be_empty(tmp_path: Path) -> None:
    path = tmp_path / "seed.yml"
    path.write_text("---\n# nothing yet\n")
    assert seed.load(path, REGION) == {}


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(seed.SeedError, match="cannot be read: No such file"):
        seed.load(tmp_path / "seed.yml", REGION)


def test_variables_of_iam_are_no_references(tmp_path: Path) -> None:
    path = tmp_path / "seed.yml"
    path.write_text('policies: {A: {document: {Statement: [{Resource: "arn:aws:s3:::b/${aws:username}/*"}]}}}')
    assert seed.load(path, REGION)
