"""The two subjects: their inputs, the commands that a user would type, and the output expected of each."""

from __future__ import annotations

import json
import re
import secrets
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from benchmarks import clusters, databases
from benchmarks.parts import PARTS
from benchmarks.provider import Tools, write_cli_config
from rehearsal.testing import Cloud
from scripts.terminal import BIN, ROOT, isolated_environment

Step = Literal["create", "unchanged", "plan"]
STEPS: tuple[Step, ...] = ("create", "unchanged", "plan")

ENVIRONMENT, COMPONENT, CLUSTERS, DATABASES = "bench", "network", "cluster", "database"
REGION = "af-south-1"
ZONES = [f"{REGION}{letter}" for letter in "abc"]


class Unexpected(Exception):
    """A run did something other than what it is timed for; the message shows its output."""


def networks(count: int) -> dict[str, dict[str, Any]]:
    """The input of both: this many networks in three zones."""
    return {f"net{index:02}": {"cidr": f"10.{index}.0.0/16", "availability_zones": ZONES} for index in range(1, count + 1)}


@dataclass(frozen=True)
class Size:
    """What is built: the number of components, of networks in each, and of clusters and databases in the first network; or ``count`` of a
    ``part``, one of PARTS, and nothing else.

    ``poll``: overrides the roles' longest poll interval.
    """

    networks: int = 1
    clusters: int = 0
    databases: int = 0
    part: str = ""
    count: int = 0
    hosts: int = 1
    poll: float | None = None

    @property
    def components(self) -> int:
        return self.hosts + bool(self.clusters) + bool(self.databases) + bool(self.part)

    @property
    def contents(self) -> str:
        """What is in the first network, in words."""
        counts = {"cluster": self.clusters, "database": self.databases}
        return " and ".join(f"{count} {noun}{'' if count == 1 else 's'}" for noun, count in counts.items() if count)


class Subject(Protocol):
    """One of the compared subjects. It has its own cloud, so that the other's resources cannot affect it."""

    name: str
    label: str
    cloud: Cloud

    def prepare(self, size: Size) -> None:
        """Writes the input and discards earlier builds."""
        ...

    def command(self, step: Step) -> list[str]: ...

    def environment(self) -> dict[str, str]: ...

    @property
    def folder(self) -> Path:
        """Where the command runs."""
        ...

    def check(self, step: Step, output: str) -> dict[str, Any]:
        """Verifies that the run did what the step says; returns what the run reports about itself. Raises Unexpected."""
        ...


