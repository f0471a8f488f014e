"""Rehearse an inventory, or a change to it, on a local AWS: plan, apply, apply again. Called by make rehearse and make cloud."""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from rehearsal import launcher, seed
from rehearsal.admin_client import AdminClient, AdminError
from rehearsal.kubernetes import build as control_plane
from scripts import change, past
from scripts.playbook import interrupt, play_into, summary_of, warnings_of
from scripts.terminal import BIN, ROOT, Problem, announce, fail, isolated_environment, say, say_line, tool_environment, width

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
    """Account and region from the output of `ansible-inventory --list`.

    All hosts must have the same literal platform_account_id and platform_region: a rehearsal simulates one account in one region."""
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


@cache
def read_inventory(environment: str, path: Path) -> Mapping[str, Any]:
    """The output of `ansible-inventory --list` for an inventory in the work tree or a copy of it elsewhere."""
    command = [str(BIN / "ansible-inventory"), "-i", str(path), "--list"]
    result = subprocess.run(command, cwd=ROOT, env=tool_environment(), capture_output=True, text=True, check=False)
    if result.returncode:
        raise Problem(f"the inventory {environment} cannot be read:\n{result.stderr.strip()}")
    inventory: Mapping[str, Any] = json.loads(result.stdout)
    return inventory


def read_target(environment: str, path: Path | None = None) -> tuple[str, str]:
    """Account and region of an inventory in the work tree or a copy of it elsewhere."""
    return target_of(read_inventory(environment, path or inventory_path(environment)), environment)


def has_clusters(inventory: Mapping[str, Any], arguments: Sequence[str]) -> bool:
    """Whether a run with these arguments is known to start clusters. Does not evaluate --limit: a limited run counts as no."""
    limited = any(argument.startswith(("--limit", "-l")) for argument in arguments)
    return not limited and bool(inventory.get("eks", {}).get("hosts"))


def prepare_clusters(environment: str, path: Path, arguments: Sequence[str] = ()) -> None:
    """Build the Kubernetes control plane up front, showing progress, if the inventory has clusters. Takes minutes, but only once."""
    if not has_clusters(read_inventory(environment, path), arguments):
        return
    try:
        control_plane.binary(say)
    except control_plane.BuildError as error:
        raise Problem(str(error)) from error


def read_seed(inventory: Path, region: str) -> seed.Seed | None:
    """The resources that the account holds before the inventory is applied; None if the inventory defines none."""
    path = inventory / seed.PLACE
    if not path.exists():
        return None
    return seed.load(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path, region)


def start_cloud(environment: str, target: tuple[str, str], keep: bool = True) -> dict[str, Any]:
    """Return the environment's running cloud. Restarts one that simulates another account or region.

    Also restarts one that runs older code, unless ``keep`` preserves its contents."""
    account_id, region = target
    running = launcher.find(environment)
    if running and not keep and running.get("code") != launcher.code():
        launcher.stop(environment)
        running = None
    if running and (running["account_id"], running["region"]) != (account_id, region):
        say(f"The cloud {environment} simulates account {running['account_id']} in {running['region']}; restarting it")
        launcher.stop(environment)
    cloud = launcher.start(launcher.Options(name=environment, account_id=account_id, region=region))
    say(f"The cloud {environment} simulates account {account_id} in {region} at {cloud['endpoint']}")
    return cloud


def fill(cloud: Mapping[str, Any], wanted: seed.Seed | None, environment: str) -> None:
    """Create the seed: the resources that the account holds beforehand. Report them."""
    if wanted is not None:
        say(f"Existing resources in the account (inventories/{environment}/{seed.PLACE}): {seed.apply(wanted, cloud)}")


def read_report(path: Path) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    return report


def print_outcome(report: Mapping[str, Any], log: Path, in_full: bool) -> None:
    """What a run planned or did: the whole summary if it requires action, otherwise a line for each component."""
    if in_full or needs_attention(report):
        print(f"\n{summary_of(log)}\n", flush=True)
        return
    for warning in warnings_of(log):
        say_line(warning)
    for text in component_lines(report):
        say_line(text)


def needs_attention(report: Mapping[str, Any]) -> bool:
    """Whether a plan or run has anything to report besides what it adds, changes, and destroys."""
    others = any(report.get(name) for name in ("failed_tasks", "skipped_without_check_mode"))
    return others or report.get("result") not in ("no_changes", "changes") or any(one["problems"] for one in report["components"])


def component_lines(report: Mapping[str, Any]) -> list[str]:
    """What happens, or happened, to each component, in the words of the summary."""
    names = [one["component"] for one in report.get("components", [])]
    column = max(map(len, names), default=0)
    return [f"{one['component']:<{column}}  {change.counted_in(one)}" for one in report.get("components", [])]


