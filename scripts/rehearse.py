"""Rehearses an inventory on a local AWS: plan, apply, apply again. Called by make rehearse, cloud, plan and apply."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rehearsal import launcher
from rehearsal.admin_client import AdminClient
from scripts.terminal import BIN, ROOT, Problem, fail, isolated_environment, say, tool_environment

WANTED = ("platform_account_id", "platform_region")


def inventory_path(environment: str) -> Path:
    path = ROOT / "inventories" / environment
    if not path.is_dir():
        known = sorted(entry.name for entry in path.parent.glob("*") if entry.is_dir())
        raise Problem(
            f"there is no inventory inventories/{environment}; there are: {', '.join(known) or 'none'}. Choose one with ENV=<name>."
        )
    return path


def target_of(inventory: Mapping[str, Any], name: str) -> tuple[str, str]:
    """Account and region of what `ansible-inventory --list` printed.

    Every host must have the same literal platform_account_id and platform_region: a rehearsal plays one account in one region."""
    hosts: Mapping[str, Mapping[str, Any]] = inventory.get("_meta", {}).get("hostvars", {})
    if not hosts:
        raise Problem(
            f"the inventory {name} has no hosts with variables; components are hosts, and group_vars/all sets {' and '.join(WANTED)}."
        )
    found = []
    for variable in WANTED:
        values = {str(variables[variable]) for variables in hosts.values() if variables.get(variable) not in (None, "")}
        if len(values) != 1:
            raise Problem(
                f"{variable} must have one value in the inventory {name}, but has {len(values)}"
                f"{': ' + ', '.join(sorted(values)) if values else ''}. Set it once, in inventories/{name}/group_vars/all."
            )
        found.append(values.pop())
    if any("{{" in value for value in found):
        raise Problem(
            f"{' and '.join(WANTED)} must be plain text in inventories/{name}/group_vars/all: they are read before any play runs."
        )
    return found[0], found[1]


def read_target(environment: str) -> tuple[str, str]:
    path = inventory_path(environment)
    command = [str(BIN / "ansible-inventory"), "-i", str(path), "--list"]
    result = subprocess.run(command, cwd=ROOT, env=tool_environment(), capture_output=True, text=True, check=False)
    if result.returncode:
        raise Problem(f"the inventory {environment} cannot be read:\n{result.stderr.strip()}")
    return target_of(json.loads(result.stdout), environment)


def start_cloud(environment: str) -> dict[str, Any]:
    """The running cloud of the environment; one that plays another account or region is started anew."""
    account_id, region = read_target(environment)
    running = launcher.find(environment)
    if running and (running["account_id"], running["region"]) != (account_id, region):
        say(f"The cloud {environment} plays account {running['account_id']} in {running['region']}; starting it anew")
        launcher.stop(environment)
    cloud = launcher.start(launcher.Options(name=environment, account_id=account_id, region=region))
    say(f"The cloud {environment} plays account {account_id} in {region} at {cloud['endpoint']}")
    return cloud


def play(environment: str, variables: Mapping[str, str], arguments: Sequence[str]) -> int:
    """Runs site.yml and returns its exit code; what it prints goes to the terminal."""
    command = [str(BIN / "ansible-playbook"), "site.yml", "-i", f"inventories/{environment}", *arguments]
    print(f"    ansible-playbook {' '.join(command[1:])}", flush=True)
    return subprocess.run(command, cwd=ROOT, env=dict(variables), check=False).returncode


class Rehearsal:
    """One cloud and the steps that are run against it; every step raises Problem when it does not hold."""

    def __init__(self, environment: str, cloud: Mapping[str, Any], arguments: Sequence[str]) -> None:
        self.environment = environment
        self.cloud = cloud
        self.arguments = list(arguments)
        self.admin = AdminClient(cloud["admin"])
        self.reports = ROOT / ".rehearsal" / environment

    def run(self) -> None:
        say("Emptying the account")
        self.admin.reset()
        self._step("plan", "Plan, with credentials that may only read", "plan", ["--check", "--diff"])
        self._step("apply", "Apply", "apply", [])
        self._step("again", "Apply again: nothing may change", "apply", [])
        self._expect_unchanged("again")

    def _step(self, name: str, title: str, role: str, arguments: list[str]) -> None:
        report = self.reports / f"{name}.json"
        report.unlink(missing_ok=True)
        variables = isolated_environment(
            {**launcher.environment(dict(self.cloud), role), "MAINSTAY_PLAN_SUMMARY_JSON_PATH": str(report)},
        )
        print(flush=True)
        say(title)
        self.admin.clear_requests()
        started = time.monotonic()
        code = play(self.environment, variables, [*arguments, *self.arguments])
        calls = self.admin.requests()
        writes = mutations(calls)
        print(
            f"    {time.monotonic() - started:.1f} s, {len(calls)} calls of AWS, {sum(writes.values())} of them changing something",
            flush=True,
        )
        if code:
            raise Problem(f"the step {name!r} failed (exit code {code}); the messages above say why. {self._look()}")
        if role == "plan" and writes:
            raise Problem(f"the plan tried to change something: {listed(writes)}.")

    def _expect_unchanged(self, name: str) -> None:
        writes = mutations(self.admin.requests())
        if writes:
            raise Problem(f"the second run changed something again: {listed(writes)}.")
        report = json.loads((self.reports / f"{name}.json").read_text())
        others = [f"{task.get('task')} on {task.get('host')}" for task in report.get("other_changed_tasks", [])]
        if report.get("result") != "no_changes" or others:
            raise Problem(f"the second run reported changes ({report.get('result')}{': ' + ', '.join(others) if others else ''}).")

    def summary(self) -> str:
        built = json.loads((self.reports / "apply.json").read_text())
        kinds = Counter(
            action["kind"]
            for component in built.get("components", [])
            for action in component.get("actions", [])
            if action.get("outcome") == "done"
        )
        lines = [f"    {count:>4} {kind}" for kind, count in sorted(kinds.items())]
        return "\n".join(
            [
                f"The rehearsal of {self.environment} passed: planned, applied, and a second run changed nothing.",
                f"Built {sum(kinds.values())} resources in account {self.cloud['account_id']}, {self.cloud['region']}:",
                *lines,
                "",
                self._look(),
            ]
        )

    def _look(self) -> str:
        name = self.environment
        return (
            "The cloud is still up. To look around:\n"
            f'    eval "$(make -s cloud-env ENV={name})"     # then any client: aws ec2 describe-vpcs, terraform, or\n'
            '    .venv/bin/python -c \'import boto3; print(boto3.client("ec2").describe_vpcs()["Vpcs"])\'\n'
            f"    make plan ENV={name} REHEARSAL=1            # after an edit of inventories/{name}\n"
            f"    make cloud-down ENV={name}                  # when done"
        )


def mutations(calls: Sequence[Mapping[str, Any]]) -> Counter[str]:
    """How often each mutating operation was called."""
    return Counter(f"{call['service']}:{call['operation']}" for call in calls if call["mutating"])


def listed(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count} times" if count > 1 else name for name, count in sorted(counts.items()))


def rehearse(options: argparse.Namespace) -> int:
    rehearsal = Rehearsal(options.environment, start_cloud(options.environment), options.arguments)
    rehearsal.run()
    print()
    say(rehearsal.summary())
    return 0


def start(options: argparse.Namespace) -> int:
    start_cloud(options.environment)
    return 0


def target_variables(options: argparse.Namespace, role: str) -> dict[str, str]:
    """The environment of a run: with --rehearsal the running cloud's, else the caller's own."""
    inventory_path(options.environment)
    if not options.rehearsal:
        return tool_environment()
    cloud = launcher.find(options.environment)
    if cloud is None:
        raise Problem(f"the rehearsal cloud of {options.environment} does not run; start it with: make rehearse ENV={options.environment}")
    return isolated_environment(launcher.environment(cloud, role))


def place(options: argparse.Namespace) -> str:
    return "on its rehearsal cloud" if options.rehearsal else "with the credentials of this shell"


def plan(options: argparse.Namespace) -> int:
    """Check mode only. With --rehearsal against the running cloud, else wherever the caller's credentials lead."""
    variables = target_variables(options, "plan")
    say(f"Plan of {options.environment} {place(options)}; nothing is changed")
    arguments = ["--check", "--diff", *options.arguments]
    if not options.out:
        return play(options.environment, variables, arguments)
    out = Path(options.out).absolute()
    before = written(out)
    code = play(options.environment, variables, [*arguments, "--extra-vars", json.dumps({"platform_plan_out": str(out)})])
    if code == 0 and written(out) == before:
        raise Problem(f"no plan was saved in {out}: no component took part in this run, or one of them could not be planned.")
    return code


