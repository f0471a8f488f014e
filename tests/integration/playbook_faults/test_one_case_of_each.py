"""One case of each fault with a real playbook and real connections; `make faults` runs all of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

import pytest

from benchmarks.faults import __main__ as command
from benchmarks.faults import results
from benchmarks.faults.processes import Command
from benchmarks.faults.scenarios import Case, cases
from tests.runs import Run, start_playbook_into

CHOSEN = {
    "F1 killed just before": "ec2:AttachInternetGateway",
    "F2 reply lost": "ec2:CreateVpc",
    "F3 killed just after": "ec2:CreateNatGateway",
    "F4 RequestLimitExceeded x3": "ec2:CreateSubnet",
    "F5 connection reset x3": "kms:CreateKey",
    "F6 500 x2": "logs:CreateLogGroup",
    "F8 lists lag by 1 s, reply lost": "ec2:AllocateAddress",
    "F9 new role refused for 10 s": "ec2:CreateFlowLogs",
    "F10 first use of a service-linked role x2": "ec2:CreateNatGateway",
    "F11 reply breaks off": "iam:CreateRole",
    "F12 page with status 200, done": "ec2:CreateInternetGateway",
    "F12 page in place of a list x3": "ec2:DescribeInternetGateways",
    "F13 killed just after, lists lag by 8 s": "ec2:AllocateAddress",
}
"""A hang (F7) lasts as long as the client's timeout, a minute: tests/unit/aws covers it with a short one. A stopped process (F14) is
covered in tests/integration/lock, because its lock lasts for two minutes. Exhausted machine resources (F15) are covered by unit tests
and by the campaign.
"""


def chosen() -> Iterator[Case]:
    for case in cases("mainstay"):
        if CHOSEN.get(case.fault.name) == case.operation:
            # the time does not matter here, as long as it passes during the run
            spreading = {name: 2.0 for name in case.fault.settings if name == "propagation_seconds"}
            yield replace(case, fault=replace(case.fault, settings={**case.fault.settings, **spreading}))


def forked(command: Command, output: IO[str]) -> Run:
    """Starts a run of the campaign as a fork: from then on a process like any other, which can be stopped and killed."""
    program, *arguments = command.words
    assert (Path(program).name, command.limits) == ("ansible-playbook", {})
    return start_playbook_into(output, arguments, command.environment, command.folder)


def test_one_case_of_each_fault_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Command, "start", forked)
    monkeypatch.setattr(results, "FILE", tmp_path / "faults.jsonl")
    monkeypatch.setattr(command, "LOGS", tmp_path / "logs")
    tried: dict[str, Any] = {}
    with ExitStack() as stack:
        tried = command.tried(command.open_lanes(stack, 2, None), list(chosen()), 2, lambda _subject: "test")
    assert {result.fault for result in tried.values()} == set(CHOSEN)
    assert {key: result.problems for key, result in tried.items() if result.held == "failed"} == {}
    killed = {result.fault.split()[0] for result in tried.values() if "killed" in result.runs}
    assert killed == {"F1", "F3", "F13"}
