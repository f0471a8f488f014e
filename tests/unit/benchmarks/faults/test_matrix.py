"""Which cases exist, how some are selected, how a case is judged, and how it is reported."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore import xform_name

from ansible_collections.mainstay.aws.plugins.module_utils.aws.kind import AwsKind
from ansible_collections.mainstay.aws.plugins.module_utils.domains.dns.domain import KINDS as ZONES
from ansible_collections.mainstay.aws.plugins.module_utils.domains.messaging.domain import KINDS as MESSAGING
from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.domain import KINDS
from ansible_collections.mainstay.aws.plugins.module_utils.domains.redis.domain import KINDS as CACHES
from ansible_collections.mainstay.aws.plugins.module_utils.domains.repositories.domain import KINDS as REPOSITORIES
from ansible_collections.mainstay.aws.plugins.module_utils.domains.s3_cdn.domain import KINDS as S3_CDN
from benchmarks.faults import account, report, results, trial
from benchmarks.faults.__main__ import parse, select
from benchmarks.faults.catalog import ANY, FAULTS
from benchmarks.faults.processes import Ended
from benchmarks.faults.scenarios import CREATING, SCENARIOS, UNREACHABLE, cases, drift_of_network, own_operations
from benchmarks.faults.trial import Baseline, Lane, Result
from scripts.terminal import Problem
from tests.contract.outcomes import READS

OWN = cases("mainstay")
TAGGED = ("cloudfront", "ecr", "kms", "logs", "s3control", "secretsmanager")
ELSEWHERE = ("delivery", "waf_", "origin_secret", "vpc_origin", "mq_", "msk_")
"""How the names of kinds begin that no scenario has: deliveries of logs, web ACLs, secrets and VPC origins, brokers, and streams."""


def test_every_changing_call_of_every_kind_is_broken_or_said_to_be_out_of_reach() -> None:
    """The list comes from the kinds' declarations, so that the matrix stays complete. The lock and a secret's labels are no kinds."""
    others = {"ssm:PutParameter", "ssm:DeleteParameter", "secretsmanager:UpdateSecretVersionStage"}
    covered = {operation for _scenario, operation in own_operations()}
    assert others < covered
    domains = (KINDS, ZONES, REPOSITORIES, CACHES, S3_CDN, MESSAGING)
    every = [kind for domain in domains for kind in domain.values() if not kind.name.startswith(ELSEWHERE)]
    declared = {one.method for kind in every if isinstance(kind, AwsKind) for one in kind.declared()}
    changing = {method for method in declared if not method.startswith((*READS, "head_"))}
    assert {xform_name(name.partition(":")[2]) for name in (covered - others) | set(UNREACHABLE)} == changing
    assert not covered & set(UNREACHABLE)


def test_every_fault_in_the_list_is_implemented() -> None:
    assert {fault.number for fault in FAULTS} == {f"F{number}" for number in range(1, 16)}
    assert {case.fault.name for case in OWN} == {fault.name for fault in FAULTS}
    assert {case.scenario for case in OWN} == set(SCENARIOS)


def test_faults_of_one_place_are_tried_there_alone() -> None:
    where = {case.fault.number: {c.operation for c in OWN if c.fault.number == case.fault.number} for case in OWN}
    assert where["F9"] == {"ec2:CreateFlowLogs"}
    assert where["F10"] == {"ec2:CreateNatGateway", "ec2:CreateVpcEndpoint"}
    assert ANY in where["F8"]
    assert ANY not in where["F1"] | where["F4"]


def test_both_are_broken_at_the_same_calls() -> None:
    assert {case.operation for case in cases("terraform")} - {ANY} == set(CREATING)
    assert {("create", name) for name in CREATING} <= set(own_operations())


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--only", "CreateVpc", "--fault", "F2"], {("ec2:CreateVpc", "F2 reply lost")}),
        (["--only", "logs:TagResource", "--fault", "F1"], {("logs:TagResource", "F1 killed just before")}),
        (["--only", "TagResource", "--fault", "F1"], {(f"{s}:TagResource", "F1 killed just before") for s in TAGGED}),
        (["--scenario", "alias", "--fault", "F6 500 x2"], {("kms:UpdateAlias", "F6 500 x2")}),
    ],
)
def test_selection(arguments: list[str], expected: set[tuple[str, str]]) -> None:
    assert {(case.operation, case.fault.name) for case in select(OWN, parse(arguments))} == expected


@pytest.mark.parametrize("arguments", [["--only", "CreateVPC"], ["--fault", "F16"], ["--scenario", "wish"]])
def test_an_unknown_name_is_an_error_that_lists_the_known_ones(arguments: list[str]) -> None:
    with pytest.raises(Problem, match=f"{arguments[1]} fits no case; there are "):
        select(OWN, parse(arguments))


@pytest.mark.parametrize("arguments", [["--jobs", "0"], ["--sample", "0"], ["--sample", "-3"], ["--jobs", "many"]])
def test_a_number_that_makes_no_sense_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(arguments)
    assert f"'{arguments[1]}' is not a number of at least 1" in capsys.readouterr().err


def test_a_sample_is_spread_over_the_faults_and_the_same_for_the_same_seed() -> None:
    first = select(OWN, parse(["--sample", "40"]))
    assert len(first) == 40
    assert {case.fault.name for case in first} == {fault.name for fault in FAULTS}
    assert first == select(OWN, parse(["--sample", "40"]))
    assert first != select(OWN, parse(["--sample", "40", "--seed", "2"]))


@dataclass
class Scripted:
    """A subject whose runs end as scripted, one after another."""

    codes: list[int]
    rest: str = ""
    ran: int = 0

    def prepare(self, scenario: str, variables: Any) -> None:
        self.ran = 0

    def run(self, scenario: str, rule: Any = None, limits: Any = None) -> Ended:
        self.ran += 1
        return Ended(self.codes[self.ran - 1], killed=False, seconds=0.1, printed="Error: no luck")

    def plan_is_empty(self, scenario: str) -> str:
        return self.rest


@dataclass
class Quiet:
    """Stand-ins for a case's cloud and proxy that do nothing."""

    errors: list[str] = field(default_factory=list)
    happens: bool = True

    def settings(self, **changes: Any) -> None: ...
    def clear(self) -> None: ...
    def clear_faults(self) -> None: ...
    def fault(self, *where: str, **what: Any) -> None: ...

    def arm(self, rule: Any) -> None:
        rule.fired = int(self.happens)

    def faults(self) -> list[dict[str, int]]:
        return [{"fired": int(self.happens)}]