class Playbook:
    """ansible-playbook site.yml with an inventory, as a user would run it."""

    name = "mainstay.aws"

    def __init__(self, cloud: Cloud, scratch: Path) -> None:
        self.cloud = cloud
        self.folder = ROOT
        self.inventory = scratch / "inventory"
        self.summary = scratch / "summary.json"
        self.size = Size()
        (self.inventory / "group_vars").mkdir(parents=True)
        core = subprocess.run([BIN / "ansible-playbook", "--version"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        self.label = f"mainstay.aws, {core.splitlines()[0].removeprefix('ansible-playbook ').strip('[]')}"

    def prepare(self, size: Size) -> None:
        self.size = size
        shared = {
            "ansible_connection": "local",
            "platform_environment": ENVIRONMENT,
            "platform_region": REGION,
            "platform_account_id": self.cloud.account_id,
            "platform_tags": {"platform": "benchmark"},
        }
        # JSON is YAML.
        names = [COMPONENT, *(f"{COMPONENT}-{number:02}" for number in range(2, size.hosts + 1))] if size.hosts else []
        further = {
            "eks": (CLUSTERS, size.clusters),
            "rds": (DATABASES, size.databases),
        }
        part = PARTS.get(size.part)
        if part:
            further[part.group] = part.component, size.count
        hosts = {"vpc": names, **{group: [host] for group, (host, count) in further.items() if count}}
        groups = {group: {"hosts": dict.fromkeys(found)} for group, found in hosts.items() if found}
        built_in = next(iter(networks(1)))
        variables: dict[str, dict[str, Any]] = {
            "all": shared,
            "vpc": {"vpc_networks": networks(size.networks)},
            "eks": {"eks_clusters": clusters.for_role(size.clusters), "eks_network": built_in, "eks_manage_content": False},
            "rds": {"rds_databases": databases.for_role(size.databases), "rds_network": built_in, "rds_manage_content": False},
        }
        if part:
            variables[part.group] = part.for_role(size.count)
        if size.poll:
            variables["all"]["platform_poll_interval"] = size.poll
        (self.inventory / "hosts.yml").write_text(json.dumps(groups))
        for group, values in variables.items():
            (self.inventory / "group_vars" / f"{group}.yml").write_text(json.dumps(values))

    def command(self, step: Step) -> list[str]:
        base = [str(BIN / "ansible-playbook"), "site.yml", "-i", str(self.inventory), "--forks", str(max(5, self.size.hosts))]
        return [*base, "--check", "--diff"] if step == "plan" else base

    def environment(self) -> dict[str, str]:
        return isolated_environment({**self.cloud.environment(), "MAINSTAY_PLAN_SUMMARY_JSON_PATH": str(self.summary)})

    def check(self, step: Step, output: str) -> dict[str, Any]:
        try:
            summary = json.loads(self.summary.read_text())
            self.summary.unlink()
            components = summary["components"]
        except (OSError, ValueError, LookupError):
            raise Unexpected(f"{self.name} ({step}) left no summary:\n{output}") from None
        wanted = "changes" if step == "create" else "no_changes"
        if summary["result"] != wanted:
            raise Unexpected(f"{self.name} ({step}) ended with {summary['result']}, not {wanted}:\n{output}")
        expected = self.size.components
        if len(components) != expected:
            raise Unexpected(f"{self.name} ({step}) spoke of {len(components)} components, not {expected}:\n{output}")
        resources = sum(one["counts"]["create"] + one["counts"]["unchanged"] for one in components)
        # What is in the network waits for it, and runs side by side.
        networks, inside = components[: self.size.hosts][:1], components[self.size.hosts :]
        module_seconds = sum(one["seconds"] for one in networks) + max((one["seconds"] for one in inside), default=0.0)
        return {"resources": resources, "module_seconds": module_seconds}


class Terraform:
    """terraform apply and plan on the configuration in terraform/, or in one of its folders, with a local state file."""

    name = "Terraform"

    SAYS: Mapping[Step, str] = {
        "create": r"Apply complete! Resources: (\d+) added, 0 changed, 0 destroyed",
        "unchanged": r"Apply complete! Resources: 0 added, 0 changed, 0 destroyed",
        "plan": r"No changes\.",
    }

    def __init__(self, cloud: Cloud, scratch: Path, tools: Tools, part: str = "") -> None:
        self.cloud = cloud
        self.tools = tools
        self.label = tools.label
        self.folder = scratch / "terraform"
        shutil.copytree(ROOT / "benchmarks" / "terraform" / part, self.folder)
        self.settings = {"TF_CLI_CONFIG_FILE": str(write_cli_config(tools, scratch)), "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}
        if tools.provider_version < (5, 0, 0) and not part:
            # Without it, these versions request an EC2-Classic address; later ones do not support the argument.
            (self.folder / "network" / "version_override.tf").write_text('resource "aws_eip" "nat" {\n  vpc = true\n}\n')
        self._initialize()

    def _initialize(self) -> None:
        command = [self.tools.terraform, "init", "-input=false", "-no-color"]
        done = subprocess.run(command, cwd=self.folder, env=self.environment(), capture_output=True, text=True, check=False)
        if done.returncode:
            raise Unexpected(f"terraform init failed:\n{done.stdout}{done.stderr}")

    def prepare(self, size: Size) -> None:
        for path in self.folder.glob("terraform.tfstate*"):
            path.unlink()
        variables = {
            **self._described(size),
            "environment": ENVIRONMENT,
            "component": self._component(size),
            "region": REGION,
            "endpoint": self.cloud.endpoint,
        }
        (self.folder / "terraform.tfvars.json").write_text(json.dumps(variables))

    @staticmethod
    def _component(size: Size) -> str:
        return PARTS[size.part].component if size.part else COMPONENT

    def _described(self, size: Size) -> dict[str, Any]:
        if not size.part:
            return self._platform(size)
        part = PARTS[size.part]
        return part.for_terraform(size.count, Place(ENVIRONMENT, part.component, REGION, self.cloud.account_id))

    @staticmethod
    def _platform(size: Size) -> dict[str, Any]:
        return {
            "networks": networks(size.networks),
            **clusters.for_terraform(size.clusters, next(iter(networks(1)))),
            **databases.for_terraform(size.databases, next(iter(networks(1)))),
            "cluster_component": CLUSTERS,
            "database_component": DATABASES,
            "database_passwords": {name: secrets.token_hex(20) for name in databases.names(size.databases)},
        }

    def command(self, step: Step) -> list[str]:
        verb = ["plan"] if step == "plan" else ["apply", "-auto-approve"]
        return [self.tools.terraform, *verb, "-input=false", "-no-color"]

    def environment(self) -> dict[str, str]:
        # Its endpoints are set in the configuration, where every version of the provider reads them.
        cloud = {name: value for name, value in self.cloud.environment().items() if name != "AWS_ENDPOINT_URL"}
        return isolated_environment({**cloud, **self.settings})

    def check(self, step: Step, output: str) -> dict[str, Any]:
        said = re.search(self.SAYS[step], output)
        if said is None:
            raise Unexpected(f"{self.name} ({step}) did not say {self.SAYS[step]!r}:\n{output}")
        return {"resources": int(said[1])} if step == "create" else {}


def labels(subjects: Sequence[Subject]) -> str:
    return " against ".join(subject.label for subject in subjects)