class Rehearsal:
    """One cloud and the steps that run against it. Each step raises Problem if it fails."""

    def __init__(
        self,
        environment: str,
        cloud: Mapping[str, Any],
        arguments: Sequence[str],
        wanted: seed.Seed | None = None,
        how: Sequence[str] = (),
    ) -> None:
        """``how``: additional words of the make command."""
        self.environment = environment
        self.cloud = cloud
        self.arguments = list(arguments)
        self.seed = wanted
        self.how = list(how)
        self.admin = AdminClient(cloud["admin"])
        self.reports = ROOT / ".rehearsal" / environment

    def run(self) -> str:
        """Run all steps and return the final message."""
        self.empty(self.seed)
        self.show("Plan, with read-only credentials")
        self.step("plan", "plan")
        self.show("Apply")
        self.step("apply", "apply")
        self.show("Apply again: expect no changes")
        self.step("again", "apply")
        self.expect_unchanged(["no_changes"])
        from scripts import caches, databases, edges  # load boto3, which the commands that run no rehearsal do not need

        applications, said = self.applications()
        shown = [*databases.logins(self.cloud), *caches.logins(self.cloud), *edges.answers(self.cloud)]
        return "\n".join([self.summary(), *said, *shown, *applications])

    def applications(self) -> tuple[list[str], list[str]]:
        """Ask the applications, if the inventory has any, and show a bad release. Returns what people do, and what came of it."""
        from scripts import applications

        path = inventory_path(self.environment)
        inventory = read_inventory(self.environment, path)
        if not inventory.get("app_deploy", {}).get("hosts") or self.arguments:
            return [], []
        found = applications.answers(self.cloud)
        applications.expect_good(found)
        bad = next(applications.bad_releases(inventory, self.seed or {}), None)
        said = []
        if bad is not None:
            self.show(
                f"Deploy {bad.application} {bad.version}, whose pods start and answer with errors: expect that it is noticed and undone"
            )
            said.append(applications.show_bad_release(self, bad))
        return applications.instructions(self.environment, found), said

    def empty(self, wanted: seed.Seed | None) -> None:
        say("Emptying the account")
        self.admin.reset()
        self.fill(wanted)

    def fill(self, wanted: seed.Seed | None) -> None:
        fill(self.cloud, wanted, self.environment)

    def show(self, title: str) -> None:
        print(flush=True)
        say(title)

    def step(self, name: str, role: str, inventory: Path | None = None, folder: Path = ROOT, in_full: bool = False) -> dict[str, Any]:
        """Run the playbook once and return its report. Its output goes to a file; progress is printed.

        ``in_full``: print the whole summary, and not only what happens to each component.
        """
        path = self.reports / f"{name}.json"
        arguments = [*(["--check", "--diff"] if role == "plan" else []), *self.arguments]
        self.admin.clear_requests()
        started = time.monotonic()
        code, log = self.play(name, role, arguments, inventory=inventory, folder=folder)
        calls = self.admin.requests()
        writes = mutations(calls)
        report = read_report(path)
        print_outcome(report, log, in_full or bool(code))
        print(
            f"    {time.monotonic() - started:.1f} s, {len(calls)} AWS API calls, {sum(writes.values())} of them changes; "
            f"all of the output: {os.path.relpath(log)}",
            flush=True,
        )
        if code:
            raise Problem(f"the step {name!r} failed (exit code {code}); the messages above say why.\n{self.look()}")
        if role == "plan" and writes:
            raise Problem(f"the plan tried to change something: {listed(writes)}.")
        return report

    def play(
        self,
        name: str,
        role: str,
        arguments: Sequence[str],
        playbook: str = "site.yml",
        inventory: Path | None = None,
        folder: Path = ROOT,
    ) -> tuple[int, Path]:
        """Run a playbook with its output and its report in files. Returns its exit code, and the file with the output."""
        path, log = self.reports / f"{name}.json", self.reports / f"{name}.log"
        path.unlink(missing_ok=True)
        extra = {
            **launcher.environment(dict(self.cloud), role),
            **announce(["make", "rehearse", f"ENV={self.environment}", *self.how], self.arguments),
            "MAINSTAY_PLAN_SUMMARY_JSON_PATH": str(path),
            "MAINSTAY_PLAN_SUMMARY_WIDTH": str(width()),
        }
        where = inventory or f"inventories/{self.environment}"
        return play_into(log, where, isolated_environment(extra), arguments, folder, playbook), log

    def expect_unchanged(self, results: Sequence[str], name: str = "again") -> None:
        writes = mutations(self.admin.requests())
        if writes:
            raise Problem(f"the second run changed something again: {listed(writes)}.")
        report = json.loads((self.reports / f"{name}.json").read_text())
        others = [f"{task.get('task')} on {task.get('host')}" for task in report.get("other_changed_tasks", [])]
        if report.get("result") not in results or others:
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
            ]
        )

    def look(self) -> str:
        name = self.environment
        return (
            "The cloud is still running. To explore it:\n"
            f'    eval "$(make -s cloud-env ENV={name})"     # then any client: aws ec2 describe-vpcs, terraform, or\n'
            '    .venv/bin/python -c \'import boto3; print(boto3.client("ec2").describe_vpcs()["Vpcs"])\'\n'
            f"    make plan ENV={name} REHEARSAL=1            # after an edit of inventories/{name}\n"
            f"    make cloud-down ENV={name}                  # when done\n"
            "    make rollout-demo                         # separate demo: a failing Kubernetes rollout is detected and rolled back"
        )