VPC = '{"Cidr": "a", "Id": "vpc(main)"}'
ONE = {"VPCs": Counter({VPC: 1})}
TWO = {"VPCs": Counter({VPC: 2})}
EMPTY_PLAN = ""
Story = tuple[str, list[int], account.Holdings, str, bool]
"""The fault, the runs' exit codes, the account's contents afterward, the remaining changes, and whether the fault occurred."""


@pytest.mark.parametrize(
    ("story", "held", "problem"),
    [
        (("F2 reply lost", [0], ONE, EMPTY_PLAN, True), "same run", ""),
        (("F2 reply lost", [2, 0], ONE, EMPTY_PLAN, True), "one more run", ""),
        (("F2 reply lost", [2, 2], ONE, EMPTY_PLAN, True), "failed", "the second run failed: Error: no luck"),
        (("F2 reply lost", [0], TWO, EMPTY_PLAN, True), "failed", "VPCs: 2 instead of 1"),
        (("F2 reply lost", [2, 0], ONE, "something to do", True), "failed", "something to do"),
        (("F2 reply lost", [0], ONE, EMPTY_PLAN, False), "failed", "ec2:CreateVpc was not called, so nothing was broken"),
        (
            ("F5 connection reset x3", [2, 0], ONE, EMPTY_PLAN, True),
            "failed",
            "the run itself should have come to a good end: Error: no luck",
        ),
        (("F4 Throttling x3", [0], ONE, EMPTY_PLAN, True), "same run", ""),
        (("F4 Throttling x3", [0], ONE, EMPTY_PLAN, False), "failed", "ec2:CreateVpc was not called, so nothing was broken"),
        (("F1 killed just before", [0], ONE, EMPTY_PLAN, True), "failed", "the run was not killed"),
    ],
)
def test_the_outcome_of_a_case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, story: Story, held: str, problem: str) -> None:
    fault, codes, found, rest, happens = story
    monkeypatch.setattr(account, "take", lambda _cloud: found)
    quiet: Any = Quiet(happens=happens)
    subject: Any = Scripted(codes, rest)
    lane = Lane(SimpleNamespace(admin=quiet), quiet, subject, tmp_path)  # type: ignore[arg-type]
    (case,) = select(OWN, parse(["--only", "CreateVpc", "--fault", fault]))
    result = trial.run(lane, case, Baseline(ONE, frozenset(), frozenset()), tmp_path / "logs")
    assert result.held == held
    assert result.problems == ([problem] if problem else [])
    assert result.left == ({"VPCs": 1} if found is TWO else {})
    assert (tmp_path / "logs" / "1-broken.log").exists() == bool(problem)


def result(number: int, held: Any, **more: Any) -> Result:
    case = OWN[number]
    return Result(case.key, "mainstay", case.scenario, case.operation, case.fault.name, held, ["ok"], code="abc", **more)


def test_results_are_kept_line_by_line_and_a_line_that_was_cut_off_does_not_count(tmp_path: Path) -> None:
    path = tmp_path / "artifacts" / "faults.jsonl"
    first, second = result(0, "failed", problems=["why"]), result(1, "same run")
    for one in (first, second, result(0, "one more run")):
        results.append(one, path)
    with path.open("a") as output:
        output.write('{"key": "mainst')
    loaded = results.load(path)
    assert {one.held for one in loaded.values()} == {"same run", "one more run"}
    assert set(results.of_code(loaded.values(), {"mainstay": "abc"})) == set(loaded)
    assert results.of_code(loaded.values(), {"mainstay": "other sources"}) == {}
    assert results.load(tmp_path / "nothing") == {}