def written(path: Path) -> tuple[int, int] | None:
    """What tells one writing of a file from the next."""
    return (path.stat().st_ino, path.stat().st_mtime_ns) if path.exists() else None


def apply(options: argparse.Namespace) -> int:
    """Does what a saved plan says, and nothing else."""
    path = Path(options.plan).absolute()
    if not path.is_file():
        raise Problem(f"there is no file {path}; make one with: make plan ENV={options.environment} OUT={options.plan}")
    variables = target_variables(options, "apply")
    say(f"Apply of {path} to {options.environment} {place(options)}")
    return play(options.environment, variables, ["--extra-vars", json.dumps({"platform_plan": str(path)}), *options.arguments])


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m scripts.rehearse", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, function in (("run", rehearse), ("start", start), ("plan", plan), ("apply", apply)):
        command = commands.add_parser(name)
        command.set_defaults(function=function)
        command.add_argument("environment", help="the name of a folder in inventories/")
        command.add_argument("arguments", nargs="*", help="for ansible-playbook, after --")
        if name in ("plan", "apply"):
            command.add_argument("--rehearsal", action="store_true")
        if name == "plan":
            command.add_argument("--out", help="file to save the plan in")
        if name == "apply":
            command.add_argument("--plan", required=True, help="file with a saved plan")
    options = parser.parse_args(arguments)
    try:
        return int(options.function(options))
    except (Problem, launcher.LauncherError) as error:
        fail(str(error))
        return 1
    except KeyboardInterrupt:
        fail("interrupted; run the same command again, it starts over")
        return 130


if __name__ == "__main__":
    sys.exit(main())
