# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Runs the checkout's playbooks with an inventory, as a user would, and reads their reports."""

from __future__ import annotations

import atexit
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from rehearsal import seed
from rehearsal.identities import ROLES
from rehearsal.testing import Cloud
from scripts.terminal import ROOT, isolated_environment
from tests.runs import KEEP_RESULTS, run_playbook

INVENTORIES = sorted(
    str(path.parent.relative_to(ROOT)) for pattern in ("inventories/*/hosts.yml", "examples/*/*/hosts.yml") for path in ROOT.glob(pattern)
)


NOTHING_INSIDE = (
    "--extra-vars",
    '{"eks_manage_content": false, "eks_drain_api_timeout": 0.5, "rds_manage_content": false, "app_deploy_manage": false}',
)
"""These clusters have no control plane and these instances no server, so nothing can be installed in them, and nothing needs to wait for
their response."""

APPLICATIONS = ("--extra-vars", '{"app_deploy_manage": true}')
"""For a plan from nothing: applications are planned too, because no cluster exists yet that they could be looked up in."""

CONTENT = ("--extra-vars", '{"rds_manage_content": true}')
"""For a cloud with PostgreSQL servers: what is inside the instances is managed too."""

GENERATED = "{{ ansible_play_hosts_all | map('extract', hostvars) | mainstay.aws.iam_policies | to_json }}"

LARGEST = 6144
"""AWS's limit on a managed policy's characters, without white space."""


@dataclass(frozen=True)
class Run:
    """The results of an ansible-playbook run: exit code, terminal output, and the plan summary's report."""

    code: int
    output: str
    report: dict[str, Any]

    @property
    def actions(self) -> dict[str, dict[str, Any]]:
        """Every action of every component by address."""
        return {action["address"]: action for component in self.report["components"] for action in component["actions"]}

    @property
    def totals(self) -> dict[str, int]:
        """Number of resources by planned or completed action, without zeros."""
        part = self.report["totals"]["plan" if self.report["check_mode"] else "run"]
        return {name: count for name, count in part.items() if count}


def variables(inventory: str, group: str = "all") -> dict[str, Any]:
    """The variables that an inventory sets for a group, with templates unresolved; none if it has no file for the group."""
    path = ROOT / inventory / "group_vars" / f"{group}.yml"
    found: dict[str, Any] = yaml.safe_load(path.read_text()) if path.exists() else {}
    return found


def has_group(inventory: str, group: str) -> bool:
    """Whether an inventory has hosts in this group."""
    hosts: dict[str, Any] = yaml.safe_load((ROOT / inventory / "hosts.yml").read_text())
    return group in hosts


@cache
def policies_of(inventory: str, *arguments: str) -> dict[str, list[Any]]:
    """All IAM policies that the collection generates for an inventory's components, as playbooks/permissions.yml does.

    That playbook also writes each to a file, which takes most of its time; test_permissions.py runs it.
    """
    with TemporaryDirectory() as folder:
        playbook, kept = Path(folder) / "policies.json", Path(folder) / "kept.json"
        keep = {"keep_results": {"content": GENERATED, "path": str(kept)}, "run_once": True}
        playbook.write_text(json.dumps([{"hosts": "all", "connection": "local", "gather_facts": False, "tasks": [keep]}]))
        environment = isolated_environment(KEEP_RESULTS)
        run_playbook([str(playbook), "-i", str(ROOT / inventory), *arguments], environment, ROOT).check_returncode()
        generated = json.loads(kept.read_text())
        found = {role: [json.loads(one["content"]) for one in generated if one["purpose"] == role] for role in ROLES}
    assert all(len(json.dumps(document, separators=(",", ":"))) <= LARGEST for documents in found.values() for document in documents)
    return found


@contextmanager
def cloud_of(inventory: str, servers: bool = False) -> Iterator[Cloud]:
    """A cloud that simulates the inventory's account and region, with the contents of its seed.

    Its clusters exist in the EKS API only: no control planes start. Without ``servers``, its instances exist in the RDS API only.
    """
    target = variables(inventory)
    path = ROOT / inventory / seed.PLACE
    cloud = _empty_cloud(target["platform_account_id"], target["platform_region"])
    cloud.admin.settings(control_planes=False, databases=servers)
    if path.exists():
        seed.apply(seed.load(path, cloud.region), cloud.description)
        cloud.admin.clear_requests()
    yield cloud


def _empty_cloud(account_id: str, region: str) -> Cloud:
    """The cloud of the previous test, reset, if it has this account and region; else a new one. Only one runs at a time."""
    if not _running or (_running[0].account_id, _running[0].region) != (account_id, region):
        _stop()
        _running.append(Cloud(account_id=account_id, region=region).__enter__())
    _running[0].admin.reset()
    return _running[0]


def _stop() -> None:
    while _running:
        _running.pop().__exit__(None, None, None)


_running: list[Cloud] = []
atexit.register(_stop)


@contextmanager
def confined_cloud_of(inventory: str, *arguments: str, servers: bool = False) -> Iterator[Cloud]:
    """The same, with exactly the inventory's generated policies in force."""
    with cloud_of(inventory, servers) as cloud:
        cloud.admin.policies(**policies_of(inventory, *arguments))
        yield cloud


def denials(cloud: Cloud) -> list[str]:
    """The operations denied by policies since the log was cleared."""
    codes = ("UnauthorizedOperation", "AccessDenied", "AccessDeniedException")
    return [f"{request['service']}:{request['operation']}" for request in cloud.admin.requests() if request["error_code"] in codes]


@contextmanager
def with_every_right(cloud: Cloud) -> Iterator[None]:
    """Full permissions, for other users' actions in the account and for reading all of it."""
    given = cloud.admin.policies()
    cloud.admin.policies(**dict.fromkeys(given))
    yield
    cloud.admin.policies(**given)


def play(cloud: Cloud, inventory: str, folder: Path, *arguments: str, playbook: str = "site.yml", role: str = "apply") -> Run:
    """One playbook run with the credentials of one of the cloud's roles."""
    report = folder / "report.json"
    report.unlink(missing_ok=True)
    environment = isolated_environment({**cloud.environment(role), "MAINSTAY_PLAN_SUMMARY_JSON_PATH": str(report)})
    ran = run_playbook([playbook, "-i", inventory, *NOTHING_INSIDE, *arguments], environment, ROOT)
    return Run(ran.returncode, ran.stdout + ran.stderr, json.loads(report.read_text()) if report.exists() else {})


def unprotected(inventory: str, folder: Path) -> tuple[str, str]:
    """The option that disables deletion protection of clusters and databases."""
    clusters = variables(inventory, "eks")["eks_clusters"]
    databases = variables(inventory, "rds")["rds_databases"]
    path = folder / "unprotected.json"
    free = {
        "eks_clusters": {name: {**one, "deletion_protection": False} for name, one in clusters.items()},
        "rds_databases": {
            name: {
                **one,
                "maintenance": {**one.get("maintenance", {}), "apply": "now"},
                "deletion": {**one.get("deletion", {}), "protection": False},
            }
            for name, one in databases.items()
        },
    }
    path.write_text(json.dumps(free))
    return "--extra-vars", f"@{path}"


def mutations(cloud: Cloud) -> list[str]:
    """The mutating operations since the log was cleared, allowed or denied."""
    return [f"{request['service']}:{request['operation']}" for request in cloud.admin.requests() if request["mutating"]]
