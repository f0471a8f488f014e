"""List what an environment owns in AWS, what nothing has used, and the outputs of its components.

Called by make resources, make unused, and make outputs."""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from rehearsal import launcher
from scripts.plan import target_variables
from scripts.terminal import BIN, ROOT, Problem, fail

COLUMNS = ("component", "address", "id", "arn")
UNUSED = ("component", "what", "id", "reason", "created")
NOT_OURS = "-"
"""What a controller made for a cluster has no component."""
UUID = re.compile(r"/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
"""Suffix that EKS appends to the ARNs of node groups and Fargate profiles, which have no ID."""


def id_of(arn: str) -> str:
    """The ID or name that other AWS calls use for a resource, from its ARN."""
    service, resource = arn.split(":", 5)[2], arn.split(":", 5)[5]
    kind, separator, rest = resource.partition(":" if resource.startswith("log-group:") else "/")
    if not separator:
        return resource
    if service == "iam" and kind in ("role", "policy"):
        return rest.rpartition("/")[2]
    return UUID.sub("", rest)


def resources_of(places: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Every resource once, by component and address. Raises Problem if AWS rejected a list call."""
    for place in places:
        if not place["looked"]:
            raise Problem(f"the resources in {place['region']} could not be listed: {place['reason']}")
    found = {one["arn"]: one for place in places for one in place["resources"]}
    rows = [{**one, "id": id_of(one["arn"])} for one in found.values()]
    return sorted(rows, key=lambda one: (one["component"], one["address"], one["arn"]))


def unused_of(found: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What is not used, and what is too young to judge, of all places. Raises Problem if AWS rejected a call."""
    for place in found:
        if not place["looked"]:
            raise Problem(f"what is used in {place['region']} could not be read: {place['reason']}")
    found_in = {
        name: {one["arn"]: {**one, "id": id_of(one["arn"])} for place in found for one in place[name]} for name in ("resources", "young")
    }
    return {
        "days": found[0]["days"],
        "judged": sum(place["judged"] for place in found),
        "unused": [*found_in["resources"].values()],
        "young": [*found_in["young"].values()],
    }


def as_report(found: Mapping[str, Any]) -> str:
    """The unused resources as a table, and what it leaves out."""
    rows, young, days = found["unused"], found["young"], found["days"]
    counted = f"{len(rows)} of {found['judged']} resources that are judged were not used in {days} days"
    ages = f"; {len(young)} are younger and not judged yet" if young else ""
    return f"{as_table(rows, UNUSED)}\n{counted}{ages}.\n" if rows else f"{counted}{ages}.\n"


def as_table(rows: Sequence[Mapping[str, str]], columns: Sequence[str] = COLUMNS) -> str:
    """The resources as lines of aligned columns under a heading."""
    lines = [tuple(columns), *(tuple(row[name] or NOT_OURS for name in columns) for row in rows)]
    widths = [max(len(line[number]) for line in lines) for number in range(len(columns))]
    return "\n".join("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip() for line in lines) + "\n"


def read(options: argparse.Namespace) -> Mapping[str, Any]:
    """The playbook's output file. Raises Problem, with the playbook's output, if it fails."""
    variables = {**target_variables(options, "plan"), "MAINSTAY_PROGRESS": "never"}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "owned.json"
        chosen = {f"owned_{name}": options.command == name for name in ("resources", "outputs", "unused")}
        wanted = {"owned_file": str(file), "owned_days": options.days, **chosen}
        inventory = f"inventories/{options.environment}"
        command = [str(BIN / "ansible-playbook"), "playbooks/owned.yml", "-i", inventory, "--extra-vars", json.dumps(wanted)]
        done = subprocess.run([*command, *options.arguments], cwd=ROOT, env=variables, capture_output=True, text=True, check=False)
        if done.returncode or not file.exists():
            raise Problem(f"what {options.environment} owns could not be read:\n{done.stdout}{done.stderr}")
        found: Mapping[str, Any] = json.loads(file.read_text())
        return found


def shown(options: argparse.Namespace, found: Mapping[str, Any]) -> str:
    if options.command == "outputs":
        outputs = found["outputs"]
        return _json(outputs) if options.format == "json" else yaml.safe_dump(outputs, sort_keys=True, width=140)
    if options.command == "unused":
        report = unused_of(found["unused"])
        return _json(report) if options.format == "json" else as_report(report)
    rows = resources_of(found["places"])
    return _json(rows) if options.format == "json" else as_table(rows)


def _json(value: object) -> str:
    return json.dumps(value, indent=2, sort_keys=True) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m scripts.owned", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("resources", "outputs", "unused"):
        command = commands.add_parser(name)
        command.add_argument("environment", help="the name of a folder in inventories/")
        command.add_argument("arguments", nargs="*", help="for ansible-playbook, after --")
        command.add_argument("--rehearsal", action="store_true", help="on the running rehearsal cloud")
        command.add_argument("--format", choices=("text", "json"), default="text")
        command.add_argument("--days", type=int, default=30, help="for unused: how many days back (30)")
    options = parser.parse_args(arguments)
    try:
        print(shown(options, read(options)), end="")
    except (Problem, launcher.LauncherError) as error:
        fail(str(error))
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
