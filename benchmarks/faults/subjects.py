"""The subjects under test: this collection's playbooks and Terraform. Each has its own cloud, behind a proxy."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from benchmarks import subjects
from benchmarks.faults import processes
from benchmarks.faults.processes import Command, Ended
from benchmarks.faults.proxy import Proxy, Rule
from benchmarks.faults.scenarios import ENVIRONMENT, SCENARIOS, inventory
from benchmarks.provider import Tools
from benchmarks.subjects import Unexpected
from rehearsal.testing import Cloud
from scripts.terminal import BIN, ROOT, isolated_environment

NO_LIMITS: Mapping[str, int] = {}


def _playbook(scenario: str) -> tuple[str, ...]:
    """A scenario's playbook and its arguments."""
    return ("playbooks/destroy.yml", "--extra-vars", f"destroy={ENVIRONMENT}") if SCENARIOS[scenario].destroy else ("site.yml",)


class Subject(Protocol):
    """One of the compared subjects. It can bring an account to the start of a scenario and run the command in which a call is broken."""

    def prepare(self, scenario: str, variables: Mapping[str, Any]) -> None:
        """An account at the start of the scenario, and an input with these variables. Raises Unexpected if that fails."""
        ...

    def run(self, scenario: str, rule: Rule | None = None, limits: Mapping[str, int] = NO_LIMITS) -> Ended: ...

    def run_stopped(self, scenario: str, rule: Rule, after: Callable[[], None]) -> tuple[Ended, Ended]:
        """(a run stopped at a call, the run that replaces it in the meantime). ``after`` is called between the end of the second and the
        resumption of the first.
        """
        ...

    def plan_is_empty(self, scenario: str) -> str:
        """Plans once more and returns the remaining changes; empty if there are none."""
        ...


class Playbook:
    """site.yml or the destroy playbook on an inventory of files, in its own process."""

    def __init__(self, cloud: Cloud, proxy: Proxy, folder: Path) -> None:
        self.cloud, self.proxy, self.folder = cloud, proxy, folder
        self.summary = folder / "summary.json"

    def prepare(self, scenario: str, variables: Mapping[str, Any]) -> None:
        chosen = SCENARIOS[scenario]
        self.cloud.admin.reset()
        if chosen.before is not None:
            self._write(chosen.before)
            ended = self._play("site.yml")
            if not ended.ok:
                raise Unexpected(f"the start of {scenario} could not be made:\n{ended.printed}")
        chosen.between(self.cloud)
        self._write({**chosen.after, **variables})

    def _write(self, variables: Any) -> None:
        for name, content in inventory(variables, self.cloud.account_id).items():
            path = self.folder / "inventory" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(content))  # JSON is valid YAML

    def run(self, scenario: str, rule: Rule | None = None, limits: Mapping[str, int] = NO_LIMITS) -> Ended:
        return processes.run(self._command(*_playbook(scenario), limits=limits), self.proxy, rule)

    def run_stopped(self, scenario: str, rule: Rule, after: Callable[[], None]) -> tuple[Ended, Ended]:
        others: list[Ended] = []

        def meanwhile() -> None:
            others.append(processes.run(self._command(*_playbook(scenario), log="other.log"), self.proxy))
            after()

        first = processes.run_stopped(self._command(*_playbook(scenario)), self.proxy, rule, meanwhile)
        return first, others[0] if others else first

    def _play(self, playbook: str, *more: str) -> Ended:
        return processes.run(self._command(playbook, *more), self.proxy)

    def _command(self, playbook: str, *more: str, log: str = "run.log", limits: Mapping[str, int] = NO_LIMITS) -> Command:
        self.summary.unlink(missing_ok=True)
        command = [str(BIN / "ansible-playbook"), playbook, "-i", str(self.folder / "inventory"), *more]
        there = {"AWS_ENDPOINT_URL": self.proxy.endpoint, "MAINSTAY_REHEARSAL_ENDPOINT": self.proxy.endpoint}
        reported = {"MAINSTAY_PLAN_SUMMARY_JSON_PATH": str(self.summary), "ANSIBLE_NOCOLOR": "1"}
        environment = isolated_environment({**self.cloud.environment(), **there, **reported})
        return Command(command, ROOT, environment, self.folder / log, limits)

    def plan_is_empty(self, scenario: str) -> str:
        self.cloud.admin.clear_requests()
        ended = self.run(scenario)
        if not ended.ok:
            return f"the last run failed: {last_lines(ended.printed)}"
        changed = sorted({request["operation"] for request in self.cloud.admin.requests() if request["mutating"]})
        if changed:
            return f"the last run still called {', '.join(changed)}"
        said = json.loads(self.summary.read_text())["result"]
        return "" if said == "no_changes" else f"the last run ended with {said}"


class Terraform:
    """terraform apply on the benchmarks' network, in one zone."""

    def __init__(self, cloud: Cloud, proxy: Proxy, folder: Path, tools: Tools) -> None:
        self.cloud, self.proxy, self.folder = cloud, proxy, folder
        self.terraform = subjects.Terraform(cloud, folder, tools)

    def prepare(self, scenario: str, variables: Mapping[str, Any]) -> None:
        self.cloud.admin.reset()
        for pattern in ("terraform.tfstate*", ".terraform.tfstate*"):
            for path in self.terraform.folder.glob(pattern):
                path.unlink()
        self.terraform.prepare(subjects.Size())
        path = self.terraform.folder / "terraform.tfvars.json"
        given = json.loads(path.read_text())
        for network in given["networks"].values():
            network["availability_zones"] = network["availability_zones"][:1]
        path.write_text(json.dumps({**given, "endpoint": self.proxy.endpoint}))

    def run(self, scenario: str, rule: Rule | None = None, limits: Mapping[str, int] = NO_LIMITS) -> Ended:
        return self._terraform(*self.terraform.command("create")[1:], rule=rule)

    def _terraform(self, *arguments: str, rule: Rule | None = None) -> Ended:
        command = [self.terraform.tools.terraform, *arguments]
        log = self.folder / "run.log"
        return processes.run(Command(command, self.terraform.folder, self.terraform.environment(), log), self.proxy, rule)

    def run_stopped(self, scenario: str, rule: Rule, after: Callable[[], None]) -> tuple[Ended, Ended]:
        raise Unexpected("Terraform has no lock that gives way")

    def plan_is_empty(self, scenario: str) -> str:
        ended = self._terraform(*self.terraform.command("plan")[1:], "-detailed-exitcode")
        # 0: no changes, 1: failed, 2: changes
        return {0: "", 2: "the last plan is not empty"}.get(ended.code, f"the last plan failed: {last_lines(ended.printed)}")


def last_lines(printed: str, most: int = 600) -> str:
    """The part of the output that explains a failure: from its first error on, else its end."""
    text = printed.strip()
    for mark in ("[ERROR]", "Error:", "fatal:", "FAILED"):
        if mark in text:
            return " ".join(text[text.index(mark) :][:most].split())
    return " ".join(text[-most:].split())