def test_the_table_counts_by_fault_in_the_order_of_the_list() -> None:
    numbers = [OWN.index(case) for case in select(OWN, parse(["--only", "CreateVpc", "--fault", "F1", "--fault", "F2"]))]
    found = [result(numbers[1], "failed"), result(numbers[0], "one more run"), result(numbers[1], "same run")]
    assert report.table(found).splitlines()[2:] == [
        "| F1 killed just before | 1 | 0 | 1 | 0 |",
        "| F2 reply lost | 2 | 1 | 0 | 1 |",
        "| all | 3 | 1 | 1 | 1 |",
    ]


def test_terraform_leftovers_are_distinguished_from_failed_recoveries() -> None:
    def of(held: Any, runs: list[str], left: dict[str, int]) -> Result:
        return Result("k", "terraform", "create", "ec2:CreateVpc", "F2 reply lost", held, runs, ["why"], left)

    found = [
        of("same run", ["ok"], {}),
        of("failed", ["failed", "ok"], {"VPCs": 1}),
        of("failed", ["killed", "failed"], {"keys": 1}),
        of("failed", ["failed", "ok"], {}),
    ]
    assert report.table(found).splitlines()[-1] == "| all | 4 | 1 | 0 | 1 | 1 | 1 |"
    ours = Result("k", "mainstay", "create", "ec2:CreateVpc", "F1 killed just before", "one more run", ["killed", "ok"])
    assert report.table([ours, *found]).splitlines()[2:] == [
        "| F1 killed just before | 1 | 0 | 1 | 0 |  |  |  |  |  |  |",
        "| F2 reply lost |  |  |  |  | 4 | 1 | 0 | 1 | 1 | 1 |",
        "| all | 1 | 0 | 1 | 0 | 4 | 1 | 0 | 1 | 1 | 1 |",
    ]
    assert "| F2 reply lost | ec2:CreateVpc | killed then failed | 1 keys | why |" in report.left_behind(found)


def test_accounts_that_differ_in_ids_and_times_only_are_equal() -> None:
    def vpc(identity: str, when: str, cidr: str = "10.0.0.0/16") -> Any:
        names = {identity: "main"}
        raw = {"VpcId": identity, "CidrBlock": cidr, "CreateTime": when, "Tags": [{"Key": "Name", "Value": "main"}], "Ids": ["b", "a"]}
        return account.settled(raw, names)

    assert vpc("vpc-0123456789abcdef0", "1") == vpc("vpc-0fedcba9876543210", "2")
    assert vpc("vpc-0123456789abcdef0", "1") != vpc("vpc-0123456789abcdef0", "1", "10.1.0.0/16")
    assert vpc("vpc-0123456789abcdef0", "1")["VpcId"] == "vpc(main)"
    assert vpc("vpc-1", "1", "2600:1f18:0:6c00::/56") == vpc("vpc-1", "1", "2600:1f14:73:e200::/56")
    assert vpc("vpc-1", "1", "2600:1f18:0:6c08::/64") != vpc("vpc-1", "1", "2600:1f14:73:e209::/64")


@pytest.mark.parametrize(
    ("found", "lines", "surplus"),
    [
        (ONE, [], {}),
        (TWO, ["VPCs: 2 instead of 1"], {"VPCs": 1}),
        ({}, ["VPCs: 0 instead of 1"], {}),
        ({**ONE, "keys": Counter({"k": 1})}, ["keys: 1 instead of 0"], {"keys": 1}),
        ({"VPCs": Counter({'{"Cidr": "b", "Id": "vpc(main)"}': 1})}, ["VPCs: Cidr is b instead of a"], {}),
    ],
)
def test_differences_between_accounts(found: Any, lines: list[str], surplus: dict[str, int]) -> None:
    assert account.differences(ONE, found) == lines
    assert account.surplus(ONE, found) == surplus


def test_drift_hits_the_same_resources_whatever_the_order_of_creation() -> None:
    """Otherwise the account of a broken run differs from the one of the run without faults."""

    def drifted(order: int) -> list[tuple[str, str]]:
        def tagged(identity: str, name: str, **more: Any) -> dict[str, Any]:
            return {identity: name, "Tags": [{"Key": "Name", "Value": name}], **more}

        association = {"RouteTableAssociationId": "of-", "Main": False}
        lists = {
            "describe_subnets": {"Subnets": [tagged("SubnetId", name) for name in "ab"][::order]},
            "describe_network_acls": {
                "NetworkAcls": [tagged("NetworkAclId", name, Entries=[{"RuleNumber": 100}]) for name in "ab"][::order]
            },
            "describe_route_tables": {
                "RouteTables": [
                    tagged("RouteTableId", name, VpcId="v", Associations=[association | {"RouteTableAssociationId": name}]) for name in "ab"
                ][::order]
            },
        }
        made: list[tuple[str, str]] = []

        class Ec2:
            def __getattr__(self, method: str) -> Any:
                if method in lists:
                    return lambda **_given: lists[method]
                return lambda **given: made.append((method, str(next(iter(given.values())))))

        drift_of_network(Ec2())
        return made

    assert drifted(1) == drifted(-1)