def mutations(calls: Sequence[Mapping[str, Any]]) -> Counter[str]:
    """How often each mutating operation was called."""
    return Counter(f"{call['service']}:{call['operation']}" for call in calls if call["mutating"])


def listed(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count} times" if count > 1 else name for name, count in sorted(counts.items()))


def rehearse(options: argparse.Namespace) -> int:
    """Validate all user input before touching the cloud, then rehearse."""
    name, path = options.environment, inventory_path(options.environment)
    if options.from_code and not options.since:
        raise Problem("FROM_CODE=1 applies FROM with the code of that commit; set FROM=<git reference> too.")
    before = past.find(ROOT, options.since, name) if options.since else None
    target = read_target(name, path)
    wanted = read_seed(path, target[1])
    prepare_clusters(name, path, options.arguments)
    if before is None:
        rehearsal = Rehearsal(name, start_cloud(name, target, keep=False), options.arguments, wanted)
        summary = rehearsal.run()
    else:
        with past.extracted(before, ROOT / ".rehearsal" / name / "past") as folder:
            then = read_past(name, before, folder, target, options.from_code)
            how = [f"FROM={options.since}", *(["FROM_CODE=1"] if options.from_code else [])]
            rehearsal = Rehearsal(name, start_cloud(name, target, keep=False), options.arguments, wanted, how)
            summary = change.run(rehearsal, before, folder, then, options.from_code)
    print()
    say(f"{summary}\n\n{rehearsal.look()}")
    from scripts.picture import draw  # loads boto3

    if (drawn := draw(rehearsal.cloud, name)) is not None:
        say(f"The dashboard of {name} with the rehearsed traffic in it, for a browser: {os.path.relpath(drawn)}")
    return 0


def read_past(environment: str, before: past.Past, folder: Path, target: tuple[str, str], with_code: bool) -> seed.Seed | None:
    """The seed of the inventory as it was. Raises Problem if that inventory is for another account or region, or its seed is invalid."""
    if with_code and not (folder / "site.yml").is_file():
        raise Problem(f"FROM_CODE=1: {before.name} has no site.yml.")
    inventory = folder / "inventories" / environment
    then = read_target(f"{environment} as of {before.name}", inventory)
    if then != target:
        raise Problem(
            f"{environment} as of {before.name} is in account {then[0]}, {then[1]}, and now in {target[0]}, {target[1]}. "
            "That is another platform rather than a change; rehearse it without FROM."
        )
    try:
        return read_seed(inventory, then[1])
    except seed.SeedError as error:
        raise Problem(f"FROM={before.reference}: {error}") from None


def start(options: argparse.Namespace) -> int:
    path = inventory_path(options.environment)
    target = read_target(options.environment, path)
    wanted = read_seed(path, target[1])
    prepare_clusters(options.environment, path)
    fill(start_cloud(options.environment, target), wanted, options.environment)
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m scripts.rehearse", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, function in (("run", rehearse), ("start", start)):
        command = commands.add_parser(name)
        command.set_defaults(function=function)
        command.add_argument("environment", help="the name of a folder in inventories/")
        command.add_argument("arguments", nargs="*", help="for ansible-playbook, after --")
        if name == "run":
            command.add_argument("--from", dest="since", metavar="REFERENCE", help="rehearse the change since this commit, tag or branch")
            command.add_argument("--from-code", action="store_true", help="apply that commit's inventory with that commit's code")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, interrupt)
    try:
        return int(options.function(options))
    except (Problem, launcher.LauncherError, seed.SeedError) as error:
        fail(str(error))
        return 1
    except AdminError as error:
        fail(f"the cloud refused: {error}. If an older version of this checkout started it: make cloud-down ENV={options.environment}")
        return 1
    except KeyboardInterrupt:
        fail("interrupted; run the same command again, it starts over")
        return 130


if __name__ == "__main__":
    sys.exit(main())
